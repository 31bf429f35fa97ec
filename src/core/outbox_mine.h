/*
 * outbox_mine.h - the command "queue": a user, and his messages on their way
 */
#ifndef CORE_OUTBOX_MINE_H
#define CORE_OUTBOX_MINE_H

struct adhoc_call;

void outbox_mine_on_call(struct adhoc_call *call);

#endif
