/*
 * stanza_error.h - our errors as stanza errors, and back (RFC 6120 8.3)
 *
 *	w = component_begin(c, "iq", to, from, "error", id);
 *	stanza_error_write(w, &err);
 *	component_end(c, NULL);
 *
 * Joins have a table of their own: to clients `not-authorized` means "this
 * room wants a password" and `forbidden` means "you are banned", so in answer
 * to a join they are used for nothing else (XEP-0045 7.2).
 */
#ifndef XMPP_STANZA_ERROR_H
#define XMPP_STANZA_ERROR_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct stanza;
struct xmlw;

/* Why somebody is not in a room. */
enum stanza_join {
	STANZA_JOIN_OTHER,    /* by the kind of err */
	STANZA_JOIN_PASSWORD, /* missing or wrong */
	STANZA_JOIN_BANNED,
	STANZA_JOIN_MEMBERS_ONLY,
	STANZA_JOIN_FULL,
	STANZA_JOIN_NICK_IN_USE,
	STANZA_JOIN_BAD_NICK,
	STANZA_JOIN_NO_SUCH_ROOM,
	STANZA_JOIN_TOO_MANY, /* rooms, for this user */
	STANZA_JOIN_POLICY,   /* for example TLS users only */
	STANZA_JOIN_FORWARD,  /* go to another room instead */
	STANZA_JOIN_TIMEOUT,
	STANZA_JOIN_UNREACHABLE, /* the network is not there */
	STANZA_NJOIN
};

/*
 * <error/> with condition and text, into an open stanza of type error.  With
 * ERR_GONE use stanza_error_write_gone(), which has the new address.
 */
void stanza_error_write(struct xmlw *w, const struct err *err);

/* jid: where it is now, normalised; written as a URI (RFC 5122). */
void stanza_error_write_gone(
    struct xmlw *w, struct str jid, const struct err *err);

/* forward: the other room's JID with STANZA_JOIN_FORWARD, else empty. */
void stanza_error_write_join(struct xmlw *w, enum stanza_join why,
    const struct err *err, struct str forward);

/* An error that came in.  Borrowed from the stanza or the scratch buffer. */
struct stanza_error {
	struct str type;      /* "cancel", "wait", ...; may be empty */
	struct str condition; /* "item-not-found", ...; may be empty */
	struct str text;      /* for people; may be empty */
	struct str uri;       /* of gone and redirect; may be empty */
};

/* False: s has no <error/>; *out is empty then. */
bool stanza_error_read(
    const struct stanza *s, struct stanza_error *out, struct buf *scratch);

/* What a caller can do about it; by the type if the condition is unknown. */
enum err_kind stanza_error_kind(const struct stanza_error *e);

#endif
