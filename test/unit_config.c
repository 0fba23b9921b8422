/* unit_config.c: the config's values, and 150 wrong files with what must be said about them. */
#include "test.h"
#include "wsrelay.h"

extern const struct app app_relay, app_echo;

static const struct app notify = { .name = "notify" }, chat = { .name = "chat" };
static const struct app *const all_apps[] = { &app_relay, &app_echo, &notify, &chat, NULL };
static const struct app *const *built = all_apps;       /* what is in the build */
static char file[64];

/* A wrong file, and one of the things said about it. */
static const struct { const char *text; unsigned line, column; const char *words; } wrong[] = {
	/* Unknown keys. */
	{ "server:\n  prot: 8443\n", 2, 3, "unknown key 'prot' in 'server' (did you mean 'port'?)" },
	{ "sever:\n  port: 1\n", 1, 1, "unknown key 'sever' (did you mean 'server'?)" },
	{ "ap: relay\n", 1, 1, "unknown key 'ap' (did you mean 'app'?)" },
	{ "App: relay\n", 1, 1, "(did you mean 'app'?)" },
	{ "servers: x\n", 1, 1, "(did you mean 'server'?)" },
	{ "log:\n  levl: info\n", 2, 3, "unknown key 'levl' in 'log' (did you mean 'level'?)" },
	{ "log:\n  Level: info\n", 2, 3, "(did you mean 'level'?)" },
	{ "server:\n  max_connection: 1\n", 2, 3, "(did you mean 'max_connections'?)" },
	{ "server:\n  max-connections: 1\n", 2, 3, "(did you mean 'max_connections'?)" },
	{ "server:\n  tls:\n    cert_fiel: x\n", 3, 5, "unknown key 'cert_fiel' in 'server.tls' (did you mean 'cert_file'?)" },
	{ "server:\n  tlss:\n    enabled: true\n", 2, 3, "(did you mean 'tls'?)" },
	{ "memory:\n  ing: 1MiB\n", 2, 3, "(did you mean 'ring'?)" },
	{ "server:\nport: 80\n", 2, 1, "unknown key 'port' (did you mean 'server.port'? Write 'port:' indented below 'server:'" },
	{ "cert_file: x\n", 1, 1, "did you mean 'server.tls.cert_file'? Write 'cert_file:' indented below 'server.tls:'" },
	{ "server:\n  cert_file: x\n", 2, 3, "did you mean 'server.tls.cert_file'?" },
	{ "server:\n  app: relay\n", 2, 3, "did you mean 'app'? Write it without indentation" },
	{ "server:\n  log:\n    level: info\n", 2, 3, "did you mean 'log'? Write it without indentation" },
	{ "log:\n  ring: 1MiB\n", 2, 3, "did you mean 'memory.ring'?" },
	{ "server.port: 80\n", 1, 1, "unknown key 'server.port' (did you mean 'server.port'? Write 'port:' indented below 'server:'" },
	{ "\"server.port\": 80\n", 1, 1, "Write 'port:' indented below 'server:'" },
	{ "server.tls.enabled: true\n", 1, 1, "Write 'enabled:' indented below 'server.tls:'" },
	{ "unheard_of: 1\n", 1, 1, "unknown key 'unheard_of'; remove it" },
	{ "server:\n  x: 1\n", 2, 3, "unknown key 'x' in 'server'; remove it" },
	{ "\"\": 1\n", 1, 1, "unknown key ''" },
	{ "\"\\n\": 1\n", 1, 1, "unknown key '\\x0A'" },
	{ "gr\xC3\xB6\xC3\x9F" "e: 1\n", 1, 1, "unknown key 'gr\\xC3\\xB6\\xC3\\x9F" "e'" },
	{ "history: 100\n", 1, 1, "unknown key 'history'" },
	{ "relay:\n  slow_clients: drop\n", 2, 3, "(did you mean 'slow_client'?)" },
	{ "metrics:\n  enable: true\n", 2, 3, "(did you mean 'enabled'?)" },
	{ "echo:\n  status: 1s\n", 2, 3, "unknown key 'status' in 'echo'" },
	{ "echo:\n  status_intervals: 1s\n", 2, 3, "(did you mean 'status_interval'?)" },
	{ "ecko:\n  status_interval: 1s\n", 1, 1, "(did you mean 'echo'?)" },
	{ "status_interval: 1s\n", 1, 1, "Write 'status_interval:' indented below 'echo:'" },

	/* Twice. */
	{ "app: echo\napp: relay\n", 2, 1, "'app' is set twice (first on line 1)" },
	{ "metrics:\n  port: 1\n  port: 1\n", 3, 3, "'port' is set twice in 'metrics' (first on line 2)" },
	{ "server:\n  port: 1\nlog:\n  level: info\nserver:\n  path: /\n", 5, 1, "'server' is set twice (first on line 1)" },
	{ "server:\n  port: 1\n  'port': 2\n", 3, 3, "'port' is set twice in 'server' (first on line 2)" },
	{ "echo:\n  status_interval: 1s\n  status_interval: 2s\n", 3, 3, "'status_interval' is set twice in 'echo' (first on line 2)" },
	{ "echo:\n  status_interval: 1s\necho:\n", 3, 1, "'echo' is set twice (first on line 1)" },
	{ "x: 1\nx: 2\n", 2, 1, "'x' is set twice (first on line 1)" },

	/* Sections and values. */
	{ "echo: 30s\n", 1, 1, "'echo' is a section, not a value" },
	{ "echo:\n  status_interval: [1s]\n", 2, 3, "'echo.status_interval' takes one value, not a list" },
	{ "server: 8080\n", 1, 1, "'server' is a section, not a value" },
	{ "server: \"\"\n", 1, 1, "'server' is a section, not a value" },
	{ "server: ~\n", 1, 1, "'server' is a section, not a value" },
	{ "server: [a]\n", 1, 1, "'server' is a section, not a list" },
	{ "server:\n  - port: 1\n", 1, 1, "'server' is a section, not a list" },
	{ "server:\n- port: 1\n", 1, 1, "'server' is a section, not a list" },
	{ "server:\n  tls: true\n", 2, 3, "'server.tls' is a section, not a value" },
	{ "server:\n  port:\n    x: 1\n", 2, 3, "'server.port' takes one value, not a section" },
	{ "server:\n  port:\n    8080\n", 2, 3, "'server.port' takes one value, not a section" },
	{ "server:\n  port: [80, 81]\n", 2, 3, "'server.port' takes one value, not a list; write it behind 'port:'" },
	{ "server:\n  port:\n  - 80\n", 2, 3, "'server.port' takes one value, not a list" },
	{ "app:\n  relay: 1\n", 1, 1, "'app' takes one value, not a section" },
	{ "app: []\n", 1, 1, "'app' takes one value, not a list" },
	{ "- app: relay\n", 1, 1, "a list; write lines of 'key: value'" },
	{ "- a\n- b\n", 1, 1, "a list" },
	{ "app: ~\n", 1, 6, "'app' takes a value, not ~" },
	{ "server:\n  port: null\n", 2, 9, "'server.port' takes a value, not null; remove the line" },
	{ "server:\n  path: Null\n", 2, 9, "not Null" },
	{ "server:\n  path: NULL\n", 2, 9, "not NULL" },

	/* Numbers. */
	{ "server:\n  port: 84430\n", 2, 9, "'server.port' must be 0 to 65535 (got 84430)" },
	{ "server:\n  port: 65536\n", 2, 9, "must be 0 to 65535" },
	{ "server:\n  port: -1\n", 2, 9, "takes a whole number, not '-1'" },
	{ "server:\n  port: +80\n", 2, 9, "takes a whole number, not '+80'" },
	{ "server:\n  port: 080\n", 2, 9, "takes a whole number, not '080'; write digits only, no 0 in front" },
	{ "server:\n  port: 00\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 0x50\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 0o50\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 8_080\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 1e3\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 80.0\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 12:30\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: http\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: ''\n", 2, 9, "takes a whole number, not ''" },
	{ "server:\n  port: ' 80'\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: '80 '\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 8080KiB\n", 2, 9, "takes a whole number" },
	{ "server:\n  port: 18446744073709551696\n", 2, 9, "must be 0 to 65535" },
	{ "server:\n  port: 4294967376\n", 2, 9, "must be 0 to 65535" },
	{ "server:\n  port: 99999999999999999999999999999999999999999999\n", 2, 9, "must be 0 to 65535" },
	{ "server:\n  max_connections: 0\n", 2, 20, "must be 1 to 100000 (got 0)" },
	{ "server:\n  max_connections: 100001\n", 2, 20, "must be 1 to 100000" },
	{ "metrics:\n  port: true\n", 2, 9, "takes a whole number" },
	{ "metrics:\n  port: 65536\n", 2, 9, "'metrics.port' must be 0 to 65535" },

	/* Sizes. */
	{ "server:\n  max_message_size: 64KB\n", 2, 21, "takes a size, not '64KB'; write 64KiB" },
	{ "server:\n  max_message_size: 64k\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: 64K\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: 1m\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: 1MB\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: 64kib\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: 64 KiB\n", 2, 21, "write 64KiB" },
	{ "server:\n  max_message_size: KiB\n", 2, 21, "takes a size, not 'KiB'" },
	{ "server:\n  max_message_size: 1.5MiB\n", 2, 21, "takes a size" },
	{ "server:\n  max_message_size: -1\n", 2, 21, "takes a size" },
	{ "server:\n  max_message_size: 0\n", 2, 21, "must be 125 to 16MiB (got 0)" },
	{ "server:\n  max_message_size: 124\n", 2, 21, "must be 125 to 16MiB" },
	{ "server:\n  max_message_size: 16777217\n", 2, 21, "must be 125 to 16MiB" },
	{ "server:\n  max_message_size: 17MiB\n", 2, 21, "must be 125 to 16MiB" },
	{ "server:\n  max_message_size: 16GiB\n", 2, 21, "must be 125 to 16MiB" },
	{ "memory:\n  ring: 4GiB\n", 2, 9, "must be 4KiB to 1GiB (got 4GiB)" },
	{ "memory:\n  ring: 17179869185GiB\n", 2, 9, "must be 4KiB to 1GiB" },
	{ "memory:\n  ring: 4194305KiB\n", 2, 9, "must be 4KiB to 1GiB" },
	{ "memory:\n  ring: 1023\n", 2, 9, "must be 4KiB to 1GiB" },
	{ "memory:\n  ring: 0\n", 2, 9, "must be 4KiB to 1GiB" },
	{ "memory:\n  budget: 1073741825\n", 2, 11, "must be 4KiB to 1GiB" },
	{ "memory:\n  budget: 10s\n", 2, 11, "takes a size" },
	{ "memory:\n  input: 4095\n", 2, 10, "must be 4KiB to 16MiB" },
	{ "memory:\n  input: 32MiB\n", 2, 10, "must be 4KiB to 16MiB" },
	{ "memory:\n  input: 064KiB\n", 2, 10, "takes a size" },

	/* Times. */
	{ "server:\n  ping_interval: 10 s\n", 2, 18, "takes a time, not '10 s'; write 500ms, 10s, 5m, 1h or seconds" },
	{ "server:\n  ping_interval: 10sec\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: 1.5s\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: 10S\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: 1d\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: off\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: 64KiB\n", 2, 18, "takes a time" },
	{ "server:\n  ping_interval: 99ms\n", 2, 18, "must be 100ms to 24h, or 0 (got 99ms)" },
	{ "server:\n  ping_interval: 25h\n", 2, 18, "must be 100ms to 24h, or 0 (got 25h)" },
	{ "server:\n  ping_interval: 86401\n", 2, 18, "must be 100ms to 24h, or 0" },
	{ "server:\n  ping_interval: 1193h\n", 2, 18, "must be 100ms to 24h" },
	{ "server:\n  ping_interval: 4294968s\n", 2, 18, "must be 100ms to 24h" },
	{ "server:\n  ping_interval: 5124095576030431h\n", 2, 18, "must be 100ms to 24h" },
	{ "server:\n  pong_timeout: 0\n", 2, 17, "'server.pong_timeout' must be 100ms to 24h (got 0)" },
	{ "server:\n  write_timeout: 0s\n", 2, 18, "must be 100ms to 24h (got 0s)" },
	{ "server:\n  handshake_timeout: 0ms\n", 2, 22, "must be 100ms to 24h (got 0ms)" },
	{ "server:\n  shutdown_timeout: 1441m\n", 2, 21, "must be 0 to 24h (got 1441m)" },
	{ "server:\n  shutdown_timeout: -5s\n", 2, 21, "takes a time" },
	{ "echo:\n  status_interval: 999ms\n", 2, 20, "'echo.status_interval' must be 1s to 24h, or 0 (got 999ms)" },
	{ "echo:\n  status_interval: 25h\n", 2, 20, "must be 1s to 24h, or 0" },
	{ "echo:\n  status_interval: never\n", 2, 20, "takes a time, not 'never'" },

	/* Choices and switches. */
	{ "app: foo\n", 1, 6, "'app' takes relay | echo | notify | chat, not 'foo'" },
	{ "app: Relay\n", 1, 6, "'app' takes relay" },
	{ "app: ''\n", 1, 6, "'app' takes relay" },
	{ "app: 0\n", 1, 6, "'app' takes relay" },
	{ "log:\n  level: verbose\n", 2, 10, "'log.level' takes error | warn | info | debug, not 'verbose'" },
	{ "log:\n  level: 3\n", 2, 10, "'log.level' takes error" },
	{ "log:\n  format: xml\n", 2, 11, "'log.format' takes text | json, not 'xml'" },
	{ "log:\n  target: /var/log/x\n", 2, 11, "'log.target' takes stderr | syslog, not '/var/log/x'" },
	{ "relay:\n  slow_client: block\n", 2, 16, "takes disconnect | drop, not 'block'" },
	{ "server:\n  tls:\n    enabled: maybe\n", 3, 14, "'server.tls.enabled' takes true or false, not 'maybe'" },
	{ "metrics:\n  enabled: 1\n", 2, 12, "takes true or false, not '1'" },
	{ "metrics:\n  enabled: True\n", 2, 12, "takes true or false, not 'True'" },
	{ "metrics:\n  enabled: y\n", 2, 12, "takes true or false, not 'y'" },

	/* Addresses, paths, names of files. */
	{ "server:\n  address: localhost\n", 2, 12, "'server.address' takes an address, not 'localhost'" },
	{ "server:\n  address: 127.0.0\n", 2, 12, "takes an address" },
	{ "server:\n  address: 127.0.0.256\n", 2, 12, "takes an address" },
	{ "server:\n  address: 127.0.0.1:80\n", 2, 12, "takes an address" },
	{ "server:\n  address: '[::1]'\n", 2, 12, "no brackets" },
	{ "server:\n  address: [::1]\n", 2, 3, "takes one value, not a list" },
	{ "server:\n  address: '::1::'\n", 2, 12, "takes an address" },
	{ "server:\n  address: 'fe80::1%eth0'\n", 2, 12, "takes an address" },
	{ "server:\n  address: \"*\"\n", 2, 12, "takes an address" },
	{ "server:\n  address: *\n", 2, 12, "aliases" },
	{ "server:\n  address: unix:run/x\n", 2, 12, "takes an address" },
	{ "server:\n  address: 'unix:'\n", 2, 12, "takes an address" },
	{ "server:\n  address: unix:/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 2, 12, "(a short one)" },
	{ "server:\n  address: \"unix:/x\\ty\"\n", 2, 12, "wrong character: tab" },
	{ "metrics:\n  address: example.com\n", 2, 12, "'metrics.address' takes an address" },
	{ "server:\n  path: ws\n", 2, 9, "'server.path' takes a path, not 'ws'" },
	{ "server:\n  path: '/a b'\n", 2, 9, "takes a path" },
	{ "server:\n  path: /a?b\n", 2, 9, "takes a path" },
	{ "server:\n  path: '/a#b'\n", 2, 9, "takes a path" },
	{ "server:\n  path: http://x/\n", 2, 9, "takes a path" },
	{ "server:\n  path: \"/a\\nb\"\n", 2, 9, "wrong character: control character" },
	{ "server:\n  path: \"/\\u2028\"\n", 2, 9, "wrong character: a Unicode line break" },
	{ "server:\n  tls:\n    key_file: \"a\\x07\"\n", 3, 15, "'server.tls.key_file' holds a wrong character" },

	/* Rules between keys. */
	{ "memory:\n  ring: 128KiB\n", 2, 9, "write 196650 or more" },
	{ "memory:\n  ring: 196649\n", 2, 9, "'memory.ring' must be at least 3 x (server.max_message_size + 14)" },
	{ "memory:\n  budget: 262143\n", 2, 11, "must be at least 4 x server.max_message_size; write 262144 or more" },
	{ "server:\n  max_message_size: 16MiB\nmemory:\n  budget: 4MiB\n", 4, 11, "write 67108864 or more" },
	{ "memory:\n  ring: 1MiB\nserver:\n  max_message_size: 1MiB\n", 2, 9, "write 3145770 or more" },
	{ "server:\n  port: 9090\nmetrics:\n  enabled: on\n", 2, 9, "'metrics.port' and 'server.port' are both 9090" },
	{ "metrics:\n  enabled: on\n  port: 8080\n", 3, 9, "are both 8080" },
	{ "server:\n  address: 0.0.0.0\nmetrics:\n  enabled: on\n  port: 8080\n", 5, 9, "are both 8080" },
	{ "server:\n  address: '::1'\nmetrics:\n  enabled: on\n  address: '0:0::1'\n  port: 8080\n", 6, 9, "both" },

	/* The file itself. */
	{ "\tapp: relay\n", 1, 1, "tab used for indentation; use spaces" },
	{ "server:\n\tport: 80\n", 2, 1, "tab used for indentation" },
	{ "app:relay\n", 1, 4, "no space behind ':'" },
	{ "app relay\n", 1, 1, "no ': ' found" },
	{ "[server]\nport = 1\n", 1, 1, "error" },
	{ "{\"server\": {\"port\": 80}}\n", 1, 1, "inline maps" },
	{ "server: {port: 80}\n", 1, 9, "inline maps" },
	{ "server: &s\n  port: 80\n", 1, 9, "anchors" },
	{ "a: &a [x, x]\nb: &b [*a, *a]\n", 2, 4, "anchors" },
	{ "server:\n  <<: *s\n", 2, 3, "merge keys" },
	{ "app: !!python/object/apply:os.system [ls]\n", 1, 6, "tags" },
	{ "app: |\n  relay\n", 1, 6, "block scalars" },
	{ "app: relay\n---\napp: echo\n", 2, 1, "second document" },
	{ "app: 'relay\n", 1, 6, "no closing quote" },
	{ "app: \"re\\lay\"\n", 1, 9, "wrong escape" },
	{ "app: relay\n  x\n", 2, 3, "over several lines" },
	{ "server:\n  port: 80\n   path: /x\n", 3, 4, "more indented" },
	{ "app: \xFF\xFE\n", 1, 6, "not UTF-8" },
	{ "# \xE9\n", 1, 3, "not UTF-8" },
	{ "\xFF\xFE" "a\n", 1, 1, "not UTF-8" },
	{ "app: relay\x1B[2J\n", 1, 11, "control character" },
	{ "\x7F" "ELF\n", 1, 1, "control character" },
	{ "\x1F\x8B\x08\n", 1, 1, "control character" },
	{ "app: relay\rserver:\r", 1, 11, "carriage return" },
	{ "\xEF\xBB\xBF\xEF\xBB\xBF" "app: relay\n", 1, 1, "byte order mark" },
	{ "\xEF\xBB\xBF" "xpp: relay\n", 1, 1, "(did you mean 'app'?)" },
	{ "\xC3\xA9\xC3\xA9: 1\nserver:\n  \xC3\xA9: 1\n", 3, 3, "unknown key" },
	{ "<?xml version=\"1.0\"?>\n", 1, 1, "no ': ' found" },
	{ "a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n       h:\n        i: 1\n", 1, 1, "unknown key 'a'" },
};

/* A right file, and what one of its values is. */
#define AT(field) offsetof(struct config, field)
static const struct { const char *text; size_t offset; uint32_t value; } right[] = {
	{ "", AT(server_port), 8080 },
	{ "# nothing\n", AT(server_port), 8080 },
	{ "server:\n", AT(server_port), 8080 },
	{ "server:\n  port:\n", AT(server_port), 8080 },
	{ "---\nserver:\n  port: 1\n...\n", AT(server_port), 1 },
	{ "\xEF\xBB\xBFserver:\r\n  port: 1\r\n", AT(server_port), 1 },
	{ "server:\n  port: 0\n", AT(server_port), 0 },
	{ "server:\n  port: 65535\n", AT(server_port), 65535 },
	{ "server:\n  port: \"80\" # c\n", AT(server_port), 80 },
	{ "\"server\":\n  'port': 80\n", AT(server_port), 80 },
	{ "app: echo\n", AT(app), 1 },
	{ "app: chat", AT(app), 3 },
	{ "server:\n  tls:\n    enabled: true\n", AT(server_tls_enabled), 1 },
	{ "server:\n  tls:\n    enabled: yes\n", AT(server_tls_enabled), 1 },
	{ "server:\n  tls:\n    enabled: on\n", AT(server_tls_enabled), 1 },
	{ "metrics:\n  enabled: no\n", AT(metrics_enabled), 0 },
	{ "metrics:\n  enabled: off\n", AT(metrics_enabled), 0 },
	{ "metrics:\n  enabled: false\n", AT(metrics_enabled), 0 },
	{ "metrics:\n  enabled: 'true'\n", AT(metrics_enabled), 1 },
	{ "server:\n  max_connections: 100000\n", AT(server_max_connections), 100000 },
	{ "server:\n  max_message_size: 125\n", AT(server_max_message_size), 125 },
	{ "server:\n  max_message_size: 1KiB\n", AT(server_max_message_size), 1024 },
	{ "server:\n  max_message_size: 16MiB\n", AT(server_max_message_size), 16777216 },
	{ "server:\n  max_message_size: 16MiB\n", AT(memory_ring), 67108864 },
	{ "server:\n  max_message_size: 16MiB\n", AT(memory_budget), 67108864 },
	{ "server:\n  max_message_size: 256KiB\n", AT(memory_ring), 1048576 },
	{ "server:\n  max_message_size: 512KiB\n", AT(memory_ring), 2097152 },
	{ "server:\n  max_message_size: 512KiB\n", AT(memory_budget), 4194304 },
	{ "memory:\n  ring: 196650\n", AT(memory_ring), 196650 },
	{ "memory:\n  budget: 256KiB\n", AT(memory_budget), 262144 },
	{ "memory:\n  ring: 1GiB\n", AT(memory_ring), 1073741824 },
	{ "memory:\n  input: 4096\n", AT(memory_input), 4096 },
	{ "server:\n  ping_interval: 0\n", AT(server_ping_interval), 0 },
	{ "server:\n  ping_interval: 0ms\n", AT(server_ping_interval), 0 },
	{ "server:\n  ping_interval: 5\n", AT(server_ping_interval), 5000 },
	{ "server:\n  ping_interval: 100ms\n", AT(server_ping_interval), 100 },
	{ "server:\n  ping_interval: 90s\n", AT(server_ping_interval), 90000 },
	{ "server:\n  ping_interval: 5m\n", AT(server_ping_interval), 300000 },
	{ "server:\n  ping_interval: 24h\n", AT(server_ping_interval), 86400000 },
	{ "server:\n  ping_interval: 86400\n", AT(server_ping_interval), 86400000 },
	{ "server:\n  shutdown_timeout: 0\n", AT(server_shutdown_timeout), 0 },
	{ "server:\n  shutdown_timeout: 1ms\n", AT(server_shutdown_timeout), 1 },
	{ "relay:\n  slow_client: drop\n", AT(relay_slow_client), SLOW_DROP },
	{ "log:\n  level: error\n", AT(log_level), LOG_LEVEL_ERROR },
	{ "log:\n  level: debug\n", AT(log_level), LOG_LEVEL_DEBUG },
	{ "log:\n  format: json\n", AT(log_format), LOG_FORMAT_JSON },
	{ "log:\n  target: syslog\n", AT(log_target), LOG_TARGET_SYSLOG },
	{ "app: echo\necho:\n  status_interval: 0\n", AT(echo_status_interval), 0 },
	{ "echo:\n  status_interval: 1s\n", AT(echo_status_interval), 1000 },
	{ "echo:\n  status_interval: 24h\n", AT(echo_status_interval), 86400000 },
	{ "echo:\n", AT(echo_status_interval), 30000 },
	{ "server:\n  port: 9090\n", AT(server_port), 9090 },
	{ "server:\n  port: 0\nmetrics:\n  enabled: on\n  port: 0\n", AT(metrics_port), 0 },
	{ "server:\n  address: 127.0.0.2\nmetrics:\n  enabled: on\n  port: 8080\n", AT(metrics_port), 8080 },
	{ "server:\n  address: '::'\nmetrics:\n  enabled: on\n  port: 8080\n", AT(metrics_port), 8080 },
	{ "server:\n  address: unix:/x\nmetrics:\n  enabled: on\n  port: 8080\n", AT(metrics_port), 8080 },
};

static const struct { const char *text; size_t offset; const char *value; } texts[] = {
	{ "", AT(server_address), "" },
	{ "server:\n  address:\n", AT(server_address), "" },
	{ "server:\n  address: ''\n", AT(server_address), "" },
	{ "server:\n  address: ::1\n", AT(server_address), "::1" },
	{ "server:\n  address: \"::ffff:1.2.3.4\"\n", AT(server_address), "::ffff:1.2.3.4" },
	{ "server:\n  address: unix:/run/wsrelay.sock\n", AT(server_address), "unix:/run/wsrelay.sock" },
	{ "server:\n  address: unix:/a b\n", AT(server_address), "unix:/a b" },
	{ "metrics:\n  address: 0.0.0.0\n", AT(metrics_address), "0.0.0.0" },
	{ "", AT(metrics_address), "127.0.0.1" },
	{ "server:\n  path: /ws # c\n", AT(server_path), "/ws" },
	{ "server:\n  path: /\xC3\xA9\n", AT(server_path), "/\xC3\xA9" },
	{ "server:\n  path: '/\"\\'\n", AT(server_path), "/\"\\" },
	{ "server:\n  tls:\n    cert_file: no\n", AT(server_tls_cert_file), "no" },
	{ "server:\n  tls:\n    cert_file: \"null\"\n", AT(server_tls_cert_file), "null" },
	{ "server:\n  tls:\n    cert_file: '~'\n", AT(server_tls_cert_file), "~" },
	{ "server:\n  tls:\n    cert_file: 'a: b # c'\n", AT(server_tls_cert_file), "a: b # c" },
	{ "server:\n  tls:\n    key_file: ''\n", AT(server_tls_key_file), "" },
	{ "server:\n  tls:\n    key_file: -.-\n", AT(server_tls_key_file), "-.-" },
	{ "server:\n  tls:\n    key_file: 0644\n", AT(server_tls_key_file), "0644" },
	{ "server:\n  tls:\n    key_file: ${X}/k\n", AT(server_tls_key_file), "${X}/k" },
};

static void write_file(const char *text, size_t n)
{
	FILE *f = fopen(file, "wb");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f)) {
		perror(file);
		exit(2);
	}
}

