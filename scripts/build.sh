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
linux/amd64)
	# The entry tells a closed stdout, and lets the runtime begin with one processor.
	# With segments at multiples of 2 MiB Linux can map most of the text and of the
	# read-only data by one page table entry for 2 MiB.
	flags="$flags -E imgpipe/cmd/internal/start.entry -R 0x200000" ;;
esac
tmp=$(mktemp -d "$dir/.build.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
# With the tag nounsafe klauspost/compress checks the bounds of each load. That costs
# under 1 %.
CGO_ENABLED=0 go build -tags urfave_cli_no_docs,nounsafe -trimpath -ldflags "$flags" -o "$tmp/" ./cmd/imggray ./cmd/imgscale ./cmd/netpipe ./cmd/netqueue
# The linker writes a program through a memory map, page by page, and so it stands in the
# page cache. A copy that is written at once stands there in folios of up to 2 MiB, if the
# file system has such. A filter starts in three quarters of the time from them, until the
# cache drops them.
for program in "$tmp"/*; do
	dd if="$program" of="$program.copy" bs=67108864 2>/dev/null
	chmod 755 "$program.copy"
	mv "$program.copy" "$dir/${program##*/}"
done
