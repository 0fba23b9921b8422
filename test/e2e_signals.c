/* e2e_signals.c: signals: an orderly end whatever clients do, and those that change nothing. */
#include "e2e.h"

#include <signal.h>

static struct server s;

/* Relays to a reader until a deaf client has some 100 KiB waiting that the kernel did not take. */
static void fill_deaf(struct client *a)
{
	static uint8_t body[8000];
	int n;

	for (n = 0; n < 4000; n++) {
		client_frame(a, 0x82, body, sizeof body);
		if (client_read(a) != 2)
			break;
		if (n % 50 == 49 && metric(&s, "wsrelay_ring_used_bytes") > 100000)
			return;
	}
	CHECK(0, "the deaf client takes everything");
}

static int health(void)
{
	char answer[1024];

	if (http_get(&s, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer) < 0)
		return -1;
	return (int)strtol(answer + 9, NULL, 10);
}

/* Row 21: readers, one that is deaf, two before their upgrade; none of the readers closes. */
static void test_drain(void)
{
	struct client reader[3], deaf, silent, half;
	long long begun;
	int i;

	CHECK(server_start(&s,
			   LOCAL "  shutdown_timeout: 1500ms\n  write_timeout: 60s\n" METRICS) == 0,
	      "%s", s.log);
	CHECK(!client_open(&reader[0], &s), "no client");
	client_take(&deaf, socket_open_small(&s, 4096));
	client_send_text(&deaf, upgrade_request);
	CHECK(client_answer(&deaf) == 101, "%s", deaf.head);
	deaf.deaf = 1;
	fill_deaf(&reader[0]);
	CHECK(!client_open(&reader[1], &s) && !client_open(&reader[2], &s), "no clients");
	CHECK(!client_connect(&silent, &s) && !client_connect(&half, &s), "no connections");
	client_send_text(&half, "GET / HTTP/1.1\r\nHost: a\r\n");
	CHECK(round_trip(&reader[0], &reader[1]) >= 0 && health() == 200, "health: %d", health());
	CHECK(client_read(&reader[2]) == 1 && client_read(&reader[2]) == 1, "no messages");
	begun = now_ms();
	server_signal(&s, SIGTERM);
	CHECK(server_log(&s, "Stopping", 1) != NULL, "%s", s.log);
	CHECK(health() == 503, "health while draining: %d", health());
	for (i = 0; i < 3; i++)
		CHECK(client_closed(&reader[i], 1001), "reader %d: opcode %d, code %d, end %d", i,
		      reader[i].op, reader[i].code, reader[i].ended);
	CHECK(socket_open(&s) < 0, "it still listens");
	CHECK(now_ms() - begun < 1000, "they waited for %lld ms", now_ms() - begun);
	CHECK(client_answer(&half) == 503, "half a handshake: %s", half.head);
	/* Who has not spoken TLS yet cannot be told. */
	CHECK(e2e_is_tls() ? client_gone(&silent) : client_answer(&silent) == 503,
	      "none of a handshake: %s", silent.head);
	CHECK(s.log_fd >= 0, "it did not wait for those who hang on");
	CHECK(server_wait(&s, E2E_MS) == 0, "exit status %d", s.status);
	CHECK(now_ms() - begun >= 1400 && now_ms() - begun < 1500 + 1000, "it took %lld ms",
	      now_ms() - begun);
	CHECK(strstr(s.log, "Stopped\n") && server_count(&s, "Disconnected: ") == 4, "%s", s.log);
	for (i = 0; i < 3; i++)
		client_leave(&reader[i]);
	client_leave(&deaf);
	client_leave(&silent);
	client_leave(&half);
	STOP(&s);
}

