/* fuzz_frames.c: a client's stream of frames through the real hub, against a model of RFC 6455.
 *
 * The option: bits 0 to 2 choose max_message_size, RELAY the application, HOSTILE a client that
 * takes its answers badly, ENCODE messages that are made of the input instead of frames, RAW that
 * the request is in the input too, both of them frames by frames_make.c, FULL that somebody else
 * has the only place, or, HOSTILE, holds memory. */
#include "frames_model.h"
#include "fuzz.h"
#include "naive_http.h"
#include "system.h"

#include <string.h>

extern const struct app app_relay, app_echo;

enum { RELAY = 8, HOSTILE = 16, ENCODE = 32, RAW = 64, MAKE = ENCODE | RAW, FULL = 128 };
enum { STREAM_MAX = 1 << 17, LIST_MAX = 1 << 19, TURNS_MAX = 64, MESSAGES_MAX = 64 };

static const uint32_t sizes[8] = { 125, 126, 1000, 4096, 65535, 65536, 127, 300 };

static const char request[] =
	"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

static const char answer[] =
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static uint8_t stream[sizeof request + STREAM_MAX];
static size_t stream_len;
static uint8_t want_bytes[LIST_MAX], got_bytes[LIST_MAX];
static struct model_list want, got;
static struct config config;
static struct hub hub;
static int option;
static int status;              /* of the answer to the request; 0: none */
static int head_only;           /* the request was HEAD */

/* The echo, for those who do not ask for /no. */
static int guard_admit(struct conn *c, const struct http_req *q, const char *head)
{
	(void)c;
	return q->path.len == 3 && !memcmp(head + q->path.at, "/no", 3) ? 403 : 0;
}

static void guard_open(struct conn *c)
{
	FUZZ_ASSERT(conn_hub(c) == &hub);
}

static void guard_message(struct conn *c, int op, const void *data, size_t n)
{
	conn_send(c, op, data, n);
}

static const struct app guard = {
	.name = "guard", .admit = guard_admit, .open = guard_open, .message = guard_message
};

/* The metrics have a harness of their own. */
size_t metrics_memory(const struct config *c)
{
	(void)c;
	return 0;
}

void metrics_tick(uint64_t now)
{
	(void)now;
}

static void set_config(void)
{
	static const struct app *const all[] = { &app_relay, &app_echo, NULL };
	uint32_t max = sizes[option & 7];

	config_defaults(&config, all);
	config.server_max_message_size = max;
	config.server_max_connections = 1;
	config.memory_input = 8192;
	config.memory_ring = max < 8192 ? 32768 : 4 * (max + 14);
	config.memory_budget = 1 << 20;
	config.server_ping_interval = 0;
	if (option & HOSTILE) {
		config.memory_budget = 4 * max > 4096 ? 4 * max : 4096;
		config.server_ping_interval = 1000;
		config.server_pong_timeout = 5000;
		config.server_write_timeout = 3000;
	}
}

/* The socket and the clock of a client that takes its answers badly. */
static void annoy(struct system_socket *s, struct fuzz_cuts *cuts)
{
	switch (fuzz_random(cuts, 8)) {
	case 0: s->room = 0; break;
	case 1: s->room = fuzz_random(cuts, 8); break;
	case 2: s->room = fuzz_random(cuts, 5000); break;
	case 3: s->room = SIZE_MAX; break;
	case 4: system_micros += fuzz_random(cuts, 2000) * 1000; break;
	case 5: system_step = fuzz_random(cuts, 20000); break;
	case 6: s->gone = fuzz_random(cuts, 64) == 0; break;
	}
}

/* Turns until all that was sent is read, or the server takes no more. */
static void turns(struct system_socket *s)
{
	size_t before;

	do {
		before = s->in_at;
		hub_turn(&hub);
	} while (!s->closed && s->in_at != before);
	FUZZ_ASSERT(s->closed || s->in_at == s->in_len || option & HOSTILE);
}

static void check_end(const struct system_socket *s)
{
	FUZZ_ASSERT(s->closed && hub.live_count == 0 && hub.pending == 0 && system_watches == 0);
	FUZZ_ASSERT(hub.stats.connected == 0 && hub.budget.used == 0 && !hub.oldest && !hub.newest);
	FUZZ_ASSERT(hub.stats.connections == hub.stats.disconnections);
	FUZZ_ASSERT(option & HOSTILE || (!s->unread && !s->linger));
}

/* Somebody else, who is silent after half a message. */
static struct system_socket *settle(void)
{
	static const char half[] = "\x02\x81\0\0\0\0x";
	static uint8_t bytes[sizeof request + sizeof half];
	const struct peer peer = { .family = 6 };
	struct system_socket *s = system_connect();

