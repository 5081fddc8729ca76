# SPDX-License-Identifier: Apache-2.0
#
# Synthesis with Yosys and OpenSTA: the driver, its netlist tools and its scripts.

QADAM_SRCS += $(wildcard synth_flows/*.c)

# Every stage once, on a design of four PEs.
CHECKS += synth-smoke
synth-smoke.cmd = tests/synth_smoke.sh build/qadam
synth-smoke.tools = yosys sta
synth-smoke.deps = build/qadam
