# SPDX-License-Identifier: Apache-2.0
#
# The golden model, the memory model and the testbench; the list of PE types that have
# golden functions.

PE_GOLDEN := $(sort $(wildcard pe_lib/*/golden.c))
QADAM_SRCS += $(wildcard verif/*.c) $(PE_GOLDEN) build/golden/table.c

# Written again only when it differs: a type may come or go.
build/golden/table.c: FORCE
	@mkdir -p $(@D)
	@{ echo '/* Written by verif/rules.mk from the folders of pe_lib/. */'; \
	  echo '#include <stddef.h>'; \
	  echo '#include "pe_lib/golden.h"'; \
	  for t in $(PE_GOLDEN:pe_lib/%/golden.c=%); do \
	    echo "extern const struct pe_golden pe_golden_$$t;"; done; \
	  echo 'const struct pe_golden *const pe_golden_table[] = {'; \
	  for t in $(PE_GOLDEN:pe_lib/%/golden.c=%); do \
	    echo "    &pe_golden_$$t,"; done; \
	  echo '    NULL};'; } >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

# Random designs and layers on the RTL: a few in `make test`; the program runs as many as
# one likes.
RANDOM_PAIRS_O := obj/tests/mapper_cases.o obj/tests/pairs.o
build/tests/random_pairs: $(RANDOM_PAIRS_O:%=build/%)
build/asan/tests/random_pairs: $(RANDOM_PAIRS_O:%=build/asan/%)
CHECKS += random-pairs
random-pairs.cmd = build/tests/random_pairs --designs 2 --layers 8 --stall-seed 1 --fault-seed 1
random-pairs.tools = verilator make g++
random-pairs.deps = build/tests/random_pairs

# Two layers on the array, for every PE type that has a small design.
SIM_DESIGNS := $(sort $(wildcard designs/small_*.json))
CHECKS += $(SIM_DESIGNS:designs/%.json=sim-%)
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval sim-$d.cmd = build/qadam simulate \
  designs/$d.json --network resnet20-cifar10 --layer conv3_1s --layer fc --numbers full))
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval sim-$d.tools = verilator make g++))
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval sim-$d.deps = build/qadam))

# Checks on the same design come after the one that builds its simulator.
built = $(foreach d,$1,build/checks/sim-$d.result)

# Whole networks, and single layers, recomputed with NumPy: every operation, all types that
# have a small design; exact also for floats where the numbers are small.
NUMPY_TOOLS := verilator make g++ /usr/bin/python3
CHECKS += $(SIM_DESIGNS:designs/%.json=numpy-%)
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval numpy-$d.cmd = tests/numpy_check.py \
  --run build/qadam designs/$d.json --network tests/networks/mixed.json --numbers small))
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval numpy-$d.tools = $(NUMPY_TOOLS)))
$(foreach d,$(SIM_DESIGNS:designs/%.json=%),$(eval numpy-$d.deps = build/qadam \
  $(call built,$d)))

CHECKS += numpy-layers numpy-fp32-normal
# Batches: a whole network, also with floats, whose fc is one run; layers of one.
CHECKS += numpy-batch numpy-fp32-batch numpy-batch-layers
numpy-batch.cmd = tests/numpy_check.py --run build/qadam designs/small_int16.json \
  --network tests/networks/mixed.json --batch 3 --stall-seed 1
numpy-batch.tools = $(NUMPY_TOOLS)
numpy-batch.deps = build/qadam $(call built,small_int16)
numpy-fp32-batch.cmd = tests/numpy_check.py --run build/qadam designs/small_fp32.json \
  --network tests/networks/batch.json --numbers small
numpy-fp32-batch.tools = $(NUMPY_TOOLS)
numpy-fp32-batch.deps = build/qadam $(call built,small_fp32)
numpy-batch-layers.cmd = tests/numpy_check.py --run build/qadam designs/small_int16.json \
  --network tests/networks/corners.json --layer stride3 --layer fc1
numpy-batch-layers.tools = $(NUMPY_TOOLS)
numpy-batch-layers.deps = build/qadam $(call built,small_int16)
numpy-layers.cmd = tests/numpy_check.py --run build/qadam designs/small_int16.json \
  --network resnet20-cifar10 --layer conv1 --layer conv3_1s --layer fc --numbers small
numpy-layers.tools = $(NUMPY_TOOLS)
numpy-layers.deps = build/qadam $(call built,small_int16)
numpy-fp32-normal.cmd = tests/numpy_check.py --run build/qadam designs/small_fp32.json \
  --network tests/networks/mixed.json
numpy-fp32-normal.tools = $(NUMPY_TOOLS)
numpy-fp32-normal.deps = build/qadam $(call built,small_fp32)

# ResNet-20 from image to logits on the Eyeriss-like design: words, and all counters
# against the model.
CHECKS += resnet20
resnet20.cmd = build/qadam simulate designs/eyeriss_int16.json --network resnet20-cifar10
resnet20.tools = verilator make g++
resnet20.deps = build/qadam

# The regression: every layer of every network, and random designs (tests/regress/cases.txt).
REGRESS_O := $(RANDOM_PAIRS_O) obj/tests/regress_cases.o obj/tests/regress_run.o
build/tests/regress: $(REGRESS_O:%=build/%)
build/asan/tests/regress: $(REGRESS_O:%=build/asan/%)

CHECKS += regress-ci
regress-ci.cmd = build/tests/regress --set ci --again
regress-ci.tools = verilator make g++
regress-ci.deps = build/tests/regress $(call built,small_int16 small_lightpe1 \
  small_lightpe2 small_fp32)

CHECKS += regress-resume
regress-resume.cmd = tests/regress_resume.sh build/tests/regress
regress-resume.tools = verilator make g++
regress-resume.deps = build/tests/regress build/checks/regress-ci.result

build/tests/test_regress: $(REGRESS_O:%=build/%)
build/asan/tests/test_regress: $(REGRESS_O:%=build/asan/%)

.PHONY: regress regress-full
regress: build/tests/regress ## run CIFAR networks and random designs in RTL; goes on if interrupted
	$(Q)build/tests/regress --set ci --set std
regress-full: build/tests/regress ## also every layer of the ImageNet networks: hours
	$(Q)build/tests/regress
