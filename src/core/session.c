/*
 * One XMPP user on one network: logging in, staying, coming back, leaving.
 *
 * Every network is logged in to in the same way; what it tells about its end
 * (why, and whether trying again helps) decides what happens next.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/access.h"
#include "core/account.h"
#include "core/alarm.h"
#include "core/announce.h"
#include "core/arrears.h"
#include "core/away.h"
#include "core/bridge.h"
#include "core/event.h"
#include "core/idle.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/outbox.h"
#include "core/outgoing.h"
#include "core/person.h"
#include "core/registration.h"
#include "core/request.h"
#include "core/room.h"
#include "core/session.h"
#include "core/watch.h"
#include "lib/crypto.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"

enum { SOURCE_MAX = 512 }; /* a network, and an address there */

/* An event that waits until the op it was emitted from has returned. */
struct queued {
	struct list node;
	struct event_copy *copy;
};

#define QUEUED(n) LIST_ENTRY(n, struct queued, node)

static struct clock *
clock_of(const struct session *s)
{
	return core_clock(s->gw->core);
}

static int64_t
now(const struct session *s)
{
	return clock_of(s)->at;
}

static void
set_state(struct session *s, enum session_state state)
{
	log_debug(&s->log, "session", "was=%s is=%s",
	    session_state_name(s->state), session_state_name(state));
	s->state = state;
}

const char *
session_state_name(enum session_state state)
{
	static const char *const name[] = {
		[SESSION_IDLE] = "idle",
		[SESSION_LOADING] = "loading",
		[SESSION_CONNECTING] = "connecting",
		[SESSION_ONLINE] = "online",
		[SESSION_WAITING] = "waiting",
		[SESSION_LEAVING] = "leaving",
	};

	return name[state];
}

/* ---- events ----------------------------------------------------------- */

int
session_emit(struct session *s, const struct gw_event *ev)
{
	struct queued *q;

	if (s->depth == 0) {
		event_handle(s, ev);
		return 0;
	}
	if (s->nqueue >= SESSION_QUEUE_MAX)
		return -1;
	q = xmalloc(sizeof(*q));
	q->copy = event_dup(ev);
	list_add(&s->queue, &q->node);
	s->nqueue++;
	return 0;
}

void
session_enter(struct session *s)
{
	s->depth++;
}

static void
drop_first(struct session *s)
{
	struct queued *q = QUEUED(list_first(&s->queue));

	list_del(&q->node);
	s->nqueue--;
	free(q->copy);
	free(q);
}

/* The outermost op is over: what it emitted is acted on, in order.  What
 * those actions make the network emit goes to the end of the same queue. */
void
session_leave(struct session *s)
{
	struct event_copy *c;

	assert(s->depth > 0);
	if (s->depth > 1 || s->nqueue == 0) {
		s->depth--;
		return;
	}
	while (s->nqueue > 0) {
		c = QUEUED(list_first(&s->queue))->copy;
		QUEUED(list_first(&s->queue))->copy = NULL;
		drop_first(s);
		event_handle(s, &c->ev);
		free(c);
	}
	s->depth--;
}

/* ---- life ------------------------------------------------------------- */

static void on_timer(struct timer *t);

/* For people. */
const char *
session_title(const struct session *s)
{
	return s->network[0] ? s->network : s->gw->ops->title;
}

static void
on_stable(struct timer *t)
{
	struct session *s = TIMER_OWNER(t, struct session, stable);

	backoff_reset(&s->backoff);
	if (!gate_let_in(&s->gw->gates, str_c(s->network), s->online_at))
		return;
	log_info(&s->log, "network lets us in again", "online_ms=%d",
	    SESSION_STABLE_MS);
	alarm_admins(
	    s->gw, "%s lets users of this gateway in again.", session_title(s));
}

struct session *
session_find(struct gateway *gw, struct str user, struct str network)
{
	struct account *a = account_find(gw, user);

	return a ? map_get(&a->sessions, network) : NULL;
}

