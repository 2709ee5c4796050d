#!/bin/sh
# usage: scripts/bench-queue.sh [-rounds N] [-photos N] [-jobs N]
# Measures what the queue of netqueue costs: 600 photos of 0.27 MP through it, with folders
# and, if versitygw is installed, with S3, beside netpipe -run of the same files and filters,
# in 5 rounds; and 100,000 empty jobs. Prints two tables. Takes 5 minutes on a quiet machine.
# -photos 0 and -jobs 0 leave one of the tables out.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/run"
"$here/scripts/build.sh" "$tmp/bin"
(cd "$here" && go build -o "$tmp/benchqueue" ./scripts/benchqueue)
"$tmp/benchqueue" "$@" "$tmp/bin" "$tmp/run" "$here/testdata/rocket.jpg"
