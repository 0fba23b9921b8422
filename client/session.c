/* session.c: one connection: handshake, messages, pings and their clocks, close. */
#include "client/client.h"

#include <stdarg.h>
#include <string.h>

enum { READS_A_TURN = 16 };

/* ---- how it ends */

static void session_why(struct session *s, const char *format, ...) LOG_FORMAT(2, 3);

/* The first reason counts. */
static void session_why(struct session *s, const char *format, ...)
{
	va_list ap;

	if (*s->why)
		return;
	va_start(ap, format);
	vsnprintf(s->why, sizeof s->why, format, ap);
	va_end(ap);
}

static int session_alive(const struct session *s)
{
	return s->state != SESSION_NONE && s->state != SESSION_ENDED;
}

void session_close(struct session *s, int code)
{
	if (s->state == SESSION_HANDSHAKE) {
		s->state = SESSION_ENDED;
	} else if (s->state == SESSION_OPEN) {
		s->transmit.close = (uint16_t)code;
		s->state = SESSION_CLOSING;
		s->until = loop_now() + CLOSE_MS;
	}
}

/* It broke the protocol: told so, and not listened to any more. */
static void session_fail(struct session *s, int code, const char *why)
{
	session_why(s, "closed with %d, because of the server: %s", code, why);
	s->broken = 1;
	session_close(s, code);
}

/* ---- input */

static void session_peer_closed(struct session *s, const uint8_t *body, size_t n)
{
	int code = frame_close_code(body, n);
	int sent = n >= 2 ? body[0] << 8 | body[1] : n ? -1 : CLOSE_NO_STATUS;

	s->peer_code = code;
	if (code != sent)
		session_why(s, "the server closed with a wrong close frame");
	else if (code == CLOSE_NO_STATUS)
		session_why(s, "the server closed without a code");
	else
		session_why(s, "the server closed with %d%s%.*s", code, n > 2 ? ": " : "",
		            (int)(n > 2 ? n - 2 : 0), (const char *)body + (n > 2 ? 2 : 0));
	if (code == 1003 || code == CLOSE_BAD_DATA || code == CLOSE_TOO_BIG)
		s->refused = code;
	session_close(s, code);
}

static void session_got(struct session *s)
{
	const struct receive *r = &s->receive;
	struct transmit *t = &s->transmit;

	switch (r->got) {
	case OP_TEXT:
	case OP_BINARY:
		s->client->counts.received++;
		s->active = loop_now();
		print_message(&s->client->print, r->got, r->data, r->data_len);
		break;
	case OP_PING:
		/* The last one is enough (RFC 6455 section 5.5.3). */
		t->pong = 1;
		t->pong_len = (uint8_t)r->data_len;
		memcpy(t->pong_data, r->data, r->data_len);
		break;
	case OP_PONG:
		ping_pong(s, r->data, r->data_len);
		break;
	case OP_CLOSE:
		session_peer_closed(s, r->data, r->data_len);
		break;
	}
}

static void session_answered(struct session *s)
{
	uint64_t now = loop_now();

	s->state = SESSION_OPEN;
	s->opened = s->active = s->heard = s->wrote = s->ping_due = now;
	s->client->counts.connects++;
	log_line(LOG_LEVEL_INFO, "Connected to %s%s%s", s->client->dial.peer,
	         *s->handshake.subprotocol ? ", subprotocol " : "", s->handshake.subprotocol);
}

/* Looks at what was received, up to a message that standard output does not take wholly. */
static void session_parse(struct session *s)
{
	long used = 1;

	while (s->start < s->end && used > 0 && session_alive(s)) {
		if (s->broken || s->peer_code) {
			s->start = s->end;
		} else if (s->state == SESSION_HANDSHAKE) {
			used = handshake_response(&s->handshake, (char *)s->in, s->end);
			if (used > 0) {
				s->start = (size_t)used;
				session_answered(s);
			} else if (used < 0) {
				session_why(s, "%s", s->handshake.why);
				s->state = SESSION_ENDED;
			}
		} else if (print_busy(&s->client->print)) {
			return;
		} else {
			used = receive_take(&s->receive, s->in + s->start, s->end - s->start);
			if (used < 0)
				session_fail(s, (int)-used, s->receive.why);
			s->start += used > 0 ? (size_t)used : 0;
			session_got(s);
		}
	}
}

