/*
 * irc_typing.h - who is writing, and how long that holds
 *
 * Clients say it again every three seconds while it lasts and never more
 * often to one target; who is silent for six seconds writes no longer (IRCv3
 * client-tags/typing).  XMPP says each change once, so the repeating and the
 * forgetting are done here.  A message ends it by itself.
 *
 * What we say is droppable: when lines are waiting it is not said at all.
 *
 * Limits     IRC_TYPING_OURS targets, IRC_TYPING_THEIRS people; more are not
 *            reported.
 *
 * State machine on p->typing.
 */
#ifndef IRC_TYPING_H
#define IRC_TYPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/str.h"

struct irc_event;
struct irc_proto;

enum irc_typing { IRC_TYPING_DONE, IRC_TYPING_ACTIVE, IRC_TYPING_PAUSED };

enum {
	IRC_TYPING_EACH_MS = 3000,
	IRC_TYPING_ACTIVE_MS = 6000,  /* without being said again */
	IRC_TYPING_PAUSED_MS = 30000, /* likewise */
	IRC_TYPING_LONG_MS = 60000,   /* our user's client has forgotten it */
	IRC_TYPING_OURS = 8,
	IRC_TYPING_THEIRS = 32,
};

struct irc_typings {
	struct list ours, theirs;
	size_t nours, ntheirs;
};

void irc_typing_release(struct irc_proto *p);

/* Our user does so; said now or when it may be. */
void irc_typing_want(
    struct irc_proto *p, struct str target, enum irc_typing what);

/* Our user has said something there. */
void irc_typing_said(struct irc_proto *p, struct str target);

/* "active", "paused" or "done" of the one at hand.  True: *ev is news. */
bool irc_typing_heard(
    struct irc_proto *p, struct str value, struct irc_event *ev);

/* The one at hand has said something. */
void irc_typing_spoke(struct irc_proto *p, const struct irc_event *ev);

/* Somebody has been silent too long.  True: *ev says so. */
bool irc_typing_over(struct irc_proto *p, struct irc_event *ev);

/* When the next of all this is due, or -1. */
int64_t irc_typing_due_at(const struct irc_proto *p);
void irc_typing_tick(struct irc_proto *p);

#endif
