/* unit_yaml.c: what the YAML subset accepts and means, and what it refuses, where and by which name.
 *
 * The meanings are those of the YAML 1.1 specification, compared with those of PyYAML and libyaml. */
#include "test.h"
#include "wsrelay.h"

/* The trace: entries with '|' between them ('/' for one inside). A section ends with {, a list with [, a text is =plain or
 * ="quoted", nothing is ~; !line:column: words is an error. */
static const struct { const char *text, *trace; } cases[] = {
	/* Nothing, comments, the marks of a document. */
	{ "", "" },
	{ "\n\n", "" },
	{ "# only a comment\n", "" },
	{ "   # indented\n\n#\n", "" },
	{ "---\n", "" },
	{ "---\n...\n", "" },
	{ "--- # c\na: 1\n... # c\n...\n# c\n", "a=1" },
	{ "# c\n---\na: 1\n", "a=1" },
	{ "---a: 1\n", "---a=1" },
	{ "...a: 1\n", "\"...a\"=1" },
	{ "---: 1\n", "---=1" },
	{ "a:\n---\n", "a~|!2:1: second document" },
	{ "---\n---\na: 1\n", "!2:1: second document" },
	{ "a: 1\n---\nb: 2\nc: 3\n", "a=1|!2:1: second document" },
	{ "a: 1\n...\n---\n", "a=1|!3:1: second document" },
	{ "a: 1\n...\nb: 2\nc: 3\n", "a=1|!3:1: end mark" },
	{ "...\n", "!1:1: end mark" },
	{ "--- a: 1\n", "!1:5: next line" },
	{ "... x\na: 1\n", "!1:1: end mark|a=1" },
	{ "---\n... x\n", "!2:5: next line" },
	{ "%YAML 1.1\n---\na: 1\n", "!1:1: directives|a=1" },

	/* Keys and plain texts. */
	{ "a: 1\nb: two words\n", "a=1|b=two words" },
	{ "a:    spaces   \n", "a=spaces" },
	{ "a b: c\n", "a b=c" },
	{ "a: b#c\n", "a=b#c" },
	{ "a: b # c\n", "a=b" },
	{ "a: b #c\n", "a=b" },
	{ "a: b #\n", "a=b" },
	{ "a#b: c\n", "a#b=c" },
	{ "a: #c\n", "a~" },
	{ "a:   # c\n", "a~" },
	{ "a:\n", "a~" },
	{ "a:\nb: 1\n", "a~|b=1" },
	{ "a: b:c\n", "a=b:c" },
	{ "a:b: c\n", "a:b=c" },
	{ "a: ::1\n", "a=::1" },
	{ "a: :8080\n", "a=:8080" },
	{ "a: -1\n", "a=-1" },
	{ "a: --\n", "a=--" },
	{ "a: ---\n", "a=---" },
	{ "a: ?x\n", "a=?x" },
	{ "?a: 1\n", "?a=1" },
	{ ":a: 1\n", ":a=1" },
	{ "-a: 1\n", "-a=1" },
	{ "a: x*&!|>%@`\n", "a=x*&!/>%@`" },
	{ "a: x'y\"z\n", "a=x'y\"z" },
	{ "a: x, [y] {z}\n", "a=x, [y] {z}" },
	{ "a: \\n\n", "a=\\n" },
	{ "a: ~\n", "a=~" },
	{ "a: null\n", "a=null" },
	{ "a: NO\n", "a=NO" },
	{ "a: 0644\n", "a=0644" },
	{ "a: 12:30\n", "a=12:30" },
	{ "a: ${NAME}\n", "a=${NAME}" },
	{ "a: <<\n", "a=<<" },
	{ "a: =\n", "a==" },
	{ "a: user_noti:*\n", "a=user_noti:*" },
	{ "a: gr\xC3\xBC\xC3\x9F\n", "a=gr\xC3\xBC\xC3\x9F" },
	{ "a: \xF0\x9F\x98\x80\n", "a=\xF0\x9F\x98\x80" },
	{ "gr\xC3\xBC: \xC2\xA0\n", "gr\xC3\xBC=\xC2\xA0" },
	{ "a:b\n", "!1:2: no space behind ':'" },
	{ "a\n", "!1:1: no ': ' found" },
	{ "port = 80\n", "!1:1: no ': ' found" },
	{ "server {\n  port 80\n}\n", "!1:1: no ': ' found|!3:1: cannot start" },
	{ "a: b: c\n", "!1:5: second ': '" },
	{ "a: b:\n", "!1:5: second ': '" },
	{ "a: ::\n", "!1:5: second ': '" },
	{ "a : b\n", "!1:2: space before ':'" },
	{ "a: b : c\n", "!1:5: space before ':'" },
	{ ": b\n", "!1:1: no key" },
	{ "a: : b\n", "!1:4: no key" },
	{ "a: b\n  c\n", "a=b|!2:3: over several lines" },
	{ "a: b\n  c: d\ne: 1\n", "a=b|!2:3: more indented|e=1" },
	{ "a:\n  b\n", "a{|!2:3: no ': ' found" },
	{ "<<: x\n", "!1:1: merge keys" },
	{ "'<<': x\n", "<<=x" },

	/* Tabs. */
	{ "\ta: 1\n", "!1:1: tab" },
	{ "a:\n\tb: 1\n\tc: 1\nd: 1\n", "a~|!2:1: tab|d=1" },
	{ "a:\n  b: 1\n\tc: 1\n  d: 1\n", "a{|a.b=1|!3:1: tab|a.d=1" },
	{ "a:\tb\n", "!1:3: tab" },
	{ "a: b\tc\n", "!1:5: tab" },
	{ "a: b\t# c\n", "!1:5: tab" },
	{ "a: \"b\"\t\n", "!1:7: closing quote" },
	{ "-\ta\n", "[|!1:2: tab" },
	{ "\t\n", "!1:1: tab" },
	{ "  \t# c\n", "!1:3: tab" },
	{ "a: \"b\tc\"\n", "a=\"b\tc\"" },
	{ "a: 'b\tc'\n", "a=\"b\tc\"" },
	{ "a: 1 # b\tc\n", "a=1" },

	/* Characters that must be quoted. */
	{ "a: &b c\n", "!1:4: anchors" },
	{ "&b a: c\n", "!1:1: anchors" },
	{ "a: *b\n", "!1:4: aliases" },
	{ "a: *\n", "!1:4: aliases" },
	{ "*b : c\n", "!1:1: aliases" },
	{ "a: !!str b\n", "!1:4: tags" },
	{ "a: !b\n", "!1:4: tags" },
	{ "! a: b\n", "!1:1: tags" },
	{ "a: |\n  text: x\n  y\nb: 1\n", "!1:4: block scalars|b=1" },
	{ "a: >-\n  text\nb: 1\n", "!1:4: block scalars|b=1" },
	{ "a: {b: c}\n", "!1:4: inline maps" },
	{ "a: {}\n", "!1:4: inline maps" },
	{ "{a: b}\n", "!1:1: inline maps" },
	{ "? a\n: b\n", "!1:1: complex keys|!2:1: no key" },
	{ "?\n", "!1:1: complex keys" },
	{ "- ? a\n", "[|!1:3: complex keys" },
	{ "a: ? b\n", "!1:4: complex keys" },
	{ "a: %b\n", "!1:4: cannot start" },
	{ "a: @b\n", "!1:4: cannot start" },
	{ "a: `b\n", "!1:4: cannot start" },
	{ "a: ,b\n", "!1:4: cannot start" },
	{ "a: ]b\n", "!1:4: cannot start" },
	{ "a: }b\n", "!1:4: cannot start" },
	{ "a: - b\n", "!1:4: list item" },
	{ "a: -\n", "!1:4: list item" },

	/* Quotes. */
	{ "a: \"\"\n", "a=\"\"" },
	{ "a: ''\n", "a=\"\"" },
	{ "a: 'it''s'\n", "a=\"it's\"" },
	{ "a: ''''\n", "a=\"'\"" },
	{ "a: '\\n'\n", "a=\"\\n\"" },
	{ "a: \"b\" # c\n", "a=\"b\"" },
	{ "a: '#b'\n", "a=\"#b\"" },
	{ "a: \"b: c\"\n", "a=\"b: c\"" },
	{ "a: \" b \"\n", "a=\" b \"" },
	{ "a: \"no\"\n", "a=\"no\"" },
	{ "a: \"\\\\\\\"\\n\\t\"\n", "a=\"\\\"\n\t\"" },
	{ "a: \"\\x41\\x7e\\u0042\"\n", "a=\"A~B\"" },
	{ "a: \"\\xe9\\xE9\\u00e9\\u20AC\\uFFFD\"\n", "a=\"\xC3\xA9\xC3\xA9\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBD\"" },
	{ "a: \"\\u07ff\\u0800\\uD7FF\\uE000\"\n", "a=\"\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\"" },
	{ "'a': 1\n\"b\": 2\n", "a=1|b=2" },
	{ "\"a: b\": 1\n", "a: b=1" },
	{ "\"a.b\": 1\n", "\"a.b\"=1" },
	{ "a.b: 1\n", "\"a.b\"=1" },
	{ "\"\": 1\n", "\"\"=1" },
	{ "a:\n  b.c: 1\n", "a{|a.\"b.c\"=1" },
	{ "\"a\\x62\": 1\n", "ab=1" },
	{ "a: \"b\n", "!1:4: no closing quote" },
	{ "a: 'b\n  c'\nd: 1\n", "!1:4: no closing quote|d=1" },
	{ "a: 'b''\n", "!1:4: no closing quote" },
	{ "a: \"b\\\"\n", "!1:4: no closing quote" },
	{ "a: \"b\" c\n", "!1:8: closing quote" },
	{ "a: \"b\"c\n", "!1:7: closing quote" },
	{ "a: \"b\"# c\n", "!1:7: closing quote" },
	{ "\"a\":b\n", "!1:4: closing quote" },
	{ "\"a\" : b\n", "!1:4: space before ':'" },
	{ "a: \"b\": c\n", "!1:7: second ': '" },
	{ "\"a\"\n", "!1:1: no ': ' found" },
	{ "a: \"\\q\"\n", "!1:5: wrong escape" },
	{ "a: \"\\0\"\n", "!1:5: wrong escape" },
	{ "a: \"\\x4\"\n", "!1:5: wrong escape" },
	{ "a: \"\\x00\"\n", "!1:5: wrong escape" },
	{ "a: \"\\u0000\"\n", "!1:5: wrong escape" },
	{ "a: \"\\u12g4\"\n", "!1:5: wrong escape" },
	{ "a: \"\\ud800\"\n", "!1:5: wrong escape" },
	{ "a: \"\\uDFFF\"\n", "!1:5: wrong escape" },
	{ "a: \"\\U0001F600\"\n", "!1:5: wrong escape" },
	{ "a: \"\\\n", "!1:5: wrong escape" },

	/* Sections. */
	{ "a:\n  b: 1\n  c:\n    d: 2\ne: 3\n", "a{|a.b=1|a.c{|a.c.d=2|e=3" },
	{ "a:\n b: 1\nc:\n     d: 1\n", "a{|a.b=1|c{|c.d=1" },
	{ "a: # c\n\n  # c\n# c\n  b: 1 # c\n", "a{|a.b=1" },
	{ "a:\n  b:\n  c:\n", "a{|a.b~|a.c~" },
	{ "a:\nb:\n  c: 1\n", "a~|b{|b.c=1" },
	{ "  a: 1\n  b: 2\n", "a=1|b=2" },
	{ "  a: 1\nb: 2\nc: 3\n", "a=1|!2:1: less indented|c=3" },
	{ "a:\n    b: 1\n  c: 2\nd: 3\n", "a{|a.b=1|!3:3: more indented|d=3" },
	{ "a:\n  b: 1\n    c: 2\n  d: 3\n", "a{|a.b=1|!3:5: more indented|a.d=3" },
	{ "a:\n  ---\n", "a{|!2:3: no ': ' found" },
	{ "a : 1\n  b: 2\nc: 3\n", "!1:2: space before|c=3" },
	{ "a: !x\n  b: 1\n  - c\nd: 1\n", "!1:4: tags|d=1" },
	{ "a: *x\n- b\n- c\nd: 1\n", "!1:4: aliases|d=1" },
	{ "a: 1\na: 2\n", "a=1|!2:1: set twice" },
	{ "a: 1\n\"a\": 2\n", "a=1|!2:1: set twice" },
	{ "'a': 1\n\"\\x61\": 2\n", "a=1|!2:1: set twice" },
	{ "a:\n  b: 1\n  b: 2\nb: 1\nc:\n  b: 1\na:\n  d: 1\n",
	  "a{|a.b=1|!3:3: set twice|b=1|c{|c.b=1|!7:1: set twice" },

	/* Lists. */
	{ "a:\n  - b\n  - c\nd: 1\n", "a[|a[]=b|a[]=c|d=1" },
	{ "a:\n- b\n- c\nd: 1\n", "a[|a[]=b|a[]=c|d=1" },
	{ "- a\n- \"b\"\n", "[|[]=a|[]=\"b\"" },
	{ "-\n- a\n", "[|[]~|[]=a" },
	{ "- # c\n- a # c\n", "[|[]~|[]=a" },
	{ "a:\n  - b: 1\n    c: 2\n  - b: 3\n", "a[|a[]{|a[].b=1|a[].c=2|a[]{|a[].b=3" },
	{ "a:\n-   b: 1\n    c: 2\n-\n  b: 3\nd: 4\n", "a[|a[]{|a[].b=1|a[].c=2|a[]{|a[].b=3|d=4" },
	{ "- - a\n  - b\n- c\n", "[|[][|[][]=a|[][]=b|[]=c" },
	{ "- - - a\n", "[|[][|[][][|[][][]=a" },
	{ "-\n  - a\n", "[|[][|[][]=a" },
	{ "- a:\n  - b\n  c: 1\n", "[|[]{|[].a[|[].a[]=b|[].c=1" },
	{ "- a:\n    b: 1\n- c\n", "[|[]{|[].a{|[].a.b=1|[]=c" },
	{ "- a:\n- b\n", "[|[]{|[].a~|[]=b" },
	{ "- - a:\n  - b\n", "[|[][|[][]{|[][].a~|[][]=b" },
	{ "- -1\n- -x\n", "[|[]=-1|[]=-x" },
	{ "- -\n- a\n", "[|[][|[][]~|[]=a" },
	{ "- 'a': 1\n", "[|[]{|[].a=1" },
	{ "a:\n  b:\n  - c\n  d: 1\n", "a{|a.b[|a.b[]=c|a.d=1" },
	{ "a: 1\n- b\n", "a=1|!2:1: list item" },
	{ "a:\n  b: 1\n- c\n", "a{|a.b=1|!3:1: list item" },
	{ "- a\nb: 1\n", "[|[]=a|!2:1: no '- '" },
	{ "- a\n  b\n", "[|[]=a|!2:3: over several lines" },
	{ "- a : b\n", "[|!1:4: space before" },
	{ "- a: 1\n   b: 2\n- c\n", "[|[]{|[].a=1|!2:4: more indented|[]=c" },
	{ "- a: b: c\n", "[|[]{|!1:7: second" },
	{ "- a\n -b\n", "[|[]=a|!2:2: over several lines" },
	{ "a:\n  -b\n", "a{|!2:3: no ': '" },

	/* Inline lists. */
	{ "a: []\n", "a[" },
	{ "a: [ ]\n", "a[" },
	{ "a: [b]\nc: 1\n", "a[|a[]=b|c=1" },
	{ "a: [b, \"c\" , 'd',e f ]  # c\n", "a[|a[]=b|a[]=\"c\"|a[]=\"d\"|a[]=e f" },
	{ "a: [b,]\n", "a[|a[]=b" },
	{ "a: [b:c, http://x/, d#e, -1]\n", "a[|a[]=b:c|a[]=http://x/|a[]=d#e|a[]=-1" },
	{ "- [a, b]\n- c\n", "[|[][|[][]=a|[][]=b|[]=c" },
	{ "a: [\"]\", ',']\n", "a[|a[]=\"]\"|a[]=\",\"" },
	{ "a: [,]\n", "a[|!1:5: cannot start" },
	{ "a: [b,,c]\n", "a[|a[]=b|!1:7: cannot start" },
	{ "a: [b\nc: 1\n", "a[|!1:6: no ']'|c=1" },
	{ "a: [\n", "a[|!1:5: no ']'" },
	{ "a: [b,\n  c]\nd: 1\n", "a[|a[]=b|!1:7: no ']'|d=1" },
	{ "a: [b # c]\n", "a[|!1:7: no ']'" },
	{ "a: [#b]\n", "a[|!1:5: comment" },
	{ "a: [[b]]\n", "a[|!1:5: lists in an inline list" },
	{ "a: [b, [c]]\n", "a[|a[]=b|!1:8: lists in an inline list" },
	{ "a: [{b: c}]\n", "a[|!1:5: inline maps" },
	{ "a: [b: c]\n", "a[|!1:6: keys in an inline list" },
	{ "a: [\"b\": c]\n", "a[|!1:8: keys in an inline list" },
	{ "a: [b:]\n", "a[|!1:6: cannot stand in an inline list" },
	{ "a: [b[]\n", "a[|!1:6: cannot stand in an inline list" },
	{ "a: [b{]\n", "a[|!1:6: cannot stand in an inline list" },
	{ "a: [b?]\n", "a[|!1:6: cannot stand in an inline list" },
	{ "a: [?b]\n", "a[|!1:5: cannot start" },
	{ "a: [:b]\n", "a[|!1:5: cannot start" },
	{ "a: [-]\n", "a[|!1:5: cannot start" },
	{ "a: [- b]\n", "a[|!1:5: list item" },
	{ "a: [&b]\n", "a[|!1:5: anchors" },
	{ "a: [b]c\n", "a[|a[]=b|!1:7: ']'" },
	{ "a: [b]# c\n", "a[|a[]=b|!1:7: ']'" },
	{ "a: [b]: c\n", "a[|a[]=b|!1:7: ']'" },
	{ "[b]: c\n", "!1:1: list cannot stand here" },
	{ "a: [::]:80\n", "a[|!1:5: cannot start" },

	/* Bytes. */
	{ "a: \x01\n", "!1:4: control character" },
	{ "a: 1 # \x7F\n", "!1:8: control character" },
	{ "# \x1B[31m\na: 1\n", "!1:3: control character|a=1" },
	{ "a: \"\x08\"\n", "!1:5: control character" },
	{ "a: \xC2\x80\n", "!1:4: control character" },
	{ "a: \xC2\x85\n", "!1:4: Unicode line break" },
	{ "a: 'x\xE2\x80\xA8'\n", "!1:6: Unicode line break" },
	{ "# \xE2\x80\xA9\n", "!1:3: Unicode line break" },
	{ "a: \xEF\xBB\xBF\n", "!1:4: byte order mark" },
	{ "a: \xEF\xBF\xBF\n", "!1:4: not a character" },
	{ "a: \xFF\n", "!1:4: not UTF-8" },
	{ "a: \xC3\xA9\xE9x\nb: 1\n", "!1:5: not UTF-8|b=1" },
	{ "a: \xC3\n", "!1:4: not UTF-8" },
	{ "a: \xC0\xAF\n", "!1:4: not UTF-8" },
	{ "a: \xED\xA0\x80\n", "!1:4: not UTF-8" },
	{ "a: \xF4\x90\x80\x80\n", "!1:4: not UTF-8" },
	{ "a: x\ry\n", "!1:5: carriage return" },
	{ "a: 1\r", "!1:5: carriage return" },
	{ "a: 1\rb: 2\r", "!1:5: carriage return" },
	{ "a: 1\r\r\nb: 2\r\n", "!1:5: carriage return|b=2" },

	/* Depth: eight levels, not nine. */
	{ "a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n       h: 1\n",
	  "a{|a.b{|a.b.c{|a.b.c.d{|a.b.c.d.e{|a.b.c.d.e.f{|a.b.c.d.e.f.g{|a.b.c.d.e.f.g.h=1" },
	{ "a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n       h:\n        i: 1\nj: 1\n",
	  "a{|a.b{|a.b.c{|a.b.c.d{|a.b.c.d.e{|a.b.c.d.e.f{|a.b.c.d.e.f.g{|!8:10: 8 levels|j=1" },
	{ "- - - - - - - - - x\n", "[|[][|[][][|[][][][|[][][][][|[][][][][][|[][][][][][][|"
	  "[][][][][][][][|!1:17: 8 levels" },
};

