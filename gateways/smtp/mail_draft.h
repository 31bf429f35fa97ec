/*
 * mail_draft.h - from messages to a letter
 *
 *	mail_draft_init(&d, s, m, n);
 *	if (mail_draft_make(&d, ticket, id, &err) == 0) ... d.letter ...
 *	mail_draft_sent(&d);
 *	mail_draft_release(&d);
 *
 * Ownership  Borrows the messages, and what the conversations say, for the
 *            while.
 */
#ifndef MAIL_DRAFT_H
#define MAIL_DRAFT_H

#include "core/gateway.h"
#include "lib/buf.h"
#include "smtp/mail_compose.h"
#include "smtp/mail_group.h"
#include "smtp/mail_letter.h"
#include "smtp/mail_ref.h"
#include "smtp/mail_thread.h"

struct mail_gateway;

/* What a letter points to. */
struct mail_draft {
	struct mail_gateway *mail;
	struct session *s;
	struct str user;
	const struct gw_message *const *message;
	size_t n;
	struct gw_message lead;  /* what the mail is, as one message */
	struct mail_group group; /* whom all it is for; or nobody */
	struct str recipient;    /* of this mail */
	const struct mail_thread *thread;
	char fresh[MAIL_THREAD_ID_LEN + 1];
	mail_ref_text bounce;
	char env_from[2 * MAIL_ADDRESS_MAX], id[2 * MAIL_ADDRESS_MAX];
	struct buf from, to, spelled, shown, cc; /* addresses */
	struct str name; /* of the sender, for people; or empty */
	struct mail_composed words;
	struct mail_letter letter;
};

void mail_draft_init(struct mail_draft *d, struct session *s,
    const struct gw_message *const *m, size_t n);
void mail_draft_release(struct mail_draft *d);

/* id: where what is before the @ of its Message-ID goes. */
int mail_draft_make(
    struct mail_draft *d, gw_ticket t, mail_ref_text id, struct err *err);

/* The conversation has it: what comes may answer it before it is sent. */
void mail_draft_sent(struct mail_draft *d);

/* May it be written to?  Appends the address as it is sent to. */
int mail_draft_check_to(struct mail_gateway *mail, struct str name,
    struct buf *out, struct err *err);

/* A copy that says as its subject what the message names as such. */
struct gw_message mail_draft_named(const struct gw_message *m);

#endif
