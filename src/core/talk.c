/*
 * What is said in rooms, on its way to our clients.
 */
#include "core/talk.h"
#include "core/account.h"
#include "core/announce.h"
#include "core/archive.h"
#include "core/arrears.h"
#include "core/instance.h"
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

void
talk_line(struct room *r, const struct backlog_word *word,
    const struct announce_own *own)
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
	/* Ours are kept once the network has taken them: outgoing.c. */
	if (!own)
		archive_line(r, backlog_last(&r->backlog));
	arrears_settle_nick(r, w.from);
	announce_line(r, backlog_last(&r->backlog), own);
}

void
talk_in_room(struct session *s, const struct gw_message *m)
{
	struct room *r = room_find(s, m->room);
	const struct backlog_line *said;
	const struct member *by;

	if (!r || r->state != ROOM_JOINED || m->from.len > GW_NAME_MAX)
		return;
	said = backlog_find(&r->backlog, m->reply_to);
	by = m->from.len ? room_member(r, m->from) : NULL;
	talk_line(r,
	    &(struct backlog_word){ .kind = m->kind,
	        .id = m->network_id,
	        .is_network_id = m->network_id.len > 0,
	        .from = m->from,
	        .body = m->body,
	        .reply_to = said ? str_c(said->id)
	                         : str_head(m->reply_to, BACKLOG_ID - 1),
	        .reply_nick = said ? said->from : STR_EMPTY,
	        .identity = by ? str_c(by->identity) : STR_EMPTY,
	        .span = m->span,
	        .nspan = m->nspan,
	        .at_utc = m->sent_utc },
	    NULL);
}
