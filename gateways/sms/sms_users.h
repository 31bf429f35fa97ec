/*
 * sms_users.h - who may use a line: people and whole domains
 *
 *	char *user[N];
 *	size_t n = 0;
 *	if (sms_users_add(user, &n, STR("Romeo@Example.org"), &err) < 0) ...
 *	                                   // user[0]: "romeo@example.org"
 *
 * Kept as addresses are in stanzas (RFC 6122), so bytes tell whether it is
 * him.
 *
 * Limits     SMS_PEOPLE_MAX: what comes in goes to all of them at once, and no
 *            more fit into that.  Domains are not counted: nobody is told by
 *            them.
 *
 * Pure.
 */
#ifndef SMS_USERS_H
#define SMS_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/str.h"

enum { SMS_PEOPLE_MAX = 100 };

/*
 * v has room for one more, which is the caller's to free(); who is there
 * already is not added again.  ERR_BAD_INPUT: neither a bare JID nor a domain;
 * ERR_TOO_BIG: too many.
 */
int sms_users_add(char **v, size_t *n, struct str word, struct err *err);

#endif
