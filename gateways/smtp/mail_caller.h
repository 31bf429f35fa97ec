/*
 * mail_caller.h - one who has connected to hand over mail
 *
 * Joins a link to the protocol, asks the policy, puts the mail aside and keeps
 * the time:
 *
 *	link -- bytes --> smtp_proto -- events --> mail_policy, mail_take
 *	     <- replies --            <- answers --
 *
 * Times      A command has MAIL_IDLE_MS from the last reply, a mail
 *            MAIL_WHOLE_MS, and after MAIL_RATE_FROM_MS it comes faster than
 *            MAIL_RATE_BYTES a second.  The end of a mail is answered within
 *            MAIL_ANSWER_MS, whatever becomes of it.
 */
#ifndef MAIL_CALLER_H
#define MAIL_CALLER_H

#include <stdbool.h>

#include "lib/list.h"
#include "lib/str.h"

struct link;
struct listener_peer;
struct mail_listen;
struct mail_place;

enum {
	MAIL_IDLE_MS = 60 * 1000,
	MAIL_WHOLE_MS = 300 * 1000,
	MAIL_RATE_FROM_MS = 30 * 1000,
	MAIL_RATE_BYTES = 1024,
	MAIL_ANSWER_MS = 60 * 1000,
	MAIL_DELAY_MS = 1000,
	MAIL_GREET_MS =
	    50, /* who speaks first in that time is no mail client */
};

/* Is in place->callers as long as it lives; frees itself in the end. */
void mail_caller_new(struct mail_place *place, struct link *link,
    const struct listener_peer *peer);

/* The program ends soon.  True: a mail is still under way; else it is gone. */
bool mail_caller_wind_up(struct list *node);

/* The gateway ends: told so, if it can be. */
void mail_caller_end(struct list *node);

/* Whose address, as text, is it? */
bool mail_caller_is(struct list *node, struct str address);

#endif
