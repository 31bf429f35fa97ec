/*
 * sms_last.h - who wrote to a number by a shared line last
 *
 * Answers to a line that several people use go to him, for SMS_LAST_MS; kept
 * over restarts as facts of the gateway, written when it is somebody else or
 * half a day old.
 */
#ifndef SMS_LAST_H
#define SMS_LAST_H

#include <stdint.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"

struct gateway;

#define SMS_LAST_MS (30 * 24 * 3600 * INT64_C(1000))

enum { SMS_LAST_MAX = 100000 }; /* the oldest make room */

struct sms_lasts {
	struct gateway *gw;
	struct map map;
	struct list list; /* oldest first */
};

void sms_lasts_init(struct sms_lasts *all, struct gateway *gw);
void sms_lasts_release(struct sms_lasts *all);

/* He has written to that number, now. */
void sms_last_note(
    struct sms_lasts *all, struct str line, struct str number, struct str user);

/*
 * Borrowed until the next call of any of these; empty: nobody, lately.
 * utc_out, if he did: when; may be NULL.
 */
struct str sms_last_user(struct sms_lasts *all, struct str line,
    struct str number, int64_t *utc_out);

/* False: not a fact of ours. */
bool sms_last_fact(struct sms_lasts *all, struct str name, struct str value);

/* He wants to be forgotten. */
void sms_last_forget(struct sms_lasts *all, struct str user);

#endif
