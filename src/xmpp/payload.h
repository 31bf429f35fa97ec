/*
 * payload.h - what a message of a client is, beside its words
 *
 * Reads the elements by which a message speaks of another one, and takes out
 * of its body what only stands in for them (XEP-0428): people on the other
 * side would read it as something that was said.
 *
 * XEP-0085 2.1	chat states
 * XEP-0308 1.2	corrections
 * XEP-0424 0.4	retractions, and those of 0.3 in <apply-to/>
 * XEP-0428 0.2	fallbacks, by characters of the body
 * XEP-0444 0.2	reactions
 * XEP-0461 0.2	replies
 *
 * Ownership  Everything is borrowed from the stanza, but for body, which may
 *            lie in the payload.
 */
#ifndef XMPP_PAYLOAD_H
#define XMPP_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/str.h"

struct stanza;

enum {
	PAYLOAD_ID_MAX = 256, /* longer ids name nothing that we know */
	PAYLOAD_RANGES = 8,   /* of a body; more are not taken out */
};

/* Characters of a body; end is behind the last. */
struct payload_range {
	uint64_t start, end;
};

/* Empty or NULL: it is no such message. */
struct payload {
	bool has_body;   /* there was one, though perhaps nothing is left */
	struct str body; /* without the parts that stand in for elements */
	struct str reply_to, reply_jid; /* the message answered, and of whom */
	struct str corrects;
	struct str retracts;
	const struct stanza *reactions;
	const char *state; /* "composing" ... (XEP-0085), or NULL */
	struct buf text;   /* private */
	struct payload_range taken[PAYLOAD_RANGES]; /* private: out of body */
	size_t ntaken;
};

void payload_read(const struct stanza *s, struct payload *p);
void payload_release(struct payload *p);

/* Appends what was taken out of the body: a quotation, mostly. */
void payload_fallback(
    const struct stanza *s, const struct payload *p, struct buf *out);

/*
 * Bytes of p->body in front of the character that was the at-th, from 0, of
 * the body as it came; its length when there is none behind.
 */
size_t payload_offset(const struct payload *p, uint64_t at);

#endif
