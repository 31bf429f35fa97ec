/*
 * mailread_pool.h - memory that goes when the mail goes
 *
 * What a record points to is made piece by piece while a mail is read and let
 * go of at once: nothing here is freed by itself.
 *
 *	struct mailread_pool pool;
 *	mailread_pool_init(&pool);
 *	...
 *	mailread_pool_release(&pool);
 */
#ifndef MAILREAD_POOL_H
#define MAILREAD_POOL_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/str.h"

struct mailread_chunk;

struct mailread_pool {
	struct mailread_chunk *chunk; /* the newest; NULL: none yet */
};

void mailread_pool_init(struct mailread_pool *p);
void mailread_pool_release(struct mailread_pool *p);

/* n bytes, zeroed, aligned for anything. */
void *mailread_pool_get(struct mailread_pool *p, size_t n);

/* A copy. */
struct str mailread_pool_str(struct mailread_pool *p, struct str s);

/* A copy with ASCII letters in lower case. */
struct str mailread_pool_lower(struct mailread_pool *p, struct str s);

/* What is in b; b is released. */
struct str mailread_pool_take(struct mailread_pool *p, struct buf *b);

#endif
