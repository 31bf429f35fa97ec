#include "core/stay.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/room.h"
#include "core/session.h"
#include "core/store.h"
#include "xmpp/jid.h"

#define SETTING "stay_connected"

/* What the store calls one of these rooms. */
struct row {
	struct buf jid;  /* "user@domain/" */
	struct buf room; /* local part */
};

static void
row_release(struct row *w)
{
	buf_release(&w->jid);
	buf_release(&w->room);
}

/* -1: no JID can carry the room's name. */
static int
row_init(struct row *w, const struct room *r)
{
	struct session *s = r->s;
	struct gw_address at = { .kind = GW_ADDR_ROOM,
		.network = str_c(s->network),
		.name = str_c(r->name) };
	struct buf full;
	ptrdiff_t sign;

	buf_init(&w->jid, JID_MAX);
	buf_init(&w->room, JID_MAX);
	buf_init(&full, JID_MAX);
	if (instance_jid(s->gw, &at, STR_EMPTY, &full) < 0) {
		buf_release(&full);
		return -1;
	}
	sign = str_find(buf_str(&full), '@');
	buf_add_str(&w->room,
	    str_head(
	        buf_str(&full), sign < 0 ? buf_str(&full).len : (size_t)sign));
	buf_addf(&w->jid, "%s/", s->account->user);
	buf_release(&full);
	return 0;
}

bool
stay_is_wanted(const struct room *r)
{
	return str_is(session_setting(r->s, str_c(r->name), SETTING), "1");
}

static bool
put(struct room *r)
{
	struct gateway *gw = r->s->gw;
	struct store_occupant o = { .gateway = gateway_domain(gw),
		.nick = str_c(r->s->nick),
		.password = secret_str(&r->password) };
	struct row w;
	bool ok = row_init(&w, r) == 0;

	if (ok) {
		o.jid = buf_str(&w.jid);
		o.room = buf_str(&w.room);
		store_occupant_put(core_store(gw->core), &o, NULL, NULL);
	}
	row_release(&w);
	return ok;
}

static void
keep(struct room *r)
{
	struct gateway *gw = r->s->gw;

	if (gw->nstored >= gw->conf->limits.occupants) {
		log_warn(&r->s->log, "client not stored",
		    "room=%s reason=\"limits.occupants\" stored=%zu", r->name,
		    gw->nstored);
		return;
	}
	r->stays = put(r);
	gw->nstored += r->stays;
}

void
stay_store(struct room *r)
{
	if (r->stays)
		(void)put(r);
}

void
stay_forget(struct room *r)
{
	struct gateway *gw = r->s->gw;
	struct row w;

	if (!r->stays)
		return;
	r->stays = false;
	gw->nstored--;
	if (row_init(&w, r) == 0)
		store_occupant_del(core_store(gw->core), gateway_domain(gw),
		    buf_str(&w.jid), buf_str(&w.room), NULL, NULL);
	row_release(&w);
}

void
stay_review(struct room *r)
{
	bool wanted = stay_is_wanted(r);

	if (wanted && !r->stays && r->state == ROOM_JOINED)
		keep(r);
	else if (!wanted)
		stay_forget(r);
}

void
stay_review_all(struct account *a)
{
	struct map_iter si = { 0 };

	while (map_next(&a->sessions, &si)) {
		struct session *s = si.value;
		struct map_iter ri = { 0 };

		while (map_next(&s->rooms, &ri)) {
			struct room *r = ri.value;

			stay_review(r);
			if (!room_is_wanted(r))
				room_abandon(r, STR_EMPTY);
		}
	}
}

bool
stay_is_row(struct str jid)
{
	return str_ends(jid, STR("/"));
}

static int
restore(struct gateway *gw, struct str user, struct str room_jid,
    struct str nick, struct str password, struct err *err)
{
	struct gw_address at;
	struct buf names;
	struct jid who, to;
	struct session *s = NULL;
	struct room *r = NULL;

	buf_init(&names, JID_MAX);
	if (jid_parse(&who, user, err) == 0 &&
	    jid_parse(&to, room_jid, err) == 0 &&
	    instance_address(gw, &to, &names, &at, err) == 0)
		s = session_get(gw, jid_bare(&who), &at, err);
	if (s)
		r = room_get(s, at.name, err);
	buf_release(&names);
	if (!r)
		return -1;
	if (!r->stays)
		gw->nstored++;
	r->stays = true;
	if (password.len && r->state < ROOM_JOINING)
		(void)secret_set(&r->password, password);
	room_enter(r);
	session_start(s, nick);
	return 0;
}

void
stay_restore(struct gateway *gw, struct str jid, struct str room_jid,
    struct str nick, struct str password)
{
	struct str user = str_head(jid, jid.len - 1);
	struct err err = ERR_INIT;

	if (restore(gw, user, room_jid, nick, password, &err) == 0)
		return;
	log_warn(&gw->log, "room not joined again",
	    "user=" STR_FMT " room=" STR_FMT " err=\"%s\" action=\"forget it\"",
	    STR_ARG(user), STR_ARG(room_jid), err.text);
	store_occupant_del(core_store(gw->core), gateway_domain(gw), jid,
	    str_head(room_jid, (size_t)str_find(room_jid, '@')), NULL, NULL);
}
