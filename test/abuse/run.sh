#!/bin/sh
# run.sh: runs the programs that are given, shows all they say, and adds up their last lines.

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 1' HUP INT TERM

passed=0 failed=0 skipped=0
for test in "$@"; do
	echo "== $test"
	{ "./$test" 2>&1 </dev/null; echo "status $?"; } | tee "$out" | grep -v '^status '
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$out" | tail -n 1)
	status=$(sed -n 's/^status //p' "$out" | tail -n 1)
	skipped=$((skipped + $(grep -c '^SKIP ' "$out")))
	if [ -z "$counts" ]; then
		echo "$test: it did not say how many passed (status $status)"
		counts="0 1"
	elif [ "$status" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then
		echo "$test: exit status $status"
		counts="${counts% *} 1"
	fi
	passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
