/*
 * sms_text.h - a text as it leaves for the air
 *
 * Accents are made one with their letters, since a letter with a separate
 * accent is in no table of GSM; what old clients hide in blanks to say that
 * they could encrypt goes.  On demand typographic quotes, dashes and blanks,
 * which phones and clients put in by themselves and which cost every text half
 * of its room, become those that GSM has: but only where all of the text fits
 * the tables then, and never by dropping an accent.
 *
 * Pure.
 */
#ifndef SMS_TEXT_H
#define SMS_TEXT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

/* Appends.  -1, nothing appended: not valid UTF-8, or no room. */
int sms_text_write(struct str text, bool smart, struct buf *out);

#endif
