/*
 * sms_known.h - what a provider has listed, and we have taken already
 *
 * Ids, as their hashes.  Kept as one line of text, a fact of the gateway.
 *
 * Limits     SMS_KNOWN_MAX; the oldest make room.
 */
#ifndef SMS_KNOWN_H
#define SMS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { SMS_KNOWN_MAX = 1000 };

struct sms_known {
	uint64_t id[SMS_KNOWN_MAX]; /* oldest first */
	size_t n;
	int64_t
	    since_utc; /* when the last whole list was asked for; 0: never */
};

uint64_t sms_known_hash(struct str id);
bool sms_known_has(const struct sms_known *k, uint64_t id);
void sms_known_add(struct sms_known *k, uint64_t id);

/* Forgets all that are not among these. */
void sms_known_keep(struct sms_known *k, const uint64_t *id, size_t n);

/* "1700000000 00112233aabbccdd ...".  False: not that; k is empty then. */
bool sms_known_read(struct sms_known *k, struct str text);
void sms_known_write(const struct sms_known *k, struct buf *out);

#endif
