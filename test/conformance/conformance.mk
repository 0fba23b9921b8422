# conformance.mk: RFC 6455 case by case, included by the Makefile after test.mk: `make conformance`.

RFC_DIR = test/conformance
CONFORMANCE_TESTS = $(RFC_DIR)/rfc_framing $(RFC_DIR)/rfc_reserved $(RFC_DIR)/rfc_fragments \
	$(RFC_DIR)/rfc_control $(RFC_DIR)/rfc_text $(RFC_DIR)/rfc_close $(RFC_DIR)/rfc_handshake \
	$(RFC_DIR)/rfc_large
RFC_LIBRARY = $(RFC_DIR)/cases.o $(RFC_DIR)/cases_rows.o $(RFC_DIR)/script.o
RFC_HEADERS = $(RFC_DIR)/cases.h $(RFC_DIR)/script.h test/e2e.h test/test.h

$(CONFORMANCE_TESTS): $(RFC_LIBRARY) $(E2E_LIBRARY) $(RFC_HEADERS)
	$(TEST_CC) $(LDFLAGS) -o $@ $@.c $(RFC_LIBRARY) $(E2E_LIBRARY) $(E2E_LIBS)

$(RFC_LIBRARY): $(RFC_HEADERS) build.stamp

$(RFC_DIR)/cases.o: $(RFC_DIR)/cases.c
	$(TEST_CC) -c -o $@ $(RFC_DIR)/cases.c

$(RFC_DIR)/cases_rows.o: $(RFC_DIR)/cases_rows.c
	$(TEST_CC) -c -o $@ $(RFC_DIR)/cases_rows.c

$(RFC_DIR)/script.o: $(RFC_DIR)/script.c
	$(TEST_CC) -c -o $@ $(RFC_DIR)/script.c

$(RFC_DIR)/rfc_framing: $(RFC_DIR)/rfc_framing.c
$(RFC_DIR)/rfc_reserved: $(RFC_DIR)/rfc_reserved.c
$(RFC_DIR)/rfc_fragments: $(RFC_DIR)/rfc_fragments.c
$(RFC_DIR)/rfc_control: $(RFC_DIR)/rfc_control.c
$(RFC_DIR)/rfc_text: $(RFC_DIR)/rfc_text.c
$(RFC_DIR)/rfc_close: $(RFC_DIR)/rfc_close.c
$(RFC_DIR)/rfc_handshake: $(RFC_DIR)/rfc_handshake.c $(RFC_DIR)/rfc_handshake.h
$(RFC_DIR)/rfc_large: $(RFC_DIR)/rfc_large.c

conformance: wsrelay $(CONFORMANCE_TESTS)
	@sh test/run.sh $(CONFORMANCE_TESTS)

conformance-clean:
	rm -f $(CONFORMANCE_TESTS) $(RFC_DIR)/*.o

.PHONY: conformance conformance-clean
