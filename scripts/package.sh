#!/bin/sh
# usage: scripts/package.sh [DIR [SYSTEM...]]
# Makes the packages of the checkout in DIR (default: dist): a tarball for each
# SYSTEM (default: linux, darwin and freebsd, each /amd64 and /arm64), for Linux a .deb
# and a .rpm too, an SBOM of each program (CycloneDX), and SHA256SUMS. The same commit
# and the same Go make the same bytes.
# Needs Go, GNU tar, git, and the module proxy when it runs for the first time.
set -eu
case ${1-} in -*) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$here/dist}
[ $# -lt 2 ] && set -- . linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 freebsd/amd64 freebsd/arm64
shift
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
cd "$here"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
umask 022
export LC_ALL=C TZ=UTC

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# A tag v1.2.3 is version 1.2.3. A commit without a tag is older than every tag.
VERSION=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null | sed 's/^v//')
[ -n "$VERSION" ] || VERSION=0~git$(git log -1 --format=%cd --date=format:%Y%m%d%H%M%S).$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain)" ] || VERSION=$VERSION+dirty
export VERSION
export MAINTAINER='imgpipe <imgpipe@users.noreply.github.com>'

nfpm=$(go -C scripts/deploy/tools tool -n nfpm)
go -C scripts/deploy/tools build -o "$tmp/sbom" ./sbom

# documents STAGE: what is the same on all systems.
documents() {
	mkdir -p "$1/man" "$1/completions/bash" "$1/completions/zsh" "$1/completions/fish" "$1/doc/filters" "$1/doc/netpipe" "$1/doc/cmd/netqueue"
	for name in imggray imgscale netpipe netqueue; do
		go run -tags manual "./cmd/$name" >"$1/man/$name.1"
		gzip -9n "$1/man/$name.1"
		"$tmp/bin/$name" -completion bash >"$1/completions/bash/$name"
		"$tmp/bin/$name" -completion zsh >"$1/completions/zsh/_$name"
		"$tmp/bin/$name" -completion fish >"$1/completions/fish/$name.fish"
	done
	cp LICENSE "$1/"
	cp README.md "$1/doc/"
	cp filters/README.md "$1/doc/filters/"
	cp netpipe/README.md netpipe/OPERATING.md "$1/doc/netpipe/"
	cp cmd/netqueue/README.md "$1/doc/cmd/netqueue/"
	chmod -R u=rwX,go=rX "$1"
}

# debian STAGE: what Debian wants of a package besides (Debian Policy, chapters 4 and 12).
debian() {
	mkdir -p "$1/debian"
	{
		printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
		printf 'Upstream-Name: imgpipe\n\nFiles: *\n%s\nLicense: MIT\n' "$(sed -n 's/^Copyright (c)/Copyright:/p' LICENSE)"
		sed '1,/^Copyright/d; /./!d; s/^/ /' LICENSE
	} >"$1/debian/copyright"
	printf 'imgpipe (%s-1) unstable; urgency=medium\n\n  * Made from commit %s.\n\n -- %s  %s\n' \
		"$VERSION" "$(git rev-parse HEAD)" "$MAINTAINER" "$(date -R -d "@$SOURCE_DATE_EPOCH")" |
		gzip -9n >"$1/debian/changelog.Debian.gz"
	cp scripts/deploy/lintian-overrides "$1/debian/overrides"
}

scripts/build.sh "$tmp/bin"
documents "$tmp/documents"
for system; do
	os=${system%/*} ARCH=${system#*/}
	export ARCH
	stage=$tmp/$os-$ARCH
	cp -R "$tmp/documents" "$stage"
	GOOS=$os GOARCH=$ARCH scripts/build.sh "$stage/bin"
	if [ "$os" = linux ]; then
		cp -R scripts/deploy/systemd scripts/deploy/maintainer "$stage/"
		chmod -R u=rwX,go=rX "$stage/systemd"
		debian "$stage"
		(cd "$stage" && for packager in deb rpm; do
			"$nfpm" package -f "$here/scripts/deploy/nfpm.yaml" -p $packager -t "$dir/" >/dev/null
		done)
	fi
	# The tarball is to be unpacked in a prefix such as /usr/local.
	name=imgpipe-$VERSION-$os-$ARCH
	tree=$tmp/$name
	mkdir -p "$tree/share/man" "$tree/share/bash-completion" "$tree/share/zsh" "$tree/share/fish" "$tree/share/doc"
	mv "$stage/bin" "$tree/bin"
	mv "$stage/man" "$tree/share/man/man1"
	mv "$stage/completions/bash" "$tree/share/bash-completion/completions"
	mv "$stage/completions/zsh" "$tree/share/zsh/site-functions"
	mv "$stage/completions/fish" "$tree/share/fish/vendor_completions.d"
	mv "$stage/doc" "$tree/share/doc/imgpipe"
	mv "$stage/LICENSE" "$tree/share/doc/imgpipe/"
	tar -C "$tmp" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar -cf - "$name" |
		gzip -9n >"$dir/$name.tar.gz"
done
for name in imggray imgscale netpipe netqueue; do
	"$tmp/sbom" "$tmp/bin/$name" "$VERSION" >"$dir/$name-$VERSION.cdx.json"
done
cd "$dir"
sha256sum -- *"$VERSION"* >SHA256SUMS
