/*
 * draft.h - a message of our user, from what a client wrote to what goes out
 *
 *	if (draft_read(&d, in) && draft_link(&d, s, r)) ... d.p ...
 *	draft_release(&d);
 *
 * Networks have words and little else.  What stands in for something that
 * they cannot carry never goes out as words (XEP-0428); a message that was
 * meant to say something and cannot is answered with an error, since silence
 * would look like success.  What only goes along with a conversation (chat
 * states, receipts, markers, reactions) is dropped.
 */
#ifndef CORE_DRAFT_H
#define CORE_DRAFT_H

#include <stdbool.h>

#include "core/markup.h"
#include "core/outgoing.h"
#include "xmpp/payload.h"

struct inlet;
struct room;
struct session;

struct draft {
	struct inlet *in;
	struct payload payload;
	struct buf text;  /* of a correction */
	struct buf names; /* what is unescaped */
	struct gw_span span[MARKUP_SPANS_MAX];
	struct outgoing_params p;
};

/* False: nothing to send; it has been answered if it was to say something. */
bool draft_read(struct draft *d, struct inlet *in);

/*
 * Fills p, but for where it goes: with what it answers or corrects, in that
 * room or, NULL, one to one.  False: there is nothing to send after all; it
 * has been answered.
 */
bool draft_link(struct draft *d, struct session *s, struct room *r);

/*
 * draft_read() said no, but it is a reaction and the network has words only:
 * draft_link() may make some of it.
 */
bool draft_reacts(const struct draft *d);

/* After draft_read(), whatever it returned. */
void draft_release(struct draft *d);

#endif
