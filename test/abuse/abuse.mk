# abuse.mk: the abuse tests, included behind faults.mk.
#
# make test                 a share of each
# make abuse                all, with the figures; make abuse FAULTS=20: so many of 100 calls fail
# make soak MINUTES=n       honest clients and abuse together for n minutes

ABUSE_TESTS = test/abuse/abuse_handshakes test/abuse/abuse_leaving test/abuse/abuse_memory \
	test/abuse/abuse_around test/abuse/abuse_config test/abuse/abuse_clock
ABUSE_LIBRARY = test/abuse/abuse.o test/abuse/bystander.o test/abuse/stage.o test/faults/plant.o
ABUSE_HEADERS = test/abuse/abuse.h test/abuse/bystander.h test/faults/plant.h test/faults/shim.h
ABUSE_CC = $(TEST_CC) -Itest/abuse -Itest/faults
FAULTS =
MINUTES = 10

$(ABUSE_LIBRARY): $(ABUSE_HEADERS) test/e2e.h test/test.h build.stamp

test/abuse/abuse.o: test/abuse/abuse.c
	$(ABUSE_CC) -c -o $@ test/abuse/abuse.c

test/abuse/bystander.o: test/abuse/bystander.c
	$(ABUSE_CC) -c -o $@ test/abuse/bystander.c

test/abuse/stage.o: test/abuse/stage.c
	$(ABUSE_CC) -c -o $@ test/abuse/stage.c

$(ABUSE_TESTS) test/abuse/soak: $(ABUSE_LIBRARY) $(E2E_LIBRARY) $(FAULTS_SHIM)
	$(ABUSE_CC) $(LDFLAGS) -o $@ $@.c $(ABUSE_LIBRARY) $(E2E_LIBRARY) $(E2E_LIBS)

test/abuse/abuse_handshakes: test/abuse/abuse_handshakes.c
test/abuse/abuse_leaving: test/abuse/abuse_leaving.c
test/abuse/abuse_memory: test/abuse/abuse_memory.c
test/abuse/abuse_around: test/abuse/abuse_around.c
test/abuse/abuse_config: test/abuse/abuse_config.c
test/abuse/abuse_clock: test/abuse/abuse_clock.c core.h wsrelay.h
test/abuse/soak: test/abuse/soak.c

abuse: wsrelay $(ABUSE_TESTS)
	@ABUSE=full FAULTS=$(FAULTS) sh test/abuse/run.sh $(ABUSE_TESTS)

soak: wsrelay test/abuse/soak
	@MINUTES=$(MINUTES) FAULTS=$(FAULTS) test/abuse/soak

.PHONY: abuse soak
