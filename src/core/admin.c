/*
 * Roles and affiliations in rooms: XEP-0045 1.34, 8.2 kick, 8.3 to 10.
 */
#include "core/admin.h"

#include <stdlib.h>

#include "core/instance.h"
#include "core/occupant.h"
#include "core/outcast.h"
#include "core/person.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
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

enum { NROLE = 4, NSTANDING = 5, ADMIN_MS = 30000, ITEMS_MAX = 30 };

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

/* One iq may change several people; it is answered with the last of them. */
struct batch {
	uint64_t token;
	size_t open;
	struct err err; /* the first */
};

static void
batch_check(struct gateway *gw, struct batch *b)
{
	struct iq_ask *ask;

	if (b->open > 0)
		return;
	ask = iq_kept(services_iqs(gw), b->token);
	if (ask && b->err.kind == ERR_NONE)
		iq_ok(ask);
	else if (ask)
		iq_fail(ask, &b->err);
	free(b);
}

static void
on_changed(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct batch *b = to->obj;

	if (b->err.kind == ERR_NONE)
		b->err = done->err;
	b->open--;
	batch_check(s->gw, b);
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

/* One item as a request; false: it has been answered. */
static bool
read_item(struct iq_ask *ask, struct inlet *in, struct room *r,
    const struct stanza *item, struct buf *names, struct gw_req *req)
{
	*req = (struct gw_req){ .room = str_c(r->name) };
	buf_clear(names);
	buf_clear(&in->scratch);
	req->text = stanza_child_text(item, "reason", NULL, &in->scratch);
	return read_wish(ask, r, item, req) &&
	    read_person(ask, in, r, item, names, req);
}

/* All of them can be asked for, before the first is. */
static bool
check_items(struct iq_ask *ask, struct inlet *in, struct room *r,
    const struct stanza *item, struct buf *names)
{
	struct gw_req req;
	size_t n = 0;

	for (; item; item = stanza_next(item, "item", NULL)) {
		if (++n > ITEMS_MAX) {
			refuse(ask, ERR_TOO_BIG,
			    "that are too many changes at once");
			return false;
		}
		if (!read_item(ask, in, r, item, names, &req))
			return false;
	}
	if (n == 0)
		refuse(ask, ERR_BAD_INPUT, "say whom to change");
	return n > 0;
}

/* The room stays while the session is entered; somebody in it may not. */
static void
ask_network(struct iq_ask *ask, struct inlet *in, struct room *r,
    const struct stanza *item, struct buf *names)
{
	struct batch *b = xcalloc(1, sizeof(*b));
	struct request_to to = { .done = on_changed, .obj = b };
	struct session *s = r->s;
	struct gw_req req;

	b->token = iq_keep(ask, ADMIN_MS + 5000);
	b->open = 1;
	session_enter(s);
	for (; b->token && item; item = stanza_next(item, "item", NULL)) {
		if (!read_item(ask, in, r, item, names, &req))
			break;
		b->open++;
		request_start(s, &req, ADMIN_MS, &to);
	}
	b->open--;
	batch_check(s->gw, b);
	session_leave(s);
}

void
admin_on_set(struct iq_ask *ask, const struct stanza *query)
{
	const struct stanza *first = stanza_child(query, "item", NULL);
	struct inlet *in = services_inlet(ask);
	struct room *r = admin_room(ask, in);
	struct buf names;

	if (!r)
		return;
	buf_init(&names, JID_MAX);
	if (check_items(ask, in, r, first, &names))
		ask_network(ask, in, r, first, &names);
	buf_release(&names);
}
