/*
 * sms_reach.h - whom a line can write to, as far as is known here
 *
 * Not its own provider's business only: one that sends to its customer's own
 * telephone whatever is asked would text the sender instead of his friend, and
 * a short code of another country is somebody else at home.
 */
#ifndef SMS_REACH_H
#define SMS_REACH_H

#include "lib/err.h"
#include "sms/sms_number.h"

struct sms_line;

/*
 * -1: nothing goes there, with words for the user.  ERR_NOT_ALLOWED: not by
 * this line; ERR_POLICY: who is there has answered STOP.  Of a group each
 * member counts.
 */
int sms_reach_check(
    const struct sms_line *l, const struct sms_number *to, struct err *err);

#endif
