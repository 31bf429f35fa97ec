/*
 * Who is still there after the stream was gone.
 *
 * Two kinds of targets stand in one line: occupants of rooms that live on,
 * and rows of the store from before our own restart.  Each is asked once;
 * its answer decides.
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/presence.h"
#include "core/probe.h"
#include "core/room.h"
#include "core/services.h"
#include "core/session.h"
#include "core/stay.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"

struct target {
	struct list node;
	struct probe *probe;
	uint64_t ask;          /* the open ping, or 0 */
	char *jid;             /* full JID of the resource */
	char *room_jid;        /* bare */
	char *nick, *password; /* from the store; NULL: it lives on */
};

struct probe {
	struct gateway *gw;
	struct list line; /* not asked yet */
	struct list asked;
	struct timer pace;
	store_load_id load;
	bool loaded; /* the store was read: once in a process's life */
};

#define TARGET(n)   LIST_ENTRY(n, struct target, node)
#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

static void
target_free(struct target *t)
{
	services_cancel(t->probe->gw, t->ask);
	list_del(&t->node);
	free(t->jid);
	free(t->room_jid);
	free(t->nick);
	if (t->password)
		secret_wipe(t->password, strlen(t->password));
	free(t->password);
	free(t);
}

static struct target *
target_new(struct probe *p, struct str jid, struct str room_jid)
{
	struct target *t = xcalloc(1, sizeof(*t));

	t->probe = p;
	t->jid = str_dup(jid);
	t->room_jid = str_dup(room_jid);
	list_add(&p->line, &t->node);
	return t;
}

static void
forget_list(struct list *l)
{
	struct list *n;

	for (n = list_first(l); n; n = list_first(l))
		target_free(TARGET(n));
}

/* ---- what the answer means -------------------------------------------- */

/* The room as it lives on, or NULL: ended meanwhile. */
static struct occupant *
living(struct target *t)
{
	struct gateway *gw = t->probe->gw;
	struct jid who, room;
	struct gw_address at;
	struct buf names;
	struct session *s = NULL;
	struct room *r = NULL;
	struct occupant *o;

	buf_init(&names, JID_MAX);
	if (jid_parse(&who, str_c(t->jid), NULL) == 0 &&
	    jid_parse(&room, str_c(t->room_jid), NULL) == 0 &&
	    instance_address(gw, &room, &names, &at, NULL) == 0)
		s = session_find(gw, jid_bare(&who), at.network);
	if (s)
		r = room_find(s, at.name);
	buf_release(&names);
	o = r ? occupant_find(r, str_c(t->jid)) : NULL;
	return o && strcmp(o->room_jid, t->room_jid) == 0 ? o : NULL;
}

static void
is_there(struct target *t)
{
	struct gateway *gw = t->probe->gw;
	struct occupant *o = living(t);

	if (o) {
		occupant_alive(o);
	} else if (!o && t->nick) {
		presence_restore(gw, str_c(t->jid), str_c(t->room_jid),
		    str_c(t->nick), str_c(t->password));
	}
}

static void
is_gone(struct target *t)
{
	struct gateway *gw = t->probe->gw;
	struct str room = str_c(t->room_jid);
	struct occupant *o = living(t);
	struct room *r;

	log_info(
	    &gw->log, "client gone", "jid=%s room=%s", t->jid, t->room_jid);
	if (o && o->state == OCCUPANT_PROBED) {
		r = o->room;
		occupant_free(&o);
		room_check(r, true, STR_EMPTY);
	} else if (!o) {
		store_occupant_del(core_store(gw->core), gateway_domain(gw),
		    str_c(t->jid), str_head(room, (size_t)str_find(room, '@')),
		    NULL, NULL);
	}
}

static void
on_answer(bool alive, void *arg)
{
	struct target *t = arg;

	/* Out of the lists: what follows may forget all that is in them. */
	t->ask = 0;
	list_del(&t->node);
	if (alive)
		is_there(t);
	else
		is_gone(t);
	target_free(t);
}

/* ---- asking ----------------------------------------------------------- */

/* Nobody to be asked: they stay, whoever is there. */
static void
come_back(struct target *t)
{
	stay_restore(t->probe->gw, str_c(t->jid), str_c(t->room_jid),
	    str_c(t->nick), str_c(t->password));
	target_free(t);
}

static void
on_pace(struct timer *timer)
{
	struct probe *p = TIMER_OWNER(timer, struct probe, pace);
	struct clock *clock = core_clock(p->gw->core);
	struct list *n;
	int i;

	for (i = 0; i < PROBE_BATCH; i++) {
		n = list_first(&p->line);
		if (!n)
			return;
		list_del(n);
		list_add(&p->asked, n);
		if (stay_is_row(str_c(TARGET(n)->jid))) {
			come_back(TARGET(n));
			continue;
		}
		TARGET(n)->ask = services_ping(p->gw,
		    str_c(TARGET(n)->room_jid), str_c(TARGET(n)->jid),
		    PROBE_ANSWER_MS, on_answer, TARGET(n));
		if (TARGET(n)->ask == 0) {
			/* Too much is open: a little later. */
			list_del(n);
			list_add(&p->line, n);
			break;
		}
	}
	timer_set(&p->pace, clock, clock->at + PROBE_EVERY_MS);
}

