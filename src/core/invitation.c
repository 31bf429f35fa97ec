#include "core/invitation.h"
#include "core/access.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/message.h"
#include "core/person.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

static void
refuse(struct inlet *in, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	inlet_error(in, &err);
}

/* An address of this gateway; out borrows from names. */
static bool
find(struct inlet *in, struct str text, struct buf *names,
    struct gw_address *out)
{
	struct err err = ERR_INIT;
	struct jid jid;

	return jid_parse(&jid, text, &err) == 0 &&
	    str_eq(jid_domain(&jid), gateway_domain(in->gw)) &&
	    instance_address(in->gw, &jid, names, out, &err) == 0;
}

/* ---- what it looks like --------------------------------------------------- */

/* Rooms of XMPP servers say both, as there are clients that know only one. */
static void
write_both(struct xmlw *w, struct str room, struct str by, struct str reason)
{
	xmlw_open(w, "x", NS_MUC_USER);
	xmlw_open(w, "invite", NULL);
	if (by.len)
		xmlw_attr(w, "from", by);
	if (reason.len)
		xmlw_textel(w, "reason", NULL, reason);
	xmlw_close(w);
	xmlw_close(w);
	xmlw_open(w, "x", NS_CONFERENCE);
	xmlw_attr(w, "jid", room);
	if (reason.len)
		xmlw_attr(w, "reason", reason);
	xmlw_close(w);
}

/* ---- our user invites ----------------------------------------------------- */

/* Who may not use the gateway could not come. */
static void
pass_on(struct inlet *in, const struct jid *to, struct str reason)
{
	struct err err = ERR_INIT;
	struct xmlw *w;

	if (access_check(in->gw, to, &err) < 0) {
		refuse(
		    in, ERR_DENIED, "whom you invite may not use this gateway");
		return;
	}
	w = component_begin(in->gw->component, "message", jid_bare(&in->to),
	    jid_bare(to), NULL, STR_EMPTY);
	write_both(w, jid_bare(&in->to), jid_bare(&in->from), reason);
	(void)component_end(in->gw->component, NULL);
}

void
invitation_by_room(
    struct inlet *in, struct room *r, const struct stanza *invite)
{
	struct gw_req req = { .kind = GW_REQ_INVITE,
		.room = str_c(r->name),
		.text =
		    stanza_child_text(invite, "reason", NULL, &in->scratch) };
	struct gw_address at;
	struct buf names;
	struct jid who;

	buf_init(&names, JID_MAX);
	if (jid_parse(&who, stanza_attr(invite, "to"), NULL) == 0 &&
	    !str_eq(jid_domain(&who), gateway_domain(in->gw))) {
		pass_on(in, &who, req.text);
	} else if (!find(in, stanza_attr(invite, "to"), &names, &at) ||
	    at.kind != GW_ADDR_PERSON || !str_is(at.network, r->s->network)) {
		refuse(in, ERR_BAD_INPUT,
		    "only people of the same network can be invited");
	} else {
		req.nick = at.name;
		message_request(in, r->s, &req);
	}
	buf_release(&names);
}

/* Addresses have lost the case of letters; the network has it. */
static void
ask(struct inlet *in, struct str room, struct str reason)
{
	struct session *s = inlet_session(in);
	struct room *r = s ? room_find(s, room) : NULL;
	struct str nick =
	    in->at.kind == GW_ADDR_ROOM ? in->resource : in->at.name;
	struct person *who = s ? person_find(s, nick) : NULL;
	struct gw_req req = { .kind = GW_REQ_INVITE,
		.room = r ? str_c(r->name) : room,
		.nick = who ? str_c(who->nick) : nick,
		.text = reason };

	if (s)
		message_request(in, s, &req);
	else
		refuse(in, ERR_UNREACHABLE,
		    "you are not connected there; join a room of that network "
		    "first");
}

/* Words that come along are for those who know no such element. */
bool
invitation_direct(struct inlet *in)
{
	const struct stanza *x = stanza_child(in->stanza, "x", NS_CONFERENCE);
	struct gw_address at;
	struct buf names;
	bool is_room, is_mine = true;

	if (!x)
		return false;
	buf_init(&names, JID_MAX);
	is_room = find(in, stanza_attr(x, "jid"), &names, &at) &&
	    at.kind == GW_ADDR_ROOM;
	if (is_room && str_eq(at.network, in->at.network))
		ask(in, at.name, stanza_attr(x, "reason"));
	else if (is_room)
		refuse(in, ERR_BAD_INPUT,
		    "only people of the same network can be invited");
	else if (stanza_child(in->stanza, "body", NULL))
		is_mine = false;
	else
		refuse(in, ERR_BAD_INPUT,
		    "people there can only enter rooms of their own network; "
		    "invite them to one, or write them the address of yours");
	buf_release(&names);
	return is_mine;
}

/* ---- our user is invited -------------------------------------------------- */

void
invitation_in(struct session *s, const struct gw_event *ev)
{
	struct str net = str_c(s->spelling ? s->spelling : s->network);
	struct gw_address a = {
		.kind = GW_ADDR_ROOM, .network = net, .name = ev->room
	};
	struct buf room, who;
	struct xmlw *w;

	buf_init(&room, JID_MAX);
	buf_init(&who, JID_MAX);
	if (instance_jid(s->gw, &a, STR_EMPTY, &room) < 0) {
		buf_release(&room); /* nobody could go there */
		return;
	}
	a.kind = GW_ADDR_PERSON;
	a.name = ev->actor;
	if (ev->actor.len)
		(void)instance_jid(s->gw, &a, STR_EMPTY, &who);
	w = component_begin(s->gw->component, "message", buf_str(&room),
	    str_c(s->account->user), NULL, STR_EMPTY);
	write_both(w, buf_str(&room), buf_str(&who), ev->text);
	(void)component_end(s->gw->component, NULL);
	buf_release(&room);
	buf_release(&who);
}
