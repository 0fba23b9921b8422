/* unit_verify.c: hostile DER in a certificate's extensions, and where trusted certificates come from.
 *
 * The files are included, for what they show to nobody. What BearSSL says of a chain is tested with
 * real ones, by secure.py. */
#include "client/trust.c"
#include "client/verify.c"

#include "test/tls/der.h"

#define CONSTRAINTS "\x55\x1D\x13"
#define ALT_NAMES "\x55\x1D\x11"
#define USAGES "\x55\x1D\x25"
#define SERVER_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x01"
#define CLIENT_AUTH "\x2B\x06\x01\x05\x05\x07\x03\x02"
#define IP4 "\x7F\x00\x00\x01"
#define IP6 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"

enum { BOOLEAN = 0x01, URI = 0x86, IP = 0x87, DNS = 0x82 };
enum { AT_CA = 1, AT_IP4 = 2, AT_IP6 = 4, AT_SERVER = 8 };

/* ---- the files that there are */

static const char *shown;       /* only this one of those that are asked for */

int __wrap_access(const char *name, int mode);

int __wrap_access(const char *name, int mode)
{
	return mode == R_OK && shown && !strcmp(name, shown) ? 0 : -1;
}

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);

/* What is shown is a folder. */
int __wrap_open(const char *name, int flags, ...)
{
	return __real_open(shown && !strcmp(name, shown) ? "/" : name, flags);
}

/* ---- extensions */

static struct buf list;

/* Adds one: critical is -1 for none. */
static void extension(const char *oid, int critical, const void *value, size_t n)
{
	static struct buf e;
	uint8_t b = (uint8_t)critical;

	e.n = 0;
	element(&e, 0x06, oid, 3);
	if (critical >= 0)
		element(&e, BOOLEAN, &b, 1);
	element(&e, 0x04, value, n);
	wrap(&e, 0x30);
	raw(&list, e.b, e.n);
}

/* What is found in the list, under a guard page. */
static int found(void)
{
	static struct verify v;
	struct tls_cert cert;
	uint8_t *copy = test_guard(list.b, list.n);
	int all;

	memset(&cert, 0, sizeof cert);
	cert.extensions.p = copy;
	cert.extensions.n = list.n;
	all = trust_is_ca(&cert) ? AT_CA : 0;
	all |= verify_is_server(&cert) ? AT_SERVER : 0;
	memcpy(v.ip, IP4, v.ip_len = 4);
	all |= verify_names_ip(&v, &cert) ? AT_IP4 : 0;
	memcpy(v.ip, IP6, v.ip_len = 16);
	all |= verify_names_ip(&v, &cert) ? AT_IP6 : 0;
	test_unguard(copy, list.n);
	return all;
}

/* A list with all that is looked for; the elements before `first` are of other extensions. */
static void whole_list(void)
{
	static struct buf part;

	list.n = part.n = 0;
	extension("\x55\x1D\x0E", -1, "", 0);
	element(&part, BOOLEAN, "\xFF", 1);
	element(&part, 0x02, "\0", 1);
	wrap(&part, 0x30);
	extension(CONSTRAINTS, 0xFF, part.b, part.n);
	part.n = 0;
	element(&part, 0x06, CLIENT_AUTH, 8);
	element(&part, 0x06, SERVER_AUTH, 8);
	wrap(&part, 0x30);
	extension(USAGES, 0, part.b, part.n);
	part.n = 0;
	element(&part, DNS, "", 0);
	element(&part, 0xA0, "\x06\x00", 2);
	element(&part, URI, IP4, 4);
	element(&part, IP, "", 0);
	element(&part, IP, IP4 "\xFF\xFF\xFF\xFF", 8);
	element(&part, IP, IP4, 4);
	element(&part, IP, IP6, 16);
	wrap(&part, 0x30);
	extension(ALT_NAMES, -1, part.b, part.n);
}

/* Each element with each wrong length: nothing is read beyond the end, and what it spoils is not
 * found. BearSSL refuses such a list; a usage that is not found there counts as none. */
static void test_lengths(void)
{
	enum { IPS = AT_IP4 | AT_IP6, ALL = AT_CA | IPS | AT_SERVER };
	static const uint8_t spoilt[] = { 0, 0, AT_CA | IPS, AT_CA, 0, AT_CA, AT_CA, AT_CA, AT_CA,
		AT_CA | IPS, AT_SERVER, AT_SERVER, AT_SERVER, 0, 0, 0, IPS, IPS, IPS, IPS, IPS, IPS, IPS,
		AT_IP6, IPS, IPS, IPS, IPS, 0 };
	int at, f, used, now;

	for (f = RIGHT; f < FORMS; f++) {
		for (at = 0, used = 1; used; at++) {
			form = f;
			form_at = at;
			whole_list();
			used = form_at < 0;
			form_at = -1;
			now = found();
			/* One more or less may be right again in what is around it. */
			CHECK(f == ONE_MORE || f == ONE_LESS || f == NONE || at >= (int)sizeof spoilt ||
			      now == (f == RIGHT ? ALL : ALL & ~spoilt[at]), "form %d of %d: %x", f, at, now);
		}
		CHECK(at == sizeof spoilt, "%d elements", at);
	}
	whole_list();
	for (size_t n = list.n; n--; ) {
		list.n = n;
		CHECK(!(found() & IPS), "cut at %zu", n);
	}
}

