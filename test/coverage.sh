#!/bin/sh
# coverage.sh: which lines and branches of the product the tests reach; planted faults included.
#
# Debian: gcc (with gcov). Works in copies of the tree, one for each POLL. test/coverage.txt has what is
# not reached and why; ALL=1 shows that too. WORLDS is the simulator's share.

worlds=${WORLDS:-3000}

words()
{
	printf 'include Makefile\ncoverage-words:\n\t@echo %s\n' "$1" >coverage.mk
	"${MAKE:-make}" -s -f coverage.mk coverage-words
}

copy()
{
	find . \( -name .git -o -name obj -o -name found \) -prune -o \
		-type f ! \( -perm -100 ! -name '*.*' \) ! -name '*.[oa]' ! -name 'build.stamp*' -print |
		tar -cf - -T - | tar -xf - -C "$1"
}

# Builds and runs the tests that are in the variables of the Makefile $2, in a copy with POLL=$1. What
# fails here is shown; that it holds is for make test to say.
# shellcheck disable=SC2016,SC2086 # variables of make, lists of words
measure()
{
	mkdir "$dir/$1" && copy "$dir/$1" && cd "$dir/$1" || return
	tests=$(words "$2")
	simulator=$(words '$(SIM_DIR)')
	"${MAKE:-make}" -s CC=gcc CFLAGS='-O0 --coverage' LDFLAGS= "POLL=$1" wsrelay $tests \
		"$simulator/sim" || return
	: >built
	WORLDS=$worlds FUZZ_MS=1000 TEST_SECONDS=400 sh test/run.sh $tests "$simulator/share.sh"
}

if ! command -v gcov >/dev/null 2>&1; then
	echo "SKIP coverage: there is no gcov"
	echo "0 passed, 0 failed"
	exit 0
fi

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# shellcheck disable=SC2016
{
	(measure poll '$(UNIT_TESTS) $(HUB_TESTS) $(FUZZ_REPLAYS) $(E2E_TESTS) $(CONFORMANCE_TESTS) \
		$(ABUSE_TESTS) $(FAULTS_TESTS)') >"$dir/poll.log" 2>&1 &
	(measure select '$(HUB_TESTS) test/e2e_start test/e2e_relay test/e2e_slow') \
		>"$dir/select.log" 2>&1 &
	(measure epoll '$(UNIT_TESTS) $(HUB_TESTS) test/e2e_relay $(FAULTS_TESTS)') \
		>"$dir/epoll.log" 2>&1 &
}
wait
for kind in poll select epoll; do
	if [ ! -f "$dir/$kind/built" ]; then
		tail -n 30 "$dir/$kind.log"
		echo "POLL=$kind does not build"
		echo "0 passed, 1 failed"
		exit 1
	fi
	echo "== POLL=$kind"
	grep -E '^(test/|SKIP |    |make|.*error:)' "$dir/$kind.log"
	(cd "$dir/$kind" && find . -name '*.gcda' -exec gcov -t -b -c {} +) >>"$dir/counts" 2>/dev/null
done
awk -v reasons=test/coverage.txt -v all="$ALL" -f test/coverage.awk "$dir/counts"
