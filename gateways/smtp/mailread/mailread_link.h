/*
 * mailread_link.h - a link in a page, as `words <url>`
 *
 * The URL is left out where the words say it already, where it is the one that
 * was shown last, and where it leads nowhere from here (relative ones,
 * scripts).  What could end it too early, or turn it around, is escaped.
 */
#ifndef SMTP_MAILREAD_LINK_H
#define SMTP_MAILREAD_LINK_H

#include "smtp/mailread/mailread_page.h"

enum { MAILREAD_LINK_URL_MAX = 2000 }; /* longer ones are left out */

struct mailread_link {
	struct mailread_page *page;
	struct buf url;  /* of the open link; empty: none, or none to show */
	struct buf last; /* the one shown last */
	size_t at;       /* where its words begin */
	bool has_image;  /* set when a picture stands in it */
};

void mailread_link_init(struct mailread_link *l, struct mailread_page *page);
void mailread_link_release(struct mailread_link *l);

/* Links do not nest. */
void mailread_link_begin(struct mailread_link *l, struct str href);
void mailread_link_end(struct mailread_link *l);

#endif
