/*
 * bucket.h - token bucket; pure
 *
 *	if (bucket_take(&b, now, 1)) send; else wait until bucket_ready_at().
 *
 * More tokens than the bucket holds may be taken at once when it is full;
 * the debt is waited off afterwards.
 */
#ifndef LIB_BUCKET_H
#define LIB_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	unsigned burst;      /* most tokens at once */
	int64_t interval_ms; /* one token comes back; 0: never a wait */
	int64_t full_at;     /* when the bucket is full again */
};

void bucket_init(struct bucket *b, unsigned burst, int64_t interval_ms);
bool bucket_take(struct bucket *b, int64_t now_at, unsigned n);

/* The earliest time at which n tokens are there; now if they are. */
int64_t bucket_ready_at(const struct bucket *b, int64_t now_at, unsigned n);

#endif
