#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks the text of every file of the tree that is ours: SPDX line in the first three,
# blanks at line ends, tabs, carriage returns, line length (C 90, all else 100 columns).
#
# usage: ci/lint_text.sh
#
# Prints FILE:LINE: text for each fault, then "N passed, N failed" with one check a file.

set -eu
if ! git rev-parse --git-dir >/dev/null 2>&1; then
  echo "not a git checkout"
  exit 77
fi
passed=0
failed=0

# check FILE SPDX TABS COLUMNS: SPDX 1 if the line is demanded, TABS 1 if they are
# allowed, COLUMNS the longest line, 0 for any.
check() {
  awk -v file="$1" -v spdx="$2" -v tabs="$3" -v columns="$4" '
    function fault(text) { print file ":" FNR ": " text; bad = 1 }
    FNR <= 3 && /SPDX-License-Identifier: Apache-2.0/ { spdx = 0 }
    /\r$/ { fault("carriage return") }
    /[ \t]$/ { fault("blanks at the end of the line") }
    !tabs && /\t/ { fault("tab") }
    columns && length($0) > columns { fault("longer than " columns " columns") }
    END {
      if (spdx) { FNR = 1; fault("no SPDX line") }
      exit bad
    }' "$1" && [ -z "$(tail -c 1 "$1")" ]
}

for file in $(git ls-files --cached --others --exclude-standard); do
  [ -f "$file" ] || continue
  case $file in
  LICENSE | *.svg | *.png | *.npy | tests/cases/* | tests/fuzz/*) continue ;;
  *.c | *.h | *.cpp) set -- 1 0 90 ;;
  *.md) set -- 0 0 0 ;;
  *.json | *.csv | *.abc | *.f) set -- 0 0 0 ;;
  Makefile | *.mk) set -- 1 1 100 ;;
  hdl/lint_sets | hdl/refused_sets) set -- 1 0 0 ;;
  *) set -- 1 0 100 ;;
  esac
  if check "$file" "$@"; then
    passed=$((passed + 1))
  else
    echo "$file: faulty, or no newline at its end"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
