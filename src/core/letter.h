/*
 * letter.h - a message as bytes, for what has to be kept until it has an end
 *
 *	letter_pack(m, &out);
 *	...
 *	if (letter_read(&l, bytes, &err) == 0) ... l.m ...
 *	letter_release(&l);
 *
 * All that a network is told of a message, or tells of one, but for what is
 * of the moment: ticket, part, time.
 *
 * Ownership  What is read borrows from the bytes, but for the lists, which are
 *            of the letter.
 * Limits     As many spans, attachments, recipients and parties as LETTER_*_MAX
 *            and GW_PARTIES_MAX say; more are no letter, and are not written either: ask letter_fits().
 */
#ifndef CORE_LETTER_H
#define CORE_LETTER_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/err.h"

enum {
	LETTER_SPANS_MAX = 1000,
	LETTER_ATTACHMENTS_MAX = 50,
	LETTER_RECIPIENTS_MAX = GW_PIECES_MAX,
	LETTER_MAX = 60 * 1024, /* bytes of all of it */
};

struct letter {
	struct gw_message m;
	struct gw_span *span;
	struct gw_attachment *attachment;
	struct str *recipient;
	struct gw_party *party;
};

/* Not more of anything than is taken. */
bool letter_fits(const struct gw_message *m);

void letter_pack(const struct gw_message *m, struct buf *out);

/* -1: damaged, or of a later version.  Released in both cases. */
int letter_read(struct letter *l, struct str bytes, struct err *err);
void letter_release(struct letter *l);

#endif
