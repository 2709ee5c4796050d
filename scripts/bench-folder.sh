#!/bin/sh
# usage: [COUNT=N] [ROUNDS=N] scripts/bench-folder.sh
# Halves a folder of COUNT (default 200) photos of 1 to 12 MP with imgscale, vipsthumbnail
# and mogrify, in turn, and prints the times of each of ROUNDS (default 3) rounds. The photos
# are parts of those in ../shared/photos, which vips cuts out. mogrify runs with one thread
# for each core, and once more with jpeg:size, which has libjpeg shrink on load.
set -eu
[ $# -eq 0 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")/.." && pwd)
photos=$here/../shared/photos
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$here/scripts/build.sh" "$tmp/bin"
PATH=$tmp/bin:$PATH

# cut NUMBER NAME WIDTH HEIGHT W H QUALITY: cuts W x H pixels out of a photo of WIDTH x HEIGHT,
# at another place for each number, into the folder of the photos of that size.
cut() {
	mkdir -p "$tmp/in/$5x$6"
	vips crop "$photos/$2" "$tmp/in/$5x$6/$1.jpg[Q=$7]" $(($1 * 7919 % ($3 - $5 + 1))) $(($1 * 104729 % ($4 - $6 + 1))) "$5" "$6"
}

i=0
while [ $i -lt "${COUNT:-200}" ]; do
	case $((i % 3)) in
	0) set -- cc0-nolmoonen-iphone11-bus-12mp.jpg 4032 3024 ;;
	1) set -- cc0-elementary-mr-lee.jpg 4476 2984 ;;
	2) set -- cc0-elementary-ashim-dsilva.jpg 3072 2048 ;;
	esac
	case $((i / 3 % 6)):$((i % 3)) in
	0:*) set -- "$@" 1224 816 92 ;;
	1:*) set -- "$@" 1600 1200 85 ;;
	2:*) set -- "$@" 2400 1600 90 ;;
	3:* | *:2) set -- "$@" 3000 2000 80 ;;
	4:*) set -- "$@" 3600 2400 95 ;;
	5:*) set -- "$@" 4000 2960 88 ;;
	esac
	cut $i "$@"
	i=$((i + 1))
done

# half_PROGRAM: halves all photos. Those that must be told a size run once for each size.
half_imgscale() { imgscale -o "$tmp/out" "$tmp/in"; }
half_vipsthumbnail() {
	for size in "$tmp/in"/*; do
		wh=${size##*/}
		mkdir -p "$tmp/out/$wh"
		vipsthumbnail --size $((${wh%x*} / 2))x$((${wh#*x} / 2)) -o "$tmp/out/$wh/%s.jpg[Q=88]" "$size"/*.jpg
	done
}
half_mogrify() {
	for size in "$tmp/in"/*; do
		wh=${size##*/}
		mkdir -p "$tmp/out/$wh"
		mogrify ${1:+-define jpeg:size=$((${wh%x*} / 2))x$((${wh#*x} / 2))} -resize 50% -path "$tmp/out/$wh" "$size"/*.jpg
	done
}

# measure NAME COMMAND...: prints the time of the clock, and of the processor (user, system).
measure() {
	name=$1
	shift
	rm -rf "$tmp/out"
	from=$(date +%s%N)
	("$@" >/dev/null 2>"$tmp/log" && times >"$tmp/times") || { cat "$tmp/log" >&2; exit 1; }
	wall=$((($(date +%s%N) - from) / 1000000))
	printf '%-20s %8d ms, processor %s\n' "$name" $wall "$(tail -n 1 "$tmp/times")"
	[ "$(find "$tmp/out" -type f | wc -l)" = "${COUNT:-200}" ]
}

du -sm "$tmp/in" | sed 's/\t.*/ MB of photos/'
round=0
while [ $round -lt "${ROUNDS:-3}" ]; do
	measure imgscale half_imgscale
	measure vipsthumbnail half_vipsthumbnail
	measure 'mogrify, jpeg:size' half_mogrify yes
	measure mogrify half_mogrify
	round=$((round + 1))
done
