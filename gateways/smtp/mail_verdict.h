/*
 * mail_verdict.h - what the headers of a mail say against taking it
 *
 * Asked when all of it is there, and before it is known what to do with it for
 * whom.  What our own MTA has found out about the sender is believed, and
 * nothing else (mail_record.h, struct mail_auth).
 *
 * Pure.
 */
#ifndef MAIL_VERDICT_H
#define MAIL_VERDICT_H

#include <stdbool.h>

#include "smtp/mail_envelope.h"
#include "smtp/mail_record.h"

enum { MAIL_HOPS_MAX = 25 }; /* Received headers, then it goes in circles */

enum mail_spam { MAIL_SPAM_REFUSE, MAIL_SPAM_DROP, MAIL_SPAM_TAKE };

enum mail_trust {
	MAIL_UNVERIFIED, /* it may be from anybody */
	MAIL_VERIFIED,   /* the domain of the From answers for it */
	MAIL_UNKNOWN,    /* nobody here looks: no authserv_id is configured */
};

struct mail_verdict_params {
	enum mail_spam spam;
	bool has_authserv; /* our own MTA has looked, and nobody else can have
	                      written what it found */
};

enum mail_verdict {
	MAIL_VERDICT_TAKE,
	MAIL_VERDICT_DROP, /* it is taken, and nobody gets it */
	MAIL_VERDICT_REFUSE,
};

/* REFUSE: out says why; else it is untouched. */
enum mail_verdict mail_verdict(const struct mail_verdict_params *p,
    const struct mail_record *r, struct mail_reply *out);

/* That alone which counts for everybody.  True: refused, out says why. */
bool mail_verdict_circles(const struct mail_record *r, struct mail_reply *out);

/* It is that domain, or one below it; of is no top-level one. */
bool mail_verdict_is_below(struct str domain, struct str of);

enum mail_trust mail_verdict_trust(
    const struct mail_verdict_params *p, const struct mail_record *r);

#endif
