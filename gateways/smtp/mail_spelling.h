/*
 * mail_spelling.h - how people spell what is before the @ of their addresses
 *
 * Addresses in XMPP have lost the case of letters.  Hardly a mail server minds,
 * but one may: what is sent to somebody has his own spelling, as he has used
 * it last.  Kept over restarts as facts of the gateway, where it is not all
 * small anyway.
 *
 * Limits     MAIL_SPELLINGS_MAX: who was not heard of for longest makes room.
 */
#ifndef MAIL_SPELLING_H
#define MAIL_SPELLING_H

#include "lib/buf.h"
#include "lib/str.h"

struct mail_gateway;
struct mail_noun;

enum { MAIL_SPELLINGS_MAX = 20000 };

extern const struct mail_noun mail_spelling_noun;

/* He has written from that address. */
void mail_spelling_note(struct mail_gateway *mail, struct str address);

/* Appends the address as it was spelled last, or as it is given. */
void mail_spelling_write(
    const struct mail_gateway *mail, struct str address, struct buf *out);

#endif
