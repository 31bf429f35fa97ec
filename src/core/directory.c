/*
 * Service discovery: what an address is, and what is in it.
 */
#include <stdlib.h>

#include "core/about.h"
#include "core/archive.h"
#include "core/browse.h"
#include "core/commands.h"
#include "core/directory.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "xmpp/component.h"
#include "xmpp/disco.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum { ITEMS_MAX = 500 };

#define FIELD_ABUSE "abuse-addresses"

#define MEMBER(n) LIST_ENTRY(n, struct member, in_room)

static bool
has_rooms(const struct gateway *gw)
{
	return gw->ops->request[GW_REQ_JOIN] != NULL;
}

/* ---- what it is ------------------------------------------------------- */

static void
common(struct disco *d)
{
	disco_add_feature(d, NS_DISCO_INFO);
	disco_add_feature(d, NS_DISCO_ITEMS);
	disco_add_feature(d, NS_PING);
}

static void
service(struct gateway *gw, struct disco *d, struct str name)
{
	common(d);
	disco_add_identity(d, "gateway", gw->ops->kind, name);
	if (has_rooms(gw)) {
		disco_add_identity(d, "conference", gw->ops->kind, name);
		disco_add_feature(d, NS_MUC);
	}
	disco_add_feature(d, NS_VERSION);
	disco_add_feature(d, NS_TIME);
	disco_add_feature(d, NS_COMMANDS);
	disco_add_feature(d, NS_VCARD);
}

/*
 * XEP-0157.  A network with a contact of its own has that one first; its
 * other ones for complaints would lead elsewhere.
 */
static void
contacts(const struct gateway *gw, struct disco *d, struct str own)
{
	const struct config_contacts *c = &gw->conf->contacts;
	size_t i;

	if (own.len)
		disco_add_value(d, FIELD_ABUSE, own);
	for (i = 0; i < c->n; i++)
		if (!own.len || strcmp(c->v[i].field, FIELD_ABUSE) != 0)
			disco_add_value(d, c->v[i].field, c->v[i].uri);
	if (d->nfield)
		d->form_type = FORM_SERVERINFO;
}

void
directory_describe_gateway(struct gateway *gw, struct disco *d)
{
	service(gw, d, str_c(gw->ops->title));
	contacts(gw, d, STR_EMPTY);
	disco_add_feature(d, NS_CAPS);
	disco_add_feature(d, FEATURE_ESCAPING);
	if (gw->ops->prompted)
		disco_add_feature(d, NS_GATEWAY);
	disco_add_feature(d, NS_REGISTER);
}

static void
describe_domain(struct inlet *in, struct disco *d, struct str name)
{
	(void)name;
	directory_describe_gateway(in->gw, d);
}

static void
describe_network(struct inlet *in, struct disco *d, struct str name)
{
	service(in->gw, d, name);
	contacts(in->gw, d, about_contact(in->gw, in->at.network));
}

static void
archive_features(struct disco *d)
{
	disco_add_feature(d, NS_MAM);
	disco_add_feature(d, FEATURE_MAM_EXTENDED);
}

static bool
has_commands(const struct gateway *gw, enum gw_addr_kind where)
{
	const struct gw_command *c = gw->ops->commands;

	while (c && c->node && c->where != where)
		c++;
	return c && c->node;
}

void
directory_describe_anybody(struct gateway *gw, struct disco *d)
{
	common(d);
	disco_add_identity(
	    d, "client", gw->ops->person ? gw->ops->person : "pc", STR_EMPTY);
	if (archive_is_on(gw))
		archive_features(d);
	if (has_commands(gw, GW_ADDR_PERSON))
		disco_add_feature(d, NS_COMMANDS);
	disco_add_feature(d, NS_RECEIPTS);
	disco_add_feature(d, NS_VCARD);
}

