/* rfc_control.c: pings and pongs (RFC 6455 sections 5.5, 5.5.2, 5.5.3). */
#include "cases.h"

enum { FLOOD = 5000, PROMPT = 1000, BURST = 100 };

static const struct row pings[] = {
	{ "5.5.2", "two pings", "89'one' 89'two'", "8a'one' 8a'two'" },
	{ "5.5.2", "empty pings", "3*89", "3*8a" },
	{ "5.5.2", "the same payload twice", "89'same' 89'same'", "8a'same' 8a'same'" },
	{ "5.5.2", "ping before a text", "89'p' 81'Hello'", "8a'p' 81'Hello'" },
	{ "5.5.2", "ping behind a text", "81'Hello' 89'p'", "81'Hello' 8a'p'" },
	{ "5.5.2", "ping between two messages", "81'a' 89'p' 82[ff]", "81'a' 8a'p' 82[ff]" },
	{ "5.5.2", "payload that is no UTF-8", "89[00ff80c0fe]", "8a[00ff80c0fe]" },
	{ "5.5.2", "payload that looks like a frame", "89[8801]", "8a[8801]" },
	{ "5.5.2", "ping masked with zero", "89k00000000'abc'", "8ak00000000'abc'" },
	{ "5.5.2", "ten pings, waited for",
	  "89'1' | 89'2' | 89'3' | 89'4' 89'5' | 89'6' 89'7' 89'8'",
	  "8a'1' | 8a'2' | 8a'3' | 8a'4' 8a'5' | 8a'6' 8a'7' 8a'8'" },
	{ "5.5.2", "longest pings one behind the other", "3*89%125", "3*8a%125" },
	{ "5.5.2", "ping behind a message of 65536 bytes", "82%65536 89'p'", "82%65536 8a'p'" },
	{ "5.5.2", "ping before an illegal frame", "89'p' 83", "8a'p' 88=1002" },
	{ "5.5.2", "ping before a close frame", "89'p' 88=1000", "8a'p' 88=1000" },
	{ "5.5", "ping of 126 bytes", "89%126", "88=1002" },
	{ "5.5", "ping of 126 bytes, header only", "89%126~8", "88=1002" },
	{ "5.5", "ping of 127 bytes", "89%127", "88=1002" },
	{ "5.5", "ping of 65535 bytes", "89%65535", "88=1002" },
	{ "5.5", "ping of 65536 bytes", "89%65536", "88=1002" },
	{ "5.5", "ping of 0 bytes, length in 2", "89n2", "88=1002" },
	{ "5.5", "ping of 5 bytes, length in 2", "89n2'Hello'", "88=1002" },
	{ "5.5", "ping of 5 bytes, length in 8", "89n8'Hello'", "88=1002" },
	{ "5.5", "ping of 126 bytes behind a text", "81'Hello' 89%126", "81'Hello' 88=1002" },
	{ "5.5", "ping that is not final", "09'p'", "88=1002" },
	{ "5.5", "empty ping that is not final", "09", "88=1002" },
	{ "5.5", "ping that is not final, and its end", "09'p' 80'q'", "88=1002" },
	{ "5.5", "ping that is not final behind a ping", "89'p' 09'q'", "8a'p' 88=1002" },
	{ "5.5.2", "half a ping is not answered", "89k00000000'ping'~8 | <6e67> 81'Hello'",
	  "| 8a'ping' 81'Hello'" },
};

static const struct row pongs[] = {
	{ "5.5.3", "unasked empty pong", "8a", "" },
	{ "5.5.3", "unasked pong", "8a'unasked'", "" },
	{ "5.5.3", "unasked pong of 4 bytes", "8a[00000000]", "" },
	{ "5.5.3", "unasked pong of 125 bytes", "8a%125", "" },
	{ "5.5.3", "pong and ping", "8a'unasked' 89'p'", "8a'p'" },
	{ "5.5.3", "ping and pong", "89'p' 8a'p'", "8a'p'" },
	{ "5.5.3", "many pongs", "300*8a'unasked' 81'Hello'", "81'Hello'" },
	{ "5.5.3", "pong before a text", "8a'x' 81'Hello'", "81'Hello'" },
	{ "5.5.3", "pong that is no UTF-8", "8a[c080ff]", "" },
	{ "5.5", "pong of 126 bytes", "8a%126", "88=1002" },
	{ "5.5", "pong of 126 bytes, header only", "8a%126~4", "88=1002" },
	{ "5.5", "pong of 65536 bytes", "8a%65536", "88=1002" },
	{ "5.5", "pong of 5 bytes, length in 2", "8an2'Hello'", "88=1002" },
	{ "5.5", "pong of 5 bytes, length in 8", "8an8'Hello'", "88=1002" },
	{ "5.5", "pong that is not final", "0a'p'", "88=1002" },
	{ "5.5", "empty pong that is not final", "0a", "88=1002" },
};

static void every_length(void)
{
	char name[CASES_TEXT], in[CASES_TEXT], out[CASES_TEXT];

	cases_begin("pings of 0 to 125 bytes");
	for (int n = 0; n <= 125; n++) {
		snprintf(name, sizeof name, "ping of %d bytes", n);
		snprintf(in, sizeof in, "89%%%d", n);
		snprintf(out, sizeof out, "8a%%%d", n);
		cases_row("5.5.2", name, in, out);
	}
	cases_done();
}

/* So few that a server has no reason to leave one out. */
static void burst(void)
{
	static char in[BURST * 12 + 1], out[BURST * 12 + 1];
	size_t n = 0;

	for (int i = 0; i < BURST; i++) {
		snprintf(in + n, sizeof in - n, "89'%05d' ", i);
		snprintf(out + n, sizeof out - n, "8a'%05d' ", i);
		n += strlen(in + n);
	}
	cases_row("5.5.3", "100 pings in one write", in, out);
}

static void prompt(void)
{
	struct verdict v = { .section = "5.5.3", .name = "1000 pings, each awaited" };
	struct client c;
	int i = 0, ok = client_open(&c, cases_server(ECHO)) == 0;

	for (; i < PROMPT && ok; i++)
		ok = !client_frame(&c, 0x89, &i, sizeof i) && client_is(&c, 10, &i, sizeof i);
	v.how = "no pong, or another one";
	cases_count(ok && client_bye(&c), &v);
}

/* Later pings may be answered without the earlier ones, but in order, and the last always. */
static void flood(void)
{
	struct verdict v = { .section = "5.5.3", .name = "5000 pings in one write" };
	static uint8_t frames[FLOOD * 12];
	struct client c;
	size_t n = 0;
	int last = -1, got = -1, op;

	for (int i = 0; i < FLOOD; i++)
		n += frame_make(frames + n, 0x89, &i, sizeof i);
	if (client_open(&c, cases_server(ECHO)) || client_send(&c, frames, n))
		e2e_die("no connection");
	while (last < FLOOD - 1 && (op = client_read(&c)) == 10 && c.len == sizeof got) {
		memcpy(&got, c.data, sizeof got);
		if (got <= last)
			break;
		last = got;
	}
	v.how = "pongs out of order, or the last is missing";
	cases_count(last == FLOOD - 1 && client_bye(&c), &v);
}

int main(void)
{
	cases_start("");
	every_length();
	cases_run("pings", pings, sizeof pings / sizeof *pings);
	cases_run("pongs", pongs, sizeof pongs / sizeof *pongs);
	cases_begin("many pings");
	burst();
	prompt();
	flood();
	cases_done();
	return cases_end();
}