/* Loads a file; out has what was said. */
static int load(struct config *c, const char *name, char out[8192])
{
	char *text = NULL;
	size_t n = 0;
	FILE *err = open_memstream(&text, &n);
	int r = config_load(c, name, built, err);

	fclose(err);
	snprintf(out, 8192, "%s", text);
	CHECK(n < 4096, "%zu bytes are said", n);
	CHECK((r == 0) == (n == 0), "%d, but %s", r, out);
	free(text);
	for (n = 0; out[n]; n++)
		if (out[n] != '\n' && (out[n] < ' ' || out[n] > '~'))
			break;
	CHECK(!out[n], "not printable: %s", out);
	return r;
}

static int load_text(struct config *c, const char *text, char out[8192])
{
	write_file(text, strlen(text));
	return load(c, file, out);
}

/* The printed config; with_help as in config_print. */
static char *print(const struct config *c, int with_help)
{
	static char *text;
	static size_t n;
	FILE *f = open_memstream(&text, &n);

	config_print(c, built, f, with_help);
	fclose(f);
	return text;
}

static void check_round_trip(const struct config *c, const char *of)
{
	char out[8192], *text;
	struct config again;
	int with_help;

	for (with_help = 0; with_help < 2; with_help++) {
		text = print(c, with_help);
		CHECK(load_text(&again, text, out) == 0, "%s, printed: %s", of, out);
		CHECK(!memcmp(c, &again, sizeof(again)), "%s is not the same when printed: %s", of, text);
		free(text);
	}
}

