/*
 * markup.h - which parts of a body are in which style
 *
 * XEP-0394 0.3: beside the body, so that the text itself stays as it was
 * said.  Offsets are in characters there and in bytes here.  Where a client
 * sends none, what its user has typed is read as XEP-0393 (styling.h).
 */
#ifndef CORE_MARKUP_H
#define CORE_MARKUP_H

#include "core/gateway.h"

struct payload;
struct stanza;
struct xmlw;

enum {
	MARKUP_SPANS_MAX = 32,       /* of one message */
	MARKUP_BODY_MAX = 32 * 1024, /* bytes; longer ones have none */
};

/* Behind the body that announce_body() wrote; nothing without spans. */
void markup_write(struct xmlw *w, enum gw_msg_kind kind, struct str body,
    const struct gw_span *span, size_t nspan);

/*
 * What the client says of the text that it has sent: spans of body, which is
 * the end of p->body, at most MARKUP_SPANS_MAX.  typed: it says nothing of
 * it, and the spans are what was typed.
 */
size_t markup_read(const struct stanza *s, const struct payload *p,
    struct str body, struct gw_span *out, bool *typed);

#endif
