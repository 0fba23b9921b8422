# tls.mk: the tests of TLS, included by the Makefile; there are some with TLS=bearssl only.
#
# TLS_TESTS are programs for make test. They need openssl, which makes their certificates.

TLS_LIBRARY = -lbearssl
TLS_TESTS_bearssl = test/tls/unit_tls_pair test/tls/unit_tls_der
TLS_TESTS = $(TLS_TESTS_$(TLS))

TLS_PAIR = tls_pair.o tls_cert.o tls_der.o tls_pem.o
$(TLS_PAIR): tls.h wsrelay.h build.stamp

$(TLS_TESTS_bearssl): $(TLS_PAIR) base64.o test/tls/pairs.h test/tls/certs.sh test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(TLS_PAIR) base64.o $(TLS_LIBRARY) $(LDLIBS)

test/tls/unit_tls_pair: test/tls/unit_tls_pair.c
test/tls/unit_tls_der: test/tls/unit_tls_der.c

test-tls: $(TLS_TESTS)
	@sh test/run.sh $(TLS_TESTS)

.PHONY: test-tls
