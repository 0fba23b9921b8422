# faults.mk: the tests with planted faults, included by the Makefile.
#
# make faults               each call of the system fails once in each of its ways, or from then on
# make faults-e2e FAULTS=n  the end-to-end tests while n (20) of 100 calls fail or come up short

FAULTS_SHIM = test/faults/shim.so
FAULTS_SOURCES = test/faults/shim.c test/faults/shim_calls.c test/faults/shim_errors.c
FAULTS_HEADERS = test/faults/shim.h test/faults/shim_own.h test/faults/shim_errors.h

# Without sanitizers: it stands between theirs and the program.
$(FAULTS_SHIM): $(FAULTS_SOURCES) $(FAULTS_HEADERS) build.stamp
	$(CC) $(OWN_CFLAGS) -D_DEFAULT_SOURCE $(CPPFLAGS) $(CFLAGS) -fno-sanitize=all -fPIC \
		-shared -o $@ $(FAULTS_SOURCES) $(LDLIBS) -ldl

test/faults/plant.o: test/faults/plant.c test/faults/plant.h test/faults/shim.h test/e2e.h \
		build.stamp
	$(TEST_CC) -Itest/faults -c -o $@ test/faults/plant.c

FAULTS_TESTS = test/faults/faults

test/faults/faults: test/faults/faults.c test/faults/script.c test/faults/script.h \
		test/faults/shim_errors.c $(FAULTS_HEADERS) test/faults/plant.o $(E2E_LIBRARY) \
		$(FAULTS_SHIM)
	$(TEST_CC) -Itest/faults $(LDFLAGS) -o $@ $@.c test/faults/script.c \
		test/faults/shim_errors.c test/faults/plant.o $(E2E_LIBRARY) $(E2E_LIBS)

faults: wsrelay $(FAULTS_TESTS)
	@FAULTS=all test/faults/faults

faults-e2e: wsrelay $(E2E_TESTS) $(FAULTS_SHIM)
	@FAULTS=$(FAULTS) sh test/faults/e2e.sh

.PHONY: faults faults-e2e
