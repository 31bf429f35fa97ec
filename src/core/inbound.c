/*
 * One-to-one messages and notices for our user.
 *
 * From `nick%NET@` to the bare JID, so that carbons and the server's archive
 * work; only a resource in the room that wrote to `room/nick` last is
 * answered from there (XEP-0045 7.5).
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/announce.h"
#include "core/archive.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/markup.h"
#include "core/occupant.h"
#include "core/past.h"
#include "core/person.h"
#include "core/reaction.h"
#include "core/room.h"
#include "core/session.h"
#include "core/talk.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

/* A stanza of ours that waits for the stream. */
struct waiting {
	struct list node;
	char *from, *to, *body;
	char *reply_to; /* id of the message that it answers, or "" */
	struct gw_span *span;
	size_t nspan;
	char id[BACKLOG_ID];
	enum gw_msg_kind kind;
	bool whisper; /* from room/nick */
	int64_t at_utc;
};

#define WAITING(n) LIST_ENTRY(n, struct waiting, node)
#define MEMBER(n)  LIST_ENTRY(n, struct member, in_person)

static void
waiting_free(struct session *s, struct waiting *m)
{
	list_del(&m->node);
	s->ninbound--;
	free(m->from);
	free(m->to);
	free(m->body);
	free(m->reply_to);
	free(m->span);
	free(m);
}

static void
write_message(struct session *s, const struct waiting *m, bool late)
{
	struct xmlw *w;

	w = component_begin(s->gw->component, "message", str_c(m->from),
	    str_c(m->to), "chat", str_c(m->id));
	xmlw_open(w, "body", NULL);
	if (m->kind == GW_MSG_ACTION)
		xmlw_text(w, STR("/me "));
	xmlw_text(w, str_c(m->body));
	xmlw_close(w);
	markup_write(w,
	    m->kind == GW_MSG_ACTION ? GW_MSG_ACTION : GW_MSG_NORMAL,
	    str_c(m->body), m->span, m->nspan);
	if (m->reply_to[0]) {
		xmlw_open(w, "reply", NS_REPLY);
		xmlw_attr(w, "id", str_c(m->reply_to));
		xmlw_close(w);
	}
	if (m->whisper)
		muc_write_private(w);
	if (late)
		muc_write_delay(w, gateway_domain(s->gw), m->at_utc);
	(void)component_end(s->gw->component, NULL);
}

/* What there is to bring; copied. */
struct parcel {
	struct str id, from, to, body, reply_to;
	const struct gw_span *span;
	size_t nspan;
	enum gw_msg_kind kind;
	bool whisper;
	int64_t at_utc; /* of the past; 0: now */
};

/* Now, or when the stream is back; the oldest make room. */
static void
deliver(struct session *s, const struct parcel *what)
{
	struct waiting *m = xcalloc(1, sizeof(*m));
	struct str id = str_head(what->id, sizeof(m->id) - 1);

	*m = (struct waiting){ .from = str_dup(what->from),
		.to = str_dup(what->to),
		.body = str_dup(what->body),
		.reply_to = str_dup(what->reply_to),
		.nspan = what->nspan,
		.kind = what->kind,
		.whisper = what->whisper,
		.at_utc = what->at_utc ? what->at_utc
		                       : core_clock(s->gw->core)->utc };
	memcpy(m->id, id.p, id.len);
	if (m->nspan) {
		m->span = xmalloc(m->nspan * sizeof(*m->span));
		memcpy(m->span, what->span, m->nspan * sizeof(*m->span));
	}
	list_add(&s->inbound, &m->node);
	s->ninbound++;
	if (component_is_up(s->gw->component)) {
		write_message(s, m, what->at_utc != 0);
		waiting_free(s, m);
	} else if (s->ninbound > INBOUND_MAX) {
		log_warn(&s->log, "message dropped",
		    "reason=\"XMPP stream down, %d are waiting\"", INBOUND_MAX);
		waiting_free(s, WAITING(list_first(&s->inbound)));
	}
}

