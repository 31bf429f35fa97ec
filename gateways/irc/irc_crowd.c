#include "irc/irc_crowd.h"

#include <limits.h>
#include <string.h>

#include "irc/irc_gateway.h"
#include "irc/irc_link.h"
#include "irc/irc_mask.h"

#define LINK(n) LIST_ENTRY(n, struct irc_link, node)

/* By name: a reload makes new networks, and links keep the old ones. */
static bool
is_on(const struct irc_link *l, const struct irc_network *n)
{
	return l->s && strcmp(l->net->name, n->name) == 0;
}

uint64_t
irc_crowd_address(const struct irc_mask *mask)
{
	return map_hash(str_c(mask->digits));
}

/* Of which at most `enough` are counted; of NULL: all addresses. */
static unsigned
count(const struct irc_gateway *gw, const struct irc_network *n,
    const uint64_t *address, unsigned enough)
{
	unsigned found = 0;

	LIST_EACH(&gw->links, node)
	{
		const struct irc_link *l = LINK(node);

		if (found < enough && is_on(l, n) &&
		    (!address || l->address == *address))
			found++;
	}
	return found;
}

unsigned
irc_crowd_size(const struct irc_gateway *gw, const struct irc_network *n)
{
	return count(gw, n, NULL, UINT_MAX);
}

int
irc_crowd_check(const struct irc_gateway *gw, const struct irc_network *n,
    struct str user, struct err *err)
{
	struct irc_mask mask;
	uint64_t address;

	if (n->max_users && count(gw, n, NULL, n->max_users) == n->max_users)
		return err_set(err, ERR_BUSY,
		    "%s is full: it takes no more than %u connections of this "
		    "gateway; try again later",
		    n->name, n->max_users);
	if (!n->max_per_address)
		return 0;
	irc_mask_of(&mask, user, &n->source);
	address = irc_crowd_address(&mask);
	if (count(gw, n, &address, n->max_per_address) == n->max_per_address)
		return err_set(err, ERR_BUSY,
		    "%s takes no more than %u connections from the address "
		    "that you would have; try again later",
		    n->name, n->max_per_address);
	return 0;
}
