/*
 * generation.h - is this the database that we had, or an older copy of it?
 *
 * A database that is restored from a backup does not know what was sent since:
 * sending what waits in it would repeat that.  So a number is kept in it and
 * in a file beside it, PATH.generation, which does not belong into a backup;
 * both change a minute after something was sent.  The file has the last two,
 * since it is written first.  Where they differ at the start, every outbox is
 * held until an operator has looked.
 *
 *	g = generation_new(core, path);
 *	generation_start(g);     // before anything else is asked of the store
 */
#ifndef CORE_GENERATION_H
#define CORE_GENERATION_H

#include <stdbool.h>

struct core;
struct generation;

enum {
	GENERATION_MS = 60000,
	GENERATION_HEX = 16,       /* digits of a number */
	GENERATION_SKIP = 1000000, /* numbers of messages are not used again */
};

struct generation *generation_new(struct core *c, const char *store_path);
void generation_free(struct generation **gp);

/* Compares them. */
void generation_start(struct generation *g);

/* Something has changed that must not be done again. */
void generation_touch(struct generation *g);

/* They differ; known before any outbox has been read. */
bool generation_differs(const struct generation *g);

#endif
