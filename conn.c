/* conn.c: one client, in the order of its life: handshake, frames, close, end of TCP. */
#include "core.h"

#include <sys/socket.h>
#include <unistd.h>

const struct reason_info conn_reasons[REASONS] = {
	[REASON_PEER] = { "peer", CLOSE_NORMAL },
	[REASON_LOST] = { "lost", CLOSE_PROTOCOL },
	[REASON_PROTOCOL] = { "protocol", CLOSE_PROTOCOL },
	[REASON_BAD_DATA] = { "bad_data", CLOSE_BAD_DATA },
	[REASON_POLICY] = { "policy", CLOSE_POLICY },
	[REASON_TOO_BIG] = { "too_big", CLOSE_TOO_BIG },
	[REASON_TIMEOUT] = { "timeout", CLOSE_POLICY },
	[REASON_SLOW] = { "slow", CLOSE_TRY_LATER },
	[REASON_MEMORY] = { "memory", CLOSE_TRY_LATER },
	[REASON_SHUTDOWN] = { "shutdown", CLOSE_GOING_AWAY },
	[REASON_APPLICATION] = { "application", CLOSE_INTERNAL },
};

/* The last one is for every other status: an application chose it. */
const uint16_t conn_rejection_status[CONN_REJECTIONS] = {
	400, 403, 404, 405, 408, 413, 414, 426, 431, 503, 0
};

int conn_follows(const struct conn *c)
{
	return c->state == CONN_OPEN || c->state == CONN_CLOSING;
}

struct hub *conn_hub(const struct conn *c)
{
	return c->hub;
}

/* What the loop is to watch: input while what it causes has room, output while the kernel is full.
 * After its end of stream a descriptor is readable for ever. */
static void conn_interest(struct conn *c)
{
	int want = c->blocked ? LOOP_OUT : 0;

	if (!c->ended && input_room(c) > 0)
		want |= LOOP_IN;
	if (want != c->want) {
		c->want = (uint8_t)want;
		loop_change(&c->watch, want);
	}
}

void conn_stand_at_head(struct conn *c)
{
	c->cursor = c->edge = c->hub->ring.head;
	c->seq = c->hub->ring.seq;
}

static void conn_readable(struct conn *c)
{
	struct hub *h = c->hub;
	size_t room = input_room(c);
	ssize_t n;

	if (room == 0)
		return;
	n = tls_recv(c, room);
	if (n < 0) {
		if (net_gone())
			conn_kill(c, REASON_LOST, "connection reset", 0);
		return;
	}
	if (n > 0) {
		h->stats.bytes_in += (uint64_t)n;
		input_take(c, h->input, (size_t)n);
		return;
	}
	c->ended = 1;
	if (c->state == CONN_OPEN)
		conn_end(c, REASON_LOST, "end of stream");
	else if (c->state != CONN_CLOSING)
		conn_kill(c, REASON_LOST, "end of stream", 0);
}

static void conn_ready(struct watch *w, int events)
{
	struct conn *c = (struct conn *)(void *)w;

	if (c->state == CONN_DEAD)
		return;
	if (events & LOOP_OUT) {
		c->blocked = 0;
		hub_touch(c);
	}
	if (events & LOOP_IN)
		conn_readable(c);
	else if (events & LOOP_HUP)
		conn_kill(c, REASON_LOST, "connection reset", 0);
	if (c->state != CONN_DEAD)
		conn_interest(c);
}

void conn_open(struct hub *h, int fd, const struct peer *peer)
{
	struct conn *c = hub_slot(h);

	if (!c) {
		close(fd);
		return;
	}
	c->watch.ready = conn_ready;
	c->watch.fd = fd;
	c->hub = h;
	c->peer = *peer;
	c->opened = h->now;
	c->state = CONN_HANDSHAKE;
	c->want = LOOP_IN;
	conn_stand_at_head(c);
	loop_add(&c->watch, c->want);
	if (tls_open(c))
		conn_kill(c, REASON_MEMORY, "TLS cannot start", 1);
}

void conn_upgrade(struct conn *c)
{
	struct hub *h = c->hub;
	char text[PEER_TEXT];

	c->state = CONN_OPEN;
	c->upgraded = 1;
	c->heard = h->now;
	conn_stand_at_head(c);
	h->pending--;
	h->stats.connected++;
	h->stats.connections++;
	log_line(LOG_LEVEL_INFO, "Connected: %s", net_peer_text(&c->peer, text));
}

