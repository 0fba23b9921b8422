# client.mk: the tests of wsclient, included by test.mk.
#
# make test-wsclient        all of them; the pair and the other servers need Python

CLIENT_UNITS = test/client/unit_url test/client/unit_handshake test/client/unit_receive \
	test/client/unit_queue
CLIENT_PARTS = client/url.o client/random.o client/queue.o client/handshake.o client/receive.o \
	client/transmit.o sha1.o base64.o utf8.o frame.o log.o
CLIENT_PAIRS = test/client/pair.py test/client/pipe.py test/client/probe.py \
	test/client/hostile.py test/client/wrapped.py test/client/servers.py
CLIENT_UNITS_bearssl = test/client/unit_verify
CLIENT_PAIRS_bearssl = test/client/secure.py test/client/secure_wire.py \
	test/client/secure_pipe.py

$(CLIENT_UNITS): $(CLIENT_PARTS) client/client.h client/wire.h test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(CLIENT_PARTS) $(LDLIBS)

test/client/unit_url: test/client/unit_url.c
test/client/unit_handshake: test/client/unit_handshake.c
test/client/unit_receive: test/client/unit_receive.c
test/client/unit_queue: test/client/unit_queue.c

CLIENT_VERIFY = tls_cert.o tls_der.o tls_pem.o base64.o

test/client/unit_verify: test/client/unit_verify.c client/verify.c client/trust.c client/trust.h \
		$(CLIENT_VERIFY) test/tls/der.h test/test.h
	$(TEST_CC) $(LDFLAGS) -Wl,--wrap=open -Wl,--wrap=access -o $@ \
		test/client/unit_verify.c $(CLIENT_VERIFY) $(LIBS)

# wsclient with a clock that jumps and a resolver that fails, see wrap.c.
CLIENT_WRAPPED = test/client/wsclient_wrapped

$(CLIENT_WRAPPED): $(CLIENT) test/client/wrap.c build.stamp
	$(TEST_CC) $(LDFLAGS) -Wl,--wrap=clock_gettime -Wl,--wrap=getaddrinfo -o $@ \
		test/client/wrap.c $(CLIENT) $(LIBS)

test-wsclient: wsrelay wsclient $(CLIENT_UNITS) $(CLIENT_UNITS_$(TLS)) $(CLIENT_WRAPPED)
	@sh test/run.sh $(CLIENT_UNITS) $(CLIENT_UNITS_$(TLS)) $(CLIENT_PAIRS) $(CLIENT_PAIRS_$(TLS))

.PHONY: test-wsclient
