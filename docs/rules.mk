# SPDX-License-Identifier: Apache-2.0
#
# Figures of the documentation, drawn from pic text. The SVG files are committed so that
# the pages can be read without dpic; a lint draws them again and compares.

FIGURES := $(patsubst %.pic,%.svg,$(filter-out %/style.pic,$(wildcard docs/figures/*.pic)))

LINTS += figures
figures.tools = dpic
figures.cmd = docs/figures/check.sh $(FIGURES)

docs/figures/%.svg: docs/figures/%.pic docs/figures/style.pic docs/figures/draw.sh
	docs/figures/draw.sh $< >$@

# Tables that the program computes.
CHECKS += docs-tables
docs-tables.cmd = docs/tables.py --check build/qadam docs/utilization.md
docs-tables.tools = python3
docs-tables.deps = build/qadam

CHECKS += docs-paper
docs-paper.cmd = docs/tables.py --check build/qadam docs/paper.md
docs-paper.tools = python3

.PHONY: tables
tables: build/qadam ## write the computed tables of docs/ again
	$(Q)docs/tables.py build/qadam docs/utilization.md
	$(Q)docs/tables.py build/qadam docs/paper.md

# Plot and table of docs/pe_report.csv, which `make pe-report` measures.
LINTS += plot
plot.tools = /usr/bin/python3
plot.cmd = docs/figures/check_plot.sh docs/pe_report.csv docs/figures/pe_report.svg \
  docs/pe_types.md

# Plot of docs/data/perf_growth.csv, which `make bench-growth` measures.
LINTS += plot-growth
plot-growth.tools = /usr/bin/python3
plot-growth.cmd = docs/figures/check_growth.sh docs/data/perf_growth.csv \
  docs/figures/perf_growth.svg
