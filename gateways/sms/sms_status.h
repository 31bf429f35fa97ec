/*
 * sms_status.h - what a user can see of his lines
 */
#ifndef SMS_STATUS_H
#define SMS_STATUS_H

#include "lib/buf.h"

struct session;

/* ops->status: each of his lines with what it takes, and what is left today. */
void sms_status(struct session *s, struct buf *out);

/* ops->identify: the numbers that others see. */
void sms_identify(struct session *s, struct buf *out);

#endif
