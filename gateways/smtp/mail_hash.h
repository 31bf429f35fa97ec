/*
 * mail_hash.h - the same mail again
 *
 * A hash over all of a mail but the headers that delivery puts on top of it:
 * tried again by the same or by another way, it is the same.
 */
#ifndef MAIL_HASH_H
#define MAIL_HASH_H

#include <stdint.h>

#include "lib/crypto.h"
#include "lib/str.h"

void mail_hash(struct str mail, uint8_t out[CRYPTO_SHA256_BYTES]);

#endif