enum { ENDLESS = 100000, TRACE_MAX = 4096 };

/* Reads a text that may not be touched behind its end; writes its trace, returns its entries. */
static int trace(char *out, const char *text, size_t n)
{
	static struct yaml y;
	uint8_t *copy = test_guard(text, n);
	int found, count = 0;
	unsigned line, column;
	size_t used = 0;

	out[0] = 0;
	yaml_start(&y, (const char *)copy, n);
	while ((found = yaml_next(&y)) != YAML_END && count++ < ENDLESS) {
		char *to = out + used;
		size_t room = TRACE_MAX - used;

		if (found == YAML_ERROR) {
			yaml_where((const char *)copy, y.at, &line, &column);
			used += (size_t)snprintf(to, room, "|!%u:%u: %s", line, column, y.error);
		} else if (found == YAML_VALUE) {
			used += (size_t)snprintf(to, room, y.quoted ? "|%s=\"%s\"" : "|%s=%s", y.path, y.value);
		} else {
			used += (size_t)snprintf(to, room, "|%s%c", y.path,
						 found == YAML_EMPTY ? '~' : found == YAML_LIST ? '[' : '{');
		}
		if (used > TRACE_MAX - 1)
			used = TRACE_MAX - 1;
		while (*to && (to = strchr(to + 1, '|')) != NULL)
			*to = '/';
	}
	test_unguard(copy, n);
	return count;
}

