/*
 * mail_words.h - words out of a mail, as they may be shown
 *
 * Whatever the bytes, what comes out is UTF-8 that XML can hold.  Bytes that
 * are no UTF-8 are read as windows-1252 where nothing in the text is UTF-8,
 * which is what old programs write into headers; else they become U+FFFD.
 * Longer ones are cut between characters, accents and emoji left whole.
 *
 * Pure.  All of them append; what does not fit the buffer leaves it full.
 */
#ifndef SMTP_MAIL_WORDS_H
#define SMTP_MAIL_WORDS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

enum {
	MAIL_WORDS_LINE_MAX = 1000, /* bytes of a subject, RFC 5322 2.1.1 */
	MAIL_WORDS_NAME_MAX = 100,  /* of the name of a person */
	MAIL_WORDS_FILE_MAX = 100,  /* of the name of a file */
};

/*
 * One line: controls and line breaks become one blank, none at the ends; what
 * turns the direction of writing around is left out.
 */
void mail_words_line(struct str raw, size_t max_bytes, struct buf *out);

/*
 * Several lines, ended by LF: tabs stay, other controls go, and so do the
 * colours that programs write for terminals.
 */
void mail_words_text(struct str raw, size_t max_bytes, struct buf *out);

/*
 * The name of a person.  Nothing is appended for one that could be taken for
 * an address: it would be believed, and the address beside it would not.
 */
void mail_words_name(struct str raw, struct buf *out);

/*
 * The name of a file: no folder, no dot in front, nothing that a shell, a
 * file system or a URL takes for something else.  mime ("image/png", or
 * empty) gives a name to what has none, and an ending where the name has
 * none.
 */
void mail_words_file(struct str raw, struct str mime, struct buf *out);

/*
 * What is meant by a character: pages that say 0x96 mean a dash, which has
 * that place in windows-1252.
 */
int32_t mail_words_meant(int32_t c);

/* Does it look like an address, to a person who looks quickly? */
bool mail_words_is_address_like(struct str s);

#endif
