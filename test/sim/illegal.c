/* illegal.c: what no client may send, and the code or the status that answers it. */
#include "sim.h"

#include <string.h>

/* Raw bytes, the first of them illegal; they end where it must have shown. */
static void illegal_bytes(struct client *c, int code, const char *bytes, size_t n)
{
	c->code = c->code_too = code;
	compose_bytes(c, bytes, n);
	c->poison_end = c->made;
}

static void illegal_header(struct client *c)
{
	static const struct {
		const char *bytes;
		uint8_t n;
		int code;
	} rows[] = {
		{ "\x81\x05hello", 7, 1002 }, { "\xc1\x80zzzz", 6, 1002 },
		{ "\xa2\x80zzzz", 6, 1002 }, { "\x91\x80zzzz", 6, 1002 },
		{ "\x83\x80zzzz", 6, 1002 }, { "\x87\x80zzzz", 6, 1002 },
		{ "\x8b\x80zzzz", 6, 1002 }, { "\x8f\x80zzzz", 6, 1002 },
		{ "\x09\x80zzzz", 6, 1002 }, { "\x08\x80zzzz", 6, 1002 },
		{ "\x89\xfe\0\x7ezzzz", 8, 1002 },
		{ "\x8a\xff\0\0\0\0\0\0\0\1zzzz", 14, 1002 }, { "\x80\x81zzzz", 6, 1002 },
		{ "\x00\x81zzzz", 6, 1002 }, { "\x82\xfe\0\x7dzzzz", 8, 1002 },
		{ "\x82\xff\0\0\0\0\0\0\xff\xffzzzz", 14, 1002 },
		{ "\x82\xff\x80\0\0\0\0\0\0\0zzzz", 14, 1002 },
		{ "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffzzzz", 14, 1009 },
		{ "\x82\xff\0\0\0\1\0\0\0\x10zzzz", 14, 1009 },
		{ "\x01\xff\x7f\xff\xff\xff\xff\xff\xff\xf2zzzz", 14, 1009 },
		{ "\x88\x81zzzz\0", 7, 1002 }
	};
	size_t i = rnd_below(sizeof rows / sizeof *rows);

	illegal_bytes(c, rows[i].code, rows[i].bytes, rows[i].n);
}

static void illegal_text(struct client *c)
{
	static const char *const bad[] = {
		"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82z",
		"\xf5\x80",
		"\xf0\x80\x80\x80", "\xc3"
	};
	const char *text = bad[rnd_below(sizeof bad / sizeof *bad)];
	uint8_t data[100];
	size_t n = rnd_below(50), k = strlen(text), cut;

	compose_text(data, n);
	memcpy(data + n, text, k);
	n += k;
	cut = rnd_below(n + 1);
	if (rnd_chance(500)) {
		compose_frame(c, OP_TEXT, data, cut);
		if (rnd_chance(300))
			compose_frame(c, 0x80 | OP_PONG, "?", 1);
		compose_frame(c, 0x80 | OP_CONTINUATION, data + cut, n - cut);
	} else {
		compose_frame(c, 0x80 | OP_TEXT, data, n);
	}
	c->code = c->code_too = CLOSE_BAD_DATA;
	c->poison_end = c->made;
}

static void illegal_close(struct client *c)
{
	static const uint16_t codes[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535 };
	uint16_t code = codes[rnd_below(sizeof codes / sizeof *codes)];
	uint8_t body[5] = { (uint8_t)(code >> 8), (uint8_t)code, 'x', 'y', 'z' };

	c->code = c->code_too = CLOSE_PROTOCOL;
	if (rnd_chance(400)) {
		memcpy(body, "\x03\xe8\xff", 3);
		c->code = c->code_too = CLOSE_BAD_DATA;
		compose_frame(c, 0x80 | OP_CLOSE, body, 3);
	} else if (rnd_chance(300)) {
		compose_frame(c, 0x80 | OP_CLOSE, body, 1);
	} else {
		compose_frame(c, 0x80 | OP_CLOSE, body, 2 + rnd_below(4));
	}
	c->poison_end = c->made;
}

