/*
 * Messages that come in from our users.
 *
 * XEP-0045 1.34	7.4 to the room, 7.5 private, 7.8 invitations, 8.1 subject
 * XEP-0359 0.6		origin-id is kept on the reflection
 */
#include "core/message.h"
#include "core/draft.h"
#include "core/inbox.h"
#include "core/instance.h"
#include "core/invitation.h"
#include "core/occupant.h"
#include "core/outbox.h"
#include "core/outbox_hold.h"
#include "core/outgoing.h"
#include "core/person.h"
#include "core/reaction.h"
#include "core/request.h"
#include "core/retraction.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "core/slash.h"
#include "core/typing.h"
#include "core/unsettled.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

static void
refuse(struct inlet *in, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	inlet_error(in, &err);
}

/* ---- to a room -------------------------------------------------------- */

/* The error of a request that a message made, to the same id. */
struct reply_to {
	char *from, *to, *id;
	uint32_t unsettled;
};

static void
on_request_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct unsettled *u = core_unsettled(s->gw->core);
	struct reply_to *r = to->obj;
	struct xmlw *w;
	int rc = 0;

	if (done->err.kind != ERR_NONE) {
		w = component_begin(s->gw->component, "message", str_c(r->to),
		    str_c(r->from), "error", str_c(r->id));
		stanza_error_write(w, &done->err);
		rc = component_end(s->gw->component, NULL);
	}
	if (rc == 0)
		unsettled_end(u, r->unsettled);
	else
		unsettled_leave(u, r->unsettled);
	free(r->from);
	free(r->to);
	free(r->id);
	free(r);
}

void
message_request(struct inlet *in, struct session *s, const struct gw_req *req)
{
	struct reply_to *r = xcalloc(1, sizeof(*r));
	struct request_to to = { .done = on_request_done, .obj = r };

	r->from = str_dup(jid_full(&in->from));
	r->to = str_dup(jid_full(&in->to));
	r->id = str_dup(in->id);
	r->unsettled = unsettled_put(core_unsettled(in->gw->core),
	    jid_full(&in->from), jid_full(&in->to), in->id);
	request_start(s, req, REQUEST_MS, &to);
}

/* The sender, if he is inside; else it has been answered. */
static struct occupant *
inside(struct inlet *in)
{
	struct occupant *o = inlet_occupant(in);

	if (!o || o->state == OCCUPANT_JOINING) {
		refuse(in, ERR_NOT_INSIDE, "you are not in that room; join it");
		return NULL;
	}
	occupant_alive(o);
	return o;
}

static void
send(struct inlet *in, struct session *s, struct draft *d)
{
	struct err err = ERR_INIT;

	if (!in->gw->ops->live)
		outbox_accept(in, s, d);
	else if (outgoing_send(s, &d->p, &err) < 0)
		inlet_error(in, &err);
}

/* What is not said but goes along with a conversation; s may be NULL. */
static void
goes_along(
    const struct draft *d, struct session *s, struct room *r, struct str nick)
{
	const struct payload *p = &d->payload;

	if (p->retracts.len &&
	    !(r == NULL && outbox_retracts(d->in, s, nick, p->retracts)))
		retraction_out(d->in, s, r, nick, p);
	else if (p->reactions && s)
		reaction_out(d->in, s, r, nick, p);
	else if (p->state && !p->has_body && s)
		typing_out(s, r, nick, p->state);
	if (p->state && !p->has_body && s && !r && !s->gw->ops->live)
		outbox_typing(s, nick, p->state);
}

static void
say_to_all(struct inlet *in, struct occupant *o, struct draft *d)
{
	struct room *r = o->room;

	if (slash_run(in, r->s, o, STR_EMPTY, d->payload.body) ||
	    !draft_link(d, r->s, r))
		return;
	d->p.room = str_c(r->name);
	send(in, r->s, d);
}

static void
to_all(struct inlet *in, struct occupant *o)
{
	struct room *r = o->room;
	const struct stanza *subject =
	    stanza_child(in->stanza, "subject", NULL);
	struct gw_req req = { .kind = GW_REQ_SUBJECT, .room = str_c(r->name) };
	struct draft d;

	if (subject && !stanza_child(in->stanza, "body", NULL)) {
		req.text = stanza_text(subject, &in->scratch);
		message_request(in, r->s, &req);
		return;
	}
	if (draft_read(&d, in) || draft_reacts(&d))
		say_to_all(in, o, &d);
	else
		goes_along(&d, r->s, r, STR_EMPTY);
	draft_release(&d);
}

/* XEP-0045 7.5 */
static void
say_to_member(struct inlet *in, struct occupant *o, struct draft *d)
{
	struct member *m = room_member(o->room, in->resource);
	struct session *s = o->room->s;

	if (!m) {
		refuse(in, ERR_NOT_FOUND, "there is nobody of that nick");
		return;
	}
	if (slash_run(in, s, o, str_c(m->person->nick), d->payload.body) ||
	    !draft_link(d, s, NULL))
		return;
	d->p.nick = str_c(m->person->nick);
	m->person->whisper = o->id;
	send(in, s, d);
}

static void
to_member(struct inlet *in, struct occupant *o)
{
	struct draft d;

	if (invitation_direct(in))
		return;
	if (draft_read(&d, in))
		say_to_member(in, o, &d);
	else
		goes_along(&d, o->room->s, NULL, in->resource);
	draft_release(&d);
}

