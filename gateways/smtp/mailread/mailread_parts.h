/*
 * mailread_parts.h - the parts of a mail: which is text, which a file
 *
 * Walks what GMime has made of it.  Of alternatives the plain one is taken,
 * unless there is nothing in it; the first part of a related group is what the
 * others belong to; a message in a message is a file, but in a report, where
 * it is what the report is about.
 */
#ifndef MAILREAD_PARTS_H
#define MAILREAD_PARTS_H

#include <gmime/gmime.h>

#include "smtp/mail_record.h"

struct mailread_pool;

/*
 * Sets text, fresh, parts and notes of the record, and what reports say.
 * r->subject and r->from are there already.
 */
void mailread_parts(
    struct mail_record *r, struct mailread_pool *pool, GMimeObject *top);

#endif
