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
	# The entry tells a closed stdout. That of a filter also lets the runtime begin with one
	# processor and with timers that may be late. With segments at multiples of 2 MiB Linux can
	# map most of the text and of the read-only data by one page table entry for 2 MiB.
	flags="$flags -R 0x200000"
	entry="-E imgpipe/cmd/internal/start.entry"
	filter_entry="-E imgpipe/cmd/internal/start.filterEntry" ;;
esac
tmp=$(mktemp -d "$dir/.build.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
# With the tag nounsafe klauspost/compress checks the bounds of each load. That costs
# under 1 %.
build() {
	CGO_ENABLED=0 go build -tags urfave_cli_no_docs,nounsafe -trimpath -ldflags "$flags $1" -o "$tmp/" "$2" "$3"
}
build "${filter_entry-}" ./cmd/imggray ./cmd/imgscale
build "${entry-}" ./cmd/netpipe ./cmd/netqueue
# The linker writes a program through a memory map, page by page, and so it stands in the
# page cache. A copy that is written at once stands there in folios of up to 2 MiB, if the
# file system has such. A filter starts in three quarters of the time from them, until the
# cache drops them.
mkdir "$tmp/copies"
for program in imggray imgscale netpipe netqueue; do
	dd if="$tmp/$program" of="$tmp/copies/$program" bs=67108864 status=none
	chmod 755 "$tmp/copies/$program"
	rm "$tmp/$program"
done
mv "$tmp"/copies/* "$dir/"
