#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Checks the page of qadam explore --report in a browser, and `make paper`'s script.

usage: tests/report_check.py QADAM

Explores with models fitted to made-up results (tests/fit_results.py). The page is opened
from its file, without a network, in Chromium without a window. Prints "N passed, N failed".
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    print("no python3-selenium")
    sys.exit(77)

PARAMETERS = {"rows": [8, 16], "cols": [8, 14], "ifmap_spad_words": [12, 24],
              "filter_spad_words": [112, 224], "psum_spad_words": [16, 24],
              "glb_kib": [64, 128], "bus_bits": 64, "dram_bytes_per_cycle": 8}
TYPES = ["fp32", "int16", "lightpe1", "lightpe2"]
ACCURACY = {"fp32": 0.91, "int16": 0.9, "lightpe1": 0.85, "lightpe2": 0.89}

passed = failed = 0


def check(name, got, want):
    global passed, failed
    passed, failed = passed + (got == want), failed + (got != want)
    if got != want:
        print(f"{name} = {got!r}, want {want!r}")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True)


def prepare(qadam, work):
    """Models, a space and its exploration in work."""
    os.mkdir(f"{work}/results")
    run("tests/fit_results.py", f"{work}/results", "60", *TYPES)
    fit = run(qadam, "fit", f"{work}/results", "-o", f"{work}/models.json", "--degree", "2",
              "--tool-version", "0.1.0")
    check("fit", fit.returncode, 0)
    with open(f"{work}/space.json", "w", encoding="ascii") as out:
        json.dump({"name": "checked", "pe_type": TYPES, **PARAMETERS}, out)
    with open(f"{work}/accuracy.csv", "w", encoding="ascii") as out:
        out.write("network,pe_type,accuracy\n")
        out.writelines(f"resnet20-cifar10,{t},{ACCURACY[t]}\n" for t in TYPES)
    explore = run(qadam, "explore", f"{work}/space.json", "-n", "resnet20-cifar10", "-n",
                  "resnet20-cifar100", "--ppa", f"{work}/models.json", "-o", f"{work}/out",
                  "--accuracy", f"{work}/accuracy.csv", "--report")
    check("explore", (explore.returncode, explore.stdout if explore.returncode else ""), (0, ""))


def rows_of(path):
    with open(path, newline="", encoding="ascii") as source:
        return list(csv.DictReader(source))


# ---- what the files say ----

def check_files(work):
    """Ratios against all points, of which they are the best."""
    points = [p for p in rows_of(f"{work}/out/points.csv") if float(p["outside_range"]) == 0]
    spread = rows_of(f"{work}/out/spread.csv")
    check("designs in cells", sum(int(row["points"]) for row in spread), len(points))
    check("ratios are there", len(rows_of(f"{work}/out/ratios.csv")), 12)
    for row in rows_of(f"{work}/out/ratios.csv")[:8]:
        def of(pe_type):
            return [(float(p["gops_per_mm2"]), float(p["energy_uj"])) for p in points
                    if (p["network"], p["pe_type"]) == (row["network"], pe_type)]
        base = max(of("int16"))
        mine = of(row["pe_type"])
        want = [max(mine)[0] / base[0], base[1] / min(e for _, e in mine),
                min(e for _, e in of("int16")) / min(e for _, e in mine)]
        got = [float(row[key]) for key in list(row)[2:]]
        check(f"ratios of {row['network']} {row['pe_type']}",
              all(abs(g / w - 1) < 1e-5 for g, w in zip(got, want)), True)
    for plot in ("spread", "tradeoff", "accuracy_performance", "accuracy_energy"):
        with open(f"{work}/out/{plot}.svg", encoding="utf-8") as source:
            check(f"{plot}.svg has all types", "LightPE-2" in source.read(), True)
    return {(n, t): len({row["design_hash"] for row in spread
                         if (row["network"], row["pe_type"]) == (n, t)})
            for n in ("resnet20-cifar10", "resnet20-cifar100") for t in TYPES}


# ---- what the browser shows ----

def open_browser(width, scheme):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Browser.grantPermissions", {
        "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    return browser


def counts(browser):
    """Designs in the trade-off charts: by chart, of the types that are shown."""
    return browser.execute_script("""
        return window.report.charts.filter((c) => c.canvas.closest("#tradeoff")).map((c) =>
          c.data.datasets.filter((set, i) => set.designs && c.isDatasetVisible(i))
            .map((set) => set.data.length))""")


def clipboard(browser):
    return browser.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, String)")


def copied(browser, pe_type):
    """The copied design of that type, once it is there: a copy ends after its click."""
    def design(page):
        try:
            found = json.loads(clipboard(page))
        except json.JSONDecodeError:
            return None
        return found if found["pe_type"] == pe_type else None
    return WebDriverWait(browser, 60).until(design)


