/*
 * mail_bounce.h - what a report about a mail of ours says; pure
 *
 * Which message it is about we have told every server on its way: in the
 * envelope sender, in the ENVID (RFC 3461), in the Message-ID; each is a name
 * that only we can have made (mail_ref.h), and one of them comes back.
 */
#ifndef MAIL_BOUNCE_H
#define MAIL_BOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/err.h"
#include "smtp/mail_record.h"
#include "smtp/mail_ref.h"

enum mail_bounce_kind {
	MAIL_BOUNCE_NOTHING, /* it says nothing that we know to be of use */
	MAIL_BOUNCE_REPORT,  /* fate and err */
	MAIL_BOUNCE_DELAYED, /* still under way; err says why */
};

struct mail_bounce {
	enum mail_bounce_kind kind;
	enum gw_fate fate; /* SENT, DELIVERED, REFUSED */
	struct err err;    /* REFUSED, and DELAYED */
	bool is_nobody;    /* REFUSED: there is no such mailbox, or domain */
};

/* Of several recipients the worst counts. */
void mail_bounce_read(const struct mail_record *r, struct mail_bounce *out);

/*
 * Which message: local is what stood before the @ of the address that the
 * report came to, or empty.  False: none of ours, or too old.
 */
bool mail_bounce_ticket(const struct mail_refs *refs,
    const struct mail_record *r, struct str local, int64_t now_utc,
    uint64_t *ticket_out);

#endif
