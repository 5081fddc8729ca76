# SPDX-License-Identifier: Apache-2.0
#
# The performance model; inference in each PE type's arithmetic; the interface of the library
# (models/qadam.h).

QADAM_SRCS += $(wildcard models/*.c)

# Long loops.
build/obj/models/infer_kernel.o: CFLAGS += -O3
$(patsubst %.c,build/obj/%.o,$(wildcard models/perf*.c)): CFLAGS += -O3
$(patsubst %.c,build/pic/obj/%.o,$(wildcard models/perf*.c)): CFLAGS += -O3
$(patsubst %.c,build/obj/%.o,$(wildcard pe_lib/*/golden.c)): CFLAGS += -O3

# The evaluation of the QADAM paper, on so many designs of each PE type.
PAPER_MODELS ?= models/ppa/default.json
PAPER_SPACE ?= models/dataset/space.json
PAPER_SAMPLE ?= 1000
PAPER_DIR ?= build/paper

.PHONY: paper
paper: build/qadam ## repeat the QADAM paper's evaluation: PAPER_SAMPLE=1000 designs a type
	$(Q)models/paper.py build/qadam $(PAPER_SPACE) $(PAPER_MODELS) $(PAPER_DIR) \
	  --sample $(PAPER_SAMPLE)
