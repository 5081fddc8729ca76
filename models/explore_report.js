// SPDX-License-Identifier: Apache-2.0
//
// The charts of the page that qadam explore --report writes. The element "data" holds what
// explore_report.py put there; window.report is for tests.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const field = Object.fromEntries(data.fields.map((name, i) => [name, i]));
const names = Object.keys(data.types);
const shown = new Set(names);
const dark = matchMedia("(prefers-color-scheme: dark)");
const element = (id) => document.getElementById(id);
const colour = (type) => data.types[type][dark.matches ? "dark" : "light"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let charts = [];

function make(tag, parent, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

// ---- designs ----

const digits = (value) => value.toLocaleString("en", {maximumSignificantDigits: 3});

// As a design file.
function designJson(type, row) {
  const design = {name: data.name, pe_type: type};
  for (const key of data.keys) design[key] = row[field[key]];
  return JSON.stringify(design, null, 2);
}

function designName(type, row) {
  return `${data.types[type].title}, ${row[field.rows]} × ${row[field.cols]} PEs`;
}

function designLines(row) {
  const v = (name) => row[field[name]];
  return [
    `performance per area ${digits(v("performance"))}× (${digits(v("gops"))} GOPS/mm²)`,
    `energy ${digits(v("energy"))}× (${digits(v("uj"))} µJ, DRAM ${digits(v("dram_uj"))} µJ)`,
    `area ${digits(v("area") / 1e6)} mm², fmax ${digits(v("fmax"))} MHz, ${digits(v("power"))} mW`,
    `latency ${digits(v("latency"))} ms, utilization ${digits(100 * v("utilization"))} %`,
    `spads ${v("ifmap_spad_words")} / ${v("filter_spad_words")} / ${v("psum_spad_words")} words` +
      ` (ifmap, filter, psum)`,
    `GLB ${v("glb_kib")} KiB, bus ${v("bus_bits")} bit, DRAM ${v("dram_bytes_per_cycle")} B/cycle`,
    `hash ${v("hash")}`,
    v("front") ? "on the front of its PE type" : `one of ${v("count")} in its cell`,
  ].concat(v("outside") > 0 ? ["outside the models' range"] : []);
}

// Without permission to write to the clipboard the text stays on the page to be copied.
async function copyDesign(type, row) {
  const text = designJson(type, row);
  element("json").textContent = text;
  element("chosen").hidden = false;
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = "Copy by hand";
  }
  element("said").textContent = `${said}: ${designName(type, row)}`;
}

// ---- charts ----

function logAxis(title) {
  return {
    type: "logarithmic", title: {display: true, text: title},
    grid: {color: css("--line"), borderColor: css("--line")},
    ticks: {
      maxRotation: 0, autoSkip: false,
      callback: (value) => [1, 2, 5].includes(Number(value.toExponential()[0])) &&
        Math.abs(Math.log10(value / Number(value.toPrecision(1)))) < 1e-9 ? `${value}×` : "",
    },
  };
}

// Room of 8 % around values on a logarithmic axis.
function around(values) {
  return {min: Math.min(...values) / 1.08, max: Math.max(...values) * 1.08};
}

function figure(parent, caption, description, config) {
  const box = make("figure", parent);
  make("figcaption", box, caption);
  const plot = make("div", box);
  plot.className = "plot";
  const canvas = make("canvas", plot);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${caption}. ${description}`);
  const chart = new Chart(canvas, config);
  chart.canvas.addEventListener("keydown", (event) => step(chart, event));
  charts.push(chart);
  return plot;
}

function tooltip(lines) {
  return {
    displayColors: false, filter: (item, i) => i === 0, callbacks: {
      title: (items) => items.length ? lines(items[0]).title : "",
      label: (item) => lines(item).lines,
    },
  };
}

// What a chart's element is: {type, row}, by the dataset and the index in it.
const designAt = (chart, at) => chart.data.datasets[at.datasetIndex].designs?.[at.index];

function options(extra) {
  return {
    animation: false, maintainAspectRatio: false, responsive: true, indexAxis: "x",
    ...extra,
    onClick: (event, elements, chart) => {
      const chosen = elements.length && designAt(chart, elements[0]);
      if (chosen) copyDesign(chosen.type, chosen.row);
    },
    onHover: (event, elements) => {
      event.native.target.style.cursor = elements.length ? "pointer" : "default";
    },
  };
}

// Along the designs of the dashed lines by arrow keys.
function step(chart, event) {
  const line = chart.data.datasets.flatMap((set) => set.line ?? []);
  if (line.length === 0) return;
  const move = {ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1}[event.key];
  if (move) {
    const from = chart.stepped ?? (move > 0 ? -1 : 0);
    chart.stepped = (from + move + line.length) % line.length;
    const {x, y} = chart.getDatasetMeta(line[chart.stepped].datasetIndex)
      .data[line[chart.stepped].index];
    chart.setActiveElements([line[chart.stepped]]);
    chart.tooltip.setActiveElements([line[chart.stepped]], {x, y});
    chart.update();
    const {type, row} = designAt(chart, line[chart.stepped]);
    element("said").textContent = `${designName(type, row)}: ${designLines(row).join(", ")}`;
  } else if (event.key === "Enter" && chart.stepped !== undefined) {
    const {type, row} = designAt(chart, line[chart.stepped]);
    copyDesign(type, row);
  } else {
    return;
  }
  event.preventDefault();
}

// ---- spread ----

// Quartiles and median over the pale bars, which Chart.js draws.
const quartiles = {
  id: "quartiles",
  afterDatasetDraw(chart, {index, meta}) {
    const context = chart.ctx, dataset = chart.data.datasets[index], x = chart.scales.x;
    meta.data.forEach((bar, i) => {
      const five = dataset.five[i];
      if (!five) return;
      const [low, middle, high] = five.slice(1, 4).map((v) => x.getPixelForValue(v));
      const thick = bar.height;
      context.fillStyle = dataset.solid;
      context.fillRect(low, bar.y - thick / 2, Math.max(high - low, 1), thick);
      context.fillStyle = css("--page");
      context.fillRect(middle - 1, bar.y - thick / 2, 2, thick);
    });
  },
};

function spreadChart(metric) {
  const datasets = names.map((type) => {
    const found = data.networks.map((network) => network.types[type]);
    return {
      label: data.types[type].title, type_name: type, solid: colour(type),
      backgroundColor: colour(type) + "59", five: found.map((f) => f && f.spread[metric]),
      counts: found.map((f) => f && f.count),
      designs: found.map((f) => f && {type, row: f.points[f.best[metric]]}),
      data: found.map((f) => f ? [f.spread[metric][0], f.spread[metric][4]] : null),
      maxBarThickness: 14, categoryPercentage: 0.85, barPercentage: 0.8, minBarLength: 2,
    };
  });
  const lines = (item) => {
    const set = item.dataset, five = set.five[item.dataIndex].map(digits);
    return {
      title: `${set.label}, ${item.label.replace(",", " ")}`,
      lines: [`${set.counts[item.dataIndex].toLocaleString("en")} designs`,
        `from ${five[0]}× to ${five[4]}×`, `half of them ${five[1]}× to ${five[3]}×`,
        `median ${five[2]}×`, "best: " + designLines(set.designs[item.dataIndex].row)[5]],
    };
  };
  const values = datasets.flatMap((set) => set.data.flatMap((pair) => pair ?? []));
  const caption = data.labels[metric][0].toUpperCase() + data.labels[metric].slice(1);
  const plot = figure(element("spread"), caption, "Ranges by network and PE type.", {
    type: "bar", plugins: [quartiles],
    data: {labels: data.networks.map((n) => [n.title, n.dataset].filter(Boolean)), datasets},
    options: options({
      indexAxis: "y",
      interaction: {mode: "nearest", axis: "xy", intersect: false},
      scales: {x: {...logAxis(""), title: {display: false}, ...around(values)},
        y: {grid: {color: css("--line")}, ticks: {autoSkip: false}}},
      plugins: {legend: {display: false}, tooltip: tooltip(lines)},
    }),
  });
  plot.style.height = `${4 + data.networks.length * Math.max(2.6, 0.85 * names.length)}rem`;
}

// ---- trade-offs ----

// Indices of the designs that none is at least as good as, by rising x.
function frontOf(points, xBetter, yBetter) {
  const front = [];
  points.sort((a, b) => xBetter * (b.x - a.x) || yBetter * (b.y - a.y));
  for (const p of points) {
    if (!front.length || yBetter * (p.y - front.at(-1).y) > 0) front.push(p);
  }
  return front.sort((a, b) => a.x - b.x);
}

// Draws the fronts of the types that are shown again: one for each group of designs.
function drawFronts(chart) {
  const sets = chart.data.datasets;
  for (const line of sets.filter((set) => set.better)) {
    const points = [];
    sets.forEach((set, datasetIndex) => {
      if (set.group !== line.group || !shown.has(set.type_name)) return;
      set.data.forEach(({x, y}, index) => points.push({x, y, datasetIndex, index}));
    });
    line.line = frontOf(points, ...line.better);
    line.data = line.line.map(({x, y}) => ({x, y}));
  }
  chart.stepped = undefined;
}

function pointSet(type, designs, group, place) {
  return {
    group,
    label: data.types[type].title, type_name: type, hidden: !shown.has(type), designs,
    data: designs.map(({row}) => place(row)), pointStyle: data.types[type].shape,
    backgroundColor: colour(type), borderColor: colour(type), borderWidth: 0,
  };
}

function frontSet(group, better) {
  return {
    label: "front", type: "line", group, better, data: [], borderColor: css("--ink"),
    borderWidth: 1.5, borderDash: [5, 4], pointRadius: 0, pointHitRadius: 0,
    pointHoverRadius: 0, order: -1,
  };
}

const pointLines = (item) => {
  const found = designAt(item.chart, {...item, index: item.dataIndex});
  return found ? {title: designName(found.type, found.row), lines: designLines(found.row)} :
    {title: "", lines: []};
};

function scatter(parent, caption, description, datasets, scales, more) {
  figure(parent, caption, description, {
    type: "scatter", data: {datasets}, plugins: more ?? [],
    options: options({
      parsing: false, interaction: {mode: "nearest", intersect: true},
      scales, plugins: {legend: {display: false}, tooltip: {...tooltip(pointLines),
        filter: (item, i) => i === 0 && item.dataset.designs !== undefined}},
    }),
  });
  drawFronts(charts.at(-1));
  charts.at(-1).update();
}

function tradeoffChart(network) {
  const place = (row) => ({x: row[field.energy], y: row[field.performance]});
  const datasets = names.filter((type) => network.types[type]).map((type) => ({
    ...pointSet(type, network.types[type].points.map((row) => ({type, row})),
      network.name, place),
    pointRadius: 2.5, pointHoverRadius: 6, pointHitRadius: 3,
  }));
  const all = datasets.flatMap((set) => set.data);
  const best = Object.entries(network.types).map(([type, found]) =>
    `${data.types[type].title}: up to ${digits(found.spread.performance[4])} times the` +
    ` performance per area, energy from ${digits(found.spread.energy[0])}`);
  datasets.push(frontSet(network.name, [-1, 1]));
  scatter(element("tradeoff"), `${network.title} ${network.dataset}`, best.join("; "), datasets, {
    x: {...logAxis(data.labels.energy), ...around(all.map((p) => p.x))},
    y: {...logAxis("performance per area, relative"), ...around(all.map((p) => p.y))},
  });
}

// ---- accuracy ----

// The network's name beside its most accurate design.
const networkNames = (namesAt) => ({
  id: "networkNames",
  afterDatasetsDraw(chart) {
    const {ctx, scales: {x, y}} = chart;
    ctx.fillStyle = css("--ink");
    for (const {name, at} of namesAt) {
      const right = x.getPixelForValue(at.x) > (x.left + x.right) / 2;
      ctx.textAlign = right ? "right" : "left";
      ctx.fillText(name, x.getPixelForValue(at.x) + (right ? -9 : 9),
        y.getPixelForValue(at.y) - 9);
    }
  },
});

function accuracyChart(dataset, networks, metric) {
  const error = metric === "energy";
  const place = (row) => ({
    x: row[field[metric]], y: 100 * (error ? 1 - row[field.accuracy] : row[field.accuracy]),
  });
  const sets = [], namesAt = [];
  for (const network of networks) {
    const best = Object.entries(network.types)
      .map(([type, found]) => ({type, row: found.points[found.best[metric]]}));
    for (const design of best) {
      sets.push({...pointSet(design.type, [design], network.name, place), pointRadius: 6,
        pointHoverRadius: 8});
    }
    sets.push(frontSet(network.name, error ? [-1, -1] : [1, 1]));
    const at = best.map(({row}) => place(row)).sort((a, b) => error ? a.y - b.y : b.y - a.y)[0];
    namesAt.push({name: network.title, at});
  }
  const xs = sets.flatMap((set) => set.data.map((p) => p.x)); // lines are still empty
  const plain = {grid: {color: css("--line")}, grace: "12%"};
  scatter(element("accuracy"),
    `${dataset}: ${error ? "error against energy" : "accuracy against performance per area"}`,
    `Best design of each PE type of ${networks.map((n) => n.title).join(", ")}.`, sets, {
      x: {...logAxis(data.labels[metric]), ...around(xs)},
      y: {...plain, title: {display: true, text: error ? "top-1 error, %" : "top-1 accuracy, %"}},
    }, [networkNames(namesAt)]);
}

function accuracyCharts() {
  const groups = new Map();
  for (const network of data.networks) {
    const known = Object.values(network.types)
      .every((found) => found.points[found.best.energy][field.accuracy] !== null);
    if (known) groups.set(network.dataset, [...groups.get(network.dataset) ?? [], network]);
  }
  element("accuracies").hidden = groups.size === 0;
  for (const [dataset, networks] of groups) {
    for (const metric of ["performance", "energy"]) accuracyChart(dataset, networks, metric);
  }
}

// ---- legend, table, all of it ----

function toggle(type, button) {
  if (!shown.delete(type)) shown.add(type);
  button.setAttribute("aria-pressed", shown.has(type));
  for (const chart of charts) {
    chart.data.datasets.forEach((set, i) => {
      if (set.type_name === type) chart.setDatasetVisibility(i, shown.has(type));
    });
    drawFronts(chart);
    chart.update();
  }
}

function swatch(type, button) {
  const canvas = make("canvas", button), ratio = devicePixelRatio;
  canvas.width = canvas.height = 14 * ratio;
  canvas.style.width = canvas.style.height = "14px";
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.fillStyle = context.strokeStyle = colour(type);
  Chart.helpers.drawPoint(context, {pointStyle: data.types[type].shape, radius: 5, borderWidth: 1},
    7, 7);
}

function drawLegend() {
  element("legend").replaceChildren();
  for (const type of names) {
    const button = make("button", element("legend"));
    button.type = "button";
    button.dataset.type = type;
    button.setAttribute("aria-pressed", shown.has(type));
    swatch(type, button);
    make("span", button, data.types[type].title);
    button.addEventListener("click", () => toggle(type, button));
  }
}

function bestTable() {
  const table = element("best"), head = make("tr", table);
  for (const text of ["Network", "PE type", "Best by", "PEs", "Area mm²", "fmax MHz",
    "GOPS/mm²", "Energy µJ", "Design"]) make("th", head, text).scope = "col";
  for (const network of data.networks) {
    for (const [type, found] of Object.entries(network.types)) {
      for (const metric of ["performance", "energy"]) {
        const text = metric === "energy" ? "energy" : "performance per area";
        const row = found.points[found.best[metric]], line = make("tr", table);
        make("th", line, network.name).scope = "row";
        for (const cell of [data.types[type].title, text,
          `${row[field.rows]} × ${row[field.cols]}`, digits(row[field.area] / 1e6),
          digits(row[field.fmax]), digits(row[field.gops]), digits(row[field.uj])]) {
          make("td", line, cell);
        }
        const button = make("button", make("td", line), "Copy");
        button.type = "button";
        button.setAttribute("aria-label", `Copy ${designName(type, row)} of ${network.name}`);
        button.addEventListener("click", () => copyDesign(type, row));
      }
    }
  }
}

function drawAll() {
  for (const chart of charts) chart.destroy();
  charts = [];
  for (const id of ["spread", "tradeoff", "accuracy"]) element(id).replaceChildren();
  Chart.defaults.color = css("--ink");
  Chart.defaults.font.family = "system-ui, sans-serif";
  Chart.defaults.font.size = 13;
  drawLegend();
  for (const metric of ["performance", "energy"]) spreadChart(metric);
  data.networks.forEach(tradeoffChart);
  accuracyCharts();
  window.report = {charts, data};
}

element("close").addEventListener("click", () => { element("chosen").hidden = true; });
dark.addEventListener("change", drawAll);
bestTable();
const [points, designs] = [(f) => f.points.length, (f) => f.count].map((count) =>
  data.networks.flatMap((n) => Object.values(n.types)).reduce((sum, f) => sum + count(f), 0)
    .toLocaleString("en"));
element("drawn").textContent = `${points} for ${designs}`;
drawAll();