/* Fragments that together are one byte too long, or a second message inside the first. */
static void illegal_sequence(struct client *c)
{
	static const uint8_t zeros[4096];
	size_t left = world.config.server_max_message_size;

	if (rnd_chance(20)) {
		int i;

		for (i = 0; i <= INPUT_FRAGMENTS_MAX; i++)
			compose_frame(c, i ? OP_CONTINUATION : OP_BINARY, zeros, 0);
		c->code = c->code_too = CLOSE_POLICY;
		c->split = SPLIT_NONE;
	} else if (rnd_chance(500) || left > 200000) {
		compose_frame(c, OP_BINARY, zeros, rnd_below(100));
		compose_frame(c, rnd_chance(500) ? OP_TEXT : 0x80 | OP_BINARY, zeros,
		              rnd_below(20));
		c->code = c->code_too = CLOSE_PROTOCOL;
	} else {
		compose_frame(c, OP_BINARY, zeros, 0);
		while (left > 0) {
			size_t n = rnd_between(1, left < sizeof zeros ? left : sizeof zeros);

			compose_frame(c, OP_CONTINUATION, zeros, n);
			left -= n;
		}
		compose_frame(c, 0x80 | OP_CONTINUATION, zeros, 1);
		c->code = c->code_too = CLOSE_TOO_BIG;
	}
	c->poison_end = c->made;
}

void illegal_frame(struct client *c)
{
	static void (*const kinds[])(struct client *) = {
		illegal_header, illegal_text, illegal_close, illegal_sequence
	};
	size_t more;

	c->poison = c->made;
	kinds[rnd_below(sizeof kinds / sizeof *kinds)](c);
	for (more = rnd_below(4); more > 0; more--)
		compose_frame(c, 0x80 | OP_TEXT, "never to be relayed", rnd_below(20));
}

void illegal_head(struct client *c)
{
	static const struct {
		const char *text;
		int status, too;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, 426 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n\r\n", 405, 405 },
		{ "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		  "Sec-WebSocket-Version: 13\r\n\r\n", 400, 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		  "Sec-WebSocket-Version: 8\r\n\r\n", 426, 426 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n", 400, 400 },
		{ "GET / HTTP/1.0\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		  "Sec-WebSocket-Version: 13\r\n\r\n", 426, 426 },
		{ "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nUpgrade: websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		  "Sec-WebSocket-Version: 13\r\n\r\nhello", 413, 413 },
		{ "\x16\x03\x01\x02", 400, 400 }, { "SSH-2.0-x\r\n", 400, 400 },
		{ "GET / HTTP/1.1\nHost: x\n\n", 400, 400 }, { "PRI * HTTP/2.0\r\n\r\n", 400, 400 },
		{ "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, 400 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400, 400 }
	};
	static const char start[] = "GET / HTTP/1.1\r\n";
	char line[9000];
	size_t i = rnd_below(sizeof rows / sizeof *rows);

	c->poison = 0;
	memset(line, 'h', sizeof line);
	if (rnd_chance(150)) {
		/* Too long, in the request line or behind it. */
		int first = rnd_chance(500);

		compose_bytes(c, start, first ? 5 : sizeof start - 1);
		compose_bytes(c, "h", first ? 0 : 1);
		illegal_bytes(c, first ? 414 : 431, line, sizeof line);
	} else if (rnd_chance(100)) {
		compose_bytes(c, start, sizeof start - 1);
		for (i = 0; i < 70; i++)
			compose_bytes(c, "a: b\r\n", 6);
		illegal_bytes(c, 431, "\r\n", 2);
	} else {
		illegal_bytes(c, rows[i].status, rows[i].text, strlen(rows[i].text));
	}
	if (*world.config.server_path && c->code != 431 && c->code != 414)
		c->code_too = 404;
	c->head_end = c->made;
	if (rnd_chance(300))
		compose_frame(c, 0x80 | OP_TEXT, "smuggled", 8);
}
