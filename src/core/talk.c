/*
 * What is said in rooms, on its way to our clients.
 */
#include "core/talk.h"
#include "core/account.h"
#include "core/announce.h"
#include "core/archive.h"
#include "core/arrears.h"
#include "core/instance.h"
#include "core/past.h"
#include "core/room.h"
#include "core/session.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

/* The lowest n hexadecimal digits of v; returns the place behind them. */
static char *
put_hex(char *to, uint64_t v, int n)
{
	int i;

	for (i = n; i-- > 0; v >>= 4)
		to[i] = "0123456789abcdef"[v & 15];
	return to + n;
}

/* Time, a number of this process, and what tells this process from others:
 * made without asking the system, since every line has one. */
void
talk_new_id(struct session *s, char out[TALK_ID])
{
	struct core *c = s->gw->core;

	out = put_hex(out, (uint64_t)core_clock(c)->utc, 11);
	out = put_hex(out, core_next_id(c), 5);
	out = put_hex(out, core_salt(c), 8);
	*out = '\0';
}

static const struct backlog_line *
remember(struct room *r, const struct backlog_word *word)
{
	struct backlog_word w = *word;
	char made[TALK_ID];

	if (w.id.len == 0 || w.id.len >= BACKLOG_ID) {
		talk_new_id(r->s, made);
		w.id = str_c(made);
		w.is_network_id = false;
	}
	if (w.at_utc == 0)
		w.at_utc = core_clock(r->s->gw->core)->utc;
	backlog_add(&r->backlog, &w);
	return backlog_last(&r->backlog);
}

void
talk_line(struct room *r, const struct backlog_word *word,
    const struct announce_own *own)
{
	const struct backlog_line *line = remember(r, word);

	/* Ours are kept once the network has taken them: outgoing.c. */
	if (!own)
		archive_line(r, line);
	arrears_settle_nick(r, word->from);
	announce_line(r, line, own);
}

static struct backlog_word
word_of(const struct room *r, const struct gw_message *m)
{
	const struct backlog_line *said =
	    backlog_find(&r->backlog, m->reply_to);

	return (struct backlog_word){ .kind = m->kind,
		.id = m->network_id,
		.is_network_id = m->network_id.len > 0,
		.from = m->from,
		.body = m->body,
		.reply_to = said ? str_c(said->id)
		                 : str_head(m->reply_to, BACKLOG_ID - 1),
		.reply_nick = said ? said->from : STR_EMPTY,
		.span = m->span,
		.nspan = m->nspan,
		.at_utc = past_time(r->s, m) };
}

/* Who has the nick now need not have had it then: no identity. */
static void
told_again(struct room *r, const struct gw_message *m)
{
	struct backlog_word word = word_of(r, m);
	const struct backlog_line *line;

	if (r->state < ROOM_LISTING ||
	    (m->is_past && past_is_known(&r->backlog, m)) ||
	    backlog_find(&r->backlog, m->network_id))
		return;
	line = remember(r, &word);
	archive_line(r, line);
	announce_past(r, line);
}

void
talk_in_room(struct session *s, const struct gw_message *m)
{
	struct room *r = room_find(s, m->room);
	struct backlog_word word;
	const struct member *by;

	if (!r || m->from.len > GW_NAME_MAX)
		return;
	if (past_is(s, m)) {
		told_again(r, m);
		return;
	}
	if (r->state != ROOM_JOINED)
		return;
	by = m->from.len ? room_member(r, m->from) : NULL;
	word = word_of(r, m);
	word.identity = by ? str_c(by->identity) : STR_EMPTY;
	talk_line(r, &word, NULL);
}
