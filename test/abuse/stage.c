/* stage.c: the stages of a connection at which a client may leave. */
#include "abuse.h"

static const uint8_t half_head[] = { 0x82, 0xfe, 0x10 };
static const uint8_t half_frame[] = { 0x82, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5, 6, 7, 8 };

const char *const stage_names[STAGES] = {
	"before the request", "mid request", "request sent, answer unread", "after the upgrade",
	"mid header", "mid payload", "mid fragments", "close sent", "close answered",
	"with unread data"
};

int stage_reach(struct abuse *a, struct client *c, int stage)
{
	static const char *const starts[] = { "", "GET / HTTP/1.1\r\nHo", upgrade_request };

	if (stage < 3)
		return !client_connect(c, &a->s) && !client_send_text(c, starts[stage]);
	if (client_open(c, &a->s))
		return 0;
	switch (stage) {
	case 4:
		return !client_send(c, half_head, sizeof half_head);
	case 5:
		return !client_send(c, half_frame, sizeof half_frame);
	case 6:
		return !client_frame(c, 0x01, "half", 4) && !client_frame(c, 0x00, "more", 4);
	case 7:
		return !client_frame(c, 0x88, "\x03\xe8", 2);
	case 8:
		return !client_frame(c, 0x88, "\x03\xe8", 2) && abuse_read(c) == 8;
	case 9:
		/* What the bystanders say is never read. */
		c->deaf = 1;
		return !client_frame(c, 0x89, "ping", 4);
	default:
		return 1;
	}
}
