/*
 * flow_mailout.h - the words of a scenario about mail that goes out
 *
 * Mail that goes out is handed to the worker that sends it, which the
 * scenario plays:
 *
 *	mailout <- ADDRESS SUBJECT  it is handed the next mail, for that
 *	                            address; * is anything
 *	mailout has NAME: VALUE     of that mail: from, sender (the envelope's),
 *	                            to, cc, reply-to, id, answers, references,
 *	                            jid, body, file, automatic: yes, dsn: yes;
 *	                            of several lines with | between them
 *	mailout has no NAME         it has no such line
 *	mailout <- nothing
 *	mailout commits             the end of that mail is about to leave
 *	mailout -> sent
 *	mailout -> refused CODE ENHANCED TEXT
 *	mailout -> retry CODE ENHANCED TEXT
 *	mailout -> unsure TEXT
 *	mailout -> broken TEXT      the login, or TLS, does not work
 *	mailout dies
 *
 *	mailout called X            its Message-ID is {X.id}, its envelope
 *	                            sender {X.sender} from now on
 *
 * What is said is about the mail that was named last.
 */
#ifndef FLOW_MAILOUT_H
#define FLOW_MAILOUT_H

#include "lib/str.h"

/* NULL: done.  Else what is wrong, until the next call. */
const char *flow_mailout(struct str first, struct str verb, struct str rest);

/* NULL, or something that came out and was not named. */
const char *flow_mailout_left(void);

void flow_mailout_forget(void);

#endif
