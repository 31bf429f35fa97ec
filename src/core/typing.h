/*
 * typing.h - who is writing (XEP-0085)
 *
 * Goes along with a conversation: never kept, never answered, never a reason
 * to connect.  In rooms our user's is told only if he wants that; one to one
 * his client decides.
 */
#ifndef CORE_TYPING_H
#define CORE_TYPING_H

#include "core/gateway.h"

struct room;
struct session;

/* Our user, to that room or, NULL, to that person. */
void typing_out(
    struct session *s, struct room *r, struct str nick, const char *state);

/* From the event table.  Strangers are not reported. */
void typing_in(struct session *s, const struct gw_event *ev);

#endif