/* The caret stands below the column; all but long lines show the place. */
static void check_caret(const char *out, const char *text, unsigned line, unsigned column, const char *at)
{
	const char *shown = strchr(at, '\n') + 1, *caret = strchr(shown, '\n') + 1, *end = strchr(caret, '\n');
	char number[16];

	snprintf(number, sizeof(number), "%5u | ", line);
	CHECK(!strncmp(shown, number, 8), "the line of <<%s>>: %s", text, out);
	CHECK(end && end[-1] == '^' && strspn(caret, " ") == (size_t)(end - caret) - 1, "the caret: %s", out);
	while (--line)
		text = strchr(text, '\n') + 1;
	if (end && strspn(text, " abcdefghijklmnopqrstuvwxyz0123456789_:.'\"[]{}&*!|/KMGiB") >= column)
		CHECK((size_t)(end - 1 - caret) == 7 + column && shown[7 + column] == text[column - 1],
		      "the caret is elsewhere: %s", out);
}

static void check_wrong(void)
{
	struct config c;
	char out[8192], place[128];
	const char *at;
	size_t i;

	CHECK(sizeof(wrong) / sizeof(wrong[0]) >= 150, "150 wrong files");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(load_text(&c, wrong[i].text, out) == -1, "<<%s>> is accepted", wrong[i].text);
		snprintf(place, sizeof(place), "%s:%u:%u: error: ", file, wrong[i].line, wrong[i].column);
		at = strstr(out, place);
		CHECK(at && strstr(at, wrong[i].words) && strstr(at, wrong[i].words) < strchr(at, '\n'),
		      "<<%s>> gives %s instead of %s%s", wrong[i].text, out, place, wrong[i].words);
		if (at)
			check_caret(out, wrong[i].text, wrong[i].line, wrong[i].column, at);
	}
}

