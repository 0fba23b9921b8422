# tls.mk: the tests of TLS, included by the Makefile; there are some with TLS=bearssl only.
#
# TLS_TESTS are programs for make test. They need openssl, which makes their certificates.

TLS_LIBRARY = -lbearssl
TLS_FUZZ_bearssl = pair
TLS_TESTS_bearssl = test/tls/unit_tls_cert test/tls/unit_tls_key \
	test/tls/unit_tls_pair test/fuzz/replay_pair
TLS_TESTS = $(TLS_TESTS_$(TLS))

TLS_WRAP = -Wl,--wrap=malloc -Wl,--wrap=free -Wl,--wrap=read
TLS_PAIR = tls_pair.o tls_cert.o tls_der.o tls_pem.o
$(TLS_PAIR): tls.h wsrelay.h build.stamp

test/tls/unit_tls_key test/tls/unit_tls_pair: $(TLS_PAIR) base64.o test/tls/pairs.h \
		test/tls/der.h test/tls/certs.sh test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(TLS_PAIR) base64.o $(TLS_WRAP) $(TLS_LIBRARY) $(LDLIBS)

test/tls/unit_tls_cert: $(TLS_PAIR) test/tls/der.h test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c tls_cert.o tls_der.o $(LDLIBS)

test/tls/unit_tls_cert: test/tls/unit_tls_cert.c
test/tls/unit_tls_key: test/tls/unit_tls_key.c
test/tls/unit_tls_pair: test/tls/unit_tls_pair.c

FUZZ_pair = tls_pair.c tls_cert.c tls_der.c tls_pem.c base64.c

test/fuzz/fuzz_pair: test/fuzz/fuzz_pair.c $(FUZZ_COMMON) $(FUZZ_pair) $(FUZZ_HEADERS) tls.h
	$(FUZZ_BUILD) $@.c $(FUZZ_pair) $(FUZZ_ALLOC) $(TLS_LIBRARY)
test/fuzz/replay_pair: test/fuzz/fuzz_pair.c $(FUZZ_COMMON) $(FUZZ_pair) $(FUZZ_HEADERS) tls.h \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/pair"' test/fuzz/fuzz_pair.c $(FUZZ_pair) \
		$(FUZZ_ALLOC) $(TLS_LIBRARY) $(LDLIBS)

test-tls: $(TLS_TESTS)
	@sh test/run.sh $(TLS_TESTS)

.PHONY: test-tls
