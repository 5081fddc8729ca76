# SPDX-License-Identifier: Apache-2.0
#
# The program: verbs, files, mapper, command lists, Verilog, import of networks.

QADAM_SRCS += $(wildcard gen/*.c) build/proto/onnx.pb-c.c
GENERATED += build/proto/onnx.pb-c.h
