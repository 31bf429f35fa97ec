/*
 * outbox_archive.h - what goes out, and what became of it, in the archive of
 * its sender
 *
 * A message when it is accepted, as archive.h has lines; then what he is told
 * of it.  Receipts and errors are lines of kinds of their own, which mam.c
 * writes as what they are.
 */
#ifndef CORE_OUTBOX_ARCHIVE_H
#define CORE_OUTBOX_ARCHIVE_H

#include "core/owed.h"
#include "lib/err.h"
#include "lib/str.h"

/* Kinds of lines beside enum gw_msg_kind; own_id: the message. */
enum {
	OUTBOX_KIND_RECEIPT = 32,
	OUTBOX_KIND_ERROR = 64, /* plus an enum err_kind; body: its text */
};

/* It is accepted. */
void outbox_archive_message(struct owed *o);

/* Its user has given it other words. */
struct backlog_word;
void outbox_archive_correction(const struct owed *o, struct backlog_word *word);

/* He is told so; id is that of the stanza. */
void outbox_archive_receipt(const struct owed *o, struct str id);
void outbox_archive_error(const struct owed *o, const struct err *err);
void outbox_archive_words(const struct owed *o, struct str text, struct str id);

#endif