static void session_gone(struct session *s, long how)
{
	session_why(s, how == LINK_FAILED ? "%s" : s->state == SESSION_HANDSHAKE ?
	            "the server ended the connection before its answer was whole%s" :
	            "the server ended the connection without a close frame%s",
	            how == LINK_FAILED ? s->link.why : "");
	s->state = SESSION_ENDED;
}

/* What stdout does not take stays with the server: it is not read meanwhile. */
static void session_read(struct session *s)
{
	int reads;

	s->again = 0;
	for (reads = 0; session_alive(s); reads++) {
		long n;

		session_parse(s);
		if (!session_alive(s) || print_busy(&s->client->print))
			return;
		if (reads == READS_A_TURN) {
			s->again = 1;
			return;
		}
		/* The handshake reads its whole head from the start of the buffer. */
		if (s->state != SESSION_HANDSHAKE) {
			memmove(s->in, s->in + s->start, s->end - s->start);
			s->end -= s->start;
			s->start = 0;
		}
		n = link_recv(&s->link, s->in + s->end, sizeof s->in - s->end);
		if (n == LINK_WAIT)
			return;
		if (n < 0) {
			session_gone(s, n);
			return;
		}
		s->end += (size_t)n;
		s->heard = loop_now();
	}
}

/* ---- output */

/* How many bytes of messages may go now. */
static size_t session_window(const struct session *s)
{
	const struct queue *q = &s->client->queue;
	uint64_t behind = q->next - q->tail;

	if (s->state != SESSION_OPEN)
		return 0;
	if (q->next < q->careful)
		return !s->ping_flying && !behind;
	if (s->ping_flying && s->transmit.ping_mark >= q->tail)
		behind = q->next - s->transmit.ping_mark;
	return behind < WINDOW_MAX ? WINDOW_MAX - (size_t)behind : 0;
}

/* Something more to hand over? Behind messages goes a ping, whose pong says that they arrived. */
static int session_fill(struct session *s)
{
	struct client *c = s->client;
	struct transmit *t = &s->transmit;
	int op = c->options->binary ? OP_BINARY : OP_TEXT;

	if (s->state == SESSION_HANDSHAKE)
		return t->start < t->end;
	transmit_fill(t, &c->queue, &c->counts, op, session_window(s));
	if (t->start < t->end)
		return 1;
	if (s->state != SESSION_OPEN || s->ping_flying || c->queue.next == c->queue.tail)
		return 0;
	ping_start(s, 0);
	transmit_fill(t, &c->queue, &c->counts, op, 0);
	return t->start < t->end;
}

static void session_send(struct session *s)
{
	struct transmit *t = &s->transmit;
	uint64_t micros;
	long n;

	while (session_alive(s) && !s->mute && session_fill(s)) {
		micros = loop_micros();
		n = link_send(&s->link, t->out + t->start, t->end - t->start);
		if (n == LINK_WAIT)
			return;
		if (n < 0) {
			session_why(s, "%s", s->link.why);
			s->mute = 1;
			return;
		}
		t->start += (size_t)n;
		s->wrote = loop_now();
		if (t->ping_end && t->start >= t->ping_end) {
			t->ping_end = 0;
			s->ping_micros = micros;
			s->ping_sent = loop_now();
		}
	}
	if (!session_alive(s) || !t->closed || t->start < t->end)
		return;
	/* Ours is out; the server ends TCP. What it sends until then is read, since unread bytes would
	 * make our end a reset, which can overtake the close frame. */
	if ((s->broken || s->peer_code) && !s->mute) {
		s->mute = 1;
		link_shutdown(&s->link);
	}
}

/* ---- deadlines */

