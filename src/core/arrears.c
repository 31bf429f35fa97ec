#include "core/arrears.h"

#include <stdlib.h>

#include "core/announce.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/room.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"

/* Somebody who has gone: as much of him as is written of that. */
struct ghost {
	struct list node;
	struct person person;
	struct member member;
	int status;
	char *actor, *reason;
};

/* What one room owes. */
struct arrears {
	struct list node; /* gw->arrears */
	struct room *room;
	struct list ghosts; /* in the order of leaving */
	struct map by_key;  /* the same, by person.key */
};

#define ARREARS(n) LIST_ENTRY(n, struct arrears, node)
#define GHOST(n)   LIST_ENTRY(n, struct ghost, node)
#define MEMBER(n)  LIST_ENTRY(n, struct member, in_room)

static struct arrears *
arrears_get(struct room *r)
{
	struct arrears *a = r->arrears;

	if (a)
		return a;
	a = xcalloc(1, sizeof(*a));
	a->room = r;
	list_init(&a->ghosts);
	map_init(&a->by_key);
	list_add(&r->s->gw->arrears, &a->node);
	r->arrears = a;
	return a;
}

/* ---- who has gone --------------------------------------------------------- */

static struct ghost *
ghost_find(const struct room *r, const char *key)
{
	return r->arrears ? map_get(&r->arrears->by_key, str_c(key)) : NULL;
}

static void
ghost_free(struct arrears *a, struct ghost *g)
{
	list_del(&g->node);
	map_del_value(&a->by_key, str_c(g->person.key), g);
	free(g->person.key);
	free(g->person.nick);
	free(g->person.resource);
	free(g->actor);
	free(g->reason);
	free(g);
}

/* In its place of one of the same name: that one has been told of before. */
static void
ghost_add(struct room *r, const struct member *m, int status, struct str actor,
    struct str reason)
{
	struct arrears *a = arrears_get(r);
	struct ghost *g = xcalloc(1, sizeof(*g));
	const struct person *p = m->person;

	g->person.s = r->s;
	g->person.is_gone = true;
	g->person.key = str_dup(str_c(p->key));
	g->person.nick = str_dup(str_c(p->nick));
	if (p->resource)
		g->person.resource = str_dup(str_c(p->resource));
	g->member = (struct member){ .room = r,
		.person = &g->person,
		.role = m->role,
		.standing = m->standing };
	memcpy(g->member.identity, m->identity, sizeof(m->identity));
	g->status = status;
	g->actor = str_dup(actor);
	g->reason = str_dup(reason);
	list_add(&a->ghosts, &g->node);
	map_put(&a->by_key, str_c(g->person.key), g);
}

static void
ghost_tell(struct arrears *a, struct ghost *g)
{
	announce_gone(
	    a->room, &g->member, g->status, str_c(g->actor), str_c(g->reason));
	ghost_free(a, g);
}

/* ---- put off -------------------------------------------------------------- */

static bool
is_other(const struct room *r, const struct member *m)
{
	return room_has_inside(r) && !person_is_self(m->person);
}

static bool
is_slow(const struct room *r, const struct member *m)
{
	return component_is_slow(r->s->gw->component) && is_other(r, m);
}

static bool
is_put_off(const struct room *r, const struct member *m)
{
	return is_slow(r, m) || (r->s->crowding && is_other(r, m));
}

/* True: clients know one of that nick, and it is the same person. */
static bool
has_returned(struct room *r, const struct member *m)
{
	struct ghost *g = ghost_find(r, m->person->key);
	bool same = g && strcmp(g->member.identity, m->identity) == 0;

	if (same)
		ghost_free(r->arrears, g);
	return same;
}

static void
settled(struct member *m)
{
	m->owed = m->unseen = false;
}

void
arrears_member(struct room *r, struct member *m, bool is_new)
{
	if (!is_put_off(r, m)) {
		settled(m);
		announce_member(r, NULL, m);
		return;
	}
	if (is_new)
		m->unseen = !has_returned(r, m);
	m->owed = true;
	(void)arrears_get(r);
}