/* With nobody there, or with clients that behave, nothing is waited for. */
static void test_quick(int number)
{
	struct client c[4];
	long long begun;
	int i;

	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	begun = now_ms();
	server_signal(&s, number);
	CHECK(server_wait(&s, E2E_MS) == 0 && now_ms() - begun < 1500, "idle: %d after %lld ms",
	      s.status, now_ms() - begun);
	STOP(&s);
	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	for (i = 0; i < 4; i++)
		CHECK(!client_open(&c[i], &s), "client %d", i);
	begun = now_ms();
	server_signal(&s, number);
	for (i = 0; i < 4; i++) {
		CHECK(client_read(&c[i]) == 8 && c[i].code == 1001, "client %d: %d", i, c[i].code);
		client_frame(&c[i], 0x88, "\x03\xe9", 2);
		CHECK(client_gone(&c[i]), "client %d", i);
		client_leave(&c[i]);
	}
	CHECK(server_wait(&s, E2E_MS) == 0 && now_ms() - begun < 1500, "served: %d after %lld ms",
	      s.status, now_ms() - begun);
	STOP(&s);
}

static void test_second(void)
{
	struct client c;
	long long begun;

	CHECK(server_start(&s, LOCAL) == 0 && !client_open(&c, &s), "%s", s.log);
	server_signal(&s, SIGTERM);
	CHECK(server_log(&s, "Stopping", 1) != NULL, "%s", s.log);
	CHECK(client_closed(&c, 1001), "%d", c.code);
	begun = now_ms();
	server_signal(&s, SIGTERM);
	CHECK(server_wait(&s, E2E_MS) == 0 && now_ms() - begun < 1000, "%d after %lld ms", s.status,
	      now_ms() - begun);
	client_leave(&c);
	STOP(&s);
}

/* What was accepted before the signal arrives before the close. */
static void test_last_messages(void)
{
	enum { MESSAGES = 300 };
	static uint8_t bytes[MESSAGES * 1100];
	uint8_t body[1000];
	struct client a, b;
	size_t n = 0;
	int i, wrong = 0;

	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (i = 0; i < MESSAGES; i++) {
		memset(body, i, sizeof body);
		n += frame_make(bytes + n, 0x82, body, sizeof body);
	}
	b.deaf = 1;
	CHECK(!client_send(&a, bytes, n), "cannot send");
	CHECK(metric_await(&s, "websocket_messages_total", MESSAGES) == MESSAGES, "not accepted");
	server_signal(&s, SIGTERM);
	CHECK(server_log(&s, "Stopping", 1) != NULL, "%s", s.log);
	b.deaf = 0;
	for (i = 0; i < MESSAGES; i++) {
		memset(body, i, sizeof body);
		wrong +=
		      !client_is(&a, 2, body, sizeof body) + !client_is(&b, 2, body, sizeof body);
	}
	CHECK(wrong == 0, "%d of %d wrong", wrong, 2 * MESSAGES);
	CHECK(client_closed(&a, 1001) && client_closed(&b, 1001), "%d, %d", a.code, b.code);
	client_leave(&a);
	client_leave(&b);
	CHECK(server_wait(&s, 1500) == 0, "%d", s.status);
	STOP(&s);
}

static void test_others(void)
{
	static const int numbers[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGCHLD };
	enum { STORM = 50 };
	struct client a, b;
	const char *line;
	char text[32];
	size_t i;
	int n, wrong = 0;

	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (n = 0; n < STORM; n++) {
		for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
			server_signal(&s, numbers[i]);
		snprintf(text, sizeof text, "in the storm %d", n);
		client_text(&a, text);
		wrong += !client_text_is(&a, text) + !client_text_is(&b, text);
	}
	CHECK(wrong == 0, "%d messages lost", wrong);
	CHECK(server_log(&s, "SIGHUP: ", 1) != NULL, "%s", s.log);
	n = server_count(&s, "Statistics: ");
	CHECK(n >= 1, "%s", s.log);
	server_signal(&s, SIGUSR1);
	line = server_log(&s, "Statistics: ", n + 1);
	CHECK(line &&
		    !strncmp(line,
			     "Statistics: clients 2, connections 2, messages 50, deliveries 100, ",
			     65),
	      "%.120s", line ? line : "no line");
	CHECK(strstr(line ? line : "", "dropped 0, ring 0/1048576, budget 0/4194304\n"), "%.200s",
	      line ? line : "no line");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	CHECK(s.pid > 0 && s.log_fd >= 0, "it ended");
	STOP(&s);
}

int main(void)
{
	e2e_start();
	test_drain();
	test_quick(SIGTERM);
	test_quick(SIGINT);
	test_second();
	test_last_messages();
	test_others();
	return test_end();
}
