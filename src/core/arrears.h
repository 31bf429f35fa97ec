/*
 * arrears.h - presence of rooms that our clients are still owed
 *
 * While the XMPP server is slow, or while the network says that many people
 * come or go at once (CROWD), who comes, changes or goes is only noted.  When
 * that is over clients are told what is true by then: of each person once,
 * however often he has changed, and nothing of who came and went.
 *
 *	arrears_member(r, m, is_new);    // instead of announce_member() to all
 *	arrears_settle_nick(r, nick);    // before they are shown to do anything
 *
 * Our own user is never put off.  What is owed to a stream that goes down is
 * forgotten: clients are given the whole room when it is back.
 *
 * Memory     Two bits of each member, and a note of who has gone and was
 *            known to clients: no more than there were members.  A room that
 *            owes nothing has a NULL pointer.
 * Time       A crowd that does not end has ended after ARREARS_MS.
 */
#ifndef CORE_ARREARS_H
#define CORE_ARREARS_H

#include <stdbool.h>

#include "lib/str.h"

struct gateway;
struct gw_event;
struct member;
struct room;
struct session;
struct timer;

enum { ARREARS_MS = 5000 };

/* As those of announce.h to all inside; is_new: he has just come. */
void arrears_member(struct room *r, struct member *m, bool is_new);
void arrears_gone(struct room *r, struct member *m, int status,
    struct str actor, struct str reason);

/* He will have that nick; and now he has. */
void arrears_renamed(struct room *r, struct member *m, struct str nick);
void arrears_is_called(struct room *r, struct member *m);

/* What is owed of one person, or of the whole room, is told now. */
void arrears_settle_nick(struct room *r, struct str nick);
void arrears_settle(struct room *r);

/* The stream takes more: all of the gateway, until it is slow again. */
void arrears_settle_all(struct gateway *gw);

/* CROWD, from the event table; and its end, told or not. */
void arrears_on_crowd(struct session *s, const struct gw_event *ev);
void arrears_on_crowd_over(struct timer *t);

/* Nobody needs to be told any more. */
void arrears_drop(struct room *r);
void arrears_drop_all(struct gateway *gw);

#endif
