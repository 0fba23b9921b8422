/* bystander.h: two honest clients in a process of their own, who talk to each other through the
 * server while it is abused, and measure. */
#ifndef BYSTANDER_H
#define BYSTANDER_H

#include "e2e.h"

enum { BYSTANDER_REST_US = 1000 };       /* so that they leave the machine to the abuse */
enum { BYSTANDER_SLOTS = 8000, BYSTANDER_SLOT_US = 250 };       /* of the histogram: 2 s */

/* What each message of theirs begins with. */
extern const char bystander_mark[8];

/* Shared with their process, which writes it. */
struct bystanders {
	volatile uint32_t rounds;       /* messages of both that both have got */
	volatile uint32_t messages;     /* that they sent */
	volatile uint32_t worst_us;     /* longest round */
	volatile uint64_t foreign[2];   /* bytes of others' messages that each has got */
	volatile uint32_t histogram[BYSTANDER_SLOTS];
	volatile int finished;
	volatile uint32_t rest_us;      /* between two rounds: the parent may change it */
	char wrong[200];                /* "": nothing was */
	/* The rest is the parent's. */
	pid_t pid;
	int talk;
};

/* Starts them and waits for their first round. Returns NULL when there was none. */
struct bystanders *bystanders_start(const struct server *s);

/* Lets them finish their round and close, and waits for that. The caller looks at `wrong`, then
 * calls bystanders_free. */
void bystanders_stop(struct bystanders *b);
void bystanders_free(struct bystanders *b);

/* ms that so many of 1,000 rounds did not exceed. */
double bystanders_share_ms(const struct bystanders *b, uint32_t of_1000);

/* Forgets the rounds measured so far. */
void bystanders_forget(struct bystanders *b);

#endif