/* A name that says what it is, where the network has a word for it. */
static void
describe_person(struct inlet *in, struct disco *d, struct str name)
{
	if (!in->gw->ops->live) {
		directory_describe_anybody(in->gw, d);
		return;
	}
	disco_add_identity(d, "client", "pc", name);
	disco_add_feature(d, NS_DISCO_INFO);
	disco_add_feature(d, NS_DISCO_ITEMS);
	if (archive_is_on(in->gw) && in->resource.len == 0)
		archive_features(d);
	if (in->resource.len == 0 && has_commands(in->gw, GW_ADDR_PERSON))
		disco_add_feature(d, NS_COMMANDS);
	if (in->gw->ops->request[GW_REQ_QUERY]) {
		disco_add_feature(d, NS_PING);
		disco_add_feature(d, NS_VERSION);
		disco_add_feature(d, NS_TIME);
	}
}

/* Both answers of each pair: clients look for either. */
static const struct {
	unsigned flag;
	const char *on, *off;
} room_features[] = {
	{ GW_ROOM_MODERATED, "muc_moderated", "muc_unmoderated" },
	{ GW_ROOM_PASSWORD, "muc_passwordprotected", "muc_unsecured" },
	{ GW_ROOM_HIDDEN, "muc_hidden", "muc_public" },
};

/*
 * Never muc_membersonly: with non-anonymous some clients turn the room into
 * a private group and offer encryption.
 */
static void
describe_room(struct inlet *in, struct disco *d, struct str name)
{
	struct room *r = inlet_room(in);
	unsigned flags = r ? r->flags : 0;
	static char count[24];
	size_t i;

	if (in->resource.len) {
		describe_person(in, d, in->resource);
		return;
	}
	common(d);
	disco_add_identity(d, "conference", in->gw->ops->kind, name);
	disco_add_feature(d, NS_MUC);
	disco_add_feature(d, NS_VERSION);
	disco_add_feature(d, NS_TIME);
	disco_add_feature(d, NS_COMMANDS);
	disco_add_feature(d, NS_SID);
	disco_add_feature(d, NS_OCCUPANT_ID);
	disco_add_feature(d, NS_HATS);
	disco_add_feature(d, FEATURE_STABLE_ID);
	if (archive_is_on(in->gw))
		archive_features(d);
	disco_add_feature(d, FEATURE_SELF_PING);
	disco_add_feature(d, "muc_nonanonymous");
	disco_add_feature(d, "muc_open");
	disco_add_feature(d, "muc_persistent");
	for (i = 0; i < sizeof(room_features) / sizeof(room_features[0]); i++)
		disco_add_feature(d,
		    flags & room_features[i].flag ? room_features[i].on
		                                  : room_features[i].off);
	if (flags & GW_ROOM_REDACTS) {
		disco_add_feature(d, NS_RETRACT);
		disco_add_feature(d, NS_MODERATE);
	}
	if (!r || r->state != ROOM_JOINED)
		return;
	d->form_type = "http://jabber.org/protocol/muc#roominfo";
	snprintf(count, sizeof(count), "%zu", r->members.n);
	disco_add_field(d, "muc#roominfo_occupants", str_c(count));
	disco_add_field(d, "muc#roominfo_subject", str_c(r->subject));
}

typedef void describe_fn(struct inlet *in, struct disco *d, struct str name);

static describe_fn *const describe[GW_NADDR] = {
	[GW_ADDR_DOMAIN] = describe_domain,
	[GW_ADDR_NETWORK] = describe_network,
	[GW_ADDR_ROOM] = describe_room,
	[GW_ADDR_PERSON] = describe_person,
};

/* Nodes with an answer of their own: what clients ask rooms by habit. */
static bool
is_empty_node(struct str node)
{
	return str_is(node, "x-roomuser-item") ||
	    str_is(node, "http://jabber.org/protocol/muc#traffic") ||
	    str_is(node, "http://jabber.org/protocol/muc#rooms");
}

static void
answer_info(struct iq_ask *ask, const struct disco *d, struct str node)
{
	disco_write_info(iq_result(ask), d, node);
	iq_done(ask);
}

