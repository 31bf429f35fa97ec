/*
 * sms_poll.h - asking for messages that no webhook brought
 *
 *	"poll": {"every_s": 60,
 *	         "list": CALL,              what is there?
 *	         "each": PATH, "when": ..., the things in the answer
 *	         "item": CALL,              where these are ids only: {item} is
 *	                                    one, and each is asked for
 *	         "ack":  CALL,              afterwards, once it is kept: {item}
 *	         "map", "decode": ...}      as of an inbound webhook
 *
 * The list may hold {since}: seconds since the Epoch of the last time.
 * Whatever comes twice is known by its id.
 */
#ifndef SMS_POLL_H
#define SMS_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "sms/sms_call.h"
#include "sms/sms_event.h"

enum sms_poll_step { SMS_POLL_LIST, SMS_POLL_ITEM, SMS_POLL_ACK, SMS_NPOLL };

struct sms_poll;

struct sms_poll *sms_poll_read(const struct sms_json *obj, struct err *err);
void sms_poll_free(struct sms_poll **pp);

int64_t sms_poll_every_ms(const struct sms_poll *p);

/* Is there a request for that? */
bool sms_poll_has(const struct sms_poll *p, enum sms_poll_step step);

/* item: empty for a list. */
int sms_poll_render(const struct sms_poll *p, enum sms_poll_step step,
    struct str item, const struct sms_vars *vars, struct sms_request *out,
    struct err *err);

/*
 * With ITEM: the ids in the answer to a list; how many.  Of more than
 * SMS_POLL_ITEMS_MAX the highest, if they are numbers, else the first.
 * -1: see below.
 */
enum { SMS_POLL_ITEMS_MAX = 1000 };
typedef void sms_item_fn(struct str item, void *arg);
int sms_poll_items(const struct sms_poll *p, struct str body, sms_item_fn *fn,
    void *arg, struct err *err);

/*
 * The messages in the answer to a list, or, if there is ITEM, to one of
 * these.  -1: the answer cannot be read.
 */
int sms_poll_events(const struct sms_poll *p, struct str body,
    const struct sms_number_format *in, sms_event_fn *fn, void *arg,
    struct err *err);

#endif
