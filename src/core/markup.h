/*
 * markup.h - which parts of a body are in which style
 *
 * XEP-0394 0.3: beside the body, so that the text itself stays as it was
 * said.  Offsets are in characters there and in bytes here.
 */
#ifndef CORE_MARKUP_H
#define CORE_MARKUP_H

#include "core/gateway.h"

struct xmlw;

/* Behind the body that announce_body() wrote; nothing without spans. */
void markup_write(struct xmlw *w, enum gw_msg_kind kind, struct str body,
    const struct gw_span *span, size_t nspan);

#endif
