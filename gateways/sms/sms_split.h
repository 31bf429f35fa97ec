/*
 * sms_split.h - a text into messages that a provider takes one by one
 *
 * Where a provider does not split.  Each piece is a message of its own: it is
 * coded by itself, in septets or UCS-2, whichever takes more of the text.
 * Cuts are behind spaces where there are any in the last half, else never
 * inside what people see as one character (sms_gsm.h: nor inside an escape or
 * a surrogate pair).  All pieces joined give the text.
 *
 *	struct sms_split s;
 *	sms_split_init(&s, text, &room);
 *	while (sms_split_next(&s, &piece)) ...
 *
 * Text       UTF-8.  Pieces are borrowed from the text.
 *
 * Pure.
 */
#ifndef SMS_SPLIT_H
#define SMS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"
#include "sms/sms_gsm.h"

/* What one message takes.  Of gsm and ucs2 none is 0. */
struct sms_room {
	size_t gsm;   /* septets, of what is all in the tables */
	size_t ucs2;  /* units, of anything else */
	size_t chars; /* characters, besides; 0: no matter */
};

/* One part on the air. */
#define SMS_ROOM_SINGLE                                                        \
	((struct sms_room){ .gsm = SMS_GSM7_SINGLE, .ucs2 = SMS_UCS2_SINGLE })

struct sms_split {
	struct str rest;
	struct sms_room room;
};

void sms_split_init(
    struct sms_split *s, struct str text, const struct sms_room *room);
bool sms_split_next(struct sms_split *s, struct str *piece);

/* How many pieces there will be; counts no further than max + 1. */
size_t sms_split_count(
    struct str text, const struct sms_room *room, size_t max);

#endif