struct session *
gateway_session(struct gateway *gw, struct str user, struct str network)
{
	return session_find(gw, user, network);
}

static struct session *
session_new(struct account *a, struct str network)
{
	struct session *s = xcalloc(1, sizeof(*s));
	const struct config_gateway *conf = a->gw->conf;

	s->account = a;
	s->gw = a->gw;
	s->network = str_dup(network);
	map_init(&s->rooms);
	map_init(&s->persons);
	list_init(&s->queue);
	list_init(&s->requests);
	list_init(&s->outgoing);
	list_init(&s->gone);
	list_init(&s->check);
	list_init(&s->inbound);
	backlog_init(&s->words);
	timer_init(&s->timer, on_timer);
	timer_init(&s->stable, on_stable);
	timer_init(&s->crowd, arrears_on_crowd_over);
	away_init(s);
	idle_init(s);
	backoff_init(
	    &s->backoff, conf->reconnect_min_ms, conf->reconnect_max_ms);
	log_ctx_init(&s->log, &a->log, "net=%s", s->network);
	if (s->gw->ops->session_size)
		s->priv = xcalloc(1, s->gw->ops->session_size);
	session_set_nick(s, STR_EMPTY);
	map_put(&a->sessions, str_c(s->network), s);
	s->gw->nsession++;
	session_check(s);
	return s;
}

struct session *
session_get(struct gateway *gw, struct str user, const struct gw_address *at,
    struct err *err)
{
	struct account *a;
	struct session *s;
	struct jid who;

	if (core_is_stopping(gw->core)) {
		err_set(err, ERR_BUSY, "%s is being stopped", gw->domain);
		return NULL;
	}
	a = account_get(gw, user, err);
	if (!a)
		return NULL;
	s = map_get(&a->sessions, at->network);
	if (s)
		return s;
	if (gw->is_draining) {
		err_set(err, ERR_BUSY,
		    "%s takes nobody new in for now; try later", gw->domain);
		account_check(a);
		return NULL;
	}
	/* What is restored after a start comes from the store, not from him. */
	if (jid_parse(&who, user, err) < 0 || access_check(gw, &who, err) < 0) {
		account_check(a);
		return NULL;
	}
	if (a->sessions.n >= gw->conf->limits.sessions) {
		err_set(err, ERR_BUSY,
		    "you are connected to %zu networks, more is not allowed",
		    a->sessions.n);
		return NULL;
	}
	bridges_ask(gw->bridges, jid_domain(&who));
	return session_new(a, at->network);
}

static void
session_free(struct session *s)
{
	struct map_iter it = { 0 };
	struct account *a = s->account;

	assert(s->depth == 0 && s->rooms.n == 0);
	timer_cancel(&s->timer);
	timer_cancel(&s->stable);
	timer_cancel(&s->crowd);
	away_release(s);
	idle_release(s);
	backlog_release(&s->words);
	list_del(&s->check);
	while (map_next(&s->persons, &it)) {
		struct person *p = it.value;

		person_free(&p);
	}
	while (s->nqueue)
		drop_first(s);
	inbound_drop(s);
	map_del(&a->sessions, str_c(s->network));
	map_release(&s->persons);
	map_release(&s->rooms);
	s->gw->nsession--;
	free(s->network);
	free(s->spelling);
	free(s->nick);
	free(s->nick_key);
	free(s->wish);
	free(s->priv);
	free(s);
	account_check(a);
}

void
session_drop(struct session *s)
{
	struct map_iter it = { 0 };
	struct err err;

	if (s->state == SESSION_CONNECTING || s->state == SESSION_ONLINE ||
	    s->state == SESSION_LEAVING)
		s->gw->ops->drop(s);
	s->state = SESSION_IDLE;
	err_set(&err, ERR_INTERNAL, "the gateway has stopped");
	while (map_next(&s->rooms, &it)) {
		struct room *r = it.value;

		room_free(&r);
	}
	request_fail_all(s, &err);
	outgoing_fail_all(s, &err);
	session_free(s);
}