static void check_right(void)
{
	struct config c;
	char out[8192];
	const char *bytes = (const char *)&c;
	uint32_t value;
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		CHECK(load_text(&c, right[i].text, out) == 0, "<<%s>>: %s", right[i].text, out);
		memcpy(&value, bytes + right[i].offset, sizeof(value));
		CHECK(value == right[i].value, "<<%s>> gives %" PRIu32, right[i].text, value);
		check_round_trip(&c, right[i].text);
	}
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK(load_text(&c, texts[i].text, out) == 0, "<<%s>>: %s", texts[i].text, out);
		CHECK(!strcmp(bytes + texts[i].offset, texts[i].value), "<<%s>> gives %s", texts[i].text,
		      bytes + texts[i].offset);
		check_round_trip(&c, texts[i].text);
	}
}

/* Each row is in DESIGN's list; their number says that none is missing here. */
static void check_defaults(void)
{
	static char shipped[16384];
	struct config c, d;
	char out[8192], *text, *rest;
	FILE *f = fopen("wsrelay.yaml", "rb");
	const struct config_key *k;
	int values = 0;
	size_t i;

	config_defaults(&d, built);
	CHECK(load(&c, NULL, out) == 0 && !memcmp(&c, &d, sizeof(c)), "no file: %s", out);
	CHECK(d.app == 0 && !*d.server_address && d.server_port == 8080 && !*d.server_path, "server");
	CHECK(!d.server_tls_enabled && !strcmp(d.server_tls_cert_file, "cert.pem") &&
	      !strcmp(d.server_tls_key_file, "key.pem"), "tls");
	CHECK(d.server_max_connections == 1024 && d.server_max_message_size == 65536, "limits");
	CHECK(d.server_handshake_timeout == 10000 && d.server_ping_interval == 30000 &&
	      d.server_pong_timeout == 60000 && d.server_write_timeout == 10000 &&
	      d.server_shutdown_timeout == 10000, "times");
	CHECK(d.relay_slow_client == SLOW_DISCONNECT, "relay");
	CHECK(d.memory_input == 262144 && d.memory_ring == 1048576 && d.memory_budget == 4194304, "memory");
	CHECK(!d.metrics_enabled && !strcmp(d.metrics_address, "127.0.0.1") && d.metrics_port == 9090, "metrics");
	CHECK(d.log_level == LOG_LEVEL_INFO && d.log_format == LOG_FORMAT_TEXT &&
	      d.log_target == LOG_TARGET_STDERR, "log");
	CHECK(d.echo_status_interval == 30000, "echo");
	for (i = 0; (k = config_key(built, i)) != NULL; i++)
		values += k->kind != CONFIG_SECTION;
	CHECK(values == 25, "%d keys", values);

	text = print(&d, 1);
	if (f) {
		shipped[fread(shipped, 1, sizeof(shipped) - 1, f)] = 0;
		fclose(f);
	}
	/* The applications that are built in stand in one line only: it is left out. */
	rest = strstr(shipped, "\nserver:");
	CHECK(rest && !strcmp(rest, strstr(text, "\nserver:")),
	      "wsrelay.yaml is not what is printed: %s", text);
	CHECK(f && !strncmp(text, shipped, (size_t)(strstr(text, "\napp:") - text)), "its head: %s", text);
	free(text);
	CHECK(load(&c, "wsrelay.yaml", out) == 0 && !memcmp(&c, &d, sizeof(c)), "wsrelay.yaml: %s", out);
	CHECK(load(&c, "dist/echo.yaml", out) == 0, "echo.yaml: %s", out);
	CHECK(c.app == 1 && c.server_port == 3003 && !strcmp(c.server_path, "/ws") && c.metrics_enabled &&
	      !*c.metrics_address && c.metrics_port == 9100 && c.echo_status_interval == 30000, "echo.yaml");
	check_round_trip(&c, "echo.yaml");
	CHECK(load(&c, "dist/router32.yaml", out) == 0, "router32.yaml: %s", out);
	CHECK(c.server_max_connections == 64 && c.server_max_message_size == 16384 && c.memory_input == 32768 &&
	      c.memory_ring == 131072 && c.memory_budget == 524288, "router32.yaml");
	check_round_trip(&c, "router32.yaml");
}

