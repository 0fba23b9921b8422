# tls.mk: the tests of TLS, included by test.mk: `make TLS=bearssl test-tls`, or test-tls-all.
#
# They need openssl and its libssl (Debian: libssl-dev); what else is missing is skipped.

TLS_DIR = test/tls
TLS_PAIRS = $(TLS_DIR)/unit_tls_cert $(TLS_DIR)/unit_tls_key $(TLS_DIR)/unit_tls_pair
TLS_UNITS = $(TLS_DIR)/unit_tls_engine $(TLS_DIR)/unit_tls_refuse
TLS_E2E = $(TLS_DIR)/tls_records $(TLS_DIR)/tls_cut $(TLS_DIR)/tls_memory $(TLS_DIR)/tls_reload
TLS_ABUSE = $(TLS_DIR)/tls_abuse $(TLS_DIR)/tls_flood
TLS_PROGRAMS_bearssl = $(TLS_PAIRS) test/fuzz/replay_pair $(TLS_UNITS) $(TLS_E2E) $(TLS_ABUSE)
TLS_CLIENTS = $(TLS_DIR)/s_client.py $(TLS_DIR)/https.py test/clients/raw.py \
	test/clients/library.py test/clients/node.js test/clients/browser.py test/clients/promtool.py

# Programs of plain ws:// that say something of wss:// too. Not among them: e2e_start and
# abuse_config, which start the program with files of their own; e2e_metrics and abuse_clock, where
# TLS plays no part. The rest of RFC 6455, whose cases differ in payload only, abuse_around and a
# share of the planted faults are for test-tls-all.
TLS_OTHERS = test/e2e_relay test/e2e_frames test/e2e_handshake test/e2e_slow test/e2e_signals \
	test/e2e_limits $(RFC_DIR)/rfc_framing $(RFC_DIR)/rfc_fragments $(RFC_DIR)/rfc_close \
	$(RFC_DIR)/rfc_handshake $(RFC_DIR)/rfc_large test/abuse/abuse_handshakes \
	test/abuse/abuse_leaving test/abuse/abuse_memory
TLS_ALL = $(RFC_DIR)/rfc_control $(RFC_DIR)/rfc_reserved $(RFC_DIR)/rfc_text \
	test/abuse/abuse_around $(FAULTS_TESTS)

TLS_RUN_bearssl = sh $(TLS_DIR)/run.sh $(TLS_PROGRAMS_bearssl) $(TLS_CLIENTS) $(TLS_OTHERS)
TLS_RUN_none = :

$(TLS_DIR)/e2e_tls.o: $(TLS_DIR)/e2e_tls.c test/e2e.h test/test.h build.stamp
	$(TEST_CC) -c -o $@ $(TLS_DIR)/e2e_tls.c

$(TLS_DIR)/engines.o: $(TLS_DIR)/engines.c $(TLS_DIR)/engines.h test/test.h tls.h build.stamp
	$(TEST_CC) -c -o $@ $(TLS_DIR)/engines.c

$(TLS_UNITS): $(TLS_DIR)/engines.o $(CORE) $(TLS_DIR)/engines.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(TLS_DIR)/engines.o $(CORE) $(LIBS)

$(TLS_DIR)/unit_tls_engine: $(TLS_DIR)/unit_tls_engine.c
$(TLS_DIR)/unit_tls_refuse: $(TLS_DIR)/unit_tls_refuse.c

TLS_WIRE = $(TLS_DIR)/wire.o $(E2E_LIBRARY) $(CORE)

$(TLS_DIR)/wire.o: $(TLS_DIR)/wire.c $(TLS_DIR)/wire.h test/e2e.h test/test.h tls.h build.stamp
	$(TEST_CC) -c -o $@ $(TLS_DIR)/wire.c

$(TLS_E2E): $(TLS_WIRE) $(TLS_DIR)/wire.h test/e2e.h test/test.h
	$(TEST_CC) -I$(TLS_DIR) $(LDFLAGS) -o $@ $@.c $(TLS_WIRE) $(LIBS) \
		$(E2E_LIBS_$(TLS))

$(TLS_DIR)/tls_records: $(TLS_DIR)/tls_records.c
$(TLS_DIR)/tls_cut: $(TLS_DIR)/tls_cut.c
$(TLS_DIR)/tls_reload: $(TLS_DIR)/tls_reload.c
$(TLS_DIR)/tls_memory: $(TLS_DIR)/tls_memory.c

$(TLS_ABUSE): $(TLS_WIRE) $(ABUSE_LIBRARY) $(TLS_DIR)/wire.h test/e2e.h test/test.h $(FAULTS_SHIM)
	$(ABUSE_CC) -I$(TLS_DIR) $(LDFLAGS) -o $@ $@.c $(TLS_WIRE) $(ABUSE_LIBRARY) $(LIBS) \
		$(E2E_LIBS_$(TLS))

$(TLS_DIR)/tls_abuse: $(TLS_DIR)/tls_abuse.c
$(TLS_DIR)/tls_flood: $(TLS_DIR)/tls_flood.c

# Certificates and keys: these need openssl, which makes them.
TLS_FUZZ_bearssl = pair
TLS_WRAP = -Wl,--wrap=malloc -Wl,--wrap=free -Wl,--wrap=read
TLS_PAIR = tls_pair.o tls_cert.o tls_der.o tls_pem.o
$(TLS_PAIR): tls.h wsrelay.h build.stamp

$(TLS_DIR)/unit_tls_key $(TLS_DIR)/unit_tls_pair: $(TLS_PAIR) base64.o $(TLS_DIR)/pairs.h \
		$(TLS_DIR)/der.h $(TLS_DIR)/certs.sh test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(TLS_PAIR) base64.o $(TLS_WRAP) $(TLS_LIBS_bearssl) $(LDLIBS)

$(TLS_DIR)/unit_tls_cert: $(TLS_PAIR) $(TLS_DIR)/der.h test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c tls_cert.o tls_der.o $(TLS_LIBS_bearssl) $(LDLIBS)

$(TLS_DIR)/unit_tls_cert: $(TLS_DIR)/unit_tls_cert.c
$(TLS_DIR)/unit_tls_key: $(TLS_DIR)/unit_tls_key.c
$(TLS_DIR)/unit_tls_pair: $(TLS_DIR)/unit_tls_pair.c

FUZZ_pair = tls_pair.c tls_cert.c tls_der.c tls_pem.c base64.c

test/fuzz/fuzz_pair: test/fuzz/fuzz_pair.c $(FUZZ_COMMON) $(FUZZ_pair) $(FUZZ_HEADERS) tls.h
	$(FUZZ_BUILD) $@.c $(FUZZ_pair) $(FUZZ_ALLOC) $(TLS_LIBS_bearssl)
test/fuzz/replay_pair: test/fuzz/fuzz_pair.c $(FUZZ_COMMON) $(FUZZ_pair) $(FUZZ_HEADERS) tls.h \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/pair"' test/fuzz/fuzz_pair.c $(FUZZ_pair) \
		$(FUZZ_ALLOC) $(TLS_LIBS_bearssl) $(LDLIBS)

test-tls: wsrelay $(TLS_PROGRAMS_$(TLS)) $(TLS_OTHERS)
	@test $(TLS) != none || echo "SKIP test-tls: no TLS is built in; make TLS=bearssl test-tls"
	@$(TLS_RUN_$(TLS))

test-tls-all: wsrelay $(TLS_PROGRAMS_$(TLS)) $(TLS_OTHERS) $(TLS_ALL)
	@$(TLS_RUN_$(TLS)) $(TLS_ALL)

.PHONY: test-tls test-tls-all
