/*
 * mail_compose.h - from what was said in a chat to the words of one mail
 *
 *	subject	what the client calls one; else a first line "Subject: ..."
 *		that stands alone; else that of the conversation; else who
 *		writes
 *	body	all that was said, a blank line between
 *
 * A last line ".send" says that nothing more is to be waited for, and goes
 * nowhere.
 *
 * Pure.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum { MAIL_COMPOSE_MAX = 1024 * 1024 };

/* What goes before it. */
struct mail_compose_in {
	const struct gw_message *const *message; /* in their order */
	size_t n;
	struct str subject; /* of the conversation; or empty */
	bool answers;       /* there are mails before this one */
	struct str sender;  /* for people: a name, or what is before the @ */
	/* Does it go along as a file?  Else its address is said.  NULL: none
	   does. */
	bool (*is_file)(const void *arg, struct str url);
	const void *arg;
};

struct mail_composed {
	struct buf subject, body;
};

/* Is there anything to say?  And does it end with ".send"? */
bool mail_compose_is_empty(const struct gw_message *m);
bool mail_compose_is_sent(const struct gw_message *m);

/* The subject that it names itself; or empty. */
struct str mail_compose_subject(const struct gw_message *m);

/* *out is to be released, whatever is returned.  ERR_TOO_BIG. */
int mail_compose(const struct mail_compose_in *in, struct mail_composed *out,
    struct err *err);
void mail_composed_release(struct mail_composed *c);

#endif
