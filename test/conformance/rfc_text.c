/* rfc_text.c: text is UTF-8 (RFC 6455 sections 5.6, 8.1; RFC 3629; Unicode 15 chapter 3.9). */
#include "cases.h"

enum { GOOD = -1, CUT = -2 };   /* CUT: nothing but its end is wrong */

struct text {
	const char *name, *hex;
	int bad;                /* GOOD, CUT, or the first byte that no valid text can have here */
};

static const struct text valid[] = {
	{ "U+0000", "00", GOOD },
	{ "U+007F", "7f", GOOD },
	{ "U+0080", "c280", GOOD },
	{ "U+00FC", "c3bc", GOOD },
	{ "U+07FF", "dfbf", GOOD },
	{ "U+0800", "e0a080", GOOD },
	{ "U+0FFF", "e0bfbf", GOOD },
	{ "U+1000", "e18080", GOOD },
	{ "U+20AC", "e282ac", GOOD },
	{ "U+CFFF", "ecbfbf", GOOD },
	{ "U+D000", "ed8080", GOOD },
	{ "U+D7FF, the last before the surrogates", "ed9fbf", GOOD },
	{ "U+E000, the first behind the surrogates", "ee8080", GOOD },
	{ "U+FDD0, a noncharacter", "efb790", GOOD },
	{ "U+FDEF, a noncharacter", "efb7af", GOOD },
	{ "U+FEFF, the byte order mark", "efbbbf", GOOD },
	{ "U+FEFF twice, and a text", "efbbbfefbbbf616263", GOOD },
	{ "U+FFFD", "efbfbd", GOOD },
	{ "U+FFFE, a noncharacter", "efbfbe", GOOD },
	{ "U+FFFF, a noncharacter", "efbfbf", GOOD },
	{ "U+10000", "f0908080", GOOD },
	{ "U+1F600", "f09f9880", GOOD },
	{ "U+1FFFE, a noncharacter", "f09fbfbe", GOOD },
	{ "U+2FFFF, a noncharacter", "f0afbfbf", GOOD },
	{ "U+3FFFF, U+40000", "f0bfbfbff1808080", GOOD },
	{ "U+FFFFF, U+100000", "f3bfbfbff4808080", GOOD },
	{ "U+10FFFE, a noncharacter", "f48fbfbe", GOOD },
	{ "U+10FFFF", "f48fbfbf", GOOD },
	{ "1, 2, 3 and 4 bytes", "24c2a2e282acf0908d88", GOOD },
	{ "4, 3, 2 and 1 bytes", "f0908d88e282acc2a224", GOOD },
	{ "Greek", "ceb5e1bd95cf81ceb7cebaceb1", GOOD },
	{ "a letter and its accent", "65cc81", GOOD },
	{ "a joined emoji", "f09f91a9e2808df09f9abe", GOOD },
	{ "control characters", "01021b1f7fc285", GOOD },
};

static const struct text stray[] = {
	{ "lone continuation 80", "80", 0 },
	{ "lone continuation BF", "bf", 0 },
	{ "two continuations", "80bf", 0 },
	{ "six continuations", "8081bf80bfbf", 0 },
	{ "continuation behind a letter", "6180", 1 },
	{ "continuation behind a whole character of 2", "c3bc80", 2 },
	{ "continuation behind a whole character of 3", "e282ac80", 3 },
	{ "continuation behind a whole character of 4", "f09f988080", 4 },
	{ "1 of 2 bytes, then a letter", "c361", 1 },
	{ "1 of 3 bytes, then a letter", "e261", 1 },
	{ "2 of 3 bytes, then a letter", "e28261", 2 },
	{ "1 of 4 bytes, then a letter", "f061", 1 },
	{ "2 of 4 bytes, then a letter", "f09f61", 2 },
	{ "3 of 4 bytes, then a letter", "f09f9861", 3 },
	{ "1 of 2 bytes, then a character of 2", "c3c3bc", 1 },
	{ "2 of 3 bytes, then a character of 3", "e282e282ac", 2 },
	{ "3 of 4 bytes, then a character of 4", "f09f98f09f9880", 3 },
	{ "1 of 2 bytes, then NUL", "c300", 1 },
	{ "FE", "fe", 0 },
	{ "FF", "ff", 0 },
	{ "FE FF, the mark of UTF-16", "feff0061", 0 },
	{ "FF FE, the mark of UTF-16", "fffe6100", 0 },
	{ "FF inside a character", "e2ffac", 1 },
	{ "Latin-1", "47fc7465", 1 },
};

