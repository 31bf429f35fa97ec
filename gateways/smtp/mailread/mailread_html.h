/*
 * mailread_html.h - HTML as text that can be read
 *
 * Lines, lists, tables in a row, links as `text <url>`, quotes behind "> ";
 * without styles, scripts, what is hidden, and pictures but for their words.
 * Where mail programs say what they quote, that is told, so that it can be
 * trimmed in any language.
 *
 * Limits  MAILREAD_HTML_MAX bytes are read, elements nest up to
 *         MAILREAD_HTML_DEPTH, and out has its own ceiling: what is beyond
 *         is left out, and told.  Linear time.
 */
#ifndef SMTP_MAILREAD_HTML_H
#define SMTP_MAILREAD_HTML_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

enum {
	MAILREAD_HTML_MAX = 512 * 1024,
	MAILREAD_HTML_DEPTH = 1000,
};

#define MAILREAD_HTML_NOWHERE SIZE_MAX

struct mailread_html_info {
	bool was_cut;
	/*
	 * Offsets in out, or MAILREAD_HTML_NOWHERE: where the first quoted
	 * mail begins, with what is above it, and where the last one ends; the
	 * same of the signature that stands outside.
	 */
	size_t quote_at, quote_end;
	size_t signature_at, signature_end;
};

/*
 * Appends; UTF-8 that XML can hold, lines end in LF.  charset is what html is
 * in, or NULL for UTF-8; bytes that are none there are read as mail_words.h
 * says.  -1: libxml2 could not be started.
 */
int mailread_html(struct str html, const char *charset, struct buf *out,
    struct mailread_html_info *info);

#endif
