/*
 * mailread_content.h - the bytes of a part, decoded
 */
#ifndef MAILREAD_CONTENT_H
#define MAILREAD_CONTENT_H

#include <gmime/gmime.h>

#include "lib/buf.h"
#include "lib/str.h"

struct mailread_pool;

/*
 * Appends them as far as out has room; how many there are in all, counted no
 * further than what has room if `enough`.
 */
uint64_t mailread_content(GMimePart *part, bool enough, struct buf *out);

/* A message in a message, as it was; the same promises. */
uint64_t mailread_message(GMimeMessagePart *part, struct buf *out);

/* A parameter of its Content-Type; or empty.  Borrowed. */
struct str mailread_param(GMimeObject *o, const char *name);

/* "text/plain", lower case. */
struct str mailread_mime(GMimeObject *o, struct mailread_pool *pool);

#endif
