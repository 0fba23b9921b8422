# config.mk: what to build. Edit it, or say it to make: make POLL=select CFLAGS=-Os

CC = cc
CFLAGS = -O2
LDFLAGS =

# Beside CFLAGS, whatever these are: a smaller binary. Empty it where the compiler does not know it.
TUNING = -fno-asynchronous-unwind-tables

# The linker, likewise: code and constants share their pages, up to 4 KiB less of a file.
TUNING_LINK = -Wl,-z,noseparate-code

# How to wait for descriptors: poll or select; epoll (Linux) and kqueue (BSD, macOS) pay with many
# clients of which few are busy.
POLL = poll

# none: plain ws:// only. bearssl: wss:// too; needs BearSSL 0.6 (Debian: libbearssl-dev).
TLS = none

PREFIX = /usr/local
SBINDIR = $(PREFIX)/sbin
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
SYSCONFDIR = /etc
