/*
 * posts_past.h - the archive of a room, asked for what of ours is in there
 *
 *	posts_past_ask(u->past);
 *	...			each message is told to posts_seen() (seat_in.c)
 *	posts_are_sure(u)	that was all, or there is no more to be had
 *
 * An archive that does not answer is asked POSTS_PAST_ASKS times; one that
 * refuses has nothing to tell.
 */
#ifndef CORE_POSTS_PAST_H
#define CORE_POSTS_PAST_H

#include <stdbool.h>

struct addressee;
struct posts_past;

enum {
	POSTS_PAST_PAGE = 100,
	POSTS_PAST_PAGES = 50,
	POSTS_PAST_ASKS = 3,
	POSTS_PAST_MS = 30 * 1000,
	POSTS_PAST_AGAIN_MS = 10 * 1000,
};

struct posts_past *posts_past_new(struct addressee *u);
void posts_past_free(struct posts_past **pp);

void posts_past_ask(struct posts_past *p);
void posts_past_stop(struct posts_past *p);
bool posts_past_is_open(const struct posts_past *p);

#endif
