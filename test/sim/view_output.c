/* view_output.c: the product's output.c, and what DESIGN.md section 5 says of its pieces. */
#include "../../output.c"

const char *view_output_check(const struct conn *c, size_t *size, uint32_t *messages, int *begun);

static const char *check_block(const struct out *o)
{
	if (o->start > o->end || o->first > o->count)
		return "output: start or first beyond the end";
	if (o->count == o->first || o->end == o->start)
		return "output: an empty block is kept";
	if (offsetof(struct out, data) + o->end + o->count * sizeof(struct piece) > o->size)
		return "output: data and pieces overlap";
	/* Cut when it was begun, what is left of it is shorter. */
	if (o->pong > output_piece(o, o->count - 1)->len && o->count - 1 != o->first)
		return "output: the pong at the end is longer than the last piece";
	return NULL;
}

const char *view_output_check(const struct conn *c, size_t *size, uint32_t *messages, int *begun)
{
	const struct out *o = c->out;
	uint64_t sum = 0, at = 0;
	const char *wrong;
	uint32_t i;

	*size = 0;
	*messages = 0;
	*begun = 0;
	if (!o)
		return NULL;
	*size = o->size;
	*messages = o->messages;
	*begun = o->begun > 0;
	wrong = check_block(o);
	if (wrong)
		return wrong;
	for (i = o->first; i < o->count; i++) {
		const struct piece *p = output_piece(o, i);

		if (!p->len)
			return "output: an empty piece";
		if (i > o->first && p->at <= at)
			return "output: pieces out of order";
		at = p->at;
		sum += p->len;
	}
	if (sum - o->begun != o->end - o->start)
		return "output: pieces and bytes differ";
	if (o->begun >= output_piece(o, o->first)->len)
		return "output: more begun than there is";
	if (o->begun && c->cursor != c->edge)
		return "output: a private piece begun inside a ring frame";
	at = output_piece(o, o->first)->at;
	if (at != c->cursor && at < c->edge)
		return "output: the first piece stands inside the begun frame";
	if (at < c->cursor)
		return "output: the first piece stands behind the cursor";
	if (output_piece(o, o->count - 1)->at > c->hub->ring.head)
		return "output: a piece beyond the head";
	return NULL;
}
