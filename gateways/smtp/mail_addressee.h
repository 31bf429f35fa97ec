/*
 * mail_addressee.h - whom a target is for: a person or a room of XMPP; pure
 *
 *	romeo@example.org			a person
 *	ops@conference.example.org		a room
 *	xmpp:ops@example.org?join		a room (XEP-0147)
 *
 * Addresses do not say what they are of.  A room is told by its query, or by
 * a domain whose first label is what room services are mostly called; where
 * that is wrong the operator says it.
 */
#ifndef MAIL_ADDRESSEE_H
#define MAIL_ADDRESSEE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

/*
 * Appends the bare JID as stanzas have it.  ERR_BAD_INPUT: it is none, or has a
 * resource.
 */
int mail_addressee_read(
    struct str text, struct buf *out, bool *is_room_out, struct err *err);

#endif
