# SPDX-License-Identifier: Apache-2.0
#
# Synthesis with Yosys and OpenSTA: the driver, its netlist tools and its scripts.

QADAM_SRCS += $(wildcard synth_flows/*.c)

# Every stage once, on a design of four PEs.
CHECKS += synth-smoke
synth-smoke.cmd = tests/synth_smoke.sh build/qadam
synth-smoke.tools = yosys sta
synth-smoke.deps = build/qadam

# The sum of the blocks against flat synthesis, on two small arrays: some minutes.
.PHONY: synth-check
synth-check: build/qadam ## compare the composition from blocks with flat synthesis
	$(Q)tests/synth_check.sh $<

# What designs of each type cost: docs/synthesis_cost.csv. An hour and more.
.PHONY: synth-cost
synth-cost: build/qadam ## measure CPU seconds and memory of synthesis by PE type
	$(Q)synth_flows/cost.py $< docs/synthesis_cost.csv \
	  $(patsubst designs/eyeriss_%.json,%,$(wildcard $(PE_TYPES:%=designs/eyeriss_%.json)))

# Table and plot of all types' PEs at 24/224/24 words: docs/pe_report.csv.
.PHONY: pe-report
pe-report: build/qadam ## area, period and energy of all types' PEs, as table and plot
	$(Q)synth_flows/pe_report.sh $< docs/pe_report.csv \
	  $(wildcard $(PE_TYPES:%=designs/eyeriss_%.json))
	$(Q)docs/figures/pe_report.py docs/pe_report.csv docs/figures/pe_report.svg
