/*
 * Roles and affiliations in rooms: XEP-0045 1.34, 8.2 kick, 8.3 to 10.
 */
#include "core/admin.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/outcast.h"
#include "core/person.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

#define MEMBER(n) LIST_ENTRY(n, struct member, in_room)

static const struct {
	const char *name;
	enum gw_role role;
} roles[] = {
	{ "none", GW_ROLE_NONE },
	{ "visitor", GW_ROLE_VISITOR },
	{ "participant", GW_ROLE_MEMBER },
	{ "moderator", GW_ROLE_MODERATOR },
};

static const struct {
	const char *name;
	enum gw_standing standing;
} standings[] = {
	{ "none", GW_STANDING_NONE },
	{ "outcast", GW_STANDING_OUTCAST },
	{ "member", GW_STANDING_MEMBER },
	{ "admin", GW_STANDING_ADMIN },
	{ "owner", GW_STANDING_OWNER },
};

enum { NROLE = 4, NSTANDING = 5, ADMIN_MS = 30000 };

static int
role_of(struct str name)
{
	int i;

	for (i = 0; i < NROLE; i++)
		if (str_is(name, roles[i].name))
			return i;
	return -1;
}

static int
standing_of(struct str name)
{
	int i;

	for (i = 0; i < NSTANDING; i++)
		if (str_is(name, standings[i].name))
			return i;
	return -1;
}

static void
refuse(struct iq_ask *ask, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	iq_fail(ask, &err);
}

struct room *
admin_room(struct iq_ask *ask, struct inlet *in)
{
	struct occupant *o = inlet_occupant(in);

	if (o && o->state != OCCUPANT_JOINING)
		return o->room;
	if (in->at.kind == GW_ADDR_ROOM)
		refuse(ask, ERR_NOT_INSIDE, "you are not in that room");
	else
		iq_fail_unknown(ask);
	return NULL;
}

/* ---- lists ------------------------------------------------------------ */

static void
write_member(struct inlet *in, struct xmlw *w, const struct member *m)
{
	struct gw_address who = { .kind = GW_ADDR_PERSON,
		.network = in->at.spelling,
		.name = str_c(m->person->nick) };
	struct buf jid;

	buf_init(&jid, JID_MAX);
	(void)instance_jid(in->gw, &who, STR_EMPTY, &jid);
	xmlw_open(w, "item", NULL);
	xmlw_attr_c(w, "affiliation", standings[m->standing].name);
	xmlw_attr_c(w, "role", roles[member_role(m)].name);
	xmlw_attr(w, "nick", person_resource(m->person));
	if (jid.len)
		xmlw_attr(w, "jid", buf_str(&jid));
	xmlw_close(w);
	buf_release(&jid);
}

void
admin_on_get(struct iq_ask *ask, const struct stanza *query)
{
	const struct stanza *item = stanza_child(query, "item", NULL);
	struct inlet *in = services_inlet(ask);
	int role = item ? role_of(stanza_attr(item, "role")) : -1;
	int standing =
	    item ? standing_of(stanza_attr(item, "affiliation")) : -1;
	struct room *r = admin_room(ask, in);
	struct xmlw *w;

	if (!r)
		return;
	if (role < 0 && standing < 0) {
		refuse(ask, ERR_BAD_INPUT, "ask for a role or an affiliation");
		return;
	}
	if (role < 0 && standings[standing].standing == GW_STANDING_OUTCAST) {
		outcast_list(ask, in, r);
		return;
	}
	w = iq_result(ask);
	xmlw_open(w, "query", NS_MUC_ADMIN);
	LIST_EACH(&r->order, n)
	{
		const struct member *m = MEMBER(n);

		if (role >= 0 ? member_role(m) == roles[role].role
		              : m->standing == standings[standing].standing)
			write_member(in, w, m);
	}
	iq_done(ask);
}

/* ---- changes ---------------------------------------------------------- */

static void
on_changed(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct iq_ask *ask = iq_kept(services_iqs(s->gw), to->token);

	if (!ask)
		return;
	if (done->err.kind == ERR_NONE)
		iq_ok(ask);
	else
		iq_fail(ask, &done->err);
}

