/* world.c: one world from its seed: config, clients, faults, the turns, the end. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;

static struct watch signal_watch;

size_t world_store(const void *data, size_t n)
{
	size_t at = world.stored;

	if (n > world.store_room - at) {
		world.store_room = 2 * (at + n) + 65536;
		world.store = realloc(world.store, world.store_room);
		if (!world.store)
			main_fail("the simulator itself is out of memory");
	}
	if (n && data)
		memcpy(world.store + at, data, n);
	world.stored += n;
	return at;
}

int world_stormy(void)
{
	return world.phase == PHASE_STORM;
}

/* ---- what kind of world it is */

static void world_sizes(struct config *f)
{
	uint32_t scale = world.bulk ? 1024 : rnd_chance(850) ? 4 : (uint32_t)rnd_between(16, 256);
	uint32_t most, ring = scale * 1024;

	if (!world.bulk && rnd_chance(700))
		ring += (uint32_t)rnd_below(ring);
	most = ring / 3 - 14;
	f->memory_ring = ring;
	f->server_max_message_size = rnd_chance(200) ? most : (uint32_t)rnd_between(125, most);
	if (world.bulk)
		f->server_max_message_size = 65536;
	f->memory_input = world.bulk || rnd_chance(200) ? 262144
	                  : 4096 + (uint32_t)rnd_below(12000);
	f->memory_budget = 4 * f->server_max_message_size;
	if (f->memory_budget < 4096)
		f->memory_budget = 4096;
	world.tight = !world.bulk && rnd_chance(400);
	if (world.tight)
		f->memory_budget += rnd_chance(300) ? 0 : (uint32_t)rnd_below(60000);
	else
		f->memory_budget = 64u << 20;
}

static uint32_t world_time(uint32_t least, uint32_t most)
{
	return (uint32_t)rnd_between(least, rnd_chance(700) ? least + 3000 : most);
}

static void world_config(void)
{
	struct config *f = &world.config;

	config_defaults(f, apps);
	world.bulk = rnd_chance(4);
	world.crowd = !world.bulk && rnd_chance(2);
	world.echo = !world.bulk && rnd_chance(250);
	world.pulse = rnd_chance(80) ? SIM_MS * rnd_between(1, 50) : 0;
	f->app = (uint32_t)world.echo;
	world_sizes(f);
	f->relay_slow_client = rnd_chance(500) ? SLOW_DROP : SLOW_DISCONNECT;
	f->server_max_connections = rnd_chance(100) ? 2 + (uint32_t)rnd_below(4) : 64;
	f->server_handshake_timeout = world_time(3000, 20000);
	f->server_ping_interval = rnd_chance(200) ? 0 : world_time(500, 60000);
	f->server_pong_timeout = world_time(3000, 90000);
	f->server_write_timeout = world_time(1000, 20000);
	f->server_shutdown_timeout = world_time(500, 20000);
	f->metrics_enabled = (uint32_t)rnd_chance(400);
	f->log_level = rnd_chance(20) || world_trace ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR;
	snprintf(f->server_address, sizeof f->server_address, "%s",
	         rnd_chance(300) ? "" : rnd_chance(700) ? "127.0.0.1" : rnd_chance(500) ? "::1"
	         : "unix:/run/sim.sock");
	if (rnd_chance(100))
		snprintf(f->server_path, sizeof f->server_path, "/chat");
	if (world.seed % 7 == 0)
		snprintf(f->server_address, sizeof f->server_address, "127.0.0.1");
}

static unsigned world_rate(unsigned worlds, unsigned most)
{
	return rnd_chance(worlds) ? (unsigned)rnd_between(1, most) : 0;
}

static void world_faults(void)
{
	world.faults = world_rate(500, 200);
	world.shorts = world_rate(500, 600);
	world.accept_faults = world_rate(300, 300);
	world.poll_faults = world_rate(300, 200);
	world.heap_faults = world_rate(150, 200);
	world.jumps = world_rate(100, 40);
	world.slow_cpu = rnd_chance(100) ? (unsigned)rnd_between(100, 3000) : 0;
	world.fd_limit = rnd_chance(150) ? rnd_between(8, 14) : 600;
	world.socket_room = world.bulk || world.pulse ? 300000
	                    : rnd_between(100, rnd_chance(500) ? 3000 : 100000);
	world.store_limit = world.bulk ? 6000000 : world.pulse ? 500000
	                    : rnd_chance(900) ? 150000 : 600000;
	world.slow_echo = world.echo;
	world.moody = rnd_chance(100);
	world.hasty = rnd_chance(100);
	world.strict = !world.tight && !world.heap_faults;
}

