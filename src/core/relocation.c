#include "core/relocation.h"

#include <stdlib.h>

#include "core/account.h"
#include "core/announce.h"
#include "core/archive.h"
#include "core/arrears.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/room.h"
#include "core/session.h"
#include "core/stay.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

/* ---- our clients ---------------------------------------------------------- */

/* Who waits to be let in is told as of any join that leads elsewhere. */
static void
turn_away(struct occupant *o, struct str name)
{
	struct err err;

	err_set(&err, ERR_GONE, "%s: is called " STR_FMT " now", o->room->name,
	    STR_ARG(name));
	occupant_refuse(o, GW_REFUSED_FORWARD, &err, name);
}

/* True: somebody was inside, and may come after us. */
static bool
send_on(struct room *r, const struct gw_event *ev)
{
	struct session *s = r->s;
	struct gw_address at = { .kind = GW_ADDR_ROOM,
		.network = str_c(s->spelling ? s->spelling : s->network),
		.name = ev->text };
	bool any = r->noccupant > 0;
	struct buf venue;
	struct list *n;

	buf_init(&venue, JID_MAX);
	(void)instance_jid(s->gw, &at, STR_EMPTY, &venue);
	for (n = list_first(&r->occupants); n; n = list_first(&r->occupants)) {
		struct occupant *o = OCCUPANT(n);

		if (o->state == OCCUPANT_JOINING) {
			turn_away(o, ev->text);
			continue;
		}
		announce_moved(o, buf_str(&venue), ev->actor, ev->reason);
		occupant_free(&o);
	}
	buf_release(&venue);
	return any;
}

/* ---- what is kept --------------------------------------------------------- */

/* From one name to another; those of the new name stay. */
struct move {
	struct session *s;
	char *from, *to; /* keys */
};

static void
move_setting(void *arg, struct str network, struct str room, struct str name,
    struct str value)
{
	struct move *m = arg;
	struct account *a = m->s->account;
	const struct gw_setting *what = m->s->gw->ops->settings;

	while (what && what->name && !str_is(name, what->name))
		what++;
	if (!what || !what->name || !str_is(network, m->s->network) ||
	    room.len == 0 || !str_is(session_key(m->s, room), m->from) ||
	    account_setting(a, network, str_c(m->to), what->name).len)
		return;
	/* One too many is as if it had not been set. */
	(void)account_set(
	    a, network, str_c(m->to), what, value, NULL, NULL, NULL);
}

static void
move_settings(struct room *r, struct str name)
{
	struct move m = { .s = r->s,
		.from = str_dup(str_c(r->key)),
		.to = str_dup(session_key(r->s, name)) };

	account_settings(r->s->account, move_setting, &m);
	free(m.from);
	free(m.to);
}

static void
move_room(struct room *r, struct str name)
{
	map_del_value(&r->s->rooms, str_c(r->key), r);
	str_store(&r->name, name);
	str_store(&r->key, session_key(r->s, name));
	map_put(&r->s->rooms, str_c(r->key), r);
}

/* Nobody is there to be sent on; but our user stays in it. */
static void
tell_user(struct room *r, struct str name)
{
	struct err text;

	err_set(&text, ERR_GONE, "%s is called " STR_FMT " now", r->name,
	    STR_ARG(name));
	inbound_notice(r->s, STR_EMPTY, str_c(text.text));
}

/* ---- the event ------------------------------------------------------------ */

static void
go(struct room *r, const struct gw_event *ev)
{
	struct room *twin = room_find(r->s, ev->text);
	bool followed;

	if (twin)
		room_expel(twin, 0, ev->actor,
		    STR("another room has this name now; join it"));
	followed = send_on(r, ev);
	arrears_drop(r);
	if (!followed && r->stays)
		tell_user(r, ev->text);
	stay_forget(r);
	archive_move(r, ev->text);
	move_settings(r, ev->text);
	move_room(r, ev->text);
	room_check(r, followed || timer_is_set(&r->linger), STR_EMPTY);
}

void
relocation_in(struct room *r, const struct gw_event *ev)
{
	bool same = str_is(session_key(r->s, ev->text), r->key);

	if (r->state < ROOM_LISTING)
		return;
	log_info(&r->s->log, "room renamed", "room=%s to=" STR_FMT, r->name,
	    STR_ARG(ev->text));
	if (ev->text.len == 0 || ev->text.len > GW_NAME_MAX)
		room_expel(r, 0, ev->actor,
		    STR("the room has a name now that no address can carry"));
	else if (same)
		str_store(&r->name, ev->text);
	else
		go(r, ev);
}
