#!/bin/sh
# cross.sh: the tests on other machines, compilers and options; each variant in a copy of the tree,
# two at a time. `sh test/cross.sh NAME...` runs some of them only; WORLDS is the simulator's share.
#
# Debian: clang musl-tools gcc-i686-linux-gnu libc6-dev-i386-cross gcc-mips-linux-gnu
# libc6-dev-mips-cross qemu-user. A variant whose compiler is missing is a SKIP.

every='mips i686 select epoll kqueue musl clang unsigned-char O0 O3 Os'

# What a variant is: compiler, options, what runs its programs, the tests of the parts and others, as
# variables of the Makefile.
# shellcheck disable=SC2016
variant()
{
	cc=gcc cflags=-O2 ldflags='' poll=poll runner='' whole='' worlds=${WORLDS:-1000}
	parts='$(UNIT_TESTS) $(CLIENT_UNITS) $(HUB_TESTS) $(FUZZ_REPLAYS)'
	case $1 in
	mips)
		# The emulator's folders need 64-bit offsets; what snprintf cuts is meant to be cut.
		cc=mips-linux-gnu-gcc runner='qemu-mips -L /usr/mips-linux-gnu'
		cflags='-O2 -D_FILE_OFFSET_BITS=64 -Wno-format-truncation'
		worlds=$((worlds / 10)) whole='$(E2E_TESTS)'
		;;
	i686)
		cc=i686-linux-gnu-gcc whole='$(E2E_TESTS) $(CONFORMANCE_TESTS) $(ABUSE_TESTS)'
		ldflags='-Wl,--dynamic-linker=/usr/i686-linux-gnu/lib/ld-linux.so.2'
		ldflags="$ldflags -Wl,-rpath,/usr/i686-linux-gnu/lib"
		;;
	select) poll=select whole='$(E2E_TESTS) $(ABUSE_TESTS)' ;;
	epoll) poll=epoll parts='$(UNIT_TESTS) $(HUB_TESTS)' whole='$(E2E_TESTS)' ;;
	kqueue)
		# Over a stand-in, which the simulator does not know.
		poll=kqueue cflags='-O2 -Itest/kqueue' worlds=0 parts='$(UNIT_TESTS) $(HUB_TESTS)'
		;;
	musl) cc=musl-gcc whole='$(E2E_TESTS)' ;;
	clang) cc=clang ;;
	unsigned-char) cflags='-O2 -funsigned-char' ;;
	O0 | O3 | Os) cflags=-$1 ;;
	*) echo "cross.sh: there is no variant $1"; return 1 ;;
	esac
}

row()
{
	printf '%-14s %6s %9s %7s %8s\n' "$@"
}

# The words of variables of the Makefile.
words()
{
	printf 'include Makefile\ncross-words:\n\t@echo %s\n' "$1" >cross.mk
	"${MAKE:-make}" -s -f cross.mk cross-words
}

# The sources here, and nothing that was built.
copy()
{
	find . \( -name .git -o -name obj -o -name found \) -prune -o \
		-type f ! \( -perm -100 ! -name '*.*' \) ! -name '*.[oa]' ! -name 'build.stamp*' -print |
		tar -cf - -T - | tar -xf - -C "$1"
}

# A warning of a product file is a failure too.
build()
{
	"${MAKE:-make}" -s "CC=$cc" "CFLAGS=$cflags" "LDFLAGS=$ldflags" "POLL=$poll" \
		"$@" >build.log 2>&1
	status=$?
	cat build.log
	[ "$status" -eq 0 ] && ! grep -E '^((apps|client)/)?[a-z0-9_]+\.[ch]:.* warning: ' build.log
}

# Puts a script in a program's place that runs it by $runner, so that tests can start it as well.
wrap()
{
	for program in "$@"; do
		mv "$program" "$program.real"
		printf '#!/bin/sh\nexec %s "%s/%s.real" "$@"\n' "$runner" "$PWD" "$program" >"$program"
		chmod 755 "$program"
	done
}

# One variant, in the folder $1/$2; its output goes to stdout, its row to $1/$2.row.
# shellcheck disable=SC2016,SC2046,SC2086 # variables of make, lists of words
one()
{
	begun=$(date +%s)
	variant "$2" || return
	for program in $cc ${runner%% *}; do
		if ! command -v "$program" >/dev/null 2>&1; then
			echo "SKIP $2: there is no $program" >"$1/$2.row"
			return
		fi
	done
	mkdir "$1/$2" && copy "$1/$2" && cd "$1/$2" || return
	tests=$(words "$parts")
	# An emulator's own memory grows: what e2e_slow says of memory cannot hold there.
	tests="$tests $(words "$whole" | sed "${runner:+s|test/e2e_slow||}")"
	simulator=$(words '$(SIM_DIR)/sim')
	[ "$worlds" -gt 0 ] || simulator=
	counts='0 passed, 1 failed'
	if build wsrelay wsclient $tests $simulator; then
		if [ -n "$runner" ]; then
			wrap wsrelay $tests $simulator
			# What is emulated may take longer, and the emulator's memory counts too.
			export FUZZ_MS=1000 E2E_EMULATED=1
		fi
		[ -z "$simulator" ] || tests="$tests $(dirname "$simulator")/share.sh"
		WORLDS=$worlds sh test/run.sh $tests | tee "$1/$2.out"
		counts=$(tail -n 1 "$1/$2.out")
	fi
	row "$2" $(echo $tests | wc -w) $(echo "$counts" | sed 's/ passed, / /; s/ failed.*//') \
		$(($(date +%s) - begun)) >"$1/$2.row"
}

if [ "$1" = --one ]; then
	one "$2" "$3"
	exit
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $every

row variant tests passed failed seconds
printf '%s\n' "$@" | xargs -P 2 -I NAME sh -c '
	sh "$1" --one "$2" "$3" >"$2/$3.log" 2>&1
	[ -f "$2/$3.row" ] || echo "$3: did not end" >"$2/$3.row"
	cat "$2/$3.row"
	rm -rf "${2:?}/$3"' one "$0" "$dir" NAME

passed=0 failed=0
for name in "$@"; do
	# shellcheck disable=SC2046 # words
	set -- $(grep -v '^SKIP' "$dir/$name.row")
	[ $# -gt 0 ] || continue
	[ $# -eq 5 ] || set -- "$name" 0 0 1 0
	passed=$((passed + $3)) failed=$((failed + $4))
	[ "$4" -eq 0 ] || grep -v ' passed, 0 failed ' "$dir/$name.log" | tail -n 60 | sed "s/^/$name: /"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
