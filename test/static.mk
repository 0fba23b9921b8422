# static.mk: what tools say of the sources, other machines and compilers, and the coverage; included
# by the Makefile. Each script names the Debian packages that it needs; what is missing is skipped.

static:
	@sh test/static.sh

cross:
	@MAKE='$(MAKE)' sh test/cross.sh

size:
	@MAKE='$(MAKE)' sh test/size.sh

coverage:
	@MAKE='$(MAKE)' sh test/coverage.sh

.PHONY: static cross size coverage
