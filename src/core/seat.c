/*
 * One seat: how it gets inside, and how it is noticed that it is not.
 *
 * XEP-0030 2.5		is the room there, has it an archive
 * XEP-0045 1.34	7.2 entering, 7.14 leaving
 * XEP-0410 1.1		self-ping
 */
#include "core/inbox.h"
#include "core/posts.h"
#include "core/seat_base.h"
#include "core/services.h"
#include "lib/log.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

enum { SCRATCH_MAX = 4096, TEXT_MAX = 120 };

/* ---- states ----------------------------------------------------------- */

static bool
is_entering(enum seat_state state)
{
	return state == SEAT_ASKING || state == SEAT_ENTERING;
}

static void
set_state(struct seat *s, enum seat_state state)
{
	bool was_inside = s->state == SEAT_INSIDE;

	s->all->nentering -= is_entering(s->state);
	s->all->nentering += is_entering(state);
	s->state = state;
	if (was_inside != (state == SEAT_INSIDE))
		s->since_at = seat_clock(s)->at;
}

static void
wait_ms(struct seat *s, int64_t ms)
{
	struct clock *clock = seat_clock(s);

	timer_set(&s->due, clock, clock->at + ms);
}

static void
stop_asking(struct seat *s)
{
	if (s->ask)
		iq_cancel(services_iqs(s->all->gw), s->ask);
	s->ask = 0;
}

/* The same reason is not news. */
static void
log_out(const struct seat *s, const struct err *err, bool was_inside)
{
	if (err->kind == ERR_NONE ||
	    (!was_inside && strcmp(s->err.text, err->text) == 0))
		return;
	log_warn(&s->all->gw->log, "not in a room",
	    "room=%s seat=\"%s\" why=\"%s\"", s->room, s->name, err->text);
}

void
seat_goes_out(struct seat *s, enum seat_again again, const struct err *err)
{
	bool was_inside = s->state == SEAT_INSIDE;

	if (was_inside && seat_clock(s)->at - s->since_at >= SEAT_STAYED_MS) {
		backoff_reset(&s->quick);
		backoff_reset(&s->slow);
	}
	stop_asking(s);
	timer_cancel(&s->due);
	set_state(s, SEAT_OUT);
	s->is_settled = false;
	s->nsilent = 0;
	seat_people_clear(s);
	seat_lookups_drop(s);
	if (again != SEAT_AGAIN_NEVER) {
		struct backoff *b =
		    again == SEAT_AGAIN_SLOW ? &s->slow : &s->quick;

		log_out(s, err, was_inside);
		wait_ms(s, backoff_next(b, str_spread(str_c(s->key))));
	}
	s->err = *err;
	posts_seat_left(s->all->gw, str_c(s->key));
}

/* ---- entering --------------------------------------------------------- */

/* The nick that it asks for: the wish, or one like it. */
static void
choose_nick(struct seat *s)
{
	char text[SEAT_NICK_BYTES + 8];

	if (s->ntaken == 0)
		str_store(&s->nick, str_c(s->wish));
	else {
		snprintf(text, sizeof(text), "%s_%u", s->wish, s->ntaken + 1);
		str_store(&s->nick, str_c(text));
	}
}

/* -1: there is no such address. */
static int
inside_jid(const struct seat *s, struct jid *out, struct err *err)
{
	struct jid room;

	if (jid_parse(&room, str_c(s->room), err) < 0)
		return -1;
	return jid_make(
	    out, jid_node(&room), jid_domain(&room), str_c(s->nick), err);
}

/* What was posted before and not seen, it may show now. */
static void
write_history(const struct seat *s, struct xmlw *w)
{
	int64_t since = posts_unsure_since(s->all->gw, str_c(s->key));
	char stamp[25];

	xmlw_open(w, "history", NULL);
	if (since) {
		muc_datetime(since, stamp);
		xmlw_attr_c(w, "since", stamp);
	} else {
		xmlw_attr_c(w, "maxstanzas", "0");
	}
	xmlw_close(w);
}

