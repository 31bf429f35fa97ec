/*
 * What every address answers to iq.
 *
 * XEP-0199 2.0		ping; XEP-0410 1.1 self-ping, answered from our own state
 * XEP-0092 1.1		version
 * XEP-0202 2.0		time
 * XEP-0100 1.0		6: prompts (jabber:iq:gateway)
 */
#include <stdlib.h>

#include "core/access.h"
#include "core/admin.h"
#include "core/commands.h"
#include "core/directory.h"
#include "core/instance.h"
#include "core/mam.h"
#include "core/moderation.h"
#include "core/occupant.h"
#include "core/owner.h"
#include "core/person.h"
#include "core/personal.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/seat.h"
#include "core/services.h"
#include "core/session.h"
#include "core/vcard.h"
#include "lib/datetime.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/disco.h"
#include "xmpp/iq.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define CAPS_NODE "https://passerelle.example/"

struct services {
	struct gateway *gw;
	struct iq_table *iqs;
	struct commands *commands;
	struct inlet in; /* the question being handled */
	bool is_open;    /* in holds something */
	struct list pings;
	char ver[DISCO_VER];        /* of the gateway; "": not known yet */
	char person_ver[DISCO_VER]; /* of people who store and forward */
};

enum { QUERY_MS = 20000 };

struct inlet *
services_inlet(struct iq_ask *ask)
{
	struct services *sv = iq_arg(ask);

	return &sv->in;
}

struct iq_table *
services_iqs(struct gateway *gw)
{
	return gw->services->iqs;
}

struct commands *
services_commands(struct gateway *gw)
{
	return gw->services->commands;
}

/* Before each question: who asks whom, and may he?  NULL: it is over. */
static int
admit(const struct stanza *s, void *arg, struct err *err)
{
	struct services *sv = arg;

	if (sv->is_open) {
		inlet_release(&sv->in);
		sv->is_open = false;
	}
	if (!s)
		return 0;
	sv->is_open = true;
	if (inlet_init(&sv->in, sv->gw, s, err) < 0)
		return -1;
	/* A ping of ours that the server looped back is nobody's request. */
	if (str_eq(jid_domain(&sv->in.from), gateway_domain(sv->gw)))
		return 0;
	/* So is one of an occupant of a room that one of us is in. */
	if (stanza_child(s, "ping", NS_PING) &&
	    seats_is_asked(sv->gw->seats, &sv->in))
		return 0;
	return access_check(sv->gw, &sv->in.from, err);
}

/* ---- questions to people of the network ------------------------------- */

typedef void answer_fn(struct session *s, struct iq_ask *ask, struct str text);

static void
answer_ping(struct session *s, struct iq_ask *ask, struct str text)
{
	(void)s;
	(void)text;
	iq_ok(ask);
}

static void
answer_version(struct session *s, struct iq_ask *ask, struct str text)
{
	struct xmlw *w = iq_result(ask);

	(void)s;
	xmlw_open(w, "query", NS_VERSION);
	xmlw_textel(w, "name", NULL, text);
	/* Networks do not tell the two apart; XEP-0092 wants both. */
	xmlw_textel(w, "version", NULL, STR("unknown"));
	xmlw_close(w);
	iq_done(ask);
}

static void
write_time(struct iq_ask *ask, int64_t utc, int zone)
{
	struct xmlw *w = iq_result(ask);
	char stamp[25], tzo[16];

	muc_datetime(utc, stamp);
	snprintf(tzo, sizeof(tzo), "%c%02d:%02d", zone < 0 ? '-' : '+',
	    abs(zone) / 60 % 100, abs(zone) % 60);
	xmlw_open(w, "time", NS_TIME);
	xmlw_textel(w, "tzo", NULL, str_c(tzo));
	xmlw_textel(w, "utc", NULL, str_c(stamp));
	xmlw_close(w);
	iq_done(ask);
}

/* Networks carry it as a text for people; who sees the error reads that. */
static void
answer_time(struct session *s, struct iq_ask *ask, struct str text)
{
	int64_t utc;
	struct err err;
	int zone;

	if (datetime_guess(text, core_clock(s->gw->core)->utc, &utc, &zone)) {
		write_time(ask, utc, zone);
		return;
	}
	err_set(&err, ERR_UNSUPPORTED, "the other side says: " STR_FMT,
	    STR_ARG(text));
	iq_fail(ask, &err);
}