void
session_check(struct session *s)
{
	if (!list_is_linked(&s->check))
		list_add(&s->gw->checks, &s->check);
	/* The hook that looks may have run already in this turn. */
	loop_again(core_loop(s->gw->core));
}

/* A word one to one keeps it for a while, a wrong room for a short one. */
static int64_t
kept_until(const struct session *s)
{
	int64_t at = s->talked_at ? s->talked_at + SESSION_TALK_MS : 0;

	return at > s->linger_at ? at : s->linger_at;
}

void
session_linger(struct session *s)
{
	s->linger_at = now(s) + SESSION_LINGER_MS;
}

/* "network address"; false: all come from one address. */
static bool
write_source(struct session *s, struct buf *out)
{
	size_t len;

	buf_addf(out, "%s ", s->network);
	len = out->len;
	if (s->gw->ops->source)
		s->gw->ops->source(s, out);
	return out->len > len;
}

/* A turn that will not be used is somebody else's. */
static void
give_turn_back(struct session *s)
{
	struct gates *gates = &s->gw->gates;
	struct buf source;

	if (s->admitted && s->state == SESSION_WAITING) {
		gate_return(gates, str_c(s->network), s->turn_at);
		buf_init(&source, SOURCE_MAX);
		if (write_source(s, &source))
			gate_return(gates, buf_str(&source), s->own_turn_at);
		buf_release(&source);
	}
	s->admitted = false;
}

void
session_reap(struct session *s)
{
	bool wanted = s->rooms.n > 0 || s->nheld > 0 ||
	    kept_until(s) > now(s) || s->nrequest > 0 || outbox_needs(s);

	list_del(&s->check);
	switch (s->state) {
	case SESSION_IDLE:
		if (s->rooms.n == 0 && s->nrequest == 0 && s->nheld == 0)
			session_free(s);
		break;
	case SESSION_WAITING: /* at the gate with a word for somebody, perhaps */
		if (s->rooms.n > 0 || s->nheld > 0)
			break;
		give_turn_back(s);
		session_free(s);
		break;
	case SESSION_LOADING:
	case SESSION_CONNECTING:
	case SESSION_ONLINE:
		if (!wanted)
			session_end(s, GW_BYE_USER, STR_EMPTY);
		else if (s->state == SESSION_ONLINE && s->rooms.n == 0 &&
		    kept_until(s) > now(s))
			timer_set(&s->timer, clock_of(s), kept_until(s));
		break;
	case SESSION_LEAVING:
		break;
	}
}

/* ---- logging in ------------------------------------------------------- */

static struct str
wish(struct session *s)
{
	return str_c(s->wish ? s->wish : s->nick);
}

static void rooms_lost(
    struct session *s, const struct err *err, bool permanent);

/* The login did not even begin, or ended: the same to all who wait. */
static void
ended(struct session *s, const struct err *err, bool permanent)
{
	struct gw_event ev = {
		.type = GW_EV_OFFLINE, .err = *err, .permanent = permanent
	};

	session_on_offline(s, &ev);
}

int64_t
session_queued_ms(const struct session *s)
{
	return s->state == SESSION_WAITING && s->admitted
	    ? s->timer.due_at - now(s)
	    : 0;
}

/* Once for each time that it is not online. */
static void
tell_wait(struct session *s, int64_t ms)
{
	struct str why = gate_why(&s->gw->gates, str_c(s->network));
	char text[400];

	if (ms < SESSION_TELL_WAIT_MS || s->told_wait)
		return;
	s->told_wait = true;
	if (gate_shut_until(&s->gw->gates, str_c(s->network), now(s)))
		snprintf(text, sizeof(text),
		    "%s turns connections from here away at the moment "
		    "(" STR_FMT "); the next try is in about %d s.",
		    session_title(s), STR_ARG(why), (int)(ms / 1000));
	else
		snprintf(text, sizeof(text),
		    "Many are connecting to %s at the moment; your turn is in "
		    "about %d s.",
		    session_title(s), (int)(ms / 1000));
	inbound_notice(s, STR_EMPTY, str_c(text));
}

