/*
 * flow_mail.h - a mail that a client of ours hands over, for flow_run
 *
 *	FROM TO[,TO] TEXT
 *
 * By LMTP, beginning with LHLO if the client has not said it.  FROM <> is
 * nobody.  \n in TEXT is the end of a line; `<PATH` is what is in a file.
 */
#ifndef TESTS_FLOW_MAIL_H
#define TESTS_FLOW_MAIL_H

#include "lib/str.h"

struct fake_link;

/*
 * Up to the end of the data: what is answered to that is left to be read.
 * NULL, or what is wrong: a recipient that is not accepted, say.
 */
const char *flow_mail(struct fake_link *f, struct str what);

/* The same in two steps: to the answer to DATA, and the text and its end. */
const char *flow_mail_begin(
    struct fake_link *f, struct str from, struct str to);
const char *flow_mail_end(struct fake_link *f, struct str text);

#endif
