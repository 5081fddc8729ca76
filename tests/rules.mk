# SPDX-License-Identifier: Apache-2.0
#
# Unit tests (tests/test_*.c, each plain and with sanitizers) and the cases of the
# command line.

TEST_NAMES := $(patsubst tests/test_%.c,%,$(sort $(wildcard tests/test_*.c)))

CHECKS += $(TEST_NAMES:%=unit-%) $(TEST_NAMES:%=asan-%)
$(foreach t,$(TEST_NAMES),$(eval unit-$t.cmd = build/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval unit-$t.deps = build/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval asan-$t.cmd = build/asan/tests/test_$t))
$(foreach t,$(TEST_NAMES),$(eval asan-$t.deps = build/asan/tests/test_$t))

ifneq ($(wildcard tests/run_cases.sh),)
CHECKS += cli-cases
cli-cases.cmd = tests/run_cases.sh build/qadam
cli-cases.deps = build/qadam
endif

# Helpers of the mapper's and the command list's tests.
build/tests/test_command: build/obj/tests/command_interp.o
build/asan/tests/test_command: build/asan/obj/tests/command_interp.o
build/tests/test_command build/tests/test_mapper: build/obj/tests/mapper_cases.o
build/asan/tests/test_command build/asan/tests/test_mapper: \
  build/asan/obj/tests/mapper_cases.o
