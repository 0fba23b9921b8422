#!/bin/sh
# mutants.sh: plants one bug at a time in a copy of the tree and shows that the simulator finds it.
#
#   sh test/sim/mutants.sh [WORLDS]     WORLDS: where to give up, 5000 unless told
#
# A mutant counts as caught by a seed at which the tree as it is does not fail.

worlds=${1:-${WORLDS:-5000}}
dir=`mktemp -d` || exit 2
trap 'rm -rf "$dir"' 0
trap 'exit 2' 1 2 15
passed=0
failed=0

# Builds the simulator in $dir/$1.
build()
{
	(cd "$dir/$1" && make -s test/sim/sim) > "$dir/log" 2>&1 && return 0
	cat "$dir/log"
	echo "mutants: the simulator with '$1' does not build"
	exit 2
}

copy()
{
	rm -rf "${dir:?}/$1"
	mkdir -p "$dir/$1/test" "$dir/$1/apps" &&
	cp Makefile config.mk *.c *.h "$dir/$1" &&
	cp apps/*.c "$dir/$1/apps" &&
	cp -R test/sim "$dir/$1/test" &&
	for mk in `find test -name '*.mk'`; do
		mkdir -p "$dir/$1/`dirname $mk`" && cp $mk "$dir/$1/$mk" || return 1
	done &&
	rm -rf "$dir/${1:?}/test/sim/obj" "$dir/$1/test/sim/sim" &&
	grep -q test/sim/sim.mk Makefile || echo 'include test/sim/sim.mk' >> "$dir/$1/Makefile"
}

# The first seed that fails in the mutant and not in the tree as it is; sets seed and text.
hunt()
{
	from=1
	while test $from -le $worlds; do
		"$dir/mutant/test/sim/sim" -n $((worlds - from + 1)) -s $from -b 1 \
			> "$dir/out" 2> /dev/null
		seed=`sed -n 's/^FAILED seed \([0-9]*\):.*/\1/p' "$dir/out"`
		test -n "$seed" || return 1
		text=`sed -n 's/^FAILED seed [0-9]*: //p' "$dir/out" | cut -c 1-60`
		"$dir/clean/test/sim/sim" -n 1 -s $seed > /dev/null 2>&1 && return 0
		from=$((seed + 1))
	done
	return 1
}

# mutant WHAT FILE SED: the edit must change exactly one line, so that a changed source is noticed.
mutant()
{
	copy mutant || exit 2
	sed "$3" "$2" > "$dir/mutant/$2"
	changed=`diff "$2" "$dir/mutant/$2" | grep -c '^>'`
	if test "$changed" -ne 1; then
		echo "mutants: '$1' changes $changed lines of $2, not 1: the source is another now"
		failed=$((failed + 1))
		return
	fi
	build mutant
	if hunt; then
		passed=$((passed + 1))
		printf '%-38s %6s  %s\n' "$1" "$seed" "$text"
	else
		failed=$((failed + 1))
		printf '%-38s %6s  %s\n' "$1" - "NOT CAUGHT in $worlds worlds"
	fi
}

copy clean || exit 2
build clean
printf '%-38s %6s  %s\n' mutant seed 'what failed'

mutant 'no remainder at a cut' conn.c \
	's/output_cut(c, (size_t)(c->edge - c->cursor))/output_cut(c, 0)/'
mutant 'no flush between two reads' hub.c \
	's/if (h->unsent >= h->slice)/if (h->unsent > SIZE_MAX - 1)/'
mutant 'the ring restarts over a member' hub.c \
	's/^\(.*\)behind = 1;/\1behind = 0;/'
mutant 'one more is counted as dropped' conn.c \
	's/missed = output_missed(c);/missed = output_missed(c) + 1;/'
mutant 'messages overtake the close' output.c \
	's/^	if (c->state == CONN_OPEN)$/	if (c->state <= CONN_CLOSING)/'
mutant 'private output overtakes messages' output.c \
	's/^\(.*\)last->at = c->hub->ring.head;/\1last->at = c->edge;/'
mutant 'room is made too late' hub.c \
	's/r->head + reach - c->cursor > r->size/r->head - c->cursor > r->size/'
mutant 'the edge is not walked' output.c \
	's/^	while (c->edge < c->cursor) {/	while (c->edge + 1 < c->cursor) {/'
mutant 'a begun pong is taken back' output.c \
	's/^	if (begun)$/	if (begun \&\& !o)/'
mutant 'an ended stream is watched' conn.c \
	's/if (!c->ended && input_room(c) > 0)/if (input_room(c) > 0)/'
mutant 'a resting listener is not woken' net.c \
	's/^\(.*\)loop_change(&l->watch, LOOP_IN);/\1loop_change(\&l->watch, 0);/'
mutant 'a short write is taken for whole' conn.c \
	's/output_advance(c, (size_t)sent);/output_advance(c, total);/'
mutant 'the mask starts anew in each piece' input.c \
	's/frame_unmask(p, k, in->mask, in->at);/frame_unmask(p, k, in->mask, 0);/'
mutant 'an end inside a character is accepted' input.c \
	's/if (in->op == OP_TEXT && in->utf8 != 0)/if (in->op == OP_TEXT \&\& in->utf8 == 1)/'
mutant 'freed blocks stay in the budget' budget.c \
	's/^	b->used -= size;/	b->used -= size \/ 2;/'
mutant 'output waits and nobody says so' conn.c \
	's/int want = c->blocked ? LOOP_OUT : 0;/int want = 0;/'
mutant 'the reset keeps its pending place' conn.c \
	's/^		h->pending--;/		h->pending -= !c->reset;/'

echo "$passed passed, $failed failed"
test $failed -eq 0
