# SPDX-License-Identifier: Apache-2.0
#
# The quantizers. Golden functions are one folder each: verif/rules.mk makes their list.

QADAM_SRCS += pe_lib/quantize.c