	memcpy(bytes, request, sizeof request - 1);
	memcpy(bytes + sizeof request - 1, half, sizeof half - 1);
	s->in = bytes;
	s->in_len = sizeof request - 1 + (option & HOSTILE ? sizeof half - 1 : 0);
	conn_open(&hub, system_fd(s), &peer);
	hub_turn(&hub);
	return s;
}

/* Runs the stream through a new hub; what comes back is in s->out. */
static struct system_socket *run(struct fuzz_cuts *cuts)
{
	const struct app *app = option & RELAY ? &app_relay : option & RAW ? &guard : &app_echo;
	const struct peer peer = { .family = 4 };
	struct system_socket *s, *other = NULL;
	size_t n = 0;
	int i;

	system_start();
	fuzz_begin((size_t)hub_memory(&config, NULL) + INPUT_TAIL_MAX);
	FUZZ_ASSERT(!hub_start(&hub, &config, app));
	if (option & FULL)
		other = settle();
	s = system_connect();
	s->in = stream;
	conn_open(&hub, system_fd(s), &peer);
	while (n < stream_len && !s->closed) {
		n += fuzz_cut(cuts, stream_len - n);
		s->in_len = n;
		if (option & HOSTILE)
			annoy(s, cuts);
		turns(s);
		FUZZ_ASSERT(hub.budget.used + hub.budget.kept <= config.memory_budget);
	}
	s->eof = 1;
	if (other)
		other->eof = 1;
	for (i = 0; i < TURNS_MAX && !(s->closed && (!other || other->closed)); i++) {
		system_micros += option & HOSTILE ? 1000000 : 0;
		turns(s);
	}
	check_end(s);
	hub_stop(&hub);
	fuzz_end();
	return s;
}

/* The answer to a request that is not let in, in whole. */
static void check_refused(const struct system_socket *s)
{
	if (option & HOSTILE)
		return;
	FUZZ_ASSERT(status != 101);
	if (!status)
		FUZZ_ASSERT(s->out_len == 0);
	else
		FUZZ_ASSERT(naive_answer((const char *)s->out, s->out_len, head_only) == status);
}

/* What came back, frame by frame. Returns the bytes behind the last whole frame. */
static size_t decode(const struct system_socket *s)
{
	size_t head = sizeof answer - 1;
	long used;

	model_list_start(&got, got_bytes, sizeof got_bytes);
	got.no_pongs = want.no_pongs;
	/* It may have been too slow for its handshake. */
	if (status != 101 ||
	    (option & HOSTILE && (s->out_len < head || memcmp(s->out, answer, 12)))) {
		check_refused(s);
		return 0;
	}
	FUZZ_ASSERT(s->out_len >= head && !memcmp(s->out, answer, option & RAW ? 12 : head));
	used = model_decode(&got, s->out + head, s->out_len - head);
	FUZZ_ASSERT(used >= 0);
	return s->out_len - head - (size_t)used;
}

/* Messages come back in order and none twice; a client in trouble may miss the last ones. */
static void check_hostile(void)
{
	size_t at = 0, model = 0, n, m;
	const uint8_t *p, *q;
	int op, other;

	while (model_list_next(&got, &at, &op, &p, &n)) {
		FUZZ_ASSERT(op != OP_PING || n == 4);
		if (op >= OP_CLOSE)
			continue;
		do
			FUZZ_ASSERT(model_list_next(&want, &model, &other, &q, &m));
		while (other >= OP_CLOSE);
		FUZZ_ASSERT(op == other && n == m && !memcmp(p, q, n));
	}
}

/* The input becomes the payload of messages, in fragments, with pings between. */
static void encode(struct fuzz_cuts *cuts, const uint8_t *p, size_t n)
{
	static const uint8_t close[2] = { 1000 >> 8, 1000 & 255 };
	uint8_t *out = stream + sizeof request - 1, mask[4], *end = out;
	size_t len, at, piece;
	int count, i, op;

	for (count = 0; n && count < MESSAGES_MAX; count++, p += len, n -= len) {
		len = fuzz_cut(cuts, n);
		len = len < config.server_max_message_size ? len : config.server_max_message_size;
		op = naive_utf8(p, len) == 2 ? OP_TEXT : OP_BINARY;
		model_list_add(&want, op, p, len);
		for (at = 0; at < len; at += piece) {
			piece = fuzz_cut(cuts, len - at);
			for (i = 0; i < 4; i++)
				mask[i] = (uint8_t)fuzz_random(cuts, 256);
			end += model_encode(end, at + piece == len, at ? 0 : op, mask, p + at,
					    piece);
		}
	}
	end += model_encode(end, 1, OP_CLOSE, mask, close, 2);
	model_list_add(&want, OP_CLOSE, close, 2);
	stream_len = (size_t)(end - stream);
}

