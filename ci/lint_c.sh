#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs one tool over C sources, as many at a time as there are cores.
#
# usage: ci/lint_c.sh "COMMAND" FILE...
#
# COMMAND is run once a file, with {} for its name. Prints "N passed, N failed".

set -u
command=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/failed"

# shellcheck disable=SC2016 # for the inner shell
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
  out=$('"$command"' 2>&1) || { echo "$out"; touch "$0/failed/$(echo {} | tr / _)"; }' "$work"
failed=$(find "$work/failed" -type f | wc -l)
echo "$(($# - failed)) passed, $failed failed"
[ "$failed" = 0 ]
