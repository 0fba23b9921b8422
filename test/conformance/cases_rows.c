/* cases_rows.c: runs a case: sends its script in many ways and looks at all that comes. */
#include "cases.h"

enum { WHOLE, BYTES, SPLIT, PIECES };

/* How a script is cut into writes. The server has read each one before the next is sent. */
struct cut {
	int kind;
	size_t at;              /* SPLIT: after so many bytes; PIECES: of so many */
};

/* A case that is being run. */
struct run_of {
	const struct row *row;
	struct script in, out, data;    /* data: what others see of it */
	int closes;
	struct cases_world *world;
	struct cut cut;
};

enum { EDGE = 24, BYTES_MAX = 300, HUGE = 1 << 18, FIRST_SPLITS = 14, LAST_SPLITS = 6 };

static unsigned honest_number;

/* ---- one run of a case */

/* How many bytes go with the next write. */
static size_t next_cut(const struct cut *cut, size_t at, size_t total)
{
	switch (cut->kind) {
	case BYTES:
		if (total <= BYTES_MAX || at < EDGE || at >= total - EDGE)
			return 1;
		return total - EDGE - at;
	case SPLIT:
		return at < cut->at ? cut->at - at : total - at;
	case PIECES:
		return cut->at;
	default:
		return total - at;
	}
}

static int send_part(const struct run_of *r, struct client *c, size_t from, size_t end)
{
	while (from < end) {
		size_t n = next_cut(&r->cut, from, r->in.len);

		if (n > end - from)
			n = end - from;
		if (client_send(c, r->in.data + from, n))
			return -1;
		from += n;
		if (from < r->in.len && r->cut.kind != WHOLE && cases_settle(r->world->number))
			return -1;
	}
	return 0;
}

static int same(const struct client *c, const struct script *want, size_t n)
{
	return c->have - c->at == n && (n == 0 || !memcmp(c->buf + c->at, want->data, n));
}

/* Sends the parts and awaits the answer of each. Returns NULL, or what is wrong. */
static const char *exchange(const struct run_of *r, struct client *c)
{
	int i;

	for (i = 0; i < r->in.parts; i++) {
		if (send_part(r, c, i ? r->in.end[i - 1] : 0, r->in.end[i]))
			return "it takes no more";
		if (r->in.finish && i == r->in.parts - 1)
			client_finish(c);
		cases_await(c, r->out.end[i]);
		if (!c->ended && c->have - c->at < r->out.end[i])
			return "no answer in time";
		if (i == r->in.parts - 1)
			return NULL;
		if (cases_settle(r->world->number))
			return "another client is not served";
		if (!same(c, &r->out, r->out.end[i]))
			return "wrong before a pause";
	}
	return NULL;
}

/* Awaits the end of the connection, after a ping and a close frame where it is still open. */
static const char *finish(const struct run_of *r, struct client *c, struct script *want)
{
	struct script last, answer;

	script_add(want, r->out.data, r->out.len);
	if (!r->closes) {
		script_make(&last, "89'still there?' 88=1000", 1);
		script_make(&answer, "8a'still there?' 88=1000", 0);
		script_add(want, answer.data, answer.len);
		client_send(c, last.data, last.len);
		script_free(&last);
		script_free(&answer);
	}
	cases_await(c, SIZE_MAX);
	if (!c->ended)
		return "TCP goes on";
	if (c->ended == C_RESET)
		return "TCP was reset";
	return same(c, want, want->len) ? NULL : "wrong bytes";
}

/* Whether the others saw the messages of the case and then an honest one, nothing else. */
static const char *observe(const struct run_of *r, struct script *want)
{
	struct client *o = &r->world->observer;
	struct script frame;
	char text[64];

	snprintf(text, sizeof text, "81'honest %u'", ++honest_number);
	script_make(&frame, text, 0);
	script_add(want, r->data.data, r->data.len);
	script_add(want, frame.data, frame.len);
	if (client_frame(&r->world->witness, 0x81, frame.data + 2, frame.len - 2))
		e2e_die("an honest client is not served");
	cases_await(o, want->len);
	script_free(&frame);
	return same(o, want, want->len) ? NULL : "another client sees something else";
}

