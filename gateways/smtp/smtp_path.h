/*
 * smtp_path.h - the arguments of MAIL and RCPT (RFC 5321 4.1.2); pure
 *
 *	"<@a,@b:bob@example.net> SIZE=100 BODY=8BITMIME"
 *	 `------- path -------'  `param' `--- param --'
 *
 * Read as generously as does no harm: a route is skipped, brackets may be
 * missing and a blank may stand in front.  What can be no address is refused.
 */
#ifndef SMTP_PATH_H
#define SMTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum {
	SMTP_LOCAL_MAX = 64, /* of recipients: who forwards makes longer ones */
	SMTP_PATH_MAX = 254,
};

struct smtp_path {
	struct str address;       /* as spelled; empty: <> */
	struct str local, domain; /* domain empty: there is none */
	bool is_ascii;
};

/* Takes it from the front of rest.  NULL, or what is wrong, for people. */
const char *smtp_path_read(struct str *rest, struct smtp_path *out);

/* Can dots stand like that in an address of ours: none at an end, or double? */
bool smtp_path_is_dotted_well(const struct smtp_path *p);

struct smtp_param {
	struct str key, value;
	bool has_value;
};

/* 1: taken from the front of rest; 0: there are none left; -1: malformed. */
int smtp_param_read(struct str *rest, struct smtp_param *out);

/*
 * "+41" becomes "A" (RFC 3461 4).  How many bytes; -1: malformed, controls
 * inside, or more than size.
 */
int smtp_xtext(struct str in, char *out, size_t size);

#endif
