/*
 * sms_reported.h - which parts of a text are known to be delivered
 *
 * Some providers report on each part of a long text.  It is delivered when all
 * parts are; until then a part that fails is a text that failed, and nothing
 * may have been told that this would contradict.
 *
 * Limits     SMS_REPORTED_MAX texts of a line; the one that was begun first
 *            makes room.  Such a one, and one whose reports came partly before
 *            a restart, stays sent: nobody is told more than is known.
 *
 * Pure.
 */
#ifndef SMS_REPORTED_H
#define SMS_REPORTED_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

enum { SMS_REPORTED_MAX = 500, SMS_REPORTED_PARTS_MAX = 255 };

struct sms_reported;

struct sms_reported *sms_reported_new(size_t max); /* 0: SMS_REPORTED_MAX */
void sms_reported_free(struct sms_reported **rp);

/*
 * That part, from 1, of nparts is delivered.  True: so are all; it stays true,
 * as the provider may have to say it again.
 */
bool sms_reported_part(
    struct sms_reported *r, struct str text, unsigned part, unsigned nparts);

/* It failed: if it is sent again, it begins anew. */
void sms_reported_forget(struct sms_reported *r, struct str text);

#endif
