#include "lib/backoff.h"

enum { TRIES_MAX = 32 }; /* by then any delay has reached its maximum */

void
backoff_init(struct backoff *b, int64_t min_ms, int64_t max_ms)
{
	*b = (struct backoff){ .min_ms = min_ms, .max_ms = max_ms };
}

void
backoff_reset(struct backoff *b)
{
	b->tries = 0;
}

int64_t
backoff_next(struct backoff *b, uint32_t random)
{
	int64_t ms = b->min_ms;

	for (unsigned i = 0; i < b->tries && ms < b->max_ms; i++)
		ms *= 2;
	if (ms > b->max_ms)
		ms = b->max_ms;
	if (b->tries < TRIES_MAX)
		b->tries++;
	/* From three quarters to five quarters. */
	return ms - ms / 4 + (int64_t)random % (ms / 2 + 1);
}
