/*
 * forwarded.h - who asked, where proxies stand in between; pure
 *
 * Each proxy appends the address that it was asked from to X-Forwarded-For,
 * so only the end of the list can be believed: as far as it was written by
 * proxies that are trusted.
 */
#ifndef NET_FORWARDED_H
#define NET_FORWARDED_H

#include <stddef.h>

#include "lib/str.h"

#include "net/address.h"

/*
 * The last address that is not a trusted proxy's, beginning with the peer
 * itself and going through list from its end; where the list stops making
 * sense, the last that did.  list: all values of the header in their order,
 * joined by commas.
 */
void forwarded_peer(const struct sockaddr *peer,
    const struct address_prefix *trusted, size_t ntrusted, struct str list,
    char out[ADDRESS_TEXT_MAX + 1]);

#endif
