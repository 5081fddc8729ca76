# SPDX-License-Identifier: Apache-2.0
#
# Process kits: cell and SRAM characterisation, and the views made from them.

QADAM_SRCS += $(wildcard pdk/*.c)

# The kit against the full library on the PEs of all types: docs/kit_compare.csv.
FULL_LIBRARY ?= shared/pdk/nangate45_typ.lib.gz
.PHONY: kit-compare
kit-compare: build/qadam ## compare the kit with FULL_LIBRARY on the PEs of all types
	$(Q)pdk/compare_types.sh $< $(FULL_LIBRARY) docs/kit_compare.csv \
	  $(patsubst designs/eyeriss_%.json,%,$(wildcard $(PE_TYPES:%=designs/eyeriss_%.json)))
