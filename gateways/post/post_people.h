/*
 * post_people.h - who is registered with the post, where one has to be
 *
 * At a domain that begins with "members.": a name of one's own, and what is
 * checked first:
 *
 *	plain       nothing
 *	careful     a password is asked in a second step: "wrong" is, "slow" is
 *	            right, five seconds later
 */
#ifndef POST_PEOPLE_H
#define POST_PEOPLE_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/map.h"

/* The first member of the gateway's memory. */
struct post_people {
	struct gateway *gw;
	bool is_closed;     /* not everybody is known */
	struct map names;   /* by bare JID */
	struct timer later; /* one that is slow */
	uint64_t token;
};

extern const struct gw_registration post_registration;

void post_people_open(struct post_people *p, struct gateway *gw);
void post_people_close(struct post_people *p);
void post_people_fact(
    struct gateway *gw, struct str network, struct str name, struct str value);

#endif
