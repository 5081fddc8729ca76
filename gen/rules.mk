# SPDX-License-Identifier: Apache-2.0
#
# The program: verbs, files, mapper, command lists, Verilog, import of networks.

QADAM_SRCS += $(wildcard gen/*.c) build/proto/onnx.pb-c.c
GENERATED += build/proto/onnx.pb-c.h

# Long searches.
$(patsubst %.c,build/obj/%.o,$(wildcard gen/map*.c)): CFLAGS += -O3
$(patsubst %.c,build/pic/obj/%.o,$(wildcard gen/map*.c)): CFLAGS += -O3
