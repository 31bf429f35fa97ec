/*
 * What a user is told of his connections.
 */
#include "core/status.h"
#include "core/access.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/operator.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "xmpp/adhoc.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"

enum {
	STATUS_MAX = 32 * 1024,
	STATUS_ROOMS_MAX = 100,
	STATUS_CLIENTS_MAX = 10
};

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

/* "2026-01-05 10:00 UTC", by the clock that people have. */
static void
add_since(struct buf *b, const struct session *s)
{
	const struct clock *clock = core_clock(s->gw->core);
	char stamp[25];

	if (s->state != SESSION_ONLINE)
		return;
	muc_datetime(clock->utc - (clock->at - s->online_at), stamp);
	buf_addf(b, "Since: %.10s %.5s UTC\n", stamp, stamp + 11);
}

static void
add_clients(struct buf *b, const struct room *r)
{
	size_t n = 0;

	LIST_EACH(&r->occupants, node)
	{
		const char *slash = strchr(OCCUPANT(node)->jid, '/');

		if (n < STATUS_CLIENTS_MAX)
			buf_addf(b, "%s%s", n ? ", " : ": ",
			    slash ? slash + 1 : OCCUPANT(node)->jid);
		n++;
	}
	if (n > STATUS_CLIENTS_MAX)
		buf_addf(b, " and %zu more", n - STATUS_CLIENTS_MAX);
	else if (n == 0)
		buf_addf(b, ": no client");
}

static void
add_rooms(struct buf *b, const struct session *s)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	buf_addf(b, "Rooms: %zu\n", s->rooms.n);
	while (n < STATUS_ROOMS_MAX && map_next(&s->rooms, &it)) {
		const struct room *r = it.value;

		buf_addf(b, "  %s", r->name);
		add_clients(b, r);
		buf_addf(b, "%s\n",
		    r->state == ROOM_JOINED ? "" : " (not inside yet)");
		n++;
	}
}

static void
add_session(struct buf *b, struct session *s)
{
	buf_addf(b, "%s: %s\n", session_title(s), session_state_name(s->state));
	add_since(b, s);
	if (s->gw->ops->status)
		s->gw->ops->status(s, b);
	add_rooms(b, s);
	if (s->last.kind != ERR_NONE)
		buf_addf(b, "Last error: %s\n", s->last.text);
}

/* At a network those to it, at the domain all. */
static size_t
add_sessions(struct buf *b, struct inlet *in)
{
	struct account *a = account_find(in->gw, jid_bare(&in->from));
	struct map_iter it = { 0 };
	size_t n = 0;

	while (a && map_next(&a->sessions, &it)) {
		struct session *s = it.value;

		if (in->at.kind != GW_ADDR_DOMAIN &&
		    !str_is(in->at.network, s->network))
			continue;
		add_session(b, s);
		n++;
	}
	return n;
}

void
status_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct buf b;

	buf_init(&b, STATUS_MAX);
	if (add_sessions(&b, in) == 0)
		buf_addf(&b, "You are not connected.\n");
	if (in->at.kind == GW_ADDR_DOMAIN &&
	    access_is_admin(in->gw, &in->from)) {
		buf_addc(&b, '\n');
		operator_write_totals(in->gw, &b);
	}
	adhoc_finish(call, ADHOC_INFO, str_trim(buf_str(&b)));
	buf_release(&b);
}
