/*
 * People in rosters are watched on their networks.
 */
#include <stdlib.h>

#include "core/contact.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/request.h"
#include "core/roster.h"
#include "core/session.h"
#include "core/watch.h"
#include "lib/xalloc.h"

#define CONTACT(n) LIST_ENTRY(n, struct contact, node)

/* ---- watching --------------------------------------------------------- */

static void watch_next(struct session *s);

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

void
watch_end(struct session *s, const struct contact *gone)
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

void
watch_contact(struct contact *c)
{
	struct session *s =
	    c->kind == GW_ADDR_PERSON && !c->asked ? contact_session(c) : NULL;

	if (s)
		watch_next(s);
}

/* ---- what the network says -------------------------------------------- */

static void
for_network(struct session *s, void (*fn)(struct contact *c))
{
	struct roster *r = roster_of(s);

	if (!r)
		return;
	LIST_EACH(&r->contacts, n)
	{
		if (str_is(session_network(s), CONTACT(n)->network))
			fn(CONTACT(n));
	}
}

static void
login_begins(struct contact *c)
{
	c->asked = false;
	if (c->kind == GW_ADDR_NETWORK)
		contact_set(c, true, STR_EMPTY);
}

static void
login_ends(struct contact *c)
{
	if (c->kind != GW_ADDR_DOMAIN)
		contact_set(c, false, STR_EMPTY);
}

void
watch_online(struct session *s)
{
	s->watching = false;
	for_network(s, login_begins);
	watch_next(s);
}

void
watch_offline(struct session *s)
{
	s->watching = false;
	for_network(s, login_ends);
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
	contact_set(c, true, away);
}

static void
on_gone(struct session *s, struct contact *c, const struct gw_event *ev)
{
	(void)s;
	(void)ev;
	contact_set(c, false, STR_EMPTY);
}

void
watch_on_seen(struct session *s, const struct gw_event *ev)
{
	for_nick(s, ev, ev->on ? on_here : on_gone);
}

static void
on_away(struct session *s, struct contact *c, const struct gw_event *ev)
{
	(void)s;
	if (c->here)
		contact_set(c, true, ev->on ? ev->text : STR_EMPTY);
}

void
watch_on_away(struct session *s, const struct gw_event *ev)
{
	for_nick(s, ev, on_away);
}
