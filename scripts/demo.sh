#!/bin/sh
# usage: scripts/demo.sh [IMAGE]
# Shows the whole thing on a machine that has Go: builds the programs, starts both
# servers on free ports, sends IMAGE (default: a photo in testdata) through them, over
# raw sockets and over HTTP, saves processed_image.jpg (or .png and so on, as the format
# is), does the same with local pipes, and compares.
set -eu
case $# in 0 | 1) ;; *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;; esac
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

# address LOG PID KIND: waits until a server says where it listens, and prints its raw
# address, or the one of HTTP.
address() {
	case $3 in http) prefix=http:// ;; *) prefix= ;; esac
	while :; do
		addr=$(sed -n "s|.*msg=listening addr=\\(${prefix}[0-9.:]*\\) .*|\\1|p" "$1")
		[ -z "$addr" ] || break
		kill -0 "$2" 2>/dev/null || exit 1
		sleep 0.05
	done
	printf '%s\n' "$addr"
}

touch "$tmp/scale.log" "$tmp/gray.log"
netpipe -log-format text -listen 127.0.0.1:0 -listen http://127.0.0.1:0 imgscale 2>"$tmp/scale.log" &
scale=$!
to_scale=$(address "$tmp/scale.log" "$scale" http)
netpipe -log-format text -listen 127.0.0.1:0 -listen http://127.0.0.1:0 -next "$to_scale" imggray 2>"$tmp/gray.log" &
gray=$!
to_gray=$(address "$tmp/gray.log" "$gray" raw)
over_http=$(address "$tmp/gray.log" "$gray" http)
echo "Servers: gray on $to_gray and $over_http, which hands its images on to half size on $to_scale"

netpipe -connect "$to_gray" -rename -o "$tmp/answer.jpg" <"$image" 2>"$tmp/client.log"
answer=$(echo "$tmp"/answer.*)
saved=processed_image.${answer##*.}
mv "$answer" "$saved"
echo "Sockets: $image ($(($(wc -c <"$image"))) bytes) -> $saved ($(($(wc -c <"$saved"))) bytes), gray and half the size"

netpipe -connect "$over_http" <"$image" | cmp - "$saved"
echo "HTTP:    the same bytes; a browser that opens $over_http gets a page to drop images on"
head -c 9 "$image" >"$tmp/cut"
if netpipe -connect "$over_http" <"$tmp/cut" >/dev/null 2>"$tmp/reason"; then exit 1; fi
echo "         and the reason of a failure: $(cat "$tmp/reason")"

imggray <"$image" | imgscale >"$tmp/piped"
cmp "$tmp/piped" "$saved"
echo "Pipes:   cat $image | imggray | imgscale gives the same bytes"