static void world_clients(void)
{
	size_t i, n = rnd_chance(800) ? rnd_below(7) : rnd_chance(995) ? rnd_below(20)
	    : rnd_below(380);

	if (world.bulk)
		n = 4 + rnd_below(6);
	if (world.pulse)
		n = 6 + rnd_below(12);
	if (world.crowd)
		n = SIM_CLIENTS - SIM_BYSTANDERS;
	client_soonest = 0;
	world.count = SIM_BYSTANDERS;
	for (i = 0; i < SIM_BYSTANDERS; i++)
		client_bystander(&world.clients[i], (int)i);
	for (i = 0; i < n; i++, world.count++)
		client_make(&world.clients[world.count], (int)world.count);
	world.drain_at = rnd_chance(300) ? wait_now + rnd_below(rnd_chance(500) ? 200000 : 9000000)
	                                 : SIM_NEVER;
}

static void world_describe(void)
{
	const struct config *f = &world.config;
	char what[400];

	snprintf(what, sizeof what,
	         "%s, %zu clients, message %lu, input %lu, ring %lu, budget %lu, %s%s%s; "
	         "faults %u, short %u, accept %u, poll %u, malloc %u, jumps %u, cpu %u, files %zu",
	         world.echo ? "echo" : "relay", world.count,
	         (unsigned long)f->server_max_message_size,
	         (unsigned long)f->memory_input, (unsigned long)f->memory_ring,
	         (unsigned long)f->memory_budget, f->relay_slow_client == SLOW_DROP ? "drop"
	         : "disconnect", world.bulk ? ", bulk" : world.pulse ? ", pulse" : "",
	         world.drain_at != SIM_NEVER ? ", drain" : "",
	         world.faults, world.shorts, world.accept_faults, world.poll_faults,
	         world.heap_faults,
	         world.jumps, world.slow_cpu, world.fd_limit);
	main_describe(what);
	TRACE("world %llu: %s", (unsigned long long)world.seed, what);
}

/* ---- start, as wsrelay.c does it */

static void world_signalled(struct watch *w, int events)
{
	unsigned char byte[8];

	(void)events;
	if (sock_read(w->fd, byte, sizeof byte) <= 0)
		return;
	oracle_scan();
	world.draining = 2;
	TRACE("SIGTERM");
	net_close(&world.hub);
	hub_drain(&world.hub);
	oracle_scan();
}

static void world_accepted(void *arg, int fd, const struct peer *peer)
{
	conn_open(arg, fd, peer);
}

static int world_start(void)
{
	struct hub *h = &world.hub;

	if (rnd_chance(20))
		heap_fail_at(1 + rnd_below(7));
	oracle_start(apps[world.config.app]);
	log_start(&world.config);
	if (hub_start(h, &world.config, oracle_app))
		return -1;
	signal_watch.fd = sock_pipe();
	signal_watch.ready = world_signalled;
	loop_add(&signal_watch, LOOP_IN);
	if (net_listen("sim", world.config.server_address, world.config.server_port, world_accepted,
	               h) ||
	    metrics_start(h))
		return -1;
	heap_fail_at(0);
	world.memory_fixed = heap_live;
	return 0;
}

static void world_stop(int started)
{
	metrics_stop();
	net_close(&world.hub);
	if (world.hub.slots_max)
		hub_stop(&world.hub);
	if (started || signal_watch.fd > 0)
		sock_close(signal_watch.fd);
	view_net_reset();
	check_end();
}

/* ---- the turns */

static int world_busy(void)
{
	size_t i;

	for (i = SIM_BYSTANDERS; i < world.count; i++)
		if (!world.clients[i].ended)
			return 1;
	return 0;
}

