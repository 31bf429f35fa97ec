/*
 * sms_parts.h - long texts that a provider tells in parts
 *
 * Some hand on what the phone has cut, part by part, in any order.  They are
 * put together here; until all have come none is acknowledged, so that a crash
 * loses nothing.  What has not come within SMS_PARTS_MS does not hold up the
 * others: they are told as they are, with their numbers.
 *
 * Limits     SMS_PARTS_MAX parts, SMS_PARTS_OPEN texts that are not complete;
 *            above, a part is told as it is.
 */
#ifndef SMS_PARTS_H
#define SMS_PARTS_H

#include "lib/map.h"
#include "sms/sms_in.h"

struct sms_event;
struct sms_gateway;
struct sms_line;

enum {
	SMS_PARTS_MAX = 40,
	SMS_PARTS_OPEN = 1000,
	SMS_PARTS_MS = 5000, /* less than what a provider waits for an answer */
};

struct sms_parts {
	struct map open; /* by line, sender, reference and number of parts */
};

void sms_parts_init(struct sms_parts *all);

/* That line is closed, or NULL: all are; what has come was not kept. */
void sms_parts_drop(struct sms_parts *all, const struct sms_line *l);
void sms_parts_release(struct sms_parts *all);

/*
 * One part, as sms_in_event(), which is called with what is made of them.
 * ev->nparts is over 1.
 */
int sms_parts_take(struct sms_parts *all, struct sms_line *l,
    const struct sms_event *ev, sms_kept_fn *fn, void *arg);

#endif
