#include "core/contact.h"

#include <stdlib.h>

#include "core/access.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/request.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "core/store.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* All that one user has subscribed to. */
struct roster {
	struct contacts *all;
	char *user; /* bare JID */
	struct list contacts;
	size_t n;
	bool shut; /* he may not use the gateway: he is sent nothing */
};

struct contact {
	struct list node; /* in its roster; or, saving, among the leaving */
	struct list line; /* while it waits to be told */
	struct roster *roster; /* NULL: ended, only the store still has it */
	uint64_t id;
	char *address; /* local part, as it stands in the JID; "": gateway */
	enum gw_addr_kind kind;
	char *network, *nick;
	bool saving; /* the store has not answered yet */
	bool asked;  /* in this login of the session */
	bool here;
	char *away; /* NULL: not known to be */
};

struct contacts {
	struct gateway *gw;
	struct map rosters; /* by user */
	size_t n;
	struct list leaving;
	struct list line; /* to be told */
	struct timer pace;
	store_load_id load;
	bool loaded;
};

#define CONTACT(n) LIST_ENTRY(n, struct contact, node)
#define IN_LINE(n) LIST_ENTRY(n, struct contact, line)

/* ---- what is said ----------------------------------------------------- */

static void
send(struct gateway *gw, struct str from, struct str to, const char *type)
{
	(void)component_begin(
	    gw->component, "presence", from, to, type, STR_EMPTY);
	(void)component_end(gw->component, NULL);
}

static void
add_jid(const struct contact *c, struct buf *out)
{
	buf_init(out, JID_MAX);
	if (c->address[0])
		buf_addf(out, "%s@", c->address);
	buf_add_str(out, gateway_domain(c->roster->all->gw));
}

static void
write_here(struct gateway *gw, const struct contact *c, struct xmlw *w)
{
	if (c->kind != GW_ADDR_PERSON) {
		services_write_caps(gw, w);
	} else if (c->away) {
		xmlw_textel(w, "show", NULL, STR("away"));
		xmlw_textel(w, "status", NULL, str_c(c->away));
	}
}

static void
tell(const struct contact *c)
{
	struct gateway *gw = c->roster->all->gw;
	struct buf from;
	struct xmlw *w;

	if (c->roster->shut)
		return;
	add_jid(c, &from);
	w = component_begin(gw->component, "presence", buf_str(&from),
	    str_c(c->roster->user), c->here ? NULL : "unavailable", STR_EMPTY);
	if (c->here)
		write_here(gw, c, w);
	(void)component_end(gw->component, NULL);
	buf_release(&from);
}

static void
say(const struct contact *c, const char *type)
{
	struct buf from;

	if (c->roster->shut)
		return;
	add_jid(c, &from);
	send(c->roster->all->gw, buf_str(&from), str_c(c->roster->user), type);
	buf_release(&from);
}

/* Told if it is news. */
static void
set(struct contact *c, bool here, struct str away)
{
	bool same = c->here == here &&
	    (c->away ? str_is(away, c->away) : away.len == 0);

	if (same)
		return;
	c->here = here;
	free(c->away);
	c->away = here && away.len
	    ? str_dup(str_head(away, utf8_cut(away, PERSON_TEXT_MAX)))
	    : NULL;
	if (!c->saving)
		tell(c);
}

/* ---- the list --------------------------------------------------------- */

static bool
is_shut_out(const struct roster *r)
{
	struct jid who;

	return jid_parse(&who, str_c(r->user), NULL) < 0 ||
	    !access_is_allowed(r->all->gw, &who);
}

static struct roster *
roster_get(struct contacts *all, struct str user)
{
	struct roster *r = map_get(&all->rosters, user);

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->all = all;
	r->user = str_dup(user);
	r->shut = is_shut_out(r);
	list_init(&r->contacts);
	map_put(&all->rosters, str_c(r->user), r);
	return r;
}

static void
roster_check(struct roster *r)
{
	if (r->n)
		return;
	map_del(&r->all->rosters, str_c(r->user));
	free(r->user);
	free(r);
}

static void
contact_free(struct contact *c)
{
	list_del(&c->node);
	list_del(&c->line);
	free(c->address);
	free(c->network);
	free(c->nick);
	free(c->away);
	free(c);
}