static const char *cut_name(const struct run_of *r, char text[CASES_TEXT])
{
	static const char *const kinds[] = { "whole", "byte by byte", "split at", "in pieces of" };
	int n = snprintf(text, CASES_TEXT, "%s, %s", r->world->relay ? "relay" : "echo",
	                 kinds[r->cut.kind]);

	if (r->cut.kind >= SPLIT)
		snprintf(text + n, CASES_TEXT - (size_t)n, " %zu", r->cut.at);
	return text;
}

/* Says what went wrong in this run. */
static void run_failed(const struct run_of *r, const char *why, const struct script *want,
                       const struct client *c)
{
	char how[2 * CASES_TEXT], cut[CASES_TEXT];
	struct verdict v = { .section = r->row->section, .name = r->row->name, .how = how };

	snprintf(how, sizeof how, "%s: %s", cut_name(r, cut), why);
	v.want = want->data ? want->data : (const uint8_t *)"";
	v.want_len = want->len;
	v.got = c->buf ? c->buf + c->at : (const uint8_t *)"";
	v.got_len = c->have - c->at;
	cases_count(0, &v);
}

/* Returns whether it went well. */
static int run_once(const struct run_of *r)
{
	struct script want = { 0 }, seen = { 0 };
	struct client c, *o = &r->world->observer;
	const char *why;
	int ok = 1;

	if (client_open(&c, &r->world->server)) {
		why = "no handshake";
	} else {
		why = exchange(r, &c);
		if (!why)
			why = finish(r, &c, &want);
		else
			script_add(&want, r->out.data, r->out.len);
	}
	if (why) {
		run_failed(r, why, &want, &c);
		ok = 0;
	}
	client_leave(&c);
	if (r->world->relay) {
		why = observe(r, &seen);
		if (why && ok)
			run_failed(r, why, &seen, o);
		ok = ok && !why;
		o->at = o->have;
	}
	script_free(&want);
	script_free(&seen);
	return ok;
}

/* ---- a case */

static int try_cut(struct run_of *r, int kind, size_t at)
{
	r->cut.kind = kind;
	r->cut.at = at;
	return run_once(r);
}

static int run_all(struct run_of *r)
{
	static const size_t pieces[] = { 7, 125, 126, 127, 4096 };
	size_t n = r->in.len;

	if (n >= HUGE) {
		r->world = cases_world(RELAY);
		if (!try_cut(r, WHOLE, 0))
			return 0;
		r->world = cases_world(ECHO);
		return try_cut(r, BYTES, 0);
	}
	for (int i = 0; i < WORLDS; i++) {
		r->world = cases_world(i);
		if (!try_cut(r, WHOLE, 0) || (n > 1 && !try_cut(r, BYTES, 0)))
			return 0;
	}
	r->world = cases_world(ECHO);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		if (n > pieces[i] && n / pieces[i] < BYTES_MAX && !try_cut(r, PIECES, pieces[i]))
			return 0;
	for (size_t at = 1; at < n; at++)
		if ((at < FIRST_SPLITS || at + LAST_SPLITS >= n || (at >= 125 && at < 135)) &&
		    !try_cut(r, SPLIT, at))
			return 0;
	return 1;
}

/* What of the answer is a message, and whether it closes. */
static void look_at(struct run_of *r)
{
	size_t at = 0, len, head;
	int op;

	while ((len = script_frame(r->out.data + at, r->out.len - at, &op, &head)) > 0) {
		if (op == 1 || op == 2)
			script_add(&r->data, r->out.data + at, len);
		r->closes |= op == 8;
		at += len;
	}
	if (at < r->out.len || r->in.parts != r->out.parts) {
		printf("section %s: %s: the scripts do not fit\n", r->row->section, r->row->name);
		exit(2);
	}
}

static void run_row(const struct row *row)
{
	struct run_of r = { .row = row };

	script_make(&r.in, row->in, 1);
	script_make(&r.out, row->out, 0);
	look_at(&r);
	if (run_all(&r))
		cases_count(1, &(struct verdict){ .section = row->section });
	script_free(&r.in);
	script_free(&r.out);
	script_free(&r.data);
}

void cases_row(const char *section, const char *name, const char *in, const char *out)
{
	struct row row = { section, name, in, out };

	run_row(&row);
}

void cases_run(const char *title, const struct row *rows, size_t n)
{
	cases_begin(title);
	for (size_t i = 0; i < n; i++)
		run_row(&rows[i]);
	cases_done();
}
