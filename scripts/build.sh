#!/bin/sh
# usage: scripts/build.sh [DIR]
# Builds imggray, imgscale and netpipe, static, into DIR (default: bin).
set -eu
case ${1-} in -*) sed -n '2,3s/^# //p' "$0"; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$here/bin}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cd "$here"
CGO_ENABLED=0 go build -tags urfave_cli_no_docs -trimpath -ldflags '-s -w' -o "$dir/" ./cmd/imggray ./cmd/imgscale ./cmd/netpipe
