#include "core/history.h"
#include "core/archive.h"
#include "core/instance.h"
#include "core/room.h"
#include "core/session.h"

/* Newest first: what was said since the load was asked for stays behind. */
static void
on_lines(bool ok, const struct store_lines *l, void *arg)
{
	struct room *r = arg;
	size_t i;

	r->history = 0;
	for (i = ok ? l->n : 0; i > 0; i--) {
		const struct store_line *v = &l->v[i - 1];

		/* The network has been faster to tell it. */
		if (backlog_find(&r->backlog, v->id))
			continue;
		if (!backlog_prepend(&r->backlog,
		        &(struct backlog_word){
		            .kind = (enum gw_msg_kind)v->kind,
		            .own = v->own,
		            .id = v->id,
		            .own_id = v->own_id,
		            .from = v->nick,
		            .is_network_id = v->is_network_id,
		            .reply_to = v->reply_to,
		            .reply_nick = v->reply_nick,
		            .corrects = v->corrects,
		            .identity = v->identity,
		            .parts = v->parts,
		            .body = v->body,
		            .at_utc = v->at_us / 1000 }))
			break;
	}
	room_let_in(r);
}

void
history_load(struct room *r)
{
	struct store_lines_wish wish = { .max = BACKLOG_MAX, .last = true };
	struct store_talk t;

	if (!archive_is_on(r->s->gw))
		return;
	t = archive_talk(r->s, true, str_c(r->name));
	r->history = store_lines_load(
	    core_store(r->s->gw->core), &t, &wish, on_lines, r);
}

bool
history_is_awaited(const struct room *r)
{
	return r->history != 0;
}

void
history_cancel(struct room *r)
{
	store_cancel(core_store(r->s->gw->core), r->history);
	r->history = 0;
}
