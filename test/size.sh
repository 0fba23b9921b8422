#!/bin/sh
# size.sh: what firmware has to hold: the stripped programs against their bars. It builds in copies.

make=${MAKE:-make} passed=0 failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# bar BYTES PROGRAM OPTION...: of a build with these options.
bar()
{
	most=$1 program=$2
	shift 2
	rm -rf "$dir/copy"
	mkdir "$dir/copy" && cp -R ./*.c ./*.h apps client Makefile config.mk "$dir/copy" &&
		rm -f "$dir"/copy/*.o "$dir"/copy/*/*.o &&
		(cd "$dir/copy" && "$make" -s CFLAGS=-Os "$@" "$program" && strip "$program") || {
		echo "size.sh: failed: $program $* does not build"
		failed=$((failed + 1))
		return
	}
	size=$(wc -c <"$dir/copy/$program")
	if [ "$size" -le "$most" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf '%-9s %8d of %8d bytes  %s\n' "$program" "$size" "$most" "$*"
}

bar 65536 wsrelay TLS=none
bar 49152 wsclient TLS=none
if [ -f /usr/include/bearssl.h ]; then
	bar 163840 wsrelay TLS=bearssl TLS_LIBS_bearssl=-l:libbearssl.a
else
	echo "SKIP size.sh TLS=bearssl: there is no bearssl.h (Debian: libbearssl-dev)"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
