# SPDX-License-Identifier: Apache-2.0
#
# RTL lint: every parameter set of hdl/lint_sets through Verilator and Yosys.

RTL_SETS := $(shell sed -n 's/^\([a-z][a-z0-9_]*\).*/\1/p' hdl/lint_sets 2>/dev/null)

LINTS += $(RTL_SETS:%=verilator-%) $(RTL_SETS:%=yosys-%)
$(foreach s,$(RTL_SETS),$(eval verilator-$s.cmd = ci/lint_rtl.sh verilator $s))
$(foreach s,$(RTL_SETS),$(eval verilator-$s.tools = verilator))
$(foreach s,$(RTL_SETS),$(eval yosys-$s.cmd = ci/lint_rtl.sh yosys $s))
$(foreach s,$(RTL_SETS),$(eval yosys-$s.tools = yosys))

# Illegal parameters must be refused.
CHECKS += rtl-refused
rtl-refused.cmd = tests/rtl_refused.sh verilator yosys
rtl-refused.tools = verilator yosys

# Scratchpads: simulation model, latches and flops behave alike.
CHECKS += spad-styles
spad-styles.cmd = tests/spad_styles.sh
spad-styles.tools = verilator make g++
