/* unit_url.c: tests of client/url.c: RFC 6455 section 3, RFC 3986, addresses of RFC 4291. */
#include "client/client.h"
#include "test.h"

static const struct {
	const char *text;       /* what is to be read */
	const char *host;       /* NULL: refused */
	unsigned port;
	const char *target;
} rows[] = {
	/* RFC 6455 section 3: the default ports, the path that may be left out. */
	{ "ws://server.example.com/chat", "server.example.com", 80, "/chat" },
	{ "wss://server.example.com", "server.example.com", 443, "/" },
	{ "ws://server.example.com?a=b", "server.example.com", 80, "/?a=b" },
	{ "ws://server.example.com#frag", NULL, 0, NULL },
	{ "ws://server.example.com/a#", NULL, 0, NULL },
	/* RFC 3986 section 3.1 and 6.2.2.1: schemes in any case; section 3.2.3: ports. */
	{ "WS://h/", "h", 80, "/" },
	{ "wSs://h/", "h", 443, "/" },
	{ "ws://h:/x", "h", 80, "/x" },
	{ "ws://h:80/", "h", 80, "/" },
	{ "ws://h:443/", "h", 443, "/" },
	{ "ws://h:65535", "h", 65535, "/" },
	{ "ws://h:0080/", "h", 80, "/" },
	{ "ws://h:65536", NULL, 0, NULL },
	{ "ws://h:0", NULL, 0, NULL },
	{ "ws://h:99999999999999999999", NULL, 0, NULL },
	{ "ws://h:8o", NULL, 0, NULL },
	{ "ws://h:+80", NULL, 0, NULL },
	{ "ws://h:80:80", NULL, 0, NULL },
	{ "ws://:80/", NULL, 0, NULL },
	{ "ws:///", NULL, 0, NULL },
	{ "ws://", NULL, 0, NULL },
	{ "ws:/h/", NULL, 0, NULL },
	{ "ws:h", NULL, 0, NULL },
	{ "http://h/", NULL, 0, NULL },
	{ "wsss://h/", NULL, 0, NULL },
	{ "h", NULL, 0, NULL },
	{ "", NULL, 0, NULL },
	/* Section 3.2.1: user names may be refused. */
	{ "ws://user@h/", NULL, 0, NULL },
	{ "ws://user:pass@h:80/", NULL, 0, NULL },
	{ "ws://h/@", "h", 80, "/@" },
	/* Sections 3.3, 3.4 and the base of 5.4: paths and queries. */
	{ "ws://a/b/c/d;p?q", "a", 80, "/b/c/d;p?q" },
	{ "ws://a/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?", "a", 80,
	  "/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?" },
	{ "ws://a/%7Efoo%2f?%20", "a", 80, "/%7Efoo%2f?%20" },
	{ "ws://a/%7", NULL, 0, NULL },
	{ "ws://a/%", NULL, 0, NULL },
	{ "ws://a/%g0", NULL, 0, NULL },
	{ "ws://a/ b", NULL, 0, NULL },
	{ "ws://a/\r\nX: y", NULL, 0, NULL },
	{ "ws://a/\x7f", NULL, 0, NULL },
	{ "ws://a/\xc3\xbc", NULL, 0, NULL },
	{ "ws://a/[x]", NULL, 0, NULL },
	{ "ws://a/a\\b", NULL, 0, NULL },
	{ "ws://a/\"", NULL, 0, NULL },
	/* Section 3.2.2: IPv4 addresses, and what only looks like one. */
	{ "ws://192.0.2.16:80/", "192.0.2.16", 80, "/" },
	{ "ws://0.0.0.0", "0.0.0.0", 80, "/" },
	{ "ws://255.255.255.255", "255.255.255.255", 80, "/" },
	{ "ws://256.0.0.1", NULL, 0, NULL },
	{ "ws://127.1", NULL, 0, NULL },
	{ "ws://1.2.3.4.5", NULL, 0, NULL },
	{ "ws://01.2.3.4", NULL, 0, NULL },
	{ "ws://2130706433", NULL, 0, NULL },
	{ "ws://1.2.3.4.", NULL, 0, NULL },
	{ "ws://a.1", NULL, 0, NULL },
	{ "ws://1.a", "1.a", 80, "/" },
	/* RFC 4291 section 2.2: IPv6 addresses; RFC 3986 section 1.1.2. */
	{ "ws://[2001:db8::7]/c=GB?one", "2001:db8::7", 80, "/c=GB?one" },
	{ "ws://[ABCD:EF01:2345:6789:ABCD:EF01:2345:6789]", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789",
	  80, "/" },
	{ "ws://[2001:DB8:0:0:8:800:200C:417A]:8080", "2001:DB8:0:0:8:800:200C:417A", 8080, "/" },
	{ "ws://[2001:DB8::8:800:200C:417A]", "2001:DB8::8:800:200C:417A", 80, "/" },
	{ "ws://[FF01::101]", "FF01::101", 80, "/" },
	{ "ws://[::1]:3003/ws", "::1", 3003, "/ws" },
	{ "ws://[::]", "::", 80, "/" },
	{ "ws://[1::]", "1::", 80, "/" },
	{ "ws://[::13.1.68.3]", "::13.1.68.3", 80, "/" },
	{ "ws://[::FFFF:129.144.52.38]", "::FFFF:129.144.52.38", 80, "/" },
	{ "ws://[0:0:0:0:0:0:13.1.68.3]", "0:0:0:0:0:0:13.1.68.3", 80, "/" },
	{ "ws://[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7::", 80, "/" },
	{ "ws://[1:2:3:4:5:6:7:8::]", NULL, 0, NULL },
	{ "ws://[1:2:3:4:5:6:7]", NULL, 0, NULL },
	{ "ws://[1:2:3:4:5:6:7:8:9]", NULL, 0, NULL },
	{ "ws://[1:2:3:4:5:6:7:1.2.3.4]", NULL, 0, NULL },
	{ "ws://[1::2::3]", NULL, 0, NULL },
	{ "ws://[:::]", NULL, 0, NULL },
	{ "ws://[:1]", NULL, 0, NULL },
	{ "ws://[1:]", NULL, 0, NULL },
	{ "ws://[12345::]", NULL, 0, NULL },
	{ "ws://[g::]", NULL, 0, NULL },
	{ "ws://[::1.2.3]", NULL, 0, NULL },
	{ "ws://[::1.2.3.256]", NULL, 0, NULL },
	{ "ws://[]", NULL, 0, NULL },
	{ "ws://[::1", NULL, 0, NULL },
	{ "ws://[::1]x", NULL, 0, NULL },
	{ "ws://[::1]8080", NULL, 0, NULL },
	{ "ws://::1/", NULL, 0, NULL },
	{ "ws://[fe80::1%25eth0]", NULL, 0, NULL },
	{ "ws://[v1.x]", NULL, 0, NULL },
	/* Names: RFC 1123 section 2.1, and the underscores that people have. */
	{ "ws://localhost", "localhost", 80, "/" },
	{ "ws://h.example.", "h.example.", 80, "/" },
	{ "ws://my_host-1.example", "my_host-1.example", 80, "/" },
	{ "ws://-a.example", NULL, 0, NULL },
	{ "ws://a-.example", NULL, 0, NULL },
	{ "ws://a-", NULL, 0, NULL },
	{ "ws://a..b", NULL, 0, NULL },
	{ "ws://.a", NULL, 0, NULL },
	{ "ws://.", NULL, 0, NULL },
	{ "ws://a b/", NULL, 0, NULL },
	{ "ws://a%41/", NULL, 0, NULL },
	{ "ws://\xc3\xbc/", NULL, 0, NULL },
	{ "ws://a\r\nb/", NULL, 0, NULL },
	{ "ws://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b/",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", 80, "/" },
	{ "ws://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b/", NULL, 0, NULL },
};

static void one(size_t i)
{
	size_t n = strlen(rows[i].text) + 1;
	char *text = (char *)test_guard(rows[i].text, n);
	const char *why = NULL;
	struct url u;
	int got = url_parse(&u, text, &why);

	test_unguard((uint8_t *)text, n);
	if (!rows[i].host) {
		CHECK(got == -1 && why, "'%s' is taken", rows[i].text);
		return;
	}
	CHECK(got == 0, "'%s': %s", rows[i].text, why);
	CHECK(!strcmp(u.host, rows[i].host), "'%s': host '%s'", rows[i].text, u.host);
	CHECK(u.port == rows[i].port, "'%s': port %u", rows[i].text, (unsigned)u.port);
	CHECK(!strcmp(u.target, rows[i].target), "'%s': target '%s'", rows[i].text, u.target);
	CHECK(u.secure == (rows[i].text[2] != ':'), "'%s': secure %d", rows[i].text, u.secure);
	CHECK(u.ip6 == (strchr(rows[i].text, '[') != NULL), "'%s': ip6 %d", rows[i].text, u.ip6);
}

/* The longest URL and the longest host, and one byte more. */
static void lengths(void)
{
	char text[URL_MAX + 8] = "ws://h/";
	const char *why;
	struct url u;

	memset(text + 7, 'x', URL_MAX - 8);
	CHECK(url_parse(&u, text, &why) == 0 && strlen(u.target) == URL_MAX - 7, "%s", why);
	text[URL_MAX - 1] = 'x';
	CHECK(url_parse(&u, text, &why) == -1, "%d bytes", URL_MAX);
	memcpy(text, "ws://", 5);
	for (size_t i = 0; i < URL_HOST_MAX; i++)
		text[5 + i] = i % 50 == 49 ? '.' : 'a';
	text[5 + URL_HOST_MAX - 1] = '\0';
	CHECK(url_parse(&u, text, &why) == 0, "a host of %d bytes: %s", URL_HOST_MAX - 1, why);
	memcpy(text + 5 + URL_HOST_MAX - 1, "a", 2);
	CHECK(url_parse(&u, text, &why) == -1, "a host of %d bytes", URL_HOST_MAX);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one(i);
	lengths();
	return test_end();
}
