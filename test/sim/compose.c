/* compose.c: the legal bytes that clients send. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { POOL = 65536 };

static uint8_t pool[POOL];

static void compose_pool(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz "
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
	uint32_t x = 12345;
	size_t i;

	for (i = 0; i < POOL; i++) {
		x = x * 1103515245u + 12345u;
		pool[i] = (uint8_t)letters[(x >> 16) % (sizeof letters - 1)];
	}
}

size_t compose_text(uint8_t *to, size_t n)
{
	static const char *const wide[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
	                                    "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf" };
	size_t i, at = 0, k;

	if (!pool[0])
		compose_pool();
	while (at < n) {
		size_t from = rnd_below(POOL), part = POOL - from < n - at ? POOL - from : n - at;

		memcpy(to + at, pool + from, part);
		at += part;
	}
	for (i = rnd_below(6), at = 0; i > 0; i--) {
		const char *w = wide[rnd_below(sizeof wide / sizeof *wide)];

		k = strlen(w);
		if (n - at < k)
			break;
		at += rnd_below(n - at - k + 1);
		memcpy(to + at, w, k);
		at += k;
	}
	return n;
}

size_t compose_size(void)
{
	const struct config *f = &world.config;
	const size_t edges[] = {
		0, 1, 124, 125, 126, 127, 128, 65535, 65536, f->server_max_message_size,
		f->server_max_message_size - 1, world.hub.input_max, world.hub.input_max - 6,
		world.hub.input_max - 14, f->memory_ring / 4, f->memory_ring / 4 - 14, 512, 300
	};
	size_t n = rnd_below(60);

	if (rnd_chance(300))
		n = edges[rnd_below(sizeof edges / sizeof *edges)];
	else if (rnd_chance(200))
		n = rnd_below(f->server_max_message_size + 1);
	return n <= f->server_max_message_size ? n : rnd_below(f->server_max_message_size + 1);
}

static void compose_room(struct client *c, size_t n)
{
	if (n <= c->room - c->made)
		return;
	c->room = (c->made + n) * 2;
	c->up = realloc(c->up, c->room);
	if (!c->up)
		main_fail("the simulator itself is out of memory");
}

void compose_bytes(struct client *c, const void *data, size_t n)
{
	if (!n)
		return;
	compose_room(c, n);
	memcpy(c->up + c->made, data, n);
	c->made += n;
}

void compose_frame(struct client *c, int first, const void *data, size_t n)
{
	uint64_t chance = rnd_next();
	uint8_t head[10], mask[4];
	const uint8_t *from = data;
	size_t len = frame_head(head, 0, n), i;

	memcpy(mask, &chance, sizeof mask);
	head[0] = (uint8_t)first;
	head[1] |= 0x80;
	compose_bytes(c, head, len);
	compose_bytes(c, mask, sizeof mask);
	compose_room(c, n);
	for (i = 0; i < n; i++)
		c->up[c->made + i] = (uint8_t)(from[i] ^ mask[i & 3]);
	c->made += n;
}

static struct sent *compose_entry(struct client *c, int kind, int op, size_t at, size_t n)
{
	struct sent *s;

	if (c->sents == c->sent_room) {
		c->sent_room = c->sent_room ? 2 * c->sent_room : 16;
		c->sent = realloc(c->sent, c->sent_room * sizeof *c->sent);
		if (!c->sent)
			main_fail("the simulator itself is out of memory");
	}
	s = &c->sent[c->sents++];
	memset(s, 0, sizeof *s);
	s->kind = (uint8_t)kind;
	s->op = (uint8_t)op;
	s->at = at;
	s->len = (uint32_t)n;
	s->end = c->made;
	s->log = SIM_NEVER;
	return s;
}

/* A payload of n bytes in the store; text: as UTF-8. The client's number stands in it. */
static size_t compose_payload(const struct client *c, size_t n)
{
	size_t at = world_store(NULL, n);
	uint32_t number = (uint32_t)rnd_next();
	size_t i;

	compose_text(world.store + at, n);
	for (i = 0; n >= 128 && i < 4; i++)
		world.store[at + i] = (uint8_t)('a' + (number >> 4 * i & 15));
	if (n >= 128)
		world.store[at + 4] = (uint8_t)('A' + c->id % 26);
	/* What stood behind may have been the rest of a wide character. */
	for (i = 5; n >= 128 && i < n && world.store[at + i] >= 0x80; i++)
		world.store[at + i] = '_';
	return at;
}

