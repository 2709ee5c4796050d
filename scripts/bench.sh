#!/bin/sh
# usage: scripts/bench.sh [PHOTO...]
# Times the programs beside the peers that are installed, on JPEGs and PNGs (default: a
# photo in testdata, and those of ../shared/photos if it's there), and writes
# testdata/bench.md and testdata/bench.svg. Takes some minutes on a quiet machine.
set -eu
case ${1-} in -*) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -eq 0 ]; then
	set -- "$here/testdata/rocket.jpg"
	for photo in "$here"/../shared/photos/*.jpg "$here"/../shared/photos/*.png; do
		case $photo in *rocket* | *alpha* | *'*'*) ;; *) set -- "$@" "$photo" ;; esac
	done
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$here/scripts/build.sh" "$tmp"
(cd "$here" && go build -o "$tmp/bench" ./scripts/bench)
"$tmp/bench" "$tmp" "$here/testdata" "$@"