def move_to(browser, chart, dataset, index):
    """Move the pointer to a point of a chart; its canvas."""
    canvas, x, y = browser.execute_script("""
        const chart = window.report.charts[arguments[0]];
        chart.canvas.scrollIntoView({block: "center"});
        const {x, y} = chart.getDatasetMeta(arguments[1]).data[arguments[2]];
        const box = chart.canvas.getBoundingClientRect();
        return [chart.canvas, x - box.width / 2, y - box.height / 2]""", chart, dataset, index)
    ActionChains(browser).move_to_element_with_offset(canvas, round(x), round(y)).perform()
    return canvas


def check_pointer(browser):
    """Hover shows a design and a click copies it. A point drawn on top may be the one."""
    best = browser.execute_script(
        "return window.report.data.networks[0].types.fp32.best.energy")
    canvas = move_to(browser, 2, 0, best)
    WebDriverWait(browser, 60).until(lambda page: page.execute_script(
        "return !!window.report.charts[2].tooltip.dataPoints"))  # drawn in a later frame
    title, lines, design = browser.execute_script("""
        const chart = window.report.charts[2], at = chart.tooltip.dataPoints?.[0];
        if (!at) return ["", [], {}];
        const {row} = chart.data.datasets[at.datasetIndex].designs[at.dataIndex];
        const fields = window.report.data.fields;
        return [chart.tooltip.title.join(), chart.tooltip.body.flatMap((b) => b.lines),
          Object.fromEntries(fields.map((name, i) => [name, row[i]]))]""")
    check("hover's title", title, f"FP32, {design.get('rows')} \u00d7 {design.get('cols')} PEs")
    check("hover's hash", f"hash {design.get('hash')}" in lines, True)
    ActionChains(browser).click().perform()
    keys = [*PARAMETERS, "psum_bits", "spad_style"]
    check("copied design", copied(browser, "fp32"),
          {"name": "checked", "pe_type": "fp32", **{key: design[key] for key in keys}})
    return canvas


def check_keys(browser, canvas):
    """Arrow keys and Enter copy a design of the front; the table's buttons copy too."""
    browser.execute_script("arguments[0].focus()", canvas)
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT).send_keys(Keys.ENTER).perform()
    check("copied by keys", copied(browser, "lightpe1")["pe_type"], "lightpe1")
    button = browser.find_element("css selector", "#best button")
    browser.execute_script("arguments[0].focus()", button)
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    check("copied by the table", copied(browser, "fp32")["pe_type"], "fp32")


def check_page(path, wanted):
    browser = open_browser(1200, "light")
    try:
        browser.get(pathlib.Path(path).as_uri())
        check("points", counts(browser), wanted)
        check("command as it was", browser.execute_script(
            "return document.querySelector('dl').textContent").count(os.path.dirname(path)), 1)
        check("charts", browser.execute_script("return window.report.charts.length"), 6)
        canvas = check_pointer(browser)
        check_keys(browser, canvas)
        browser.find_element("css selector", "#legend [data-type=int16]").click()
        check("points without INT16", counts(browser), [[*n[:1], *n[2:]] for n in wanted])
        browser.find_element("css selector", "#legend [data-type=int16]").click()
        check("points with it", counts(browser), wanted)
        check("console", browser.get_log("browser"), [])
    finally:
        browser.quit()


def check_narrow(path):
    browser = open_browser(390, "dark")
    try:
        browser.get(pathlib.Path(path).as_uri())
        check("page is as wide as the window", browser.execute_script(
            "const e = document.documentElement; return e.scrollWidth <= e.clientWidth"), True)
        check("dark", browser.execute_script(
            "return getComputedStyle(document.body).backgroundColor"), "rgb(13, 17, 23)")
        check("console, dark", browser.get_log("browser"), [])
    finally:
        browser.quit()


def check_paper(qadam, work):
    models = f"{work}/models.json"
    paper = run("models/paper.py", qadam, f"{work}/space.json", f"{work}/none.json", work)
    check("paper without models", (paper.returncode, "is missing: synthesize" in paper.stdout),
          (1, True))
    paper = run("models/paper.py", qadam, f"{work}/space.json", models, f"{work}/paper",
                "--sample", "12")
    check("paper", (paper.returncode, paper.stdout if paper.returncode else ""), (0, ""))
    means = {row["pe_type"]: row for row in rows_of(f"{work}/paper/ratios.csv")
             if row["network"] == "geometric mean"}
    rows = rows_of(f"{work}/paper/paper.csv")
    check("paper's values", [row["paper"] for row in rows],
          ["4.8", "4.1", "4.7", "4.0", "1.8", "1.5"])
    check("LightPE-1", rows[0]["mean"], f"{float(means['lightpe1']['performance_per_area']):.2f}")
    check("LightPE-2", rows[3]["mean"],
          f"{float(means['lightpe2']['energy_below_baseline']):.2f}")
    check("FP32", rows[4]["mean"], f"{1 / float(means['fp32']['performance_per_area']):.2f}")


def main():
    qadam = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="<i>&amp;") as work:
        prepare(qadam, work)
        wanted = check_files(work)
        wanted = [[wanted[n, t] for t in TYPES] for n in sorted({n for n, _ in wanted})]
        check_page(f"{work}/out/report.html", wanted)
        check_narrow(f"{work}/out/report.html")
        check_paper(qadam, work)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
