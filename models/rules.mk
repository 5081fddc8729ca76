# SPDX-License-Identifier: Apache-2.0
#
# The performance model; inference in each PE type's arithmetic; the interface of the library
# (models/qadam.h).

QADAM_SRCS += $(wildcard models/*.c)

# Long loops.
build/obj/models/infer_kernel.o: CFLAGS += -O3
$(patsubst %.c,build/obj/%.o,$(wildcard pe_lib/*/golden.c)): CFLAGS += -O3
