/*
 * irc_cap.h - capability negotiation, as a state machine
 *
 * Told what CAP and AUTHENTICATE lines say, answers with lines to send.
 *
 *	LS 302 ... LS (*)... LS -> REQ all, REQ sasl -> ACK or NAK (then one
 *	by one) -> irc_sasl.h -> END
 *
 * A server that knows no CAP never answers, and 001 simply comes.
 *
 * Source     IRCv3 capability-negotiation 302.
 */
#ifndef IRC_CAP_H
#define IRC_CAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irc/irc_sasl.h"
#include "lib/buf.h"
#include "lib/str.h"

enum irc_cap_id {
	IRC_CAP_ACCOUNT_NOTIFY,
	IRC_CAP_ACCOUNT_TAG,
	IRC_CAP_AWAY_NOTIFY,
	IRC_CAP_BATCH,
	IRC_CAP_CAP_NOTIFY,
	IRC_CAP_CHANNEL_RENAME,
	IRC_CAP_CHGHOST,
	IRC_CAP_ECHO_MESSAGE,
	IRC_CAP_EXTENDED_JOIN,
	IRC_CAP_EXTENDED_MONITOR,
	IRC_CAP_INVITE_NOTIFY,
	IRC_CAP_LABELED_RESPONSE,
	IRC_CAP_MESSAGE_TAGS,
	IRC_CAP_MESSAGE_REDACTION,
	IRC_CAP_MULTI_PREFIX,
	IRC_CAP_SASL,
	IRC_CAP_SERVER_TIME,
	IRC_CAP_SETNAME,
	IRC_CAP_STANDARD_REPLIES,
	IRC_CAP_USERHOST_IN_NAMES,
	IRC_NCAP
};

struct irc_cap {
	uint32_t offered, asked, retry, enabled; /* bits 1 << enum irc_cap_id */
	bool ls_done;    /* the list has come to its end */
	bool ended;      /* CAP END was sent, or 001 came */
	bool registered; /* after 001 */
	struct irc_sasl sasl;
};

/* -1: a secret is too long. */
int irc_cap_init(struct irc_cap *c, const struct irc_sasl_params *sasl);
void irc_cap_release(struct irc_cap *c);

static inline bool
irc_cap_has(const struct irc_cap *c, enum irc_cap_id id)
{
	return (c->enabled >> id & 1) != 0;
}

/*
 * One CAP line: sub is "LS", "ACK" ...; more: a '*' stood before the list.
 * Appends lines to send.
 */
void irc_cap_line(struct irc_cap *c, struct str sub, bool more, struct str list,
    struct buf *out);

/* As those of irc_sasl.h; may append CAP END. */
void irc_cap_authenticate(
    struct irc_cap *c, struct str challenge, struct buf *out);
void irc_cap_sasl_numeric(
    struct irc_cap *c, unsigned code, struct str mechanisms, struct buf *out);

/* 001: negotiation is over, whether we ended it or not. */
void irc_cap_registered(struct irc_cap *c);

#endif