static void
join(struct seat *s)
{
	struct component *c = s->all->gw->component;
	struct err err = ERR_INIT;
	struct jid to;
	struct xmlw *w;

	choose_nick(s);
	if (inside_jid(s, &to, &err) < 0) {
		seat_goes_out(s, SEAT_AGAIN_SLOW, &err);
		return;
	}
	/* As the room will write it. */
	str_store(&s->nick, jid_resource(&to));
	set_state(s, SEAT_ENTERING);
	w = component_begin(
	    c, "presence", str_c(s->own), jid_full(&to), NULL, STR_EMPTY);
	xmlw_open(w, "x", NS_MUC);
	write_history(s, w);
	if (s->password.len)
		xmlw_textel(w, "password", NULL, secret_str(&s->password));
	xmlw_close(w);
	if (component_end(c, &err) < 0)
		seat_goes_out(s, SEAT_AGAIN_QUICK, &err);
	else
		wait_ms(s, SEAT_ANSWER_MS);
}

static bool
has_feature(const struct stanza *answer, const char *var)
{
	const struct stanza *query =
	    stanza_child(answer, "query", NS_DISCO_INFO);
	const struct stanza *f =
	    query ? stanza_child(query, "feature", NULL) : NULL;

	while (f && !str_is(stanza_attr(f, "var"), var))
		f = stanza_next(f, "feature", NULL);
	return f != NULL;
}

/* Only that it is not there, or cannot be asked, keeps us from entering. */
static void
on_info(const struct stanza *answer, void *arg)
{
	struct seat *s = arg;
	struct stanza_error e = { .condition = STR_EMPTY };
	struct err err = ERR_INIT;
	struct buf scratch;
	enum seat_again again = SEAT_AGAIN_QUICK;

	s->ask = 0;
	buf_init(&scratch, SCRATCH_MAX);
	if (!answer)
		err_set(&err, ERR_TIMEOUT, "%s does not answer", s->room);
	else if (stanza_error_read(answer, &e, &scratch)) {
		if (str_is(e.condition, "item-not-found")) {
			again = SEAT_AGAIN_SLOW;
			err_set(&err, ERR_NOT_FOUND,
			    "there is no room %s; create it, and it will be "
			    "entered",
			    s->room);
		} else if (str_starts(e.condition, STR("remote-server-"))) {
			err_set(&err, ERR_UNREACHABLE,
			    "the server of %s cannot be reached (" STR_FMT ")",
			    s->room, STR_ARG(e.condition));
		}
	}
	buf_release(&scratch);
	s->has_archive = answer && has_feature(answer, NS_MAM);
	s->has_ids = answer && has_feature(answer, FEATURE_MAM_EXTENDED);
	if (err.kind != ERR_NONE)
		seat_goes_out(s, again, &err);
	else
		join(s);
}

static void
ask_room(struct seat *s)
{
	struct gateway *gw = s->all->gw;
	struct err err = ERR_INIT;
	struct xmlw *w;

	s->ask = iq_send(services_iqs(gw), gw->component, "get", str_c(s->own),
	    str_c(s->room), SEAT_ANSWER_MS, on_info, s, &w);
	if (!s->ask) {
		err_set(&err, ERR_BUSY, "too many questions are open");
		seat_goes_out(s, SEAT_AGAIN_QUICK, &err);
		return;
	}
	xmlw_leaf(w, "query", NS_DISCO_INFO);
	iq_send_done(gw->component);
}

void
seat_enter(struct seat *s)
{
	if (s->state != SEAT_OUT || !s->all->is_up)
		return;
	if (s->all->nentering >= SEATS_ENTERING_MAX ||
	    !inbox_is_loaded(s->all->gw->inbox)) {
		wait_ms(s, SEATS_ENTERING_MS);
		return;
	}
	timer_cancel(&s->due);
	s->ntaken = 0;
	set_state(s, SEAT_ASKING);
	ask_room(s);
}

/* ---- answers ---------------------------------------------------------- */

void
seat_settles(struct seat *s)
{
	if (s->is_settled)
		return;
	s->is_settled = true;
	wait_ms(s, SEAT_SILENCE_MS);
	posts_seat_settled(s->all->gw, str_c(s->key));
}

void
seat_is_inside(struct seat *s, struct str nick)
{
	bool was_inside = s->state == SEAT_INSIDE;

	str_store(&s->nick, nick);
	if (was_inside)
		return;
	set_state(s, SEAT_INSIDE);
	s->is_settled = false;
	s->err = ERR_INIT;
	wait_ms(s, SEAT_SUBJECT_MS);
	log_info(&s->all->gw->log, "in a room",
	    "room=%s seat=\"%s\" nick=\"%s\"", s->room, s->name, s->nick);
}

