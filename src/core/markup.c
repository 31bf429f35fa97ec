#include "core/markup.h"
#include "core/announce.h"
#include "core/styling.h"
#include "lib/utf8.h"
#include "xmpp/ns.h"
#include "xmpp/payload.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

static const char *const names[] = {
	[GW_SPAN_STRONG] = "strong",
	[GW_SPAN_EMPHASIS] = "emphasis",
	[GW_SPAN_CODE] = "code",
	[GW_SPAN_DELETED] = "deleted",
};

static void
write_offset(struct xmlw *w, const char *name, size_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", n);
	xmlw_attr_c(w, name, text);
}

void
markup_write(struct xmlw *w, enum gw_msg_kind kind, struct str body,
    const struct gw_span *span, size_t nspan)
{
	size_t front = utf8_count(announce_prefix(kind)), i;

	if (nspan == 0)
		return;
	xmlw_open(w, "markup", NS_MARKUP);
	for (i = 0; i < nspan; i++) {
		xmlw_open(w, "span", NULL);
		write_offset(w, "start",
		    front + utf8_count(str_head(body, span[i].start)));
		write_offset(
		    w, "end", front + utf8_count(str_head(body, span[i].end)));
		xmlw_leaf(w, names[span[i].kind], NULL);
		xmlw_close(w);
	}
	xmlw_close(w);
}

/* ---- from clients --------------------------------------------------------- */

struct reading {
	const struct payload *payload;
	struct str body;
	struct gw_span *out;
	size_t n;
};

static size_t
read_offset(const struct reading *r, const struct stanza *e, const char *name)
{
	size_t front = r->payload->body.len - r->body.len, at;
	uint64_t n = 0;

	(void)str_to_uint(stanza_attr(e, name), UINT32_MAX, &n);
	at = payload_offset(r->payload, n);
	return at > front ? at - front : 0;
}

static void
add(struct reading *r, const struct stanza *e, enum gw_span_kind kind)
{
	struct gw_span span = { .kind = kind,
		.start = read_offset(r, e, "start"),
		.end = read_offset(r, e, "end") };

	if (r->n < MARKUP_SPANS_MAX && span.start < span.end)
		r->out[r->n++] = span;
}

static void
read_span(struct reading *r, const struct stanza *e)
{
	for (int kind = 0; kind <= GW_SPAN_DELETED; kind++)
		if (stanza_child(e, names[kind], NULL))
			add(r, e, (enum gw_span_kind)kind);
}

/* Quotations and lists are what their text shows. */
static size_t
read_markup(struct reading *r, const struct stanza *markup)
{
	const struct stanza *e = stanza_child(markup, NULL, NS_MARKUP);

	for (; e && r->n < MARKUP_SPANS_MAX;
	     e = stanza_next(e, NULL, NS_MARKUP)) {
		if (stanza_is(e, "span", NS_MARKUP))
			read_span(r, e);
		else if (stanza_is(e, "bcode", NS_MARKUP))
			add(r, e, GW_SPAN_CODE);
	}
	return r->n;
}

size_t
markup_read(const struct stanza *s, const struct payload *p, struct str body,
    struct gw_span *out, bool *typed)
{
	const struct stanza *markup = stanza_child(s, "markup", NS_MARKUP);
	struct reading r = { .payload = p, .body = body, .out = out };

	*typed = markup == NULL;
	if (body.len > MARKUP_BODY_MAX)
		return 0;
	if (markup)
		return read_markup(&r, markup);
	if (stanza_child(s, "unstyled", NS_STYLING))
		return 0;
	return styling_read(body, out, MARKUP_SPANS_MAX);
}
