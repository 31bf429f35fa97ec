/*
 * bundle.h - messages of one conversation that are held, and go as one
 *
 * A *bundle* is the messages at the head of a lane that ops->route() has
 * called by one name (struct gw_route): each is owed and told by itself, but
 * they are tried together.  What is held can still be corrected or taken
 * back, outbox_hold.c.
 */
#ifndef CORE_BUNDLE_H
#define CORE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct owed;
struct piece;

/* Nothing has been tried of it: it may still be changed. */
bool bundle_is_held(const struct owed *o);

/*
 * When o, of that lane, may go at the soonest; 0: nothing holds it.  What
 * stands behind a bundle and does not belong to it releases it.
 */
int64_t bundle_due_utc(const struct lane *l, const struct owed *o);

/* The head of the lane is held: it is looked at again in time. */
void bundle_plan(struct lane *l);

/* The pieces that go with the head's, it among them, in their order: at most
   GW_BUNDLED_MAX.  1: it goes alone. */
size_t bundle_collect(const struct lane *l, struct piece **out);

#endif
