/* ping.c: pings of a session: the round trip, what it says of messages, and who is late. */
#include "client/client.h"

#include <string.h>

void ping_start(struct session *s, int timed)
{
	struct transmit *t = &s->transmit;
	size_t i;

	s->ping_number++;
	for (i = 0; i < sizeof t->ping_data; i++)
		t->ping_data[i] = (uint8_t)(s->ping_number >> 8 * (sizeof t->ping_data - 1 - i));
	t->ping = 1;
	s->ping_flying = 1;
	s->ping_timed = timed;
	s->ping_sent = s->ping_waited = 0;
}

static void ping_round_trip(struct session *s)
{
	struct counts *k = &s->client->counts;
	uint64_t rtt = loop_micros() - s->ping_micros;

	/* Not when the process was stopped meanwhile: loop_now() leaves that time out. */
	if (rtt / 1000 > loop_now() - s->ping_sent + 1000)
		return;
	k->rtt_last = rtt;
	k->rtt_min = !k->rtts || rtt < k->rtt_min ? rtt : k->rtt_min;
	k->rtt_max = rtt > k->rtt_max ? rtt : k->rtt_max;
	k->rtt_sum += rtt;
	k->rtts++;
}

/* Only a pong to the last ping says anything. */
void ping_pong(struct session *s, const uint8_t *data, size_t n)
{
	const struct transmit *t = &s->transmit;
	uint64_t delivered;

	if (!s->ping_flying || !s->ping_sent || n != sizeof t->ping_data ||
	    memcmp(data, t->ping_data, n))
		return;
	if (s->ping_timed)
		ping_round_trip(s);
	s->ping_flying = 0;
	s->proved = 1;
	delivered = queue_delivered(&s->client->queue, t->ping_mark);
	s->client->counts.delivered += delivered;
	if (delivered)
		s->active = loop_now();
}

/* While we do not read, nobody else is to blame: its clocks stand still. */
const char *ping_late(struct session *s, uint64_t now)
{
	uint64_t limit = s->client->options->pong_timeout, since;
	int waits = s->transmit.start < s->transmit.end;

	if (print_busy(&s->client->print))
		s->heard = s->wrote = now;
	else
		s->ping_waited += now - s->turned;
	if (!waits)
		s->wrote = now;
	if (now - s->wrote >= limit)
		return "the server took no bytes within --pong-timeout";
	if (!s->ping_flying || !s->ping_sent)
		return NULL;
	since = s->heard > s->ping_sent ? s->heard : s->ping_sent;
	return now - since >= limit || s->ping_waited >= PONG_PATIENCE * limit ?
	       "no pong came within --pong-timeout" : NULL;
}
