/* rfc_close.c: the closing handshake (RFC 6455 sections 5.5.1, 7.1, 7.4, 8.1). The answer holds the
 * code that came, without a reason. */
#include "cases.h"

static void every_code(const char *title, const int *codes, size_t n, int answer)
{
	char name[CASES_TEXT], in[CASES_TEXT], out[CASES_TEXT];

	cases_begin(title);
	for (size_t i = 0; i < n; i++) {
		snprintf(out, sizeof out, "88=%d", answer ? answer : codes[i]);
		snprintf(name, sizeof name, "code %d", codes[i]);
		snprintf(in, sizeof in, "88=%d", codes[i]);
		cases_row("7.4", name, in, out);
		snprintf(name, sizeof name, "code %d and a reason", codes[i]);
		snprintf(in, sizeof in, "88=%d'reason'", codes[i]);
		cases_row("7.4", name, in, out);
	}
	cases_done();
}

static const int valid[] = {
	1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
	3000, 3001, 3999, 4000, 4001, 4999
};
static const int invalid[] = {
	0, 1, 100, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 9999,
	32768, 65535
};

static const struct row bodies[] = {
	{ "5.5.1", "no body", "88", "88" },
	{ "5.5.1", "body of 1 byte", "88[03]", "88=1002" },
	{ "5.5.1", "body of 1 byte, zero", "88[00]", "88=1002" },
	{ "5.5.1", "body of 1 byte, no UTF-8", "88[ff]", "88=1002" },
	{ "5.5.1", "reason of 1 byte", "88=1000'x'", "88=1000" },
	{ "5.5.1", "reason of 122 bytes", "88=1000#122", "88=1000" },
	{ "5.5.1", "reason of 123 bytes", "88=1000#123", "88=1000" },
	{ "5.5", "reason of 124 bytes", "88=1000#124", "88=1002" },
	{ "5.5", "reason of 124 bytes, header only", "88=1000#124~8", "88=1002" },
	{ "5.5.1", "reason of 2 byte characters", "88=1000[c3bcc3bc]", "88=1000" },
	{ "5.5.1", "reason of 3 byte characters", "88=1000[e282ace282ac]", "88=1000" },
	{ "5.5.1", "reason of 4 byte characters", "88=1000[f09f9880]", "88=1000" },
	{ "5.5.1", "reason of U+10FFFF", "88=1001[f48fbfbf]", "88=1001" },
	{ "5.5.1", "reason with NUL", "88=1000[610062]", "88=1000" },
	{ "5.5.1", "reason with a byte order mark", "88=1000[efbbbf]", "88=1000" },
	{ "8.1", "reason with FF", "88=1000[ff]", "88=1007" },
	{ "8.1", "reason with FE", "88=1000'abc'[fe]", "88=1007" },
	{ "8.1", "reason with a lone continuation", "88=1000[80]", "88=1007" },
	{ "8.1", "reason cut in a 2 byte character", "88=1000'abc'[c3]", "88=1007" },
	{ "8.1", "reason cut in a 3 byte character", "88=1000'abc'[e282]", "88=1007" },
	{ "8.1", "reason cut in a 4 byte character", "88=1000'abc'[f09f98]", "88=1007" },
	{ "8.1", "reason with an overlong slash", "88=1000[c0af]", "88=1007" },
	{ "8.1", "reason with a surrogate", "88=1000[eda080]", "88=1007" },
	{ "8.1", "reason beyond U+10FFFF", "88=1000[f4908080]", "88=1007" },
	{ "8.1", "reason of 123 bytes with a bad last one", "88=1000#122[c3]", "88=1007" },
	{ "8.1", "reason of 123 bytes with a bad first one", "88=1000[ff]#122", "88=1007" },
	{ "8.1", "reason with FF and an application's code", "88=4000[ff]", "88=1007" },
	{ "7.4", "reason with FF and an illegal code", "88=1005[ff]", "88=1002" },
};

