/*
 * The rooms of a network, for those who look around.
 *
 * XEP-0030 2.5rc3	3 items; XEP-0045 1.34: 6.3 rooms
 * XEP-0059 1.0		pages; an item's id is its address
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/browse.h"
#include "core/catalog.h"
#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/disco.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/rsm.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

struct browse {
	struct gateway *gw;
	struct list lists; /* oldest first */
	size_t nlist;
};

/* What a network has listed, or is listing. */
struct listing {
	struct list node;
	struct browse *b;
	char *network;
	char *user;  /* who asked; NULL: it is for all of that network */
	bool coming; /* from user */
	gw_req_id request;
	struct err err; /* why there is none */
	struct catalog rooms;
	struct list waiters;
	struct timer timer; /* coming: first answers; else: its end */
};

/* A question, kept until there is a list. */
struct waiter {
	struct list node;
	uint64_t token;
	char *user, *network, *spelling;
	char *after, *before;
	struct rsm page;
};

#define LISTING(n) LIST_ENTRY(n, struct listing, node)
#define WAITER(n)  LIST_ENTRY(n, struct waiter, node)

/* ---- what one user is shown ------------------------------------------- */

/* His own rooms that are not in the list, and then the list. */
struct view {
	struct str spelling; /* of the network, in addresses */
	const struct room **own;
	size_t nown;
	const struct catalog *rooms;
};

/* One line of it. */
struct item {
	struct str name, text;
	uint64_t n;
};

static const struct catalog no_rooms;

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct room *const *)a)->name,
	    (*(const struct room *const *)b)->name);
}

static void
view_init(struct view *v, struct session *s, struct str spelling,
    const struct catalog *rooms)
{
	struct map_iter it = { 0 };

	*v = (struct view){ .spelling = spelling, .rooms = rooms };
	if (!s || s->rooms.n == 0)
		return;
	v->own = xmalloc(s->rooms.n * sizeof(struct room *));
	while (map_next(&s->rooms, &it)) {
		const struct room *r = it.value;

		if (catalog_find(rooms, str_c(r->name)) == rooms->n)
			v->own[v->nown++] = r;
	}
	if (v->nown)
		qsort(v->own, v->nown, sizeof(struct room *), by_name);
}

static void
view_release(struct view *v)
{
	free(v->own);
}

static size_t
view_count(const struct view *v)
{
	return v->nown + v->rooms->n;
}

static struct item
view_at(const struct view *v, size_t i)
{
	const struct catalog_entry *e;

	if (i < v->nown)
		return (struct item){ .name = str_c(v->own[i]->name),
			.text = str_c(v->own[i]->subject),
			.n = v->own[i]->members.n };
	e = catalog_at(v->rooms, i - v->nown);
	return (struct item){
		.name = catalog_name(e), .text = catalog_text(e), .n = e->n
	};
}

/* -1: there is no such address in it. */
static int
view_find(
    const struct view *v, struct gateway *gw, struct str id, size_t *at_out)
{
	struct gw_address at = { .kind = GW_ADDR_DOMAIN };
	struct buf names;
	struct jid jid;
	size_t i;

	buf_init(&names, JID_MAX);
	if (jid_parse(&jid, id, NULL) < 0 ||
	    instance_address(gw, &jid, &names, &at, NULL) < 0)
		at.kind = GW_ADDR_DOMAIN;
	*at_out = view_count(v);
	if (at.kind == GW_ADDR_ROOM) {
		for (i = 0; i < v->nown; i++)
			if (str_eq_nocase(at.name, str_c(v->own[i]->name)))
				break;
		*at_out =
		    i < v->nown ? i : v->nown + catalog_find(v->rooms, at.name);
	}
	buf_release(&names);
	return *at_out < view_count(v) ? 0 : -1;
}

/* ---- the answer ------------------------------------------------------- */

/* The most that an item can take, written: each byte may be escaped. */
static size_t
cost_of(const struct item *it)
{
	return 400 + 9 * it->name.len +
	    6 *
	    (it->text.len < CATALOG_TEXT_MAX ? it->text.len : CATALOG_TEXT_MAX);
}

