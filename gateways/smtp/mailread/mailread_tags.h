/*
 * mailread_tags.h - HTML without tags that are too long
 *
 * libxml2 compares each attribute with all before it, so a tag of 2 MB takes
 * it minutes.  Longer tags than MAILREAD_TAGS_MAX, which honest mails have for
 * pictures in them, are left out before it sees them, and so are comments and
 * declarations, which it takes for text where Word writes them.
 *
 * Pure; linear time.
 */
#ifndef SMTP_MAILREAD_TAGS_H
#define SMTP_MAILREAD_TAGS_H

#include "lib/buf.h"
#include "lib/str.h"

enum { MAILREAD_TAGS_MAX = 16 * 1024 };

/* Appends html without them; four times its size at most. */
void mailread_tags_flatten(struct str html, struct buf *out);

#endif