static void world_leave(size_t from, size_t to)
{
	for (; from < to; from++)
		client_leave(&world.clients[from]);
}

static void world_enter(int phase, uint64_t most)
{
	TRACE("---- phase %d", phase);
	world.phase = phase;
	world.phase_end = wait_now + most;
	if (phase == PHASE_STORM)
		heap_fail(world.heap_faults);
	if (phase == PHASE_LEAVE) {
		heap_fail(0);
		world_leave(SIM_BYSTANDERS, world.count);
	}
	if (phase == PHASE_END)
		world_leave(0, world.count);
	if (phase == PHASE_DRAIN) {
		world.draining = 1;
		sock_signal();
	}
}

static size_t world_bystanders(void)
{
	size_t i, n = 0;

	for (i = 0; i < SIM_BYSTANDERS; i++)
		n += world.clients[i].life == LIFE_ACCEPTED;
	return n;
}

/* Goes on to the next phase when this one has done its work. */
static void world_phase(void)
{
	struct hub *h = &world.hub;
	int late = wait_now >= world.phase_end;

	switch (world.phase) {
	case PHASE_START:
		if (world.clients[0].opened && world.clients[1].opened)
			world_enter(PHASE_STORM, SIM_SECOND * rnd_between(1, rnd_chance(800) ? 10
			                                                  : 120));
		CHECK(!late, "start: the bystanders do not get in");
		break;
	case PHASE_STORM:
		if (world.drain_at <= wait_now && !world.draining) {
			world.draining = 1;
			sock_signal();
		}
		if (!world.draining && (late || !world_busy()))
			world_enter(PHASE_LEAVE, 10 * SIM_SECOND);
		break;
	case PHASE_LEAVE:
		if (h->live_count <= world_bystanders())
			world_enter(PHASE_SETTLE, 20 * SIM_SECOND);
		CHECK(!late, "leave: %zu clients are left, %zu bystanders", h->live_count,
		      world_bystanders());
		break;
	case PHASE_SETTLE:
		if (!late && !check_settled())
			break;
		check_quiet();
		world_enter(PHASE_END, 10 * SIM_SECOND);
		break;
	case PHASE_END:
		CHECK(!late, "end: %zu clients are left", h->live_count);
		if (h->live_count > 0)
			break;
		CHECK(h->budget.used == 0, "end: %zu bytes of budget in use", h->budget.used);
		world_enter(PHASE_DRAIN, 5 * SIM_SECOND);
		break;
	default:
		CHECK(!late, "drain: it does not end");
	}
}

static void world_turns(void)
{
	struct hub *h = &world.hub;
	uint64_t draining = 0;

	world_enter(PHASE_START, 5 * SIM_SECOND);
	while (!hub_drained(h)) {
		hub_turn(h);
		check_turn();
		world_phase();
		if (world.hasty && world.draining > 1 && rnd_chance(300))
			break;
		CHECK(++world.turns < 400000, "end: the world goes on and on");
		if (!world.draining)
			draining = wait_now - wait_stopped;
		/* What an honest clock cannot see of a stop adds at most a second each time. */
		CHECK(world.jumps ||
		      wait_now - draining < SIM_MS * world.config.server_shutdown_timeout +
		      3 * SIM_SECOND || !world.draining,
		      "drain: it takes longer than shutdown_timeout");
	}
}

static void world_forget(uint64_t seed)
{
	/* The buffers of clients and store are kept: thousands of worlds want the same again. */
	uint8_t *store = world.store;
	struct logged *log = world.log;
	size_t store_room = world.store_room, log_room = world.log_room;

	memset((char *)&world, 0, offsetof(struct world, clients));
	memset((char *)&world.count, 0, sizeof world - offsetof(struct world, count));
	world.store = store;
	world.store_room = store_room;
	world.log = log;
	world.log_room = log_room;
	world.seed = seed;
	signal_watch.fd = 0;
}

void world_run(uint64_t seed)
{
	int started;

	world_forget(seed);
	rnd_start(seed);
	heap_start();
	wait_start();
	sock_start();
	view_loop_reset();
	world_config();
	world_faults();
	world_clients();
	world_describe();
	started = world_start() == 0;
	if (started)
		world_turns();
	world_stop(started);
}
