/*
 * mail_pending.h - mails that have come whole and are not answered yet
 *
 * Outlives the connection that it came by: what is taken is taken.
 */
#ifndef MAIL_PENDING_H
#define MAIL_PENDING_H

#include "lib/list.h"
#include "smtp/mail_envelope.h"

struct mail_gateway;
struct mail_spool;

/* Once, never before mail_pending_new() returned; replies as in mail_policy.h. */
typedef void mail_pending_fn(
    void *arg, const struct mail_reply *reply, size_t n);

struct mail_pending;

/* Gives it to mail_take(), with its spool, and is added to the list. */
struct mail_pending *mail_pending_new(struct list *all,
    struct mail_gateway *mail, const struct mail_envelope *e,
    struct mail_spool **body, mail_pending_fn *fn, void *arg);

/* Nobody waits for its answer any more. */
void mail_pending_leave(struct mail_pending **pp);

/* The gateway ends: none is answered. */
void mail_pending_drop(struct list *all);

#endif
