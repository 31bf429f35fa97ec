/*
 * One address of ours in one user's roster.
 */
#include <stdlib.h>

#include "core/contact.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/registration.h"
#include "core/roster.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "core/store.h"
#include "core/watch.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* ---- what is said ----------------------------------------------------- */

static void
send(struct gateway *gw, struct str from, struct str to, const char *type)
{
	(void)component_begin(
	    gw->component, "presence", from, to, type, STR_EMPTY);
	(void)component_end(gw->component, NULL);
}

void
contact_jid(const struct contact *c, struct buf *out)
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
	} else if (!gw->ops->live) {
		services_write_person_caps(gw, w);
	} else if (c->away) {
		xmlw_textel(w, "show", NULL, STR("away"));
		xmlw_textel(w, "status", NULL, str_c(c->away));
	}
}

void
contact_tell(const struct contact *c)
{
	struct gateway *gw = c->roster->all->gw;
	struct buf from;
	struct xmlw *w;

	if (c->roster->shut)
		return;
	contact_jid(c, &from);
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
	contact_jid(c, &from);
	send(c->roster->all->gw, buf_str(&from), str_c(c->roster->user), type);
	buf_release(&from);
}

void
contact_set(struct contact *c, bool here, struct str away)
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
		contact_tell(c);
}

/* ---- life ------------------------------------------------------------- */

void
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

struct session *
contact_session(const struct contact *c)
{
	struct session *s = session_find(
	    c->roster->all->gw, str_c(c->roster->user), str_c(c->network));

	return s && s->state == SESSION_ONLINE ? s : NULL;
}

bool
contact_is_always_there(const struct contact *c)
{
	return c->kind == GW_ADDR_DOMAIN ||
	    (c->kind == GW_ADDR_PERSON && !c->roster->all->gw->ops->live);
}

struct contact *
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
	c->here = (contact_is_always_there(c) && !r->shut) ||
	    (c->kind == GW_ADDR_NETWORK && contact_session(c));
	return c;
}

/* What the store still has to answer for stays until it has. */
static void
leave(struct contact *c)
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

/* ---- subscribing ------------------------------------------------------ */

static struct str
to_address(struct inlet *in)
{
	return jid_node(&in->to);
}

static struct contact *
find_in(struct inlet *in)
{
	return roster_find(
	    in->gw->rosters, jid_bare(&in->from), to_address(in));
}

/*
 * Both ways at once with the gateway and its networks (XEP-0100 4.4), and with
 * people whose pictures clients would not show otherwise.
 */
static void
welcome(struct contact *c)
{
	say(c, "subscribed");
	if (c->kind != GW_ADDR_PERSON || contact_is_always_there(c))
		say(c, "subscribe");
	if (c->here || c->kind != GW_ADDR_PERSON)
		contact_tell(c);
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
		watch_contact(c);
	} else {
		err_set(&err, ERR_BUSY,
		    "%s cannot keep this at the moment; try later",
		    c->roster->all->gw->domain);
		contact_jid(c, &from);
		refuse(c->roster->all->gw, buf_str(&from),
		    str_c(c->roster->user), STR_EMPTY, &err);
		buf_release(&from);
		leave(c);
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

/* Is it something that can be subscribed to? */
static int
check(struct inlet *in, struct err *err)
{
	if (in->at.kind == GW_ADDR_ROOM)
		return err_set(err, ERR_UNSUPPORTED,
		    "a room is joined; it cannot be a contact");
	if (in->at.kind == GW_ADDR_PERSON && in->gw->ops->live &&
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

	if (in->at.kind == GW_ADDR_DOMAIN)
		registration_resume(in->gw, jid_bare(&in->from));
	if (c && !c->saving) {
		/* Not our own again: two who always answer never end. */
		say(c, "subscribed");
		if (c->here || c->kind != GW_ADDR_PERSON)
			contact_tell(c);
		watch_contact(c);
		return;
	}
	if (c) /* its answer is on the way */
		return;
	if (check(in, &err) == 0)
		c = roster_add(in, &err);
	if (c)
		save(c, on_saved);
	else
		refuse(in->gw, jid_bare(&in->to), jid_bare(&in->from), in->id,
		    &err);
}

void
contact_end(struct contact *c)
{
	struct gateway *gw = c->roster->all->gw;
	struct session *s = c->asked ? contact_session(c) : NULL;

	if (c->here) {
		c->here = false;
		contact_tell(c);
	}
	say(c, "unsubscribed");
	store_contact_del(core_store(gw->core), gateway_domain(gw),
	    str_c(c->roster->user), str_c(c->address), NULL, NULL);
	if (s)
		watch_end(s, c);
	leave(c);
}

void
contact_unsubscribe(struct inlet *in)
{
	struct contact *c = find_in(in);

	if (in->at.kind == GW_ADDR_DOMAIN)
		registration_suspend(in->gw, jid_bare(&in->from));
	if (c)
		contact_end(c);
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
		contact_end(c);
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
		c = roster_add(in, NULL);
		if (c)
			save(c, NULL);
	}
	if (!c) {
		tell_stranger(in);
		return;
	}
	list_del(&c->line);
	if (!c->saving)
		contact_tell(c);
	watch_contact(c);
}

void
contact_available(struct inlet *in)
{
	if (in->at.kind != GW_ADDR_PERSON && !find_in(in))
		tell_stranger(in);
}
