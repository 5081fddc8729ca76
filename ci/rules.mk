# SPDX-License-Identifier: Apache-2.0
#
# Linters of everything but the RTL, which hdl/rules.mk has.

LINTS += gcc clang cppcheck clang-tidy clang-format shellcheck text

LINT_CC = $(STANDARD) $(WARNINGS) -Werror -O2 -c {} -o /dev/null
LINT_SRCS = $(filter %.c,$(C_FILES))
$(foreach t,gcc clang cppcheck clang-tidy,$(eval $t.deps = $$(GENERATED)))

gcc.tools = gcc
gcc.cmd = ci/lint_c.sh 'gcc $(LINT_CC)' $(LINT_SRCS)

clang.tools = clang
clang.cmd = ci/lint_c.sh 'clang $(LINT_CC)' $(LINT_SRCS)

cppcheck.tools = cppcheck
cppcheck.cmd = ci/lint_c.sh 'cppcheck -q --std=c11 -I. --inline-suppr --error-exitcode=1 \
  --enable=warning,style,performance,portability {}' $(LINT_SRCS)

clang-tidy.tools = clang-tidy
clang-tidy.cmd = ci/lint_c.sh 'clang-tidy --quiet {} -- $(STANDARD)' $(LINT_SRCS)

clang-format.tools = clang-format
clang-format.cmd = ci/lint_c.sh 'clang-format --dry-run -Werror {}' $(C_FILES)

shellcheck.tools = shellcheck
shellcheck.cmd = shellcheck -x $(sort $(wildcard */*.sh */*/*.sh) .ci/run)

text.tools = git
text.cmd = ci/lint_text.sh
