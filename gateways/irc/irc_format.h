/*
 * irc_format.h - styles of a text as formatting codes, for others to see
 *
 * Toggles only (0x02 bold, 0x1D italic, 0x11 monospace, 0x1E strike), set at
 * the ends of spans, which may overlap.  A line ends whatever is on, so who
 * cuts a text into lines has to turn it on again: irc_styles_lead().
 *
 * Source     modern.ircdocs.horse/formatting.
 */
#ifndef IRC_FORMAT_H
#define IRC_FORMAT_H

#include "irc/irc_text.h"
#include "lib/buf.h"
#include "lib/str.h"

char irc_style_code(enum irc_style style);

/*
 * Appends the text with its codes.  Spans that are empty, or end behind the
 * text, count as far as they are in it; at most IRC_SPANS_MAX are looked at.
 */
void irc_format_write(
    struct str text, const struct irc_span *span, size_t n, struct buf *out);

/* Bit i: irc_style i is on.  What is on behind this piece. */
unsigned irc_styles_after(unsigned on, struct str piece);

/* The codes that turn it on, in front of the next piece; how many. */
size_t irc_styles_lead(unsigned on, char out[IRC_NSTYLE]);

#endif