/* Whether a trace is as expected; of an error, the place and a part of its words are. */
static int matches(const char *got, const char *want)
{
	char part[256];
	size_t n, len, place;

	for (; *want; want += n + (want[n] == '|')) {
		n = strcspn(want, "|");
		if (*got++ != '|')
			return 0;
		len = strcspn(got, "|");
		snprintf(part, sizeof(part), "%.*s", (int)n, want);
		place = *want == '!' ? strcspn(part, " ") + 1 : n;
		if (strncmp(got, part, place) || (*want != '!' && len != n))
			return 0;
		if (*want == '!' && (!strstr(got, part + place) || strstr(got, part + place) > got + len))
			return 0;
		got += len;
	}
	return !*got;
}

static void check_case(const char *text, const char *want)
{
	static char got[TRACE_MAX], variant[8192];
	size_t n = strlen(text), i, used;

	trace(got, text, n);
	CHECK(matches(got, want), "<<%s>> gives %s, not %s", text, got, want);
	if (n && text[n - 1] == '\n' && !strchr(text, '\r')) {
		trace(got, text, n - 1);
		CHECK(matches(got, want), "<<%s>> without the last line end gives %s", text, got);
	}
	used = (size_t)snprintf(variant, sizeof(variant), "\xEF\xBB\xBF%s", text);
	trace(got, variant, used);
	CHECK(matches(got, want), "<<%s>> with a byte order mark gives %s", text, got);
	for (i = used = 0; i < n; i++) {
		if (text[i] == '\n')
			variant[used++] = '\r';
		variant[used++] = text[i];
	}
	if (!strchr(text, '\r')) {
		trace(got, variant, used);
		CHECK(matches(got, want), "<<%s>> with CRLF gives %s", text, got);
	}
	for (i = 0; i < used; i++)
		CHECK(trace(got, variant, i) < ENDLESS, "<<%s>> cut at %zu", text, i);
}

