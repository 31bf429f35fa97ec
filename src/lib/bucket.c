/*
 * The bucket is one number: each token taken moves the time at which it will
 * be full again one interval further; it is empty when that is burst
 * intervals away.
 */
#include "lib/bucket.h"

void
bucket_init(struct bucket *b, unsigned burst, int64_t interval_ms)
{
	*b = (struct bucket){ .burst = burst, .interval_ms = interval_ms };
}

bool
bucket_take(struct bucket *b, int64_t now_at, unsigned n)
{
	if (bucket_ready_at(b, now_at, n) > now_at)
		return false;
	if (b->full_at < now_at)
		b->full_at = now_at;
	b->full_at += (int64_t)n * b->interval_ms;
	return true;
}

int64_t
bucket_ready_at(const struct bucket *b, int64_t now_at, unsigned n)
{
	unsigned left = n < b->burst ? b->burst - n : 0;
	int64_t at;

	if (b->interval_ms == 0)
		return now_at;
	at = b->full_at - (int64_t)left * b->interval_ms;
	return at > now_at ? at : now_at;
}
