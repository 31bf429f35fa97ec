/*
 * mail_ref.h - names that only we can have made
 *
 *	b.TICKET.MAC			envelope sender of what we send: a bounce
 *					that comes there is of that ticket
 *	t.THREAD.TICKET.MAC@DOMAIN	Message-ID of what we send
 *	r.CONV.MAC			address for answers of a conversation
 *	TOKEN				what a target is written to with
 *
 * Digits, lower-case letters and dots: mail servers leave these alone, and
 * where one changes their case they are still read.  The MAC of an envelope
 * sender is of the week it was made in; that week's and the week before's are
 * taken, so one that got around is of no use for long.  Message-IDs last, since
 * people answer mails of last year.
 *
 * Pure but for mail_token_new(), which is random.
 */
#ifndef MAIL_REF_H
#define MAIL_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"
#include "smtp/mail_address.h"
#include "smtp/mail_where.h"

enum {
	MAIL_REF_KEY_BYTES = 32,
	MAIL_REF_ID_MAX = 23, /* of a thread or conversation */
	MAIL_TOKEN_HASH_LEN = 64,
};

struct mail_refs {
	uint8_t key[MAIL_REF_KEY_BYTES]; /* gateway_derive() */
};

/* A local part; never longer than one can be. */
typedef char mail_ref_text[MAIL_LOCAL_MAX + 1];

void mail_ref_bounce(const struct mail_refs *refs, uint64_t ticket,
    int64_t now_utc, mail_ref_text out);
bool mail_ref_bounce_read(const struct mail_refs *refs, struct str local,
    int64_t now_utc, uint64_t *ticket_out);

/*
 * thread: lower-case letters and digits, MAIL_REF_ID_MAX of them at most.
 * Reading takes what is before the @, or all of the Message-ID without its
 * brackets, whatever the domain; what it gives is in out.
 */
void mail_ref_message(const struct mail_refs *refs, struct str thread,
    uint64_t ticket, mail_ref_text out);
bool mail_ref_message_read(const struct mail_refs *refs, struct str id,
    char thread_out[MAIL_REF_ID_MAX + 1], uint64_t *ticket_out);

void mail_ref_reply(
    const struct mail_refs *refs, struct str conv, mail_ref_text out);
bool mail_ref_reply_read(const struct mail_refs *refs, struct str local,
    char conv_out[MAIL_REF_ID_MAX + 1]);

/*
 * A token, and what is kept of it.  The hash is of a random value of 130 bits,
 * so it need not be slow.
 */
void mail_token_new(char out[MAIL_TOKEN_LEN + 1]);
void mail_token_hash(struct str token, char out[MAIL_TOKEN_HASH_LEN + 1]);

/* Takes the same time whatever they are; in any case of the letters. */
bool mail_token_is(struct str token, struct str hash);

#endif
