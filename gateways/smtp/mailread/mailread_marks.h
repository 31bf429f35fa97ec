/*
 * mailread_marks.h - what the attributes of an HTML element say about it
 *
 * Mail programs mark what they put into an answer: the quoted mail, the line
 * above it, the signature.  Those marks, and the few styles that matter to a
 * reader of text: what is hidden, and where blanks are kept.
 *
 * Pure.  Attributes come as libxml2 has them: name, value, ..., NULL; a value
 * may be NULL.
 */
#ifndef SMTP_MAILREAD_MARKS_H
#define SMTP_MAILREAD_MARKS_H

#include <stdbool.h>

#include "lib/str.h"

struct mailread_marks {
	bool is_hidden;
	int kept;          /* white-space: 1 is pre, -1 is not, 0 unsaid */
	bool is_tight;     /* a paragraph without margins */
	bool is_indent;    /* a blockquote that only moves to the right */
	bool is_quote;     /* all of the element is quoted, drawn as such */
	bool is_cited;     /* a blockquote that says it is a quote */
	bool is_quoted;    /* the quoted mail is in it, with what is above it */
	bool is_rest;      /* the quoted mail is in it, or begins here */
	bool is_signature; /* all of it is a signature */
	bool is_pixel;     /* an image nobody is to see */
};

void mailread_marks_read(const char *const *attr, struct mailread_marks *out);

/* The value of one attribute, or empty. */
struct str mailread_marks_value(const char *const *attr, const char *name);

#endif
