/*
 * A room of a network, as one session sees it.
 */
#include <stdlib.h>

#include "core/announce.h"
#include "core/arrears.h"
#include "core/history.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/person.h"
#include "core/request.h"
#include "core/room.h"
#include "core/session.h"
#include "core/stay.h"
#include "lib/xalloc.h"
#include "xmpp/muc.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)
#define MEMBER(n)   LIST_ENTRY(n, struct member, in_room)

struct room *
room_find(struct session *s, struct str name)
{
	return map_get(&s->rooms, session_key(s, name));
}

/* Clients that got lost did not come back. */
static void
on_linger(struct timer *t)
{
	struct room *r = TIMER_OWNER(t, struct room, linger);

	stay_review(r);
	if (!r->stays)
		room_abandon(r, STR_EMPTY);
}

static void
on_retry(struct timer *t)
{
	room_enter(TIMER_OWNER(t, struct room, retry));
}

struct room *
room_get(struct session *s, struct str name, struct err *err)
{
	struct room *r = room_find(s, name);

	if (r)
		return r;
	if (s->rooms.n >= s->gw->conf->limits.rooms) {
		err_set(err, ERR_BUSY,
		    "you are in %zu rooms of %s, more is not allowed",
		    s->rooms.n, s->network);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->s = s;
	r->name = str_dup(name);
	r->key = str_dup(session_key(s, name));
	map_init(&r->members);
	list_init(&r->order);
	list_init(&r->occupants);
	backlog_init(&r->backlog);
	timer_init(&r->linger, on_linger);
	timer_init(&r->retry, on_retry);
	map_put(&s->rooms, str_c(r->key), r);
	history_load(r);
	return r;
}

static void
forget_members(struct room *r)
{
	struct list *n;

	for (n = list_first(&r->order); n; n = list_first(&r->order)) {
		struct member *m = MEMBER(n);

		member_free(&m);
	}
}

static void
drop_occupants(struct room *r)
{
	struct list *n;

	for (n = list_first(&r->occupants); n; n = list_first(&r->occupants)) {
		struct occupant *o = OCCUPANT(n);

		occupant_drop(&o);
	}
}

void
room_free(struct room **rp)
{
	struct room *r = *rp;

	*rp = NULL;
	if (!r)
		return;
	r->s->gw->nstored -= r->stays;
	request_cancel(r->s, r->join);
	history_cancel(r);
	timer_cancel(&r->linger);
	timer_cancel(&r->retry);
	arrears_drop(r);
	drop_occupants(r);
	forget_members(r);
	map_release(&r->members);
	backlog_release(&r->backlog);
	secret_release(&r->password);
	map_del_value(&r->s->rooms, str_c(r->key), r);
	session_check(r->s);
	free(r->name);
	free(r->key);
	free(r->subject);
	free(r->subject_by);
	free(r->subject_was);
	free(r->forward);
	free(r);
}

/* ---- members ---------------------------------------------------------- */

struct member *
room_member(struct room *r, struct str nick)
{
	return map_get(&r->members, session_key(r->s, nick));
}

struct member *
room_self(struct room *r)
{
	return map_get(&r->members, str_c(r->s->nick_key));
}

/* Whose role depends on whether the room is moderated. */
static bool
is_ordinary(const struct member *m)
{
	return m->role == GW_ROLE_MEMBER && m->standing == GW_STANDING_NONE;
}

enum gw_role
member_role(const struct member *m)
{
	bool moderated = m->room->flags & GW_ROOM_MODERATED;

	return moderated && is_ordinary(m) ? GW_ROLE_VISITOR : m->role;
}

void
member_free(struct member **mp)
{
	struct member *m = *mp;
	struct person *p;

	*mp = NULL;
	if (!m)
		return;
	p = m->person;
	list_del(&m->in_room);
	m->room->s->nmember--;
	if (p) {
		map_del_value(&m->room->members, str_c(p->key), m);
		list_del(&m->in_person);
		person_check(p);
	}
	free(m);
}

static struct member *
member_get(struct room *r, struct str nick, bool *is_new_out)
{
	struct person *p = person_get(r->s, nick);
	struct member *m = map_get(&r->members, str_c(p->key));

	*is_new_out = m == NULL;
	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	m->room = r;
	m->person = p;
	r->s->nmember++;
	list_add(&r->order, &m->in_room);
	list_add(&p->members, &m->in_person);
	map_put(&r->members, str_c(p->key), m);
	return m;
}

/* A server may list people without end: those over the ceiling are unknown. */
static bool
is_over(struct room *r, struct str nick)
{
	struct session *s = r->s;

	if (s->nmember < SESSION_MEMBERS_MAX || room_member(r, nick))
		return false;
	if (!s->crowded)
		log_warn(&s->log, "too many people", "room=%s max=%d", r->name,
		    SESSION_MEMBERS_MAX);
	s->crowded = true;
	return true;
}

/* During the first listing nobody is inside to be told. */
static void
set_standing(struct member *m, const struct gw_event *ev, bool is_new)
{
	bool changed =
	    is_new || m->role != ev->role || m->standing != ev->standing;

	m->role = ev->role;
	m->standing = ev->standing;
	if (changed)
		arrears_member(m->room, m, is_new);
}

void
room_on_member(struct room *r, const struct gw_event *ev)
{
	struct member *m;
	bool is_new;

	if (r->state < ROOM_LISTING || ev->person.nick.len == 0 ||
	    ev->person.nick.len > GW_NAME_MAX || is_over(r, ev->person.nick))
		return;
	m = member_get(r, ev->person.nick, &is_new);
	if (!m->fresh)
		identity_fix(m, &ev->person);
	(void)person_learn(m->person, &ev->person);
	m->fresh = true;
	set_standing(m, ev, is_new);
}

void
room_on_standing(struct room *r, const struct gw_event *ev)
{
	struct member *m = room_member(r, ev->person.nick);

	if (m && r->state >= ROOM_LISTING)
		set_standing(m, ev, false);
}

static const int left_status[] = {
	[GW_LEFT_PART] = 0,
	[GW_LEFT_KICK] = MUC_KICKED,
	[GW_LEFT_BAN] = MUC_BANNED,
	[GW_LEFT_LINK] = 0,
	[GW_LEFT_FORWARD] = 0,
};

void
room_on_member_left(struct room *r, const struct gw_event *ev)
{
	struct member *m = room_member(r, ev->person.nick);

	if (!m)
		return;
	if (ev->left == GW_LEFT_BAN)
		m->standing = GW_STANDING_OUTCAST;
	arrears_gone(r, m, left_status[ev->left], ev->actor, ev->text);
	member_free(&m);
}

/* ---- going in --------------------------------------------------------- */

bool
room_is_wanted(const struct room *r)
{
	return r->noccupant > 0 || timer_is_set(&r->linger) || r->stays;
}

bool
room_has_inside(const struct room *r)
{
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state != OCCUPANT_JOINING)
			return true;
	}
	return false;
}