/* Whom: by nick, or by the address on the network.  names holds it. */
static bool
target(struct inlet *in, const struct room *r, const struct stanza *item,
    struct buf *names, struct str *name_out)
{
	struct str nick = stanza_attr(item, "nick");
	struct gw_address at;
	struct jid jid;

	if (nick.len) {
		if (jid_unescape_resource(nick, names) < 0)
			return false;
		*name_out = buf_str(names);
		return true;
	}
	if (jid_parse(&jid, stanza_attr(item, "jid"), NULL) < 0 ||
	    !str_eq(jid_domain(&jid), gateway_domain(in->gw)) ||
	    instance_address(in->gw, &jid, names, &at, NULL) < 0 ||
	    at.kind != GW_ADDR_PERSON || !str_is(at.network, r->s->network))
		return false;
	*name_out = at.name;
	return true;
}

/* What is asked of somebody; false: it has been answered. */
static bool
read_wish(struct iq_ask *ask, const struct room *r, const struct stanza *item,
    struct gw_req *req)
{
	int role = role_of(stanza_attr(item, "role"));
	int standing = standing_of(stanza_attr(item, "affiliation"));

	if ((role < 0) == (standing < 0)) {
		refuse(ask, ERR_BAD_INPUT, "say a role or an affiliation");
		return false;
	}
	if (role >= 0) {
		req->kind = GW_REQ_ROLE;
		req->role = roles[role].role;
	} else {
		req->kind = GW_REQ_STANDING;
		req->standing = standings[standing].standing;
	}
	if (role == GW_ROLE_VISITOR && !(r->flags & GW_ROOM_MODERATED)) {
		refuse(ask, ERR_NOT_ALLOWED,
		    "everybody may speak in this room; it is not moderated");
		return false;
	}
	return true;
}

/* Who is outside can be banned, and what is banned be let in again. */
static bool
may_be_outside(const struct gw_req *req)
{
	return req->kind == GW_REQ_STANDING &&
	    (req->standing == GW_STANDING_NONE ||
	        req->standing == GW_STANDING_OUTCAST);
}

/* Whom it is about; false: it has been answered. */
static bool
read_person(struct iq_ask *ask, struct inlet *in, struct room *r,
    const struct stanza *item, struct buf *names, struct gw_req *req)
{
	struct str name = STR_EMPTY;
	bool named = target(in, r, item, names, &name);
	const struct member *m = named ? room_member(r, name) : NULL;

	if (m) {
		req->nick = str_c(m->person->nick);
		req->user = str_c(m->person->user);
		req->host = str_c(m->person->host);
		req->on = true;
	} else if (named && may_be_outside(req)) {
		req->nick = name;
	} else {
		refuse(ask, ERR_NOT_FOUND, "there is nobody of that nick");
		return false;
	}
	return true;
}

static void
ask_network(struct iq_ask *ask, struct room *r, const struct gw_req *req)
{
	struct request_to to = { .done = on_changed };

	to.token = iq_keep(ask, ADMIN_MS + 5000);
	if (to.token)
		request_start(r->s, req, ADMIN_MS, &to);
}

void
admin_on_set(struct iq_ask *ask, const struct stanza *query)
{
	const struct stanza *item = stanza_child(query, "item", NULL);
	struct inlet *in = services_inlet(ask);
	struct gw_req req = { .kind = GW_REQ_ROLE };
	struct room *r = admin_room(ask, in);
	struct buf names;

	if (!r)
		return;
	if (!item || stanza_next(item, "item", NULL)) {
		refuse(ask, ERR_BAD_INPUT, "change one at a time");
		return;
	}
	buf_init(&names, JID_MAX);
	req.room = str_c(r->name);
	req.text = stanza_child_text(item, "reason", NULL, &in->scratch);
	if (read_wish(ask, r, item, &req) &&
	    read_person(ask, in, r, item, &names, &req))
		ask_network(ask, r, &req);
	buf_release(&names);
}
