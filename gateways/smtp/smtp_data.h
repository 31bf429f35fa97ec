/*
 * smtp_data.h - from what follows DATA to a mail (RFC 5321 4.5.2); pure
 *
 * The end is CRLF dot CRLF and nothing that looks like it: all else that a
 * peer may take for the end of a line stays inside the mail.  A dot in front
 * of a line is taken off, where the line before has ended by CRLF.
 *
 *	smtp_data_begin(&d, size_max, normalize);
 *	do
 *		step = smtp_data_next(&d, &in, &part);
 *	while (step == SMTP_DATA_PART && keep(part));
 *
 * Line ends  Bare CR and bare LF become CRLF and NUL is dropped, or each of
 *            them is a fault.
 * Faults     After one nothing more is given out, but the end is still looked
 *            for: the peer must not have the rest taken for commands.
 */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum {
	SMTP_DATA_LINE_MAX = 64 * 1024, /* 998 are allowed, more are seen */
	SMTP_DATA_SLACK = 1024 * 1024,  /* on top of twice the size */
};

enum smtp_fault {
	SMTP_FAULT_NONE,
	SMTP_FAULT_SIZE,
	SMTP_FAULT_LINE_END, /* bare CR or LF */
	SMTP_FAULT_NUL,
	SMTP_FAULT_LONG_LINE,
};

enum smtp_data_step {
	SMTP_DATA_MORE, /* in is used up */
	SMTP_DATA_PART, /* some of the mail */
	SMTP_DATA_END,  /* in goes on behind it */
	SMTP_DATA_FLOOD /* far beyond the size, and still no end */
};

struct smtp_data {
	enum smtp_fault fault; /* the first */
	size_t size;           /* of what was given out, and more if a fault */
	size_t size_max;
	bool normalize;
	int state;     /* private */
	size_t line;   /* private: bytes since the last line end */
	uint64_t seen; /* private: bytes of all */
};

void smtp_data_begin(struct smtp_data *d, size_t size_max, bool normalize);

/* Takes from the front of in; part borrows from there, or is constant. */
enum smtp_data_step smtp_data_next(
    struct smtp_data *d, struct str *in, struct str *part);

#endif
