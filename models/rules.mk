# SPDX-License-Identifier: Apache-2.0
#
# The performance model, and the interface of the library (models/qadam.h).

QADAM_SRCS += $(wildcard models/*.c)
