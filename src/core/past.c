#include "core/past.h"

#include <stdlib.h>

#include "core/backlog.h"
#include "core/instance.h"
#include "core/session.h"

enum {
	OLD_MS = 2 * 60 * 1000, /* later than links and clocks make it */
	SAME_MS = 1000,         /* servers tell history by the second */
	SAME_OWN_MS = 60 * 1000 /* ours have our time, and waited */
};

bool
past_is(struct session *s, const struct gw_message *m)
{
	int64_t now = core_clock(s->gw->core)->utc;

	return m->is_past || (m->sent_utc && now - m->sent_utc > OLD_MS);
}

int64_t
past_time(struct session *s, const struct gw_message *m)
{
	return m->sent_utc - core_clock(s->gw->core)->utc > OLD_MS
	    ? 0
	    : m->sent_utc;
}

/* Of what our user has said, several lines may have been made. */
static bool
has_words(const struct backlog_line *l, struct str body)
{
	struct str rest = l->body, line;

	if (str_eq(l->body, body))
		return true;
	while (l->own && rest.len && str_cut(&rest, '\n', &line))
		if (str_eq(str_trim(line), str_trim(body)))
			return true;
	return false;
}

static bool
is_same(const struct backlog_line *l, const struct gw_message *m)
{
	if (l->is_network_id && m->network_id.len)
		return false; /* or backlog_find() would have found it */
	return llabs((long long)(l->at_utc - m->sent_utc)) <
	    (l->own ? SAME_OWN_MS : SAME_MS) &&
	    l->kind == m->kind && str_eq_nocase(l->from, m->from) &&
	    has_words(l, m->body);
}

bool
past_is_known(const struct backlog *b, const struct gw_message *m)
{
	const struct backlog_line *l = backlog_find(b, m->network_id);

	if (l || list_is_empty(&b->lines))
		return l != NULL;
	for (l = backlog_first(b); l; l = backlog_next(b, l))
		if (is_same(l, m))
			return true;
	/* What is older than all we keep here had its chance. */
	return b->n >= BACKLOG_MAX && m->sent_utc &&
	    m->sent_utc < backlog_first(b)->at_utc;
}
