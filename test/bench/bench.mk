# bench.mk: measurements, included by the Makefile. Linux; see test/bench/README.
#
# make bench                            all, about five minutes
# make bench POLL=epoll                 the same with another way to wait
# make bench ROUNDS=1 SCENARIOS="fan-100-64-1 fan-100-64-64"
# make bench PEERS=1                    with the other servers that are installed
# make bench BENCH_TLS=1                with TLS (Debian: libssl-dev openssl)
# make bench-start                      memory at rest and time to start, for a small router
# make bench-check                      whether the load generator finds planted faults

ROUNDS = 3
SECS = 0.7
SCENARIOS =
PEERS =
BENCH_TLS =

BENCH_FLAGS = $(OWN_CFLAGS) -D_DEFAULT_SOURCE $(CPPFLAGS) $(CFLAGS)
BENCH_LOAD_ = test/bench/load
BENCH_LOAD_1 = test/bench/load_tls
BENCH_LOAD = $(BENCH_LOAD_$(BENCH_TLS))
BENCH_PROGRAMS = test/bench/load test/bench/load_tls test/bench/raw test/bench/start
LOAD_SOURCES = test/bench/load.c test/bench/client.c test/bench/frame.c test/bench/message.c \
	test/bench/server.c
LOAD_HEADERS = test/bench/load.h test/bench/raw.h build.stamp

test/bench/load: $(LOAD_SOURCES) test/bench/tls_none.c $(LOAD_HEADERS)
	$(CC) $(BENCH_FLAGS) $(LDFLAGS) -o $@ $(LOAD_SOURCES) test/bench/tls_none.c

test/bench/load_tls: $(LOAD_SOURCES) test/bench/tls_openssl.c $(LOAD_HEADERS)
	$(CC) $(BENCH_FLAGS) $(LDFLAGS) -o $@ $(LOAD_SOURCES) test/bench/tls_openssl.c \
		-lssl -lcrypto

test/bench/raw: test/bench/raw.c test/bench/raw.h build.stamp
	$(CC) $(BENCH_FLAGS) $(LDFLAGS) -o $@ test/bench/raw.c

test/bench/start: test/bench/start.c build.stamp
	$(CC) $(BENCH_FLAGS) $(LDFLAGS) -o $@ test/bench/start.c

# For glibc; without it nothing is counted.
test/bench/count.so: test/bench/count.c build.stamp
	$(CC) $(BENCH_FLAGS) -fPIC -shared -o $@ test/bench/count.c -ldl

# Compiles it and runs nothing.
bench-build: $(BENCH_LOAD) test/bench/raw test/bench/start test/bench/count.so

bench:
	@[ "$$(uname -s)" = Linux ] || { echo "SKIP bench: it is for Linux"; exit 0; }; \
	$(MAKE) -s wsrelay $(BENCH_LOAD) test/bench/raw test/bench/start && \
	{ $(MAKE) -s test/bench/count.so 2>/dev/null || rm -f test/bench/count.so; } && \
	CC='$(CC)' MAKE='$(MAKE)' ROUNDS='$(ROUNDS)' SECS='$(SECS)' SCENARIOS='$(SCENARIOS)' \
		PEERS='$(PEERS)' LOAD='$(BENCH_LOAD)' sh test/bench/bench.sh

bench-start: wsrelay test/bench/start
	@MAKE='$(MAKE)' sh test/bench/start.sh

bench-check: test/bench/load
	@CC='$(CC)' sh test/bench/check.sh

.PHONY: bench bench-build bench-start bench-check