/* The resource of ours that talks to them through a room, or NULL. */
static struct occupant *
whisperer(struct person *p)
{
	struct occupant *o = NULL;

	if (!p || !p->whisper)
		return NULL;
	LIST_EACH(&p->members, n)
	{
		if (!o)
			o = occupant_by_id(MEMBER(n)->room, p->whisper);
	}
	if (!o || o->state != OCCUPANT_INSIDE) {
		p->whisper = 0;
		return NULL;
	}
	return o;
}

/*
 * IRCv3 channel-context: bots answer one to one what was said in a room.  NULL:
 * that room has not both of them.
 */
static struct occupant *
in_context(struct session *s, struct str nick, struct str context)
{
	struct room *r = context.len ? room_find(s, context) : NULL;

	if (!r || !room_member(r, nick))
		return NULL;
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = LIST_ENTRY(n, struct occupant, node);

		if (o->state == OCCUPANT_INSIDE)
			return o;
	}
	return NULL;
}

/* From where our user's client talks to them; who answers in a room or NULL. */
static struct occupant *
write_address(
    struct session *s, struct str nick, struct str context, struct buf *out)
{
	struct person *p = person_find(s, nick);
	struct occupant *here = in_context(s, nick, context);
	struct occupant *o = here ? here : whisperer(p);
	struct gw_address a = { .kind = GW_ADDR_PERSON,
		.network = str_c(s->spelling ? s->spelling : s->network),
		.name = nick };

	if (o)
		announce_nick_jid(o, person_resource(p), out);
	else
		(void)instance_jid(s->gw, &a, STR_EMPTY, out);
	return o;
}

static struct str
text_of(struct str body)
{
	return str_head(body, utf8_cut(body, INBOUND_TEXT_MAX));
}

/* The network's own id, or one of ours. */
static struct str
id_of(struct session *s, const struct gw_message *m, char made[TALK_ID])
{
	if (m->network_id.len && m->network_id.len < BACKLOG_ID)
		return m->network_id;
	talk_new_id(s, made);
	return str_c(made);
}

/* What our user's client calls it. */
static struct str
clients_id(const struct backlog_line *line)
{
	return line->own ? line->own_id : str_c(line->id);
}

/* The message that this one answers. */
static struct str
answered(struct session *s, const struct gw_message *m)
{
	const struct backlog_line *said = backlog_find(&s->words, m->reply_to);

	return said ? clients_id(said) : str_head(m->reply_to, BACKLOG_ID - 1);
}

static void
keep_word(struct session *s, const struct gw_message *m, struct str id)
{
	struct archive_place at = { .name = m->from,
		.at_us = archive_time(s->gw, past_time(s, m)) };
	struct backlog_word word = { .kind = m->kind,
		.id = id,
		.is_network_id = str_eq(id, m->network_id),
		.from = m->from,
		.body = text_of(m->body),
		.reply_to = answered(s, m),
		.at_utc = at.at_us / 1000 };

	archive_word(s, &at, &word);
	backlog_add(&s->words, &word);
}

void
inbound_message(struct session *s, const struct gw_message *m)
{
	struct occupant *o;
	char made[TALK_ID];
	struct buf from;
	struct str id;

	if (m->from.len == 0 || m->from.len > GW_NAME_MAX ||
	    (m->is_past && past_is_known(&s->words, m)))
		return;
	buf_init(&from, JID_MAX);
	o = write_address(s, m->from, m->context, &from);
	/* Empty: who has no address could not be answered either. */
	if (from.len) {
		id = id_of(s, m, made);
		deliver(s,
		    &(struct parcel){ .id = id,
		        .from = buf_str(&from),
		        .to = str_c(o ? o->jid : s->account->user),
		        .body = text_of(m->body),
		        .reply_to = answered(s, m),
		        .span = m->span,
		        .nspan =
		            text_of(m->body).len == m->body.len ? m->nspan : 0,
		        .kind = m->kind,
		        .whisper = o != NULL,
		        .at_utc = past_is(s, m) ? past_time(s, m) : 0 });
		keep_word(s, m, id);
	}
	buf_release(&from);
	if (s->rooms.n == 0)
		s->talked_at = core_clock(s->gw->core)->at;
}