void compose_ping(struct client *c)
{
	uint8_t data[125];
	size_t n = rnd_chance(100) ? 0 : rnd_chance(100) ? 125 : rnd_between(5, 30);

	compose_text(data, n);
	if (n) {
		uint32_t number = (uint32_t)(c->sents * 7919 + (uint32_t)c->id);

		memcpy(data, &number, sizeof number);
	} else {
		c->bare_pings++;
	}
	TRACE("client %d: pings with %zu bytes", c->id, n);
	compose_frame(c, 0x80 | OP_PING, data, n);
	if (n)
		compose_entry(c, SENT_PING, OP_PING, world_store(data, n), n);
}

void compose_message(struct client *c)
{
	size_t n = compose_size(), at, from = 0;
	int op = rnd_chance(500) ? OP_TEXT : OP_BINARY, first = op;

	if (world.stored + n > world.store_limit)
		n = n > 30 ? 30 : n;
	at = compose_payload(c, n);
	if (op == OP_BINARY && n)
		world.store[at + n / 2] = 0xff;
	while (rnd_chance(150)) {
		size_t part = rnd_below(n - from + 1);

		compose_frame(c, first, world.store + at + from, part);
		first = OP_CONTINUATION;
		from += part;
		if (rnd_chance(200))
			compose_ping(c);
		if (c->unasked && rnd_chance(200))
			compose_frame(c, 0x80 | OP_PONG, "\0\0\0\1", rnd_below(5));
	}
	compose_frame(c, 0x80 | first, world.store + at + from, n - from);
	compose_entry(c, SENT_MESSAGE, op, at, n);
}

void compose_close(struct client *c)
{
	static const uint16_t codes[] = {
		1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999
	};
	uint8_t body[125];
	size_t n = 0;

	c->close_code = CLOSE_NO_STATUS;
	if (rnd_chance(800)) {
		c->close_code = codes[rnd_below(sizeof codes / sizeof *codes)];
		body[0] = (uint8_t)(c->close_code >> 8);
		body[1] = (uint8_t)c->close_code;
		n = 2 + compose_text(body + 2, rnd_chance(500) ? 0 : rnd_below(124));
	}
	TRACE("client %d: sends close %d of %zu bytes", c->id, c->close_code, n);
	compose_frame(c, 0x80 | OP_CLOSE, body, n);
	c->close_at = c->made;
}

/* ---- heads */

void compose_head(struct client *c)
{
	static const char rest[] = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
	                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	                           "Sec-WebSocket-Version: 13\r\n";
	static const char start[] = "GET /chat HTTP/1.1\r\nHost: relay.example\r\n";
	char cookie[7000];
	size_t n = rnd_chance(900) ? rnd_below(40) : rnd_below(sizeof cookie - 20);

	compose_bytes(c, start, sizeof start - 1);
	memset(cookie, 'x', sizeof cookie);
	memcpy(cookie, "Cookie: ", 8);
	memcpy(cookie + 8 + n, "\r\n", 2);
	if (rnd_chance(300) && !c->bystander)
		compose_bytes(c, cookie, n + 10);
	compose_bytes(c, rest, sizeof rest - 1);
	compose_bytes(c, "\r\n", 2);
	c->head_end = c->made;
}

void compose_scrape(struct client *c)
{
	static const char *const requests[] = {
		"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 
		"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /health HTTP/1.0\r\n\r\n", "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\nbody",
		"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01 what\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /metrics", ""
	};
	const char *text = requests[rnd_below(sizeof requests / sizeof *requests)];
	char many[3000];

	compose_bytes(c, text, strlen(text));
	memset(many, 'y', sizeof many);
	if (rnd_chance(100))
		compose_bytes(c, many, sizeof many);
	c->head_end = c->made;
}
