/*
 * sms_in.h - webhooks: what providers tell by themselves
 *
 * A request is checked (sms_verify.h), read, and answered once all that it
 * told is on disk; what cannot be kept is answered with 503, so that the
 * provider tells it again.
 */
#ifndef SMS_IN_H
#define SMS_IN_H

#include "lib/buf.h"
#include "lib/err.h"

struct sms_event;
struct sms_gateway;
struct sms_line;

/* Takes its webhooks from now on, if the profile has any and we can be
   reached; a line without works, too. */
int sms_in_open(struct sms_line *l, struct err *err);
void sms_in_close(struct sms_line *l);

/* Where the provider reaches us, for `line list`. */
void sms_in_shown(const struct sms_line *l, struct buf *out);

/* The gateway ends: what still waits for the disk is to be told again. */
void sms_in_end(struct sms_gateway *sms);

/* A network that tells us in another way; fn as in gateway_arrive().  -1: it
   is not taken, fn is not called. */
typedef void sms_kept_fn(void *arg, bool ok);
int sms_in_event(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg);

#endif
