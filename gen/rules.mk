# SPDX-License-Identifier: Apache-2.0
#
# The program: verbs, files, mapper, command lists, Verilog.

QADAM_SRCS += $(wildcard gen/*.c)
