/* rfc_fragments.c: fragmented messages (RFC 6455 sections 5.4, 5.5). */
#include "cases.h"

static const struct row messages[] = {
	{ "5.4", "text in 2 fragments", "01'Hel' 80'lo'", "81'Hello'" },
	{ "5.4", "binary in 2 fragments", "02[00ff] 80[fe01]", "82[00fffe01]" },
	{ "5.4", "text in 3 fragments", "01'a' 00'b' 80'c'", "81'abc'" },
	{ "5.4", "binary in 3 fragments", "02[80] 00[81] 80[82]", "82[808182]" },
	{ "5.4", "text in 5 fragments of 1 byte", "01'H' 00'e' 00'l' 00'l' 80'o'", "81'Hello'" },
	{ "5.4", "text in 100 fragments of 1 byte", "01#1 098*00#1 80#1", "81#100" },
	{ "5.4", "binary in 1000 fragments of 1 byte", "02%1 998*00%1 80%1", "82%1000" },
	{ "5.4", "text in 12 fragments of 100 bytes", "01#100 010*00#100 80#100", "81#1200" },
	{ "5.4", "fragments of 124, 125, 126, 127, 128 bytes",
	  "02%124 00%125 00%126 00%127 80%128", "82%630" },
	{ "5.4", "fragments of 125 and 1 bytes", "01#125 80#1", "81#126" },
	{ "5.4", "fragments of 1 and 125 bytes", "01#1 80#125", "81#126" },
	{ "5.4", "fragments of 65535 and 1 bytes", "02%65535 80%1", "82%65536" },
	{ "5.4", "fragments of 1 and 65535 bytes", "01#1 80#65535", "81#65536" },
	{ "5.4", "fragments of 32768 bytes", "02%32768 80%32768", "82%65536" },
	{ "5.4", "1024 fragments of 64 bytes", "01#64 1022*00#64 80#64", "81#65536" },
	{ "5.4", "message behind a fragmented one", "01'a' 80'b' 81'c'", "81'ab' 81'c'" },
	{ "5.4", "two fragmented messages", "01'a' 80'b' 02'c' 80'd'", "81'ab' 82'cd'" },
	{ "5.4", "fragmented message behind a whole one", "82'c' 01'a' 80'b'", "82'c' 81'ab'" },
	{ "5.4", "fragments in three writes", "01'a' | 00'b' | 80'c'", "| | 81'abc'" },
	{ "5.4", "nothing comes before the last fragment", "02%300 | 00%300 | 80", "| | 82%600" },
	{ "5.4", "the text type is kept", "01 00[c3] 80[bc]", "81[c3bc]" },
	{ "5.4", "the binary type is kept", "02 00[c3] 80[ff]", "82[c3ff]" },
};

static const struct row empty[] = {
	{ "5.4", "empty first", "01 80'x'", "81'x'" },
	{ "5.4", "empty last", "01'x' 80", "81'x'" },
	{ "5.4", "empty in the middle", "01'x' 00 80'y'", "81'xy'" },
	{ "5.4", "empty first and last", "02 00'x' 80", "82'x'" },
	{ "5.4", "all empty, two", "01 80", "81" },
	{ "5.4", "all empty, three", "01 00 80", "81" },
	{ "5.4", "all empty, binary", "02 00 00 80", "82" },
	{ "5.4", "1000 empty ones", "01 998*00 80", "81" },
	{ "5.4", "1000 empty ones around one byte", "01 500*00 00'x' 500*00 80", "81'x'" },
	{ "5.4", "empty message and then a message", "01 80 81'x'", "81 81'x'" },
};

static const struct row between[] = {
	{ "5.4", "ping between 2 fragments", "01'Hel' 89'p' 80'lo'", "8a'p' 81'Hello'" },
	{ "5.4", "empty ping between 2 fragments", "01'Hel' 89 80'lo'", "8a 81'Hello'" },
	{ "5.4", "longest ping between 2 fragments", "02[ff] 89%125 80[00]", "8a%125 82[ff00]" },
	{ "5.4", "ping is answered before the message ends", "01'Hel' 89'p' | 80'lo'",
	  "8a'p' | 81'Hello'" },
	{ "5.4", "two pings between 2 fragments", "01'Hel' 89'1' 89'2' 80'lo'",
	  "8a'1' 8a'2' 81'Hello'" },
	{ "5.4", "ping behind each of 4 fragments",
	  "01'a' 89'1' 00'b' 89'2' 00'c' 89'3' 80'd' 89'4'", "8a'1' 8a'2' 8a'3' 81'abcd' 8a'4'" },
	{ "5.4", "ping behind an empty fragment", "01 89'p' 80'x'", "8a'p' 81'x'" },
	{ "5.4", "ping before an empty fragment", "01'x' 89'p' 80", "8a'p' 81'x'" },
	{ "5.4", "pong between 2 fragments", "01'Hel' 8a'p' 80'lo'", "81'Hello'" },
	{ "5.4", "ping and pong between 2 fragments", "01'Hel' 89'p' 8a'q' 80'lo'",
	  "8a'p' 81'Hello'" },
	{ "5.4", "ping in the middle of a character", "01[e2] 89'p' 00[82] 89'q' 80[ac]",
	  "8a'p' 8a'q' 81[e282ac]" },
	{ "5.4", "ping that is no UTF-8 inside a text", "01'a' 89[ff] 80'b'", "8a[ff] 81'ab'" },
	{ "5.5.1", "close between 2 fragments", "01'Hel' 88=1000 80'lo'", "88=1000" },
	{ "5.5.1", "empty close between 2 fragments", "02[ff] 88 80[ff]", "88" },
	{ "5.5.1", "ping and close between 2 fragments", "01'Hel' 89'p' 88=1001", "8a'p' 88=1001" },
	{ "5.5.1", "close in the middle of a character", "01[e2] 88=1000", "88=1000" },
	{ "5.5.1", "illegal close between 2 fragments", "01'Hel' 88=1005 80'lo'", "88=1002" },
	{ "5.5", "ping that is not final inside a message", "01'Hel' 09'p' 80'lo'", "88=1002" },
	{ "5.5", "ping in 2 fragments inside a message", "01'Hel' 09'p' 80'q' 80'lo'", "88=1002" },
	{ "5.5", "pong that is not final inside a message", "01'Hel' 0a'p' 80'lo'", "88=1002" },
	{ "5.5", "close that is not final inside a message", "01'Hel' 08=1000 80'lo'", "88=1002" },
	{ "5.5", "close that is not final", "08=1000", "88=1002" },
	{ "5.5", "empty close that is not final", "08", "88=1002" },
	{ "5.5", "close in 2 fragments", "08=1000 80'bye'", "88=1002" },
	{ "5.5", "ping of 126 bytes inside a message", "01'Hel' 89%126 80'lo'", "88=1002" },
	{ "5.5", "close of 126 bytes", "88=1000#124", "88=1002" },
	{ "5.5", "close of 126 bytes inside a message", "01'Hel' 88=1000#124", "88=1002" },
	{ "5.5", "close of 65536 bytes", "88=1000#65534", "88=1002" },
};

