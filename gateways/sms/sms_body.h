/*
 * sms_body.h - the words of a message, as they go out
 *
 * What a client wrote, with what cannot be carried otherwise said in words: a
 * link for a medium, and, if the operator wishes, quotes and dashes that the
 * GSM alphabet has.
 *
 * Pure.
 */
#ifndef SMS_BODY_H
#define SMS_BODY_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/buf.h"

enum { SMS_BODY_MAX = 32 * 1024 };

/* Appends it.  -1: out is full. */
int sms_body_make(
    const struct gw_message *m, bool smart, bool with_links, struct buf *out);

#endif
