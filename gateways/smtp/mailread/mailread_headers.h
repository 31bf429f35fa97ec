/*
 * mailread_headers.h - a block of header fields (RFC 5322 2.2)
 *
 * The same form is at the top of a mail, in what came back with a bounce, and
 * in a delivery report (RFC 3464 2.1).  Values are unfolded and trimmed, not
 * decoded; bytes over 127 stay.
 */
#ifndef MAILREAD_HEADERS_H
#define MAILREAD_HEADERS_H

#include "lib/str.h"

struct mailread_pool;

enum { MAILREAD_HEADERS_MAX = 300 };

struct mailread_header {
	struct str name, value; /* value: no CR, LF or NUL */
};

struct mailread_headers {
	struct mailread_header *header;
	size_t n;
};

/* Is that the beginning of a header: a name, perhaps blanks, a colon? */
bool mailread_is_header(struct str line);

/* Takes one line off *rest, which moves behind it; line is without its end. */
bool mailread_line(struct str *rest, struct str *line);

/*
 * Takes one block off *rest, with the empty line behind it.  Lines that are no
 * headers are skipped, as are headers above MAILREAD_HEADERS_MAX.
 */
void mailread_headers_read(
    struct mailread_headers *h, struct mailread_pool *pool, struct str *rest);

/* The value of the first of that name, whatever its case; or empty. */
struct str mailread_header(const struct mailread_headers *h, const char *name);

/* Is there one? */
bool mailread_header_has(const struct mailread_headers *h, const char *name);

/* How many there are. */
size_t mailread_header_count(
    const struct mailread_headers *h, const char *name);

/*
 * The first word of a value, lower or upper case as it stands: up to a blank,
 * a semicolon, a comma or a comment.
 */
struct str mailread_first_word(struct str value);

/* s without needle in it, whatever the case: where it begins, or -1. */
ptrdiff_t mailread_find_nocase(struct str s, const char *needle);

#endif
