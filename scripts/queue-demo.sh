#!/bin/sh
# usage: scripts/queue-demo.sh [COUNT]
# Shows netqueue on one machine that has Go: builds the programs, makes a folder of COUNT
# pictures (default: 200) and one file that is none, adds them to a queue in another folder,
# starts two workers, kills the one that runs the queue's server in the middle, and shows that
# all are done all the same.
set -eu
case $# in 0 | 1) ;; *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
count=${1:-200}

tmp=$(mktemp -d)
first=
second=
clean_up() {
	status=$?
	trap - EXIT
	for pid in $first $second; do kill -TERM "$pid" 2>/dev/null || :; done
	for pid in $first $second; do wait "$pid" 2>/dev/null || :; done
	[ "$status" -eq 0 ] || cat "$tmp"/*.log >&2 2>/dev/null || :
	rm -rf "$tmp"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

if [ -n "${IMGPIPE_BIN-}" ]; then
	PATH=$IMGPIPE_BIN:$PATH
else
	echo "Building the programs ..."
	"$here/scripts/build.sh" "$tmp/bin"
	PATH=$tmp/bin:$PATH
fi

mkdir "$tmp/photos"
i=0
while [ $i -lt "$count" ]; do
	i=$((i + 1))
	cp "$here/testdata/rocket.jpg" "$tmp/photos/$i.jpg"
done
echo 'not a picture' >"$tmp/photos/notes.jpg"
queue=embedded:$tmp/queue

netqueue add -queue "$queue" -in "$tmp/photos" -out "$tmp/thumbs"
echo "The first worker, whose process has the server of the queue too:"
netqueue work -queue "$queue" -ack-wait 3s -log-format text imggray + imgscale -size 200x 2>"$tmp/first.log" &
first=$!
until grep -q 'outcome=done' "$tmp/first.log"; do
	kill -0 $first
	sleep 0.05
done
netqueue work -queue "$queue" -ack-wait 3s -log-format text -reuse 1000 imggray -worker + imgscale -worker -size 200x 2>"$tmp/second.log" &
second=$!
until grep -q 'outcome=done' "$tmp/second.log"; do
	kill -0 $second
	sleep 0.05
done
netqueue status -queue "$queue"
kill -KILL $first
wait $first 2>/dev/null || :
first=
echo "The first worker is killed. The second goes on, and takes the server over:"
netqueue status -queue "$queue" -watch

done=$(find "$tmp/thumbs" -name '*.jpg' | wc -l)
echo "$done thumbnails, and this cannot be done:"
netqueue failed -queue "$queue"
[ "$done" -eq "$count" ]
