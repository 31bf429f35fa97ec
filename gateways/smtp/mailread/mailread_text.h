/*
 * mailread_text.h - from the bytes of a text part to what people read; pure
 */
#ifndef MAILREAD_TEXT_H
#define MAILREAD_TEXT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

/*
 * Appends raw, which says that it is in charset (empty: nothing), as UTF-8.
 * Mails lie about that: US-ASCII with other bytes in it is what it looks
 * like, names for parts of a charset stand for the whole.
 */
void mailread_to_utf8(struct str raw, struct str charset, struct buf *out);

/* The charset that a page names for itself in its beginning; or empty. */
struct str mailread_html_charset(struct str page);

/*
 * A text that only says that there is another one: no program's user reads
 * "your client cannot show HTML".
 */
bool mailread_is_stub(struct str text);

/* Without empty lines at both ends and blanks at the end. */
struct str mailread_trim_lines(struct str text);

#endif
