/*
 * mail_alias.h - who has which mailbox here
 *
 * A user has one name before the @ of our domain, and a name has one user.
 * Users of home domains have the node of their own address; others have what
 * was free.  Where the operator lets them, those who have none are reached at
 * an address that is made of theirs (mail_where.h).
 *
 * Kept over restarts as facts of the gateway.
 *
 * Limits     MAIL_ALIASES_MAX in all.
 */
#ifndef MAIL_ALIAS_H
#define MAIL_ALIAS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct mail_aliases;
struct mail_gateway;
struct mail_noun;

enum {
	MAIL_ALIASES_MAX = 100000,
	MAIL_ALIAS_NAME_MAX = 40,   /* bytes of a name */
	MAIL_ALIAS_TITLE_MAX = 100, /* of what its user is called */
};

struct mail_alias {
	char *user;  /* bare JID */
	char *name;  /* before the @, in lower case */
	char *title; /* as people see it; or "" */
};

extern const struct mail_noun mail_alias_noun;

/* NULL: nobody, or nothing. */
const struct mail_alias *mail_alias_of_name(
    const struct mail_gateway *mail, struct str name);
const struct mail_alias *mail_alias_of_user(
    const struct mail_gateway *mail, struct str user);

/*
 * What he is to be called here, where that is not his to choose, or else a
 * proposal.  Appends; false: he chooses, and nothing may have been appended.
 */
bool mail_alias_is_fixed(
    const struct mail_gateway *mail, struct str user, struct buf *name);

/* Could he have that name?  In any case of the letters. */
int mail_alias_check(const struct mail_gateway *mail, struct str user,
    struct str name, struct err *err);

/* He has it from now on, instead of what he had; it was checked. */
void mail_alias_put(struct mail_gateway *mail, struct str user, struct str name,
    struct str title);

/*
 * Appends the address that he writes from and is written to at.  -1: he has
 * none.
 */
int mail_alias_address(
    const struct mail_gateway *mail, struct str user, struct buf *out);

/* Whose mailbox is it that stands for that local part?  Empty: nobody's. */
struct mail_where;
struct str mail_alias_user(
    const struct mail_gateway *mail, const struct mail_where *where);

#endif