static const struct text overlong[] = {
	{ "C0", "c0", 0 },
	{ "C1", "c1", 0 },
	{ "U+0000 in 2 bytes", "c080", 0 },
	{ "U+002F in 2 bytes", "c0af", 0 },
	{ "U+007F in 2 bytes", "c1bf", 0 },
	{ "U+0000 in 3 bytes", "e08080", 1 },
	{ "U+002F in 3 bytes", "e080af", 1 },
	{ "U+07FF in 3 bytes", "e09fbf", 1 },
	{ "U+0000 in 4 bytes", "f0808080", 1 },
	{ "U+002F in 4 bytes", "f08080af", 1 },
	{ "U+20AC in 4 bytes", "f08282ac", 1 },
	{ "U+FFFF in 4 bytes", "f08fbfbf", 1 },
	{ "U+0000 in 5 bytes", "f880808080", 0 },
	{ "U+0000 in 6 bytes", "fc8080808080", 0 },
	{ "overlong behind a text", "616263c0af", 3 },
};

static const struct text beyond[] = {
	{ "U+D800", "eda080", 1 },
	{ "U+DB7F", "edadbf", 1 },
	{ "U+DB80", "edae80", 1 },
	{ "U+DBFF", "edafbf", 1 },
	{ "U+DC00", "edb080", 1 },
	{ "U+DFFF", "edbfbf", 1 },
	{ "U+D800 U+DC00", "eda080edb080", 1 },
	{ "U+DBFF U+DFFF", "edafbfedbfbf", 1 },
	{ "U+DC00 U+D800", "edb080eda080", 1 },
	{ "surrogate between characters", "c3bceda080e282ac", 3 },
	{ "U+110000", "f4908080", 1 },
	{ "U+13FFFF", "f4bfbfbf", 1 },
	{ "U+140000", "f5808080", 0 },
	{ "U+1FFFFF", "f7bfbfbf", 0 },
	{ "U+200000 in 5 bytes", "f888808080", 0 },
	{ "U+3FFFFFF in 5 bytes", "fbbfbfbfbf", 0 },
	{ "U+4000000 in 6 bytes", "fc8480808080", 0 },
	{ "U+7FFFFFFF in 6 bytes", "fdbfbfbfbfbf", 0 },
};

static const struct text cut[] = {
	{ "1 of 2 bytes", "c3", CUT },
	{ "1 of 3 bytes", "e2", CUT },
	{ "2 of 3 bytes", "e282", CUT },
	{ "2 of 3 bytes, the least", "e0a0", CUT },
	{ "2 of 3 bytes, before the surrogates", "ed9f", CUT },
	{ "1 of 4 bytes", "f0", CUT },
	{ "2 of 4 bytes", "f09f", CUT },
	{ "3 of 4 bytes", "f09f98", CUT },
	{ "3 of 4 bytes, the greatest", "f48fbf", CUT },
	{ "text and 1 of 2 bytes", "616263c3", CUT },
	{ "characters and 2 of 3 bytes", "c3bce282ace282", CUT },
};

/* ---- the cases made of one text */

enum { MESSAGE_TEXT = 160 };    /* room for a frame of such a text */

struct made {
	const struct text *t;
	char name[CASES_TEXT], in[CASES_TEXT], out[CASES_TEXT];
};

