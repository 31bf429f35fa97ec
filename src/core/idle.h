/*
 * idle.h - users who do nothing for idle_days are logged out
 *
 * Networks do not want rooms full of people who are long gone.  Whatever a
 * user or his clients send to a network counts: a word, a join, a change of
 * presence.  He is warned before, and then out of his rooms for good, those
 * he stays in without a client as well.
 */
#ifndef CORE_IDLE_H
#define CORE_IDLE_H

struct session;

enum {
	IDLE_DAY_MS = 24 * 3600 * 1000,
	IDLE_WARN_MS = IDLE_DAY_MS, /* so long before; or half of the time */
};

void idle_init(struct session *s);
void idle_release(struct session *s);

/* A sign of life; NULL is accepted. */
void idle_touch(struct session *s);

#endif
