/*
 * mailread_page.h - text set in lines, as a reader of HTML would see them
 *
 * Blanks become one; line breaks are owed until something is written behind
 * them, so that boxes in boxes make one break and an empty box none; quoted
 * lines begin with a ">" for each quote that they are in.
 *
 *	mailread_page_init(&page, out);
 *	mailread_page_text(&page, STR("Hello"));
 *	mailread_page_gap(&page);
 *	mailread_page_quote(&page, +1);
 *	...
 *	mailread_page_end(&page);
 *
 * Pure.  Text is UTF-8; what it has of controls and of characters without
 * width does not come through.  The ceiling is that of the buffer.
 */
#ifndef SMTP_MAILREAD_PAGE_H
#define SMTP_MAILREAD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

enum {
	MAILREAD_PAGE_QUOTES_MAX = 20, /* marks that are written */
	MAILREAD_PAGE_GAP = 2,         /* breaks in a row, at most */
};

/* Who wants to know where the next word begins. */
enum mailread_page_watch {
	MAILREAD_PAGE_FOR_LINK,
	MAILREAD_PAGE_FOR_CELL,
	MAILREAD_PAGE_FOR_QUOTE,
	MAILREAD_PAGE_FOR_SIGNATURE,
	MAILREAD_PAGE_NWATCH
};

struct mailread_page {
	struct buf *out;
	size_t start;     /* where in out it begins */
	unsigned owed;    /* line breaks */
	bool has_line;    /* something stands on this line, but for marks */
	bool has_filler;  /* only a blank that keeps a line open */
	bool is_spaced;   /* a blank is owed */
	bool is_celled;   /* what separates cells is owed */
	int32_t last;     /* the character written last */
	unsigned depth;   /* of quotes, now */
	unsigned written; /* the same, of the line written last */
	char marker[16];  /* of a list item, before its first word */
	bool is_watched;
	size_t *watch[MAILREAD_PAGE_NWATCH];
};

void mailread_page_init(struct mailread_page *p, struct buf *out);

/* One LF behind the last line. */
void mailread_page_end(struct mailread_page *p);

/* Words, blanks made one; or kept, as in <pre>. */
void mailread_page_text(struct mailread_page *p, struct str text);
void mailread_page_kept(struct mailread_page *p, struct str text);

/* Behind the word written last, whatever is owed; as it stands. */
void mailread_page_append(struct mailread_page *p, struct str text);

/* A box begins or ends; the same with an empty line; <br>. */
void mailread_page_break(struct mailread_page *p);
void mailread_page_gap(struct mailread_page *p);
void mailread_page_newline(struct mailread_page *p);

/* The next words are a cell beside the last ones. */
void mailread_page_cell(struct mailread_page *p);

/* In front of the first word of what follows: "- ". */
void mailread_page_marker(struct mailread_page *p, const char *marker);

/* One quote deeper, or less deep: by is 1 or -1. */
void mailread_page_quote(struct mailread_page *p, int by);

/* Nothing followed: there is no item. */
void mailread_page_unmark(struct mailread_page *p);

/* *at becomes the offset in out of the next word; NULL: no more. */
void mailread_page_watch(
    struct mailread_page *p, enum mailread_page_watch who, size_t *at);

#endif