static void run_made(struct made *m, const char *what)
{
	snprintf(m->name, sizeof m->name, "%.99s, %.99s", m->t->name, what);
	cases_row("8.1", m->name, m->in, m->out);
}

/* The answer to a text, which is the case's last message. */
static void answer(struct made *m, const char *before, const char *message)
{
	snprintf(m->out, sizeof m->out, "%s%.159s", before,
	         m->t->bad == GOOD ? message : "88=1007");
}

static void in_one_frame(struct made *m)
{
	char message[MESSAGE_TEXT];

	snprintf(message, sizeof message, "81[%.99s]", m->t->hex);
	snprintf(m->in, sizeof m->in, "%.159s", message);
	answer(m, "", message);
	run_made(m, "alone");
	snprintf(m->in, sizeof m->in, "81'Hello' 89'p' %.159s", message);
	answer(m, "81'Hello' 8a'p' ", message);
	run_made(m, "behind a message and a ping");
	snprintf(message, sizeof message, "81'abcdefghijklm'[%.99s]'nopqrstuvwxyz'", m->t->hex);
	snprintf(m->in, sizeof m->in, "%.159s", message);
	answer(m, "", message);
	run_made(m, "among letters");
}

/* Each byte in a fragment of its own. */
static void in_fragments(struct made *m)
{
	char message[MESSAGE_TEXT];
	size_t n = 0;

	for (const char *h = m->t->hex; *h; h += 2) {
		snprintf(m->in + n, sizeof m->in - n, "%s[%.2s] ", h == m->t->hex ? "01" : "00", h);
		n += strlen(m->in + n);
	}
	snprintf(m->in + n, sizeof m->in - n, "80");
	snprintf(message, sizeof message, "81[%.99s]", m->t->hex);
	answer(m, "", message);
	run_made(m, "each byte in a fragment");
}

static void as_binary(struct made *m)
{
	snprintf(m->in, sizeof m->in, "82[%.99s]", m->t->hex);
	snprintf(m->out, sizeof m->out, "82[%.99s]", m->t->hex);
	run_made(m, "as binary");
	snprintf(m->in, sizeof m->in, "02[%.2s] 80[%.99s]", m->t->hex, m->t->hex + 2);
	run_made(m, "as binary in fragments");
}

/* What can still become valid waits; the first byte that cannot ends it, long before the message
 * would end. */
static void at_once(struct made *m)
{
	int good = m->t->bad > 0 ? m->t->bad : 0;
	const char *bad = m->t->hex + 2 * good;

	snprintf(m->in, sizeof m->in, "01[%.*s] | 00[%.2s]", 2 * good, m->t->hex, bad);
	snprintf(m->out, sizeof m->out, "| 88=1007");
	run_made(m, "in a fragment, the message goes on");
	snprintf(m->in, sizeof m->in, "81k00000000[%.*s]#100~%d | <%.2s>", 2 * good, m->t->hex,
	         6 + good, bad);
	run_made(m, "in a frame that is not whole");
	snprintf(m->in, sizeof m->in, "01'abc' 00k00000000[%.*s]#100~%d | <%.2s>",
	         2 * good, m->t->hex, 6 + good, bad);
	run_made(m, "in a fragment that is not whole");
}

/* Cut in a character: legal until the message ends. */
static void at_the_end(struct made *m)
{
	snprintf(m->in, sizeof m->in, "01[%.99s] 89'p' | 80", m->t->hex);
	snprintf(m->out, sizeof m->out, "8a'p' | 88=1007");
	run_made(m, "and an empty last fragment");
}

static void run_texts(const char *title, const struct text *texts, size_t n)
{
	struct made m;

	cases_begin(title);
	for (size_t i = 0; i < n; i++) {
		m.t = &texts[i];
		in_one_frame(&m);
		in_fragments(&m);
		as_binary(&m);
		if (m.t->bad >= 0)
			at_once(&m);
		else if (m.t->bad == CUT)
			at_the_end(&m);
	}
	cases_done();
}