static answer_fn *const answers[] = {
	[GW_QUERY_VERSION] = answer_version,
	[GW_QUERY_PING] = answer_ping,
	[GW_QUERY_TIME] = answer_time,
};

/* What the network said, for the question that was kept. */
static void
on_query_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct iq_ask *ask = iq_kept(s->gw->services->iqs, to->token);

	if (!ask)
		return;
	if (done->err.kind != ERR_NONE) {
		iq_fail(ask, &done->err);
	} else {
		answers[to->kind](s, ask, done->text);
	}
}

static void
ask_person(
    struct iq_ask *ask, struct session *s, struct str nick, enum gw_query query)
{
	struct gw_req req = {
		.kind = GW_REQ_QUERY, .nick = nick, .query = query
	};
	struct request_to to = { .done = on_query_done, .kind = query };

	to.token = iq_keep(ask, QUERY_MS + 5000);
	if (to.token)
		request_start(s, &req, QUERY_MS, &to);
}

/* Somebody of the network, or a refusal. */
static void
ask_about(struct iq_ask *ask, struct inlet *in, enum gw_query query)
{
	struct session *s = inlet_session(in);
	struct str nick =
	    in->at.kind == GW_ADDR_ROOM ? in->resource : in->at.name;
	struct person *p = s ? person_find(s, nick) : NULL;
	struct room *r = in->at.kind == GW_ADDR_ROOM ? inlet_room(in) : NULL;
	struct err err;

	if (!in->gw->ops->request[GW_REQ_QUERY]) {
		iq_fail_unknown(ask);
	} else if (!s || s->state != SESSION_ONLINE) {
		err_set(&err, ERR_UNREACHABLE, "you are not connected there");
		iq_fail(ask, &err);
	} else if (r && !room_member(r, nick)) {
		err_set(&err, ERR_NOT_FOUND, "there is nobody of that nick");
		iq_fail(ask, &err);
	} else {
		ask_person(ask, s, p ? str_c(p->nick) : nick, query);
	}
}

/* ---- ping ------------------------------------------------------------- */

/*
 * XEP-0410: to `room/own-nick` it means "am I still inside?".  While the link
 * is down the client is: it is kept its place.
 */
static void
ping_room(struct iq_ask *ask, struct inlet *in)
{
	struct occupant *o = inlet_occupant(in);
	struct room *r = o ? o->room : NULL;
	struct err err;

	if (in->resource.len == 0) {
		iq_ok(ask);
		return;
	}
	if (!o || o->state == OCCUPANT_JOINING) {
		err_set(&err, ERR_NOT_INSIDE, "you are not in that room");
		iq_fail(ask, &err);
		return;
	}
	if (str_is(in->resource, o->wish) ||
	    session_is_self(r->s, in->resource)) {
		occupant_alive(o);
		iq_ok(ask);
		return;
	}
	if (!room_member(r, in->resource)) {
		err_set(&err, ERR_NOT_FOUND, "there is nobody of that nick");
		iq_fail(ask, &err);
		return;
	}
	ask_about(ask, in, GW_QUERY_PING);
}

static void
on_ping(struct iq_ask *ask, const struct stanza *child)
{
	struct inlet *in = services_inlet(ask);

	(void)child;
	if (in->at.kind == GW_ADDR_ROOM)
		ping_room(ask, in);
	else if (in->at.kind == GW_ADDR_PERSON && in->gw->ops->live)
		ask_about(ask, in, GW_QUERY_PING);
	else
		iq_ok(ask);
}

/* ---- version, time ---------------------------------------------------- */

static bool
is_somebody(const struct inlet *in)
{
	return in->at.kind == GW_ADDR_PERSON ||
	    (in->at.kind == GW_ADDR_ROOM && in->resource.len);
}

