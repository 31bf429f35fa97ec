/*
 * mailout_verdict.h - what became of a mail, from what was answered
 *
 * libesmtp says that nearly everything went well; only the codes tell.  Pure.
 */
#ifndef MAILOUT_VERDICT_H
#define MAILOUT_VERDICT_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/str.h"
#include "smtp/mail_result.h"

/* One answer; code 0: there was none. */
struct mailout_answer {
	int code;
	struct str text; /* with its enhanced code, if it has one */
};

struct mailout_story {
	struct str host;
	struct mailout_answer mail, rcpt, data; /* data: to DATA, and then to
	                                           the mail */
	struct mailout_answer last;             /* to whatever was said last */
	bool was_committed; /* the end of the mail may have left */
	struct err failure; /* of the connection; ERR_NONE: it was not seen */
	bool is_broken;     /* and that is the operator's to mend */
};

/* text is borrowed from the story. */
void mailout_verdict(const struct mailout_story *s, struct mail_result *out);

/* Has the connection failed rather than the mail? */
bool mailout_verdict_is_of_connection(const struct mailout_story *s);

#endif