void
room_refuse_joining(struct room *r, enum gw_refusal why, const struct err *err)
{
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state == OCCUPANT_JOINING)
			occupant_refuse(
			    OCCUPANT(n), why, err, str_c(r->forward));
	}
}

/*
 * Who was inside before the link broke keeps the place while the reason may
 * pass by itself: the link is about to break again, or the server is busy.
 */
static bool
is_kept(const struct room *r, enum gw_refusal why)
{
	return (why == GW_REFUSED_UNREACHABLE || why == GW_REFUSED_TIMEOUT) &&
	    (room_has_inside(r) || r->stays);
}

/* The join ended outside. */
static void
refused(struct room *r, const struct err *err)
{
	struct clock *clock = core_clock(r->s->gw->core);
	enum gw_refusal why = r->refusal;

	if (err->kind == ERR_TIMEOUT)
		why = GW_REFUSED_TIMEOUT;
	log_info(&r->s->log, "room refused", "room=%s err=\"%s\"", r->name,
	    err->text);
	room_refuse_joining(r, why, err);
	if (is_kept(r, why)) {
		r->state = ROOM_WAITING;
		timer_set(&r->retry, clock, clock->at + ROOM_RETRY_MS);
		return;
	}
	session_linger(r->s);
	room_expel(r, MUC_KICKED, STR_EMPTY, str_c(err->text));
}

