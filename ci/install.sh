#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the program, the library and the data files that they need, or removes what
# was installed: what PREFIX/share/qadam/installed lists, and folders that are empty then.
#
# usage: ci/install.sh install|uninstall PREFIX [DESTDIR]
#
#   PREFIX   where it will be used, an absolute path; /usr/local for instance
#   DESTDIR  put in front of every path, for packages

set -eu
action=$1
prefix=${2%/}
root=${3:-}$prefix
case $2 in
/*) ;;
*)
  echo "install.sh: PREFIX is '$2', must be an absolute path" >&2
  exit 2
  ;;
esac

# MODE SOURCE TARGET, one a line; targets below PREFIX.
list() {
  echo "755 build/qadam bin/qadam"
  echo "644 models/qadam.h include/qadam.h"
  echo "644 build/lib/libqadam.a lib/libqadam.a"
  echo "755 build/lib/libqadam.so.0 lib/libqadam.so.0"
  echo "644 build/lib/qadam.pc lib/pkgconfig/qadam.pc"
  for file in docs/architecture.md verif/sim_shim.cpp verif/sim.h verif/axi.h; do
    echo "644 $file share/qadam/$file"
  done
  find hdl pe_lib pdk/*/ synth_flows models designs -type f \
    ! -name '*.[ch]' ! -name '*.mk' ! -name '*.in' ! -name '*.md' | LC_ALL=C sort |
    while read -r file; do
      mode=644
      [ ! -x "$file" ] || mode=755
      echo "$mode $file share/qadam/$file"
    done
}

# put MODE SOURCE TARGET
put() {
  mkdir -p "$root/$(dirname "$3")"
  cp "$2" "$root/$3.tmp"
  chmod "$1" "$root/$3.tmp"
  mv "$root/$3.tmp" "$root/$3"
}

# drop TARGET
drop() {
  rm -f "$root/$1"
  folder=$(dirname "$1")
  while [ "$folder" != . ]; do
    rmdir "$root/$folder" 2>/dev/null || break
    folder=$(dirname "$folder")
  done
}

installed=share/qadam/installed
case $action in
install)
  list >build/lib/list
  while read -r mode source target; do
    put "$mode" "$source" "$target"
  done <build/lib/list
  ln -sf libqadam.so.0 "$root/lib/libqadam.so"
  { cut -d ' ' -f 3 build/lib/list && echo lib/libqadam.so; } >build/lib/installed
  put 644 build/lib/installed $installed
  ;;
uninstall)
  if [ ! -f "$root/$installed" ]; then
    echo "install.sh: nothing is installed below $root" >&2
    exit 1
  fi
  mkdir -p build/lib
  cp "$root/$installed" build/lib/installed
  while read -r target; do
    drop "$target"
  done <build/lib/installed
  drop $installed
  ;;
esac
