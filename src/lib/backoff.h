/*
 * backoff.h - growing delays with jitter; pure
 *
 * 1st delay about min, doubling up to max; each is spread over 75..125 % by
 * the random number the caller gives.
 */
#ifndef LIB_BACKOFF_H
#define LIB_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min_ms, max_ms;
	unsigned tries; /* delays given since the last reset */
};

void backoff_init(struct backoff *b, int64_t min_ms, int64_t max_ms);
void backoff_reset(struct backoff *b);
int64_t backoff_next(struct backoff *b, uint32_t random);

#endif
