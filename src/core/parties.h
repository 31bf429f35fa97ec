/*
 * parties.h - whom else a message of our user names (XEP-0033)
 *
 *	parties_read(&p, in);
 *	... p.v, p.n ...
 *	parties_release(&p);
 *
 * Addresses of the same gateway, and URIs (mailto:, tel:) of people there;
 * others are left out, as is who the message goes to anyway.  We are no
 * multicast service: nothing is sent to them by us but what the network makes
 * of it.
 */
#ifndef CORE_PARTIES_H
#define CORE_PARTIES_H

#include "core/gateway.h"

struct inlet;

struct parties {
	struct gw_party v[GW_PARTIES_MAX];
	size_t n;
	char *text[2 * GW_PARTIES_MAX]; /* private */
	size_t ntext;
};

/* Released in any case.  -1: more than GW_PARTIES_MAX. */
int parties_read(struct parties *p, const struct inlet *in, struct err *err);
void parties_release(struct parties *p);

#endif
