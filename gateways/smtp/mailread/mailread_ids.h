/*
 * mailread_ids.h - Message-IDs out of headers (RFC 5322 3.6.4)
 *
 * What people's programs write there is often broken: only what has the form
 * of an id (mail_is_id()) counts.  Without the angle brackets, borrowed.
 */
#ifndef MAILREAD_IDS_H
#define MAILREAD_IDS_H

#include "lib/str.h"

/* The first in a value; or empty. */
struct str mailread_id(struct str value);

/*
 * All of them, max at most: the first, which began it all, and the newest, as
 * they stand.  How many there are.
 */
size_t mailread_ids(struct str value, struct str *out, size_t max);

#endif
