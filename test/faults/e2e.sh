#!/bin/sh
# e2e.sh: the end-to-end tests that hold rows of abuse, while FAULTS of 100 calls of the server that
# move data, wait or accept fail or come up short. e2e_slow is left out: it fills a client's socket
# until the ring shows that it waits, and with short writes that shows before the socket is full.

here=$PWD
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

ln -s "$here/test" "$dir/test"
cat >"$dir/wsrelay" <<END
#!/bin/sh
FAULT_PAGE="$dir/page.\$\$" FAULT_SEED=\$\$ FAULT_SHARE=${FAULTS:-20}
dd if=/dev/zero of="\$FAULT_PAGE" bs=4096 count=1 2>/dev/null
export FAULT_PAGE FAULT_SEED FAULT_SHARE
LD_PRELOAD="$here/test/faults/shim.so" exec "$here/wsrelay" "\$@"
END
chmod 755 "$dir/wsrelay"

cd "$dir" || exit 1
{
	sh test/run.sh test/e2e_relay test/e2e_frames test/e2e_handshake test/e2e_signals \
		test/e2e_limits test/e2e_metrics
	echo $? >status
} | tee out | sed '$d'

# struct shim_page: how many calls were made to fail.
for page in page.*; do
	od -A n -t u4 -j 24 -N 4 "$page"
done | awk '{ sum += $1 } END { print "calls that failed or came up short: " sum; exit sum < 1000 }' || {
	echo "e2e.sh: the shim did not do its work"
	echo "0 passed, 1 failed"
	exit 1
}
tail -n 1 out
exit "$(cat status)"
