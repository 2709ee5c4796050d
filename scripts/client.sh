#!/usr/bin/env bash
# usage: [SERVER=ADDR] [JOBS=N] scripts/client.sh IMAGE...
# Sends images through the servers of scripts/serve.sh (default 127.0.0.1:8888).
# One IMAGE becomes processed_image.jpg in the current directory; several become
# processed_NAME each, JOBS (default 8) at a time. Exit 1 names each that failed.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=${IMGPIPE_BIN:-$here/bin}:$PATH
SERVER=${SERVER:-127.0.0.1:8888}
export PATH SERVER

if [ $# -eq 1 ]; then
	exec netpipe -connect "$SERVER" -o processed_image.jpg <"$1"
fi

# Two images of one name would overwrite each other's result.
twice=$(for image; do basename -- "$image"; done | sort | uniq -d)
[ -z "$twice" ] || { printf '%s: two images are called %s\n' "${0##*/}" "$twice" >&2; exit 2; }

log=$(mktemp -d)
export log
total=$#
workers=
trap 'rm -rf "$log"' EXIT
# The workers have a process group of their own (set -m), so that all can be ended.
end() {
	[ -z "$workers" ] || kill -TERM -- "-$workers" 2>/dev/null || :
	wait || :
	exit 130
}
trap end INT TERM HUP

# Each image that is done, well or not, adds a line to $log/done.
: >"$log/done"
set -m
# shellcheck disable=SC2016 # the inner shell expands it
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-8}" sh -c '
	name=$(basename -- "$1")
	if error=$( { netpipe -connect "$SERVER" -o "processed_$name" <"$1"; } 2>&1); then
		echo ok >>"$log/done"
	else
		printf "%s: %s\n" "$1" "$error" >>"$log/failed"
		echo failed >>"$log/done"
	fi' client &
workers=$(jobs -p %%)
set +m

bar() {
	done=$(wc -l <"$log/done")
	width=40
	full=$((done * width / total))
	printf '\r[%s%s] %d of %d' \
		"$(printf '%*s' "$full" '' | tr ' ' '#')" "$(printf '%*s' "$((width - full))" '')" "$((done))" "$total" >&2
}
if [ -t 2 ]; then
	while kill -0 -- "-$workers" 2>/dev/null; do
		bar
		sleep 0.2
	done
	bar
	echo >&2
fi
wait || :

if [ -s "$log/failed" ]; then
	sort "$log/failed" >&2
	printf '%s: %d of %d failed\n' "${0##*/}" "$(($(wc -l <"$log/failed")))" "$total" >&2
	exit 1
fi
# What says nothing of an image (xargs or a shell that couldn't run) is a failure too.
[ "$(($(wc -l <"$log/done")))" -eq "$total" ] || { printf '%s: not every image was sent\n' "${0##*/}" >&2; exit 1; }
