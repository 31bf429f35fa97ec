/*
 * mail_trim.h - what somebody wrote, without what a program put around it
 *
 * An answer carries the mail that it answers, and the signature of its writer;
 * in a chat both are noise.  What is written above a quoted mail is kept, what
 * is below goes: quotes with ">" and without, in the words of many languages,
 * signatures, what phones and mailing lists add.
 *
 * In doubt all is kept: where the writer answers below or between, where the
 * mail was passed on, where the words say that more is below, where nothing
 * would be left.
 *
 * Pure; linear time.  text is clean (mail_words.h), its lines end in LF.
 */
#ifndef SMTP_MAIL_TRIM_H
#define SMTP_MAIL_TRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

enum {
	MAIL_TRIM_LINES_MAX = 5000,   /* a longer text is kept as it is */
	MAIL_TRIM_SIGNATURE_MAX = 15, /* lines; a longer one is text */
};

/*
 * What is known beside the text, all of it optional: zero is nothing known.
 * Offsets in text, end behind it; no part there when end is 0 or SIZE_MAX, as
 * mailread_html() says it.
 */
struct mail_trim_hint {
	bool is_forward; /* the subject says so */
	size_t quote_at, quote_end;
	size_t signature_at, signature_end;
};

struct mail_trimmed {
	struct str fresh; /* a part of text; never empty unless text is */
	bool was_trimmed; /* it is not all */
};

/* hint may be NULL. */
void mail_trim(struct str text, const struct mail_trim_hint *hint,
    struct mail_trimmed *out);

#endif
