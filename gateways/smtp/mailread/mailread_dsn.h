/*
 * mailread_dsn.h - what came back: bounces, receipts, complaints
 *
 * A multipart/report has a part for software (RFC 3464, 8098, 5965) and what
 * it is about, whole or its headers.  Providers still send bounces that are
 * nothing but text: those are read as far as their words are known.
 *
 * All of them set the fields of the record that are about what came back.
 */
#ifndef MAILREAD_DSN_H
#define MAILREAD_DSN_H

#include "smtp/mail_record.h"

struct mailread_headers;
struct mailread_pool;

/* message/delivery-status: rows, ENVID; class is MAIL_DSN. */
void mailread_dsn_status(
    struct mail_record *r, struct mailread_pool *pool, struct str part);

/* message/disposition-notification; class is MAIL_MDN. */
void mailread_dsn_disposition(
    struct mail_record *r, struct mailread_pool *pool, struct str part);

/* message/feedback-report; class is MAIL_ARF. */
void mailread_dsn_feedback(
    struct mail_record *r, struct mailread_pool *pool, struct str part);

/* The mail that came back, or its headers. */
void mailread_dsn_returned(
    struct mail_record *r, struct mailread_pool *pool, struct str mail);

/*
 * When all else of the record is there: what stands in its text only.  A text
 * of a mail server that says that something was not delivered becomes a
 * MAIL_DSN; rows without a reason get the one in the text (OpenSMTPD).
 */
void mailread_dsn_text(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h);

#endif