/* Counts and logs a refusal. */
static void conn_reject(struct conn *c, int status, const char *why)
{
	char text[PEER_TEXT];
	size_t i = 0;

	while (conn_rejection_status[i] && conn_rejection_status[i] != status)
		i++;
	c->hub->rejected[i]++;
	c->why = why;
	log_line(LOG_PEER + LOG_LEVEL_INFO, "Refused: %s (%d, %s)", net_peer_text(&c->peer, text),
	         status, why);
}

void conn_refuse(struct conn *c, int status, int method, const char *why)
{
	char answer[HTTP_ANSWER_MAX];

	conn_reject(c, status, why);
	c->code = (uint16_t)status;
	c->state = CONN_CLOSING;
	c->closed = c->hub->now;
	conn_stand_at_head(c);
	input_clear(c);
	if (output_bytes(c, answer, http_refuse(answer, status, method), 0))
		conn_kill(c, REASON_MEMORY, why, 1);
}

void conn_end_code(struct conn *c, enum reason reason, int code, const char *why)
{
	uint8_t body[2] = { (uint8_t)(code >> 8), (uint8_t)code };

	if (c->state == CONN_HANDSHAKE) {
		conn_refuse(c, 503, 0, why);
		return;
	}
	if (c->state != CONN_OPEN)
		return;
	c->reason = (uint8_t)reason;
	c->code = (uint16_t)code;
	c->why = why;
	c->state = CONN_CLOSING;
	c->closed = c->hub->now;
	input_clear(c);
	if (output_frame(c, OP_CLOSE, body, code == CLOSE_NO_STATUS ? 0 : 2))
		conn_kill(c, reason, why, 1);
}

void conn_end(struct conn *c, enum reason reason, const char *why)
{
	conn_end_code(c, reason, conn_reasons[reason].code, why);
}

void conn_close(struct conn *c, int code, const char *why)
{
	conn_end_code(c, REASON_APPLICATION, code, why);
}

void conn_kill(struct conn *c, enum reason reason, const char *why, int reset)
{
	if (c->state == CONN_DEAD)
		return;
	/* Who was closing already keeps the reason for which it was closed. */
	if (c->state < CONN_CLOSING) {
		c->reason = (uint8_t)reason;
		c->why = why;
	}
	c->state = CONN_DEAD;
	c->reset = (uint8_t)reset;
	input_clear(c);
	output_clear(c);
	tls_drop(c);
	c->next_dead = c->hub->dead;
	c->hub->dead = c;
}

void conn_push_out(struct conn *c)
{
	conn_reject(c, 503, "pushed out by newer connections");
	conn_kill(c, REASON_MEMORY, c->why, 1);
}

void conn_evict(struct conn *c)
{
	if (c->in)
		conn_end(c, REASON_MEMORY, "out of memory budget");
	else
		conn_kill(c, REASON_MEMORY, "out of memory budget", 1);
}

void conn_cut(struct conn *c)
{
	uint64_t missed = output_missed(c);

	if (output_cut(c, (size_t)(c->edge - c->cursor))) {
		conn_kill(c, REASON_SLOW, "too slow, and no memory for the rest of a message", 1);
		return;
	}
	c->dropped += missed;
	c->hub->stats.dropped += missed;
	conn_stand_at_head(c);
}

int conn_send(struct conn *c, int op, const void *data, size_t n)
{
	if (c->state != CONN_OPEN)
		return 0;
	if (output_frame(c, op, data, n) == 0)
		return 1;
	conn_end(c, REASON_MEMORY, "private output over its limit");
	return 0;
}

/* All is handed over: a client that was closing ends its stream and waits for the peer's. */
static void conn_sent_all(struct conn *c)
{
	if (c->state != CONN_CLOSING)
		return;
	if (tls_end(c))
		hub_touch(c);
	else if (c->ended || shutdown(c->watch.fd, SHUT_WR))
		conn_kill(c, c->reason, c->why, 0);
	else
		c->state = CONN_LINGER;
}

