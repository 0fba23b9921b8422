#!/bin/sh
# start.sh: memory at rest and time to start, with the config for a small router. Linux only.
#
# It builds wsrelay once more, with all of musl in it (Debian: musl-tools), beside the one that is
# there. Memory is what a process without clients has, after its start.

here=$(dirname "$0")
# shellcheck source=test/bench/servers.sh
. "$here/servers.sh"
config=dist/router32.yaml times=21
dir=$(mktemp -d) || exit 1
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

field()
{
	awk -v name="$1:" '$1 == name { print $2 }' "$2" 2>/dev/null
}

row()
{
	printf '%-22s %9s %12s %9s %9s %9s\n' "$@"
}

# A row for the program $2.
measure()
{
	took=$("$here/start" "$times" "$2" -c "$config") || return 1
	WSRELAY_SERVER_PORT=0 WSRELAY_SERVER_ADDRESS=127.0.0.1 "$2" -c "$config" &
	pid=$!
	wait_port || return 1
	status=/proc/$pid/status
	row "$1" "$(wc -c <"$2")" "$took" "$(field RssAnon "$status")" \
		"$(field RssFile "$status")" "$(field Pss "/proc/$pid/smaps_rollup")"
	stop
}

echo "Start with $config: milliseconds to the first answer, KiB at rest without clients"
row build bytes 'ms to start' RssAnon RssFile Pss
cp wsrelay "$dir/wsrelay" && strip "$dir/wsrelay" && measure 'as built, stripped' "$dir/wsrelay" ||
	exit 1
if ! command -v musl-gcc >/dev/null 2>&1; then
	echo "SKIP musl, static: there is no musl-gcc"
	exit 0
fi
mkdir "$dir/copy" && cp -R ./*.c ./*.h apps Makefile config.mk "$dir/copy" || exit 1
rm -f "$dir/copy/"*.o "$dir/copy/apps/"*.o
(cd "$dir/copy" && "${MAKE:-make}" CC=musl-gcc CFLAGS=-Os LDFLAGS='-static -s' TLS=none wsrelay) \
	>"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
measure 'musl, static, stripped' "$dir/copy/wsrelay"
