#include "core/bridge.h"

#include <stdlib.h>

#include "core/account.h"
#include "core/alarm.h"
#include "core/instance.h"
#include "core/roster.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum origin_state { ORIGIN_UNKNOWN, ORIGIN_ASKED, ORIGIN_OK, ORIGIN_BRIDGE };

/* Lives until the end: a question may be under way. */
struct origin {
	struct gateway *gw;
	char *domain;
	enum origin_state state;
};

struct bridges {
	struct gateway *gw;
	struct map map; /* by domain */
};

struct bridges *
bridges_new(struct gateway *gw)
{
	struct bridges *bs = xcalloc(1, sizeof(*bs));

	bs->gw = gw;
	map_init(&bs->map);
	return bs;
}

void
bridges_free(struct bridges **bp)
{
	struct bridges *bs = *bp;
	struct map_iter it = { 0 };

	*bp = NULL;
	if (!bs)
		return;
	while (map_next(&bs->map, &it)) {
		struct origin *o = it.value;

		free(o->domain);
		free(o);
	}
	map_release(&bs->map);
	free(bs);
}

static int
refuse(const struct origin *o, struct err *err)
{
	return err_set(err, ERR_DENIED,
	    "%.200s is a gateway itself: networks do not want users who come "
	    "through two of them",
	    o->domain);
}

static void
shut_out(const struct origin *o)
{
	struct map_iter it = { 0 };
	struct err err = ERR_INIT;
	struct jid who;

	log_warn(
	    &o->gw->log, "users of another gateway", "domain=%s", o->domain);
	alarm_admins(o->gw,
	    "%s is a gateway itself. Its users are turned away, since networks "
	    "do not want people who come through two gateways; take it out of "
	    "\"allow\", or say allow_gateways = yes.",
	    o->domain);
	(void)refuse(o, &err);
	while (map_next(&o->gw->accounts, &it)) {
		struct account *a = it.value;

		if (jid_parse(&who, str_c(a->user), NULL) == 0 &&
		    str_is(jid_domain(&who), o->domain))
			(void)account_end_sessions(
			    a, STR_EMPTY, GW_BYE_ADMIN, str_c(err.text));
	}
	rosters_review(o->gw->rosters);
}

static bool
is_gateway(const struct stanza *answer)
{
	const struct stanza *query =
	    stanza_child(answer, "query", NS_DISCO_INFO);
	const struct stanza *id = stanza_child(query, "identity", NULL);

	while (id && !str_is(stanza_attr(id, "category"), "gateway"))
		id = stanza_next(id, "identity", NULL);
	return id != NULL;
}

static void
on_answer(const struct stanza *answer, void *arg)
{
	struct origin *o = arg;

	if (!answer) {
		o->state = ORIGIN_UNKNOWN; /* asked again with the next */
	} else if (is_gateway(answer)) {
		o->state = ORIGIN_BRIDGE;
		shut_out(o);
	} else {
		o->state = ORIGIN_OK;
	}
}

static void
ask(struct origin *o)
{
	struct gateway *gw = o->gw;
	struct xmlw *w;

	if (!component_is_up(gw->component) ||
	    !iq_send(services_iqs(gw), gw->component, "get", gateway_domain(gw),
	        str_c(o->domain), BRIDGE_MS, on_answer, o, &w))
		return;
	o->state = ORIGIN_ASKED;
	xmlw_leaf(w, "query", NS_DISCO_INFO);
	iq_send_done(gw->component);
}

static struct origin *
origin_get(struct bridges *bs, struct str domain)
{
	struct origin *o = map_get(&bs->map, domain);

	if (o || bs->map.n >= BRIDGE_DOMAINS_MAX)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->gw = bs->gw;
	o->domain = str_dup(domain);
	map_put(&bs->map, str_c(o->domain), o);
	return o;
}

void
bridges_ask(struct bridges *bs, struct str domain)
{
	struct origin *o;

	if (bs->gw->conf->allow_gateways ||
	    str_eq(domain, core_config(bs->gw->core)->server.domain))
		return;
	o = origin_get(bs, domain);
	if (o && o->state == ORIGIN_UNKNOWN)
		ask(o);
}

int
bridges_check(const struct bridges *bs, struct str domain, struct err *err)
{
	const struct origin *o = bs->map.n ? map_get(&bs->map, domain) : NULL;

	if (!o || o->state != ORIGIN_BRIDGE || bs->gw->conf->allow_gateways)
		return 0;
	return refuse(o, err);
}