/* The input is all that the client sends. Returns where the frames start. */
static size_t raw(void)
{
	struct naive_handshake naive;
	struct http_req q;
	int used;

	memset(&q, 0, sizeof q);
	used = http_parse(&q, (const char *)stream, stream_len);
	head_only = q.method == HTTP_HEAD;
	if (naive_handshake(&naive, (const char *)stream, stream_len, "")) {
		status = option & FULL ? 503 : 101;
		if (status == 101 && !(option & RELAY) && guard_admit(NULL, &q, (char *)stream))
			status = 403;
		return naive.end;
	}
	/* Which of the refusals it is, fuzz_http.c asks. */
	status = used < 0 ? -used : used > 0 ? http_upgrade(&q, (const char *)stream, "") : 0;
	return stream_len;
}

static void prepare(const uint8_t *data, size_t n)
{
	struct fuzz_cuts cuts;
	size_t head = sizeof request - 1;

	if (n > STREAM_MAX / 16)
		n = STREAM_MAX / 16;
	status = option & FULL && !(option & HOSTILE) ? 503 : 101;
	head_only = 0;
	if ((option & MAKE) == RAW)
		head = 0;
	memcpy(stream, request, head);
	model_list_start(&want, want_bytes, sizeof want_bytes);
	/* Broadcasts and private output are two queues: a pong may go for one behind both. */
	want.no_pongs = option & RELAY;
	if ((option & MAKE) == ENCODE) {
		fuzz_cuts_start(&cuts, FUZZ_PIECES, data);
		encode(&cuts, data + FUZZ_STEER, n - FUZZ_STEER);
		return;
	}
	memcpy(stream + head, data + FUZZ_STEER, n - FUZZ_STEER);
	stream_len = head + n - FUZZ_STEER;
	if ((option & MAKE) == MAKE)
		stream_len = head + model_make(stream + head, STREAM_MAX, data + FUZZ_STEER,
					       n - FUZZ_STEER, config.server_max_message_size);
	if (!head)
		head = raw();
	model_echo(&want, stream + head, stream_len - head, config.server_max_message_size);
}

static void one(const uint8_t *data, size_t n)
{
	struct fuzz_cuts cuts;
	int feed;

	option = data[FUZZ_OPTION];
	set_config();
	prepare(data, n);
	for (feed = 0; feed < FUZZ_FEEDS; feed++) {
		const struct system_socket *s;
		size_t rest;

		fuzz_cuts_start(&cuts, feed, data);
		s = run(&cuts);
		rest = decode(s);
		if (option & HOSTILE) {
			check_hostile();
			continue;
		}
		if (status != 101)
			continue;
		FUZZ_ASSERT(rest == 0);
		FUZZ_ASSERT(got.n == want.n && !memcmp(got.at, want.at, want.n));
	}
}

/* The input "sweep": one frame of each kind, by frames_make.c, then one that is good. */
static void sweep(const uint8_t *steer)
{
	enum { OPS = 6, FORMS = 4, LENGTHS = 24, SHORT = 6, CONTENTS = 80 };
	uint8_t data[FUZZ_STEER + 8] = { 0 };
	unsigned i;

	memcpy(data, steer, FUZZ_STEER);
	data[FUZZ_OPTION] |= MAKE;
	data[FUZZ_STEER + 4] = data[FUZZ_STEER + 5] = 1;
	for (i = 0; i < OPS * FORMS * LENGTHS; i++) {
		data[FUZZ_STEER] = (uint8_t)(i % OPS);
		data[FUZZ_STEER + 1] = (uint8_t)(i / OPS % LENGTHS);
		data[FUZZ_STEER + 2] = (uint8_t)(i / OPS / LENGTHS);
		one(data, sizeof data);
	}
	for (i = 0; i < OPS * SHORT * CONTENTS; i++) {
		data[FUZZ_STEER] = (uint8_t)(i % OPS);
		data[FUZZ_STEER + 1] = (uint8_t)(i / OPS % SHORT);
		data[FUZZ_STEER + 2] = 0;
		data[FUZZ_STEER + 3] = (uint8_t)(i / OPS / SHORT);
		one(data, sizeof data);
	}
}

void fuzz_one(const uint8_t *data, size_t n)
{
	if (n == FUZZ_STEER + 5 && !memcmp(data + FUZZ_STEER, "sweep", 5))
		sweep(data);
	else
		one(data, n);
}
