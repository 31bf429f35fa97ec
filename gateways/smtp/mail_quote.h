/*
 * mail_quote.h - what one line of a mail says about what is quoted around it
 *
 * Mail programs write their own words around an answer: above what they quote
 * ("On ... wrote:"), where an old mail begins ("-----Original Message-----",
 * "Von: ... Gesendet: ..."), below what one wrote ("Sent from my ...").  Here
 * are those words in many languages; what follows from them is mail_trim.h's.
 *
 * Pure.  A line has no line break; what is longer than MAIL_QUOTE_LINE_MAX is
 * a paragraph that somebody wrote, and none of these.
 */
#ifndef SMTP_MAIL_QUOTE_H
#define SMTP_MAIL_QUOTE_H

#include <stdbool.h>

#include "lib/str.h"

enum { MAIL_QUOTE_LINE_MAX = 400 };

/* Begins with ">". */
bool mail_quote_is_marked(struct str line);

/* "---------- Forwarded message", "Begin forwarded message:". */
bool mail_quote_is_forward(struct str line);

/* "-----Original Message-----", "##- reply above this line -##". */
bool mail_quote_is_original(struct str line);

/* The field of an old mail's header that the line is, or 0. */
enum mail_quote_field {
	MAIL_QUOTE_FROM = 1,
	MAIL_QUOTE_DATE = 2,
	MAIL_QUOTE_TO = 4,
	MAIL_QUOTE_SUBJECT = 8
};
unsigned mail_quote_field(struct str line);

/*
 * "On Tue, 4 Mar 2025 at 10:12, Juliet <juliet@example.org> wrote:", joined
 * where it was broken.  CERTAIN: it has a date and a sender or a time, so it
 * is no sentence of somebody's own; MAYBE: it is one if quoted lines follow.
 */
enum mail_quote_said { MAIL_QUOTE_NO, MAIL_QUOTE_MAYBE, MAIL_QUOTE_CERTAIN };
enum mail_quote_said mail_quote_said(struct str line);

/* Could such a line begin so, that ends in one of the next lines? */
bool mail_quote_may_begin(struct str line);

/* Only "_", "-", "=", "*" or blanks, four or more: ________ */
bool mail_quote_is_rule(struct str line);

/* What phones and free services put below: "Sent from my ...". */
bool mail_quote_is_footer(struct str line);

/* The beginning of a paragraph that lawyers put below. */
bool mail_quote_is_disclaimer(struct str paragraph);

/* A line of what mailing lists put below. */
bool mail_quote_is_list_footer(struct str line);

/* "My answers are inline": the quoted part is what was written. */
bool mail_quote_says_inline(struct str text);

#endif
