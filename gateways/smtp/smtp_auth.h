/*
 * smtp_auth.h - the dialogue of a login, PLAIN or LOGIN (RFC 4954); pure
 *
 *	step = smtp_auth_begin(&a, STR("PLAIN"), STR("AGFsaWNlAHB3"), true);
 *	while (step == SMTP_AUTH_ASK)
 *		say a.challenge, step = smtp_auth_next(&a, line);
 */
#ifndef SMTP_AUTH_H
#define SMTP_AUTH_H

#include <stdbool.h>

#include "lib/secret.h"
#include "lib/str.h"

enum { SMTP_AUTH_LINE_MAX = 12288 };

enum smtp_auth_step {
	SMTP_AUTH_ASK,     /* challenge, in base64, is to be sent */
	SMTP_AUTH_DONE,    /* user and password are there */
	SMTP_AUTH_UNKNOWN, /* no such mechanism */
	SMTP_AUTH_BAD,     /* not what the mechanism has */
	SMTP_AUTH_GIVEN_UP /* by the peer */
};

struct smtp_auth {
	const char *challenge;
	struct secret user, password;
	int mechanism; /* private */
};

enum smtp_auth_step smtp_auth_begin(struct smtp_auth *a, struct str mechanism,
    struct str initial, bool has_initial);
enum smtp_auth_step smtp_auth_next(struct smtp_auth *a, struct str line);
void smtp_auth_release(struct smtp_auth *a); /* may begin again */

#endif
