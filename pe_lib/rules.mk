# SPDX-License-Identifier: Apache-2.0
#
# Golden functions of the PE types, one folder each; verif/rules.mk makes their list.

QADAM_SRCS += $(wildcard pe_lib/*/golden.c)