/* Whatever one byte says. */
static void test_bytes(void)
{
	size_t i, size;
	int b;

	whole_list();
	size = list.n;
	for (i = 0; i < size; i++)
		for (b = 0; b < 256; b++) {
			whole_list();
			list.b[i] = (uint8_t)b;
			(void)found();
		}
	CHECK(i == size && size > 80, "%zu bytes", size);
}

static const struct {
	const char *oid, *value;
	size_t n;
	int found;
} values[] = {
	{ CONSTRAINTS, "\x30\x03\x01\x01\xFF", 5, AT_CA | AT_SERVER },
	{ CONSTRAINTS, "\x30\x03\x01\x01\x00", 5, AT_SERVER },
	{ CONSTRAINTS, "\x30\x03\x01\x01\x01", 5, AT_SERVER },          /* DER has FF for true only */
	{ CONSTRAINTS, "\x30\x00", 2, AT_SERVER }, { CONSTRAINTS, "", 0, AT_SERVER },
	{ CONSTRAINTS, "\x30\x02\x01\x00", 4, AT_SERVER },
	{ CONSTRAINTS, "\x30\x04\x01\x02\xFF\xFF", 6, AT_SERVER },
	{ CONSTRAINTS, "\x31\x03\x01\x01\xFF", 5, AT_SERVER },
	{ CONSTRAINTS, "\x30\x03\x02\x01\xFF", 5, AT_SERVER },
	{ CONSTRAINTS, "\x30\x02\x01\x01\xFF", 5, AT_SERVER },
	{ CONSTRAINTS, "\x30\x80\x01\x01\xFF\0\0", 7, AT_SERVER },
	{ "\x55\x1D\x12", "\x30\x03\x01\x01\xFF", 5, AT_SERVER },
	{ ALT_NAMES, "\x30\x06\x87\x04" IP4, 8, AT_IP4 | AT_SERVER },
	{ ALT_NAMES, "\x30\x12\x87\x10" IP6, 20, AT_IP6 | AT_SERVER },
	{ ALT_NAMES, "\x30\x06\x86\x04" IP4, 8, AT_SERVER },
	{ ALT_NAMES, "\x30\x06\x82\x04" IP4, 8, AT_SERVER },
	{ ALT_NAMES, "\x30\x06\xA7\x04" IP4, 8, AT_SERVER },
	{ ALT_NAMES, "\x30\x07\x87\x81\x04" IP4, 9, AT_SERVER },        /* not the shortest form */
	{ ALT_NAMES, "\x30\x05\x87\x03\x7F\x00\x00", 7, AT_SERVER },
	{ ALT_NAMES, "\x30\x07\x87\x05" IP4 "\1", 9, AT_SERVER },
	{ ALT_NAMES, "\x30\x06\x87\x05" IP4, 8, AT_SERVER },
	{ ALT_NAMES, "\x30\x05\x87\x04\x7F\x00\x00", 7, AT_SERVER },
	{ ALT_NAMES, "\x30\x08\x04\x06\x87\x04" IP4, 10, AT_SERVER },   /* inside another */
	{ ALT_NAMES, "\x30\x01\x87", 3, AT_SERVER }, { ALT_NAMES, "\x30\x02\x87\x00", 4, AT_SERVER },
	{ ALT_NAMES, "\x87\x04" IP4, 6, AT_SERVER }, { ALT_NAMES, "", 0, AT_SERVER },
	{ USAGES, "\x30\x0A\x06\x08" SERVER_AUTH, 12, AT_SERVER },
	{ USAGES, "\x30\x06\x06\x04\x55\x1D\x25\x00", 8, AT_SERVER },
	{ USAGES, "\x30\x0A\x06\x08" CLIENT_AUTH, 12, 0 },
	{ USAGES, "\x30\x0A\x05\x08" SERVER_AUTH, 12, 0 },
	{ USAGES, "\x30\x0A\x06\x07" SERVER_AUTH, 12, 0 },
	{ USAGES, "\x30\x00", 2, 0 }, { USAGES, "", 0, 0 }, { USAGES, "\x30\x0B\x06\x08" SERVER_AUTH, 12, 0 },
};

static void test_values(void)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		list.n = 0;
		extension(values[i].oid, -1, values[i].value, values[i].n);
		CHECK(found() == values[i].found, "%zu: %x", i, found());
	}
	list.n = 0;
	CHECK(found() == AT_SERVER, "no extensions");
}

/* ---- where they come from */

static void test_store(void)
{
	static const char *const known[] = { "/etc/ssl/certs/ca-certificates.crt",
		"/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt" };
	const br_x509_trust_anchor *anchors;
	char why[WHY_MAX];

	CHECK(trust_read(NULL, &anchors, why) == 0 && strstr(why, "there is no file of trusted") &&
	      strstr(why, "--cafile"), "no store: %s", why);
	CHECK(trust_read("/none.pem", &anchors, why) == 0 && strstr(why, "/none.pem: No such file"),
	      "%s", why);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		shown = known[i];
		CHECK(trust_read(NULL, &anchors, why) == 0 && strstr(why, shown) == why &&
		      strstr(why, "is not a regular file"), "%s", why);
	}
}

int main(void)
{
	test_lengths();
	test_bytes();
	test_values();
	test_store();
	return test_end();
}
