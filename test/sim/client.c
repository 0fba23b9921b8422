/* client.c: a client's life: what it sends and reads, and when. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_MIN = 600 };      /* a refusal fits in the buffer of a new connection */

uint64_t client_soonest;

static void client_reset(struct client *c, int id)
{
	uint8_t *up = c->up;
	struct sent *sent = c->sent;
	size_t room = c->room, sent_room = c->sent_room;

	memset(c, 0, sizeof *c);
	c->up = up;
	c->room = room;
	c->sent = sent;
	c->sent_room = sent_room;
	c->id = id;
	c->fd = -1;
	c->poison = c->poison_end = SIM_NEVER;
	c->read_at = SIM_NEVER;
	c->bulk = SIZE_MAX;
	c->chunk = SIZE_MAX;
	stream_start(c);
}

void client_bystander(struct client *c, int id)
{
	client_reset(c, id);
	c->bystander = 1;
	c->reads = READ_PROMPT;
	c->window = SIZE_MAX / 4;
	c->split = rnd_chance(700) ? SPLIT_NONE : SPLIT_PIECES;
	c->gap = (uint32_t)rnd_between(50, 3000);
	c->lag = (uint32_t)rnd_between(20, 500);
	c->steps = (unsigned)rnd_between(3, 20);
	c->end = END_HOLD;
	c->act_at = wait_now;
}

static void client_reading(struct client *c)
{
	c->reads = (uint8_t)(rnd_chance(400) ? READ_PROMPT : rnd_chance(500) ? READ_CHUNKS
	                     : rnd_chance(500) ? READ_SIPS : READ_NEVER);
	c->window = WINDOW_MIN + rnd_below(rnd_chance(500) ? 8000 : 200000);
	c->lag = (uint32_t)rnd_between(20, 2000);
	if (c->reads == READ_PROMPT)
		c->window = SIZE_MAX / 4;
	else
		c->chunk = rnd_between(1, c->reads == READ_SIPS ? 500 : 20000);
	if (c->reads == READ_SIPS) {
		c->window = WINDOW_MIN + rnd_below(2000);
		c->lag = (uint32_t)rnd_between(1000, 500000);
	}
}

void client_make(struct client *c, int id)
{
	client_reset(c, id);
	client_reading(c);
	c->pongs = (uint8_t)(rnd_chance(700) ? PONG_SOON : rnd_chance(500) ? PONG_LATE
	                     : PONG_NEVER);
	c->split = (uint8_t)(rnd_chance(500) ? SPLIT_NONE : rnd_chance(800) ? SPLIT_PIECES
	                     : SPLIT_BYTES);
	c->head = (uint8_t)(rnd_chance(500) ? HEAD_GOOD : rnd_chance(600) ? HEAD_GLUED
	                    : rnd_chance(600) ? HEAD_BAD : rnd_chance(500) ? HEAD_SILENT
	                    : HEAD_CUT);
	c->scraper = (uint8_t)(world.config.metrics_enabled && rnd_chance(150));
	c->end = (uint8_t)rnd_below(ENDS);
	c->hangs = (uint8_t)rnd_chance(200);
	c->unasked = (uint8_t)rnd_chance(200);
	c->gap = (uint32_t)(rnd_chance(700) ? rnd_between(1, 2000) : rnd_between(2000, 2000000));
	if (c->split == SPLIT_BYTES && c->gap > 2000 && rnd_chance(700))
		c->gap /= 100;
	c->steps = (unsigned)rnd_below(rnd_chance(700) ? 8 : 40);
	if (c->split == SPLIT_BYTES && c->steps > 4)
		c->steps = 4;
	if (world.bulk || (world.pulse && rnd_chance(900))) {
		c->gap = (uint32_t)rnd_between(1, 300);
		c->split = SPLIT_NONE;
		c->head = rnd_chance(900) ? HEAD_GOOD : c->head;
		c->steps = (unsigned)rnd_between(10, 60);
	}
	if (world.crowd && rnd_chance(900)) {
		c->head = rnd_chance(500) ? HEAD_SILENT : HEAD_CUT;
		c->scraper = 0;
	}
	c->act_at = wait_now + (world.crowd || world.pulse || rnd_chance(500) ? rnd_below(20000)
	                        : rnd_below(5000000));
}

