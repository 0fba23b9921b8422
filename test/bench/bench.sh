#!/bin/sh
# bench.sh: measures ./wsrelay beside the raw limit (raw.c) and, with PEERS=1, beside other servers:
# in turn, round by round, so that the noise of a minute hits all of them. Linux only.
#
# ROUNDS, SECS (of one measurement), SCENARIOS (load.c says which there are), PEERS and LOAD (the
# load generator) come from bench.mk. Exit status 1: a message was lost, repeated, wrong or late.

here=$(dirname "$0")
# shellcheck source=test/bench/servers.sh
. "$here/servers.sh"
# shellcheck source=test/bench/peers.sh
. "$here/peers.sh"

rounds=${ROUNDS:-3} seconds=${SECS:-0.7} warmup=0.3
load=${LOAD:-$here/load}
default='fan-10-64-1 fan-100-64-1 fan-1000-64-1 fan-10000-64-1
	fan-10-64-64 fan-100-64-64 fan-1000-64-64 fan-10000-64-64
	fan-10-1024-1 fan-100-1024-1 fan-1000-1024-1
	fan-10-1024-64 fan-100-1024-64 fan-1000-1024-64
	fan-10-16384-1 fan-100-16384-1 fan-1000-16384-1
	fan-10-16384-64 fan-100-16384-64 fan-1000-16384-64
	many-100-100-64-1 echo-1-64-1 echo-100-64-1 echo-1000-64-1
	idle-1000 idle-10000 idle-19000 churn-32'
case $load in *_tls) default="$default wss-100-64-1 wss-100-64-64 wss-100-16384-1" ;; esac

number='-[1-9][0-9]*'
form="^((fan|wss|echo)($number){3}|many($number){4}|(idle|churn)$number)\$"

dir=$(mktemp -d) || exit 1
trap 'stop; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
results=$dir/results
failed=0 skipped=0
: >"$results"

skip()
{
	echo "SKIP $*"
	skipped=$((skipped + 1))
}

# ---- what can be measured here

# The shells of Linux all know -n and -H.
# shellcheck disable=SC3045
ulimit -n "$(ulimit -Hn)"
# shellcheck disable=SC3045
files=$(ulimit -n)
[ "$files" != unlimited ] || files=1000000
room=$((files - 200))
kind=$(./wsrelay -V | sed -n 's/^wsrelay with \([a-z]*\),.*/\1/p')
[ "$kind" != select ] || room=1000
has_tls=$(./wsrelay -V | sed -n 's/.*TLS: \([a-z]*\).*/\1/p')

# The server on one core, the load on another.
on_server='' on_load='' core=''
if command -v taskset >/dev/null 2>&1 && [ "$(nproc)" -ge 2 ]; then
	on_server='taskset -c 0' on_load='taskset -c 1' core='-k 0'
else
	echo "note: one core, or no taskset: server and load are not kept apart"
fi

# Prints the place $2 of the scenario $1, from 1 on.
part()
{
	echo "$1" | cut -d- -f"$2"
}

# Prints the scenario as it can be run here, or nothing. idle has 10 clients more.
fitting()
{
	case $1 in
	many-*) clients=$(part "$1" 3) ;;
	idle-*) clients=$(($(part "$1" 2) + 10)) ;;
	*) clients=$(part "$1" 2) ;;
	esac
	if [ "$clients" -le "$room" ]; then
		echo "$1"
	elif [ "${1%%-*}" = idle ]; then
		echo "idle-$(((room - 10) / 100 * 100))"
	fi
}

tls_ready()
{
	[ "$has_tls" != none ] && [ "${load##*/}" = load_tls ] && [ -f "$dir/key.pem" ] &&
		return
	skip "$1: it takes make BENCH_TLS=1, a wsrelay with TLS (this one: $has_tls) and openssl"
	return 1
}

choose()
{
	chosen=
	for scenario in ${SCENARIOS:-$default}; do
		if ! echo "$scenario" | grep -Eq "$form"; then
			echo "bench.sh: there is no scenario $scenario; see test/bench/README"
			exit 1
		fi
		case $scenario in wss-*) tls_ready "$scenario" || continue ;; esac
		fits=$(fitting "$scenario")
		case " $chosen " in *" $fits "*) fits= ;; esac
		if [ -z "$fits" ]; then
			skip "$scenario: $files files may be open ($kind(): $room clients)"
			continue
		fi
		[ "$fits" = "$scenario" ] ||
			echo "note: $fits in place of $scenario: $files files may be open"
		chosen="$chosen $fits"
	done
}

# ---- servers

# Sets size, mode and wait for the scenario $1: bytes, what raw is asked for, how it waits.
# With poll() it looks before it sleeps where one wake-up serves one client, as wsrelay does.
describe()
{
	size=64 mode='fan' wait='poll'
	case $1 in
	many-*) size=$(part "$1" 4) ;;
	fan-* | wss-* | echo-*) size=$(part "$1" 3) ;;
	esac
	case $1 in
	echo-* | idle-*) mode='echo' wait=poll0 ;;
	churn-*) mode=churn wait=poll0 ;;
	esac
	[ "$kind" != epoll ] || wait=epoll
}

