#include "core/outbox_archive.h"
#include "core/archive.h"
#include "core/backlog.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/owed.h"
#include "core/session.h"

enum { ID_MAX = 48 };

/* As his clients have it: of a correction the network is told less. */
static void
write_word(struct session *s, const struct owed *o, struct backlog_word *word)
{
	const struct backlog_line *line =
	    o->head.id.len ? backlog_find(&s->words, o->head.id) : NULL;

	if (!line || !line->own)
		return;
	word->body = line->body;
	word->reply_to = line->reply_to;
	word->corrects = line->corrects;
}

/* Rooms have an archive of what is shown in them. */
void
outbox_archive_message(struct owed *o)
{
	struct session *s = session_find(o->box->gw, o->user, o->head.network);
	struct archive_place at = { .name = o->head.contact,
		.at_us = archive_time(o->box->gw, 0) };
	struct backlog_word word = { .own = true, .own_id = o->head.id };
	struct letter l;
	char id[ID_MAX];

	if (!s || o->head.is_room)
		return;
	snprintf(id, sizeof(id), "out-%llu", (unsigned long long)o->id);
	if (letter_read(&l, str_of(o->body, o->body_len), NULL) == 0) {
		word.id = str_c(id);
		word.kind = l.m.kind;
		word.from = o->head.contact;
		word.body = l.m.body.len || l.m.nattachment == 0
		    ? l.m.body
		    : l.m.attachment[0].url;
		write_word(s, o, &word);
		if (archive_word(s, &at, &word))
			o->flags |= OWED_ARCHIVED;
	}
	letter_release(&l);
}

void
outbox_archive_correction(const struct owed *o, struct backlog_word *word)
{
	struct session *s = session_find(o->box->gw, o->user, o->head.network);
	struct archive_place at = { .name = o->head.contact,
		.at_us = archive_time(o->box->gw, 0) };
	char id[ID_MAX];

	if (!s || o->head.is_room)
		return;
	snprintf(id, sizeof(id), "out-%llu-%llx", (unsigned long long)o->id,
	    (unsigned long long)at.at_us);
	word->id = str_c(id);
	(void)archive_word(s, &at, word);
}

static void
put(const struct owed *o, const struct store_line *line)
{
	struct gateway *gw = o->box->gw;
	struct store_talk t = { .gateway = gateway_domain(gw),
		.user = o->user,
		.network = o->head.network,
		.name = o->head.key };

	if (o->flags & OWED_ARCHIVED)
		store_line_put(core_store(gw->core), &t, line, NULL, NULL);
}

void
outbox_archive_receipt(const struct owed *o, struct str id)
{
	put(o,
	    &(struct store_line){ .id = id,
	        .own_id = o->head.id,
	        .nick = o->head.contact,
	        .at_us = archive_time(o->box->gw, 0),
	        .kind = OUTBOX_KIND_RECEIPT });
}

void
outbox_archive_error(const struct owed *o, const struct err *err)
{
	char id[ID_MAX];

	snprintf(id, sizeof(id), "out-%llu-%s", (unsigned long long)o->id,
	    fate_name(o->fate));
	put(o,
	    &(struct store_line){ .id = str_c(id),
	        .own_id = o->head.id,
	        .nick = o->head.contact,
	        .body = str_c(err->text),
	        .at_us = archive_time(o->box->gw, 0),
	        .kind = OUTBOX_KIND_ERROR + err->kind });
}

void
outbox_archive_words(const struct owed *o, struct str text, struct str id)
{
	put(o,
	    &(struct store_line){ .id = id,
	        .nick = o->head.contact,
	        .body = text,
	        .at_us = archive_time(o->box->gw, 0) });
}