/* Nobody can be asked to wait so long for a room. */
static void
refuse_shut_out(struct session *s, int64_t ms)
{
	struct str why = gate_why(&s->gw->gates, str_c(s->network));
	struct err err;

	err_set(&err, ERR_BUSY,
	    "%s turns connections from here away at the moment (" STR_FMT
	    "); try again in %d minutes",
	    session_title(s), STR_ARG(why), (int)(ms / 60000 + 1));
	s->last = err;
	request_fail_all(s, &err);
	outgoing_fail_all(s, &err);
	rooms_lost(s, &err, false);
	session_check(s);
}

static void
wait_at_gate(struct session *s, int64_t at)
{
	struct map_iter it = { 0 };
	int64_t ms = at - now(s);

	s->admitted = true;
	set_state(s, SESSION_WAITING);
	/* The turn is not before its time, whoever is in a hurry. */
	s->ended_at = at;
	timer_set(&s->timer, clock_of(s), at);
	log_info(&s->log, "login queued", "in_ms=%lld", (long long)ms);
	if (ms > SESSION_SHUT_OUT_MS &&
	    gate_shut_until(&s->gw->gates, str_c(s->network), now(s))) {
		refuse_shut_out(s, ms);
		return;
	}
	while (map_next(&s->rooms, &it))
		room_postpone(it.value, at);
	tell_wait(s, ms);
}

/*
 * Networks count by address.  Where users have one each there are two gates,
 * and the network's own may be wider.
 */
static int64_t
reserve_turn(struct session *s)
{
	const struct config_gateway *conf = s->gw->conf;
	struct gates *gates = &s->gw->gates;
	struct str network = str_c(s->network);
	struct buf source;

	buf_init(&source, SOURCE_MAX);
	if (write_source(s, &source)) {
		s->turn_at = gate_reserve(gates, network, conf->network_burst,
		    conf->network_interval_ms, now(s));
		s->own_turn_at = gate_reserve(gates, buf_str(&source),
		    conf->connect_burst, conf->connect_interval_ms, now(s));
	} else {
		s->turn_at = gate_reserve(gates, network, conf->connect_burst,
		    conf->connect_interval_ms, now(s));
		s->own_turn_at = 0;
	}
	buf_release(&source);
	return s->turn_at > s->own_turn_at ? s->turn_at : s->own_turn_at;
}

/* True: others dial before us; the timer is set for our turn. */
static bool
waits_at_gate(struct session *s)
{
	bool admitted = s->admitted;
	int64_t at;

	s->admitted = false;
	/* Nobody is dialled for a login where messages are stored. */
	if (!s->gw->ops->live)
		return false;
	if (admitted && gate_claim(&s->gw->gates, str_c(s->network), now(s)))
		return false;
	at = reserve_turn(s);
	if (at <= now(s))
		return false;
	wait_at_gate(s, at);
	return true;
}

static void
login(struct session *s)
{
	struct err err = ERR_INIT;
	int rc;

	if (waits_at_gate(s))
		return;
	s->forgotten = false;
	set_state(s, SESSION_CONNECTING);
	timer_set(&s->timer, clock_of(s), now(s) + SESSION_LOGIN_MS);
	session_enter(s);
	rc = registration_check(s->gw, session_user(s), &err);
	if (rc == 0)
		rc = s->gw->ops->login(s, wish(s), &err);
	session_leave(s);
	if (rc < 0)
		ended(s, &err, true);
}