static void
on_join_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct room *r = to->obj;

	/* The link is lost: what that means for rooms is decided for all. */
	if (s->state != SESSION_ONLINE)
		return;
	if (done->err.kind != ERR_NONE)
		refused(r, &done->err);
	else if (r->state != ROOM_JOINED) {
		/* The network says yes and never let us in. */
		struct err err;

		err_set(&err, ERR_PROTOCOL,
		    "%s: the join ended without the "
		    "room",
		    r->name);
		refused(r, &err);
	}
}

int64_t
room_patience(const struct room *r)
{
	return (int64_t)(r->s->rooms.n - 1) * ROOM_JOIN_EACH_MS;
}

void
room_postpone(struct room *r, int64_t at)
{
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state == OCCUPANT_JOINING)
			timer_set(&OCCUPANT(n)->deadline,
			    core_clock(r->s->gw->core),
			    at + OCCUPANT_JOIN_MS + room_patience(r));
	}
}

void
room_enter(struct room *r)
{
	struct gw_req req = { .kind = GW_REQ_JOIN,
		.room = str_c(r->name),
		.nick = str_c(r->s->nick),
		.text = secret_str(&r->password) };
	struct request_to to = {
		.done = on_join_done, .obj = r, .slot = &r->join
	};

	if (r->state == ROOM_IDLE)
		r->state = ROOM_WAITING;
	if (r->state != ROOM_WAITING || r->s->state != SESSION_ONLINE)
		return;
	timer_cancel(&r->retry);
	r->state = ROOM_JOINING;
	r->refusal = GW_REFUSED_OTHER;
	str_store(&r->forward, STR_EMPTY);
	/* The answer may come at once, and end the room. */
	request_start(r->s, &req, ROOM_JOIN_MS + room_patience(r), &to);
}

/* We are a member by being let in, also where no list says so. */
static void
add_self(struct room *r)
{
	bool is_new;
	struct member *self = member_get(r, str_c(r->s->nick), &is_new);

	if (is_new)
		self->role = GW_ROLE_MEMBER;
	identity_fix(self, &(struct gw_person){ .nick = STR_EMPTY });
	self->fresh = true;
}

void
room_on_joined(struct room *r, const struct gw_event *ev)
{
	/* WAITING: let in when we no longer counted on it. */
	if (r->state != ROOM_JOINING && r->state != ROOM_WAITING)
		return;
	/* A join that was given up before this one; its leave follows. */
	if (r->state == ROOM_JOINING && ev->req && ev->req != r->join)
		return;
	timer_cancel(&r->retry);
	r->state = ROOM_LISTING;
	str_store(&r->name, ev->room);
	free(r->subject_was);
	r->subject_was = r->subject;
	r->subject = NULL;
	LIST_EACH(&r->order, n)
	{
		MEMBER(n)->fresh = false;
	}
	add_self(r);
}

/* Who was here before the link broke and was not reported again is gone. */
static void
sweep(struct room *r)
{
	LIST_EACH(&r->order, n)
	{
		struct member *m = MEMBER(n);

		if (m->fresh)
			continue;
		arrears_gone(r, m, 0, STR_EMPTY,
		    STR("gone when the connection came back"));
		member_free(&m);
	}
}

/* Those inside have seen the members change; now the rest. */
static void
tell_return(struct room *r)
{
	if (!str_eq(str_c(r->subject), str_c(r->subject_was)))
		announce_subject(r, NULL);
	announce_notice(r, NULL, STR("The connection is back."));
}

void
room_let_in(struct room *r)
{
	if (r->state != ROOM_JOINED || history_is_awaited(r))
		return;
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state == OCCUPANT_JOINING)
			occupant_enter(OCCUPANT(n));
	}
}

void
room_on_members_end(struct room *r, const struct gw_event *ev)
{
	(void)ev;
	if (r->state != ROOM_LISTING)
		return;
	sweep(r);
	r->state = ROOM_JOINED;
	log_info(&r->s->log, "room joined", "room=%s members=%zu", r->name,
	    r->members.n);
	if (r->again && room_has_inside(r))
		tell_return(r);
	str_store(&r->subject_was, STR_EMPTY);
	r->again = true;
	stay_review(r);
	room_let_in(r);
}

void
room_on_refused(struct room *r, const struct gw_event *ev)
{
	if (r->state != ROOM_JOINING)
		return;
	r->refusal = ev->refusal;
	str_store(&r->forward, ev->text);
}

