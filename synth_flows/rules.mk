# SPDX-License-Identifier: Apache-2.0
#
# Synthesis with Yosys and OpenSTA: the driver, its netlist tools and its scripts.

QADAM_SRCS += $(wildcard synth_flows/*.c)
