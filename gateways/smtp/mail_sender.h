/*
 * mail_sender.h - those who hand in mail: workers, one for each connection
 *
 * A mail that was taken by mail_send() waits for a worker that asks for the
 * next; there are as many as `parallel` says.  A worker says when the end of a
 * mail is about to leave: one that dies, or is killed since it is late, before
 * that has certainly not sent it (GW_RETRY), after that it may have
 * (GW_UNSURE).
 *
 * Reentry    fn is never called from inside mail_send(); from inside fn
 *            everything may be called but mail_sender_free().
 * Limits     MAIL_SENDER_QUEUE mails that wait; the outbox keeps the others.
 */
#ifndef MAIL_SENDER_H
#define MAIL_SENDER_H

#include <stddef.h>

#include "core/gateway.h"
#include "smtp/mail_letter.h"
#include "smtp/mail_result.h"
#include "smtp/mail_submit.h"

struct mail_sender;

enum { MAIL_SENDER_QUEUE = 1000 };

struct mail_sender_params {
	struct mail_submit submit; /* copied */
	unsigned parallel;         /* workers at most */
	int64_t grace_ms;          /* beyond the times of submit, before one
	                              that hangs is killed; 0: 30 s */
	const char *program;       /* NULL: passerelle-mailout */
	const char *const *argv;   /* of it; NULL: nothing */
};

/* r is borrowed for the call. */
typedef void mail_sent_fn(void *arg, const struct mail_result *r);

struct mail_sender *mail_sender_new(
    struct gateway *gw, const struct mail_sender_params *p);

/* Those that have no result get none: fn is not called any more. */
void mail_sender_free(struct mail_sender **sp);

/* l is borrowed for the call.  fn is called exactly once. */
void mail_send(struct mail_sender *s, const struct mail_letter *l,
    mail_sent_fn *fn, void *arg);

/* So long a mail may take, from mail_send() on, if nobody stands before it. */
int64_t mail_sender_longest_ms(const struct mail_sender_params *p);

/* Mails that wait or are with a worker. */
size_t mail_sender_busy(const struct mail_sender *s);

#endif