/* ---- going out -------------------------------------------------------- */

void
room_abandon(struct room *r, struct str reason)
{
	struct gw_req req = {
		.kind = GW_REQ_LEAVE, .room = str_c(r->name), .text = reason
	};
	struct request_to to = { .done = request_ignore };
	struct session *s = r->s;
	bool inside = r->state >= ROOM_JOINING && s->state == SESSION_ONLINE;

	stay_forget(r);
	/* A network that says LEFT at once must not find the room. */
	session_enter(s);
	if (inside && s->gw->ops->request[GW_REQ_LEAVE])
		request_start(s, &req, REQUEST_MS, &to);
	log_info(&s->log, "room left", "room=%s", r->name);
	room_free(&r);
	session_leave(s);
}

void
room_check(struct room *r, bool lost, struct str reason)
{
	struct clock *clock = core_clock(r->s->gw->core);

	if (r->noccupant > 0)
		return;
	stay_review(r);
	if (r->stays)
		return;
	if (lost)
		timer_set(&r->linger, clock, clock->at + ROOM_LINGER_MS);
	else
		room_abandon(r, reason);
}

static void
send_out(struct room *r, int status, struct str actor, struct str reason,
    bool forget)
{
	struct list *n;

	if (forget)
		stay_forget(r);
	for (n = list_first(&r->occupants); n; n = list_first(&r->occupants)) {
		struct occupant *o = OCCUPANT(n);

		if (o->state == OCCUPANT_JOINING) {
			struct err err;

			err_set(
			    &err, ERR_UNREACHABLE, STR_FMT, STR_ARG(reason));
			occupant_refuse(
			    o, GW_REFUSED_UNREACHABLE, &err, STR_EMPTY);
			continue;
		}
		announce_out(o, status, actor, reason);
		if (forget)
			occupant_free(&o);
		else
			occupant_drop(&o);
	}
	room_free(&r);
}

void
room_expel(struct room *r, int status, struct str actor, struct str reason)
{
	send_out(r, status, actor, reason, true);
}

void
room_suspend(struct room *r, int status, struct str reason)
{
	send_out(r, status, STR_EMPTY, reason, false);
}

void
room_on_left(struct room *r, const struct gw_event *ev)
{
	/* Not inside: the echo of a leave that came before this join. */
	if (r->state < ROOM_LISTING || ev->left == GW_LEFT_LINK)
		return;
	log_info(&r->s->log, "room lost", "room=%s reason=\"" STR_FMT "\"",
	    r->name, STR_ARG(ev->text));
	room_expel(r,
	    ev->left == GW_LEFT_PART ? MUC_KICKED : left_status[ev->left],
	    ev->actor, ev->text);
}

void
room_link_lost(struct room *r)
{
	timer_cancel(&r->retry);
	r->state = ROOM_WAITING;
}

/* ---- what it is like -------------------------------------------------- */

void
room_on_subject(struct room *r, const struct gw_event *ev)
{
	if (r->state < ROOM_LISTING)
		return;
	str_store(&r->subject, ev->text);
	str_store(&r->subject_by, ev->actor);
	r->subject_utc = ev->at_utc;
	if (r->state != ROOM_JOINED || !ev->on)
		return;
	arrears_settle_nick(r, ev->actor);
	announce_subject(r, NULL);
}

/* The way back in, also after a restart; one that is gone harms nobody. */
static void
learn_password(struct room *r, struct str password)
{
	if (password.len == 0 || str_eq(password, secret_str(&r->password)) ||
	    secret_set(&r->password, password) < 0)
		return;
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->stored)
			occupant_store(OCCUPANT(n));
	}
	stay_store(r);
}

/* All who may or may not speak now. */
static void
show_ordinary(struct room *r)
{
	LIST_EACH(&r->order, n)
	{
		if (is_ordinary(MEMBER(n)))
			arrears_member(r, MEMBER(n), false);
	}
}

void
room_on_flags(struct room *r, const struct gw_event *ev)
{
	unsigned changed = r->flags ^ ev->flags;

	r->flags = ev->flags;
	learn_password(r, ev->text);
	if (changed && r->state == ROOM_JOINED)
		announce_config(r);
	if (changed & GW_ROOM_MODERATED)
		show_ordinary(r);
}
