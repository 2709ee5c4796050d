#!/bin/sh
# usage: [SERVER=ADDR] [JOBS=N] scripts/client.sh IMAGE...
# Sends images through the servers of scripts/serve.sh (default http://127.0.0.1:8080).
# One IMAGE becomes processed_image.jpg in the current directory, or .png and so on if the
# answer has that format; several become processed_NAME each, JOBS (default 8) at a time.
# Exit 1 names each that failed, and over HTTP the reason.
set -eu
[ $# -ge 1 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=${IMGPIPE_BIN:-$here/bin}:$PATH
server=${SERVER:-http://127.0.0.1:8080}

if [ $# -eq 1 ]; then
	exec netpipe -connect "$server" -rename -o processed_image.jpg <"$1"
fi
exec netpipe -connect "$server" -o . -prefix processed_ -jobs "${JOBS:-8}" -- "$@"
