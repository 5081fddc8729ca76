#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs into a temporary folder, builds a program with pkg-config against the shared and
# the static library, and compares its predictions with those of the installed program.
# Also: a staged installation (DESTDIR), the header in C++, errors, and removal.
#
# usage: tests/install/run.sh        (in the project's root)

set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$PWD
prefix=$work/usr
passed=0
failed=0
unset QADAM_HOME

# expect TEXT COMMAND...: the command must succeed
expect() {
  text=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$text: failed"
    tail -n 10 "$work/log"
  fi
}

run_make() {
  make -s -j1 "$@"
}

# build OUTPUT LIBRARIES...
build() {
  output=$1
  shift
  # shellcheck disable=SC2046 # words
  "${CC:-gcc}" -std=c11 -Wall -Wextra -Werror \
    $(pkg-config --cflags qadam) "$here/tests/install/predict_layers.c" \
    -o "$output" "$@"
}

# same PROGRAM ARGUMENT...: the program says what the JSON file says
same() {
  "$@" >"$work/printed" && "$here/tests/install/compare.py" "$work/printed" "$work/result.json"
}

# says TEXT COMMAND...: the command must fail with that line
says() {
  text=$1
  shift
  status=0
  "$@" >"$work/printed" 2>&1 || status=$?
  cat "$work/printed"
  [ "$status" = 1 ] && [ "$(cat "$work/printed")" = "$text" ]
}

# elsewhere COMMAND...: in a folder that has nothing of the project
elsewhere() {
  (cd "$work/empty" && "$@")
}

files() {
  (cd "$1" && find . ! -type d | LC_ALL=C sort)
}

mkdir "$work/empty"
expect "make install" run_make install PREFIX="$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
expect "the version" test "$(pkg-config --modversion qadam)" = \
  "$("$prefix/bin/qadam" --version | sed 's/.* //')"
cp designs/eyeriss_int16.json "$work/empty/design.json"
expect "qadam predict" elsewhere "$prefix/bin/qadam" predict design.json \
  --network resnet20-cifar10 --json "$work/result.json"
expect "qadam generate" elsewhere "$prefix/bin/qadam" generate design.json -o "$work/rtl"

# shellcheck disable=SC2046 # words
expect "the shared library" build "$work/shared" $(pkg-config --libs qadam)
expect "shared, the same" elsewhere same "$work/shared" design.json resnet20-cifar10
# shellcheck disable=SC2046 # words
expect "the static library" build "$work/static" "$prefix/lib/libqadam.a" \
  $(pkg-config --static --libs jansson) -lm
expect "static, the same" elsewhere same "$work/static" design.json resnet20-cifar10

sed 's/"rows": 12/"rows": 9/' designs/eyeriss_int16.json >"$work/empty/nine.json"
expect "qadam predict, 9 rows" elsewhere "$prefix/bin/qadam" predict nine.json \
  --network resnet20-cifar10 --json "$work/result.json"
expect "rows=9, the same" elsewhere same "$work/shared" design.json resnet20-cifar10 rows=9
expect "no such file" elsewhere says \
  "predict_layers: none.json: cannot be read: No such file or directory" \
  "$work/shared" none.json resnet20-cifar10
expect "no such number" elsewhere says "predict_layers: lines is no number of a design" \
  "$work/shared" design.json resnet20-cifar10 lines=9
expect "out of range" elsewhere says "predict_layers: rows is 65, must be 1 to 64 (PEs)" \
  "$work/shared" design.json resnet20-cifar10 rows=65

if command -v g++ >/dev/null; then
  echo '#include <qadam.h>' >"$work/header.cpp"
  # shellcheck disable=SC2046 # words
  expect "the header in C++" g++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only \
    $(pkg-config --cflags qadam) "$work/header.cpp"
fi

expect "make install DESTDIR" run_make install PREFIX=/usr DESTDIR="$work/stage"
expect "the same files" test "$(files "$work/stage/usr")" = "$(files "$prefix")"
expect "nothing else" test "$(ls "$work/stage")" = usr
expect "make uninstall DESTDIR" run_make uninstall PREFIX=/usr DESTDIR="$work/stage"
expect "nothing left" test -z "$(files "$work/stage")"
echo mine >"$prefix/share/qadam/mine"
expect "make uninstall" run_make uninstall PREFIX="$prefix"
expect "only my file left" test "$(files "$prefix")" = ./share/qadam/mine

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
