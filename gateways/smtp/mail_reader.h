/*
 * mail_reader.h - mails read by workers, so that none can harm the daemon
 *
 * passerelle-mailread takes one mail at a time and answers with its record.
 * There are as many of them as `parallel` says, started when there is
 * something to read; others wait, the first come first.
 *
 *	mail_read(reader, spool, on_read, me);
 *	static void on_read(void *arg, const struct mail_read_result *r)
 *	{
 *		if (!r->record) ... r->reply is what its sender is told
 *
 * A worker that dies of a mail, or is killed since it is late, costs its
 * sender a 451; when a mail with the same content kills another one, it is
 * 550.
 *
 * Reentry    fn is never called from inside mail_read() or
 *            mail_read_cancel(); from inside fn everything may be called but
 *            mail_reader_free().
 * Limits     MAIL_READER_QUEUE mails that wait, MAIL_READER_MAIL_MAX bytes of
 *            one, MAIL_READER_MS for one.
 */
#ifndef MAIL_READER_H
#define MAIL_READER_H

#include "core/gateway.h"
#include "smtp/mail_envelope.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_reader_wire.h"
#include "smtp/mail_record.h"

struct mail_reader;
struct mail_reading;
struct mail_spool;

enum {
	MAIL_READER_QUEUE = 1000,
	MAIL_READER_PARALLEL = 2,
	MAIL_READER_MS = 20000,
	MAIL_READER_MAILS = 1000,  /* then a worker makes place for a new one */
	MAIL_READER_CRASHED = 256, /* contents that are remembered */
};

struct mail_reader_params {
	struct mail_reader_options options; /* copied */
	unsigned parallel;                  /* 0: MAIL_READER_PARALLEL */
	int64_t wall_ms;                    /* 0: MAIL_READER_MS */
	unsigned mails;                     /* 0: MAIL_READER_MAILS */
	const char *program;                /* NULL: passerelle-mailread */
	const char *const *argv; /* of it, outlives it; NULL: nothing */
};

/* Borrowed for the call of fn. */
struct mail_read_result {
	const struct mail_record *record; /* NULL: reply says why not */
	struct mail_reply reply;          /* 550 5.6.0, 552 5.3.4, 451 4.3.0 */
};

typedef void mail_read_fn(void *arg, const struct mail_read_result *r);

struct mail_reader *mail_reader_new(
    struct gateway *gw, const struct mail_reader_params *p);

/* Those that have no result get none. */
void mail_reader_free(struct mail_reader **rp);

/* body is borrowed until fn is called or it is cancelled. */
struct mail_reading *mail_read(struct mail_reader *r, struct mail_spool *body,
    mail_read_fn *fn, void *arg);

/* fn is not called any more. */
void mail_read_cancel(struct mail_reading **gp);

/* Mails that wait or are with a worker. */
size_t mail_reader_busy(const struct mail_reader *r);

extern const struct mail_noun mail_reader_noun; /* mail->reader */

#endif