static struct session *
session_of(const struct contact *c)
{
	struct session *s = session_find(
	    c->roster->all->gw, str_c(c->roster->user), str_c(c->network));

	return s && s->state == SESSION_ONLINE ? s : NULL;
}

static struct contact *
contact_new(struct roster *r, struct str address, const struct gw_address *at)
{
	struct contact *c = xcalloc(1, sizeof(*c));

	c->roster = r;
	c->id = core_next_id(r->all->gw->core);
	c->address = str_dup(address);
	c->kind = at->kind;
	c->network = str_dup(at->network);
	c->nick = str_dup(at->name);
	list_init(&c->line);
	list_add(&r->contacts, &c->node);
	r->n++;
	r->all->n++;
	c->here = (c->kind == GW_ADDR_DOMAIN && !r->shut) ||
	    (c->kind == GW_ADDR_NETWORK && session_of(c));
	return c;
}

/* What the store still has to answer for stays until it has. */
static void
contact_end(struct contact *c)
{
	struct roster *r = c->roster;

	c->roster = NULL;
	r->n--;
	r->all->n--;
	if (c->saving) {
		list_del(&c->node);
		list_add(&r->all->leaving, &c->node);
		list_del(&c->line);
	} else {
		contact_free(c);
	}
	roster_check(r);
}

static struct contact *
contact_find(struct contacts *all, struct str user, struct str address)
{
	struct roster *r = map_get(&all->rosters, user);

	if (!r)
		return NULL;
	LIST_EACH(&r->contacts, n)
	{
		if (str_is(address, CONTACT(n)->address))
			return CONTACT(n);
	}
	return NULL;
}

/* ---- watching --------------------------------------------------------- */

static void watch_next(struct session *s);

static struct roster *
roster_of(struct session *s)
{
	return map_get(&s->gw->contacts->rosters, session_user(s));
}

static void
on_watched(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	bool later =
	    done->err.kind == ERR_BUSY || done->err.kind == ERR_UNREACHABLE;
	struct roster *r = roster_of(s);

	s->watching = false;
	if (done->err.kind != ERR_NONE)
		log_debug(&s->log, "not watched", "err=\"%s\"", done->err.text);
	if (!later) {
		watch_next(s);
	} else if (r) { /* with the next login, subscription or probe */
		LIST_EACH(&r->contacts, n)
		{
			if (CONTACT(n)->id == to->token)
				CONTACT(n)->asked = false;
		}
	}
}

static struct contact *
next_to_ask(struct session *s)
{
	struct roster *r = roster_of(s);

	if (!r)
		return NULL;
	LIST_EACH(&r->contacts, n)
	{
		struct contact *c = CONTACT(n);

		if (c->kind == GW_ADDR_PERSON && !c->asked &&
		    str_is(session_network(s), c->network))
			return c;
	}
	return NULL;
}

/* One after another: the requests of a session have a ceiling. */
static void
watch_next(struct session *s)
{
	struct request_to to = { .done = on_watched };
	struct gw_req req = { .kind = GW_REQ_WATCH };
	struct contact *c;

	if (s->state != SESSION_ONLINE || s->watching ||
	    !s->gw->ops->request[GW_REQ_WATCH])
		return;
	c = next_to_ask(s);
	if (!c)
		return;
	c->asked = s->watching = true;
	to.token = c->id;
	req.nick = str_c(c->nick);
	request_start(s, &req, REQUEST_MS, &to);
}

/* Two spellings of the network are two addresses of one person. */
static bool
is_same(struct session *s, struct str nick, struct str other)
{
	char *key = str_dup(session_key(s, nick));
	bool same = str_is(session_key(s, other), key);

	free(key);
	return same;
}

static void
unwatch(struct session *s, const struct contact *gone)
{
	struct gw_req req = { .kind = GW_REQ_UNWATCH,
		.nick = str_c(gone->nick) };
	struct request_to to = { .done = request_ignore };

	LIST_EACH(&gone->roster->contacts, n)
	{
		struct contact *c = CONTACT(n);

		if (c != gone && c->kind == GW_ADDR_PERSON &&
		    strcmp(c->network, gone->network) == 0 &&
		    is_same(s, str_c(c->nick), req.nick))
			return;
	}
	request_start(s, &req, REQUEST_MS, &to);
}

/* ---- what the network says -------------------------------------------- */

