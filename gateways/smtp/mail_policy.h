/*
 * mail_policy.h - what is taken, and from whom
 *
 *	mail_policy_sender()                       MAIL
 *	mail_policy_recipient() for each           RCPT
 *	mail_take()          .....> fn             the end of the data
 *
 * A recipient is answered the same whether a mail follows or not: MTAs ask so
 * who exists.  Whatever can be refused is refused there.
 */
#ifndef MAIL_POLICY_H
#define MAIL_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "smtp/mail_envelope.h"

struct mail_gateway;
struct mail_spool;

/* e has no recipients yet; the null sender is asked about, too. */
void mail_policy_sender(struct mail_gateway *gw, const struct mail_envelope *e,
    struct mail_reply *out);

/*
 * e has those that were accepted before.  Counts against rates.  recipient is
 * not empty and has a domain, but for "postmaster" in any case; its syntax and
 * lengths are those of RFC 5321, and it is ASCII.
 */
void mail_policy_recipient(struct mail_gateway *gw,
    const struct mail_envelope *e, struct str recipient,
    struct mail_reply *out);

/*
 * A login (RFC 4954) that no `receive` block knows: may that user, with that
 * password, send to anything?  Constant time.
 */
bool mail_policy_login(
    struct mail_gateway *gw, struct str user, struct str password);

/*
 * n replies, one for each recipient of the envelope in their order.  Without
 * LMTP they are all alike: such a mail is taken for all or for none.
 */
typedef void mail_taken_fn(void *arg, const struct mail_reply *reply, size_t n);

/*
 * Takes the spool.  fn is called exactly once, never before this returned: by
 * then the mail is on disk, or is refused.  Only when the gateway is closed
 * fn is never called.
 */
void mail_take(struct mail_gateway *gw, const struct mail_envelope *e,
    struct mail_spool **body, mail_taken_fn *fn, void *arg);

#endif