void conn_flush(struct conn *c)
{
	enum { SPANS = 16 };
	struct iovec spans[SPANS];
	size_t total = 0;
	ssize_t sent;
	int n;

	if (c->blocked) {
		conn_interest(c);
		return;
	}
	while ((n = output_gather(c, spans, SPANS, &total)) > 0 || c->sealed) {
		sent = tls_send(c, spans, n);
		if (sent < 0 && net_gone()) {
			conn_kill(c, REASON_LOST, "connection reset", 0);
			return;
		}
		if (sent > 0) {
			output_advance(c, (size_t)sent);
			c->hub->stats.bytes_out += (uint64_t)sent;
			c->wrote = c->hub->now;
		}
		if (sent < (ssize_t)total || c->sealed)
			break;
	}
	if (!c->waiting)
		c->wrote = c->hub->now;
	c->waiting = c->blocked = n > 0 || c->sealed;
	if (!c->blocked)
		conn_sent_all(c);
	if (c->state != CONN_DEAD)
		conn_interest(c);
}

void conn_ping(struct conn *c)
{
	uint32_t n = c->hub->ping_number;
	uint8_t number[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	/* Where output waits, the write clock watches. */
	if (c->state != CONN_OPEN || c->waiting || output_frame(c, OP_PING, number, 4))
		return;
	if (!c->pinged) {
		c->pinged = 1;
		c->ping_first = n;
		c->heard = c->hub->now;
	}
}

void conn_pong(struct conn *c, const uint8_t *data, size_t n)
{
	uint32_t last = c->hub->ping_number, number;

	if (!c->pinged || n != 4)
		return;
	number = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
	if (number - c->ping_first > last - c->ping_first)
		return;
	c->heard = c->hub->now;
	c->pinged = number != last;
	c->ping_first = number + 1;
}

static void conn_tick_open(struct conn *c, uint64_t passed)
{
	const struct config *config = c->hub->config;
	uint64_t now = c->hub->now;
	int paused = input_room(c) == 0;

	if (c->in && paused)
		c->in->since = passed < now - c->in->since ? c->in->since + passed : now;
	if (c->waiting || paused)
		c->heard = now;
	if (c->waiting && now - c->wrote >= config->server_write_timeout)
		conn_kill(c, REASON_TIMEOUT, "takes no output", 1);
	else if (c->in && now - c->in->since >= CONN_MESSAGE_MS)
		conn_end(c, REASON_POLICY, "message not completed in time");
	else if (c->pinged && now - c->heard >= config->server_pong_timeout)
		conn_kill(c, REASON_TIMEOUT, "answers no ping", 1);
}

void conn_tick(struct conn *c, uint64_t passed)
{
	const struct config *config = c->hub->config;
	uint64_t now = c->hub->now;

	if (c->state == CONN_OPEN) {
		conn_tick_open(c, passed);
	} else if (c->state == CONN_HANDSHAKE) {
		if (now - c->opened < config->server_handshake_timeout)
			return;
		if (c->in && c->in->req.lines > 0) {
			conn_refuse(c, 408, c->in->req.method, "handshake not completed in time");
		} else {
			conn_reject(c, 408, "no request in time");
			conn_kill(c, REASON_TIMEOUT, "no request in time", 1);
		}
	} else if (conn_follows(c) || c->state == CONN_LINGER) {
		uint64_t limit = c->hub->drain_until ? config->server_shutdown_timeout : CONN_CLOSE_MS;

		if (now - c->closed >= limit ||
		    (c->waiting && now - c->wrote >= config->server_write_timeout))
			conn_kill(c, REASON_TIMEOUT, c->why, 1);
	}
}

void conn_free(struct conn *c)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct hub *h = c->hub;
	char text[PEER_TEXT];

	if (c->upgraded) {
		h->stats.connected--;
		h->stats.disconnections++;
		h->closed[c->reason]++;
		log_line(LOG_LEVEL_INFO, "Disconnected: %s (%s, %lu s)",
		         net_peer_text(&c->peer, text), c->why,
		         (unsigned long)((h->now - c->opened) / 1000));
		if (h->app->close)
			h->app->close(c);
	} else {
		h->pending--;
	}
	loop_remove(&c->watch);
	if (c->reset)
		setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(c->watch.fd);
	c->watch.fd = -1;
	c->state = CONN_FREE;
}
