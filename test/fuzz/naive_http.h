/* naive_http.h: the handshake and HTTP answers once more, to compare with. */
#ifndef NAIVE_HTTP_H
#define NAIVE_HTTP_H

#include <stddef.h>

struct naive_handshake {
	size_t end;             /* of the head */
	size_t key;             /* where Sec-WebSocket-Key's value starts */
};

/* Whether the bytes start with a head that RFC 6455 section 4.2.1 lets in, with our limits. */
int naive_handshake(struct naive_handshake *h, const char *p, size_t n, const char *path);

/* The status of an answer that is whole, has what HTTP/1.1 wants and nothing behind it; else 0.
 * head_only: its body is only announced. */
int naive_answer(const char *p, size_t n, int head_only);

#endif