void client_free(struct client *c)
{
	free(c->up);
	free(c->sent);
	c->up = NULL;
	c->sent = NULL;
	c->room = c->sent_room = 0;
}

void client_acts(struct client *c, uint64_t at)
{
	c->act_at = at;
	if (at < client_soonest)
		client_soonest = at;
}

void client_reads(struct client *c, uint64_t at)
{
	c->read_at = at;
	if (at < client_soonest)
		client_soonest = at;
}

size_t client_space(const struct client *c)
{
	uint64_t held = c->given - c->seen;

	return held < c->window ? c->window - (size_t)held : 0;
}

int client_alive(const struct client *c)
{
	return !c->rst && !c->gone && !c->closed;
}

/* ---- what it does at its end */

static void client_fin(struct client *c, int gone)
{
	TRACE("client %d: end of stream%s", c->id, gone ? ", and is gone" : "");
	c->fin = 1;
	c->gone = (uint8_t)gone;
	if (!gone)
		return;
	c->read_at = SIM_NEVER;
	/* A kernel that holds what nobody will read any more resets. */
	if (c->given > c->seen)
		c->rst = 1;
}

static void client_rst(struct client *c)
{
	TRACE("client %d: resets", c->id);
	c->rst = c->gone = 1;
	c->read_at = SIM_NEVER;
	/* Some kernels throw away what was not read yet. */
	if (rnd_chance(500))
		c->ready = c->made = c->taken;
}

static void client_end(struct client *c)
{
	static const uint8_t zeros[3000];
	size_t n = world.config.server_max_message_size;

	n = rnd_below(n < sizeof zeros ? n : sizeof zeros);
	c->ended = 1;
	TRACE("client %d: end %d of its script", c->id, c->end);
	switch (c->end) {
	case END_CLOSE:
		compose_close(c);
		if (rnd_chance(200))
			compose_frame(c, 0x80 | OP_TEXT, "behind the close", 16);
		break;
	case END_FIN:
		c->fin_due = 2;
		break;
	case END_HALF:
		c->fin_due = 1;
		break;
	case END_RST:
		c->rst_due = 1;
		break;
	case END_ILLEGAL:
		illegal_frame(c);
		break;
	case END_CUT:
		compose_frame(c, rnd_chance(500) ? 0x82 : 0x02, zeros, n);
		c->made -= rnd_between(1, rnd_chance(500) ? 5 : c->made - c->ready - 1);
		c->cut = 1;
		if (rnd_chance(700))
			c->fin_due = 2, c->rst_due = (uint8_t)rnd_chance(500);
		break;
	default:
		break;
	}
}

static void client_first(struct client *c)
{
	c->met = 1;
	if (sock_dial(c)) {
		c->life = LIFE_OVER;
		c->ended = 1;
		c->act_at = SIM_NEVER;
		return;
	}
	if (c->scraper)
		compose_scrape(c);
	else if (c->head == HEAD_BAD)
		illegal_head(c);
	else if (c->head != HEAD_SILENT)
		compose_head(c);
	if (c->head == HEAD_CUT && c->made > 0)
		c->made -= rnd_between(1, c->made);
	if (c->scraper || c->head >= HEAD_BAD) {
		c->poison = 0;
		c->steps = 0;
		c->ended = 1;
		if (rnd_chance(300))
			c->fin_due = (uint8_t)rnd_between(1, 2);
		else if (rnd_chance(300))
			c->rst_due = 1;
	}
}

/* The next thing on its script. */
static void client_step(struct client *c)
{
	if (c->ended) {
		c->act_at = SIM_NEVER;
	} else if (c->in.status && c->in.status != 101) {
		c->ended = 1;
	} else if ((!c->in.status && c->head != HEAD_GLUED) || world.phase == PHASE_START) {
		/* Until the answer comes. */
		c->act_at = wait_now + 50 * SIM_MS;
	} else if (c->steps == 0) {
		client_end(c);
	} else {
		size_t n = (world.bulk || world.pulse) && !c->bystander ? rnd_below(20)
		    : rnd_chance(100) ? rnd_below(12) : 0;

		c->steps--;
		do {
			if (rnd_chance(750))
				compose_message(c);
			else if (!c->unasked || rnd_chance(700))
				compose_ping(c);
			else
				compose_frame(c, 0x80 | OP_PONG, "\0\0\1\2", rnd_below(5));
		} while (n-- > 0);
	}
}

