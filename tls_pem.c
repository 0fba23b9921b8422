/* tls_pem.c: a file of PEM blocks: reads it, finds the blocks, decodes them in place. */
#include "tls.h"
#include "wsrelay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char dashes[] = "-----", begin[] = "-----BEGIN ", end[] = "-----END ";

void tls_wipe(void *data, size_t n)
{
	volatile uint8_t *p = data;

	while (n--)
		*p++ = 0;
}

/* Whether text starts with this; returns its length then, or 0. */
static size_t starts(const char *text, const char *with)
{
	size_t n = strlen(with);

	return strncmp(text, with, n) ? 0 : n;
}

static const char *read_text(struct tls_pem *f, int fd, size_t size)
{
	ssize_t n;

	f->text = f->at = malloc(size + 1);
	if (!f->text)
		return strerror(ENOMEM);
	while (f->size < size && (n = read(fd, f->text + f->size, size - f->size)) != 0) {
		if (n > 0)
			f->size += (size_t)n;
		else if (errno != EINTR)
			return strerror(errno);
	}
	f->text[f->size] = '\0';
	f->at += starts(f->text, "\xEF\xBB\xBF");
	return NULL;
}

const char *tls_pem_load(struct tls_pem *f, const char *file, size_t most)
{
	const char *wrong;
	struct stat s;
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &s))
		wrong = strerror(errno);
	else if (!S_ISREG(s.st_mode))
		wrong = "is not a regular file; expected a PEM file";
	else if (s.st_size <= 0)
		wrong = "is empty; expected a PEM file";
	else if ((size_t)s.st_size > most)
		wrong = most > TLS_FILE_MAX ? "is larger than 1 MiB; expected a PEM file of certificates"
		                            : "is larger than 64 KiB; expected a PEM file of one pair";
	else
		wrong = read_text(f, fd, (size_t)s.st_size);
	if (fd >= 0)
		close(fd);
	return wrong;
}

/* The first line that starts with dashes, at the start of text or behind it; or NULL. */
static char *dashed_line(char *text)
{
	char *line = strstr(text, dashes);

	while (line && line > text && line[-1] != '\n' && line[-1] != '\r')
		line = strstr(line + 1, dashes);
	return line;
}

const char *tls_pem_next(struct tls_pem *f)
{
	static const char cut[] = "a PEM block is cut; expected a BEGIN and an END line around it";
	char *line = dashed_line(f->at), *stop;

	f->label = NULL;
	if (!line)
		return NULL;
	if (!starts(line, begin))
		return cut;
	line += sizeof begin - 1;
	f->label_len = strcspn(line, "-\r\n");
	if (!starts(line + f->label_len, dashes))
		return cut;
	f->body = line + f->label_len + sizeof dashes - 1;
	stop = strstr(f->body, dashes);
	if (!stop || !starts(stop, end))
		return cut;
	f->body_len = (size_t)(stop - f->body);
	stop += sizeof end - 1;
	if (strncmp(stop, line, f->label_len) || !starts(stop + f->label_len, dashes))
		return cut;
	f->label = line;
	f->at = stop + f->label_len + sizeof dashes - 1;
	return NULL;
}

const char *tls_pem_decode(struct tls_pem *f, uint8_t **data, size_t *len)
{
	size_t n = 0;
	int got;

	for (size_t i = 0; i < f->body_len; i++)
		if (!strchr(" \t\r\n", f->body[i]))
			f->body[n++] = f->body[i];
	*data = (uint8_t *)f->body;
	got = base64_decode(*data, n, f->body, n);
	*len = got < 0 ? 0 : (size_t)got;
	return got < 0 ? "the base64 of a PEM block is wrong; the file is damaged" : NULL;
}
