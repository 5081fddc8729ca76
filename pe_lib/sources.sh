#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Lists the RTL of a PE type, one file a line: its own, then those of the folder that its
# traits name as "rtl", but for names that it has itself.
#
# usage: pe_lib/sources.sh TYPE

set -eu
own=pe_lib/$1
shared=$(sed -n 's/.*"rtl" *: *"\([^"]*\)".*/\1/p' "$own/traits.json")
for file in "$own"/*.sv; do
  [ ! -f "$file" ] || echo "$file"
done
[ -n "$shared" ] || exit 0
for file in pe_lib/"$shared"/*.sv; do
  [ -f "$own/${file##*/}" ] || echo "$file"
done
