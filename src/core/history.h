/*
 * history.h - the backlog of a room, filled from the archive
 *
 * When a room is made, what was said there last is read into its backlog;
 * whoever joins gets his share of it from there (XEP-0045 7.2.13).  Nobody is
 * let in before it has come, or has failed to.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include <stdbool.h>

struct room;

void history_load(struct room *r);

/* It has not come yet: whoever joins waits, and enters when it has. */
bool history_is_awaited(const struct room *r);

/* The room goes. */
void history_cancel(struct room *r);

#endif
