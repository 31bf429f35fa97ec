/*
 * What was said, on its way to the store.
 */
#include "core/archive.h"
#include "core/account.h"
#include "core/backlog.h"
#include "core/instance.h"
#include "core/room.h"
#include "core/session.h"

bool
archive_is_on(const struct gateway *gw)
{
	return gw->conf->archive;
}

/* Does the user want it, for that room or for all of the network? */
static bool
is_wanted(struct session *s, struct str room)
{
	return archive_is_on(s->gw) && !s->forgotten &&
	    !(s->account->nsetting > 0 &&
	        str_is(session_setting(s, room, "archive"), "0"));
}

/* ---- what is too old, or too much ------------------------------------- */

static void
on_prune(struct timer *t)
{
	struct gateway *gw = TIMER_OWNER(t, struct gateway, prune);
	struct clock *clock = core_clock(gw->core);
	int64_t days = gw->conf->archive_days, max = gw->conf->archive_max;
	int64_t oldest = days ? clock->utc - days * 86400000 : 0;

	if (days || max)
		store_lines_prune(core_store(gw->core), gateway_domain(gw),
		    oldest, max ? max : INT64_MAX, NULL, NULL);
	timer_set(t, clock, clock->at + ARCHIVE_PRUNE_MS);
}

void
archive_open(struct gateway *gw)
{
	struct clock *clock = core_clock(gw->core);

	timer_init(&gw->prune, on_prune);
	timer_set(&gw->prune, clock, clock->at + ARCHIVE_FIRST_MS);
}

void
archive_close(struct gateway *gw)
{
	timer_cancel(&gw->prune);
}

/* ---- writing ---------------------------------------------------------- */

struct store_talk
archive_talk(struct session *s, bool is_room, struct str name)
{
	return (struct store_talk){
		.gateway = gateway_domain(s->gw),
		.user = str_c(s->account->user),
		.network = str_c(s->network),
		.name = session_key(s, name),
		.is_room = is_room,
	};
}

/* Nobody waits: when the store is in trouble the operator has been told. */
static void
keep(struct session *s, bool is_room, struct str name,
    const struct store_line *line)
{
	struct store_talk t = archive_talk(s, is_room, name);

	store_line_put(core_store(s->gw->core), &t, line, NULL, NULL);
}

int64_t
archive_time(struct gateway *gw, int64_t at_utc)
{
	int64_t now = core_clock(gw->core)->utc;

	if (at_utc && at_utc != now)
		return at_utc * 1000;
	if (gw->archived_us / 1000 != now || gw->archived_us % 1000 == 999)
		gw->archived_us = now * 1000;
	else
		gw->archived_us++;
	return gw->archived_us;
}

void
archive_line(struct room *r, const struct backlog_line *line)
{
	struct store_line l = { .id = str_c(line->id),
		.nick = line->from,
		.body = line->body,
		.at_us = archive_time(r->s->gw, line->at_utc),
		.reply_to = line->reply_to,
		.reply_nick = line->reply_nick,
		.corrects = line->corrects,
		.identity = line->identity,
		.parts = line->parts,
		.kind = line->kind,
		.is_network_id = line->is_network_id };

	if (is_wanted(r->s, str_c(r->name)))
		keep(r->s, true, str_c(r->name), &l);
}

bool
archive_word(struct session *s, const struct archive_place *at,
    const struct backlog_word *word)
{
	struct store_line l = { .id = word->id,
		.own_id = word->own_id,
		.nick = word->own ? str_c(s->nick) : word->from,
		.reply_to = word->reply_to,
		.reply_nick = word->reply_nick,
		.corrects = word->corrects,
		.identity = word->identity,
		.parts = word->parts,
		.body = word->body,
		.at_us = at->at_us,
		.kind = word->kind,
		.own = word->own,
		.is_network_id = word->is_network_id };

	if (!is_wanted(s, at->is_room ? at->name : STR_EMPTY))
		return false;
	keep(s, at->is_room, at->name, &l);
	return true;
}

/* The key of the old name is kept by the room: that of the new is borrowed. */
void
archive_move(struct room *r, struct str name)
{
	struct store_talk t = archive_talk(r->s, true, name);
	struct str to = t.name;

	t.name = str_c(r->key);
	if (archive_is_on(r->s->gw))
		store_talk_move(core_store(r->s->gw->core), &t, to, NULL, NULL);
}

void
archive_forget(struct session *s, bool is_room, struct str name, struct str id)
{
	struct store_talk t = archive_talk(s, is_room, name);

	if (archive_is_on(s->gw))
		store_line_del(core_store(s->gw->core), &t, id, NULL, NULL);
}
