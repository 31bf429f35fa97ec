/*
 * Lists of outcasts: XEP-0045 1.34, 9.2.
 *
 * They are not inside, so the network is asked.  Its lines are written down
 * as they come, since the answer is begun only when it is known to be one.
 */
#include "core/outcast.h"

#include <stdlib.h>

#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

enum { OUTCASTS_MAX = 500, LIST_MS = 30000 };

struct outcast {
	struct list node;
	int64_t at_utc;
	char *name, *actor;
};

#define OUTCAST(n) LIST_ENTRY(n, struct outcast, node)

struct listing {
	struct list outcasts;
	size_t n;
	char *spelling; /* of the network, as it was asked for */
};

static void
listing_free(struct listing *l)
{
	struct list *n;

	for (n = list_first(&l->outcasts); n; n = list_first(&l->outcasts)) {
		struct outcast *o = OUTCAST(n);

		list_del(&o->node);
		free(o->name);
		free(o->actor);
		free(o);
	}
	free(l->spelling);
	free(l);
}

static void
on_entry(
    struct session *s, const struct request_to *to, const struct gw_entry *e)
{
	struct listing *l = to->obj;
	struct outcast *o;

	(void)s;
	if (l->n == OUTCASTS_MAX || e->name.len > GW_NAME_MAX ||
	    e->actor.len > GW_NAME_MAX)
		return;
	o = xcalloc(1, sizeof(*o));
	o->name = str_dup(e->name);
	o->actor = str_dup(e->actor);
	o->at_utc = e->at_utc;
	list_add(&l->outcasts, &o->node);
	l->n++;
}

/* By whom and when, as far as the network says so. */
static void
write_reason(struct xmlw *w, const struct outcast *o)
{
	char stamp[25] = "";
	struct buf text;

	if (o->at_utc > 0)
		muc_datetime(o->at_utc, stamp);
	if (!o->actor[0] && !stamp[0])
		return;
	buf_init(&text, GW_NAME_MAX + 100);
	buf_addf(&text, "banned%s%s%s%s", o->actor[0] ? " by " : "", o->actor,
	    stamp[0] ? ", " : "", stamp);
	xmlw_textel(w, "reason", NULL, buf_str(&text));
	buf_release(&text);
}

static void
write_outcast(struct gateway *gw, struct str spelling, struct xmlw *w,
    const struct outcast *o)
{
	struct gw_address who = { .kind = GW_ADDR_PERSON,
		.network = spelling,
		.name = str_c(o->name) };
	struct buf jid;

	buf_init(&jid, JID_MAX);
	if (instance_jid(gw, &who, STR_EMPTY, &jid) == 0) {
		xmlw_open(w, "item", NULL);
		xmlw_attr_c(w, "affiliation", "outcast");
		xmlw_attr(w, "jid", buf_str(&jid));
		if (o->actor[0]) {
			xmlw_open(w, "actor", NULL);
			xmlw_attr_c(w, "nick", o->actor);
			xmlw_close(w);
		}
		write_reason(w, o);
		xmlw_close(w);
	}
	buf_release(&jid);
}

static void
on_listed(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct iq_ask *ask = iq_kept(services_iqs(s->gw), to->token);
	struct listing *l = to->obj;
	struct xmlw *w;

	if (ask && done->err.kind != ERR_NONE) {
		iq_fail(ask, &done->err);
	} else if (ask) {
		w = iq_result(ask);
		xmlw_open(w, "query", NS_MUC_ADMIN);
		LIST_EACH(&l->outcasts, n)
		{
			write_outcast(s->gw, str_c(l->spelling), w, OUTCAST(n));
		}
		iq_done(ask);
	}
	listing_free(l);
}

void
outcast_list(struct iq_ask *ask, struct inlet *in, struct room *r)
{
	struct gw_req req = { .kind = GW_REQ_STANDINGS,
		.room = str_c(r->name),
		.standing = GW_STANDING_OUTCAST };
	struct request_to to = { .done = on_listed, .entry = on_entry };
	struct listing *l;

	to.token = iq_keep(ask, LIST_MS + 5000);
	if (!to.token)
		return;
	l = xcalloc(1, sizeof(*l));
	list_init(&l->outcasts);
	l->spelling = str_dup(in->at.spelling);
	to.obj = l;
	request_start(r->s, &req, LIST_MS, &to);
}
