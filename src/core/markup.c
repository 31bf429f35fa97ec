#include "core/markup.h"
#include "core/announce.h"
#include "lib/utf8.h"
#include "xmpp/ns.h"
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
