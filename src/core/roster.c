/*
 * What the users of a gateway have subscribed to.
 */
#include <stdlib.h>

#include "core/access.h"
#include "core/contact.h"
#include "core/instance.h"
#include "core/roster.h"
#include "core/router.h"
#include "core/session.h"
#include "core/store.h"
#include "core/watch.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"

#define CONTACT(n) LIST_ENTRY(n, struct contact, node)
#define IN_LINE(n) LIST_ENTRY(n, struct contact, line)

/* ---- the list --------------------------------------------------------- */

static bool
is_shut_out(const struct roster *r)
{
	struct jid who;

	return jid_parse(&who, str_c(r->user), NULL) < 0 ||
	    !access_is_allowed(r->all->gw, &who);
}

static struct roster *
roster_get(struct rosters *all, struct str user)
{
	struct roster *r = map_get(&all->by_user, user);

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->all = all;
	r->user = str_dup(user);
	r->shut = is_shut_out(r);
	list_init(&r->contacts);
	map_put(&all->by_user, str_c(r->user), r);
	return r;
}

void
roster_check(struct roster *r)
{
	if (r->n)
		return;
	map_del(&r->all->by_user, str_c(r->user));
	free(r->user);
	free(r);
}

struct roster *
roster_of(struct session *s)
{
	return map_get(&s->gw->rosters->by_user, session_user(s));
}

struct contact *
roster_find(struct rosters *all, struct str user, struct str address)
{
	struct roster *r = map_get(&all->by_user, user);

	if (!r)
		return NULL;
	LIST_EACH(&r->contacts, n)
	{
		if (str_is(address, CONTACT(n)->address))
			return CONTACT(n);
	}
	return NULL;
}

struct contact *
roster_add(struct inlet *in, struct err *err)
{
	struct rosters *all = in->gw->rosters;
	struct roster *r = map_get(&all->by_user, jid_bare(&in->from));
	size_t max = in->gw->conf->limits.contacts;

	if (r && r->n >= max) {
		err_set(err, ERR_BUSY,
		    "you have %zu contacts on %s, more is not allowed", r->n,
		    in->gw->domain);
		return NULL;
	}
	if (all->n >= CONTACTS_MAX) {
		err_set(err, ERR_BUSY, "%s has all the contacts it can keep",
		    in->gw->domain);
		return NULL;
	}
	return contact_new(
	    roster_get(all, jid_bare(&in->from)), jid_node(&in->to), &in->at);
}

void
rosters_forget(struct rosters *all, struct str user)
{
	struct roster *r = map_get(&all->by_user, user);
	size_t n = r ? r->n : 0;

	/* The last one takes the roster along. */
	while (n-- > 0)
		contact_end(CONTACT(list_first(&r->contacts)));
}

void
rosters_write(const struct rosters *all, struct str user, struct buf *out)
{
	const struct roster *r = map_get(&all->by_user, user);

	if (!r)
		return;
	LIST_EACH(&r->contacts, n)
	{
		struct buf jid;

		contact_jid(CONTACT(n), &jid);
		buf_addf(out, STR_FMT "\n", STR_ARG(buf_str(&jid)));
		buf_release(&jid);
	}
}

/* The last thing he is told is that nobody is there. */
static void
shut(struct roster *r)
{
	LIST_EACH(&r->contacts, n)
	{
		contact_set(CONTACT(n), false, STR_EMPTY);
	}
	r->shut = true;
}

static void
let_in(struct roster *r)
{
	r->shut = false;
	LIST_EACH(&r->contacts, n)
	{
		if (contact_is_always_there(CONTACT(n)))
			contact_set(CONTACT(n), true, STR_EMPTY);
	}
}

void
rosters_review(struct rosters *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->by_user, &it)) {
		struct roster *r = it.value;
		bool is_shut = is_shut_out(r);

		if (is_shut && !r->shut)
			shut(r);
		else if (!is_shut && r->shut)
			let_in(r);
	}
}

/* ---- from the store --------------------------------------------------- */

static void
line_up(struct rosters *all, struct contact *c)
{
	if (!list_is_linked(&c->line))
		list_add(&all->line, &c->line);
}

