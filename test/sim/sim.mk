# sim.mk: the simulator: `make sim WORLDS=10000`, `make sim SEED=7 TRACE=1`, `make sim-mutants`.

SIM_DIR = test/sim
SIM_HEADERS = $(SIM_DIR)/sim.h $(SIM_DIR)/calls.h $(SIM_DIR)/redirect.h

# The product as it is, but with its system calls and memory renamed by the compiler. A file that
# has a view here is compiled inside it: the view can look at its state and start it anew.
SIM_PRODUCT = $(CORE:.o=.c) $(APPS:.o=.c)
SIM_VIEWS = $(SIM_DIR)/view_loop.c $(SIM_DIR)/view_net.c $(SIM_DIR)/view_budget.c \
	$(SIM_DIR)/view_output.c
SIM_OWN = $(SIM_DIR)/main.c $(SIM_DIR)/world.c $(SIM_DIR)/client.c $(SIM_DIR)/compose.c \
	$(SIM_DIR)/illegal.c $(SIM_DIR)/stream.c $(SIM_DIR)/oracle.c $(SIM_DIR)/check.c \
	$(SIM_DIR)/sock.c $(SIM_DIR)/link.c $(SIM_DIR)/wait.c $(SIM_WAIT_$(POLL)) \
	$(SIM_DIR)/heap.c $(SIM_DIR)/rnd.c
SIM_WAIT_epoll = $(SIM_DIR)/wait_epoll.c
SIM_CFLAGS = $(OWN_CFLAGS) -I$(SIM_DIR) $(CPPFLAGS) $(CFLAGS)

$(SIM_DIR)/sim: $(SIM_PRODUCT) $(SIM_VIEWS) $(SIM_OWN) $(SIM_HEADERS) wsrelay.h core.h build.stamp
	rm -rf $(SIM_DIR)/obj
	mkdir -p $(SIM_DIR)/obj
	@for f in $(SIM_PRODUCT); do \
		o=$(SIM_DIR)/obj/`basename $$f .c`.o; \
		! test -f $(SIM_DIR)/view_$$f || f=$(SIM_DIR)/view_$$f; \
		echo "  $(CC) $$f"; \
		$(CC) $(SIM_CFLAGS) -include $(SIM_DIR)/redirect.h -c -o $$o $$f || exit 1; \
	done
	@for f in $(SIM_OWN); do \
		echo "  $(CC) $$f"; \
		$(CC) $(SIM_CFLAGS) -D_DEFAULT_SOURCE -c -o \
			$(SIM_DIR)/obj/sim_`basename $$f .c`.o $$f || exit 1; \
	done
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(SIM_DIR)/obj/*.o $(LIBS)

# WORLDS (10000) from seed 1 on, just SEED, or WORLDS from SEED on. TRACE=1 prints the events.
sim: $(SIM_DIR)/sim
	@one=$${SEED:+1}; \
		$(SIM_DIR)/sim -n $${WORLDS:-$${one:-10000}} $${SEED:+-s $$SEED} $${TRACE:+-t}

sim-mutants:
	@sh $(SIM_DIR)/mutants.sh

sim-clean:
	rm -rf $(SIM_DIR)/sim $(SIM_DIR)/obj

.PHONY: sim sim-mutants sim-clean