void
session_start(struct session *s, struct str nick)
{
	if (nick.len &&
	    (s->state == SESSION_IDLE || s->state == SESSION_LEAVING))
		str_store(&s->wish, nick);
	if (s->state != SESSION_IDLE)
		return;
	if (s->account->state == ACCOUNT_READY) {
		login(s);
		return;
	}
	set_state(s, SESSION_LOADING);
	account_load(s->account);
}

void
session_hurry(struct session *s)
{
	int64_t at = s->ended_at + s->gw->conf->reconnect_min_ms;

	if (s->state == SESSION_WAITING && at < s->timer.due_at)
		timer_set(&s->timer, clock_of(s), at > now(s) ? at : now(s));
}

void
session_account_ready(struct session *s)
{
	if (s->state == SESSION_LOADING)
		login(s);
}

void
session_on_online(struct session *s, const struct gw_event *ev)
{
	struct map_iter it = { 0 };
	struct person *self;

	if (s->state != SESSION_CONNECTING)
		return;
	/* Answers that come at once must not change the rooms under us. */
	session_enter(s);
	set_state(s, SESSION_ONLINE);
	timer_cancel(&s->timer);
	timer_set(&s->stable, clock_of(s), now(s) + SESSION_STABLE_MS);
	s->online_at = now(s);
	s->last = ERR_INIT;
	s->told_loss = s->told_wait = false;
	log_info(&s->log, "online", "nick=" STR_FMT, STR_ARG(ev->text));
	/* Back under another name: to those inside that is a nick change. */
	self = person_find(s, str_c(s->nick));
	if (self && !str_eq(ev->text, str_c(s->nick))) {
		struct gw_event renamed = { .type = GW_EV_PERSON_NICK,
			.person.nick = str_c(s->nick),
			.text = ev->text };

		event_handle(s, &renamed);
	}
	session_set_nick(s, ev->text);
	while (map_next(&s->rooms, &it))
		room_enter(it.value);
	outgoing_release(s);
	outbox_online(s);
	away_begin(s);
	watch_online(s);
	session_check(s);
	session_leave(s);
}

/* ---- ending ----------------------------------------------------------- */

static void
tell_loss(struct session *s, const struct err *err)
{
	struct map_iter it = { 0 };
	char text[400];

	snprintf(text, sizeof(text),
	    "The connection to %s was lost (%s). Messages are refused until "
	    "it is back; that is tried again and again.",
	    session_title(s),
	    err->text[0] ? err->text : "closed by the other side");
	s->told_loss = true;
	while (map_next(&s->rooms, &it))
		if (room_has_inside(it.value))
			announce_notice(it.value, NULL, str_c(text));
}

/* What the end of the connection says to those on the way into a room. */
static enum gw_refusal
refusal_of(const struct err *err)
{
	if (err->kind == ERR_CONFLICT)
		return GW_REFUSED_NICK_IN_USE;
	if (err->kind == ERR_TIMEOUT)
		return GW_REFUSED_TIMEOUT;
	if (err->kind == ERR_UNREACHABLE)
		return GW_REFUSED_UNREACHABLE;
	return GW_REFUSED_OTHER;
}

/* Rooms with nobody inside have nothing to wait for. */
static void
rooms_lost(struct session *s, const struct err *err, bool permanent)
{
	struct map_iter it = { 0 };

	while (map_next(&s->rooms, &it)) {
		struct room *r = it.value;

		room_refuse_joining(r, refusal_of(err), err);
		if (permanent)
			room_expel(r, MUC_CONNECTION_LOST, STR_EMPTY,
			    str_c(err->text));
		else if (!room_has_inside(r) && !timer_is_set(&r->linger) &&
		    !r->stays)
			room_free(&r);
		else
			room_link_lost(r);
	}
}

