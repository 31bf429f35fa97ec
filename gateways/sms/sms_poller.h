/*
 * sms_poller.h - fetches what came in at a provider, now and then
 *
 * For a line whose profile has "poll" (sms_poll.h).  One round is
 *
 *	list -> for each that is new: (item ->) kept on disk -> (ack)
 *
 * What is new is known by its id, over restarts, too (sms_known.h).  Where
 * the provider is not told what has been taken, what it lists at the very
 * first time is old: it came before there was this line.
 *
 * Nothing is asked before sms_poller_start(): what was known must have been
 * read.
 */
#ifndef SMS_POLLER_H
#define SMS_POLLER_H

#include <stdbool.h>

#include "lib/str.h"

struct sms_line;
struct sms_poller;

/* NULL: there is nothing to poll. */
struct sms_poller *sms_poller_new(struct sms_line *l);
void sms_poller_free(struct sms_poller **pp);

void sms_poller_start(struct sms_poller *p);

/* The name of its fact begins with that; the line follows. */
#define SMS_POLLER_FACT "polled "

void sms_poller_fact(struct sms_poller *p, struct str value);

#endif