void
directory_on_info(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);
	struct str node = stanza_attr(query, "node");
	struct gw_description name = { .name = "" };
	struct disco d = { .nidentity = 0 };
	struct err err;

	if (is_empty_node(node)) {
		answer_info(ask, &d, node);
		return;
	}
	if (commands_info(in, node, &d)) {
		answer_info(ask, &d, node);
		return;
	}
	if (node.len && !services_is_caps_node(in->gw, node)) {
		err_set(&err, ERR_NOT_FOUND, "there is no such node here");
		iq_fail(ask, &err);
		return;
	}
	if (in->gw->ops->describe)
		in->gw->ops->describe(in->gw, &in->at, &name);
	else
		snprintf(name.name, sizeof(name.name), STR_FMT,
		    STR_ARG(in->at.name));
	describe[in->at.kind](in, &d, str_c(name.name));
	answer_info(ask, &d, node);
}

/* ---- what is in it ---------------------------------------------------- */

static void
add_item(struct inlet *in, struct xmlw *w, struct gw_address at,
    struct str resource, struct str name)
{
	struct buf jid;

	buf_init(&jid, JID_MAX);
	if (instance_jid(in->gw, &at, resource, &jid) == 0)
		disco_write_item(w, buf_str(&jid), STR_EMPTY, name);
	buf_release(&jid);
}

static struct xmlw *
begin_items(struct iq_ask *ask)
{
	struct xmlw *w = iq_result(ask);

	xmlw_open(w, "query", NS_DISCO_ITEMS);
	return w;
}

/* Its networks; where none has a name, the domain is the network. */
static void
items_of_domain(
    struct iq_ask *ask, struct inlet *in, const struct stanza *query)
{
	struct gw_address at = { .kind = GW_ADDR_NETWORK };
	const struct gateway_ops *ops = in->gw->ops;
	struct xmlw *w;
	size_t i;

	if (!ops->network_at || ops->network_at(in->gw, 0).len == 0) {
		browse_rooms(ask, in, query);
		return;
	}
	w = begin_items(ask);
	for (i = 0; i < ITEMS_MAX; i++) {
		at.network = ops->network_at(in->gw, i);
		if (at.network.len == 0)
			break;
		add_item(in, w, at, STR_EMPTY, at.network);
	}
	iq_done(ask);
}

static void
items_of_room(struct iq_ask *ask, struct inlet *in, const struct stanza *query)
{
	struct room *r = in->resource.len ? NULL : inlet_room(in);
	struct xmlw *w = begin_items(ask);
	size_t n = 0;

	(void)query;
	if (r) {
		LIST_EACH(&r->order, node)
		{
			struct str nick = str_c(MEMBER(node)->person->nick);
			struct gw_address at = in->at;

			at.network = in->at.spelling;
			if (n++ < ITEMS_MAX)
				add_item(in, w, at, nick, nick);
		}
	}
	iq_done(ask);
}

static void
items_of_person(
    struct iq_ask *ask, struct inlet *in, const struct stanza *query)
{
	(void)in;
	(void)query;
	(void)begin_items(ask);
	iq_done(ask);
}

typedef void items_fn(
    struct iq_ask *ask, struct inlet *in, const struct stanza *query);

static items_fn *const items[GW_NADDR] = {
	[GW_ADDR_DOMAIN] = items_of_domain,
	[GW_ADDR_NETWORK] = browse_rooms,
	[GW_ADDR_ROOM] = items_of_room,
	[GW_ADDR_PERSON] = items_of_person,
};

void
directory_on_items(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);
	struct str node = stanza_attr(query, "node");
	struct xmlw *w;

	if (str_is(node, NS_COMMANDS)) {
		w = begin_items(ask);
		xmlw_attr(w, "node", node);
		commands_write_items(in, w);
		iq_done(ask);
	} else if (node.len) {
		w = begin_items(ask);
		xmlw_attr(w, "node", node);
		iq_done(ask);
	} else {
		items[in->at.kind](ask, in, query);
	}
}