void
contacts_online(struct session *s)
{
	struct roster *r = roster_of(s);

	s->watching = false;
	if (!r)
		return;
	LIST_EACH(&r->contacts, n)
	{
		struct contact *c = CONTACT(n);

		if (!str_is(session_network(s), c->network))
			continue;
		c->asked = false;
		if (c->kind == GW_ADDR_NETWORK)
			set(c, true, STR_EMPTY);
	}
	watch_next(s);
}

void
contacts_offline(struct session *s)
{
	struct roster *r = roster_of(s);

	s->watching = false;
	if (!r)
		return;
	LIST_EACH(&r->contacts, n)
	{
		struct contact *c = CONTACT(n);

		if (c->kind != GW_ADDR_DOMAIN &&
		    str_is(session_network(s), c->network))
			set(c, false, STR_EMPTY);
	}
}

typedef void each_contact(
    struct session *s, struct contact *c, const struct gw_event *ev);

/*
 * The user's contacts that are called so.  The nick is folded once: rooms of
 * thousands tell who is away all the time.
 */
static void
for_nick(struct session *s, const struct gw_event *ev, each_contact *fn)
{
	struct roster *r = roster_of(s);
	char *key;

	if (!r || ev->person.nick.len == 0)
		return;
	key = str_dup(session_key(s, ev->person.nick));
	LIST_EACH(&r->contacts, n)
	{
		struct contact *c = CONTACT(n);

		if (c->kind == GW_ADDR_PERSON &&
		    str_is(session_network(s), c->network) &&
		    str_is(session_key(s, str_c(c->nick)), key))
			fn(s, c, ev);
	}
	free(key);
}

static void
on_here(struct session *s, struct contact *c, const struct gw_event *ev)
{
	struct person *p = person_find(s, ev->person.nick);
	struct str away = ev->text;

	if (away.len == 0 && c->here && c->away)
		return; /* it says nothing about that */
	if (away.len == 0 && p && p->away)
		away = str_c(p->away);
	set(c, true, away);
}

static void
on_gone(struct session *s, struct contact *c, const struct gw_event *ev)
{
	(void)s;
	(void)ev;
	set(c, false, STR_EMPTY);
}

void
contact_on_seen(struct session *s, const struct gw_event *ev)
{
	for_nick(s, ev, ev->on ? on_here : on_gone);
}

static void
on_away(struct session *s, struct contact *c, const struct gw_event *ev)
{
	(void)s;
	if (c->here)
		set(c, true, ev->on ? ev->text : STR_EMPTY);
}

void
contact_on_away(struct session *s, const struct gw_event *ev)
{
	for_nick(s, ev, on_away);
}

/* ---- subscribing ------------------------------------------------------ */

static struct str
to_address(struct inlet *in)
{
	return jid_node(&in->to);
}

static struct contact *
find_in(struct inlet *in)
{
	return contact_find(
	    in->gw->contacts, jid_bare(&in->from), to_address(in));
}

/* Both ways at once with the gateway and its networks (XEP-0100 4.4). */
static void
welcome(struct contact *c)
{
	say(c, "subscribed");
	if (c->kind != GW_ADDR_PERSON)
		say(c, "subscribe");
	if (c->here || c->kind != GW_ADDR_PERSON)
		tell(c);
}

static void
watch(struct contact *c)
{
	struct session *s =
	    c->kind == GW_ADDR_PERSON && !c->asked ? session_of(c) : NULL;

	if (s)
		watch_next(s);
}

/* An error a person can read, and the end of the request in his roster. */
static void
refuse(struct gateway *gw, struct str from, struct str to, struct str id,
    const struct err *err)
{
	struct xmlw *w =
	    component_begin(gw->component, "presence", from, to, "error", id);

	stanza_error_write(w, err);
	(void)component_end(gw->component, NULL);
	send(gw, from, to, "unsubscribed");
}

static void
on_saved(bool ok, void *arg)
{
	struct contact *c = arg;
	struct err err;
	struct buf from;

	c->saving = false;
	if (!c->roster) {
		contact_free(c);
	} else if (ok) {
		welcome(c);
		watch(c);
	} else {
		err_set(&err, ERR_BUSY,
		    "%s cannot keep this at the moment; try later",
		    c->roster->all->gw->domain);
		add_jid(c, &from);
		refuse(c->roster->all->gw, buf_str(&from),
		    str_c(c->roster->user), STR_EMPTY, &err);
		buf_release(&from);
		contact_end(c);
	}
}

