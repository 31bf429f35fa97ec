/*
 * sms_parcel.h - a message that waits for its pictures
 *
 * What an event told is borrowed; this keeps a copy of it until its media are
 * where people can fetch them (sms_rehost.h).  The layout of an MMS is left
 * out.
 */
#ifndef SMS_PARCEL_H
#define SMS_PARCEL_H

#include <stdbool.h>

#include "lib/err.h"
#include "sms/sms_in.h"

struct conf;

/* Takes the event with its media in place; as sms_in_event(). */
typedef int sms_parcel_fn(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg);

/*
 * 0: take is called later, and then fn, or fn alone if the line is taken
 * away.  -1: too many wait.
 */
int sms_parcel_wait(struct sms_line *l, const struct sms_event *ev,
    sms_parcel_fn *take, sms_kept_fn *fn, void *arg);

/* The line goes: what waits for it was not kept. */
void sms_parcel_drop(struct sms_line *l);

/* Of the gateway: options media_*.  Its http is there. */
int sms_parcel_open(
    struct sms_gateway *sms, const struct conf *conf, struct err *err);
void sms_parcel_close(struct sms_gateway *sms);

#endif
