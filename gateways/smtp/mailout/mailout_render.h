/*
 * mailout_render.h - the bytes of a mail
 *
 * RFC 5322 and MIME, by GMime.  libesmtp passes on what it is given, so what
 * comes out is looked through before anybody has it: seven bits, every line
 * ends with CRLF and is short enough, the header is complete.
 */
#ifndef MAILOUT_RENDER_H
#define MAILOUT_RENDER_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"
#include "smtp/mail_letter.h"

/* Files grow by a third and their line ends. */
enum { MAILOUT_BYTES_MAX = MAIL_LETTER_MAX / 2 * 3 };

/* Before the first; once. */
void mailout_render_begin(void);
void mailout_render_end(void);

/* Appends.  -1: it could not be made, err says why. */
int mailout_render(
    const struct mail_letter *l, struct buf *out, struct err *err);

/* -1: that is not what a server can be given. */
int mailout_render_check(struct str bytes, struct err *err);

#endif
