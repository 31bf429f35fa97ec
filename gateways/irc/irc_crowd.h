/*
 * irc_crowd.h - how many of our users a network takes at one time
 *
 * The operator says so, in max_users and max_per_address, as he has agreed
 * with the network; without source_prefix all share one address.
 */
#ifndef IRC_CROWD_H
#define IRC_CROWD_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct irc_gateway;
struct irc_mask;
struct irc_network;

/* How many of our users have a connection to it, or are making one. */
unsigned irc_crowd_size(
    const struct irc_gateway *gw, const struct irc_network *n);

/* What a link keeps of its address: one login looks at all the links. */
uint64_t irc_crowd_address(const struct irc_mask *mask);

/* Is there place for that user?  -1: ERR_BUSY, with a text for him. */
int irc_crowd_check(const struct irc_gateway *gw, const struct irc_network *n,
    struct str user, struct err *err);

#endif
