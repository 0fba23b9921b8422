# servers.sh: starts and stops what is measured; read by bench.sh and start.sh. Linux only.
# shellcheck shell=sh

pid='' port=''

# Prints the port of 127.0.0.1 that process $1 listens on. The kernel tells: no server has to.
port_of()
{
	for link in $(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p'); do
		echo "$link"
	done | awk 'NR == FNR { mine[$1]; next } $4 == "0A" && $10 in mine { print $2 }' \
		- "/proc/$1/net/tcp" 2>/dev/null | sed -n '1s/.*:/0x/p'
}

# Waits until the process $pid listens, 5 seconds at most, and sets port. Returns whether it does.
wait_port()
{
	tries=0 port=
	while [ "$tries" -lt 250 ] && kill -0 "$pid" 2>/dev/null; do
		port=$(port_of "$pid")
		if [ -n "$port" ]; then
			port=$((port))
			return 0
		fi
		tries=$((tries + 1))
		sleep 0.02
	done
	return 1
}

# Ends the process $pid.
stop()
{
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	tries=0
	while [ "$tries" -lt 100 ] && kill -0 "$pid" 2>/dev/null; do
		tries=$((tries + 1))
		sleep 0.02
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
}
