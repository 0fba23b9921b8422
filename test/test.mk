# test.mk: the tests, included by the Makefile. `make test` needs a compiler, make, sh and nm.

UNIT_TESTS = test/unit_sha1 test/unit_base64 test/unit_utf8 test/unit_frame test/unit_http \
	test/unit_yaml test/unit_config test/unit_ring test/unit_budget test/unit_loop \
	test/unit_loop_turn test/unit_loop_random
E2E_TESTS = test/e2e_start test/e2e_relay test/e2e_frames test/e2e_handshake test/e2e_slow \
	test/e2e_signals test/e2e_limits test/e2e_metrics test/e2e_echo
E2E_LIBRARY = test/e2e.o test/e2e_run.o test/e2e_client.o test/e2e_frame.o $(E2E_STREAM_$(TLS))
E2E_STREAM_none = test/e2e_plain.o
E2E_STREAM_bearssl = test/tls/e2e_tls.o
E2E_LIBS_bearssl = -lssl -lcrypto
E2E_LIBS = $(LDLIBS) $(E2E_LIBS_$(TLS))
CLIENT_TESTS = test/clients/raw.py test/clients/library.py test/clients/promtool.py \
	test/clients/node.js test/clients/browser.py
DIST_TESTS = test/dist/docker.py test/dist/kubernetes.py

# After the product's, so that _DEFAULT_SOURCE adds what tests may use beyond POSIX.
TEST_CC = $(CC) $(OWN_CFLAGS) -Itest -D_DEFAULT_SOURCE $(CPPFLAGS) $(CFLAGS)

$(UNIT_TESTS): $(CORE) $(APPS) test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(CORE) $(APPS) $(LIBS)

$(E2E_TESTS): $(E2E_LIBRARY) test/e2e.h test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(E2E_LIBRARY) $(E2E_LIBS)

$(E2E_LIBRARY): test/e2e.h test/test.h build.stamp

test/e2e.o: test/e2e.c
	$(TEST_CC) -c -o $@ test/e2e.c

test/e2e_run.o: test/e2e_run.c
	$(TEST_CC) -c -o $@ test/e2e_run.c

test/e2e_client.o: test/e2e_client.c
	$(TEST_CC) -c -o $@ test/e2e_client.c

test/e2e_plain.o: test/e2e_plain.c
	$(TEST_CC) -c -o $@ test/e2e_plain.c

test/e2e_frame.o: test/e2e_frame.c
	$(TEST_CC) -c -o $@ test/e2e_frame.c

test/unit_sha1: test/unit_sha1.c
test/unit_base64: test/unit_base64.c
test/unit_utf8: test/unit_utf8.c
test/unit_frame: test/unit_frame.c
test/unit_http: test/unit_http.c
test/unit_yaml: test/unit_yaml.c
test/unit_config: test/unit_config.c
test/unit_ring: test/unit_ring.c
test/unit_budget: test/unit_budget.c
test/unit_loop: test/unit_loop.c test/ends.h
test/unit_loop_turn: test/unit_loop_turn.c test/ends.h
test/unit_loop_random: test/unit_loop_random.c test/ends.h
test/e2e_start: test/e2e_start.c
test/e2e_relay: test/e2e_relay.c
test/e2e_frames: test/e2e_frames.c
test/e2e_handshake: test/e2e_handshake.c
test/e2e_slow: test/e2e_slow.c
test/e2e_signals: test/e2e_signals.c
test/e2e_limits: test/e2e_limits.c
test/e2e_metrics: test/e2e_metrics.c
test/e2e_echo: test/e2e_echo.c

include test/hub.mk
include test/conformance/conformance.mk
include test/fuzz/fuzz.mk
include test/sim/sim.mk
include test/faults/faults.mk
include test/abuse/abuse.mk
include test/tls/tls.mk
include test/bench/bench.mk
include test/client/client.mk
include test/static.mk

TEST_PROGRAMS = $(UNIT_TESTS) $(HUB_TESTS) $(E2E_TESTS) $(CONFORMANCE_TESTS) $(FUZZ_REPLAYS) \
	$(SIM_DIR)/sim $(FAULTS_TESTS) $(ABUSE_TESTS) $(CLIENT_UNITS) $(CLIENT_WRAPPED) \
	$(CLIENT_UNITS_$(TLS)) $(TLS_PROGRAMS_$(TLS))

test check: wsrelay wsclient $(TEST_PROGRAMS)
	@sh test/run.sh test/layers.sh $(UNIT_TESTS) $(CLIENT_UNITS) $(HUB_TESTS) $(FUZZ_REPLAYS) \
		$(SIM_DIR)/share.sh $(E2E_TESTS) $(CONFORMANCE_TESTS) \
		$(FAULTS_TESTS) $(ABUSE_TESTS)
	@$(TLS_RUN_$(TLS))

test-unit: wsrelay wsclient $(UNIT_TESTS) $(CLIENT_UNITS) $(HUB_TESTS)
	@sh test/run.sh test/layers.sh $(UNIT_TESTS) $(CLIENT_UNITS) $(HUB_TESTS)

test-e2e: wsrelay $(E2E_TESTS)
	@sh test/run.sh $(E2E_TESTS)

# Compiles all of them and runs none.
test-build: wsrelay wsclient $(TEST_PROGRAMS)

# What other languages bring; each says SKIP where its language is missing.
test-clients: wsrelay
	@sh test/run.sh $(CLIENT_TESTS)

# What dist/ builds and says, without a container engine or a cluster.
test-dist: wsrelay
	@sh test/run.sh $(DIST_TESTS)

.PHONY: test check test-unit test-e2e test-build test-clients test-dist
