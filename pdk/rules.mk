# SPDX-License-Identifier: Apache-2.0
#
# Process kits: cell and SRAM characterisation, and the views made from them.

QADAM_SRCS += $(wildcard pdk/*.c)
