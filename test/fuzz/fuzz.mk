# fuzz.mk: the fuzzers and the test of the YAML subset against PyYAML, included by the Makefile.
#
# make fuzz SECONDS=n       each harness for n seconds, with libFuzzer and the sanitizers
# make fuzz-merge           adds what they found to the kept corpus, which stays small
# make fuzz-coverage        lines of each parser that the kept corpus reaches
# make yaml-diff FILES=n SEED=n
# FUZZ_REPLAYS are programs for make test: the kept corpus without libFuzzer.

SECONDS = 60
FUZZ_CC = clang
FUZZ_SANITIZE = -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FILES = 20000
SEED = 1
YAML_PYTHON = /usr/bin/python3

FUZZ_NAMES = http frames utf8 config base64 metrics client $(TLS_FUZZ_$(TLS))
FUZZ_REPLAYS = test/fuzz/replay_http test/fuzz/replay_frames test/fuzz/replay_utf8 \
	test/fuzz/replay_config test/fuzz/replay_base64 test/fuzz/replay_metrics \
	test/fuzz/replay_client
FUZZ_PROGRAMS = $(FUZZ_REPLAYS) test/fuzz/fuzz_http test/fuzz/fuzz_frames test/fuzz/fuzz_utf8 \
	test/fuzz/fuzz_config test/fuzz/fuzz_base64 test/fuzz/fuzz_metrics test/fuzz/fuzz_client \
	test/yaml_diff/events

# What each harness is made of, beside itself. The hub runs on a stub of the system.
FUZZ_COMMON = test/fuzz/fuzz.c test/fuzz/naive.c test/fuzz/naive_http.c
FUZZ_HUB = hub.c conn.c tls_none.c input.c output.c hold.c ring.c budget.c frame.c utf8.c http.c base64.c \
	sha1.c config.c yaml_text.c apps/echo.c test/fuzz/system.c
FUZZ_http = http.c base64.c sha1.c
FUZZ_frames = $(FUZZ_HUB) apps/relay.c test/fuzz/frames_model.c test/fuzz/frames_make.c
FUZZ_utf8 = utf8.c
FUZZ_config = config.c config_load.c yaml_mini.c yaml_text.c utf8.c test/fuzz/yaml_trace.c
FUZZ_base64 = base64.c
FUZZ_metrics = $(FUZZ_HUB) metrics.c
FUZZ_client = client/handshake.c client/receive.c frame.c utf8.c sha1.c base64.c

FUZZ_ALLOC = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free
FUZZ_CALLS = $(FUZZ_ALLOC) -Wl,--wrap=recv -Wl,--wrap=__recv_chk -Wl,--wrap=send \
	-Wl,--wrap=sendmsg -Wl,--wrap=shutdown -Wl,--wrap=setsockopt -Wl,--wrap=close \
	-Wl,--wrap=time -Wl,--wrap=__time64
FUZZ_FILES = $(FUZZ_ALLOC) -Wl,--wrap=fopen -Wl,--wrap=fopen64 -Wl,--wrap=getenv

FUZZ_FLAGS = $(OWN_CFLAGS) -Itest/fuzz -D_DEFAULT_SOURCE
FUZZ_BUILD = $(FUZZ_CC) $(FUZZ_FLAGS) -g -O1 -DFUZZ_MS=100 $(FUZZ_SANITIZE) $(FUZZ_COMMON) -o $@
FUZZ_REPLAY = $(CC) $(FUZZ_FLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(FUZZ_COMMON) \
	test/fuzz/replay.c -o $@
FUZZ_HEADERS = wsrelay.h core.h test/fuzz/fuzz.h test/fuzz/naive_http.h test/fuzz/system.h \
	test/fuzz/frames_model.h test/fuzz/yaml_trace.h

test/fuzz/fuzz_http: test/fuzz/fuzz_http.c $(FUZZ_COMMON) $(FUZZ_http) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_http) $(FUZZ_ALLOC)
test/fuzz/fuzz_frames: test/fuzz/fuzz_frames.c $(FUZZ_COMMON) $(FUZZ_frames) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_frames) $(FUZZ_CALLS)
test/fuzz/fuzz_utf8: test/fuzz/fuzz_utf8.c $(FUZZ_COMMON) $(FUZZ_utf8) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_utf8) $(FUZZ_ALLOC)
test/fuzz/fuzz_config: test/fuzz/fuzz_config.c $(FUZZ_COMMON) $(FUZZ_config) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_config) $(FUZZ_FILES)
test/fuzz/fuzz_base64: test/fuzz/fuzz_base64.c $(FUZZ_COMMON) $(FUZZ_base64) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_base64) $(FUZZ_ALLOC)
test/fuzz/fuzz_metrics: test/fuzz/fuzz_metrics.c $(FUZZ_COMMON) $(FUZZ_metrics) $(FUZZ_HEADERS)
	$(FUZZ_BUILD) $@.c $(FUZZ_metrics) $(FUZZ_CALLS)
