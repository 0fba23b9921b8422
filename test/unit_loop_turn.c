/* unit_loop_turn.c: turns that are cut, and watches that come and go inside a turn. */
#include "ends.h"

/* Each turn ends after `most`: nobody is told twice before all were told once. */
static void test_fair(int n, int most)
{
	enum { ROUNDS = 3 };
	int pair[2], i, told = 0, unfair = 0;

	must_start();
	crowd(n, pair);
	while (told < ROUNDS * n) {
		loop_wait(FOR_EVER);
		for (i = 0; i < most; i++) {
			struct end *e = next_end();

			if (!e)
				break;
			unfair += e->told != told++ / n + 1;
		}
		if (i == 0 || i > n)
			break;
	}
	CHECK(told >= ROUNDS * n, "%d, %d a turn: only %d were told, %d in a turn", n, most, told, i);
	CHECK(unfair == 0, "%d, %d a turn: %d were told out of their turn", n, most, unfair);
	disperse(n, pair);
}

/* One becomes ready while the others always are: all of these at most once before it. */
static void test_late(int n)
{
	struct end *late = &ends[n];
	int pair[2], i, told;

	must_start();
	crowd(n, pair);
	end_open(late, LOOP_IN);
	for (i = 0; i < n / 2; i++) {
		loop_wait(FOR_EVER);
		next_end();
	}
	say(late);
	for (told = 0; told <= n && !late->told; told++) {
		loop_wait(FOR_EVER);
		next_end();
	}
	CHECK(late->told == 1, "%d others came before it", told);
	end_close(late);
	disperse(n, pair);
}

/* Who is told first removes all others, in the turn in which they are ready too. */
static void test_remove(int n, int again)
{
	int pair[2], i;
	struct end *e;

	must_start();
	crowd(n, pair);
	loop_wait(FOR_EVER);
	e = next_end();
	CHECK(e != NULL, "nobody is told");
	for (i = 0; i < n; i++) {
		if (again || &ends[i] != e)
			loop_remove(&ends[i].watch);
		if (again)
			loop_add(&ends[i].watch, LOOP_IN);
	}
	CHECK(!next_end(), "told in the turn in which it was removed%s", again ? ", added" : "");
	i = turn(FOR_EVER);
	CHECK(i == (again ? n : 1), "%d told in the next turn", i);
	for (i = 0; i < n; i++)
		if (!again && &ends[i] != e)
			loop_add(&ends[i].watch, LOOP_IN);
	disperse(n, pair);
}

/* Each one that is told removes the one after it: the rest are told once. */
static void test_remove_some(int n)
{
	int pair[2], i, gone = 0, wrong = 0;
	struct end *e;

	must_start();
	crowd(n, pair);
	loop_wait(FOR_EVER);
	while ((e = next_end())) {
		struct end *other = &ends[(e - ends + 1) % n];

		wrong += e->told != 1;
		if (other->told)
			continue;
		loop_remove(&other->watch);
		other->told = -1;
		gone++;
	}
	i = turn(FOR_EVER);
	CHECK(wrong == 0 && gone > n / 4, "%d removed, %d told twice or when removed", gone, wrong);
	CHECK(i == n - gone, "%d of %d are told in the next turn", i, n - gone);
	for (i = 0; i < n; i++)
		if (ends[i].told < 0)
			loop_add(&ends[i].watch, LOOP_IN);
	disperse(n, pair);
}

/* A descriptor that was ready is closed, and its number and its watch are another's, in one turn. */
static void test_reuse(int same_watch)
{
	struct end *told, *other, *new;
	int pair[2], number;

	must_start();
	end_open(&ends[0], LOOP_IN);
	end_open(&ends[1], LOOP_IN);
	say(&ends[0]);
	say(&ends[1]);
	loop_wait(FOR_EVER);
	told = next_end();
	other = told == &ends[0] ? &ends[1] : &ends[0];
	new = same_watch ? other : &ends[2];
	number = other->watch.fd;
	end_close(other);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	CHECK(pair[0] == number, "the lowest free number is %d, not %d", pair[0], number);
	new->watch.fd = pair[0];
	new->peer = pair[1];
	new->told = 0;
	loop_add(&new->watch, LOOP_IN);
	CHECK(!next_end(), "descriptor %d: told what was another's", number);
	hear(told);
	CHECK(turn(0) == 0, "descriptor %d: told what was another's, later", number);
	say(new);
	CHECK(turn(FOR_EVER) == 1 && new->told == 1 && last == LOOP_IN, "its own: %d", last);
	end_close(new);
	end_close(told);
	loop_stop();
}

int main(void)
{
	alarm(120);
	test_fair(WATCHES, 1);
	test_fair(WATCHES, 7);
	test_fair(WATCHES, 100);
	test_fair(WATCHES, WATCHES + 1);
	test_fair(3, 2);
	test_fair(1, 5);
	test_late(WATCHES - 1);
	test_remove(WATCHES, 0);
	test_remove(WATCHES, 1);
	test_remove_some(WATCHES);
	test_reuse(0);
	test_reuse(1);
	return test_end();
}
