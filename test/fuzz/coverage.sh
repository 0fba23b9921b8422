#!/bin/sh
# coverage.sh: how many lines of each parser the kept corpus of its harness reaches, by gcc's gcov.
#
# The last line says how many parsers are at LEAST percent or over. DETAIL=1 shows the lines that
# are not reached.

LEAST=95
here=$(pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

cp -r ./*.c ./*.h ./*.mk Makefile apps client test "$dir" && cd "$dir" || exit 1
find . -name '*.o' -exec rm {} +

# The files that a harness is there for.
parsers()
{
	case $1 in
	frames) echo frame.c input.c ;;
	config) echo yaml_mini.c yaml_text.c config.c config_load.c ;;
	client) echo client/receive.c ;;        # half of handshake.c writes the request
	*) echo "$1.c" ;;
	esac
}

printf '%-8s %-14s %7s %7s\n' harness file lines reached
for name in http frames utf8 config base64 metrics client; do
	rm -f test/fuzz/replay_"$name" ./*.gcno ./*.gcda
	# shellcheck disable=SC2086 # parsers are words
	"${MAKE:-make}" -s CC=gcc CFLAGS='-O0 --coverage' LDFLAGS= "test/fuzz/replay_$name" ||
		exit 1
	FUZZ_MS=1000 "test/fuzz/replay_$name" > out || { tail -n 5 out; failed=$((failed + 1)); }
	for file in $(parsers "$name"); do
		note=$(find . -name "replay_$name-$(basename "$file" .c).gcno")
		gcov -o "$(dirname "$note")" "$note" > out 2>/dev/null
		reached=$(sed -n "\\|^File '$file'|,/^Lines/s/^Lines executed:\(.*\)%.*/\1/p" out)
		lines=$(sed -n "\\|^File '$file'|,/^Lines/s/^Lines executed:.* of //p" out)
		printf '%-8s %-14s %7s %6s%%\n' "$name" "$file" "$lines" "$reached"
		[ -z "$DETAIL" ] || grep '#####' "$(basename "$file").gcov"
		if [ "${reached%.*}" -ge "$LEAST" ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done
done
cd "$here" || exit 1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
