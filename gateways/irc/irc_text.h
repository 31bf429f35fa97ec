/*
 * irc_text.h - text as it comes from IRC, made fit for people
 *
 * Valid UTF-8 stays; a character cut off at the end of a full line is
 * dropped; anything else is read in a legacy charset.  Formatting codes go
 * (0x02 bold, 0x1D italic, 0x1F underline, 0x1E strike, 0x11 monospace, 0x16
 * reverse, 0x0F reset, 0x03 colour, 0x04 hex colour), other control
 * characters but the tab too, and what XML cannot hold becomes U+FFFD.
 *
 * Source     modern.ircdocs.horse/formatting, /ctcp.
 */
#ifndef IRC_TEXT_H
#define IRC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { IRC_FULL_LINE = 500 }; /* bytes; from here a cut is likely */

struct irc_ctcp {
	struct str command, text;
};

enum irc_style { IRC_BOLD, IRC_ITALIC, IRC_MONOSPACE, IRC_STRIKE, IRC_NSTYLE };

/* Bytes of a clean text that are in one style. */
struct irc_span {
	enum irc_style style;
	uint16_t start, end;
};

enum { IRC_SPANS_MAX = 32 }; /* of one text; what is over is plain */

struct irc_spans {
	size_t n;
	struct irc_span v[IRC_SPANS_MAX];
};

/* Nothing has to be done to it. */
bool irc_text_is_clean(struct str s);

/*
 * The text itself if it is clean (no copy), else a clean one, appended to
 * scratch and borrowed from it.  line_len: of the whole line it came in.
 */
struct str irc_text_clean(
    struct str raw, size_t line_len, const char *charset, struct buf *scratch);

/* The same, and which parts of it are in which style, in no order. */
struct str irc_text_styled(struct str raw, size_t line_len, const char *charset,
    struct buf *scratch, struct irc_spans *spans);

/* Is it 0x01 command [text] [0x01]?  The end may be missing. */
bool irc_ctcp_parse(struct str text, struct irc_ctcp *out);

#endif
