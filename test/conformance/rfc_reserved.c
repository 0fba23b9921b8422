/* rfc_reserved.c: reserved bits and opcodes (RFC 6455 section 5.2). Each illegal frame comes alone,
 * behind a whole message, which is answered first, behind a ping, and inside a fragmented one. */
#include "cases.h"

struct place {
	const char *name, *before, *answer;
};

static const struct place places[] = {
	{ "", "", "" },
	{ " behind a message", "81'Hello' ", "81'Hello' " },
	{ " behind a ping", "89'p' ", "8a'p' " },
	{ " inside a message", "01'Hel' ", "" },
	{ " behind a fragmented message", "02[00ff] 80[80] ", "82[00ff80] " },
};

/* An illegal frame in each place. */
static void everywhere(const char *what, const char *frame)
{
	char name[CASES_TEXT], in[CASES_TEXT], out[CASES_TEXT];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(name, sizeof name, "%.200s%s", what, places[i].name);
		snprintf(in, sizeof in, "%s%.200s", places[i].before, frame);
		snprintf(out, sizeof out, "%s88=1002", places[i].answer);
		cases_row("5.2", name, in, out);
	}
}

static void bits(void)
{
	static const unsigned ops[] = { 0, 1, 2, 8, 9, 10 };
	char what[64], frame[64];

	cases_begin("reserved bits");
	for (unsigned rsv = 1; rsv < 8; rsv++) {
		for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
			snprintf(what, sizeof what, "RSV %u%u%u with opcode %u", rsv >> 2,
			         rsv >> 1 & 1, rsv & 1, ops[i]);
			snprintf(frame, sizeof frame, "%02x%s", 0x80 | rsv << 4 | ops[i],
			         ops[i] == 8 ? "=1000" : "'data'");
			everywhere(what, frame);
		}
	}
	cases_done();
}

static void opcodes(void)
{
	static const unsigned ops[] = { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 };
	char what[64], frame[64];

	cases_begin("reserved opcodes");
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		for (int form = 0; form < 4; form++) {
			snprintf(what, sizeof what, "opcode %u, %sfinal, %s", ops[i],
			         form & 1 ? "not " : "", form & 2 ? "8 bytes" : "empty");
			snprintf(frame, sizeof frame, "%02x%s", ops[i] | (form & 1 ? 0 : 0x80),
			         form & 2 ? "'reserved'" : "");
			everywhere(what, frame);
		}
	}
	cases_done();
}

static const struct row more[] = {
	{ "5.2", "RSV1 in the first fragment", "41'Hel' 80'lo'", "88=1002" },
	{ "5.2", "RSV2 in the first fragment", "21'Hel' 80'lo'", "88=1002" },
	{ "5.2", "RSV3 in the first fragment", "11'Hel' 80'lo'", "88=1002" },
	{ "5.2", "all of them in the first fragment", "72[00] 80[01]", "88=1002" },
	{ "5.2", "RSV1 in the second of three fragments", "01'a' 40'b' 80'c'", "88=1002" },
	{ "5.2", "RSV2 in the second of three fragments", "01'a' 20'b' 80'c'", "88=1002" },
	{ "5.2", "RSV3 in the second of three fragments", "02'a' 10'b' 80'c'", "88=1002" },
	{ "5.2", "RSV1 in the last fragment", "01'a' 00'b' c0'c'", "88=1002" },
	{ "5.2", "RSV1 in a frame of 126 bytes", "c1#126", "88=1002" },
	{ "5.2", "RSV1 in a frame of 65536 bytes", "c2%65536", "88=1002" },
	{ "5.2", "RSV1 with an empty text", "c1", "88=1002" },
	{ "5.2", "RSV1, header of two bytes only", "c1'x'~2", "88=1002" },
	{ "5.2", "RSV1, illegal text as well", "c1[ff]", "88=1002" },
	{ "5.2", "RSV1 with a reserved opcode", "c3'x'", "88=1002" },
	{ "5.2", "reserved opcode 3, header of two bytes only", "83'x'~2", "88=1002" },
	{ "5.2", "reserved opcode 11 of 126 bytes", "8b%126", "88=1002" },
	{ "5.2", "reserved opcode 3 of 65536 bytes", "83%65536", "88=1002" },
	{ "5.2", "reserved opcode, then legal frames", "83 81'Hello' 89'p'", "88=1002" },
	{ "5.2", "all bits set", "<ffffffffffffffffffffffffffffffff>", "88=1002" },
	{ "5.2", "two messages before it", "81'1' 82'2' 8f", "81'1' 82'2' 88=1002" },
};

int main(void)
{
	cases_start("");
	bits();
	opcodes();
	cases_run("reserved bits and opcodes, more", more, sizeof more / sizeof *more);
	return cases_end();
}
