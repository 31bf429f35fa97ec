/*
 * reaction.h - who has reacted to a message, and with what
 *
 * XMPP says the whole set of a person each time (XEP-0444), networks say what
 * came and what went.  The sets are kept with the line in the backlog and go
 * with it.
 *
 * Limits     REACTION_PEOPLE sets of REACTION_SET texts of REACTION_BYTES;
 *            more is dropped.
 */
#ifndef CORE_REACTION_H
#define CORE_REACTION_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/list.h"
#include "lib/str.h"

struct inlet;
struct payload;
struct room;
struct session;

enum { REACTION_PEOPLE = 50, REACTION_SET = 8, REACTION_BYTES = 64 };

/* The texts of one person, each with a LF behind it; nick empty: ours. */
struct str reaction_set(const struct list *all, struct str nick);

/* One comes or goes.  True: the set is another one now. */
bool reaction_change(
    struct list *all, struct str nick, struct str text, bool on);

void reaction_release(struct list *all);

/* One of somebody on the network. */
void reaction_in(struct session *s, const struct gw_message *m);

/*
 * For networks that have words only: appends what is new in the set of our
 * user, and to what, as a short text.  What went is not said.  False: nothing
 * is new, or he does not want it (setting "reactions").
 */
bool reaction_words(struct session *s, struct room *r, const struct payload *p,
    struct buf *out);

/*
 * The set of our user for a message in that room or, NULL, to that person:
 * what has changed is asked of the network.  Nothing happens where it knows
 * no reactions, or not that message.
 */
void reaction_out(struct inlet *in, struct session *s, struct room *r,
    struct str nick, const struct payload *p);

#endif
