/*
 * mailread_names.h - people in headers (RFC 5322 3.4)
 */
#ifndef MAILREAD_NAMES_H
#define MAILREAD_NAMES_H

#include "smtp/mail_record.h"

struct mailread_pool;

/*
 * Those in the value of a header, groups opened, max at most; what has no
 * address that can be used is left out.  How many.
 */
size_t mailread_names(struct mailread_pool *pool, struct str value,
    struct mail_name *out, size_t max);

/* Encoded words decoded (RFC 2047), one line. */
struct str mailread_words(struct mailread_pool *pool, struct str value);

/* A date (RFC 5322 3.3), in milliseconds; 0: none, or far from any now. */
int64_t mailread_date(struct mailread_pool *pool, struct str value);

/* Once, before anything of this or GMime is called. */
void mailread_gmime_init(void);

#endif