void
arrears_gone(struct room *r, struct member *m, int status, struct str actor,
    struct str reason)
{
	if (m->unseen)
		settled(m);
	else if (is_put_off(r, m))
		ghost_add(r, m, status, actor, reason);
	else
		announce_gone(r, m, status, actor, reason);
}

/*
 * Nicks do not change in crowds, but beside them.  While it is slow a chain of
 * them would have to be told link by link: instead he goes and comes.
 */
void
arrears_renamed(struct room *r, struct member *m, struct str nick)
{
	struct err why;

	if (!is_slow(r, m)) {
		arrears_settle_nick(r, str_c(m->person->nick));
		/* Who had that one goes first: our user may have waited. */
		arrears_settle_nick(r, nick);
		announce_renamed(r, m, nick);
		return;
	}
	err_set(&why, ERR_NONE, "is called " STR_FMT " now", STR_ARG(nick));
	if (!m->unseen)
		ghost_add(r, m, 0, STR_EMPTY, str_c(why.text));
	m->unseen = true;
	(void)arrears_get(r);
}

void
arrears_is_called(struct room *r, struct member *m)
{
	if (is_slow(r, m)) {
		m->owed = true;
		return;
	}
	settled(m);
	announce_member(r, NULL, m);
}

/* ---- told ----------------------------------------------------------------- */

static void
tell(struct member *m)
{
	settled(m);
	announce_member(m->room, NULL, m);
}

void
arrears_settle_nick(struct room *r, struct str nick)
{
	struct ghost *g;
	struct member *m;

	if (!r->arrears || nick.len == 0)
		return;
	m = room_member(r, nick);
	g = map_get(&r->arrears->by_key, session_key(r->s, nick));
	if (g)
		ghost_tell(r->arrears, g);
	if (m && m->owed)
		tell(m);
}

static void
arrears_free(struct arrears *a)
{
	list_del(&a->node);
	map_release(&a->by_key);
	a->room->arrears = NULL;
	free(a);
}

/* Who has gone goes first: another may have come under his nick. */
static void
settle(struct room *r, bool also_if_slow)
{
	const struct component *c = r->s->gw->component;
	struct arrears *a = r->arrears;

	LIST_EACH(&a->ghosts, n)
	{
		if (!also_if_slow && component_is_slow(c))
			return;
		ghost_tell(a, GHOST(n));
	}
	LIST_EACH(&r->order, n)
	{
		if (!MEMBER(n)->owed)
			continue;
		if (!also_if_slow && component_is_slow(c))
			return;
		tell(MEMBER(n));
	}
	arrears_free(a);
}

void
arrears_settle(struct room *r)
{
	if (r->arrears)
		settle(r, true);
}

void
arrears_settle_all(struct gateway *gw)
{
	LIST_EACH(&gw->arrears, n)
	{
		if (component_is_slow(gw->component))
			return;
		settle(ARREARS(n)->room, false);
	}
}

/* ---- a crowd -------------------------------------------------------------- */

void
arrears_on_crowd(struct session *s, const struct gw_event *ev)
{
	struct clock *clock = core_clock(s->gw->core);

	if (!ev->on) {
		arrears_on_crowd_over(&s->crowd);
	} else if (!s->crowding) {
		s->crowding = true;
		timer_set(&s->crowd, clock, clock->at + ARREARS_MS);
	}
}

/* Where the stream is slow, it goes on being owed. */
void
arrears_on_crowd_over(struct timer *t)
{
	struct session *s = TIMER_OWNER(t, struct session, crowd);
	struct map_iter it = { 0 };

	timer_cancel(&s->crowd);
	s->crowding = false;
	while (map_next(&s->rooms, &it)) {
		struct room *r = it.value;

		if (r->arrears)
			settle(r, false);
	}
}

/* ---- forgotten ------------------------------------------------------------ */

void
arrears_drop(struct room *r)
{
	struct arrears *a = r->arrears;

	if (!a)
		return;
	LIST_EACH(&a->ghosts, n)
	{
		ghost_free(a, GHOST(n));
	}
	LIST_EACH(&r->order, n)
	{
		settled(MEMBER(n));
	}
	arrears_free(a);
}

void
arrears_drop_all(struct gateway *gw)
{
	LIST_EACH(&gw->arrears, n)
	{
		arrears_drop(ARREARS(n)->room);
	}
}
