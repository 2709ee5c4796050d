#!/bin/sh
# usage: scripts/test.sh [-quick]
# Runs everything that must hold before a commit: format, vet, staticcheck, govulncheck
# (where its database can be reached), shellcheck (where installed), the tests with the
# race detector (where there is a C compiler, which it needs), the corpora through the
# programs, tests of arm64 (where qemu is installed), and builds for all systems. A stage
# that fails does not stop the others; a summary ends the run. Needs Go alone.
# -quick: format, vet, the short tests without the race detector, and one session of
# each program; 90 seconds on two cores.
set -u
quick=
case $#:${1-} in
0:) ;;
1:-quick) quick=yes ;;
*) sed -n '2,9s/^# //p' "$0" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.." || exit 1

# The race detector and a busy machine make tests many times slower. A test that
# hangs ends after this time, with the stacks of all goroutines.
timeout=60m
begun=$(date +%s)
tmp=$(mktemp) || exit 1
trap 'rm -f "$tmp"' EXIT
summary=
failed=0

# stage NAME COMMAND [ARG...] runs one stage and notes how it ended.
stage() {
	name=$1
	shift
	printf '== %s\n' "$name"
	from=$(date +%s)
	if "$@"; then verdict=ok; else verdict=FAILED failed=$((failed + 1)); fi
	seconds=$(($(date +%s) - from))
	[ $verdict = ok ] || printf '== %s: FAILED\n' "$name"
	summary="$summary$(printf '%-7s %4d s  %s' $verdict $seconds "$name")
"
}

skip() {
	printf '== %s: skipped, %s\n' "$1" "$2"
	summary="$summary$(printf 'skipped         %s: %s' "$1" "$2")
"
}

formatted() {
	unformatted=$(gofmt -l cmd filters netpipe scripts) || return 1
	[ -z "$unformatted" ] || { printf 'not formatted:\n%s\n' "$unformatted"; return 1; }
}

# vulnerabilities looks for known holes in what the programs are built from. It needs the
# database on the net.
vulnerabilities() {
	name='known vulnerabilities'
	go tool govulncheck ./... >"$tmp" 2>&1
	status=$?
	if grep -q 'fetching vulnerabilities' "$tmp"; then
		skip "$name" 'their database is out of reach'
		return
	fi
	stage "$name" reports $status
}

# manifests decodes those of Kubernetes, in a module of its own.
manifests() {
	name='go test, manifests'
	if go -C scripts/deploy/check mod download 2>"$tmp"; then
		stage "$name" go -C scripts/deploy/check test ./...
	else
		skip "$name" 'the types of the Kubernetes API are out of reach'
	fi
}

# arm64 tests the packages with assembly for that processor, and that pictures come out the
# same there.
arm64() {
	name='go test, arm64 under qemu'
	if command -v qemu-aarch64 >/dev/null; then
		stage "$name" env CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go test -short -timeout $timeout \
			-exec qemu-aarch64 -run 'Twins|Equals|Transform|Golden' ./filters ./filters/jpegdct ./filters/resample
	else
		skip "$name" 'qemu-aarch64 is not installed'
	fi
}

# reports prints what a command has written to $tmp if its status was not 0.
reports() { [ "$1" = 0 ] || { cat "$tmp"; return 1; }; }

builds() {
	for os in linux darwin freebsd; do
		for arch in amd64 arm64; do
			echo "$os/$arch"
			(
				export CGO_ENABLED=0 GOOS=$os GOARCH=$arch
				# The NATS server takes a minute to compile. No file of netqueue is for one processor.
				go list -f '{{if .GoFiles}}{{.ImportPath}}{{end}}' ./... | if [ $arch = amd64 ]; then cat; else grep -v queue; fi >"$tmp"
				xargs go build -tags urfave_cli_no_docs,nounsafe -trimpath -o /dev/null <"$tmp"
			) || return 1
		done
	done
}

stage gofmt formatted
stage 'go vet' go vet ./...
if [ -n "$quick" ]; then
	go list ./... | grep -v '/cmd$' >"$tmp"
	# Without the tests that take seconds: thousands of files, other programs, load.
	long='Soak|MinRate|TwoHops|SlowReaders|WorkersAtOnce|SlowAndLossyPath|Chaos|AsDjpeg|AsJpegtran|AreDjpegs|Malformed|EveryPrefix'
	stage 'go test -short, the packages' xargs go test -short -timeout $timeout -skip "$long" <"$tmp"
	stage 'go test, one session of each program' go test -timeout $timeout -run 'Sessions/(pipe|sizes|servers)$' -v ./cmd
else
	stage staticcheck go tool staticcheck ./...
	vulnerabilities
	if command -v shellcheck >/dev/null; then
		stage shellcheck shellcheck scripts/*.sh scripts/deploy/maintainer/* .ci/run
	else
		skip shellcheck 'not installed'
	fi
	if [ "$(CGO_ENABLED=1 go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
		# With the race detector the long tables of files take ten times as long. So a
		# part of them runs with it, and all of them without it.
		stage 'go test -race -short' env CGO_ENABLED=1 go test -race -short -timeout $timeout ./...
		stage 'go test, the filters in full' go test -timeout $timeout ./filters/...
		stage 'go test, the corpora through the programs' go test -timeout $timeout -run Corpora ./cmd
	else
		skip 'go test -race' 'no C compiler'
		stage 'go test' go test -timeout $timeout ./...
	fi
	stage 'go test, packages' go test -timeout $timeout ./scripts/deploy
	manifests
	arm64
	stage 'go build for all systems' builds
fi

printf '\n%s' "$summary"
seconds=$(($(date +%s) - begun))
if [ $failed -gt 0 ]; then
	printf '%d stages FAILED, %d s\n' $failed $seconds
	exit 1
fi
printf 'all is well, %d s\n' $seconds