static void check_variables(void)
{
	struct config c;
	char out[8192];

	setenv("WSRELAY_SERVER_PORT", "9000", 1);
	setenv("WSRELAY_SERVER_TLS_CERT_FILE", "/etc/c.pem", 1);
	setenv("WSRELAY_APP", "echo", 1);
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "7s", 1);
	setenv("WSRELAY_SERVER", "x", 1);
	setenv("WSRELAY_PORT", "tcp://10.0.0.1:80", 1);
	CHECK(load_text(&c, "server:\n  port: 80\n  path: /x\n", out) == 0, "%s", out);
	CHECK(c.server_port == 9000 && !strcmp(c.server_path, "/x") && c.app == 1, "the variable wins");
	CHECK(!strcmp(c.server_tls_cert_file, "/etc/c.pem"), "%s", c.server_tls_cert_file);
	CHECK(c.echo_status_interval == 7000, "%" PRIu32, c.echo_status_interval);
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "1ms", 1);
	CHECK(load_text(&c, "echo:\n  status_interval: 5s\n", out) == -1 &&
	      !strncmp(out, "WSRELAY_ECHO_STATUS_INTERVAL: error: 'echo.status_interval' must be 1s", 70),
	      "a key of an application: %s", out);
	unsetenv("WSRELAY_ECHO_STATUS_INTERVAL");
	CHECK(load(&c, NULL, out) == 0 && c.server_port == 9000, "without a file: %s", out);
	CHECK(load_text(&c, "server:\n  port: x\n", out) == -1 && strstr(out, ":2:9: error: "),
	      "the file's own value is checked: %s", out);
	setenv("WSRELAY_SERVER_PORT", "tcp://10.0.0.1:80", 1);
	setenv("WSRELAY_APP", "", 1);
	setenv("WSRELAY_SERVER_TLS_CERT_FILE", "a\nb\xFF", 1);
	CHECK(load_text(&c, "log:\n  level: x\n", out) == -1, "wrong variables");
	CHECK(strstr(out, "\nWSRELAY_SERVER_PORT: error: 'server.port' takes a whole number, not 'tcp://"), "%s", out);
	CHECK(strstr(out, "\nWSRELAY_APP: error: 'app' takes relay"), "%s", out);
	CHECK(strstr(out, "\nWSRELAY_SERVER_TLS_CERT_FILE: error: "), "%s", out);
	CHECK(strstr(out, ":2:10: error: 'log.level'"), "%s", out);
	unsetenv("WSRELAY_SERVER_PORT");
	unsetenv("WSRELAY_APP");
	unsetenv("WSRELAY_SERVER_TLS_CERT_FILE");
	setenv("WSRELAY_MEMORY_RING", "64KiB", 1);
	CHECK(load_text(&c, "memory:\n  ring: 1MiB\n", out) == -1 &&
	      !strncmp(out, "WSRELAY_MEMORY_RING: error: ", 28), "a rule and a variable: %s", out);
	CHECK(load(&c, NULL, out) == -1 && !strncmp(out, "WSRELAY_MEMORY_RING: error: ", 28), "%s", out);
	unsetenv("WSRELAY_MEMORY_RING");
	setenv("WSRELAY_SERVER_MAX_MESSAGE_SIZE", "1MiB", 1);
	CHECK(load_text(&c, "memory:\n  ring: 1MiB\n", out) == -1 && strstr(out, ":2:9: error: 'memory.ring'"),
	      "a rule and a key: %s", out);
	CHECK(load(&c, NULL, out) == 0 && c.memory_ring == 4194304, "the ring grows: %s", out);
	unsetenv("WSRELAY_SERVER_MAX_MESSAGE_SIZE");
	unsetenv("WSRELAY_SERVER");
	unsetenv("WSRELAY_PORT");
}

