/*
 * irc_mask.h - who a user of ours is to a network: user@host
 *
 * Networks ban by it, so it must be one person's and always the same: it is
 * made from the bare JID and nothing else.  Pure.
 */
#ifndef IRC_MASK_H
#define IRC_MASK_H

#include <sys/socket.h>

#include "lib/str.h"
#include "net/address.h"

enum {
	IRC_MASK_USER = 9,  /* digits: fits a USERLEN of 9 */
	IRC_MASK_HOST = 63, /* as long as servers take */
};

struct irc_mask {
	char user[IRC_MASK_USER + 1]; /* "x1a2b3c4d" */

	/* Of his own out of the prefix; ss_family 0: there is no prefix. */
	struct sockaddr_storage address;
	char digits[ADDRESS_TEXT_MAX + 2]; /* as IRC can carry it; or "" */

	/* "1a2b3c4d.example.org"; digits, where his domain fits no host. */
	char host[IRC_MASK_HOST + 1];
};

void irc_mask_of(
    struct irc_mask *m, struct str bare, const struct address_prefix *prefix);

#endif
