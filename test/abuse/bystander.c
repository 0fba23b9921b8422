/* bystander.c: two honest clients in a process of their own, who talk to each other through the
 * server while it is abused, and measure. */
#include "bystander.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* A round: each sends this many messages. ROUND_MS: when they give up. */
enum { A_ROUND = 2, ROUND_MS = 20000, ROOM = 1 << 20, LONGEST = 3000 };

const char bystander_mark[8] = "bystand:";

struct talker {
	int fd;
	uint8_t *buf;
	size_t at, have;
	uint32_t next[2];       /* number of the next message of each */
	uint32_t order;         /* a sum over the order in which all came */
	int ended;
};

static struct bystanders *shared;
static struct talker talkers[2];

static void wrong(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void wrong(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(shared->wrong, sizeof shared->wrong, format, ap);
	va_end(ap);
	shared->finished = 1;
	_exit(1);
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- sending */

static void send_all(struct talker *t, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = e2e_send(t->fd, p, n);

		if (sent < 0 && errno != EINTR)
			wrong("cannot send: %s", strerror(errno));
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
}

/* The bytes of a message, which its sender and its number tell. Returns the length. */
static size_t message(uint8_t *out, uint32_t sender, uint32_t number)
{
	size_t n = 16 + (number * 37u + sender * 1001u) % (LONGEST - 16), i;

	memcpy(out, bystander_mark, sizeof bystander_mark);
	for (i = 0; i < 4; i++) {
		out[8 + i] = (uint8_t)(sender >> (8 * i));
		out[12 + i] = (uint8_t)(number >> (8 * i));
	}
	for (i = 16; i < n; i++)
		out[i] = (uint8_t)(i * 7 + number);
	return n;
}

static void say(uint32_t sender, uint32_t number)
{
	uint8_t body[LONGEST], frame[LONGEST + 14];
	size_t n = message(body, sender, number);

	send_all(&talkers[sender], frame, frame_make(frame, 0x82, body, n));
	shared->messages++;
}

/* ---- receiving */

static uint32_t number_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void got_message(struct talker *t, const uint8_t *p, size_t n)
{
	uint8_t want[LONGEST];
	uint32_t sender, number;

	if (n < 16 || memcmp(p, bystander_mark, sizeof bystander_mark)) {
		shared->foreign[t - talkers] += n;
		return;
	}
	sender = number_at(p + 8);
	number = number_at(p + 12);
	if (sender > 1 || number != t->next[sender])
		wrong("message %u of %u came to %d instead of %u", number, sender,
		      (int)(t - talkers),
		      sender > 1 ? 0 : t->next[sender]);
	if (message(want, sender, number) != n || memcmp(want, p, n))
		wrong("message %u is damaged", number);
	t->next[sender]++;
	t->order = t->order * 31 + sender + 1;
}

static void got_frame(struct talker *t, int op, const uint8_t *p, size_t n)
{
	uint8_t pong[14 + 125];

	if (op == 1 || op == 2)
		got_message(t, p, n);
	else if (op == 9)
		send_all(t, pong, frame_make(pong, 0x8a, p, n));
	else if (op == 8)
		t->ended = n >= 2 ? p[0] << 8 | p[1] : 1005;
	else
		wrong("a frame of opcode %d came", op);
}

/* Takes all whole frames off what came. */
static void parse(struct talker *t)
{
	for (;;) {
		const uint8_t *p = t->buf + t->at;
		size_t have = t->have - t->at, head = 2, i;
		uint64_t n;

		if (have < 2)
			return;
		if ((p[0] & 0xf0) != 0x80 || p[1] & 0x80)
			wrong("bytes %02x %02x are no frame of a server's", p[0], p[1]);
		n = p[1];
		if (n >= 126) {
			head = n == 126 ? 4 : 10;
			if (have < head)
				return;
			for (n = 0, i = 2; i < head; i++)
				n = n << 8 | p[i];
		}
		if (n > ROOM / 2)
			wrong("a frame of %llu bytes came", (unsigned long long)n);
		if (have - head < n)
			return;
		got_frame(t, p[0] & 15, p + head, (size_t)n);
		t->at += head + (size_t)n;
	}
}

static void fill(struct talker *t)
{
	ssize_t n;

	if (t->at > 0) {
		t->have -= t->at;
		memmove(t->buf, t->buf + t->at, t->have);
		t->at = 0;
	}
	n = e2e_recv(t->fd, t->buf + t->have, ROOM - t->have, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0 && t->ended == 1000) {
		t->ended = 1;
		return;
	}
	if (n <= 0)
		wrong("the connection ended: %s, close code %d",
		      n ? strerror(errno) : "end of stream",
		      t->ended);
	t->have += (size_t)n;
	parse(t);
}

/* ---- their life */

/* Reads until a time; returns 0 when the parent says stop. */
static int wait_until(int talk, uint64_t until)
{
	struct pollfd fds[3] = { { talkers[0].fd, POLLIN, 0 }, { talkers[1].fd, POLLIN, 0 },
	                         { talk, POLLIN, 0 } };
	uint64_t now = now_us();
	int i;

	for (i = 0; i < 2; i++)
		if (talkers[i].ended == 1)
			fds[i].fd = -1;

	poll(fds, 3, until > now ? (int)((until - now + 999) / 1000) : 0);
	for (i = 0; i < 2; i++)
		if (fds[i].revents)
			fill(&talkers[i]);
	return !fds[2].revents;
}

static void measure(uint64_t us)
{
	uint64_t slot = us / BYSTANDER_SLOT_US;

	if (us > shared->worst_us)
		shared->worst_us = (uint32_t)us;
	shared->histogram[slot < BYSTANDER_SLOTS ? slot : BYSTANDER_SLOTS - 1]++;
	shared->rounds++;
}

static int round_is_done(uint32_t upto)
{
	int i;

	for (i = 0; i < 4; i++)
		if (talkers[i / 2].next[i % 2] < upto)
			return 0;
	return 1;
}

/* Returns 0 when the parent says stop. */
static int one_round(int talk, uint32_t first)
{
	uint64_t begun = now_us(), until = begun + ROUND_MS * 1000ull;
	int i, go = 1;

	for (i = 0; i < 2 * A_ROUND; i++)
		say((uint32_t)i % 2, first + (uint32_t)i / 2);
	while (!round_is_done(first + A_ROUND)) {
		if (now_us() > until)
			wrong("the messages from %u on do not come within %d ms", first, ROUND_MS);
		if (talkers[0].ended || talkers[1].ended)
			wrong("closed with %d, %d", talkers[0].ended, talkers[1].ended);
		/* The parent's word makes poll() return at once. */
		if (!wait_until(go ? talk : -1, now_us() + 100000))
			go = 0;
	}
	measure(now_us() - begun);
	if (talkers[0].order != talkers[1].order)
		wrong("the two have got the messages in different orders");
	return go;
}

static void handshake(struct talker *t, const struct server *s)
{
	struct timeval most = { 20, 0 };
	size_t n = 0;

	t->fd = socket_open(s);
	t->buf = malloc(ROOM);
	if (t->fd < 0 || !t->buf)
		wrong("cannot connect: %s", strerror(errno));
	fcntl(t->fd, F_SETFL, 0);
	setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
	send_all(t, (const uint8_t *)upgrade_request, strlen(upgrade_request));
	while (n < 4 || memcmp(t->buf + n - 4, "\r\n\r\n", 4)) {
		if (n == 2048 || e2e_recv(t->fd, t->buf + n, 1, 0) != 1)
			wrong("no answer to the handshake");
		n++;
	}
	if (memcmp(t->buf, "HTTP/1.1 101 ", 13))
		wrong("refused: %.60s", (char *)t->buf);
}

static void live(const struct server *s, int talk)
{
	uint64_t until;
	uint32_t number;
	int i;

	for (i = 0; i < 2; i++)
		handshake(&talkers[i], s);
	if (!one_round(talk, 0) || write(talk, "r", 1) != 1)
		_exit(1);
	for (number = A_ROUND; one_round(talk, number); number += A_ROUND) {
		until = now_us() + shared->rest_us;
		do {
			i = wait_until(talk, until);
		} while (i && now_us() < until);
		if (!i)
			break;
	}
	for (i = 0; i < 2; i++) {
		uint8_t frame[16];

		send_all(&talkers[i], frame, frame_make(frame, 0x88, "\x03\xe8", 2));
	}
	until = now_us() + ROUND_MS * 1000ull;
	while ((talkers[0].ended != 1 || talkers[1].ended != 1) && now_us() < until)
		wait_until(-1, now_us() + 100000);
	if (talkers[0].ended != 1 || talkers[1].ended != 1)
		wrong("the close was not answered");
	shared->finished = 1;
	_exit(0);
}

static void child(const struct server *s, int talk)
{
	static const int numbers[] = { SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGTERM, SIGINT,
	SIGHUP };
	size_t i;
	int fd;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		signal(numbers[i], SIG_DFL);
	/* What is open here would not end when the parent closes it. */
	for (fd = STDERR_FILENO + 1; fd < 8192; fd++)
		if (fd != talk)
			close(fd);
	live(s, talk);
}

struct bystanders *bystanders_start(const struct server *s)
{
	struct bystanders *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE,
	                            MAP_SHARED | MAP_ANONYMOUS,
	                            -1, 0);
	long long until = now_ms() + 2 * E2E_MS;
	int ends[2], got = 0;
	char byte;

	if (b == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		e2e_die("bystanders");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	memset(b, 0, sizeof *b);
	b->rest_us = BYSTANDER_REST_US;
	fflush(stdout);
	b->pid = fork();
	if (b->pid < 0)
		e2e_die("fork");
	if (b->pid == 0) {
		shared = b;
		child(s, ends[1]);
	}
	close(ends[1]);
	b->talk = ends[0];
	while (got == 0)
		got = e2e_wait(b->talk, POLLIN, until);
	if (got > 0 && read(b->talk, &byte, 1) == 1)
		return b;
	printf("bystanders: %s\n", *b->wrong ? b->wrong : "no first round");
	bystanders_stop(b);
	bystanders_free(b);
	return NULL;
}

void bystanders_stop(struct bystanders *b)
{
	long long until = now_ms() + 2 * E2E_MS;
	int status, events = 0;

	shutdown(b->talk, SHUT_WR);
	while (!b->finished && events == 0)
		events = e2e_wait(b->talk, POLLIN, until);
	if (events < 0) {
		kill(b->pid, SIGKILL);
		snprintf(b->wrong, sizeof b->wrong, "they do not end");
	}
	waitpid(b->pid, &status, 0);
	if (!b->finished && !*b->wrong)
		snprintf(b->wrong, sizeof b->wrong, "their process crashed");
	close(b->talk);
}

void bystanders_free(struct bystanders *b)
{
	munmap(b, sizeof *b);
}

double bystanders_share_ms(const struct bystanders *b, uint32_t of_1000)
{
	uint64_t sum = 0, all = 0;
	size_t i;

	for (i = 0; i < BYSTANDER_SLOTS; i++)
		all += b->histogram[i];
	for (i = 0; i < BYSTANDER_SLOTS - 1; i++) {
		sum += b->histogram[i];
		if (sum * 1000 >= all * of_1000)
			break;
	}
	return (double)(i + 1) * BYSTANDER_SLOT_US / 1000;
}

void bystanders_forget(struct bystanders *b)
{
	b->worst_us = 0;
	memset((void *)(uintptr_t)b->histogram, 0, sizeof b->histogram);
}