/* What the conditions of XEP-0045 7.2 say to somebody who can do something. */
struct refusal {
	const char *condition;
	enum err_kind kind;
	enum seat_again again;
	const char *text;
};

static const struct refusal refusals[] = {
	{ "not-authorized", ERR_AUTH, SEAT_AGAIN_SLOW,
	    "wants another password" },
	{ "forbidden", ERR_DENIED, SEAT_AGAIN_SLOW, "has banned us" },
	{ "registration-required", ERR_DENIED, SEAT_AGAIN_SLOW,
	    "lets only members in; make us one" },
	{ "item-not-found", ERR_NOT_FOUND, SEAT_AGAIN_SLOW,
	    "does not exist, or is not set up yet" },
	{ "not-allowed", ERR_NOT_FOUND, SEAT_AGAIN_SLOW,
	    "does not exist, and we may not create it" },
	{ "not-acceptable", ERR_BAD_INPUT, SEAT_AGAIN_SLOW,
	    "does not take our nick" },
	{ "jid-malformed", ERR_BAD_INPUT, SEAT_AGAIN_SLOW,
	    "does not take our nick" },
	{ "gone", ERR_GONE, SEAT_AGAIN_SLOW, "is no more" },
	{ "redirect", ERR_GONE, SEAT_AGAIN_SLOW, "has moved" },
	{ "conflict", ERR_CONFLICT, SEAT_AGAIN_QUICK,
	    "has no nick like ours left" },
	{ "service-unavailable", ERR_BUSY, SEAT_AGAIN_QUICK,
	    "is full, or its service does not work" },
};

static const struct refusal any_refusal = { NULL, ERR_UNREACHABLE,
	SEAT_AGAIN_QUICK, "cannot be entered" };

static const struct refusal *
refusal_of(struct str condition)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (str_is(condition, refusals[i].condition))
			return &refusals[i];
	return &any_refusal;
}

/* "the room ... has moved: what it says, now xmpp:..." */
static void
explain(const struct seat *s, const struct refusal *r,
    const struct stanza_error *e, struct err *err)
{
	struct str text = e->text.len ? e->text : e->condition;

	err_set(err, r->kind, "the room %s %s: " STR_FMT "%s" STR_FMT, s->room,
	    r->text, STR_ARG(str_head(text, TEXT_MAX)),
	    e->uri.len ? ", now " : "", STR_ARG(str_head(e->uri, TEXT_MAX)));
}

void
seat_is_refused(struct seat *s, const struct stanza *presence)
{
	struct stanza_error e = { .condition = STR_EMPTY };
	const struct refusal *r;
	struct err err = ERR_INIT;
	struct buf scratch;

	buf_init(&scratch, SCRATCH_MAX);
	(void)stanza_error_read(presence, &e, &scratch); /* else all is empty */
	r = refusal_of(e.condition);
	if (s->state == SEAT_ENTERING && r->kind == ERR_CONFLICT &&
	    s->ntaken + 1 < SEAT_NICKS) {
		s->ntaken++;
		join(s);
	} else {
		explain(s, r, &e, &err);
		seat_goes_out(s, r->again, &err);
	}
	buf_release(&scratch);
}

void
seat_is_out(struct seat *s, const struct err *err)
{
	if (s->state == SEAT_INSIDE)
		seat_goes_out(s, SEAT_AGAIN_QUICK, err);
}

/* ---- silence ---------------------------------------------------------- */

static void ask_whether_inside(struct seat *s);

/* XEP-0410 3: what says that we are, what says nothing. */
static bool
says_inside(struct str condition)
{
	return str_is(condition, "service-unavailable") ||
	    str_is(condition, "feature-not-implemented") ||
	    str_is(condition, "item-not-found");
}

static void
nobody_answers(struct seat *s)
{
	struct err err;

	if (++s->nsilent < SEAT_PINGS) {
		ask_whether_inside(s);
		return;
	}
	err_set(&err, ERR_TIMEOUT, "the room %s has fallen silent", s->room);
	seat_goes_out(s, SEAT_AGAIN_QUICK, &err);
}

