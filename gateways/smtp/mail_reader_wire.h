/*
 * mail_reader_wire.h - what the daemon and passerelle-mailread say; pure
 *
 *	daemon                       worker
 *	OPTIONS            ------->              once, first
 *	MAIL (its size)    ------->
 *	BYTES ...          ------->
 *	END                ------->
 *	                   <-------  RECORD ...  pieces of one packed record
 *	                   <-------  DONE        that was all of it
 *	               or  <-------  REFUSED (kind, text)
 *
 * One mail at a time.  Frames are those of lib/frame.h.
 */
#ifndef MAIL_READER_WIRE_H
#define MAIL_READER_WIRE_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "smtp/mail_record.h"

enum {
	MAIL_READER_OPTIONS = 'o',
	MAIL_READER_MAIL = 'm',
	MAIL_READER_BYTES = 'b',
	MAIL_READER_END = 'e',
	MAIL_READER_RECORD = 'r',
	MAIL_READER_DONE = 'd',
	MAIL_READER_REFUSED = 'x',

	MAIL_READER_FRAME = 64 * 1024,           /* data in one frame */
	MAIL_READER_MAIL_MAX = 64 * 1024 * 1024, /* bytes of one mail */
};

/* How mails are read; see mailread/mailread_record.h. */
struct mail_reader_options {
	struct str authserv_id; /* whose Authentication-Results count */
	unsigned hops;          /* Received headers that are our own MTA's */
	struct str own_domain;  /* two Received by it: a loop */
};

void mail_reader_options_pack(
    const struct mail_reader_options *o, struct buf *out);

/* Borrowed from bytes.  False: those are none. */
bool mail_reader_options_read(struct mail_reader_options *o, struct str bytes);

/* kind: ERR_TOO_BIG, or ERR_BAD_INPUT for everything else. */
void mail_reader_refusal_pack(const struct err *err, struct buf *out);
bool mail_reader_refusal_read(struct err *err, struct str bytes);

#endif
