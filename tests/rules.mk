# SPDX-License-Identifier: Apache-2.0
#
# Unit tests (tests/test_*.c, each plain and with sanitizers) and the cases of the
# command line.

TEST_NAMES := $(patsubst tests/test_%.c,%,$(sort $(wildcard tests/test_*.c)))

CHECKS += $(TEST_NAMES:%=unit-%) $(TEST_NAMES:%=asan-%)
$(foreach t,$(TEST_NAMES),$(eval unit-$t.cmd = build/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval unit-$t.deps = build/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval asan-$t.cmd = build/asan/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval asan-$t.deps = build/asan/tests/test_$t))

ifneq ($(wildcard tests/run_cases.sh),)
CHECKS += cli-cases
cli-cases.cmd = tests/run_cases.sh build/qadam
cli-cases.deps = build/qadam
endif

# Campaigns: with a stand-in for synthesis, for real, and on a Slurm of one node.
CHECKS += campaign campaign-real campaign-slurm
campaign.cmd = tests/campaign.sh build/qadam
campaign.tools = yosys sta
campaign.deps = build/qadam
campaign-real.cmd = tests/campaign_real.sh build/qadam
campaign-real.tools = yosys sta
campaign-real.deps = build/qadam
campaign-slurm.cmd = tests/campaign_slurm.sh build/qadam
campaign-slurm.tools = yosys sta slurmctld slurmd sbatch munged
campaign-slurm.deps = build/qadam

# Files of a generated design for other flows.
CHECKS += handoff
handoff.cmd = tests/handoff.sh build/qadam designs/small_int16.json designs/eyeriss_fp32.json
handoff.tools = yosys make
handoff.deps = build/qadam

# A trained network: recomputed with NumPy, and on the RTL.
CHECKS += accuracy accuracy-rtl
accuracy.cmd = tests/accuracy_check.py build/qadam
accuracy.tools = /usr/bin/python3
accuracy.deps = build/qadam
accuracy-rtl.cmd = tests/accuracy_check.py --rtl build/qadam designs/small_int16.json \
  designs/small_lightpe1.json designs/small_lightpe2.json designs/small_fp32.json
accuracy-rtl.tools = verilator make g++ /usr/bin/python3
accuracy-rtl.deps = build/qadam $(call built,small_int16 small_lightpe1 small_lightpe2 \
  small_fp32)

# Training needs PyTorch, which ci/packages.txt has not: too large. `make ci` lets no check be
# skipped, so it has this one only where PyTorch is installed.
TORCH := $(wildcard /usr/lib/python3/dist-packages/torch)
ifneq ($(if $(filter ci,$(MAKECMDGOALS)),$(TORCH),all),)
CHECKS += training
endif
training.cmd = tests/training_check.py build/qadam
training.tools = /usr/bin/python3
training.deps = build/qadam

# The linear problems of NIST that test_linear solves, in exact fractions.
CHECKS += nist-exact
nist-exact.cmd = tests/nist/certify.py $(sort $(wildcard tests/nist/*.csv))
nist-exact.tools = /usr/bin/python3

# Fits of made-up results, from files and from a table.
CHECKS += fit-made-up
fit-made-up.cmd = tests/fit_made_up.sh build/qadam
fit-made-up.tools = /usr/bin/python3
fit-made-up.deps = build/qadam

# The page of an exploration in a browser, and the paper's evaluation on made-up models.
CHECKS += report
report.cmd = tests/report_check.py build/qadam
report.tools = /usr/bin/python3 chromium chromedriver
report.deps = build/qadam

# Helpers of the mapper's and the command list's tests.
build/tests/test_command: build/obj/tests/command_interp.o
build/asan/tests/test_command: build/asan/obj/tests/command_interp.o
build/tests/test_command build/tests/test_mapper build/tests/test_coverage \
  build/tests/test_mapping_bound build/tests/test_perf_chain: build/obj/tests/mapper_cases.o
build/asan/tests/test_command build/asan/tests/test_mapper build/asan/tests/test_coverage \
  build/asan/tests/test_mapping_bound build/asan/tests/test_perf_chain: \
  build/asan/obj/tests/mapper_cases.o

# The slot-by-slot reference of the performance model, and what compares the two.
PERF_O = obj/tests/mapper_cases.o obj/tests/perf_cases.o $(patsubst %.c,obj/%.o,\
  $(wildcard tests/perf_reference*.c))
build/tests/test_perf build/tests/test_predict build/tests/perf_proof: \
  $(addprefix build/,$(PERF_O))
build/asan/tests/test_perf build/asan/tests/test_predict: $(addprefix build/asan/,$(PERF_O))

.PHONY: perf-proof
perf-proof: build/tests/perf_proof ## prove the performance model at length
	$(Q)build/tests/perf_proof && build/tests/perf_proof --networks

# Predictions by several threads, plainly and with the thread sanitizer.
build/tests/predict_threads: build/obj/tests/mapper_cases.o
build/tsan/tests/predict_threads: build/tsan/obj/tests/mapper_cases.o
CHECKS += predict-threads predict-tsan
predict-threads.cmd = build/tests/predict_threads
predict-threads.deps = build/tests/predict_threads
predict-tsan.cmd = build/tsan/tests/predict_threads --pairs 100
predict-tsan.deps = build/tsan/tests/predict_threads

# What `make install` puts in place; it compiles its folder into the library.
CHECKS += install
install.cmd = tests/install/run.sh
install.tools = pkg-config objcopy /usr/bin/python3
install.deps = build/qadam $(LIBQADAM)

build/tests/perf_bench: build/obj/tests/mapper_cases.o

.PHONY: bench bench-growth bench-explore
bench: build/tests/perf_bench ## time mapping search and exact prediction on 1000 designs
	$(Q)build/tests/perf_bench
bench-growth: build/tests/perf_bench ## how that time grows, as table and plot of docs/
	$(Q)build/tests/perf_bench --growth docs/data/perf_growth.csv
	$(Q)docs/figures/perf_growth.py docs/data/perf_growth.csv docs/figures/perf_growth.svg
bench-explore: build/qadam ## time qadam explore on 108000 designs and six workloads
	$(Q)tests/explore_bench.py build/qadam

# Proofs of the PE types' RTL: one for every folder that has traits. Short in `make test`;
# `make pe-proof` takes 10^7 random vectors for integer types, 10^8 for float types.
PE_TYPES := $(patsubst pe_lib/%/traits.json,%,$(wildcard pe_lib/*/traits.json))

