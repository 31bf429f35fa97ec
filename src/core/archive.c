/*
 * What was said, on its way to the store.
 */
#include "core/archive.h"
#include "core/account.h"
#include "core/announce.h"
#include "core/backlog.h"
#include "core/instance.h"
#include "core/room.h"
#include "core/session.h"

bool
archive_is_on(const struct gateway *gw)
{
	return gw->conf->archive;
}

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

void
archive_line(struct room *r, const struct backlog_line *line,
    const struct announce_own *own)
{
	struct store_line l = { .id = str_c(line->id),
		.own_id = own ? own->id : STR_EMPTY,
		.nick = line->from,
		.body = line->body,
		.at_utc = line->at_utc,
		.kind = line->kind,
		.own = own != NULL };

	if (archive_is_on(r->s->gw))
		keep(r->s, true, str_c(r->name), &l);
}

void
archive_word(struct session *s, const struct archive_word *word)
{
	struct store_line l = { .id = word->id,
		.own_id = word->own_id,
		.nick = word->own ? str_c(s->nick) : word->with,
		.body = word->body,
		.at_utc = word->at_utc,
		.kind = word->kind,
		.own = word->own };

	if (archive_is_on(s->gw))
		keep(s, false, word->with, &l);
}

void
archive_unsay(struct session *s, bool is_room, struct str name, struct str id)
{
	struct store_talk t = archive_talk(s, is_room, name);

	if (archive_is_on(s->gw))
		store_line_del(core_store(s->gw->core), &t, id, NULL, NULL);
}
