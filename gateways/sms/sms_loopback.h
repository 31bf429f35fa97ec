/*
 * sms_loopback.h - a provider that is none: what is sent comes back
 *
 * For trying things without an account.  What a profile with "loopback" would
 * send is taken for what its webhooks were told, reports first.
 */
#ifndef SMS_LOOPBACK_H
#define SMS_LOOPBACK_H

#include "lib/str.h"

struct sms_line;

void sms_loopback(struct sms_line *l, struct str body);

#endif
