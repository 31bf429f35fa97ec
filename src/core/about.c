#include "core/about.h"

#include <stdlib.h>

#include "core/access.h"
#include "core/account.h"
#include "core/audit.h"
#include "core/instance.h"
#include "core/operator.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/jid.h"

enum { MARKS_MAX = 512 };

/* ---- who is there ----------------------------------------------------- */

static int
by_user(const void *a, const void *b)
{
	const struct account *const *x = a, *const *y = b;

	return str_cmp(str_c((*x)->user), str_c((*y)->user));
}

/* All accounts in the order of their names; n of them, to be freed. */
static struct account **
accounts(struct gateway *gw, size_t *n_out)
{
	struct account **v =
	    xcalloc(gw->accounts.n + 1, sizeof(struct account *));
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&gw->accounts, &it))
		v[n++] = it.value;
	qsort(v, n, sizeof(*v), by_user);
	*n_out = n;
	return v;
}

static void
add_rooms(const struct session *s, struct buf *out)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (n < OPERATOR_ROOMS_MAX && map_next(&s->rooms, &it)) {
		const struct room *r = it.value;

		buf_addf(out, "%s%s", n++ ? ", " : "; ", r->name);
	}
	if (s->rooms.n > n)
		buf_addf(out, " and %zu more", s->rooms.n - n);
}

void
about_session(struct session *s, struct buf *out)
{
	buf_addf(out, "%s on %s: %s", s->account->user, session_title(s),
	    session_state_name(s->state));
	if (s->nick[0])
		buf_addf(out, " as %s", s->nick);
	if (s->gw->ops->identify) {
		buf_addf(out, "; ");
		s->gw->ops->identify(s, out);
	}
	add_rooms(s, out);
	buf_addc(out, '\n');
}

static bool
is_in_marks(struct session *s, const char *part)
{
	struct buf marks;
	bool found;

	if (!s->gw->ops->identify)
		return false;
	buf_init(&marks, MARKS_MAX);
	s->gw->ops->identify(s, &marks);
	found = marks.len && strstr(marks.p, part);
	buf_release(&marks);
	return found;
}

static bool
is_asked_for(struct session *s, struct str part)
{
	return part.len == 0 || str_eq_nocase(part, str_c(s->network)) ||
	    strstr(s->account->user, part.p) || strstr(s->nick, part.p) ||
	    is_in_marks(s, part.p);
}

/* part ends with a NUL. */
void
about_sessions(struct gateway *gw, struct str part, struct buf *out)
{
	size_t n, i, nshown = 0, nmore = 0;
	struct account **v = accounts(gw, &n);

	for (i = 0; i < n; i++) {
		struct map_iter it = { 0 };

		while (map_next(&v[i]->sessions, &it)) {
			if (!is_asked_for(it.value, part))
				continue;
			if (nshown == OPERATOR_LIST_MAX ||
			    out->len > OPERATOR_TEXT_MAX / 2) {
				nmore++;
				continue;
			}
			nshown++;
			about_session(it.value, out);
		}
	}
	if (nmore > 0)
		buf_addf(
		    out, "and %zu more: ask for a part of an address\n", nmore);
	free(v);
}

/* ---- the page of a network -------------------------------------------- */

struct str
about_contact(struct gateway *gw, struct str network)
{
	return gw->ops->contact ? gw->ops->contact(gw, network) : STR_EMPTY;
}

static void
add_contact(struct gateway *gw, struct str network, struct buf *out)
{
	struct str contact = about_contact(gw, network);

	if (contact.len == 0)
		contact = gw->conf->contact;
	buf_addf(out, "Complaints about users of this gateway: " STR_FMT "\n",
	    STR_ARG(contact.len ? contact : STR("no address is set")));
}

static void
add_pace(const struct gateway *gw, struct buf *out)
{
	const struct config_gateway *c = gw->conf;

	if (c->connect_interval_ms)
		buf_addf(out,
		    "Connections made: %u at once, then one in %lld ms\n",
		    c->connect_burst, (long long)c->connect_interval_ms);
	else
		buf_addf(out, "Connections made: all at once\n");
	buf_addf(out, "Tried again after: %lld to %lld s\n",
	    (long long)c->reconnect_min_ms / 1000,
	    (long long)c->reconnect_max_ms / 1000);
	if (c->idle_days)
		buf_addf(out, "Idle users are disconnected after: %lld days\n",
		    (long long)c->idle_days);
}

static size_t
count(struct gateway *gw, struct str network, size_t *online_out)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	*online_out = 0;
	while (map_next(&gw->accounts, &it)) {
		struct account *a = it.value;
		const struct session *s = map_get(&a->sessions, network);

		n += s != NULL;
		*online_out += s && s->state == SESSION_ONLINE;
	}
	return n;
}

/* Who they are is for those who administer. */
static void
add_users(struct inlet *in, struct buf *out)
{
	struct gateway *gw = in->gw;
	char *network;
	size_t online, n;

	if (!access_is_admin(gw, &in->from))
		return;
	n = count(gw, in->at.network, &online);
	buf_addf(out, "Users: %zu, of them online: %zu\n\n", n, online);
	network = str_dup(in->at.network);
	audit_add(gw->audit, &in->from, "looked at sessions of %s", network);
	about_sessions(gw, str_c(network), out);
	free(network);
}

void
about_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct buf text;

	buf_init(&text, OPERATOR_TEXT_MAX);
	add_contact(in->gw, in->at.network, &text);
	if (in->gw->ops->about)
		in->gw->ops->about(in->gw, in->at.network, &text);
	add_pace(in->gw, &text);
	add_users(in, &text);
	adhoc_finish(call, ADHOC_INFO, str_trim(buf_str(&text)));
	buf_release(&text);
}
