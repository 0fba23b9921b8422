# peers.sh: other servers that join the rounds of bench.sh with PEERS=1; read by it.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of bench.sh
#
# Debian: libwebsockets-dev; nginx libnginx-mod-nchan; golang-go
# golang-github-gorilla-websocket-dev; nodejs npm. From npm, into a temporary folder: ws and bun.
# What is not there is a SKIP.

nchan_module=/usr/lib/nginx/modules/ngx_nchan_module.so

prepare_lws()
{
	"${CC:-cc}" -O2 -o "$dir/lws" "$here/peers/lws.c" -lwebsockets
}

prepare_nchan()
{
	command -v nginx && test -f $nchan_module
}

prepare_go()
{
	GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$dir/go \
		go build -o "$dir/hub" "$here/peers/hub.go"
}

prepare_ws()
{
	mkdir -p "$dir/node" &&
		npm install --prefix "$dir/node" --no-audit --no-fund --silent ws &&
		node -e 'require("ws")'
}

prepare_bun()
{
	mkdir -p "$dir/node" &&
		npm install --prefix "$dir/node" --no-audit --no-fund --silent bun &&
		"$dir/node/node_modules/.bin/bun" --version
}

# Sets peers to those that can be built or installed.
prepare_peers()
{
	NODE_PATH=$dir/node/node_modules
	export NODE_PATH
	for peer in lws nchan go ws bun; do
		if "prepare_$peer" >"$dir/log" 2>&1; then
			peers="$peers $peer"
		else
			skip "$peer: $(tail -n 1 "$dir/log")"
		fi
	done
}

# Whether server $1 can run the scenario $2. nchan has no echo; our servers have no TLS.
peer_can()
{
	case $1-$2 in
	raw-* | wsrelay-*) return 0 ;;
	nchan-echo-* | *-wss-*) return 1 ;;
	esac
}

# nginx takes no free port by itself: one below those that the kernel gives clients is tried.
nchan_command()
{
	free=$(awk 'NR == FNR { split($2, a, ":"); used[a[2]]; next }
		END {
			srand()
			do {
				port = 10000 + int(rand() * 20000)
			} while (sprintf("%04X", port) in used)
			print port
		}' /proc/net/tcp)
	mkdir -p "$dir/nginx"
	sed "s|MODULE|$nchan_module|; s|DIR|$dir/nginx|g; s|PORT|$free|; s|FILES|$files|g" \
		"$here/peers/nchan.conf" >"$dir/nginx/nginx.conf"
	command="nginx -p $dir/nginx -e $dir/nginx/error.log -c $dir/nginx/nginx.conf"
}

# Sets command to what starts the peer $1; all listen on 127.0.0.1. Pings are answered to their
# sender only, so that idle needs no echo.
peer_command()
{
	case $1 in
	lws) command="$dir/lws $app" ;;
	nchan) nchan_command ;;
	go) command="env GOMAXPROCS=1 $dir/hub $app" ;;
	ws) command="node $here/peers/ws.js $app" ;;
	bun) command="$(readlink -f "$dir/node/node_modules/.bin/bun") $here/peers/bun.js $app" ;;
	esac
}
