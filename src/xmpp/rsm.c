#include "xmpp/rsm.h"

#include <stdint.h>

#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* False: it is there and no number. */
static bool
read_number(const struct stanza *set, const char *name, struct buf *scratch,
    uint64_t *n_out)
{
	struct str text = str_trim(stanza_child_text(set, name, NULL, scratch));

	return text.len == 0 || str_to_uint(text, INT32_MAX, n_out);
}

int
rsm_read(const struct stanza *query, struct buf *scratch, size_t def,
    size_t ceiling, struct rsm *out, struct err *err)
{
	const struct stanza *set = stanza_child(query, "set", NS_RSM);
	uint64_t max = def, index = 0;

	*out = (struct rsm){ .max = def, .after = STR_EMPTY };
	if (!set)
		return 0;
	if (!read_number(set, "max", scratch, &max) ||
	    !read_number(set, "index", scratch, &index))
		return err_set(
		    err, ERR_BAD_INPUT, "max or index of <set/> is no number");
	out->is_asked = true;
	out->max = max < ceiling ? (size_t)max : ceiling;
	out->has_index = stanza_child(set, "index", NULL) != NULL;
	out->index = (size_t)index;
	out->after = stanza_child_text(set, "after", NULL, scratch);
	out->before = stanza_child_text(set, "before", NULL, scratch);
	out->last = stanza_child(set, "before", NULL) != NULL;
	return 0;
}

void
rsm_cut(const struct rsm *page, size_t n, size_t after, size_t before,
    size_t *from_out, size_t *to_out)
{
	size_t from = 0, to = n;

	if (page->after.len)
		from = after + 1;
	else if (page->has_index)
		from = page->index < n ? page->index : n;
	if (page->before.len)
		to = before;
	if (to < from)
		to = from;
	if (to - from > page->max && page->last)
		from = to - page->max;
	else if (to - from > page->max)
		to = from + page->max;
	*from_out = from;
	*to_out = to;
}

static void
write_number(struct xmlw *w, size_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", n);
	xmlw_text(w, str_c(text));
}

void
rsm_write(struct xmlw *w, struct str first, size_t index, struct str last,
    size_t count)
{
	xmlw_open(w, "set", NS_RSM);
	if (first.len) {
		xmlw_open(w, "first", NULL);
		xmlw_attr_u64(w, "index", index);
		xmlw_text(w, first);
		xmlw_close(w);
		xmlw_textel(w, "last", NULL, last);
	}
	xmlw_open(w, "count", NULL);
	write_number(w, count);
	xmlw_close(w);
	xmlw_close(w);
}