# The config holds for all scenarios: the ring takes 64 messages of 16 KiB on their way, and more.
configure()
{
	cat >"$dir/wsrelay.yaml" <<-END
		server:
		  address: 127.0.0.1
		  port: 0
		  max_connections: $room
		  tls:
		    cert_file: $dir/cert.pem
		    key_file: $dir/key.pem
		memory:
		  ring: 8MiB
		  budget: 16MiB
		log:
		  level: warn
	END
	if [ "${load##*/}" = load_tls ]; then
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
			-subj /CN=127.0.0.1 -days 2 -keyout "$dir/key.pem" -out "$dir/cert.pem" \
			>/dev/null 2>&1
	fi
}

# Starts server $1 for the scenario that was described. Returns whether it listens.
serve()
{
	app=relay
	case $scenario in echo-*) app='echo' ;; esac
	case $1 in
	raw) command="$here/raw $mode $wait $size" ;;
	wsrelay) command="./wsrelay -c $dir/wsrelay.yaml" ;;
	*) peer_command "$1" ;;
	esac
	secure=false
	case $scenario in wss-*) secure=true ;; esac
	# shellcheck disable=SC2086 # words
	WSRELAY_APP=$app WSRELAY_SERVER_TLS_ENABLED=$secure LD_PRELOAD=$preload \
		$on_server $command >"$dir/server.log" 2>&1 </dev/null &
	pid=$!
	wait_port
}

# ---- one measurement

# Loads server $1 with $scenario for $2 seconds, the options of load behind it. Sets line to the
# result. Returns whether all was right.
measure()
{
	server=$1 time=$2
	shift 2
	line=
	name=$scenario
	if [ "$server" = raw ]; then
		set -- -r "$@"
		name=$(echo "$scenario" | sed 's/^wss/fan/')
	fi
	if ! serve "$server"; then
		echo "$server does not start:"
		sed 's/^/    /' "$dir/server.log"
		stop
		return 1
	fi
	# shellcheck disable=SC2086,SC2154 # words; port comes from servers.sh
	timeout 120 $on_load "$load" "$@" $core -t "$time" -w "$warmup" -p "$port" -i "$pid" "$name" \
		>"$dir/load.log" 2>&1
	status=$?
	stop
	line=$(sed -n 's/^RESULT //p' "$dir/load.log")
	[ $status -eq 0 ] && return
	echo "$server $scenario: FAILED (status $status)"
	sed 's/^/    /' "$dir/load.log" "$dir/server.log"
	return 1
}

# One scenario of one round: all servers, and a line of progress.
one()
{
	describe "$scenario"
	shown=
	for server in raw wsrelay $peers; do
		peer_can "$server" "$scenario" || continue
		if measure "$server" "$seconds"; then
			shown="$shown, $server $(echo "$line" | sed 's/.* cpu=\([^ ]*\).*/\1/')"
		else
			case $server in raw | wsrelay) failed=$((failed + 1)) ;; esac
		fi
		echo "server=$server of=$scenario round=$round $line" >>"$results"
	done
	done=$((done + 1))
	printf '%3d/%d  %-20s us each: %s\n' "$done" "$all" "$scenario" "${shown#, }"
}

# The server that is started next is counted, from zero on.
counted()
{
	head -c 16 /dev/zero >"$dir/counts"
	preload=$here/count.so BENCH_COUNTS=$dir/counts
	export BENCH_COUNTS
}

# Whether count.so finds anything in ./wsrelay.
can_count()
{
	[ -f "$here/count.so" ] || return 1
	counted
	LD_PRELOAD=$preload ./wsrelay -V >/dev/null 2>&1 &&
		! head -c 16 /dev/zero | cmp -s - "$dir/counts"
}

# Calls and allocations, in a run of their own: counting takes a little time itself.
count()
{
	describe "$scenario"
	counted
	if measure wsrelay 0.2 -c "$dir/counts"; then
		echo "server=counted of=$scenario $line" >>"$results"
	else
		failed=$((failed + 1))
	fi
}

# ---- all of them

configure
choose
peers='' preload=''
[ -n "$PEERS" ] && prepare_peers
# shellcheck disable=SC2086 # words
set -- $chosen
all=$(($# * rounds)) done=0 round=1
begun=$(date +%s)
while [ "$round" -le "$rounds" ]; do
	for scenario in $chosen; do
		one
	done
	round=$((round + 1))
done
if can_count; then
	echo "counting system calls and allocations"
	for scenario in $chosen; do
		count
	done
else
	skip "system calls and allocations: they are counted in a dynamic build with glibc"
fi

echo
uname -srm
sed -n 's/^model name[^:]*: */processor: /p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//'
echo "$(./wsrelay -V | tail -n 1); $rounds rounds of $seconds s; $(($(date +%s) - begun)) s in all"
echo
awk -f "$here/table.awk" "$results"
echo
sh "$here/start.sh" || failed=$((failed + 1))
if [ "$failed" -gt 0 ]; then
	echo "$failed measurements FAILED"
	exit 1
fi
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
