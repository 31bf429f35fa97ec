/*
 * mail_proof.h - how those who write to a target show that they may
 *
 * Any one of these is enough: the token in the address, a login (AUTH) as the
 * target or as one of `users`, a client in one of `networks`, or a sender that
 * one of `from` fits and whose domain vouches for it (DMARC).  The last shows
 * only when the mail is there.
 *
 * Pure.
 */
#ifndef MAIL_PROOF_H
#define MAIL_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"
#include "net/address.h"

struct mail_client;
struct mail_record;

enum { MAIL_PROOF_MAX = 50 }; /* of a kind */

struct mail_proof {
	struct address_prefix network[MAIL_PROOF_MAX];
	char *user[MAIL_PROOF_MAX];
	char *from[MAIL_PROOF_MAX]; /* mail_glob() */
	size_t nnetwork, nuser, nfrom;
};

/* All zero is none. */
void mail_proof_release(struct mail_proof *p);

/* ERR_BAD_INPUT: not of that form; ERR_TOO_BIG. */
int mail_proof_add_network(struct mail_proof *p, struct str s, struct err *err);
int mail_proof_add_user(struct mail_proof *p, struct str s, struct err *err);
int mail_proof_add_from(struct mail_proof *p, struct str s, struct err *err);

static inline bool
mail_proof_is_empty(const struct mail_proof *p)
{
	return p->nnetwork + p->nuser + p->nfrom == 0;
}

/* By where the client is and who it has logged in as. */
bool mail_proof_by_client(
    const struct mail_proof *p, const struct mail_client *c, struct str slug);

/* By its sender; only when the mail was read. */
bool mail_proof_by_sender(
    const struct mail_proof *p, const struct mail_record *r);

#endif
