/* rfc_handshake.h: the tables of rfc_handshake.c. Sec-WebSocket-Accept: section 1.3, the others by
 * Python's hashlib and base64. */

static const struct {
	struct shake shake;
	const char *accept;
} accepted_keys[] = {
	{ { "1.3", "the sample key", 101, REQUEST(ALL END) }, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
	{ { "4.1", "key of 00 to 0F", 101, WITH_KEY("AAECAwQFBgcICQoLDA0ODw==") },
	  "Bz3qJYTGdOe8gUSpLosEdiLKDrk=" },
	{ { "4.1", "key of zeros", 101, WITH_KEY("AAAAAAAAAAAAAAAAAAAAAA==") },
	  "ICX+Yqv66kxgM0FcWaLWlFLwTAI=" },
	{ { "4.1", "key of ones, with slashes", 101, WITH_KEY("/////////////////////w==") },
	  "XXpj4jYzLM2yUE0C7TIgMwTQh2g=" },
	{ { "4.1", "key with plus signs", 101, WITH_KEY("+++++++++++++++++++++w==") },
	  "ixakkuXOmA6rnL940yFjkr2/Yxs=" },
	{ { "4.1", "key of digits", 101, WITH_KEY("MDEyMzQ1Njc4OWFiY2RlZg==") },
	  "BACScCJPNqyz+UBoqMH89VmURoA=" },
	{ { "4.1", "a random key", 101, WITH_KEY("xMpCOKC5I4INzFCab3WEmw==") },
	  "H4UGM3tTwiC8GoRjnOdgnIumV20=" },
	{ { "4.1", "another random key", 101, WITH_KEY("yB5yjZ1ML2NvBn+JzBSGLA==") },
	  "SBF3ZqBctYbviimL4p3zcsThRzA=" },
	{ { "4.2.2", "blanks around the key are no part of it", 101,
	  WITH_KEY(" \t xMpCOKC5I4INzFCab3WEmw== \t ") }, "H4UGM3tTwiC8GoRjnOdgnIumV20=" },
};

static const struct shake request_lines[] = {
	{ "4.2.1 (1)", "POST", 405, WITH_LINE("POST / HTTP/1.1") },
	{ "4.2.1 (1)", "HEAD", 405, WITH_LINE("HEAD / HTTP/1.1") },
	{ "4.2.1 (1)", "PUT", 405, WITH_LINE("PUT / HTTP/1.1") },
	{ "4.2.1 (1)", "OPTIONS", 405, WITH_LINE("OPTIONS / HTTP/1.1") },
	{ "4.2.1 (1)", "a method nobody knows", 405, WITH_LINE("GETS / HTTP/1.1") },
	{ "4.2.1 (1)", "get in lower case", 405, WITH_LINE("get / HTTP/1.1") },
	{ "4.2.1 (1)", "HTTP/1.0", 426, WITH_LINE("GET / HTTP/1.0") },
	{ "4.2.1 (1)", "HTTP/1.2", 101, WITH_LINE("GET / HTTP/1.2") },
	{ "4.2.1 (1)", "HTTP/0.9", 400, WITH_LINE("GET /") },
	{ "4.2.1 (1)", "http/1.1 in lower case", 400, WITH_LINE("GET / http/1.1") },
	{ "4.2.1 (1)", "HTTP/1", 400, WITH_LINE("GET / HTTP/1") },
	{ "4.2.1 (1)", "HTTP/1.x", 400, WITH_LINE("GET / HTTP/1.x") },
	{ "4.2.1 (1)", "no protocol but another", 400, WITH_LINE("GET / ICY/1.1") },
	{ "4.2.1 (1)", "no target", 400, WITH_LINE("GET HTTP/1.1") },
	{ "4.2.1 (1)", "an empty target", 400, WITH_LINE("GET  HTTP/1.1") },
	{ "4.2.1 (1)", "a blank in the target", 400, WITH_LINE("GET /a b HTTP/1.1") },
	{ "4.2.1 (1)", "two blanks", 400, WITH_LINE("GET  / HTTP/1.1") },
	{ "4.2.1 (1)", "a blank before it", 400, WITH_LINE(" GET / HTTP/1.1") },
	{ "4.2.1 (1)", "a blank behind it", 400, WITH_LINE("GET / HTTP/1.1 ") },
	{ "4.2.1 (1)", "a tab in it", 400, WITH_LINE("GET\t/ HTTP/1.1") },
	{ "4.2.1 (1)", "a target without a slash", 400, WITH_LINE("GET ws HTTP/1.1") },
	{ "4.2.1 (1)", "target *", 400, WITH_LINE("GET * HTTP/1.1") },
	{ "4.2.1 (1)", "an authority as target", 400, WITH_LINE("GET localhost:80 HTTP/1.1") },
	{ "3", "a fragment in the target", 400, WITH_LINE("GET /#top HTTP/1.1") },
	{ "3", "a query", 101, WITH_LINE("GET /?a=b&c=%20d HTTP/1.1") },
	{ "3", "a query of nothing", 101, WITH_LINE("GET /? HTTP/1.1") },
	{ "3", "a query with slashes and question marks", 101,
	  WITH_LINE("GET /?/a?b//c? HTTP/1.1") },
	{ "4.2.1 (1)", "http URI", 101, WITH_LINE("GET http://localhost/ HTTP/1.1") },
	{ "4.2.1 (1)", "ws URI with a port", 101, WITH_LINE("GET ws://localhost:80/ HTTP/1.1") },
	{ "4.2.1 (1)", "HTTP URI in upper case", 101, WITH_LINE("GET HTTP://LOCALHOST/ HTTP/1.1") },
	{ "4.2.1 (1)", "http URI without a path", 101, WITH_LINE("GET http://localhost HTTP/1.1") },
	{ "4.2.1 (1)", "http URI with a query only", 101,
	  WITH_LINE("GET http://localhost?a=b HTTP/1.1") },
	{ "4.2.1 (1)", "http URI without a host", 400, WITH_LINE("GET http:/// HTTP/1.1") },
	{ "4.2.1 (1)", "ftp URI", 400, WITH_LINE("GET ftp://localhost/ HTTP/1.1") },
};

static const struct shake hosts[] = {
	{ "4.2.1 (2)", "no Host", 400, REQUEST(LINE UPGRADE CONNECTION KEY VERSION END) },
	{ "4.2.1 (2)", "no Host, but one in the URI", 400,
	  REQUEST("GET http://localhost/ HTTP/1.1\r\n" UPGRADE CONNECTION KEY VERSION END) },
	{ "4.2.1 (2)", "an empty Host", 400, WITH_HOST("Host:") },
	{ "4.2.1 (2)", "two Hosts", 400, REQUEST(LINE HOST HOST UPGRADE CONNECTION KEY VERSION
	  END) },
	{ "4.2.1 (2)", "two different Hosts", 400, WITH_HOST(HOST "Host: example.com") },
	{ "4.2.1 (2)", "a blank in the Host", 400, WITH_HOST("Host: local host") },
	{ "4.2.1 (2)", "Hostess is no Host", 400, WITH_HOST("Hostess: localhost") },
	{ "4.2.1 (2)", "Host with a port", 101, WITH_HOST("Host: localhost:8080") },
	{ "4.2.1 (2)", "an IPv6 Host", 101, WITH_HOST("Host: [::1]:8080") },
	{ "4.2.1 (2)", "another Host", 101, WITH_HOST("Host: example.com") },
};

static const struct shake upgrades[] = {
	{ "4.2.1 (3)", "no Upgrade", 400, REQUEST(LINE HOST CONNECTION KEY VERSION END) },
	{ "4.2.1 (3)", "an empty Upgrade", 426, WITH_UPGRADE("Upgrade:") },
	{ "4.2.1 (3)", "Upgrade: h2c", 426, WITH_UPGRADE("Upgrade: h2c") },
	{ "4.2.1 (3)", "Upgrade: websockets", 426, WITH_UPGRADE("Upgrade: websockets") },
	{ "4.2.1 (3)", "Upgrade: websocke", 426, WITH_UPGRADE("Upgrade: websocke") },
	{ "4.2.1 (3)", "Upgrade: xwebsocket", 426, WITH_UPGRADE("Upgrade: xwebsocket") },
	{ "4.2.1 (3)", "Upgrade: web socket", 426, WITH_UPGRADE("Upgrade: web socket") },
	{ "4.2.1 (3)", "Upgrade: WebSocket", 101, WITH_UPGRADE("Upgrade: WebSocket") },
	{ "4.2.1 (3)", "Upgrade: WEBSOCKET", 101, WITH_UPGRADE("Upgrade: WEBSOCKET") },
	{ "4.2.1 (3)", "UPGRADE: wEbSoCkEt", 101, WITH_UPGRADE("UPGRADE: wEbSoCkEt") },
	{ "4.2.1 (3)", "a list, last", 101, WITH_UPGRADE("Upgrade: h2c, websocket") },
	{ "4.2.1 (3)", "a list, first", 101, WITH_UPGRADE("Upgrade: websocket, h2c") },
	{ "4.2.1 (3)", "a list of others", 426, WITH_UPGRADE("Upgrade: h2c, IRC/6.9") },
	{ "4.2.1 (3)", "two lines", 101, REQUEST(LINE HOST "Upgrade: h2c\r\n" UPGRADE CONNECTION KEY
	  VERSION END) },
	{ "4.2.1 (3)", "the same line twice", 101, REQUEST(LINE HOST UPGRADE UPGRADE CONNECTION KEY
	  VERSION END) },
	{ "4.2.1 (3)", "no blank", 101, WITH_UPGRADE("Upgrade:websocket") },
	{ "4.2.1 (3)", "blanks and tabs", 101, WITH_UPGRADE("Upgrade: \t websocket\t ") },
	{ "4.2.1 (3)", "Upgrades is another header", 400, WITH_UPGRADE("Upgrades: websocket") },
};

static const struct shake connections[] = {
	{ "4.2.1 (4)", "no Connection", 400, REQUEST(LINE HOST UPGRADE KEY VERSION END) },
	{ "4.2.1 (4)", "an empty Connection", 400, WITH_CONNECTION("Connection:") },
	{ "4.2.1 (4)", "keep-alive", 400, WITH_CONNECTION("Connection: keep-alive") },
	{ "4.2.1 (4)", "close", 400, WITH_CONNECTION("Connection: close") },
	{ "4.2.1 (4)", "Upgrades", 400, WITH_CONNECTION("Connection: Upgrades") },
	{ "4.2.1 (4)", "xUpgrade", 400, WITH_CONNECTION("Connection: xUpgrade") },
	{ "4.2.1 (4)", "Upgrade; websocket", 400, WITH_CONNECTION("Connection: Upgrade; a=b") },
	{ "4.2.1 (4)", "not a list", 400, WITH_CONNECTION("Connection: keep-alive Upgrade") },
	{ "4.2.1 (4)", "Connections: Upgrade", 400, WITH_CONNECTION("Connections: Upgrade") },
	{ "4.2.1 (4)", "upgrade", 101, WITH_CONNECTION("Connection: upgrade") },
	{ "4.2.1 (4)", "UPGRADE", 101, WITH_CONNECTION("Connection: UPGRADE") },
	{ "4.2.1 (4)", "connection: uPgRaDe", 101, WITH_CONNECTION("connection: uPgRaDe") },
	{ "4.2.1 (4)", "keep-alive, Upgrade", 101,
	  WITH_CONNECTION("Connection: keep-alive, Upgrade") },
	{ "4.2.1 (4)", "Upgrade, keep-alive", 101,
	  WITH_CONNECTION("Connection: Upgrade, keep-alive") },
	{ "4.2.1 (4)", "a list without blanks", 101, WITH_CONNECTION("Connection: a,b,Upgrade,c") },
	{ "4.2.1 (4)", "a list with blanks, tabs and empty items", 101,
	  WITH_CONNECTION("Connection: , \t keep-alive\t,, \tUpgrade \t,") },
	{ "4.2.1 (4)", "two lines", 101, REQUEST(LINE HOST UPGRADE "Connection: keep-alive\r\n"
	  CONNECTION KEY VERSION END) },
	{ "4.2.1 (4)", "two lines, the other way round", 101, WITH_CONNECTION(CONNECTION
	  "Connection: keep-alive") },
	{ "4.2.1 (4)", "five lines", 101, WITH_CONNECTION("Connection: a\r\nConnection: b\r\n"
	  "Connection: c\r\n" CONNECTION "Connection: d") },
	{ "4.2.1 (3)", "neither Upgrade nor Connection", 426, REQUEST(LINE HOST KEY VERSION END) },
	{ "4.2.1 (3)", "a browser's page", 426, REQUEST(LINE HOST "Accept: text/html\r\n" END) },
};

static const struct shake keys[] = {
	{ "4.2.1 (5)", "no key", 400, REQUEST(LINE HOST UPGRADE CONNECTION VERSION END) },
	{ "4.2.1 (5)", "an empty key", 400, WITH_KEY("") },
	{ "4.2.1 (5)", "15 bytes", 400, WITH_KEY("AAECAwQFBgcICQoLDA0O") },
	{ "4.2.1 (5)", "17 bytes", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODxA=") },
	{ "4.2.1 (5)", "1 byte", 400, WITH_KEY("AA==") },
	{ "4.2.1 (5)", "32 bytes", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=") },
	{ "4.2.1 (5)", "no padding", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODw") },
	{ "4.2.1 (5)", "one = only", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODw=") },
	{ "4.2.1 (5)", "three =", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODw===") },
	{ "4.2.1 (5)", "= inside", 400, WITH_KEY("AAECAwQFBgc=CQoLDA0ODw==") },
	{ "4.2.1 (5)", "a blank inside", 400, WITH_KEY("AAECAwQFBgc CQoLDA0ODw==") },
	{ "4.2.1 (5)", "another alphabet", 400, WITH_KEY("-_-_-_-_-_-_-_-_-_-_-w==") },
	{ "4.2.1 (5)", "a character of none", 400, WITH_KEY("AAECAwQFBgc*CQoLDA0ODw==") },
	{ "4.2.1 (5)", "24 letters", 400, WITH_KEY("abcdefghijklmnopqrstuvwx") },
	{ "4.2.1 (5)", "a byte that is no ASCII", 400, WITH_KEY("AAECAwQFBgc\377CQoLDA0ODw==") },
	/* RFC 4648 section 3.5 leaves this to the decoder. */
	{ "4.2.1 (5)", "bits that no byte has", 400, WITH_KEY("AAECAwQFBgcICQoLDA0ODz==") },
	{ "11.3.1", "the key twice", 400, REQUEST(LINE HOST UPGRADE CONNECTION KEY KEY VERSION
	  END) },
	{ "11.3.1", "two keys", 400, REQUEST(LINE HOST UPGRADE CONNECTION KEY
	  "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n" VERSION END) },
	{ "11.3.1", "two keys in a list", 400, WITH_KEY("dGhlIHNhbXBsZSBub25jZQ==, "
	  "dGhlIHNhbXBsZSBub25jZQ==") },
	{ "4.2.1 (5)", "Sec-WebSocket-Key1 of an old draft", 400, REQUEST(LINE HOST UPGRADE
	  CONNECTION "Sec-WebSocket-Key1: dGhlIHNhbXBsZSBub25jZQ==\r\n" VERSION END) },
};

static const struct shake versions[] = {
	{ "4.2.1 (6)", "no version", 426, REQUEST(LINE HOST UPGRADE CONNECTION KEY END) },
	{ "4.2.1 (6)", "an empty version", 426, WITH_VERSION("Sec-WebSocket-Version:") },
	{ "4.4", "version 0", 426, WITH_VERSION("Sec-WebSocket-Version: 0") },
	{ "4.4", "version 7", 426, WITH_VERSION("Sec-WebSocket-Version: 7") },
	{ "4.4", "version 8", 426, WITH_VERSION("Sec-WebSocket-Version: 8") },
	{ "4.4", "version 12", 426, WITH_VERSION("Sec-WebSocket-Version: 12") },
	{ "4.4", "version 14", 426, WITH_VERSION("Sec-WebSocket-Version: 14") },
	{ "4.4", "version 25", 426, WITH_VERSION("Sec-WebSocket-Version: 25") },
	{ "4.4", "version 255", 426, WITH_VERSION("Sec-WebSocket-Version: 255") },
	{ "4.4", "version 269, 13 in a byte", 426, WITH_VERSION("Sec-WebSocket-Version: 269") },
	{ "4.3", "version 013", 426, WITH_VERSION("Sec-WebSocket-Version: 013") },
	{ "4.3", "version 13.0", 426, WITH_VERSION("Sec-WebSocket-Version: 13.0") },
	{ "4.3", "version +13", 426, WITH_VERSION("Sec-WebSocket-Version: +13") },
	{ "4.3", "version -13", 426, WITH_VERSION("Sec-WebSocket-Version: -13") },
	{ "4.3", "version 1 3", 426, WITH_VERSION("Sec-WebSocket-Version: 1 3") },
	{ "4.3", "version thirteen", 426, WITH_VERSION("Sec-WebSocket-Version: thirteen") },
	{ "4.3", "versions 13, 8", 426, WITH_VERSION("Sec-WebSocket-Version: 13, 8") },
	{ "4.3", "versions 8, 13", 426, WITH_VERSION("Sec-WebSocket-Version: 8, 13") },
	{ "11.3.5", "13 twice", 400, REQUEST(LINE HOST UPGRADE CONNECTION KEY VERSION VERSION
	  END) },
	{ "11.3.5", "8, and 13 in another line", 400, REQUEST(LINE HOST UPGRADE CONNECTION KEY
	  "Sec-WebSocket-Version: 8\r\n" VERSION END) },
	{ "4.2.1 (6)", "blanks and tabs", 101, WITH_VERSION("Sec-WebSocket-Version: \t13 \t") },
	{ "4.2.1 (6)", "no blank", 101, WITH_VERSION("Sec-WebSocket-Version:13") },
};

static const struct shake headers[] = {
	{ "4.2.1", "names in lower case", 101, REQUEST("GET / HTTP/1.1\r\nhost: localhost\r\n"
	  "upgrade: websocket\r\nconnection: upgrade\r\n"
	  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	  "sec-websocket-version: 13\r\n\r\n") },
	{ "4.2.1", "names in upper case", 101, REQUEST("GET / HTTP/1.1\r\nHOST: localhost\r\n"
	  "UPGRADE: WEBSOCKET\r\nCONNECTION: UPGRADE\r\n"
	  "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	  "SEC-WEBSOCKET-VERSION: 13\r\n\r\n") },
	{ "4.2.1", "names in mixed case", 101, REQUEST("GET / HTTP/1.1\r\nhOsT: localhost\r\n"
	  "uPgRaDe: WebSocket\r\ncOnNeCtIoN: uPGRADE\r\n"
	  "sEc-wEbSoCkEt-kEy: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	  "SEC-websocket-VERSION: 13\r\n\r\n") },
	{ "4.2.1", "in another order", 101, REQUEST(LINE VERSION KEY CONNECTION UPGRADE HOST END) },
	{ "4.2.1", "without blanks", 101,
	  REQUEST("GET / HTTP/1.1\r\nHost:localhost\r\nUpgrade:websocket\r\n"
	  "Connection:Upgrade\r\nSec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
	  "Sec-WebSocket-Version:13\r\n\r\n") },
	{ "4.2.1", "with blanks behind", 101, REQUEST("GET / HTTP/1.1\r\nHost: localhost  \r\n"
	  "Upgrade: websocket\t\r\nConnection: Upgrade \t \r\n"
	  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==  \r\nSec-WebSocket-Version: 13 \r\n\r\n") },
	{ "4.2.1 (7)", "an Origin", 101, ALSO("Origin: http://example.com") },
	{ "4.2.1 (7)", "Origin null", 101, ALSO("Origin: null") },
	{ "4.2.1 (8)", "a protocol: no answer to it", 101, ALSO("Sec-WebSocket-Protocol: chat") },
	{ "4.2.1 (8)", "protocols: no answer to them", 101,
	  ALSO("Sec-WebSocket-Protocol: chat, superchat") },
	{ "4.2.1 (8)", "protocols in two lines", 101, REQUEST(ALL "Sec-WebSocket-Protocol: chat\r\n"
	  "Sec-WebSocket-Protocol: superchat\r\n" END) },
	{ "4.2.1 (9)", "an extension: no answer to it", 101,
	  ALSO("Sec-WebSocket-Extensions: permessage-deflate") },
	{ "4.2.1 (9)", "an extension with parameters", 101, REQUEST(ALL "Sec-WebSocket-Extensions: "
	  "permessage-deflate; client_max_window_bits; server_max_window_bits=10\r\n" END) },
	{ "4.2.1 (9)", "extensions in two lines", 101, REQUEST(ALL
	  "Sec-WebSocket-Extensions: foo, bar; baz=2\r\n"
	  "Sec-WebSocket-Extensions: permessage-deflate; a=\"b\"\r\n" END) },
	{ "4.2.1 (10)", "headers nobody knows", 101, REQUEST(ALL
	  "User-Agent: test\r\nX-Other: a\r\nX-Empty:\r\n"
	  "Cookie: a=b; c=d\r\nAuthorization: Basic YTpi\r\nPragma: no-cache\r\n" END) },
	{ "4.2.1 (10)", "a header twice", 101, ALSO("X-Other: a\r\nX-Other: b") },
	{ "4.2.1 (10)", "bytes that are no ASCII", 101, ALSO("X-Name: J\xc3\xbcrgen") },
	{ "4.2.1 (10)", "Keep-Alive", 101, ALSO("Keep-Alive: timeout=5") },
	{ "4.2.1", "Content-Length: 0", 101, ALSO("Content-Length: 0") },
	{ "4.2.1", "Content-Length: 5", 413, ALSO("Content-Length: 5") },
	{ "4.2.1", "Content-Length twice", 400, ALSO("Content-Length: 0\r\nContent-Length: 0") },
	{ "4.2.1", "Content-Length: -1", 400, ALSO("Content-Length: -1") },
	{ "4.2.1", "Transfer-Encoding", 413, ALSO("Transfer-Encoding: chunked") },
};

/* What is no HTTP: RFC 9112 sections 2.2, 3, 5. Only the limits are our own. */
static const struct shake syntax[] = {
	{ "4.2.1", "an empty line before it", 101, REQUEST("\r\n" ALL END) },
	{ "4.2.1", "two empty lines before it", 400, REQUEST("\r\n\r\n" ALL END) },
	{ "4.2.1", "LF without CR", 400, REQUEST("GET / HTTP/1.1\nHost: localhost\n\n") },
	{ "4.2.1", "CR without LF", 400, REQUEST("GET / HTTP/1.1\rHost: localhost\r\r") },
	{ "4.2.1", "LF without CR in one line", 400, REQUEST(LINE "Host: localhost\n" UPGRADE
	  CONNECTION KEY VERSION END) },
	{ "4.2.1", "a header without a colon", 400, ALSO("X-Other") },
	{ "4.2.1", "a header without a name", 400, ALSO(": a") },
	{ "4.2.1", "a blank before the colon", 400, ALSO("X-Other : a") },
	{ "4.2.1", "a blank before the colon of a known one", 400,
	  WITH_UPGRADE("Upgrade : websocket") },
	{ "4.2.1", "a blank in a name", 400, ALSO("X Other: a") },
	{ "4.2.1", "a folded header", 400, ALSO("X-Other: a\r\n b") },
	{ "4.2.1", "a header folded with a tab", 400, WITH_CONNECTION("Connection: keep-alive,\r\n"
	  "\tUpgrade") },
	{ "4.2.1", "a blank before the first header", 400, REQUEST(LINE " " ALL_BUT_LINE END) },
	{ "4.2.1", "NUL in a value", 400, ALSO("X-Other: a\0b") },
	{ "4.2.1", "NUL in a name", 400, ALSO("X\0Other: a") },
	{ "4.2.1", "NUL in the target", 400, WITH_LINE("GET /\0 HTTP/1.1") },
	{ "4.2.1", "ESC in a value", 400, ALSO("X-Other: a\033b") },
	{ "4.2.1", "DEL in a value", 400, ALSO("X-Other: a\177b") },
	{ "4.2.1", "CR in a value", 400, ALSO("X-Other: a\rb") },
	{ "4.2.1", "a name that is no ASCII", 400, ALSO("X-\xc3\xbc: a") },
	{ "4.2.1", "a name in brackets", 400, ALSO("(X): a") },
	{ "4.2.1", "a target that is no ASCII", 400, WITH_LINE("GET /\xc3\xbc HTTP/1.1") },
	{ "4.2.1", "a frame instead", 400,
	  REQUEST("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") },
	{ "4.2.1", "the preface of HTTP/2", 400, REQUEST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
	{ "4.2.1", "105 headers", 431, REQUEST(ALL TEN(TEN("X: y\r\n")) END) },
	{ "4.2.1", "40 more headers", 101, REQUEST(ALL TEN("A: b\r\nC: d\r\nE: f\r\nG: h\r\n")
	  END) },
};

static const struct shake paths[] = {
	{ "4.2.2 (4)", "the path", 101, WITH_LINE("GET /ws HTTP/1.1") },
	{ "4.2.2 (4)", "the path with a query", 101, WITH_LINE("GET /ws?a=/b HTTP/1.1") },
	{ "4.2.2 (4)", "the path in a URI", 101, WITH_LINE("GET http://localhost/ws HTTP/1.1") },
	{ "4.2.2 (4)", "the path in a ws URI", 101,
	  WITH_LINE("GET ws://localhost:1/ws?a HTTP/1.1") },
	{ "4.2.2 (4)", "/", 404, WITH_LINE("GET / HTTP/1.1") },
	{ "4.2.2 (4)", "/ws/", 404, WITH_LINE("GET /ws/ HTTP/1.1") },
	{ "4.2.2 (4)", "/w", 404, WITH_LINE("GET /w HTTP/1.1") },
	{ "4.2.2 (4)", "/wsx", 404, WITH_LINE("GET /wsx HTTP/1.1") },
	{ "4.2.2 (4)", "/WS", 404, WITH_LINE("GET /WS HTTP/1.1") },
	{ "4.2.2 (4)", "//ws", 404, WITH_LINE("GET //ws HTTP/1.1") },
	{ "4.2.2 (4)", "the path as a query", 404, WITH_LINE("GET /?/ws HTTP/1.1") },
	{ "4.2.2 (4)", "a host named ws", 404, WITH_LINE("GET http://ws HTTP/1.1") },
	{ "4.2.2 (4)", "another path, and no key", 404, REQUEST("GET /x HTTP/1.1\r\n" HOST UPGRADE
	  CONNECTION VERSION END) },
};

/* The same with many bytes x in the middle; of heads only 8192 bytes are read. */
static const struct {
	struct shake shake;
	const char *behind;
	size_t fill;
} long_ones[] = {
	{ { "4.2.1", "a value of 7900 bytes", 101, REQUEST(ALL "X: ") }, END END, 7900 },
	{ { "4.2.1", "a value of 10000 bytes", 431, REQUEST(ALL "X: ") }, END END, 10000 },
	{ { "4.2.1", "a value of 1 MiB", 431, REQUEST(ALL "X: ") }, END END, 1 << 20 },
	{ { "4.2.1", "a name of 10000 bytes", 431, REQUEST(ALL) }, ": a" END END, 10000 },
	{ { "4.2.1", "a target of 7900 bytes", 101, REQUEST("GET /") }, " HTTP/1.1\r\n" ALL_BUT_LINE
	  END, 7900 },
	{ { "4.2.1", "a target of 10000 bytes", 414, REQUEST("GET /") }, " HTTP/1.1\r\n"
	  ALL_BUT_LINE END, 10000 },
	{ { "4.2.1", "a method of 10000 bytes", 414, REQUEST("") }, " / HTTP/1.1\r\n" ALL_BUT_LINE
	  END, 10000 },
};

static const struct {
	const char *title;
	const struct shake *rows;
	size_t n;
} tables[] = {
	{ "request line", request_lines, sizeof request_lines / sizeof *request_lines },
	{ "Host", hosts, sizeof hosts / sizeof *hosts },
	{ "Upgrade", upgrades, sizeof upgrades / sizeof *upgrades },
	{ "Connection", connections, sizeof connections / sizeof *connections },
	{ "Sec-WebSocket-Key", keys, sizeof keys / sizeof *keys },
	{ "Sec-WebSocket-Version", versions, sizeof versions / sizeof *versions },
	{ "headers", headers, sizeof headers / sizeof *headers },
	{ "what is no HTTP", syntax, sizeof syntax / sizeof *syntax },
};

static const struct row frames_behind[] = {
	{ "4.2.2", "nothing", "", "" },
	{ "4.2.2", "a text", "81'Hello'", "81'Hello'" },
	{ "4.2.2", "an empty text", "81", "81" },
	{ "4.2.2", "a ping", "89'p'", "8a'p'" },
	{ "4.2.2", "a pong", "8a'p'", "" },
	{ "4.2.2", "text, ping and binary", "81'Hello' 89'p' 82[ff]", "81'Hello' 8a'p' 82[ff]" },
	{ "4.2.2", "fragments", "01'Hel' 89'p' 80'lo'", "8a'p' 81'Hello'" },
	{ "4.2.2", "100 texts", "100*81'Hello'", "100*81'Hello'" },
	{ "4.2.2", "a text of 300 bytes", "81#300", "81#300" },
	{ "4.2.2", "half a text", "81'Hello'~8", "" },
	{ "4.2.2", "half a header", "81#300~3", "" },
	{ "4.2.2", "a close", "88=1000'bye'", "88=1000" },
	{ "4.2.2", "an empty close", "88", "88" },
	{ "4.2.2", "text and close", "81'Hello' 88=1001", "81'Hello' 88=1001" },
	{ "5.1", "an unmasked text", "81u'Hello'", "88=1002" },
	{ "5.2", "a reserved opcode", "83", "88=1002" },
	{ "5.2", "a reserved bit", "c1'Hello'", "88=1002" },
	{ "5.4", "a continuation of nothing", "80'x'", "88=1002" },
	{ "8.1", "text that is no UTF-8", "81[ff]", "88=1007" },
	{ "10.4", "a message that is too long, its header", "82L0000000000010001", "88=1009" },
	{ "5.2", "another request", "<474554202f20485454502f312e310d0a0d0a>", "88=1002" },
};