static void
save(struct contact *c, store_done_fn *done)
{
	struct gateway *gw = c->roster->all->gw;

	c->saving = done != NULL;
	store_contact_put(core_store(gw->core), gateway_domain(gw),
	    str_c(c->roster->user), str_c(c->address), done, c);
}

/* NULL: over a ceiling. */
static struct contact *
add_from(struct inlet *in, struct err *err)
{
	struct contacts *all = in->gw->contacts;
	struct roster *r = map_get(&all->rosters, jid_bare(&in->from));
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
	    roster_get(all, jid_bare(&in->from)), to_address(in), &in->at);
}

/* Is it something that can be subscribed to? */
static int
check(struct inlet *in, struct err *err)
{
	if (in->at.kind == GW_ADDR_ROOM)
		return err_set(err, ERR_UNSUPPORTED,
		    "a room is joined; it cannot be a contact");
	if (in->at.kind == GW_ADDR_PERSON &&
	    !in->gw->ops->request[GW_REQ_WATCH])
		return err_set(err, ERR_UNSUPPORTED,
		    "%s: people here cannot be watched", in->gw->ops->title);
	return 0;
}

void
contact_subscribe(struct inlet *in)
{
	struct contact *c = find_in(in);
	struct err err = ERR_INIT;

	if (c && !c->saving) {
		/* Not our own again: two who always answer never end. */
		say(c, "subscribed");
		if (c->here || c->kind != GW_ADDR_PERSON)
			tell(c);
		watch(c);
		return;
	}
	if (c) /* its answer is on the way */
		return;
	if (check(in, &err) == 0)
		c = add_from(in, &err);
	if (c)
		save(c, on_saved);
	else
		refuse(in->gw, jid_bare(&in->to), jid_bare(&in->from), in->id,
		    &err);
}

static void
end(struct contact *c)
{
	struct gateway *gw = c->roster->all->gw;
	struct session *s = c->asked ? session_of(c) : NULL;

	if (c->here) {
		c->here = false;
		tell(c);
	}
	say(c, "unsubscribed");
	store_contact_del(core_store(gw->core), gateway_domain(gw),
	    str_c(c->roster->user), str_c(c->address), NULL, NULL);
	if (s)
		unwatch(s, c);
	contact_end(c);
}

void
contact_unsubscribe(struct inlet *in)
{
	struct contact *c = find_in(in);

	if (c)
		end(c);
	else
		send(in->gw, jid_bare(&in->to), jid_bare(&in->from),
		    "unsubscribed");
}

/* Nobody of ours sees them through it; it comes when one is thrown out. */
void
contact_unsubscribed(struct inlet *in)
{
	struct contact *c = find_in(in);

	if (c && c->kind == GW_ADDR_PERSON)
		end(c);
}

/* Who has not subscribed is told this once. */
static void
tell_stranger(struct inlet *in)
{
	struct session *s = inlet_session(in);
	bool here = in->at.kind == GW_ADDR_DOMAIN ||
	    (in->at.kind == GW_ADDR_NETWORK && s && s->state == SESSION_ONLINE);
	struct xmlw *w =
	    component_begin(in->gw->component, "presence", jid_bare(&in->to),
	        jid_bare(&in->from), here ? NULL : "unavailable", STR_EMPTY);

	if (here)
		services_write_caps(in->gw, w);
	(void)component_end(in->gw->component, NULL);
}

void
contact_probe(struct inlet *in)
{
	struct contact *c = find_in(in);

	if (!c && check(in, NULL) == 0) {
		c = add_from(in, NULL);
		if (c)
			save(c, NULL);
	}
	if (!c) {
		tell_stranger(in);
		return;
	}
	list_del(&c->line);
	if (!c->saving)
		tell(c);
	watch(c);
}

void
contact_available(struct inlet *in)
{
	if (in->at.kind != GW_ADDR_PERSON && !find_in(in))
		tell_stranger(in);
}

void
contacts_forget(struct contacts *all, struct str user)
{
	struct roster *r = map_get(&all->rosters, user);
	size_t n = r ? r->n : 0;

	/* The last one takes the roster along. */
	while (n-- > 0)
		end(CONTACT(list_first(&r->contacts)));
}

