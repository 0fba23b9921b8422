#!/bin/sh
# run.sh: runs the tests that are given, one after the other, and adds up what they say.
#
# A test ends with a line "N passed, N failed" and exit status 0 when nothing failed. It may say
# "SKIP name: reason". One that crashes, says no counts or checks nothing has failed.
# Programs are run as they are, *.sh by sh, *.py by $PYTHON, *.js by node.

passed=0 failed=0 skipped=0 all=

# Debian's packages for Python belong to this one.
if [ -z "$PYTHON" ]; then
	PYTHON=python3
	[ -x /usr/bin/python3 ] && PYTHON=/usr/bin/python3
fi

start()
{
	case $1 in
	*.sh) sh "$1" ;;
	*.py) if command -v "$PYTHON" >/dev/null 2>&1; then "$PYTHON" "$1"
		else echo "SKIP $1: there is no python3"; echo "0 passed, 0 failed"; fi ;;
	*.js) if command -v node >/dev/null 2>&1; then node "$1"
		else echo "SKIP $1: there is no node"; echo "0 passed, 0 failed"; fi ;;
	*/*) "$1" ;;
	*) "./$1" ;;
	esac
}

for test in "$@"; do
	begun=$(date +%s)
	out=$(start "$test" 2>&1 </dev/null)
	status=$?
	took=$(($(date +%s) - begun))
	counts=$(printf '%s\n' "$out" | sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' |
		tail -n 1)
	p=${counts% *} f=${counts#* }
	[ -n "$counts" ] || p=0 f=0
	s=$(printf '%s\n' "$out" | grep -c '^SKIP ')
	why=
	if [ -z "$counts" ]; then
		why="it did not say how many passed (exit status $status)"
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		why="exit status $status"
	elif [ "$((p + f + s))" -eq 0 ]; then
		why="it checked nothing"
	fi
	[ -z "$why" ] || f=$((f + 1))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-24s %6d passed, %d failed  %3d s\n' "$test" "$p" "$f" "$took"
	if [ "$f" -gt 0 ]; then
		printf '%s\n' "$out" | sed 's/^/    /'
		[ -z "$why" ] || echo "    $test: $why"
	else
		printf '%s\n' "$out" | grep '^SKIP '
	fi
	all="$all $test"
done

if [ -z "$all" ]; then
	echo "run.sh: no tests were given"
	failed=1
fi
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
