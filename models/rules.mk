# SPDX-License-Identifier: Apache-2.0
#
# The performance model.

QADAM_SRCS += $(wildcard models/*.c)