/* Fewer than were asked for, where they would not fit into a stanza. */
static void
fit(const struct view *v, const struct rsm *page, size_t *from, size_t *to)
{
	size_t left = BROWSE_PAGE_BYTES, n, cost, i;
	struct item it;

	for (n = 0; n < *to - *from; n++) {
		i = page->last ? *to - 1 - n : *from + n;
		it = view_at(v, i);
		cost = cost_of(&it);
		if (cost > left)
			break;
		left -= cost;
	}
	if (page->last)
		*from = *to - n;
	else
		*to = *from + n;
}

/* "#chan (42): what it is about" */
static void
write_title(const struct item *it, struct buf *out)
{
	struct str text =
	    str_head(it->text, utf8_cut(it->text, CATALOG_TEXT_MAX));

	buf_clear(out);
	buf_add_str(out, it->name);
	buf_addf(out, " (%llu)", (unsigned long long)it->n);
	if (text.len)
		buf_addf(out, ": " STR_FMT, STR_ARG(text));
}

static int
jid_of(
    const struct view *v, struct gateway *gw, struct str name, struct buf *out)
{
	struct gw_address at = {
		.kind = GW_ADDR_ROOM, .network = v->spelling, .name = name
	};

	buf_clear(out);
	return instance_jid(gw, &at, STR_EMPTY, out);
}

static void
write_items(const struct view *v, struct gateway *gw, struct xmlw *w,
    size_t from, size_t to)
{
	struct buf jid, title;
	size_t i;

	buf_init(&jid, JID_MAX);
	buf_init(&title, GW_NAME_MAX + CATALOG_TEXT_MAX + 64);
	for (i = from; i < to; i++) {
		struct item it = view_at(v, i);

		if (jid_of(v, gw, it.name, &jid) < 0)
			continue;
		write_title(&it, &title);
		disco_write_item(w, buf_str(&jid), STR_EMPTY, buf_str(&title));
	}
	buf_release(&jid);
	buf_release(&title);
}

static void
write_set(const struct view *v, struct gateway *gw, struct xmlw *w, size_t from,
    size_t to)
{
	struct buf first, last;

	buf_init(&first, JID_MAX);
	buf_init(&last, JID_MAX);
	if (from < to) {
		(void)jid_of(v, gw, view_at(v, from).name, &first);
		(void)jid_of(v, gw, view_at(v, to - 1).name, &last);
	}
	rsm_write(w, buf_str(&first), from, buf_str(&last), view_count(v));
	buf_release(&first);
	buf_release(&last);
}

static void
write_page(struct iq_ask *ask, const struct view *v, struct gateway *gw,
    const struct rsm *page)
{
	size_t after = 0, before = 0, from, to;
	struct err err;
	struct xmlw *w;

	if ((page->after.len && view_find(v, gw, page->after, &after) < 0) ||
	    (page->before.len && view_find(v, gw, page->before, &before) < 0)) {
		err_set(&err, ERR_NOT_FOUND,
		    "the list has changed: that room is not in it any more");
		iq_fail(ask, &err);
		return;
	}
	rsm_cut(page, view_count(v), after, before, &from, &to);
	fit(v, page, &from, &to);
	w = iq_result(ask);
	xmlw_open(w, "query", NS_DISCO_ITEMS);
	write_items(v, gw, w, from, to);
	if (page->is_asked || to - from < view_count(v))
		write_set(v, gw, w, from, to);
	iq_done(ask);
}

static void
answer(struct iq_ask *ask, struct gateway *gw, struct session *s,
    struct str spelling, const struct rsm *page, const struct catalog *rooms)
{
	struct view v;

	view_init(&v, s, spelling, rooms);
	write_page(ask, &v, gw, page);
	view_release(&v);
}

/* ---- who waits -------------------------------------------------------- */

static struct waiter *
waiter_new(uint64_t token, struct inlet *in, const struct session *s,
    const struct rsm *page)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->token = token;
	w->user = str_dup(jid_bare(&in->from));
	w->network = xstrdup(s->network);
	w->spelling = str_dup(in->at.spelling);
	w->after = str_dup(page->after);
	w->before = str_dup(page->before);
	w->page = *page;
	w->page.after = str_c(w->after);
	w->page.before = str_c(w->before);
	list_init(&w->node);
	return w;
}

