/*
 * sms_ref.h - our name for a message, as strangers carry it
 *
 * It goes out in a status URL or a client reference and comes back with a
 * report from whoever has that URL: so it holds the ticket and a MAC over the
 * line and the ticket.  A reference of one line is none on another.
 *
 *	28a101-9f86d081884c7d65
 *
 * Small letters, digits and one dash, since some providers take nothing else,
 * and 36 bytes at most, for the one that takes no more.
 */
#ifndef SMS_REF_H
#define SMS_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

enum { SMS_REF_KEY_BYTES = 32, SMS_REF_MAX = 33 };

/* Terminated. */
void sms_ref_make(const uint8_t key[SMS_REF_KEY_BYTES], struct str line,
    uint64_t ticket, char out[SMS_REF_MAX + 1]);

/* False: not made by us, or not for that line. */
bool sms_ref_read(const uint8_t key[SMS_REF_KEY_BYTES], struct str line,
    struct str ref, uint64_t *ticket_out);

#endif
