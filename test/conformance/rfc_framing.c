/* rfc_framing.c: headers, lengths and masks (RFC 6455 sections 5.1 to 5.3, 5.6, 10.4). The servers
 * take messages of up to 65536 bytes. */
#include "cases.h"

static const size_t lengths[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 124, 125, 126, 127, 128, 129, 255, 256,
	257, 4095, 4096, 4097, 16384, 32767, 32768, 65534, 65535, 65536
};

static void every_length(const char *title, const char *name, const char *in, const char *out)
{
	char names[CASES_TEXT], ins[CASES_TEXT], outs[CASES_TEXT];

	cases_begin(title);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		snprintf(names, sizeof names, "%s of %zu bytes", name, lengths[i]);
		snprintf(ins, sizeof ins, "%s%zu", in, lengths[i]);
		snprintf(outs, sizeof outs, "%s%zu", out, lengths[i]);
		cases_row("5.6", names, ins, outs);
	}
	cases_done();
}

static const struct row rows[] = {
	{ "5.6", "two texts in one write", "81'Hello' 81'world'", "81'Hello' 81'world'" },
	{ "5.6", "text and binary", "81'Hello' 82[0001]", "81'Hello' 82[0001]" },
	{ "5.6", "binary and text", "82[ff] 81'Hello'", "82[ff] 81'Hello'" },
	{ "5.6", "three empty texts", "3*81", "3*81" },
	{ "5.6", "300 texts of 1 byte", "300*81'x'", "300*81'x'" },
	{ "5.6", "300 binaries of 126 bytes", "300*82%126", "300*82%126" },
	{ "5.6", "messages of 125, 126, 127, 128 bytes", "81#125 82%126 81#127 82%128",
	  "81#125 82%126 81#127 82%128" },
	{ "5.6", "messages of 65535, 65536, 0 bytes", "81#65535 82%65536 81",
	  "81#65535 82%65536 81" },
	{ "5.6", "message after message", "81'a' | 82'b' | 81#126 | 82%65536 | 81",
	  "81'a' | 82'b' | 81#126 | 82%65536 | 81" },
	{ "5.6", "payload that looks like frames", "82[81858800000088000000]",
	  "82[81858800000088000000]" },
	{ "5.6", "256 values of a byte", "82%256", "82%256" },
	{ "5.6", "zeros", "82[0000000000000000000000]", "82[0000000000000000000000]" },
	{ "5.6", "NUL in a text", "81'a' 81[610062]", "81'a' 81[610062]" },
};

static const struct row masks[] = {
	{ "5.3", "mask 00000000", "81k00000000'Hello'", "81'Hello'" },
	{ "5.3", "mask ffffffff", "81kffffffff'Hello'", "81'Hello'" },
	{ "5.3", "mask 00000001", "81k00000001'Hello'", "81'Hello'" },
	{ "5.3", "mask 80000000", "82k80000000%300", "82%300" },
	{ "5.3", "mask 37fa213d of section 5.7", "81k37fa213d'Hello'", "81'Hello'" },
	{ "5.7", "masked Hello, its bytes", "<818537fa213d7f9f4d5158>", "81'Hello'" },
	{ "5.7", "masked ping of Hello", "<898537fa213d7f9f4d5158>", "8a'Hello'" },
	{ "5.3", "mask that is the payload", "81k61626364'abcdabcdab'", "81'abcdabcdab'" },
	{ "5.3", "mask that makes frames of the payload", "82k81858800[00000000]", "82[00000000]" },
	{ "5.3", "mask with an empty payload", "81kffffffff 82k00000000", "81 82" },
	{ "5.3", "each message another mask", "81k01020304'abc' 81k11121314'abc' 81'abc'",
	  "3*81'abc'" },
	{ "5.3", "each fragment another mask", "01k01020304'abc' 00k11121314'de' 80k21222324'fghi'",
	  "81'abcdefghi'" },
	{ "5.3", "each fragment another mask, one of it zero",
	  "02kffffffff%5 00k00000000%7 00k12345678%3 80kfedcba98%9", "82%24" },
	{ "5.3", "the mask begins anew with each fragment",
	  "01k01020304'a' 00k01020304'b' 80k01020304'c'", "81'abc'" },
	{ "5.3", "ping with another mask inside a message",
	  "01k01020304'ab' 89k99999999'p' 80k05060708'cd'", "8a'p' 81'abcd'" },
	{ "5.3", "mask ffffffff, 65536 bytes", "82kffffffff%65536", "82%65536" },
	{ "5.3", "close with mask 00000000", "88k00000000=1000", "88=1000" },
};