static void
add_row(struct rosters *all, const struct store_contact *row)
{
	struct gateway *gw = all->gw;
	char text[JID_MAX + 1];
	struct gw_address at;
	struct contact *c;
	struct jid to;
	struct buf names;

	snprintf(text, sizeof(text), STR_FMT "%s%s", STR_ARG(row->address),
	    row->address.len ? "@" : "", gw->domain);
	buf_init(&names, JID_MAX);
	if (roster_find(all, row->user, row->address) ||
	    jid_parse(&to, str_c(text), NULL) < 0 ||
	    instance_address(gw, &to, &names, &at, NULL) < 0 ||
	    at.kind == GW_ADDR_ROOM) {
		buf_release(&names);
		return; /* a network that is not there now may come back */
	}
	c = contact_new(roster_get(all, row->user), row->address, &at);
	line_up(all, c);
	watch_contact(c);
	buf_release(&names);
}

static void
on_rows(bool ok, const struct store_contact *v, size_t n, void *arg)
{
	struct rosters *all = arg;
	struct clock *clock = core_clock(all->gw->core);

	all->load = 0;
	all->loaded = ok;
	if (!ok)
		log_error(&all->gw->log, "contacts not read",
		    "action=\"again when the XMPP server is back\"");
	for (size_t i = 0; i < n; i++)
		add_row(all, &v[i]);
	if (component_is_up(all->gw->component))
		timer_set(&all->pace, clock, clock->at);
}

void
rosters_load(struct rosters *all)
{
	if (!all->loaded && !all->load)
		all->load = store_contacts_load(core_store(all->gw->core),
		    gateway_domain(all->gw), on_rows, all);
}

static void
on_pace(struct timer *t)
{
	struct rosters *all = TIMER_OWNER(t, struct rosters, pace);
	struct clock *clock = core_clock(all->gw->core);
	struct list *n;

	for (int i = 0; i < CONTACTS_BATCH; i++) {
		n = list_first(&all->line);
		if (!n)
			return;
		list_del(n);
		contact_tell(IN_LINE(n));
	}
	timer_set(&all->pace, clock, clock->at + CONTACTS_EVERY_MS);
}

typedef void contact_fn(struct rosters *all, struct contact *c);

static void
for_all(struct rosters *all, contact_fn *fn)
{
	struct map_iter it = { 0 };

	while (map_next(&all->by_user, &it)) {
		struct roster *r = it.value;

		LIST_EACH(&r->contacts, n)
		{
			fn(all, CONTACT(n));
		}
	}
}

void
rosters_up(struct rosters *all)
{
	struct clock *clock = core_clock(all->gw->core);

	rosters_load(all);
	for_all(all, line_up);
	timer_set(&all->pace, clock, clock->at);
}

void
rosters_down(struct rosters *all)
{
	timer_cancel(&all->pace);
}

static void
take_leave(struct rosters *all, struct contact *c)
{
	(void)all;
	if (c->kind == GW_ADDR_DOMAIN)
		contact_set(c, false, STR_EMPTY);
}

void
rosters_goodbye(struct rosters *all)
{
	timer_cancel(&all->pace);
	for_all(all, take_leave);
}

/* ---- life ------------------------------------------------------------- */

struct rosters *
rosters_new(struct gateway *gw)
{
	struct rosters *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->by_user);
	list_init(&all->leaving);
	list_init(&all->line);
	timer_init(&all->pace, on_pace);
	return all;
}

static void
drop(struct rosters *all, struct contact *c)
{
	(void)all;
	contact_free(c);
}

/* The store calls nobody back any more: it closes next. */
void
rosters_free(struct rosters **rp)
{
	struct rosters *all = *rp;
	struct map_iter it = { 0 };

	*rp = NULL;
	if (!all)
		return;
	timer_cancel(&all->pace);
	store_cancel(core_store(all->gw->core), all->load);
	for_all(all, drop);
	while (map_next(&all->by_user, &it)) {
		struct roster *r = it.value;

		map_del(&all->by_user, it.key);
		free(r->user);
		free(r);
	}
	map_release(&all->by_user);
	LIST_EACH(&all->leaving, n)
	{
		contact_free(CONTACT(n));
	}
	free(all);
}