void
inbound_reactions(
    struct session *s, struct str nick, const struct backlog_line *line)
{
	struct occupant *o;
	struct buf from;
	struct xmlw *w;

	if (!component_is_up(s->gw->component) || clients_id(line).len == 0)
		return;
	buf_init(&from, JID_MAX);
	o = write_address(s, nick, STR_EMPTY, &from);
	if (from.len) {
		w = component_begin(s->gw->component, "message", buf_str(&from),
		    str_c(o ? o->jid : s->account->user), "chat", STR_EMPTY);
		announce_reaction_set(
		    w, reaction_set(&line->reactions, nick), clients_id(line));
		if (o)
			muc_write_private(w);
		(void)component_end(s->gw->component, NULL);
	}
	buf_release(&from);
}

void
inbound_retraction(
    struct session *s, struct str nick, const struct backlog_line *line)
{
	struct occupant *o;
	struct buf from;
	struct xmlw *w;

	if (!component_is_up(s->gw->component))
		return;
	buf_init(&from, JID_MAX);
	o = write_address(s, nick, STR_EMPTY, &from);
	if (from.len) {
		w = component_begin(s->gw->component, "message", buf_str(&from),
		    str_c(o ? o->jid : s->account->user), "chat", STR_EMPTY);
		xmlw_open(w, "retract", NS_RETRACT);
		xmlw_attr(w, "id", clients_id(line));
		xmlw_close(w);
		if (o)
			muc_write_private(w);
		(void)component_end(s->gw->component, NULL);
	}
	buf_release(&from);
}

void
inbound_state(struct session *s, struct str nick, const char *state)
{
	struct occupant *o;
	struct buf from;
	struct xmlw *w;

	if (!component_is_up(s->gw->component))
		return;
	buf_init(&from, JID_MAX);
	o = write_address(s, nick, STR_EMPTY, &from);
	if (from.len) {
		w = component_begin(s->gw->component, "message", buf_str(&from),
		    str_c(o ? o->jid : s->account->user), "chat", STR_EMPTY);
		xmlw_leaf(w, state, NS_CHATSTATES);
		xmlw_leaf(w, "no-store", NS_HINTS);
		if (o)
			muc_write_private(w);
		(void)component_end(s->gw->component, NULL);
	}
	buf_release(&from);
}

void
inbound_notice(struct session *s, struct str actor, struct str text)
{
	struct str net = str_c(s->spelling ? s->spelling : s->network);
	struct gw_address a = { .kind = GW_ADDR_NETWORK, .network = net };
	char id[TALK_ID];
	struct buf from;

	(void)actor;
	if (text.len == 0)
		return;
	buf_init(&from, JID_MAX);
	(void)instance_jid(s->gw, &a, STR_EMPTY, &from);
	talk_new_id(s, id);
	deliver(s,
	    &(struct parcel){ .id = str_c(id),
	        .from = buf_str(&from),
	        .to = str_c(s->account->user),
	        .body = text_of(text) });
	buf_release(&from);
}

void
inbound_release(struct session *s)
{
	struct list *n;

	for (n = list_first(&s->inbound); n; n = list_first(&s->inbound)) {
		write_message(s, WAITING(n), true);
		waiting_free(s, WAITING(n));
	}
}

void
inbound_drop(struct session *s)
{
	struct list *n;

	for (n = list_first(&s->inbound); n; n = list_first(&s->inbound))
		waiting_free(s, WAITING(n));
}