static const struct row unmasked[] = {
	{ "5.1", "unmasked text", "81u'Hello'", "88=1002" },
	{ "5.1", "unmasked binary", "82u[00]", "88=1002" },
	{ "5.1", "unmasked empty text", "81u", "88=1002" },
	{ "5.1", "unmasked empty binary", "82u", "88=1002" },
	{ "5.1", "unmasked continuation", "01'a' 80u'b'", "88=1002" },
	{ "5.1", "unmasked empty continuation", "01'a' 80u", "88=1002" },
	{ "5.1", "unmasked continuation of nothing", "80u'b'", "88=1002" },
	{ "5.1", "unmasked first fragment", "01u'a' 80'b'", "88=1002" },
	{ "5.1", "unmasked close", "88u=1000", "88=1002" },
	{ "5.1", "unmasked empty close", "88u", "88=1002" },
	{ "5.1", "unmasked ping", "89u'p'", "88=1002" },
	{ "5.1", "unmasked empty ping", "89u", "88=1002" },
	{ "5.1", "unmasked pong", "8au'p'", "88=1002" },
	{ "5.1", "unmasked empty pong", "8au", "88=1002" },
	{ "5.1", "unmasked ping inside a message", "01'a' 89u'p' 80'b'", "88=1002" },
	{ "5.1", "unmasked reserved opcode", "83u'x'", "88=1002" },
	{ "5.1", "unmasked text of 126 bytes", "81u#126", "88=1002" },
	{ "5.1", "unmasked text of 126 bytes, two bytes of it", "81u#126~2", "88=1002" },
	{ "5.1", "unmasked binary of 65536 bytes", "82u%65536", "88=1002" },
	{ "5.1", "unmasked text behind a masked one", "81'Hello' 81u'world'", "81'Hello' 88=1002" },
	{ "5.1", "unmasked text before a masked one", "81u'Hello' 81'world'", "88=1002" },
	{ "5.1", "unmasked text that is no UTF-8", "81u[ff]", "88=1002" },
	{ "5.1", "unmasked text that is too long", "81u#65537", "88=1002" },
};

static const struct row minimal[] = {
	{ "5.2", "0 in 2 bytes", "81n2", "88=1002" },
	{ "5.2", "1 in 2 bytes", "81n2'x'", "88=1002" },
	{ "5.2", "124 in 2 bytes", "81n2#124", "88=1002" },
	{ "5.2", "125 in 2 bytes", "81n2#125", "88=1002" },
	{ "5.2", "125 in 2 bytes, header only", "81n2#125~4", "88=1002" },
	{ "5.2", "126 in 2 bytes", "81n2#126", "81#126" },
	{ "5.2", "127 in 2 bytes", "82n2%127", "82%127" },
	{ "5.2", "65535 in 2 bytes", "82n2%65535", "82%65535" },
	{ "5.2", "0 in 8 bytes", "82n8", "88=1002" },
	{ "5.2", "1 in 8 bytes", "82n8'x'", "88=1002" },
	{ "5.2", "125 in 8 bytes", "82n8%125", "88=1002" },
	{ "5.2", "126 in 8 bytes", "82n8%126", "88=1002" },
	{ "5.2", "127 in 8 bytes", "82n8%127", "88=1002" },
	{ "5.2", "32768 in 8 bytes", "82n8%32768", "88=1002" },
	{ "5.2", "65535 in 8 bytes", "82n8%65535", "88=1002" },
	{ "5.2", "65535 in 8 bytes, header only", "82n8%65535~10", "88=1002" },
	{ "5.2", "65536 in 8 bytes", "82n8%65536", "82%65536" },
	{ "5.2", "0 in 2 bytes in a continuation", "01'a' 80n2", "88=1002" },
	{ "5.2", "5 in 8 bytes in a continuation", "01'a' 80n8'Hello'", "88=1002" },
	{ "5.2", "5 in 2 bytes in a first fragment", "02n2'Hello' 80", "88=1002" },
	{ "5.2", "5 in 2 bytes behind a message", "81'Hello' 81n2'Hello'", "81'Hello' 88=1002" },
	{ "5.2", "5 in 8 bytes behind a message", "81'Hello' 81n8'Hello'", "81'Hello' 88=1002" },
	{ "5.2", "close with its length in 2 bytes", "88n2=1000", "88=1002" },
	{ "5.2", "close with its length in 8 bytes", "88n8=1000", "88=1002" },
	{ "5.2", "bit 63 alone", "82L8000000000000000", "88=1002" },
	{ "5.2", "bit 63 and 1", "82L8000000000000001", "88=1002" },
	{ "5.2", "bit 63 and a length that would fit", "82L8000000000000100%256", "88=1002" },
	{ "5.2", "all bits", "82Lffffffffffffffff", "88=1002" },
	{ "5.2", "all bits but the header's length", "82Lfffffffffffffff2", "88=1002" },
	{ "5.2", "bit 63, in the first byte of the length", "82L8000000000000000~3", "88=1002" },
	{ "5.2", "bit 63 in a text", "81L8000000000000000", "88=1002" },
	{ "5.2", "bit 63 in a continuation", "02'a' 80L8000000000000000", "88=1002" },
};

