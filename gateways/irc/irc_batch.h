/*
 * irc_batch.h - lines of the server that belong together
 *
 * "BATCH +ref type ...", lines tagged with that ref, "BATCH -ref".  Nothing is
 * held back for one: each line is acted on when it comes, and a batch only
 * says what it is about; that people of a netsplit go or come back is reported
 * when it begins and when the last of them has ended (IRC_EV_CROWD), for who
 * wants to show them together.  So one that never ends, or is not known, costs
 * nobody a line; it is forgotten after IRC_BATCH_MS.
 *
 * Limits     IRC_BATCHES are open at once, IRC_BATCH_DEPTH inside each other;
 *            beyond that the lines are as any others.
 * Source     IRCv3 batch, netsplit and netjoin, labeled-response,
 *            chathistory.
 */
#ifndef IRC_BATCH_H
#define IRC_BATCH_H

#include <stdint.h>

#include "lib/str.h"

struct irc_proto;

enum {
	IRC_BATCHES = 16,
	IRC_BATCH_DEPTH = 4,
	IRC_BATCH_REF = 64,   /* bytes of a reference; a longer one is none */
	IRC_BATCH_TEXT = 200, /* bytes of a reason; a longer one is shortened */
	IRC_BATCH_MS = 60 * 1000,
	IRC_BATCH_PAST = 500, /* lines of one batch of history */
};

struct irc_batches;

/* NULL is fine. */
void irc_batches_free(struct irc_batches **bp);

/*
 * Why people of the line at hand have gone, if it is of a netsplit, for people
 * to read; else empty.  Borrowed until the next line.
 */
struct str irc_batch_reason(struct irc_proto *p);

/*
 * The same of what a QUIT says itself, where no batch told it: the names of two
 * servers, as they have always been the reason of those who go with a split.
 * Empty: it is none.
 */
struct str irc_batch_reason_of(struct irc_proto *p, struct str text);

/*
 * What the line at hand is: of now, of history (chathistory, or what a
 * bouncer plays back), or one of history too many.
 */
enum irc_tense { IRC_NOW, IRC_PAST, IRC_PAST_TOO_MUCH };
enum irc_tense irc_batch_tense(struct irc_proto *p);

/* The label of ours that the line at hand answers, itself or by its batch. */
uint32_t irc_line_label(const struct irc_proto *p);

#endif
