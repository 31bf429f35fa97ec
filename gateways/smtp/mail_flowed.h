/*
 * mail_flowed.h - paragraphs of text/plain; format=flowed (RFC 3676)
 *
 * Lines that end in a blank go on in the next one of the same quote depth;
 * stuffed blanks go; "-- ", the line above a signature, is never joined.
 * Quoted lines come out with one "> " for all their marks: "> > text" stays
 * as deep as it was, written the usual way (">> text").
 *
 * Pure; linear time.  Lines may end in LF or CR LF, come out ending in LF.
 */
#ifndef SMTP_MAIL_FLOWED_H
#define SMTP_MAIL_FLOWED_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { MAIL_FLOWED_DEPTH_MAX = 100 }; /* marks of one line that are written */

/* Appends; del_sp: the DelSp parameter is "yes". */
void mail_flowed(struct str text, bool del_sp, struct buf *out);

#endif
