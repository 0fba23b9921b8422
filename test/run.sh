#!/bin/sh
# run.sh: runs the tests that are given, one after the other, and adds up what they say.
#
# A test ends with a line "N passed, N failed" and exit status 0 when nothing failed. It may say
# "SKIP name: reason". One that crashes, says no counts, checks nothing or hangs has failed.
# Programs are run as they are, *.sh by sh, *.py by $PYTHON, *.js by node.

passed=0 failed=0 skipped=0 all=
limit=${TEST_SECONDS:-150}      # for one test
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 1' HUP INT TERM

# Debian's packages for Python belong to this one.
if [ -z "$PYTHON" ]; then
	PYTHON=python3
	[ -x /usr/bin/python3 ] && PYTHON=/usr/bin/python3
fi

# No caches beside the sources.
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# Becomes the test, so that its process is the one that is watched.
become()
{
	case $1 in
	*.sh) exec sh "$1" ;;
	*.py) command -v "$PYTHON" >/dev/null 2>&1 && exec "$PYTHON" "$1" ;;
	*.js) command -v node >/dev/null 2>&1 && exec node "$1" ;;
	*/*) exec "$1" ;;
	*) exec "./$1" ;;
	esac
	echo "SKIP $1: its language is not installed"
	echo "0 passed, 0 failed"
}

# Ends the process $1 when its time is over. It looks each second whether that is still there, so
# that it never outlives it for long, nor ends another process that got its number.
watch()
{
	seconds=0
	while [ "$seconds" -lt "$limit" ]; do
		sleep 1
		kill -0 "$1" 2>/dev/null || exit
		seconds=$((seconds + 1))
	done
	kill -KILL "$1" 2>/dev/null
}

for test in "$@"; do
	begun=$(date +%s)
	(become "$test") >"$out" 2>&1 </dev/null &
	pid=$!
	watch "$pid" >/dev/null 2>&1 &
	watcher=$!
	wait "$pid"
	status=$?
	kill "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
	took=$(($(date +%s) - begun))
	counts=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$out" |
		tail -n 1)
	p=${counts% *} f=${counts#* }
	[ -n "$counts" ] || p=0 f=0
	s=$(grep -c '^SKIP ' "$out")
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
		sed 's/^/    /' "$out"
		[ -z "$why" ] || echo "    $test: $why"
	else
		grep '^SKIP ' "$out"
	fi
	all=1
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