static void
wait_and_retry(struct session *s)
{
	int64_t delay = backoff_next(&s->backoff, crypto_random_u32());

	set_state(s, SESSION_WAITING);
	s->ended_at = now(s);
	timer_set(&s->timer, clock_of(s), now(s) + delay);
	log_info(&s->log, "login planned", "in_ms=%lld tries=%u",
	    (long long)delay, s->backoff.tries);
}

/* It may mean all of us, which is found out by how many it happens to. */
static void
note_turned_away(struct session *s, const struct err *err)
{
	struct gates *gates = &s->gw->gates;
	struct str network = str_c(s->network);
	int64_t ms = gate_turned_away(
	    gates, network, str_c(s->account->user), str_c(err->text), now(s));

	if (ms == 0)
		return;
	log_warn(&s->log, "network turns us away", "pause_ms=%lld err=\"%s\"",
	    (long long)ms, err->text);
	if (gate_pauses(gates, network) == 1)
		alarm_admins(s->gw,
		    "%s has turned away %d users of this gateway within a "
		    "minute, the last one with: %s. Nobody is connected to it "
		    "for %d s, then one at a time is tried. You will be told "
		    "when it lets users in again.",
		    session_title(s), GATE_USERS, err->text, (int)(ms / 1000));
}

void
session_on_offline(struct session *s, const struct gw_event *ev)
{
	bool asked = s->state == SESSION_LEAVING;
	struct err err = ev->err;

	timer_cancel(&s->timer);
	timer_cancel(&s->stable);
	if (err.kind == ERR_NONE)
		err_set(&err, ERR_UNREACHABLE,
		    "the other side has closed the "
		    "connection");
	log_info(&s->log, "offline", "asked=%s permanent=%s err=\"%s\"",
	    asked ? "yes" : "no", ev->permanent ? "yes" : "no", err.text);
	if (ev->turned_away && !asked)
		note_turned_away(s, &err);
	s->last = err;
	s->online_at = 0;
	set_state(s, SESSION_IDLE);
	request_fail_all(s, &err);
	outgoing_fail_all(s, &err);
	outbox_offline(s, &err, ev->permanent);
	watch_offline(s);
	arrears_on_crowd_over(&s->crowd);
	if (asked) {
		/* Somebody came back meanwhile: begin anew. */
		if (s->rooms.n > 0 && !core_is_stopping(s->gw->core))
			session_start(s, STR_EMPTY);
		session_check(s);
		return;
	}
	rooms_lost(s, &err, ev->permanent);
	if (s->rooms.n > 0) {
		if (!s->told_loss)
			tell_loss(s, &err);
		wait_and_retry(s);
	} else if (err.kind != ERR_NONE && s->talked_at && s->gw->ops->live) {
		inbound_notice(s, STR_EMPTY, str_c(err.text));
	}
	s->talked_at = s->linger_at = 0;
	session_check(s);
}

void
session_end(struct session *s, enum gw_bye why, struct str text)
{
	struct map_iter it = { 0 };
	int status = why == GW_BYE_SHUTDOWN ? MUC_SHUTDOWN : 0;
	struct err err;

	while (map_next(&s->rooms, &it)) {
		if (why == GW_BYE_SHUTDOWN)
			room_suspend(it.value, status, text);
		else
			room_expel(it.value, status, STR_EMPTY, text);
	}
	s->talked_at = s->linger_at = 0;
	s->forgotten |= why == GW_BYE_UNREGISTER;
	give_turn_back(s);
	timer_cancel(&s->stable);
	if (s->state == SESSION_CONNECTING || s->state == SESSION_ONLINE) {
		set_state(s, SESSION_LEAVING);
		timer_set(&s->timer, clock_of(s), now(s) + SESSION_GRACE_MS);
		session_enter(s);
		s->gw->ops->logout(s, why, text);
		session_leave(s);
	} else if (s->state != SESSION_LEAVING) {
		timer_cancel(&s->timer);
		set_state(s, SESSION_IDLE);
		err_set(&err, ERR_UNREACHABLE, "not sent: disconnected");
		outgoing_fail_all(s, &err);
	}
	session_check(s);
}

