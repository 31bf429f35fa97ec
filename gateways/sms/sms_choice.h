/*
 * sms_choice.h - by which of his lines a user writes to a number
 *
 * The one that he chose for that number; else the one by which the two wrote
 * last; else the one that he chose for all; else his first.
 */
#ifndef SMS_CHOICE_H
#define SMS_CHOICE_H

#include "core/gateway.h"

struct sms_line;

/* NULL: he has none. */
struct sms_line *sms_choice(struct session *s, struct str number);

/* The settings that it looks at. */
#define SMS_CHOICE_SETTING "line"

#endif
