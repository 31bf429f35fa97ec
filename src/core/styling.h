/*
 * styling.h - the signs by which people mark words: "*so*", "_so_", "~so~"
 *
 * XEP-0393 1.1.1.  A span of it that could be something else is none here,
 * since a sign may be part of what is meant (`__init__`, "*.c", "2 * 3 * 4",
 * "~/bin").  So, beyond the rules of the XEP:
 *
 *	no sign of the same kind stands inside a span or next to its ends;
 *	it begins with a letter, a digit or an opening bracket or quote, but
 *	for code;
 *	behind it is a blank, punctuation, the end of the line or of the span
 *	around it.
 *
 * A block between two lines of "```" is code; quoted lines keep their "> ".
 * Pure; linear in the length of the body but for the lines that have many
 * signs.
 */
#ifndef CORE_STYLING_H
#define CORE_STYLING_H

#include "core/gateway.h"

/*
 * Spans of the body, at most max, outer ones before inner ones.  The signs are
 * in them, and stay in the text: nothing that was typed is lost.
 */
size_t styling_read(struct str body, struct gw_span *out, size_t max);

#endif
