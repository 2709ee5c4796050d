#!/bin/sh
# usage: [QUICK=yes] scripts/bench-net.sh
# Puts the servers under load beside the peers that are installed, over loopback, on
# pictures of 0.03, 0.3 and 12 MP (the largest from ../shared/photos, if it's there),
# and writes testdata/bench-net.md and testdata/bench-net.svg. Takes about 6 minutes
# on a quiet machine. QUICK takes seconds, writes to a temporary folder, and only
# shows that everything works. Exits 1 if one of our servers gave a wrong answer, or none.
set -eu
[ $# -eq 0 ] || { sed -n '2,7s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$here/scripts/build.sh" "$tmp/bin"
(cd "$here" && go build -o "$tmp/benchnet" ./scripts/benchnet)
"$tmp/bin/imgscale" -factor 33% <"$here/testdata/rocket.jpg" >"$tmp/small.jpg"
set -- "$tmp/small.jpg" "$here/testdata/rocket.jpg"
large=$here/../shared/photos/cc0-nolmoonen-iphone11-bus-12mp.jpg
if [ -r "$large" ]; then
	set -- "$@" "$large"
else
	echo "skipped: 12 MP: ../shared/photos isn't there" >&2
fi
if [ -n "${QUICK-}" ]; then
	"$tmp/benchnet" -quick "$tmp/bin" "$tmp" "$here/../shared/peer" "$@"
	cat "$tmp/bench-net.md"
else
	"$tmp/benchnet" "$tmp/bin" "$here/testdata" "$here/../shared/peer" "$@"
fi
