#!/bin/sh
# usage: scripts/build.sh [DIR]
# Builds imggray, imgscale, netpipe and netqueue, static, into DIR (default: bin).
set -eu
case ${1-} in -*) sed -n '2,3s/^# //p' "$0"; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$here/bin}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cd "$here"
# The garbage collector that is new in Go 1.26 touches the last page of each span of
# memory. That is a tenth of the time in which a filter starts, and a filter ends
# before it collects much. A Go that lacks the older collector builds with the new one.
if GOEXPERIMENT=nogreenteagc go env GOEXPERIMENT >/dev/null 2>&1; then
	export GOEXPERIMENT=nogreenteagc
fi
flags='-s -w'
case $(go env GOOS)/$(go env GOARCH) in
linux/amd64) flags="$flags -E imgpipe/cmd/internal/start.entry" ;; # tells a closed stdout, begins with one processor
esac
# With the tag nounsafe klauspost/compress checks the bounds of each load. That costs
# under 1 %.
CGO_ENABLED=0 go build -tags urfave_cli_no_docs,nounsafe -trimpath -ldflags "$flags" -o "$dir/" ./cmd/imggray ./cmd/imgscale ./cmd/netpipe ./cmd/netqueue
