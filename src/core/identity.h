/*
 * identity.h - who somebody in a room is, whatever they are called (XEP-0421)
 *
 * Nicks change hands, so clients that must know whether two messages are of
 * one person look at this.  It is made of what the network vouches for, the
 * account or else user@host, and where neither is known of nothing at all;
 * never of the nick.  It is of one room only, and fixed when they enter.
 */
#ifndef CORE_IDENTITY_H
#define CORE_IDENTITY_H

#include "core/gateway.h"

struct member;
struct xmlw;

enum { IDENTITY_BYTES = 21 }; /* with its NUL */

struct gateway;
struct identities;

/* Made of a key in the store's key file: the same after each start. */
struct identities *identities_new(struct gateway *gw);
void identities_free(struct identities **ip);

/*
 * Somebody has come in, or is found inside again after we were away; `told`
 * is what the network has just said of them.
 */
void identity_fix(struct member *m, const struct gw_person *told);

/* <occupant-id/>; nothing for an empty one. */
void identity_write(struct xmlw *w, struct str identity);

#endif
