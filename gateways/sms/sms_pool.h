/*
 * sms_pool.h - memory that is let go of at once
 *
 * What is made while one request is rendered, or one answer read, ends with
 * it.  Once the ceiling is reached nothing more is given, and `full` stays
 * set: ask once, at the end, or where a pointer is needed.
 *
 *	struct sms_pool pool;
 *	sms_pool_init(&pool, 64 * 1024);
 *	s = sms_pool_copy(&pool, s);
 *	sms_pool_release(&pool);
 */
#ifndef SMS_POOL_H
#define SMS_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/str.h"

struct sms_pool_block;

struct sms_pool {
	size_t max, used;
	bool full;
	struct sms_pool_block *last; /* private */
};

void sms_pool_init(struct sms_pool *p, size_t max_bytes);
void sms_pool_release(struct sms_pool *p); /* wiped: secrets pass here */

/* Zeroed, aligned for anything; NULL: full. */
void *sms_pool_alloc(struct sms_pool *p, size_t size);
void *sms_pool_array(struct sms_pool *p, size_t n, size_t size);

/* A copy with a NUL behind it; empty if full. */
struct str sms_pool_copy(struct sms_pool *p, struct str s);

/* Takes over what is in the buffer, and releases that. */
struct str sms_pool_take(struct sms_pool *p, struct buf *b);

#endif
