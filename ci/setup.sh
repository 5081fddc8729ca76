#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages of ci/packages.txt that are missing.
#
# usage: ci/setup.sh [--try]
#
# Says what it installs. Does nothing, and needs no network, when all are there.
# Uses apt-get as root, else through sudo. Exit 1 when packages stay missing; with
# --try exit 0 then, so that the caller can go on with what there is.

set -eu
list=$(dirname "$0")/packages.txt

give_up() {
  echo "setup: $1" >&2
  [ "$try" = 1 ] || exit 1
  echo "setup: going on without" >&2
  exit 0
}

# Names of the packages in the list that are not installed.
missing_packages() {
  sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list" | while read -r name; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
    [ "$state" = installed ] || printf ' %s' "$name"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

try=0
case "$#:${1-}" in
  0:) ;;
  1:--try) try=1 ;;
  *) echo "usage: ci/setup.sh [--try]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
  give_up "not a Debian system: install what $list names by hand"
fi
missing=$(missing_packages)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
  give_up "missing, and neither root nor sudo to install them:$missing"
fi

# apt-get's long output is shown only when it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "setup: installing$missing"
# shellcheck disable=SC2086 # one word a package
{
  as_root apt-get -q update &&
    as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get -q -y --no-install-recommends install $missing
} >"$log" 2>&1 || {
  tail -n 20 "$log" >&2
  give_up "apt-get failed; still missing:$(missing_packages)"
}
echo "setup: done"
