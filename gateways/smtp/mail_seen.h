/*
 * mail_seen.h - mails that a target has had already
 *
 * An MTA that did not hear our 250 sends the same mail again.  What was posted
 * the core knows by its key; what was only counted would be counted twice.
 * Held by a hash of the mail and of the target for a day, put in only when the
 * mail is on disk.
 *
 * Limits     So many are held; beyond it the oldest goes first.
 */
#ifndef MAIL_SEEN_H
#define MAIL_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"

enum { MAIL_SEEN_MAX = 20000, MAIL_SEEN_BYTES = 32 };
#define MAIL_SEEN_MS ((int64_t)24 * 60 * 60 * 1000)

struct mail_seen {
	struct map by_key;
	struct list order;
	size_t max;
};

void mail_seen_init(struct mail_seen *s, size_t max); /* 0: MAIL_SEEN_MAX */
void mail_seen_release(struct mail_seen *s);

/* The key of a mail that came for a target. */
void mail_seen_key(
    struct str hash, struct str target, uint8_t key[MAIL_SEEN_BYTES]);

bool mail_seen_has(const struct mail_seen *s,
    const uint8_t key[MAIL_SEEN_BYTES], int64_t now_at);
void mail_seen_put(
    struct mail_seen *s, const uint8_t key[MAIL_SEEN_BYTES], int64_t now_at);

#endif
