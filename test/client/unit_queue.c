/* unit_queue.c: tests of client/queue.c, against a list that forgets nothing. */
#include "client/client.h"
#include "test.h"

enum { SIZE = 257, MESSAGES = 20000, LONGEST = 60 };

/* Message i is made of its number, so that any can be told from any other. */
static size_t message(unsigned i, char out[LONGEST + 1])
{
	size_t n = i % (LONGEST + 1);

	for (size_t k = 0; k < n; k++)
		out[k] = (char)('a' + (i + k * 7) % 26);
	return n;
}

static int is_next(const struct queue *q, unsigned i)
{
	char want[LONGEST + 1], got[LONGEST + 1];
	size_t n = message(i, want), len;

	if (!queue_next(q, &len) || len != n)
		return 0;
	queue_copy(q, 0, got, n / 2);
	queue_copy(q, n / 2, got + n / 2, n - n / 2);
	return !memcmp(want, got, n);
}

/* added >= next >= tail: which messages these are. mark: where next was at some time. */
static void random_walk(int resend)
{
	unsigned added = 0, next = 0, tail = 0, marked = 0, furthest = 0, seed = 7, wrong = 0;
	uint64_t mark = 0, dropped = 0, lost = 0;
	char text[LONGEST + 1];
	struct queue q;

	CHECK(!queue_start(&q, SIZE), "start");
	while (added < MESSAGES || tail < added) {
		seed = seed * 1103515245u + 12345u;
		switch (seed >> 16 & 15) {
		case 0: case 1: case 2: case 3: case 4: {
			size_t n = message(added, text);

			if (added < MESSAGES && queue_room(&q, n)) {
				queue_add(&q, text, n);
				added++;
			}
			break;
		}
		case 5: case 6: case 7: case 8: case 9: {
			size_t len;

			wrong += queue_next(&q, &len) != (next < added);
			if (next == added)
				break;
			wrong += !is_next(&q, next);
			wrong += queue_sent(&q) != (next < furthest);
			next++;
			furthest = next > furthest ? next : furthest;
			break;
		}
		case 10:
			mark = q.next;
			marked = next;
			break;
		case 11: case 12:
			if (marked >= tail && marked <= next) {
				wrong += queue_delivered(&q, mark) != marked - tail;
				tail = marked;
			}
			break;
		case 13:
			if ((seed >> 20 & 7) == 0) {
				lost = queue_again(&q, resend);
				wrong += lost != (resend ? 0 : next - tail);
				dropped += lost;
				next = resend ? tail : next;
				tail = resend ? tail : next;
				marked = next;
				mark = q.next;
			}
			break;
		}
		wrong += q.count != added - tail;
	}
	CHECK(!wrong, "%u times wrong", wrong);
	CHECK(resend ? dropped == 0 : dropped > 0, "%" PRIu64 " dropped", dropped);
	queue_stop(&q);
}

static void room(void)
{
	struct queue q;
	char text[SIZE] = "";

	CHECK(!queue_start(&q, 100), "start");
	CHECK(queue_room(&q, 96) && !queue_room(&q, 97), "the largest");
	queue_add(&q, text, 50);
	CHECK(queue_room(&q, 42) && !queue_room(&q, 43), "beside another");
	queue_add(&q, text, 42);
	CHECK(!queue_room(&q, 0), "full");
	queue_drop(&q);
	CHECK(q.count == 1 && q.next == q.tail && queue_room(&q, 50), "dropped before it was sent");
	queue_drop(&q);
	queue_drop(&q);
	CHECK(q.count == 0 && queue_room(&q, 96), "dropped what is not there");
	queue_stop(&q);
}

int main(void)
{
	random_walk(1);
	random_walk(0);
	room();
	return test_end();
}
