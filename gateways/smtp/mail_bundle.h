/*
 * mail_bundle.h - which messages go into one mail
 *
 * What a user says to one address, one message soon after the other, is one
 * mail, unless it has another subject, is of another thread, or answers
 * something of another conversation.
 *
 * Time       Monotonic milliseconds, as given.
 * Limits     MAIL_BUNDLES_MAX that are open: the oldest are closed.
 */
#ifndef MAIL_BUNDLE_H
#define MAIL_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"

enum { MAIL_BUNDLES_MAX = 10000, MAIL_BUNDLE_NAME = 16 };

struct mail_bundles {
	struct map map;
	struct list list; /* oldest first */
	uint64_t last;    /* of the names that were given */
	uint64_t seed;    /* ... so that they differ after a restart */
};

struct mail_bundle_in {
	struct str user, to;
	struct str subject; /* that it names itself; or empty */
	struct str thread;  /* of the client; or empty */
	struct str conv;    /* the conversation that it is of; or empty */
	bool answers;       /* something that it names */
	int64_t now_at;
	int64_t hold_ms; /* from the last message on; 0: it goes at once */
	int64_t max_ms;  /* so old a bundle may become */
};

void mail_bundles_init(struct mail_bundles *all);
void mail_bundles_release(struct mail_bundles *all);

/* Does it certainly go with what was said before: is it no mail of its own? */
bool mail_bundle_joins(
    const struct mail_bundles *all, const struct mail_bundle_in *in);

/* The name of the bundle that it goes into: an open one, or a new one. */
void mail_bundle_pick(struct mail_bundles *all, const struct mail_bundle_in *in,
    char out[MAIL_BUNDLE_NAME + 1]);

#endif