void
contacts_write(const struct contacts *all, struct str user, struct buf *out)
{
	const struct roster *r = map_get(&all->rosters, user);

	if (!r)
		return;
	LIST_EACH(&r->contacts, n)
	{
		struct buf jid;

		add_jid(CONTACT(n), &jid);
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
		set(CONTACT(n), false, STR_EMPTY);
	}
	r->shut = true;
}

static void
let_in(struct roster *r)
{
	r->shut = false;
	LIST_EACH(&r->contacts, n)
	{
		if (CONTACT(n)->kind == GW_ADDR_DOMAIN)
			set(CONTACT(n), true, STR_EMPTY);
	}
}

void
contacts_review(struct contacts *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->rosters, &it)) {
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
line_up(struct contacts *all, struct contact *c)
{
	if (!list_is_linked(&c->line))
		list_add(&all->line, &c->line);
}

static void
add_row(struct contacts *all, const struct store_contact *row)
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
	if (contact_find(all, row->user, row->address) ||
	    jid_parse(&to, str_c(text), NULL) < 0 ||
	    instance_address(gw, &to, &names, &at, NULL) < 0 ||
	    at.kind == GW_ADDR_ROOM) {
		buf_release(&names);
		return; /* a network that is not there now may come back */
	}
	c = contact_new(roster_get(all, row->user), row->address, &at);
	line_up(all, c);
	watch(c);
	buf_release(&names);
}

static void
on_rows(bool ok, const struct store_contact *v, size_t n, void *arg)
{
	struct contacts *all = arg;
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
contacts_load(struct contacts *all)
{
	if (!all->loaded && !all->load)
		all->load = store_contacts_load(core_store(all->gw->core),
		    gateway_domain(all->gw), on_rows, all);
}

static void
on_pace(struct timer *t)
{
	struct contacts *all = TIMER_OWNER(t, struct contacts, pace);
	struct clock *clock = core_clock(all->gw->core);
	struct list *n;

	for (int i = 0; i < CONTACTS_BATCH; i++) {
		n = list_first(&all->line);
		if (!n)
			return;
		list_del(n);
		tell(IN_LINE(n));
	}
	timer_set(&all->pace, clock, clock->at + CONTACTS_EVERY_MS);
}

typedef void contact_fn(struct contacts *all, struct contact *c);

static void
for_all(struct contacts *all, contact_fn *fn)
{
	struct map_iter it = { 0 };

	while (map_next(&all->rosters, &it)) {
		struct roster *r = it.value;

		LIST_EACH(&r->contacts, n)
		{
			fn(all, CONTACT(n));
		}
	}
}

void
contacts_up(struct contacts *all)
{
	struct clock *clock = core_clock(all->gw->core);

	contacts_load(all);
	for_all(all, line_up);
	timer_set(&all->pace, clock, clock->at);
}

void
contacts_down(struct contacts *all)
{
	timer_cancel(&all->pace);
}

static void
take_leave(struct contacts *all, struct contact *c)
{
	(void)all;
	if (c->kind == GW_ADDR_DOMAIN)
		set(c, false, STR_EMPTY);
}

void
contacts_goodbye(struct contacts *all)
{
	timer_cancel(&all->pace);
	for_all(all, take_leave);
}

/* ---- life ------------------------------------------------------------- */

struct contacts *
contacts_new(struct gateway *gw)
{
	struct contacts *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->rosters);
	list_init(&all->leaving);
	list_init(&all->line);
	timer_init(&all->pace, on_pace);
	return all;
}

static void
drop(struct contacts *all, struct contact *c)
{
	(void)all;
	contact_free(c);
}

/* The store calls nobody back any more: it closes next. */
void
contacts_free(struct contacts **cp)
{
	struct contacts *all = *cp;
	struct map_iter it = { 0 };

	*cp = NULL;
	if (!all)
		return;
	timer_cancel(&all->pace);
	store_cancel(core_store(all->gw->core), all->load);
	for_all(all, drop);
	while (map_next(&all->rosters, &it)) {
		struct roster *r = it.value;

		map_del(&all->rosters, it.key);
		free(r->user);
		free(r);
	}
	map_release(&all->rosters);
	LIST_EACH(&all->leaving, n)
	{
		contact_free(CONTACT(n));
	}
	free(all);
}