static const struct row order[] = {
	{ "5.4", "final continuation of nothing", "80'x'", "88=1002" },
	{ "5.4", "continuation of nothing", "00'x'", "88=1002" },
	{ "5.4", "empty final continuation of nothing", "80", "88=1002" },
	{ "5.4", "empty continuation of nothing", "00", "88=1002" },
	{ "5.4", "continuation of nothing, then a message", "00'x' 81'y'", "88=1002" },
	{ "5.4", "continuation of nothing, then its end", "00'x' 80'y'", "88=1002" },
	{ "5.4", "continuation of nothing, header only", "80'x'~6", "88=1002" },
	{ "5.4", "continuation of a whole text", "81'Hello' 80'x'", "81'Hello' 88=1002" },
	{ "5.4", "continuation of a whole binary", "82[ff] 00[ff]", "82[ff] 88=1002" },
	{ "5.4", "continuation of a finished message", "01'a' 80'b' 80'c'", "81'ab' 88=1002" },
	{ "5.4", "open continuation of a finished one", "02'a' 80'b' 00'c' 80'd'",
	  "82'ab' 88=1002" },
	{ "5.4", "continuation of an empty text", "81 80'x'", "81 88=1002" },
	{ "5.4", "continuation behind a ping", "89'p' 80'x'", "8a'p' 88=1002" },
	{ "5.4", "continuation behind a pong", "8a'p' 00'x'", "88=1002" },
	{ "5.4", "text inside a text", "01'Hel' 81'lo'", "88=1002" },
	{ "5.4", "binary inside a text", "01'Hel' 82'lo'", "88=1002" },
	{ "5.4", "text inside a binary", "02'Hel' 81'lo'", "88=1002" },
	{ "5.4", "binary inside a binary", "02'Hel' 82'lo'", "88=1002" },
	{ "5.4", "text that is not final inside a text", "01'Hel' 01'lo' 80", "88=1002" },
	{ "5.4", "binary that is not final inside a text", "01'Hel' 02'lo' 80", "88=1002" },
	{ "5.4", "binary that is not final inside a binary", "02'Hel' 02'lo' 80", "88=1002" },
	{ "5.4", "empty text inside a text", "01'Hel' 81", "88=1002" },
	{ "5.4", "text inside an empty text", "01 81'x'", "88=1002" },
	{ "5.4", "text behind two fragments", "01'a' 00'b' 81'c'", "88=1002" },
	{ "5.4", "text behind a ping inside a text", "01'a' 89'p' 81'c'", "8a'p' 88=1002" },
	{ "5.4", "text of 65536 bytes inside a text", "01'a' 81#65536", "88=1002" },
	{ "5.4", "text inside a text, header only", "01'a' 81'b'~6", "88=1002" },
	{ "5.4", "whole message before all that", "82[00] 01'a' 81'b'", "82[00] 88=1002" },
};

/* What is left open is no message. The code for a peer that is gone is left to the server. */
static const struct row unfinished[] = {
	{ "7.1.7", "end of stream behind a first fragment", "01'Hel' !", "88=1002" },
	{ "7.1.7", "end of stream inside a frame", "81'Hello'~9 !", "88=1002" },
	{ "7.1.7", "end of stream inside a header", "82%300~3 !", "88=1002" },
	{ "7.1.7", "end of stream behind a message", "81'Hello' !", "81'Hello' 88=1002" },
	{ "5.4", "half a text is not answered", "81k00000000'Hello'~8 | <6c6c6f>", "| 81'Hello'" },
	{ "5.4", "half a header is not answered", "82k00000000'Hello'~3 | <00000048656c6c6f>",
	  "| 82'Hello'" },
};

int main(void)
{
	cases_start("");
	cases_run("fragmented messages", messages, sizeof messages / sizeof *messages);
	cases_run("empty fragments", empty, sizeof empty / sizeof *empty);
	cases_run("control frames between fragments", between, sizeof between / sizeof *between);
	cases_run("fragments out of order", order, sizeof order / sizeof *order);
	cases_run("unfinished", unfinished, sizeof unfinished / sizeof *unfinished);
	return cases_end();
}
