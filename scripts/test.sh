#!/bin/sh
# usage: scripts/test.sh
# Everything that must hold before a commit: format, vet, staticcheck, shellcheck
# (where installed), the tests with the race detector (where there is a C compiler,
# which it needs), and builds for all systems. Needs Go alone.
set -eu
[ $# -eq 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
cd "$(dirname "$0")/.."

echo "== gofmt"
unformatted=$(gofmt -l cmd filters netpipe scripts)
[ -z "$unformatted" ] || { printf 'not formatted:\n%s\n' "$unformatted" >&2; exit 1; }

echo "== go vet"
go vet ./...

echo "== staticcheck"
go tool staticcheck ./...

if command -v shellcheck >/dev/null; then
	echo "== shellcheck"
	shellcheck scripts/*.sh .ci/run
else
	echo "== shellcheck: skipped, not installed"
fi

if [ "$(CGO_ENABLED=1 go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
	# The race detector makes the long tables of files ten times longer: with it a
	# part of them, without it all.
	echo "== go test -race -short"
	CGO_ENABLED=1 go test -race -short -timeout 10m ./...
	echo "== go test ./filters/..., the corpora through the programs"
	go test -timeout 10m ./filters/...
	go test -timeout 10m -run Corpora ./cmd
else
	echo "== go test (without -race: no C compiler)"
	go test -timeout 10m ./...
fi

for os in linux darwin freebsd; do
	for arch in amd64 arm64; do
		echo "== go build $os/$arch"
		CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -o /dev/null ./...
	done
done
echo "== all is well"