/* ---- where it stands among letters, which are looked at many at a time */

static void among_letters(void)
{
	static const struct text kinds[] = {
		{ "U+00FC", "c3bc", GOOD }, { "FF", "ff", 0 }, { "2 of 3 bytes", "e282", CUT }
	};
	struct made m;
	char message[MESSAGE_TEXT], what[32];

	cases_begin("at each place among letters");
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		for (int before = 1; before <= 17; before++) {
			m.t = &kinds[k];
			snprintf(message, sizeof message, "81*%da[%s]*%db", before, m.t->hex,
			         m.t->bad == CUT ? 0 : 17);
			snprintf(m.in, sizeof m.in, "%.159s", message);
			snprintf(what, sizeof what, "behind %d letters", before);
			answer(&m, "", message);
			run_made(&m, what);
		}
	}
	cases_done();
}

static const struct row more[] = {
	{ "8.1", "each message begins anew", "81[c3bc] 81[bc]", "81[c3bc] 88=1007" },
	{ "8.1", "nothing is left from a binary", "82[c3] 81[bc]", "82[c3] 88=1007" },
	{ "8.1", "nothing is left from a ping", "89[c3] 81'x'", "8a[c3] 81'x'" },
	{ "8.1", "character of 4 in 2 and 2", "01[f09f] 80[9880]", "81[f09f9880]" },
	{ "8.1", "character of 4 in 3 and 1", "01[f09f98] 80[80]", "81[f09f9880]" },
	{ "8.1", "character of 4 in 1 and 3", "01[f0] 80[9f9880]", "81[f09f9880]" },
	{ "8.1", "character of 3 around an empty fragment", "01[e2] 00 00 80[82ac]", "81[e282ac]" },
	{ "8.1", "two characters cut in both", "01'a'[e282] 00[ac]'b'[c3] 80[bc]'c'",
	  "81'a'[e282ac]'b'[c3bc]'c'" },
	{ "8.1", "65536 bytes with a character at the end", "81#65534[c3bc]", "81#65534[c3bc]" },
	{ "8.1", "65536 bytes with a bad last byte", "81#65535[ff]", "88=1007" },
	{ "8.1", "65536 bytes cut in the last character", "81#65535[c3]", "88=1007" },
	{ "8.1", "65536 bytes with a bad first byte", "81[ff]#65535", "88=1007" },
	{ "8.1", "bad first byte of 65536 that never come", "81[ff]#65535~15", "88=1007" },
	{ "8.1", "bad byte behind 30000 of 65536", "81#30000[ff]#35535~30015", "88=1007" },
	{ "8.1", "bad byte in the last of 100 fragments", "01'a' 098*00'b' 80[ff]", "88=1007" },
	{ "8.1", "bad byte in the second of 100 fragments", "01'a' 00[ff] 098*00'b'", "88=1007" },
	{ "8.1", "cut before a ping, whole behind it", "01[e282] 89'p' 80[ac]",
	  "8a'p' 81[e282ac]" },
	{ "8.1", "bad byte behind a ping inside the message", "01'a' 89'p' 00[80]",
	  "8a'p' 88=1007" },
	{ "8.1", "unfinished character before a close", "01[e282] 88=1000", "88=1000" },
	{ "5.6", "binary of all bytes in fragments", "02%100 00%100 80%100", "82%300" },
};

int main(void)
{
	cases_start("");
	run_texts("valid UTF-8", valid, sizeof valid / sizeof *valid);
	run_texts("invalid: bytes out of place", stray, sizeof stray / sizeof *stray);
	run_texts("invalid: overlong", overlong, sizeof overlong / sizeof *overlong);
	run_texts("invalid: surrogates, past U+10FFFF", beyond, sizeof beyond / sizeof *beyond);
	run_texts("invalid: cut at the end", cut, sizeof cut / sizeof *cut);
	among_letters();
	cases_run("UTF-8, more", more, sizeof more / sizeof *more);
	return cases_end();
}