CHECKS += $(PE_TYPES:%=pe-%)
$(foreach t,$(PE_TYPES),$(eval pe-$t.cmd = build/tests/pe_proof build/pe/$t.so $t))
$(foreach t,$(PE_TYPES),$(eval pe-$t.tools = verilator make g++))
$(foreach t,$(PE_TYPES),$(eval pe-$t.deps = build/tests/pe_proof $$(if $$(shell \
  command -v verilator),build/pe/$t.so)))

build/pe/%.so: tests/pe_build.sh pe_lib/sources.sh $(wildcard tests/pe_shim.* pe_lib/*/*.sv) \
  tests/qadam_pe_harness.sv pe_lib/%/traits.json build/pe/verilated.o
	@mkdir -p $(@D)
	$(Q)tests/pe_build.sh $* build/pe/verilated.o $@

build/pe/verilated.o: tests/pe_build.sh
	@mkdir -p $(@D)
	$(Q)tests/pe_build.sh --runtime $@

build/tests/pe_proof: build/obj/tests/pe_proof_float.o

# A type that comes as a folder alone.
CHECKS += pe-new-type
pe-new-type.cmd = tests/pe_new_type.sh
pe-new-type.tools = verilator make g++
pe-new-type.deps = build/qadam build/tests/pe_proof \
  $(if $(shell command -v verilator),build/pe/verilated.o)

.PHONY: pe-proof
pe-proof: build/tests/pe_proof $(PE_TYPES:%=build/pe/%.so) ## prove the RTL of all types at length
	$(Q)for t in $(PE_TYPES); do build/tests/pe_proof build/pe/$$t.so $$t --long || exit 1; done

# Gate-level equivalence: short for two small types, at full size for all by `make pe-gates`.
CHECKS += pe-gates-short
pe-gates-short.cmd = tests/pe_gates.sh build/qadam 100000 designs/small_lightpe1.json \
  designs/small_int4.json
pe-gates-short.tools = yosys sta verilator make g++
pe-gates-short.deps = build/qadam

.PHONY: pe-gates
pe-gates: build/qadam ## prove the gates of all types' PEs and MACs, 1000000 vectors each
	$(Q)tests/pe_gates.sh build/qadam 1000000 $(wildcard $(PE_TYPES:%=designs/eyeriss_%.json))

# Networks imported from ONNX files, computed in NumPy beside the graphs.
CHECKS += import-onnx
import-onnx.cmd = tests/import_check.py build/qadam
import-onnx.tools = /usr/bin/python3
import-onnx.deps = build/qadam

# Fuzzing of what reads files of other tools. `make test` runs the files of tests/fuzz/
# through the targets; `make fuzz` lets libFuzzer look for more, for FUZZ_RUNS runs or
# FUZZ_SECONDS seconds each, whichever comes first (0 = no limit). What it finds is added
# to build/fuzz/corpus/, what fails to build/fuzz/.
FUZZ ?= onnx safetensors scalesim timeloop
FUZZ_RUNS ?= 1000000
FUZZ_SECONDS ?= 3600
FUZZ_SRCS := $(wildcard gen/onnx_*.c gen/import_*.c) build/proto/onnx.pb-c.c \
  tests/fuzz_import.c $(patsubst %,gen/%.c,config emit error layer_shape network weights)

CHECKS += $(FUZZ:%=fuzz-%)
$(foreach t,$(FUZZ),$(eval fuzz-$t.cmd = build/asan/tests/fuzz_replay_$t \
  $(sort $(wildcard tests/fuzz/$t/*))))
$(foreach t,$(FUZZ),$(eval fuzz-$t.deps = build/asan/tests/fuzz_replay_$t))

build/asan/tests/fuzz_replay_%: build/asan/obj/tests/fuzz_%.o \
  build/asan/obj/tests/fuzz_replay.o $(FUZZ_SRCS:%.c=build/asan/obj/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ -o $@ $(LIBS)

build/fuzz/%: build/fuzz/obj/tests/fuzz_%.o $(FUZZ_SRCS:%.c=build/fuzz/obj/%.o)
	$(Q)$(CLANG) -g -fsanitize=fuzzer,address,undefined $^ -o $@ $(LIBS)

build/fuzz/obj/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(STANDARD) -O1 -g -fno-omit-frame-pointer \
	  -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	  -MMD -MP -c $< -o $@

.PHONY: fuzz
fuzz: $(FUZZ:%=build/fuzz/%) ## look for files that crash the import (FUZZ, FUZZ_RUNS, FUZZ_SECONDS)
	$(Q)for t in $(FUZZ); do mkdir -p build/fuzz/corpus/$$t; \
	  build/fuzz/$$t -runs=$(FUZZ_RUNS) -max_total_time=$(FUZZ_SECONDS) -max_len=1024 \
	  -timeout=20 -artifact_prefix=build/fuzz/$$t- build/fuzz/corpus/$$t tests/fuzz/$$t \
	  || exit 1; done
