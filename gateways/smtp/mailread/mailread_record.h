/*
 * mailread_record.h - from a mail to its record
 *
 *	mailread_gmime_init();                     // once
 *	mailread_pool_init(&pool);
 *	if (mailread_record(&r, &pool, bytes, len, &options, &err) == 0)
 *		mail_record_pack(&r, &out);
 *	mailread_pool_release(&pool);
 */
#ifndef MAILREAD_RECORD_H
#define MAILREAD_RECORD_H

#include "smtp/mail_reader_wire.h"
#include "smtp/mail_record.h"

struct mailread_pool;

/*
 * bytes may change.  The record borrows from bytes and from the pool.  -1: it
 * is not to be taken: ERR_TOO_BIG, or ERR_BAD_INPUT.
 */
int mailread_record(struct mail_record *r, struct mailread_pool *pool,
    char *bytes, size_t len, const struct mail_reader_options *o,
    struct err *err);

#endif
