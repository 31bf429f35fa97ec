/*
 * mailread_class.h - what kind of mail it is, by its headers
 *
 * RFC 3834 says how programs mark what they send; much that is in use is
 * older, or never read it.  Sets of the record: class (not the reports, which
 * mailread_dsn.h knows), is_auto, auto_kind, the list, is_spam, importance,
 * severity, jabber_id, nreceived, has_own_loop.
 */
#ifndef MAILREAD_CLASS_H
#define MAILREAD_CLASS_H

#include "smtp/mail_record.h"

struct mailread_headers;
struct mailread_pool;

void mailread_class(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h, struct str own_domain);

#endif
