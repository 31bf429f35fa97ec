/*
 * browse.h - the rooms of a network, for those who look around
 *
 * The network is asked once for all its users, and asked again after some
 * minutes.  What only its members may know of is kept from the others: a
 * room that the one who asked is inside, and that is not known to be public,
 * is shown to nobody but those inside, each from what his own session knows.
 * The list of somebody who is shown more than others is his alone.
 *
 * Limits     BROWSE_LISTS_MAX lists of a gateway, each a catalog.h; the
 *            oldest makes room.
 * Time       Who asked is answered after BROWSE_FIRST_MS with what has come
 *            by then; the rest is there for his next question.
 */
#ifndef CORE_BROWSE_H
#define CORE_BROWSE_H

struct browse;
struct gateway;
struct inlet;
struct iq_ask;
struct stanza;

enum {
	BROWSE_LISTS_MAX = 32,
	BROWSE_PAGE = 100,          /* items, where nobody says how many */
	BROWSE_PAGE_MAX = 200,      /* and at most */
	BROWSE_PAGE_BYTES = 160000, /* of one answer, at the worst */
	BROWSE_FIRST_MS = 20 * 1000,
	BROWSE_LIST_MS = 120 * 1000, /* for the network to list all */
	BROWSE_KEEP_MS = 300 * 1000,
	BROWSE_RETRY_MS = 30 * 1000, /* after a refusal, or nothing at all */
	BROWSE_WAIT_MS = 60 * 1000,  /* for who waits for another's list */
};

struct browse *browse_new(struct gateway *gw);
void browse_free(struct browse **bp); /* nobody is answered any more */

/* disco#items of a network, at any of its addresses. */
void browse_rooms(
    struct iq_ask *ask, struct inlet *in, const struct stanza *query);

#endif