/* The network did not do in time what it was asked: it is not waited for. */
static void
give_up(struct session *s, const char *what, int waited_ms)
{
	struct err err;

	err_set(&err, ERR_TIMEOUT, "%s within %d s", what, waited_ms / 1000);
	s->gw->ops->drop(s);
	ended(s, &err, false);
}

static void
on_timer(struct timer *t)
{
	struct session *s = TIMER_OWNER(t, struct session, timer);

	switch (s->state) {
	case SESSION_WAITING:
		set_state(s, SESSION_IDLE);
		session_start(s, STR_EMPTY);
		break;
	case SESSION_CONNECTING:
		log_warn(&s->log, "login takes too long", "action=\"end it\"");
		give_up(s, "no login", SESSION_LOGIN_MS);
		break;
	case SESSION_LEAVING:
		log_error(&s->log, "logout takes too long",
		    "kind=%s action=\"end it\"", s->gw->ops->kind);
		give_up(s, "no logout", SESSION_GRACE_MS);
		break;
	case SESSION_ONLINE:
		session_check(s);
		break;
	case SESSION_IDLE:
	case SESSION_LOADING:
		break;
	}
}

/* ---- names ------------------------------------------------------------ */

struct str
session_key(struct session *s, struct str name)
{
	struct buf *key = &s->gw->key;

	buf_clear(key);
	s->gw->ops->fold(s, name, key);
	return buf_str(key);
}

void
session_set_nick(struct session *s, struct str nick)
{
	str_store(&s->nick, str_head(nick, utf8_cut(nick, GW_NAME_MAX)));
	session_refold(s);
}

void
session_refold(struct session *s)
{
	str_store(&s->nick_key, session_key(s, str_c(s->nick)));
}

void
session_spell(struct session *s, struct str bare)
{
	struct gw_address at;
	struct buf names;
	struct jid to;

	if (s->spelling || jid_parse(&to, bare, NULL) < 0)
		return;
	buf_init(&names, JID_MAX);
	if (instance_address(s->gw, &to, &names, &at, NULL) == 0)
		str_store(&s->spelling, at.spelling);
	buf_release(&names);
}

bool
session_is_self(struct session *s, struct str nick)
{
	return str_is(session_key(s, nick), s->nick_key);
}

/* ---- what networks ask ------------------------------------------------ */

void *
session_priv(struct session *s)
{
	return s->priv;
}

struct gateway *
session_gateway(struct session *s)
{
	return s->gw;
}

struct str
session_network(struct session *s)
{
	return str_c(s->network);
}

struct str
session_user(struct session *s)
{
	return str_c(s->account->user);
}

const struct log_ctx *
session_log(struct session *s)
{
	return &s->log;
}

struct str
session_setting(struct session *s, struct str room, const char *name)
{
	const struct gw_setting *table = s->gw->ops->settings;
	struct str network = str_c(s->network), v = STR_EMPTY;

	/* Most users have none, and this is asked with every message. */
	if (s->account->nsetting)
		v = account_nearest(s->account, network, room,
		    /* Addresses have lost the case of letters. */
		    room.len ? session_key(s, room) : STR_EMPTY, name);
	for (; v.len == 0 && table && table->name; table++)
		if (strcmp(table->name, name) == 0)
			return account_default(s->gw, table);
	return v;
}

struct str
session_setting_at(struct session *s, struct str room, const char *name)
{
	return account_setting(s->account, str_c(s->network), room, name);
}

int
session_setting_put(struct session *s, struct str room, const char *name,
    struct str value, struct err *err)
{
	const struct gw_setting *table = s->gw->ops->settings;

	while (table && table->name && strcmp(table->name, name) != 0)
		table++;
	if (!table || !table->name)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no setting %s", name);
	return account_set(
	    s->account, str_c(s->network), room, table, value, NULL, NULL, err);
}