static void session_tick(struct session *s, uint64_t now)
{
	const char *late = s->state == SESSION_OPEN ? ping_late(s, now) : NULL;

	if (late) {
		session_why(s, "%s", late);
		s->state = SESSION_ENDED;
	}
	s->turned = now;
	if (s->state == SESSION_OPEN && now >= s->ping_due) {
		s->client->counts.pings++;
		if (s->ping_flying)
			s->ping_timed = 1;
		else
			ping_start(s, 1);
		s->ping_due = now + s->client->options->ping_interval;
	}
	if ((s->state == SESSION_HANDSHAKE || s->state == SESSION_CLOSING) && now >= s->until) {
		session_why(s, s->state == SESSION_HANDSHAKE ?
		            "the server did not answer the handshake in time" : "closed");
		s->state = SESSION_ENDED;
	}
}

static int sooner(uint64_t at, uint64_t now, int most)
{
	return at <= now ? 0 : at - now < (uint64_t)most ? (int)(at - now) : most;
}

static int session_next(const struct session *s, uint64_t now, int most)
{
	uint64_t limit = s->client->options->pong_timeout;

	if (s->again)
		return 0;
	if (s->state != SESSION_OPEN)
		return sooner(s->until, now, most);
	most = sooner(s->ping_due, now, most);
	if (s->transmit.start < s->transmit.end)
		most = sooner(s->wrote + limit, now, most);
	if (s->ping_flying && s->ping_sent)
		most = sooner(limit + (s->heard > s->ping_sent ? s->heard : s->ping_sent), now,
		              most);
	return most;
}

/* ---- life */

static void session_watch(struct session *s, int want)
{
	if (want == s->watched)
		return;
	/* One that is not read is not watched at all: its hang-up would come again each turn. */
	if (!s->watched)
		loop_add(&s->watch, want);
	else if (!want)
		loop_remove(&s->watch);
	else
		loop_change(&s->watch, want);
	s->watched = want;
}

/* All is done in session_turn, which comes each turn. */
static void session_ready(struct watch *w, int events)
{
	(void)w;
	(void)events;
}

void session_start(struct session *s, struct client *c, int fd, uint64_t until)
{
	uint8_t nonce[16];

	memset(s, 0, sizeof *s);
	s->client = c;
	s->state = SESSION_HANDSHAKE;
	s->until = until;
	s->turned = s->wrote = s->heard = loop_now();
	random_bytes(nonce, sizeof nonce);
	s->transmit.end = handshake_request(&s->handshake, (char *)s->transmit.out, c->options,
	                                    nonce);
	receive_start(&s->receive, c->options->max_message);
	if (link_open(&s->link, fd, c->options)) {
		session_why(s, "%s", s->link.why);
		s->state = SESSION_ENDED;
	}
	s->watch.fd = fd;
	s->watch.ready = session_ready;
}

int session_turn(struct session *s, uint64_t now, int most)
{
	int want;

	if (!session_alive(s))
		return most;
	session_read(s);
	session_tick(s, now);
	session_send(s);
	if (!session_alive(s))
		return 0;
	want = (print_busy(&s->client->print) ? 0 : LOOP_IN) |
	       (s->transmit.start < s->transmit.end && !s->mute ? LOOP_OUT : 0);
	session_watch(s, want ? link_events(&s->link, want) : 0);
	return session_next(s, now, most);
}

/* A server that refuses a message would refuse it again for ever. It is found by sending one at a
 * time the next time, and dropped. */
static void session_refused(struct session *s)
{
	struct queue *q = &s->client->queue;

	if (q->tail < q->careful && (q->next != q->tail || s->transmit.inside)) {
		log_line(LOG_LEVEL_ERROR, "A message was refused with %d and is dropped",
		         s->refused);
		queue_drop(q);
		s->client->counts.dropped++;
	} else {
		q->careful = q->next + (s->transmit.inside ? QUEUE_HEAD + s->transmit.len : 0);
	}
}

void session_stop(struct session *s)
{
	struct client *c = s->client;

	if (s->state == SESSION_NONE)
		return;
	session_watch(s, 0);
	link_close(&s->link);
	receive_stop(&s->receive);
	if (s->ping_flying && s->ping_timed && !c->stopping)
		c->counts.lost++;
	if (s->refused)
		session_refused(s);
	c->counts.dropped += queue_again(&c->queue, !c->options->no_resend);
	s->state = SESSION_NONE;
}
