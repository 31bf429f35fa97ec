/*
 * irc_split.h - a message into lines that arrive whole
 *
 * Servers cut what they relay at 512 bytes, some hang up (QUIRKS.md), so the
 * budget is that of the line as others see it, with our prefix.  Cuts are at
 * spaces where there are any in the last half, never inside a UTF-8
 * character.  CR, LF and CR LF of the text end a line; empty lines go.  All
 * pieces joined give the text without its newlines: a space at which a line
 * is cut stays at the end of the first part.  Formatting that is on where a
 * line ends is on in the next: its codes go in front (irc_split_lead()), and
 * are counted.
 *
 *	struct irc_split s;
 *	irc_split_init(&s, text, budget);
 *	while (irc_split_next(&s, &piece)) ...
 *
 * Pure.
 */
#ifndef IRC_SPLIT_H
#define IRC_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "irc/irc_text.h"
#include "lib/str.h"

enum {
	IRC_SPLIT_RESERVE = 10,  /* for what servers add */
	IRC_SPLIT_MIN = 32,      /* a budget is never less */
	IRC_SPLIT_HOST_MAX = 63, /* RFC 1459: a host we do not know */
	IRC_SPLIT_USER_MAX = 18,
};

struct irc_split {
	struct str rest;
	size_t budget;
	unsigned on;   /* styles behind the piece; see irc_format.h */
	unsigned lead; /* and in front of it */
};

/* What of a line of line_max bytes is left for text. */
struct irc_split_cost {
	size_t line_max;         /* 512, or LINELEN */
	size_t nick, user, host; /* lengths; user, host 0: not known */
	size_t command, target;  /* "PRIVMSG" and who gets it */
	bool action;             /* CTCP ACTION around it */
};

size_t irc_split_budget(const struct irc_split_cost *c);

void irc_split_init(struct irc_split *s, struct str text, size_t budget);
bool irc_split_next(struct irc_split *s, struct str *piece);

/* The codes that go in front of that piece; how many. */
size_t irc_split_lead(const struct irc_split *s, char out[IRC_NSTYLE]);

/* How many pieces there will be; counts no further than max + 1. */
size_t irc_split_count(struct str text, size_t budget, size_t max);

#endif
