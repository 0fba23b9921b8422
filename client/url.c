/* url.c: reads a ws:// or wss:// URL, strictly (RFC 6455 section 3, RFC 3986). */
#include "client/client.h"

#include <string.h>

enum { LABEL_MAX = 63 };

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether text starts with the scheme, which is written in lower case, in any case. */
static int has_scheme(const char *text, const char *scheme)
{
	for (; *scheme; text++, scheme++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if (c != *scheme)
			return 0;
	}
	return 1;
}

/* Four numbers from 0 to 255 in n bytes, without zeros in front (RFC 3986 section 3.2.2). */
static int is_ip4(const char *s, size_t n)
{
	unsigned parts = 0, value = 0, digits = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && is_digit(s[i])) {
			if (digits && !value)
				return 0;
			value = value * 10 + (unsigned)(s[i] - '0');
			if (++digits > 3 || value > 255)
				return 0;
			continue;
		}
		if (!digits || (i < n && s[i] != '.'))
			return 0;
		parts++;
		value = digits = 0;
	}
	return parts == 4;
}

/* Eight groups of up to four hex digits; one "::" stands for one or more that are zero, an IPv4
 * address at the end for two. */
static int is_ip6(const char *s, size_t n)
{
	unsigned groups = 0, gap = 0;
	size_t i = 0;

	if (n >= 2 && s[0] == ':' && s[1] == ':') {
		gap = 1;
		i = 2;
	}
	while (i < n) {
		size_t from = i;

		while (i < n && is_hex(s[i]))
			i++;
		if (i < n && s[i] == '.') {
			groups += 2;
			return is_ip4(s + from, n - from) && (gap ? groups < 8 : groups == 8);
		}
		if (i == from || i - from > 4)
			return 0;
		groups++;
		if (i == n)
			break;
		if (s[i] != ':' || ++i == n)
			return 0;
		if (s[i] == ':') {
			if (gap++)
				return 0;
			i++;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

/* A name of labels, a dot behind the last allowed. One that ends with a number would be taken for
 * an address by some resolvers, and for another address by others. */
static int is_name(const char *s, size_t n)
{
	size_t label = 0, digits = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (!label || s[i - 1] == '-' || (i + 1 == n && digits == label))
				return 0;
			if (i + 1 < n)
				label = digits = 0;
			continue;
		}
		if (!is_letter(s[i]) && !is_digit(s[i]) && s[i] != '_' && !(s[i] == '-' && label))
			return 0;
		digits += is_digit(s[i]) ? 1 : 0;
		if (++label > LABEL_MAX)
			return 0;
	}
	return n > 0 && label > 0 && digits < label && s[n - 1] != '-';
}

/* Returns how many bytes at s are the host, with its brackets, or 0. */
static size_t read_host(struct url *u, const char *s, size_t n, const char **why)
{
	const char *end = memchr(s, *s == '[' ? ']' : ':', n);
	size_t len = end ? (size_t)(end - s) : n, from = 0;

	if (n && *s == '[') {
		from = 1;
		u->ip6 = 1;
		*why = "between [ and ] there must be an IPv6 address";
		if (!end || !is_ip6(s + 1, len - 1))
			return 0;
	} else if (!is_ip4(s, len) && !is_name(s, len)) {
		*why = len ? "the host is neither a name nor an address" : "there is no host";
		return 0;
	}
	if (len - from >= sizeof u->host) {
		*why = "the host is too long";
		return 0;
	}
	memcpy(u->host, s + from, len - from);
	u->host[len - from] = '\0';
	return len + from;
}

static int read_port(struct url *u, const char *s, size_t n)
{
	uint32_t port = 0;

	u->port = u->secure ? 443 : 80;
	/* "host:" is the default port too (RFC 3986 section 3.2.3). */
	if (n <= 1)
		return n == 0 || *s == ':' ? 0 : -1;
	if (*s != ':')
		return -1;
	for (size_t i = 1; i < n; i++) {
		if (!is_digit(s[i]))
			return -1;
		port = port * 10 + (uint32_t)(s[i] - '0');
		if (port > 65535)
			return -1;
	}
	if (!port)
		return -1;
	u->port_given = port != u->port;
	u->port = (uint16_t)port;
	return 0;
}

/* Path and query: the characters that RFC 3986 allows there. */
static int read_target(struct url *u, const char *s, const char **why)
{
	static const char marks[] = "-._~!$&'()*+,;=:@/?";
	size_t n = 0;

	if (*s != '/')
		u->target[n++] = '/';
	for (; *s; s++) {
		int escape = *s == '%' && is_hex(s[1]) && is_hex(s[2]);

		if (!escape && !is_letter(*s) && !is_digit(*s) &&
				!memchr(marks, *s, sizeof marks - 1)) {
			*why = *s == '#' ? "a fragment (#) is not allowed" :
			       "the path has characters to be written as %XX";
			return -1;
		}
		u->target[n++] = *s;
	}
	u->target[n] = '\0';
	return 0;
}

int url_parse(struct url *u, const char *text, const char **why)
{
	size_t n, host;

	memset(u, 0, sizeof *u);
	*why = "a URL starts with ws:// or wss://";
	u->secure = has_scheme(text, "wss://") ? 1 : 0;
	if (!u->secure && !has_scheme(text, "ws://"))
		return -1;
	*why = "the URL is too long";
	if (strlen(text) >= URL_MAX)
		return -1;
	text += u->secure ? 6 : 5;
	n = strcspn(text, "/?#");
	if (memchr(text, '@', n)) {
		*why = "a user name is not allowed; see -H";
		return -1;
	}
	host = read_host(u, text, n, why);
	if (!host)
		return -1;
	*why = "the port must be 1 to 65535";
	if (read_port(u, text + host, n - host))
		return -1;
	return read_target(u, text + n, why);
}