/* A key that an application brings is unknown where that is not in the build, in the file, in the
 * variables and in what is printed. */
static void check_applications(void)
{
	static const struct app *const relay_only[] = { &app_relay, NULL };
	static const struct app *const echo_only[] = { &app_echo, NULL };
	static struct config_key rows[CONFIG_KEYS_MAX + 2];
	const struct app large = { .name = "large", .keys = rows };
	const struct app *const too_many[] = { &large, &app_echo, NULL };
	struct config c;
	char out[8192], *text;
	size_t i;

	built = relay_only;
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "wrong", 1);
	CHECK(load(&c, NULL, out) == 0 && c.echo_status_interval == 0, "%s", out);
	unsetenv("WSRELAY_ECHO_STATUS_INTERVAL");
	CHECK(load_text(&c, "echo:\n  status_interval: 1s\n", out) == -1 &&
	      strstr(out, ":1:1: error: unknown key 'echo'; remove it"), "%s", out);
	CHECK(load_text(&c, "status_interval: 1s\n", out) == -1 && !strstr(out, "did you mean"), "%s", out);
	CHECK(load_text(&c, "app: echo\n", out) == -1 && strstr(out, "'app' takes relay, not 'echo'"), "%s",
	      out);
	config_defaults(&c, built);
	text = print(&c, 1);
	CHECK(!strstr(text, "echo:") && !strstr(text, "status_interval"), "printed: %s", text);
	free(text);
	check_round_trip(&c, "app: relay alone");

	built = echo_only;
	CHECK(load_text(&c, "echo:\n  status_interval: 1s\n", out) == 0 && c.app == 0, "%s", out);
	check_round_trip(&c, "app: echo alone");

	/* More keys than there are places for what was set: the last do not exist. */
	for (i = 0; i <= CONFIG_KEYS_MAX; i++) {
		snprintf(rows[i].path, sizeof rows[i].path, "large%zu", i);
		rows[i].kind = CONFIG_SECTION;
	}
	built = too_many;
	CHECK(config_key(built, CONFIG_KEYS_MAX - 1) && !config_key(built, CONFIG_KEYS_MAX), "the bound");
	CHECK(load_text(&c, "echo:\n", out) == -1, "a key behind the bound");
	built = all_apps;
}