test/fuzz/fuzz_client: test/fuzz/fuzz_client.c $(FUZZ_COMMON) $(FUZZ_client) $(FUZZ_HEADERS) \
		client/client.h client/wire.h
	$(FUZZ_BUILD) $@.c $(FUZZ_client) $(FUZZ_ALLOC)

test/fuzz/replay_http: test/fuzz/fuzz_http.c $(FUZZ_COMMON) $(FUZZ_http) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/http"' test/fuzz/fuzz_http.c $(FUZZ_http) \
		$(FUZZ_ALLOC) $(LDLIBS)
test/fuzz/replay_frames: test/fuzz/fuzz_frames.c $(FUZZ_COMMON) $(FUZZ_frames) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/frames"' test/fuzz/fuzz_frames.c \
		$(FUZZ_frames) $(FUZZ_CALLS) $(LDLIBS)
test/fuzz/replay_utf8: test/fuzz/fuzz_utf8.c $(FUZZ_COMMON) $(FUZZ_utf8) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/utf8"' test/fuzz/fuzz_utf8.c $(FUZZ_utf8) \
		$(FUZZ_ALLOC) $(LDLIBS)
test/fuzz/replay_config: test/fuzz/fuzz_config.c $(FUZZ_COMMON) $(FUZZ_config) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/config"' test/fuzz/fuzz_config.c \
		$(FUZZ_config) $(FUZZ_FILES) $(LDLIBS)
test/fuzz/replay_base64: test/fuzz/fuzz_base64.c $(FUZZ_COMMON) $(FUZZ_base64) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/base64"' test/fuzz/fuzz_base64.c \
		$(FUZZ_base64) $(FUZZ_ALLOC) $(LDLIBS)
test/fuzz/replay_metrics: test/fuzz/fuzz_metrics.c $(FUZZ_COMMON) $(FUZZ_metrics) $(FUZZ_HEADERS) \
		test/fuzz/replay.c
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/metrics"' test/fuzz/fuzz_metrics.c \
		$(FUZZ_metrics) $(FUZZ_CALLS) $(LDLIBS)
test/fuzz/replay_client: test/fuzz/fuzz_client.c $(FUZZ_COMMON) $(FUZZ_client) $(FUZZ_HEADERS) \
		test/fuzz/replay.c client/client.h client/wire.h
	$(FUZZ_REPLAY) -DFUZZ_CORPUS='"test/fuzz/corpus/client"' test/fuzz/fuzz_client.c \
		$(FUZZ_client) $(FUZZ_ALLOC) $(LDLIBS)

fuzz fuzz-merge:
	@MAKE='$(MAKE)' FUZZ_CC='$(FUZZ_CC)' SECONDS_EACH='$(SECONDS)' \
		sh test/fuzz/run.sh $@ $(FUZZ_NAMES)

fuzz-coverage:
	@MAKE='$(MAKE)' sh test/fuzz/coverage.sh

test/yaml_diff/events: test/yaml_diff/events.c yaml_mini.c yaml_text.c utf8.c wsrelay.h
	$(CC) $(OWN_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $@.c yaml_mini.c yaml_text.c \
		utf8.c $(LDLIBS)

yaml-diff: test/yaml_diff/events
	@$(YAML_PYTHON) test/yaml_diff/yaml_diff.py --files $(FILES) --seed $(SEED)

.PHONY: fuzz fuzz-merge fuzz-coverage yaml-diff
