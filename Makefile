# wsrelay: `make` builds it and wsclient, `make run` starts it, `make test` tests it. POSIX make.
.POSIX:
.SUFFIXES: .c .o

include config.mk

# The user's CFLAGS come last.
OWN_CFLAGS = -std=c99 -D_POSIX_C_SOURCE=200809L -I. \
	-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wformat=2

# An application: its file, and what only it needs, beside its line in apps/apps.c.
APPS = apps/apps.o apps/relay.o apps/echo.o

TLS_none = tls_none.o
TLS_bearssl = tls_conn.o tls_server.o tls_bearssl.o tls_pair.o tls_cert.o \
	tls_pem.o tls_der.o
TLS_LIBS_bearssl = -lbearssl
LIBS = $(LDLIBS) $(TLS_LIBS_$(TLS))

PURE = sha1.o base64.o utf8.o frame.o http.o ring.o yaml_text.o yaml_mini.o
CORE = $(PURE) config.o config_load.o log.o os.o budget.o hold.o loop.o loop_$(POLL).o net.o \
	output.o input.o conn.o hub.o metrics.o $(TLS_$(TLS))
OBJECTS = wsrelay.o $(CORE) $(APPS)

# The client: its own files, and what it shares with the server.
LINK_none = client/link_plain.o
LINK_bearssl = client/link_bearssl.o client/trust.o client/verify.o
LINK_SHARED_bearssl = tls_bearssl.o tls_cert.o tls_pem.o tls_der.o
CLIENT_OWN = client/wsclient.o client/options.o client/url.o client/random.o client/queue.o \
	client/print.o client/lines.o client/dial.o $(LINK_$(TLS)) \
	client/handshake.o client/receive.o client/transmit.o client/session.o client/ping.o client/report.o \
	client/scrape.o
CLIENT = $(CLIENT_OWN) sha1.o base64.o utf8.o frame.o log.o os.o loop.o loop_$(POLL).o \
	$(LINK_SHARED_$(TLS))

all: wsrelay wsclient

wsrelay: $(OBJECTS)
	$(CC) $(CFLAGS) $(TUNING_LINK) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

wsclient: $(CLIENT)
	$(CC) $(CFLAGS) $(TUNING_LINK) $(LDFLAGS) -o $@ $(CLIENT) $(LIBS)

.c.o:
	$(CC) $(OWN_CFLAGS) $(TUNING) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Whatever was said to make otherwise than last time: everything is built again.
build.stamp: FORCE
	@echo '$(CC) $(TUNING) $(TUNING_LINK) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBS) $(POLL) $(TLS) $(APPS)' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

FORCE:

$(OBJECTS): wsrelay.h core.h build.stamp
$(TLS_bearssl) $(LINK_bearssl): tls.h
$(CLIENT_OWN): wsrelay.h client/client.h client/wire.h client/trust.h build.stamp

run: wsrelay
	./wsrelay -c wsrelay.yaml

-include test/test.mk

install: wsrelay wsclient
	mkdir -p $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(SYSCONFDIR) \
		$(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man1
	cp wsrelay $(DESTDIR)$(SBINDIR)/wsrelay
	chmod 755 $(DESTDIR)$(SBINDIR)/wsrelay
	cp wsclient $(DESTDIR)$(BINDIR)/wsclient
	chmod 755 $(DESTDIR)$(BINDIR)/wsclient
	cp wsclient.1 $(DESTDIR)$(MANDIR)/man1/wsclient.1
	cp wsrelay.8 $(DESTDIR)$(MANDIR)/man8/wsrelay.8
	cp wsrelay.yaml.5 $(DESTDIR)$(MANDIR)/man5/wsrelay.yaml.5
	test -e $(DESTDIR)$(SYSCONFDIR)/wsrelay.yaml || \
		cp wsrelay.yaml $(DESTDIR)$(SYSCONFDIR)/wsrelay.yaml

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/wsrelay $(DESTDIR)$(MANDIR)/man8/wsrelay.8 \
		$(DESTDIR)$(MANDIR)/man5/wsrelay.yaml.5 \
		$(DESTDIR)$(BINDIR)/wsclient $(DESTDIR)$(MANDIR)/man1/wsclient.1

clean:
	rm -f wsrelay wsclient *.o apps/*.o client/*.o build.stamp build.stamp.new
	rm -f $(TEST_PROGRAMS) $(FUZZ_PROGRAMS) $(BENCH_PROGRAMS) test/*.o test/*/*.o test/*/*.so \
		test/abuse/soak $(TLS_PROGRAMS_bearssl) $(CLIENT_UNITS_bearssl)
	rm -rf test/sim/obj test/fuzz/fuzz_found

.PHONY: all run install uninstall clean FORCE
