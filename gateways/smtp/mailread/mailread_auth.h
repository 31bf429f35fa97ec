/*
 * mailread_auth.h - what our own MTA found out about a sender (RFC 8601)
 *
 * Anybody can write an Authentication-Results header.  Those count that bear
 * the configured name and stand where our own MTA puts them: above the header
 * that tells of the hop before it.  Programs beside Postfix write below the
 * Received of Postfix, others above theirs, so the first `hops` Received
 * headers are passed.
 *
 * That MTA has to remove what comes under its name from outside (RFC 8601 5),
 * and only what comes from an MTA that does is to be believed at all: who
 * connects to us directly writes what he likes.
 */
#ifndef MAILREAD_AUTH_H
#define MAILREAD_AUTH_H

#include "smtp/mail_record.h"

struct mailread_headers;
struct mailread_pool;

struct mailread_auth_params {
	struct str authserv_id; /* empty: nobody is believed */
	unsigned hops;          /* Received headers that are ours; 0: 1 */
	struct str from_domain; /* of the mail: its signature is preferred */
};

void mailread_auth(struct mail_auth *out, struct mailread_pool *pool,
    const struct mailread_headers *h, const struct mailread_auth_params *p);

#endif