static const struct row behind[] = {
	{ "5.5.1", "text behind it", "88=1000 81'late'", "88=1000" },
	{ "5.5.1", "binary behind it", "88=1000 82[00]", "88=1000" },
	{ "5.5.1", "fragments behind it", "88=1000 01'la' 80'te'", "88=1000" },
	{ "5.5.1", "ping behind it", "88=1000 89'late'", "88=1000" },
	{ "5.5.1", "pong behind it", "88=1000 8a'late'", "88=1000" },
	{ "5.5.1", "the same again", "88=1000 88=1000", "88=1000" },
	{ "5.5.1", "another close behind it", "88=1000 88=1001'again'", "88=1000" },
	{ "5.5.1", "empty close behind it", "88=1001 88", "88=1001" },
	{ "5.5.1", "100 closes", "100*88=1000", "88=1000" },
	{ "5.5.1", "illegal frame behind it", "88=1000 83u'x'", "88=1000" },
	{ "5.5.1", "illegal close behind it", "88=1000 88=1005", "88=1000" },
	{ "5.5.1", "illegal text behind it", "88=1000 81[ff]", "88=1000" },
	{ "5.5.1", "message that is too long behind it", "88=1000 82%65537", "88=1000" },
	{ "5.5.1", "100 messages behind it", "88=1000 100*82%300", "88=1000" },
	{ "5.5.1", "half a frame behind it", "88=1000 81'late'~4", "88=1000" },
	{ "5.5.1", "garbage behind it", "88=1000 <ffffffffffffffffffffff>", "88=1000" },
	{ "5.5.1", "text in another write", "88=1000 | 81'late'", "88=1000 |" },
	{ "5.5.1", "ping and close in other writes", "88=1000 | 89'late' | 88=1000",
	  "88=1000 | |" },
	{ "5.5.1", "end of stream behind it", "88=1000 !", "88=1000" },
	{ "5.5.1", "text behind an illegal close", "88=1005 81'late'", "88=1002" },
	{ "5.5.1", "close behind an illegal close", "88=1005 88=1000", "88=1002" },
	{ "7.1.7", "text behind an illegal frame", "83 81'late'", "88=1002" },
	{ "7.1.7", "ping behind an illegal frame", "83 89'late'", "88=1002" },
	{ "7.1.7", "close behind an illegal frame", "83 88=1000", "88=1002" },
	{ "7.1.7", "illegal frame behind an illegal frame", "83 88=1005 81[ff] c1", "88=1002" },
	{ "7.1.7", "text in another write behind an illegal frame", "83 | 81'late'", "88=1002 |" },
	{ "7.1.7", "100 messages behind an illegal frame", "80 100*82%300", "88=1002" },
	{ "7.1.7", "text behind illegal text", "81[ff] 81'late'", "88=1007" },
	{ "7.1.7", "text behind one that is too long", "82%65537 81'late'", "88=1009" },
};

static const struct row before[] = {
	{ "5.5.1", "text before it", "81'Hello' 88=1000", "81'Hello' 88=1000" },
	{ "5.5.1", "message of 65536 bytes before it", "82%65536 88=1000", "82%65536 88=1000" },
	{ "5.5.1", "fragmented message before it", "01'Hel' 80'lo' 88=1000", "81'Hello' 88=1000" },
	{ "5.5.1", "ping before it", "89'p' 88=1000", "8a'p' 88=1000" },
	{ "5.5.1", "100 texts before it", "100*81'Hello' 88=1000", "100*81'Hello' 88=1000" },
	{ "5.5.1", "half a message before it", "01'Hel' 88=1000", "88=1000" },
	{ "5.5.1", "empty close behind half a message", "01'Hel' 88", "88" },
	{ "5.5.1", "it comes in two parts", "88k00000000=1000~7 | <e8>", "| 88=1000" },
	{ "5.5.1", "its header comes alone", "88k00000000=1000~6 | <03e8>", "| 88=1000" },
	{ "5.5.1", "code and reason come apart", "88k00000000=1000'bye'~8 | <627965>",
	  "| 88=1000" },
	{ "5.5.1", "empty, its mask comes later", "88k00000000~2 | <00000000>", "| 88" },
};

int main(void)
{
	cases_start("");
	every_code("close codes that may be sent", valid, sizeof valid / sizeof *valid, 0);
	every_code("close codes that may not", invalid, sizeof invalid / sizeof *invalid, 1002);
	cases_run("close bodies", bodies, sizeof bodies / sizeof *bodies);
	cases_run("what comes behind a close", behind, sizeof behind / sizeof *behind);
	cases_run("what comes before a close", before, sizeof before / sizeof *before);
	return cases_end();
}