static void
on_pong(const struct stanza *answer, void *arg)
{
	struct seat *s = arg;
	struct stanza_error e = { .condition = STR_EMPTY };
	struct err err;
	struct buf scratch;

	s->ask = 0;
	buf_init(&scratch, SCRATCH_MAX);
	if (answer)
		(void)stanza_error_read(answer, &e, &scratch);
	if (!answer || str_starts(e.condition, STR("remote-server-"))) {
		nobody_answers(s);
	} else if (e.condition.len && !says_inside(e.condition)) {
		err_set(&err, ERR_NOT_INSIDE,
		    "the room %s had put us out without a word", s->room);
		seat_goes_out(s, SEAT_AGAIN_QUICK, &err);
	} else {
		s->nsilent = 0;
		s->heard_at = seat_clock(s)->at;
		wait_ms(s, SEAT_SILENCE_MS);
		posts_seat_answers(s->all->gw, str_c(s->key), s->asked_at);
	}
	buf_release(&scratch);
}

static void
ask_whether_inside(struct seat *s)
{
	struct gateway *gw = s->all->gw;
	struct xmlw *w = NULL;
	struct jid to;

	s->asked_at = seat_clock(s)->at;
	if (inside_jid(s, &to, NULL) == 0)
		s->ask = iq_send(services_iqs(gw), gw->component, "get",
		    str_c(s->own), jid_full(&to), SEAT_ANSWER_MS, on_pong, s,
		    &w);
	if (!w) {
		wait_ms(s, SEAT_ANSWER_MS); /* too many questions are open */
		return;
	}
	timer_cancel(&s->due);
	xmlw_leaf(w, "ping", NS_PING);
	iq_send_done(gw->component);
}

void
seat_expects(struct seat *s, int64_t ms)
{
	int64_t at = seat_clock(s)->at + ms;

	if (s->state == SEAT_INSIDE && s->is_settled && timer_is_set(&s->due) &&
	    s->due.due_at > at)
		wait_ms(s, ms);
}

/* Inside and settled: silence, or something that was posted is missing. */
static void
look_around(struct seat *s)
{
	int64_t due = s->heard_at + SEAT_SILENCE_MS;
	int64_t missed = posts_missed_at(s->all->gw, str_c(s->key));
	int64_t left = (missed < due ? missed : due) - seat_clock(s)->at;

	if (left > 0)
		wait_ms(s, left);
	else
		ask_whether_inside(s);
}

static void
on_due(struct timer *t)
{
	struct seat *s = TIMER_OWNER(t, struct seat, due);
	struct err err;

	switch (s->state) {
	case SEAT_OUT:
		seat_enter(s);
		break;
	case SEAT_ASKING:
		break; /* its iq has a deadline */
	case SEAT_ENTERING:
		err_set(&err, ERR_TIMEOUT,
		    "the room %s did not let us in within %d s", s->room,
		    SEAT_ANSWER_MS / 1000);
		seat_goes_out(s, SEAT_AGAIN_QUICK, &err);
		break;
	case SEAT_INSIDE:
		if (s->is_settled)
			look_around(s);
		else
			seat_settles(s); /* a room without a subject */
		break;
	}
}

/* ---- life ------------------------------------------------------------- */

void
seat_leave(struct seat *s)
{
	struct component *c = s->all->gw->component;
	struct err none = ERR_INIT;
	struct jid to;

	if (s->all->is_up && s->state > SEAT_ASKING &&
	    inside_jid(s, &to, NULL) == 0) {
		(void)component_begin(c, "presence", str_c(s->own),
		    jid_full(&to), "unavailable", STR_EMPTY);
		(void)component_end(c, NULL); /* then the stream is down */
	}
	seat_goes_out(s, SEAT_AGAIN_NEVER, &none);
}

void
seat_init(struct seat *s)
{
	timer_init(&s->due, on_due);
	backoff_init(&s->quick, SEAT_QUICK_MIN_MS, SEAT_QUICK_MAX_MS);
	backoff_init(&s->slow, SEAT_SLOW_MIN_MS, SEAT_SLOW_MAX_MS);
	map_init(&s->people);
	list_init(&s->lookups);
	s->since_at = seat_clock(s)->at;
}

void
seat_release(struct seat *s)
{
	stop_asking(s);
	timer_cancel(&s->due);
	s->all->nentering -= is_entering(s->state);
	s->state = SEAT_OUT;
}
