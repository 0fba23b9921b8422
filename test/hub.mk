# hub.mk: tests that talk to the hub over socketpairs, on a clock of their own; included by test.mk.

HUB_PROGRAMS = test/hub_admit test/hub_relay test/hub_slow test/hub_random test/hub_time test/hub_echo \
	test/hub_leave test/hub_memory test/hub_malloc
# It stands in for glibc's malloc(): empty this for another libc or a sanitizer.
HUB_MALLOC = test/hub_malloc
HUB_TESTS = test/unit_output test/hub_admit test/hub_relay test/hub_slow test/hub_random \
	test/hub_time test/hub_echo test/hub_leave test/hub_memory $(HUB_MALLOC)
HUB_WAIT_epoll = test/fake_epoll.o
HUB_LIBRARY = test/hub.o test/client.o test/fake.o $(HUB_WAIT_$(POLL))
OUTPUT_OBJECTS = ring.o budget.o frame.o utf8.o

# It includes output.c and plays the hub's part itself.
test/unit_output: test/unit_output.c output.c $(OUTPUT_OBJECTS) test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(OUTPUT_OBJECTS) $(LDLIBS)

# fake.o's clock_gettime(), poll(), select(), send(), sendmsg() and recv() stand in libc's place, and
# fake_epoll.o's epoll_ctl() and epoll_wait().
$(HUB_PROGRAMS): $(HUB_LIBRARY) $(CORE) test/hub.h test/client.h test/fake.h test/test.h
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(HUB_LIBRARY) $(CORE) $(LIBS)

$(HUB_LIBRARY): test/hub.h test/client.h test/fake.h wsrelay.h core.h build.stamp

test/hub.o: test/hub.c
	$(TEST_CC) -c -o $@ test/hub.c

test/client.o: test/client.c
	$(TEST_CC) -c -o $@ test/client.c

test/fake.o: test/fake.c
	$(TEST_CC) -c -o $@ test/fake.c

test/fake_epoll.o: test/fake_epoll.c
	$(TEST_CC) -c -o $@ test/fake_epoll.c

test/hub_admit: test/hub_admit.c
test/hub_relay: test/hub_relay.c
test/hub_slow: test/hub_slow.c
test/hub_random: test/hub_random.c
test/hub_time: test/hub_time.c
test/hub_echo: test/hub_echo.c
test/hub_leave: test/hub_leave.c
test/hub_memory: test/hub_memory.c
test/hub_malloc: test/hub_malloc.c
