/*
 * rsm.h - pages of a long list (XEP-0059 1.0)
 *
 *	rsm_read(query, &scratch, 100, 200, &page, &err);
 *	rsm_cut(&page, n, after, before, &from, &to);
 *	write the items from..to, then rsm_write()
 *
 * Ownership  What is read borrows from the stanza and from scratch.
 */
#ifndef XMPP_RSM_H
#define XMPP_RSM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct stanza;
struct xmlw;

struct rsm {
	bool is_asked; /* there was a <set/> at all */
	size_t max;
	struct str after, before; /* ids; empty: none */
	bool last;                /* <before/>: counted from the end */
	bool has_index;
	size_t index;
};

/* max is def where none was asked for, and never over ceiling. */
int rsm_read(const struct stanza *query, struct buf *scratch, size_t def,
    size_t ceiling, struct rsm *out, struct err *err);

/*
 * Which of n items: [*from_out, *to_out).  after and before are the places of
 * the items that were named, looked at only where they were.
 */
void rsm_cut(const struct rsm *page, size_t n, size_t after, size_t before,
    size_t *from_out, size_t *to_out);

/* <set/> of an answer: index is the place of the first item; empty: none. */
void rsm_write(struct xmlw *w, struct str first, size_t index, struct str last,
    size_t count);

#endif
