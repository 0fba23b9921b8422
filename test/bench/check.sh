#!/bin/sh
# check.sh: whether the load generator sees what it has to: copies of raw.c with a fault each, in
# one chunk of a thousand. Linux only.

here=$(dirname "$0")
# shellcheck source=test/bench/servers.sh
. "$here/servers.sh"
dir=$(mktemp -d) || exit 1
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0

# The place in raw.c that faults are put behind, and what finds out when it is time.
place='turn_n += whole;'
now='static unsigned planted; char *last = turn + turn_n - chunk; int now = ++planted % 1000 == 0;'

# Loads the server $1 with the scenario $2; the exit status must be $3 and the output have $4 in it.
try()
{
	"$dir/$1" fan poll 64 &
	pid=$!
	status='no start'
	if wait_port; then
		# shellcheck disable=SC2154 # servers.sh
		timeout 60 "$here/load" -r -t 0.3 -w 0.1 -p "$port" -i "$pid" "$2" >"$dir/log" 2>&1
		status=$?
	fi
	stop
	if [ "$status" = "$3" ] && grep -q "$4" "$dir/log"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "check.sh: failed: $1, $2: status $status instead of $3, \"$4\""
		cat "$dir/log"
	fi
}

# The server $1 is raw.c with the statements $2 at that place.
plant()
{
	sed "s/$place/$place $now $(echo "$2" | tr '\n\t' '  ')/" "$here/raw.c" >"$dir/$1.c"
	grep -q planted "$dir/$1.c" &&
		"${CC:-cc}" -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -I"$here" -o "$dir/$1" \
			"$dir/$1.c" && return
	failed=$((failed + 1))
	echo "check.sh: failed: $1 is not planted"
	return 1
}

plant honest '(void)last; (void)now;' && try honest fan-10-64-64 0 'ok=1' &&
	try honest many-10-20-64-8 0 'ok=1' && try honest fan-10-64-1 0 'ok=1'
plant drop '(void)last; if (now) turn_n -= chunk;' &&
	try drop fan-10-64-64 1 'lost [1-9]' && try drop fan-10-64-1 1 'nothing comes any more'
plant swap 'if (now \&\& whole > chunk) { char keep[64]; memcpy(keep, last, chunk);
	memcpy(last, last - chunk, chunk); memcpy(last - chunk, keep, chunk); }' &&
	try swap fan-10-64-64 1 'twice or overtaken [1-9]'
plant repeat 'if (now) { turn = room(turn, \&turn_room, turn_n + chunk);
	memcpy(turn + turn_n, turn + turn_n - chunk, chunk); turn_n += chunk; } (void)last;' &&
	try repeat fan-10-64-64 1 'twice or overtaken [1-9]' &&
	try repeat fan-10-64-1 1 'twice or overtaken [1-9]'
plant change 'if (now) last[chunk - 1] ^= 1;' && try change fan-10-64-64 1 'wrong [1-9]'
plant time 'if (now) last[8] ^= 1;' && try time fan-10-64-1 1 'wrong [1-9]'
plant close '(void)last; if (now) { turn_n = 0; return -1; }' &&
	try close fan-10-64-1 1 'connections lost [1-9]'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
