/*
 * muc.h - rooms as XEP-0045 writes them
 *
 * The words of the protocol and the elements that carry them; who is inside
 * is not known here.  Everything is written into an open stanza.
 */
#ifndef XMPP_MUC_H
#define XMPP_MUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

struct stanza;
struct xmlw;

/* Status codes (XEP-0045 15.6.2). */
enum {
	MUC_NONANONYMOUS = 100,
	MUC_CONFIG_CHANGED = 104,
	MUC_SELF = 110,
	MUC_CREATED = 201,
	MUC_NICK_CHANGED_BY_US = 210,
	MUC_BANNED = 301,
	MUC_NEW_NICK = 303,
	MUC_KICKED = 307,
	MUC_NOT_MEMBER = 321,
	MUC_MEMBERS_ONLY = 322,
	MUC_SHUTDOWN = 332,
	MUC_CONNECTION_LOST = 333,
};

enum { MUC_NSTATUS = 4 };

/* One <x xmlns='...muc#user'> in a presence.  Empty: left out. */
struct muc_item {
	const char *affiliation, *role;
	struct str jid;   /* real JID */
	struct str nick;  /* new nick, with 303 */
	struct str actor; /* nick of who did it */
	struct str reason;
	int status[MUC_NSTATUS]; /* 0: none */
	bool destroyed;          /* the room is; the reason is that of this */
	struct str venue;        /* where people meet instead */
};

void muc_write_item(struct xmlw *w, const struct muc_item *item);

/* Has <x xmlns='...muc#user'/>, which may be NULL, that status? */
bool muc_has_status(const struct stanza *x, int code);

/* An empty <x/>: marks a private message of an occupant. */
void muc_write_private(struct xmlw *w);

/* <delay/> with a time in UTC milliseconds (XEP-0203, XEP-0082). */
void muc_write_delay(struct xmlw *w, struct str from, int64_t at_utc);

/* <stanza-id/> (XEP-0359). */
void muc_write_stanza_id(struct xmlw *w, struct str by, struct str id);

/* "2026-01-05T10:00:00.000Z" (XEP-0082); 25 bytes with the NUL. */
void muc_datetime(int64_t at_utc, char out[25]);

/* XEP-0082 DateTime to UTC milliseconds; false if it is none. */
bool muc_datetime_parse(struct str s, int64_t *utc_out);

#endif