static void
line_up(struct probe *p, struct room *r)
{
	LIST_EACH(&r->occupants, n)
	{
		struct occupant *o = OCCUPANT(n);

		if (o->state == OCCUPANT_PROBED)
			target_new(p, str_c(o->jid), str_c(o->room_jid));
	}
}

typedef void each_room(struct probe *p, struct room *r);

static void
for_rooms(struct probe *p, each_room *fn)
{
	struct map_iter ai = { 0 };

	while (map_next(&p->gw->accounts, &ai)) {
		struct account *a = ai.value;
		struct map_iter si = { 0 };

		while (map_next(&a->sessions, &si)) {
			struct session *s = si.value;
			struct map_iter ri = { 0 };

			while (map_next(&s->rooms, &ri))
				fn(p, ri.value);
		}
	}
}

/* A row of the store: somebody was inside when we stopped. */
static void
on_rows(bool ok, const struct store_occupant *v, size_t n, void *arg)
{
	struct probe *p = arg;
	struct clock *clock = core_clock(p->gw->core);
	char room_jid[JID_MAX + 1];
	size_t i;

	p->load = 0;
	p->loaded = ok;
	for (i = 0; i < n; i++) {
		struct target *t;
		struct jid who;

		/* It cannot be asked; rows are only ever written by us. */
		if (!stay_is_row(v[i].jid) &&
		    jid_parse(&who, v[i].jid, NULL) < 0) {
			store_occupant_del(core_store(p->gw->core),
			    gateway_domain(p->gw), v[i].jid, v[i].room, NULL,
			    NULL);
			continue;
		}
		snprintf(room_jid, sizeof(room_jid), STR_FMT "@%s",
		    STR_ARG(v[i].room), p->gw->domain);
		t = target_new(p, v[i].jid, str_c(room_jid));
		t->nick = str_dup(v[i].nick);
		t->password = str_dup(v[i].password);
	}
	if (n)
		log_info(
		    &p->gw->log, "asking who is still there", "clients=%zu", n);
	timer_set(&p->pace, clock, clock->at);
}

void
probe_start(struct probe *p)
{
	struct clock *clock = core_clock(p->gw->core);

	for_rooms(p, line_up);
	timer_set(&p->pace, clock, clock->at + PROBE_EVERY_MS);
	if (!p->loaded && !p->load)
		p->load = store_occupants_load(
		    core_store(p->gw->core), gateway_domain(p->gw), on_rows, p);
}

/* From here on nothing reaches them: what they saw last is remembered. */
static void
mark(struct probe *p, struct room *r)
{
	(void)p;
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state == OCCUPANT_INSIDE)
			OCCUPANT(n)->state = OCCUPANT_PROBED;
	}
}

/* Rows that were not answered for are read again, next time. */
static void
read_again(struct probe *p, struct list *l)
{
	LIST_EACH(l, n)
	{
		if (TARGET(n)->nick)
			p->loaded = false;
	}
}

void
probe_stop(struct probe *p)
{
	timer_cancel(&p->pace);
	read_again(p, &p->line);
	read_again(p, &p->asked);
	store_cancel(core_store(p->gw->core), p->load);
	p->load = 0;
	forget_list(&p->line);
	forget_list(&p->asked);
	for_rooms(p, mark);
}

static bool
is_target(const struct target *t, struct str jid, struct str room_jid)
{
	return str_is(jid, t->jid) && str_is(room_jid, t->room_jid);
}

static bool
has_row(const struct list *l, struct str jid, struct str room_jid)
{
	LIST_EACH(l, n)
	{
		if (TARGET(n)->nick && is_target(TARGET(n), jid, room_jid))
			return true;
	}
	return false;
}

bool
probe_has_row(const struct probe *p, struct str jid, struct str room_jid)
{
	return has_row(&p->line, jid, room_jid) ||
	    has_row(&p->asked, jid, room_jid);
}

static void
forget_in(struct list *l, struct str jid, struct str room_jid)
{
	LIST_EACH(l, n)
	{
		if (is_target(TARGET(n), jid, room_jid))
			target_free(TARGET(n));
	}
}

void
probe_forget(struct probe *p, struct str jid, struct str room_jid)
{
	forget_in(&p->line, jid, room_jid);
	forget_in(&p->asked, jid, room_jid);
}

struct probe *
probe_new(struct gateway *gw)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->gw = gw;
	list_init(&p->line);
	list_init(&p->asked);
	timer_init(&p->pace, on_pace);
	return p;
}

void
probe_free(struct probe **pp)
{
	struct probe *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	timer_cancel(&p->pace);
	store_cancel(core_store(p->gw->core), p->load);
	forget_list(&p->line);
	forget_list(&p->asked);
	free(p);
}
