/*
 * outbox_hold.h - what a user still changes of messages that are held
 *
 * Held is what waits for more to go with it (bundle.h).  A correction
 * (XEP-0308) gives it other words, a retraction (XEP-0424) cancels it; both
 * are on disk before they count, and meanwhile it does not go.
 */
#ifndef CORE_OUTBOX_HOLD_H
#define CORE_OUTBOX_HOLD_H

#include <stdbool.h>

#include "lib/str.h"

struct draft;
struct inlet;
struct session;

/*
 * contact: whom it goes to.  True: it was one, and has been seen to: the
 * words are changed, or the client is told why not.  False: nothing is held
 * of that id, and corrections are sent as messages of their own.
 */
bool outbox_corrects(
    struct inlet *in, struct session *s, struct str contact, struct draft *d);

/* The same; s may be NULL.  False: it is not held, or was none. */
bool outbox_retracts(
    struct inlet *in, struct session *s, struct str contact, struct str id);

/* state as in XEP-0085: he is about to say more, or no longer. */
void outbox_typing(struct session *s, struct str contact, const char *state);

#endif
