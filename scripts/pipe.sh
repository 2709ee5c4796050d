#!/bin/sh
# usage: scripts/pipe.sh IMAGE [OUTPUT]
# Makes IMAGE gray and half the size by local pipes: processed_image.jpg, or OUTPUT.
set -eu
case $# in 1 | 2) ;; *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=${IMGPIPE_BIN:-$here/bin}:$PATH
out=${2:-processed_image.jpg}
# A shell without pipefail tells only imgscale's exit status. That's enough: what
# imggray leaves unfinished, imgscale refuses.
imggray -- "$1" | imgscale -factor "${FACTOR:-50%}" -o "$out"