static void
on_version(struct iq_ask *ask, const struct stanza *child)
{
	struct inlet *in = services_inlet(ask);
	struct xmlw *w;

	(void)child;
	if (is_somebody(in)) {
		ask_about(ask, in, GW_QUERY_VERSION);
		return;
	}
	w = iq_result(ask);
	xmlw_open(w, "query", NS_VERSION);
	xmlw_textel(w, "name", NULL, STR("Passerelle"));
	xmlw_textel(w, "version", NULL, STR(PASSERELLE_VERSION));
	xmlw_close(w);
	iq_done(ask);
}

static void
on_time(struct iq_ask *ask, const struct stanza *child)
{
	struct inlet *in = services_inlet(ask);

	(void)child;
	if (is_somebody(in))
		ask_about(ask, in, GW_QUERY_TIME);
	else
		write_time(ask, core_clock(in->gw->core)->utc, 0);
}

/* ---- prompts ---------------------------------------------------------- */

static void
on_prompt_get(struct iq_ask *ask, const struct stanza *child)
{
	struct inlet *in = services_inlet(ask);
	struct xmlw *w;

	(void)child;
	if (in->at.kind != GW_ADDR_DOMAIN || !in->gw->ops->prompted) {
		iq_fail_unknown(ask);
		return;
	}
	w = iq_result(ask);
	xmlw_open(w, "query", NS_GATEWAY);
	xmlw_textel(w, "desc", NULL, str_c(in->gw->ops->prompt_desc));
	xmlw_textel(w, "prompt", NULL, str_c(in->gw->ops->prompt));
	xmlw_close(w);
	iq_done(ask);
}

static void
on_prompt_set(struct iq_ask *ask, const struct stanza *child)
{
	struct inlet *in = services_inlet(ask);
	struct str typed =
	    str_trim(stanza_child_text(child, "prompt", NULL, &in->scratch));
	struct err err = ERR_INIT;
	struct buf local, jid;
	struct xmlw *w;

	if (in->at.kind != GW_ADDR_DOMAIN || !in->gw->ops->prompted) {
		iq_fail_unknown(ask);
		return;
	}
	buf_init(&local, 2 * GW_NAME_MAX + 256);
	buf_init(&jid, JID_MAX);
	if (in->gw->ops->prompted(in->gw, typed, &local, &err) < 0) {
		iq_fail(ask, &err);
	} else if (jid_escape_node(buf_str(&local), &jid) < 0) {
		err_set(&err, ERR_BAD_INPUT, "too long for an address of %s",
		    in->gw->domain);
		iq_fail(ask, &err);
	} else {
		buf_addc(&jid, '@');
		buf_add_str(&jid, gateway_domain(in->gw));
		w = iq_result(ask);
		xmlw_open(w, "query", NS_GATEWAY);
		xmlw_textel(w, "jid", NULL, buf_str(&jid));
		xmlw_close(w);
		iq_done(ask);
	}
	buf_release(&local);
	buf_release(&jid);
}

/* ---- table ------------------------------------------------------------ */

static const struct iq_row rows[] = {
	{ "get", "query", NS_DISCO_INFO, directory_on_info },
	{ "get", "query", NS_DISCO_ITEMS, directory_on_items },
	{ "get", "ping", NS_PING, on_ping },
	{ "get", "query", NS_VERSION, on_version },
	{ "get", "time", NS_TIME, on_time },
	{ "get", "vCard", NS_VCARD, vcard_on_get },
	{ "get", "query", NS_GATEWAY, on_prompt_get },
	{ "set", "query", NS_GATEWAY, on_prompt_set },
	{ "get", "query", NS_REGISTER, personal_on_register_get },
	{ "set", "query", NS_REGISTER, personal_on_register_set },
	{ "get", "query", NS_MUC_ADMIN, admin_on_get },
	{ "set", "query", NS_MUC_ADMIN, admin_on_set },
	{ "get", "query", NS_MUC_OWNER, owner_on_get },
	{ "set", "query", NS_MUC_OWNER, owner_on_set },
	{ "set", "moderate", NS_MODERATE, moderation_on_set },
	{ "get", "query", NS_MAM, mam_on_form },
	{ "set", "query", NS_MAM, mam_on_query },
	{ "get", "metadata", NS_MAM, mam_on_metadata },
	{ "set", "command", NS_COMMANDS, commands_on_set },
	{ NULL, NULL, NULL, NULL },
};

