/*
 * quote.h - the beginning of a text, for people who must know which is meant
 *
 *	See you at the station at...
 *
 * On one line, without the marks of an older quotation, cut behind a word
 * where there is one; dots instead of an ellipsis, which some networks cannot
 * say without saying all of it at twice the price.
 *
 * Pure.
 */
#ifndef CORE_QUOTE_H
#define CORE_QUOTE_H

#include "lib/buf.h"
#include "lib/str.h"

enum { QUOTE_MAX = 40 }; /* bytes, without the dots */

/* Appends nothing where there is nothing to quote. */
void quote_write(struct str text, struct buf *out);

#endif
