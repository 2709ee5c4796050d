#!/bin/sh
# usage: scripts/demo.sh [IMAGE]
# Shows the whole thing on a machine that has Go: builds the programs, starts both
# servers on free ports, sends IMAGE (default: a photo in testdata) through them,
# saves processed_image.jpg, does the same with local pipes, and compares.
set -eu
case $# in 0 | 1) ;; *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
image=${1:-$here/testdata/rocket.jpg}
[ -r "$image" ] || { printf '%s: cannot read %s\n' "${0##*/}" "$image" >&2; exit 1; }

tmp=$(mktemp -d)
scale=
gray=
clean_up() {
	status=$?
	trap - EXIT
	for pid in $gray $scale; do kill -TERM "$pid" 2>/dev/null || :; done
	for pid in $gray $scale; do wait "$pid" || :; done
	[ "$status" -eq 0 ] || cat "$tmp"/*.log >&2 2>/dev/null || :
	rm -rf "$tmp"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

echo "Building imggray, imgscale and netpipe ..."
"$here/scripts/build.sh" "$tmp/bin"
PATH=$tmp/bin:$PATH

# address LOG PID: waits until a server says where it listens, and prints that.
address() {
	while :; do
		addr=$(sed -n 's/.*msg=listening addr=\([^ ]*\).*/\1/p' "$1")
		[ -z "$addr" ] || break
		kill -0 "$2" 2>/dev/null || exit 1
		sleep 0.05
	done
	printf '%s\n' "$addr"
}

touch "$tmp/scale.log" "$tmp/gray.log"
netpipe -log-format text -listen 127.0.0.1:0 imgscale 2>"$tmp/scale.log" &
scale=$!
to_scale=$(address "$tmp/scale.log" "$scale")
netpipe -log-format text -listen 127.0.0.1:0 -next "$to_scale" imggray 2>"$tmp/gray.log" &
gray=$!
to_gray=$(address "$tmp/gray.log" "$gray")
echo "Servers: gray on $to_gray, which hands its images on to half size on $to_scale"

netpipe -connect "$to_gray" -o processed_image.jpg <"$image"
echo "Sockets: $image ($(($(wc -c <"$image"))) bytes) -> processed_image.jpg ($(($(wc -c <processed_image.jpg))) bytes), gray and half the size"

imggray <"$image" | imgscale >"$tmp/piped"
cmp "$tmp/piped" processed_image.jpg
echo "Pipes:   cat $image | imggray | imgscale gives the same bytes"