void
services_stanza(struct gateway *gw, const struct stanza *s)
{
	iq_stanza(gw->services->iqs, gw->component, s);
}

void
services_stream_down(struct gateway *gw)
{
	iq_stream_down(gw->services->iqs);
}

/* ---- is a client there? ----------------------------------------------- */

struct alive {
	struct list node;
	uint64_t id;
	services_alive_fn *fn;
	void *arg;
};

#define ALIVE(n) LIST_ENTRY(n, struct alive, node)

static void
alive_free(struct alive *a)
{
	list_del(&a->node);
	free(a);
}

/* A client that does not know pings is there; so says its own error. */
static void
on_pong(const struct stanza *answer, void *arg)
{
	struct alive a = *(struct alive *)arg;
	struct stanza_error e = { .condition = STR_EMPTY };
	bool alive = answer && str_is(stanza_attr(answer, "type"), "result");
	struct buf scratch;

	alive_free(arg);
	buf_init(&scratch, 4096);
	if (answer && !alive && stanza_error_read(answer, &e, &scratch))
		alive = str_is(e.condition, "feature-not-implemented");
	buf_release(&scratch);
	a.fn(alive, a.arg);
}

uint64_t
services_ping(struct gateway *gw, struct str from, struct str to, int64_t ms,
    services_alive_fn *fn, void *arg)
{
	struct alive *a = xcalloc(1, sizeof(*a));
	struct xmlw *w;

	a->fn = fn;
	a->arg = arg;
	list_add(&gw->services->pings, &a->node);
	a->id = iq_send(gw->services->iqs, gw->component, "get", from, to, ms,
	    on_pong, a, &w);
	if (a->id == 0) {
		alive_free(a);
		return 0;
	}
	xmlw_leaf(w, "ping", NS_PING);
	iq_send_done(gw->component);
	return a->id;
}

void
services_cancel(struct gateway *gw, uint64_t ping)
{
	if (ping == 0)
		return;
	iq_cancel(gw->services->iqs, ping);
	LIST_EACH(&gw->services->pings, n)
	{
		if (ALIVE(n)->id == ping)
			alive_free(ALIVE(n));
	}
}

/* ---- life ------------------------------------------------------------- */

static const char *
ver(struct gateway *gw)
{
	struct disco d = { .nidentity = 0 };

	if (!gw->services->ver[0]) {
		directory_describe_gateway(gw, &d);
		disco_ver(&d, gw->services->ver);
	}
	return gw->services->ver;
}

/* All people of such a network are alike. */
static const char *
person_ver(struct gateway *gw)
{
	struct disco d = { .nidentity = 0 };

	if (!gw->services->person_ver[0]) {
		directory_describe_anybody(gw, &d);
		disco_ver(&d, gw->services->person_ver);
	}
	return gw->services->person_ver;
}

void
services_forget_caps(struct gateway *gw)
{
	gw->services->ver[0] = gw->services->person_ver[0] = '\0';
}

bool
services_is_caps_node(struct gateway *gw, struct str node)
{
	struct str uri = STR(CAPS_NODE "#");
	struct str is = str_skip(node, uri.len);

	return str_starts(node, uri) &&
	    (str_is(is, ver(gw)) || str_is(is, person_ver(gw)));
}

void
services_write_caps(struct gateway *gw, struct xmlw *w)
{
	disco_write_caps(w, CAPS_NODE, ver(gw));
}

void
services_write_person_caps(struct gateway *gw, struct xmlw *w)
{
	disco_write_caps(w, CAPS_NODE, person_ver(gw));
}

struct services *
services_new(struct gateway *gw)
{
	struct services *sv = xcalloc(1, sizeof(*sv));

	sv->gw = gw;
	list_init(&sv->pings);
	sv->iqs = iq_new(core_clock(gw->core), &gw->log, rows, admit, sv);
	sv->commands = commands_new(gw, sv->iqs);
	return sv;
}

void
services_free(struct services **sp)
{
	struct services *sv = *sp;

	*sp = NULL;
	if (!sv)
		return;
	commands_free(&sv->commands);
	iq_free(&sv->iqs);
	LIST_EACH(&sv->pings, n)
	{
		alive_free(ALIVE(n));
	}
	free(sv);
}