/*
 * Where messages wait for their turn, who is not inside can write to all of a
 * room as to a person, and hears of it as from one.
 */
static bool
is_as_person(const struct inlet *in)
{
	return !in->gw->ops->live && in->resource.len == 0 &&
	    !str_is(in->type, "groupchat") &&
	    !stanza_child(in->stanza, "x", NS_MUC_USER);
}

static void to_person(struct inlet *in);

static void
to_room(struct inlet *in)
{
	const struct stanza *x = stanza_child(in->stanza, "x", NS_MUC_USER);
	const struct stanza *inv = x ? stanza_child(x, "invite", NULL) : NULL;
	bool all = str_is(in->type, "groupchat");
	struct occupant *o;

	if (x && stanza_child(x, "decline", NULL))
		return;
	if (is_as_person(in)) {
		to_person(in);
		return;
	}
	o = inside(in);
	if (!o)
		return;
	if (inv)
		invitation_by_room(in, o->room, inv);
	else if (all && in->resource.len == 0)
		to_all(in, o);
	else if (!all && in->resource.len)
		to_member(in, o);
	else if (stanza_child(in->stanza, "body", NULL))
		refuse(in, ERR_BAD_INPUT,
		    "to everybody: type groupchat to the room; to one: type "
		    "chat to room/nick");
}

/* ---- to a person ------------------------------------------------------ */

static void
say_to_person(struct inlet *in, struct session *s, struct draft *d)
{
	struct person *who = person_find(s, in->at.name);
	/* Addresses have lost the case of letters; the network has it. */
	struct str nick = who ? str_c(who->nick) : in->at.name;

	if (slash_run(in, s, NULL, in->at.name, d->payload.body))
		return;
	if (!in->gw->ops->live && d->payload.corrects.len &&
	    outbox_corrects(in, s, nick, d))
		return;
	if (!draft_link(d, s, NULL))
		return;
	d->p.nick = nick;
	if (who)
		who->whisper = 0;
	s->talked_at = core_clock(in->gw->core)->at;
	send(in, s, d);
	if (s->state == SESSION_IDLE)
		session_start(s, jid_node(&in->from));
}

static void
to_session(struct inlet *in, struct draft *d)
{
	struct err err = ERR_INIT;
	struct session *s =
	    session_get(in->gw, jid_bare(&in->from), &in->at, &err);

	if (!s) {
		inlet_error(in, &err);
		return;
	}
	session_spell(s, jid_bare(&in->to));
	say_to_person(in, s, d);
	session_check(s);
}

static void
to_person(struct inlet *in)
{
	struct draft d;

	if (str_is(in->type, "groupchat")) {
		refuse(in, ERR_BAD_INPUT, "this is a person, not a room");
		return;
	}
	if (invitation_direct(in))
		return;
	if (draft_read(&d, in) || draft_reacts(&d))
		to_session(in, &d);
	else
		goes_along(&d, inlet_session(in), NULL, in->at.name);
	draft_release(&d);
}

/* ---- to us ------------------------------------------------------------ */

static void
to_us(struct inlet *in)
{
	if (stanza_child(in->stanza, "body", NULL))
		refuse(in, ERR_UNSUPPORTED,
		    "nobody reads messages here; use the commands of this "
		    "address, or join a room");
}

/*
 * Commands that begin with a slash need no room and nobody.  A nick behind a
 * slash is a person, as biboumi has it; answers come from nick%network.
 */
static void
to_network(struct inlet *in)
{
	struct session *s = inlet_session(in);
	struct str body =
	    stanza_child_text(in->stanza, "body", NULL, &in->scratch);

	if (in->resource.len) {
		in->at.kind = GW_ADDR_PERSON;
		in->at.name = in->resource;
		to_person(in);
		return;
	}
	if (!s || !slash_run(in, s, NULL, STR_EMPTY, body))
		to_us(in);
}

/* ---- errors ----------------------------------------------------------- */

/* A message of ours came back: that client is not there (any more). */
static void
bounced(struct inlet *in)
{
	static const char *const gone[] = { "gone", "item-not-found",
		"recipient-unavailable", "redirect", "remote-server-not-found",
		"remote-server-timeout", "service-unavailable",
		"internal-server-error", "not-acceptable" };
	struct stanza_error e = { .condition = STR_EMPTY };
	struct occupant *o = inlet_occupant(in);
	struct room *r = o ? o->room : NULL;
	size_t i;

	if (!o || !stanza_error_read(in->stanza, &e, &in->scratch))
		return;
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		if (!str_is(e.condition, gone[i]))
			continue;
		log_info(&r->s->log, "client gone",
		    "jid=%s room=%s condition=%s", o->jid, r->name, gone[i]);
		occupant_free(&o);
		room_check(r, true, STR_EMPTY);
		return;
	}
}

/* ---- table ------------------------------------------------------------ */

static inlet_fn *const rows[GW_NADDR] = {
	[GW_ADDR_DOMAIN] = to_us,
	[GW_ADDR_NETWORK] = to_network,
	[GW_ADDR_ROOM] = to_room,
	[GW_ADDR_PERSON] = to_person,
};

void
message_in(struct inlet *in)
{
	if (str_is(in->type, "headline"))
		return;
	if (str_is(in->type, "error")) {
		if (in->at.kind == GW_ADDR_ROOM)
			bounced(in);
		(void)inbox_bounced(in); /* else nobody waits for it */
		return;
	}
	rows[in->at.kind](in);
}