static void
waiter_free(struct waiter *w)
{
	list_del(&w->node);
	free(w->user);
	free(w->network);
	free(w->spelling);
	free(w->after);
	free(w->before);
	free(w);
}

static void
waiter_answer(
    struct gateway *gw, struct waiter *w, struct session *s, struct listing *l)
{
	struct iq_ask *ask = iq_kept(services_iqs(gw), w->token);

	if (ask && l->err.kind != ERR_NONE)
		iq_fail(ask, &l->err);
	else if (ask)
		answer(ask, gw, s, str_c(w->spelling), &w->page, &l->rooms);
	waiter_free(w);
}

/* ---- lists ------------------------------------------------------------ */

static void
listing_free(struct listing *l)
{
	struct list *n;

	timer_cancel(&l->timer);
	for (n = list_first(&l->waiters); n; n = list_first(&l->waiters))
		waiter_free(WAITER(n));
	list_del(&l->node);
	l->b->nlist--;
	catalog_release(&l->rooms);
	free(l->network);
	free(l->user);
	free(l);
}

/* One that may be shown to him. */
static struct listing *
find_ready(struct browse *b, struct str network, struct str user)
{
	LIST_EACH(&b->lists, n)
	{
		struct listing *l = LISTING(n);

		if (!l->coming && str_is(network, l->network) &&
		    (!l->user || str_is(user, l->user)))
			return l;
	}
	return NULL;
}

static struct listing *
find_coming(struct browse *b, struct str network)
{
	LIST_EACH(&b->lists, n)
	{
		if (LISTING(n)->coming && str_is(network, LISTING(n)->network))
			return LISTING(n);
	}
	return NULL;
}

/* The oldest that is complete makes room; false: all are on their way. */
static bool
make_room(struct browse *b)
{
	if (b->nlist < BROWSE_LISTS_MAX)
		return true;
	LIST_EACH(&b->lists, n)
	{
		if (!LISTING(n)->coming) {
			listing_free(LISTING(n));
			return true;
		}
	}
	return false;
}

/* The first to ask need not wait for all of a huge network. */
static void
answer_early(struct listing *l)
{
	struct gateway *gw = l->b->gw;
	struct session *s =
	    gateway_session(gw, str_c(l->user), str_c(l->network));

	catalog_sort(&l->rooms);
	LIST_EACH(&l->waiters, n)
	{
		if (s && l->rooms.n && strcmp(WAITER(n)->user, l->user) == 0)
			waiter_answer(gw, WAITER(n), s, l);
	}
}

static void
on_timer(struct timer *t)
{
	struct listing *l = TIMER_OWNER(t, struct listing, timer);

	if (l->coming)
		answer_early(l);
	else
		listing_free(l);
}

static void
on_entry(
    struct session *s, const struct request_to *to, const struct gw_entry *e)
{
	struct listing *l = to->obj;

	(void)s;
	/* His own rooms are added to what each user is shown. */
	if (!e->is_own && e->name.len && e->name.len <= GW_NAME_MAX)
		catalog_add(&l->rooms, e->name, e->text, e->n);
}

static void settle(struct browse *b, struct waiter *w);

/* A lost connection says nothing about the next one. */
static int64_t
keep_ms(const struct listing *l)
{
	if (l->err.kind == ERR_UNREACHABLE)
		return 0;
	return l->err.kind == ERR_NONE && l->rooms.n ? BROWSE_KEEP_MS
	                                             : BROWSE_RETRY_MS;
}