static void client_push(struct client *c)
{
	size_t n = c->made - c->ready;
	size_t room = (c->bystander ? SIZE_MAX / 2 : world.socket_room) - (c->ready - c->taken);

	if (c->split == SPLIT_BYTES)
		n = 1;
	else if (c->split == SPLIT_PIECES)
		n = rnd_between(1, n < 40 || rnd_chance(300) || c->bystander ? n : 40);
	c->ready += n < room ? n : room;
}

static void client_act(struct client *c)
{
	c->act_at = wait_now + c->gap;
	if (world.pulse && !c->bystander)
		c->act_at += world.pulse - c->act_at % world.pulse;
	if (c->gone || c->fin) {
		c->act_at = SIM_NEVER;
	} else if (!c->met && !c->bystander && world.phase == PHASE_START) {
		c->act_at = wait_now + 10 * SIM_MS;
	} else if (!c->met) {
		client_first(c);
	} else if (c->ready < c->made) {
		client_push(c);
	} else if (c->rst_due) {
		client_rst(c);
	} else if (c->fin_due) {
		client_fin(c, c->fin_due == 2);
	} else {
		client_step(c);
	}
}

/* ---- what it reads */

void client_answered(struct client *c, int op, const uint8_t *data, size_t n)
{
	struct event *e = &c->events[(c->event_first + c->event_count) % EVENTS];

	if (c->event_count == EVENTS)
		return;
	c->event_count++;
	e->at = c->given;
	e->op = (uint8_t)op;
	e->len = (uint8_t)n;
	memcpy(e->data, data, n);
}

static void client_event(struct client *c, const struct event *e)
{
	if (c->fin || c->gone || c->fin_due || c->rst_due)
		return;
	if (e->op == OP_PING && c->pongs != PONG_NEVER && c->poison == SIM_NEVER && !c->close_at &&
	    !c->cut) {
		compose_frame(c, 0x80 | OP_PONG, e->data, e->len);
		c->act_at = wait_now + (c->pongs == PONG_LATE ? rnd_below(4000000) : 10);
	} else if (e->op == OP_CLOSE && !c->hangs) {
		if (!c->close_at && c->poison == SIM_NEVER && !c->cut)
			compose_frame(c, 0x80 | OP_CLOSE, e->data, e->len);
		c->steps = 0;
		c->ended = 1;
		c->fin_due = 1;
		c->act_at = wait_now + 10;
	}
}

static void client_read(struct client *c)
{
	size_t n = c->given - c->seen < c->chunk ? (size_t)(c->given - c->seen) : c->chunk;

	c->seen += n;
	while (c->event_count && c->events[c->event_first].at <= c->seen) {
		client_event(c, &c->events[c->event_first]);
		c->event_first = (c->event_first + 1) % EVENTS;
		c->event_count--;
	}
	c->read_at = c->given > c->seen ? wait_now + c->lag : SIM_NEVER;
	if (c->given == c->seen && c->shut && !c->hangs && !c->fin && !c->gone) {
		c->ended = 1;
		c->fin_due = 2;
		c->ready = c->made;
		c->act_at = wait_now + 10;
	}
}

void client_run(void)
{
	uint64_t soonest = SIM_NEVER;
	size_t i;

	if (client_soonest > wait_now)
		return;
	for (i = 0; i < world.count; i++) {
		struct client *c = &world.clients[i];

		if (c->read_at <= wait_now)
			client_read(c);
		if (c->act_at <= wait_now)
			client_act(c);
		if (c->read_at < soonest)
			soonest = c->read_at;
		if (c->act_at < soonest)
			soonest = c->act_at;
	}
	client_soonest = soonest;
}

void client_leave(struct client *c)
{
	c->ended = 1;
	c->steps = 0;
	if (!c->met) {
		c->life = LIFE_OVER;
		c->act_at = SIM_NEVER;
	} else if (c->life != LIFE_OVER && c->fin) {
		client_fin(c, 1);
	} else if (c->life != LIFE_OVER && !c->gone) {
		c->made = c->ready;
		c->cut = 1;
		c->rst_due = (uint8_t)rnd_chance(300);
		c->fin_due = 2;
		client_acts(c, wait_now + rnd_below(100000));
	}
}
