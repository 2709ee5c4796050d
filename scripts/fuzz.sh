#!/bin/sh
# usage: scripts/fuzz.sh [-time TIME] [TARGET...]
# scripts/fuzz.sh -time 5m FuzzSplit FuzzResync    # two targets, for 5 minutes each
# Runs fuzz targets one after another (default: all of them, for 30s each) and prints
# how many inputs each of them has tried. An input that fails is kept in testdata/fuzz of
# its package, together with up to 20 small inputs that reach new code. Commit them:
# the tests, and so scripts/test.sh, try them again. A target that fails does not stop
# the others.
set -u
usage() { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
time=30s
case ${1-} in
-time) [ $# -ge 2 ] || usage; time=$2; shift 2 ;;
esac
case ${1-} in -*) usage ;; esac
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
cache=$(go env GOCACHE)/fuzz
wanted=" $* "
failed=0

# targets prints a line for each fuzz target: its package and its name.
targets() {
	go test -list '^Fuzz' ./... |
		awk '/^Fuzz/ { names[++n] = $1 } /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }'
}

# keep copies up to 20 inputs of at most 1 KiB that a target has found from the cache to
# testdata, unless it has as many. Their names are hashes, so that they are a sample.
keep() {
	from=$cache/$1/$2
	[ -d "$from" ] || return 0
	to=$(go list -f '{{.Dir}}' "$1")/testdata/fuzz/$2
	mkdir -p "$to"
	missing=$((20 - $(find "$to" -type f | wc -l)))
	[ $missing -le 0 ] ||
		find "$from" -type f -size -3 | sort | head -n $missing | while read -r name; do
			cp "$name" "$to/"
		done
	rmdir "$to" 2>/dev/null || : # nothing was found
}

found=$(targets)
[ -n "$found" ] || { echo 'no fuzz targets' >&2; exit 1; }
while read -r package target; do
	case $wanted in '  ' | *" $target "*) ;; *) continue ;; esac
	# At the default a minute goes into each new input to make it shorter.
	if go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5x >"$log" 2>&1 </dev/null; then
		verdict=ok
	else
		verdict=FAILED failed=$((failed + 1))
		cat "$log"
	fi
	tried=$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
	printf '%-7s %10s  %s %s\n' $verdict "${tried:-0}" "$package" "$target"
	keep "$package" "$target"
done <<END
$found
END
[ $failed -eq 0 ] || { echo "$failed targets FAILED" >&2; exit 1; }