/* For all who wait: what they wait for is there, or they ask themselves. */
static void
on_listed(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct listing *l = to->obj;
	struct clock *clock = core_clock(s->gw->core);
	struct list waiting;
	struct list *n;

	l->coming = false;
	catalog_sort(&l->rooms);
	if (done->err.kind == ERR_NONE && !done->on) {
		free(l->user);
		l->user = NULL;
	}
	/* Too late for all of it is no reason to show nothing. */
	if (done->err.kind != ERR_TIMEOUT || l->rooms.n == 0)
		l->err = done->err;
	timer_set(&l->timer, clock, clock->at + keep_ms(l));
	list_init(&waiting);
	for (n = list_first(&l->waiters); n; n = list_first(&l->waiters)) {
		list_del(n);
		list_add(&waiting, n);
	}
	for (n = list_first(&waiting); n; n = list_first(&waiting)) {
		list_del(n);
		settle(s->gw->browse, WAITER(n));
	}
}

static struct listing *
listing_new(struct browse *b, const struct waiter *w)
{
	struct listing *l = xcalloc(1, sizeof(*l));
	struct clock *clock = core_clock(b->gw->core);

	l->b = b;
	l->network = xstrdup(w->network);
	l->user = xstrdup(w->user);
	l->coming = true;
	catalog_init(&l->rooms);
	list_init(&l->waiters);
	list_add(&b->lists, &l->node);
	b->nlist++;
	timer_init(&l->timer, on_timer);
	timer_set(&l->timer, clock, clock->at + BROWSE_FIRST_MS);
	return l;
}

static void
ask_network(struct browse *b, struct session *s, struct waiter *w)
{
	struct gw_req req = { .kind = GW_REQ_DIRECTORY, .limit = CATALOG_MAX };
	struct request_to to = { .done = on_listed, .entry = on_entry };
	struct listing *l = listing_new(b, w);

	list_add(&l->waiters, &w->node);
	to.obj = l;
	to.slot = &l->request;
	request_start(s, &req, BROWSE_LIST_MS, &to);
}

static void
waiter_fail(
    struct browse *b, struct waiter *w, enum err_kind kind, const char *text)
{
	struct iq_ask *ask = iq_kept(services_iqs(b->gw), w->token);
	struct err err;

	err_set(&err, kind, "%s", text);
	if (ask)
		iq_fail(ask, &err);
	waiter_free(w);
}

/* Answers it, or gives it to a list that is coming. */
static void
settle(struct browse *b, struct waiter *w)
{
	struct session *s =
	    gateway_session(b->gw, str_c(w->user), str_c(w->network));
	struct listing *l;

	if (!s || s->state != SESSION_ONLINE) {
		waiter_fail(b, w, ERR_UNREACHABLE,
		    "the connection to the network was lost");
		return;
	}
	l = find_ready(b, str_c(w->network), str_c(w->user));
	if (l) {
		waiter_answer(b->gw, w, s, l);
		return;
	}
	l = find_coming(b, str_c(w->network));
	if (l)
		list_add(&l->waiters, &w->node);
	else if (make_room(b))
		ask_network(b, s, w);
	else
		waiter_fail(b, w, ERR_BUSY,
		    "many networks are being listed; try again later");
}

void
browse_rooms(struct iq_ask *ask, struct inlet *in, const struct stanza *query)
{
	struct session *s = inlet_session(in);
	struct err err = ERR_INIT;
	struct rsm page;
	uint64_t token;

	if (rsm_read(query, &in->scratch, BROWSE_PAGE, BROWSE_PAGE_MAX, &page,
	        &err) < 0) {
		iq_fail(ask, &err);
		return;
	}
	/* Nobody is connected only because he looks around. */
	if (!in->gw->ops->request[GW_REQ_DIRECTORY] || !s ||
	    s->state != SESSION_ONLINE) {
		answer(ask, in->gw, s, in->at.spelling, &page, &no_rooms);
		return;
	}
	token = iq_keep(ask, BROWSE_WAIT_MS);
	if (token)
		settle(in->gw->browse, waiter_new(token, in, s, &page));
}

/* ---- life ------------------------------------------------------------- */

struct browse *
browse_new(struct gateway *gw)
{
	struct browse *b = xcalloc(1, sizeof(*b));

	b->gw = gw;
	list_init(&b->lists);
	return b;
}

void
browse_free(struct browse **bp)
{
	struct browse *b = *bp;

	*bp = NULL;
	if (!b)
		return;
	LIST_EACH(&b->lists, n)
	{
		listing_free(LISTING(n));
	}
	free(b);
}