static const struct row limit[] = {
	{ "10.4", "binary of 65537 bytes", "82%65537", "88=1009" },
	{ "10.4", "text of 65537 bytes", "81#65537", "88=1009" },
	{ "10.4", "65537, header only", "82L0000000000010001", "88=1009" },
	{ "10.4", "65537 as text, header only", "81L0000000000010001", "88=1009" },
	{ "10.4", "65537 as a first fragment, header only", "02L0000000000010001", "88=1009" },
	{ "10.4", "16 MiB, header only", "82L0000000001000000", "88=1009" },
	{ "10.4", "2^31 - 1, header only", "82L000000007fffffff", "88=1009" },
	{ "10.4", "2^31, header only", "82L0000000080000000", "88=1009" },
	{ "10.4", "2^32 - 1, header only", "82L00000000ffffffff", "88=1009" },
	{ "10.4", "2^32, header only", "82L0000000100000000", "88=1009" },
	{ "10.4", "2^32 + 16, header only", "82L0000000100000010", "88=1009" },
	{ "10.4", "2^48, header only", "82L0001000000000000", "88=1009" },
	{ "10.4", "2^62, header only", "82L4000000000000000", "88=1009" },
	{ "10.4", "2^63 - 1, header only", "82L7fffffffffffffff", "88=1009" },
	{ "10.4", "2^63 - 1 as text, header only", "81L7fffffffffffffff", "88=1009" },
	{ "10.4", "2^63 - 1 and some payload", "82L7fffffffffffffff%1000", "88=1009" },
	{ "10.4", "two fragments of 65537", "02%65536 80%1", "88=1009" },
	{ "10.4", "two fragments of 65537, second header only", "02%65536 80%1~6", "88=1009" },
	{ "10.4", "two fragments of 65536 + 0", "02%65536 80", "82%65536" },
	{ "10.4", "a byte, then 65536, header only", "01'a' 80L0000000000010000", "88=1009" },
	{ "10.4", "a byte, then 2^32 - 1, header only", "01'a' 80L00000000ffffffff", "88=1009" },
	{ "10.4", "a byte, then 2^63 - 1, header only", "01'a' 80L7fffffffffffffff", "88=1009" },
	{ "10.4", "fragments that are too long one by one", "01#30000 00#30000 00#30000 80",
	  "88=1009" },
	{ "10.4", "too long behind a message", "81'Hello' 82L0000000000010001",
	  "81'Hello' 88=1009" },
	{ "10.4", "too long behind a ping", "89'p' 82L0000000000010001", "8a'p' 88=1009" },
	{ "10.4", "what follows is ignored", "82%65537 81'Hello' 88=1000", "88=1009" },
	{ "10.4", "a ping inside a message at its limit", "02%65536 89'p' 80", "8a'p' 82%65536" },
	{ "5.4", "continuation of nothing, too long", "80L0000000000010001", "88=1002" },
	{ "5.4", "text inside a text, too long", "01'a' 81L0000000000010001", "88=1002" },
};

int main(void)
{
	cases_start("");
	every_length("texts of 0 to 65536 bytes", "text", "81#", "81#");
	every_length("binaries of 0 to 65536 bytes", "binary", "82%", "82%");
	every_length("texts behind a fragmented message", "text",
	             "01'Hel' 80'lo' 81#", "81'Hello' 81#");
	cases_run("messages", rows, sizeof rows / sizeof *rows);
	cases_run("masks", masks, sizeof masks / sizeof *masks);
	cases_run("unmasked frames", unmasked, sizeof unmasked / sizeof *unmasked);
	cases_run("lengths that are not minimal", minimal, sizeof minimal / sizeof *minimal);
	cases_run("lengths over the limit", limit, sizeof limit / sizeof *limit);
	return cases_end();
}