static void check_limits(void)
{
	static char text[2 * YAML_FILE_MAX], got[TRACE_MAX];
	size_t n;
	int i;

	memset(text, 'x', sizeof(text));
	memcpy(text, "a: ", 3);
	text[1024] = '\n';
	trace(got, text, 1025);
	CHECK(strlen(got) == 1 + 2 + 1021, "a line of 1024 bytes: %zu", strlen(got));
	text[1024] = 'x';
	text[1025] = '\n';
	trace(got, text, 1026);
	CHECK(matches(got, "!1:1025: longer than 1024"), "a line of 1025 bytes: %s", got);
	trace(got, text, 1025);
	CHECK(matches(got, "!1:1025: longer than 1024"), "the same without line end: %s", got);

	text[1025] = 'x';
	memset(text, 'k', 65);
	memcpy(text + 64, ": 1", 3);
	trace(got, text, 67);
	CHECK(strlen(got) == 1 + 64 + 2, "a key of 64 bytes: %s", got);
	memcpy(text + 64, "k: 1", 4);
	trace(got, text, 68);
	CHECK(matches(got, "!1:1: key longer"), "a key of 65 bytes: %s", got);

	for (n = 0, i = 0; i < 257; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "k%03d: \n", i);
	CHECK(trace(got, text, n) == 257, "257 keys");
	CHECK(trace(got, text, n - 7) == 256 && !strchr(got, '!'), "256 keys");

	memset(text, '\n', sizeof(text));
	CHECK(trace(got, text, YAML_FILE_MAX) == 0, "64 KiB of empty lines: %s", got);
	trace(got, text, YAML_FILE_MAX + 1);
	CHECK(matches(got, "!1:1: larger than 64 KiB"), "one more: %s", got);
	memset(text, ' ', YAML_FILE_MAX);
	trace(got, text, YAML_FILE_MAX);
	memset(text, '#', YAML_FILE_MAX);
	CHECK(trace(got, text, YAML_FILE_MAX) == 1, "64 KiB of comment");
	for (n = 0; n + 3 <= YAML_FILE_MAX; n += 3)
		memcpy(text + n, "a:\n", 3);
	CHECK(trace(got, text, n) == (int)(n / 3), "64 KiB of one key");
	text[0] = 'a';
	text[1] = 0;
	trace(got, text, 2);
	CHECK(matches(got, "!1:2: NUL"), "a NUL: %s", got);
}

static void check_skip(void)
{
	static const char *const texts[] = {
		"a:\n  b: 1\n  c:\n    d: 1\nz: 1\n", "a:\n- b\n- c: 1\n  d: 1\nz: 1\n",
		"a: [b, c]\nz: 1\n", "a:\n  - b\n\n  - c\nz: 1\n",
	};
	static struct yaml y;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		yaml_start(&y, texts[i], strlen(texts[i]));
		CHECK(yaml_next(&y) >= YAML_SECTION, "%s", texts[i]);
		yaml_skip(&y);
		CHECK(yaml_next(&y) == YAML_VALUE && !strcmp(y.path, "z") && y.depth == 1, "%s", texts[i]);
		CHECK(yaml_next(&y) == YAML_END && yaml_next(&y) == YAML_END, "%s", texts[i]);
	}
	yaml_start(&y, "- a\n- b\n", 8);
	CHECK(yaml_next(&y) == YAML_LIST, "a list");
	yaml_skip(&y);
	CHECK(yaml_next(&y) == YAML_END, "a skipped list");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(cases[i].text, cases[i].trace);
	check_limits();
	check_skip();
	return test_end();
}