static int count_of(const char *text, const char *part)
{
	int n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

/* All errors of one pass, at most ten, and little text whatever the file holds. */
static void check_many(void)
{
	static char big[2 * YAML_FILE_MAX];
	struct config c;
	char out[8192], name[600];
	size_t n, i;

	CHECK(load_text(&c, "app: x\nserver:\n  prot: 1\n  port: x\n  tls: 1\nlog:\n\tlevel: x\nserver:\n  port: 1\n"
			"memory:\n  ring: [1]\n", out) == -1, "many errors");
	CHECK(count_of(out, ": error: ") == 7, "%s", out);
	for (n = 0, i = 0; i < 10; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, "k%zu: 1\n", i);
	CHECK(load_text(&c, big, out) == -1 && count_of(out, "unknown key") == 10 && !strstr(out, "more errors"),
	      "ten errors: %s", out);
	snprintf(big + n, sizeof(big) - n, "k10: 1\n");
	CHECK(load_text(&c, big, out) == -1 && count_of(out, "unknown key") == 10 && strstr(out, "there are more errors"),
	      "eleven errors: %s", out);
	for (n = 0, i = 0; i < 60; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, "'\\\x01%0500zu\xFF'\n", i);
	CHECK(load_text(&c, big, out) == -1, "long lines");
	for (n = 0, i = 0; i < 60; i++)
		n += (size_t)snprintf(big + n, sizeof(big) - n, "\"\\u20AC\\u20AC\\u20AC\\u20AC\\u20AC\\u20AC\\u20AC%zu\": "
				      "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\n", i);
	CHECK(load_text(&c, big, out) == -1, "%s", out);

	memset(big, '#', sizeof(big));
	for (i = 100; i < sizeof(big); i += 100)
		big[i] = '\n';
	write_file(big, YAML_FILE_MAX);
	CHECK(load(&c, file, out) == 0, "64 KiB: %s", out);
	write_file(big, YAML_FILE_MAX + 1);
	CHECK(load(&c, file, out) == -1 && strstr(out, ".yaml:1:1: error: file larger than 64 KiB"), "one more: %s", out);
	write_file("app: re\0lay\n", 12);
	CHECK(load(&c, file, out) == -1 && strstr(out, ":1:8: error: NUL"), "a NUL: %s", out);
	memset(big, 'a', 1500);
	memcpy(big, "server:\n  path: '/", 18);
	memcpy(big + 1000, " b'\n", 5);
	CHECK(load_text(&c, big, out) == -1 && strstr(out, ":2:9: error: 'server.path' "), "a long value: %s", out);
	memset(big, 'a', 300);
	memcpy(big, "server:\n  path: /", 17);
	memcpy(big + 17 + 254, "\n", 2);
	CHECK(load_text(&c, big, out) == 0, "255 bytes of path: %s", out);
	check_round_trip(&c, "a long path");
	memset(big + 17, '"', 254);
	CHECK(load_text(&c, big, out) == 0, "quotes: %s", out);
	check_round_trip(&c, "a path of quotes");
	memcpy(big + 17 + 254, "a\n", 3);
	CHECK(load_text(&c, big, out) == -1 && strstr(out, "too long; write 255 bytes at most"), "%s", out);

	CHECK(load(&c, "/nonexistent/x.yaml", out) == -1 &&
	      !strcmp(out, "/nonexistent/x.yaml: error: cannot read: No such file or directory\n"), "%s", out);
	CHECK(load(&c, "test", out) == -1 && !strncmp(out, "test: error: cannot read: ", 26), "%s", out);
	memset(name, '\xFF', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	CHECK(load(&c, name, out) == -1 && strstr(out, "error: cannot read: "), "%s", out);
}

int main(void)
{
	snprintf(file, sizeof(file), "/tmp/wsrelay_unit_config.%ld.yaml", (long)getpid());
	check_defaults();
	check_wrong();
	check_right();
	check_variables();
	check_applications();
	check_many();
	unlink(file);
	return test_end();
}
