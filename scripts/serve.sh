#!/bin/sh
# usage: [GRAY_LISTEN=ADDR] [SCALE_LISTEN=ADDR] [FACTOR=F] scripts/serve.sh
# Runs both servers in the foreground: gray (127.0.0.1:8888 and http://127.0.0.1:8080),
# which hands its images to the one that scales (127.0.0.1:8889 and http://127.0.0.1:8081,
# by 50%). Ctrl-C ends both. Over HTTP a failure has a reason, so that is used between
# them. GRAY_HTTP and SCALE_HTTP change these addresses; empty: no HTTP there.
set -eu
[ $# -eq 0 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=${IMGPIPE_BIN:-$here/bin}:$PATH
gray_listen=${GRAY_LISTEN:-127.0.0.1:8888}
scale_listen=${SCALE_LISTEN:-127.0.0.1:8889}
gray_http=${GRAY_HTTP-http://127.0.0.1:8080}
scale_http=${SCALE_HTTP-http://127.0.0.1:8081}

running() { kill -0 "$1" 2>/dev/null; }

# Each server finishes what it has begun; a second Ctrl-C ends it at once.
stop() {
	kill -TERM "$scale" "$gray" 2>/dev/null || :
	stopping=yes
}
stopping=
scale=
gray=
trap stop INT TERM HUP

netpipe -listen "$scale_listen" ${scale_http:+-listen "$scale_http"} -reuse 1000 imgscale -worker -factor "${FACTOR:-50%}" &
scale=$!
netpipe -listen "$gray_listen" ${gray_http:+-listen "$gray_http"} -next "${scale_http:-$scale_listen}" -reuse 1000 imggray -worker &
gray=$!

# If one ends by itself (its port is in use), the other has nothing to do. The shell
# can't wait for whichever ends first, so it looks once a second.
while [ -z "$stopping" ] && running "$scale" && running "$gray"; do
	sleep 1 &
	tick=$!
	wait "$tick" || :
	kill "$tick" 2>/dev/null || :
done
[ -n "$stopping" ] || stop

status=0
for pid in "$scale" "$gray"; do
	while running "$pid"; do wait "$pid" || :; done # a signal cuts wait short
	wait "$pid" || status=$?
done
exit "$status"
