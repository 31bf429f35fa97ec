/*
 * Sessions of ad-hoc commands.
 *
 * XEP-0050 3.4		actions, 4.3 notes, 4.4 errors
 *
 *	execute --> fn --show--> waiting --next/complete--> fn --> ...
 *	             |             |  ^ prev
 *	             |             |  +-- fn
 *	             +-> finished  +-> cancelled, expired
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

#include "xmpp/adhoc.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum { SESSION_ID_BYTES = 12, NODES_MAX = 256 };

struct value {
	const char *name;
	char *p;
	size_t len;
};

struct adhoc_session {
	struct list node; /* of adhoc->sessions, oldest step first */
	struct adhoc *adhoc;
	const struct adhoc_command *command;
	char id[2 * SESSION_ID_BYTES + 1];
	char *from, *to;
	unsigned shown; /* number of the form that the user sees */
	bool has_shown, is_last;
	struct timer expiry;
	struct value value[ADHOC_KEEP_MAX];
	size_t nvalue;
	uint64_t token; /* of the iq that is kept, or 0 */
	struct adhoc_call call;
	bool inside; /* fn is running */
	bool stays;  /* fn showed a form, kept the iq, or may be tried again */
};

struct adhoc {
	struct clock *clock;
	struct iq_table *iqs;
	adhoc_may_fn *may;
	unsigned user_max;
	const struct adhoc_command *command[NODES_MAX];
	size_t ncommand;
	struct map by_id;
	struct list sessions;
};

#define SESSION(n) LIST_ENTRY(n, struct adhoc_session, node)

/* ---- sessions --------------------------------------------------------- */

static void
session_free(struct adhoc_session *s)
{
	map_del(&s->adhoc->by_id, str_c(s->id));
	list_del(&s->node);
	timer_cancel(&s->expiry);
	while (s->nvalue > 0) {
		struct value *v = &s->value[--s->nvalue];

		secret_wipe(v->p, v->len);
		free(v->p);
	}
	free(s->from);
	free(s->to);
	free(s);
}

static void
on_expiry(struct timer *t)
{
	session_free(TIMER_OWNER(t, struct adhoc_session, expiry));
}

/* The user did something: last in the list, and ten more minutes. */
static void
session_touch(struct adhoc_session *s)
{
	struct adhoc *a = s->adhoc;

	list_del(&s->node);
	list_add(&a->sessions, &s->node);
	timer_set(&s->expiry, a->clock, a->clock->at + ADHOC_SESSION_MS);
}

static struct str
bare_of(struct str jid)
{
	ptrdiff_t slash = str_find(jid, '/');

	return slash < 0 ? jid : str_head(jid, (size_t)slash);
}

/* What is kept for it will not be answered by the one who promised it. */
static void
give_up(struct adhoc_session *s)
{
	struct iq_ask *ask = iq_kept(s->adhoc->iqs, s->token);
	struct err err;

	err_set(&err, ERR_BUSY, "too many other commands were begun");
	if (ask)
		iq_fail(ask, &err);
	session_free(s);
}

/* People close windows without a word, so a new command is never refused. */
static void
make_room_for(struct adhoc *a, struct str from)
{
	struct adhoc_session *oldest = NULL;
	unsigned n = 0;

	LIST_EACH(&a->sessions, node)
	{
		struct adhoc_session *s = SESSION(node);

		if (!str_eq(bare_of(str_c(s->from)), bare_of(from)))
			continue;
		if (!oldest)
			oldest = s;
		n++;
	}
	if (n >= a->user_max)
		give_up(oldest);
}

/* NULL: too many in all. */
static struct adhoc_session *
session_new(
    struct adhoc *a, const struct adhoc_command *command, struct iq_ask *ask)
{
	struct adhoc_session *s;

	make_room_for(a, iq_from(ask));
	if (a->by_id.n >= ADHOC_MAX)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->adhoc = a;
	s->command = command;
	s->from = str_dup(iq_from(ask));
	s->to = str_dup(iq_to(ask));
	crypto_random_hex(s->id, SESSION_ID_BYTES);
	map_put(&a->by_id, str_c(s->id), s);
	list_init(&s->node);
	timer_init(&s->expiry, on_expiry);
	session_touch(s);
	return s;
}

/* ---- errors of XEP-0050 4.4 ------------------------------------------- */

static const struct refusal {
	const char *type, *condition, *app; /* app: in NS_COMMANDS, or NULL */
} malformed_action = { "modify", "bad-request", "malformed-action" },
  bad_action = { "modify", "bad-request", "bad-action" },
  bad_session = { "modify", "bad-request", "bad-sessionid" },
  bad_payload = { "modify", "bad-request", "bad-payload" },
  expired = { "cancel", "not-allowed", "session-expired" },
  forbidden = { "auth", "forbidden", NULL },
  no_such_command = { "cancel", "item-not-found", NULL },
  too_many = { "wait", "resource-constraint", NULL };

static void
refuse(struct iq_ask *ask, const struct refusal *r)
{
	struct xmlw *w = iq_error(ask);

	xmlw_open(w, "error", NULL);
	xmlw_attr_c(w, "type", r->type);
	xmlw_leaf(w, r->condition, NS_STANZAS);
	if (r->app)
		xmlw_leaf(w, r->app, NS_COMMANDS);
	xmlw_close(w);
	iq_done(ask);
}

/* ---- answers ---------------------------------------------------------- */

static struct xmlw *
begin(struct adhoc_call *call, const char *status)
{
	struct xmlw *w = iq_result(call->ask);

	xmlw_open(w, "command", NS_COMMANDS);
	xmlw_attr_c(w, "node", call->command->node);
	xmlw_attr_c(w, "sessionid", call->session->id);
	xmlw_attr_c(w, "status", status);
	return w;
}

static void
write_note(struct xmlw *w, enum adhoc_note type, struct str text)
{
	static const char *const name[] = { [ADHOC_INFO] = "info",
		[ADHOC_WARN] = "warn",
		[ADHOC_ERROR] = "error" };

	xmlw_open(w, "note", NULL);
	xmlw_attr_c(w, "type", name[type]);
	xmlw_text(w, text);
	xmlw_close(w);
}

static void
write_actions(struct xmlw *w, const struct adhoc_form *f)
{
	const char *forward = f->last ? "complete" : "next";

	xmlw_open(w, "actions", NULL);
	xmlw_attr_c(w, "execute", forward);
	if (f->stage > 0)
		xmlw_leaf(w, "prev", NULL);
	xmlw_leaf(w, forward, NULL);
	xmlw_close(w);
}

/*
 * A step that was kept has nobody who looks after its session; one inside fn
 * has step(), even if it was kept and is answered before fn returns.
 */
static void
settle(struct adhoc_session *s, bool stays)
{
	bool was_kept = s->token != 0;

	s->token = 0;
	s->stays = stays;
	if (was_kept && !stays && !s->inside)
		session_free(s);
}

struct xmlw *
adhoc_show(struct adhoc_call *call, const struct adhoc_form *f)
{
	struct adhoc_session *s = call->session;
	struct xmlw *w = begin(call, "executing");

	s->shown = f->stage;
	s->is_last = f->last;
	s->has_shown = true;
	write_actions(w, f);
	if (f->note)
		write_note(w, f->note_type, str_c(f->note));
	return w;
}

void
adhoc_shown(struct adhoc_call *call)
{
	iq_done(call->ask);
	settle(call->session, true);
}

void
adhoc_finish(struct adhoc_call *call, enum adhoc_note type, struct str text)
{
	write_note(begin(call, "completed"), type, text);
	adhoc_done(call);
}

struct xmlw *
adhoc_result(struct adhoc_call *call)
{
	return begin(call, "completed");
}

void
adhoc_done(struct adhoc_call *call)
{
	iq_done(call->ask);
	settle(call->session, false);
}

void
adhoc_fail(struct adhoc_call *call, const struct err *err)
{
	struct adhoc_session *s = call->session;

	iq_fail(call->ask, err);
	settle(s, err->kind == ERR_BAD_INPUT && s->has_shown);
}

uint64_t
adhoc_keep(struct adhoc_call *call, int64_t deadline_ms)
{
	struct adhoc_session *s = call->session;

	assert(!s->token);
	s->token = iq_keep(call->ask, deadline_ms);
	s->stays = s->token != 0;
	return s->token;
}

struct adhoc_call *
adhoc_kept(struct adhoc *a, uint64_t token)
{
	struct iq_ask *ask = token ? iq_kept(a->iqs, token) : NULL;

	LIST_EACH(&a->sessions, node)
	{
		struct adhoc_session *s = SESSION(node);

		if (token == 0 || s->token != token)
			continue;
		if (!ask) {
			session_free(s);
			return NULL;
		}
		s->call = (struct adhoc_call){
			.command = s->command, .ask = ask, .session = s
		};
		return &s->call;
	}
	return NULL;
}

/* ---- values ----------------------------------------------------------- */

static struct value *
value_of(struct adhoc_session *s, const char *name)
{
	for (size_t i = 0; i < s->nvalue; i++)
		if (strcmp(s->value[i].name, name) == 0)
			return &s->value[i];
	return NULL;
}

int
adhoc_set(struct adhoc_call *call, const char *name, struct str value)
{
	struct adhoc_session *s = call->session;
	struct value *v = value_of(s, name);

	if (value.len > FORM_VALUE_MAX)
		return -1;
	if (!v) {
		if (s->nvalue == ADHOC_KEEP_MAX)
			return -1;
		v = &s->value[s->nvalue++];
		*v = (struct value){ .name = name };
	}
	if (v->p)
		secret_wipe(v->p, v->len);
	free(v->p);
	v->p = str_dup(value);
	v->len = value.len;
	return 0;
}

struct str
adhoc_get(const struct adhoc_call *call, const char *name)
{
	const struct value *v = value_of(call->session, name);

	return v ? str_of(v->p, v->len) : STR_EMPTY;
}

/* ---- what comes in ---------------------------------------------------- */

/* fn answers; its session lives on only if it said so. */
static void
step(struct adhoc_session *s, struct adhoc_call *call)
{
	s->stays = false;
	session_touch(s);
	s->inside = true;
	s->command->fn(call);
	s->inside = false;
	if (!s->stays)
		session_free(s);
}

static void
start(struct adhoc *a, struct iq_ask *ask, const struct adhoc_command *command,
    void *user)
{
	struct adhoc_session *s = session_new(a, command, ask);
	struct adhoc_call call = {
		.command = command, .ask = ask, .user = user, .session = s
	};

	if (!s)
		refuse(ask, &too_many);
	else
		step(s, &call);
}

static void
cancel(struct adhoc_session *s, struct iq_ask *ask)
{
	struct adhoc_call call = {
		.command = s->command, .ask = ask, .session = s
	};

	(void)begin(&call, "canceled");
	iq_done(ask);
	session_free(s);
}

static void
go_back(struct adhoc_session *s, struct adhoc_call *call)
{
	if (s->shown == 0) {
		refuse(call->ask, &bad_action);
		return;
	}
	call->stage = s->shown - 1;
	step(s, call);
}

static void
go_on(struct adhoc_session *s, struct adhoc_call *call, const struct stanza *x)
{
	if (!x || !form_is_submit(x, NULL)) {
		refuse(call->ask, &bad_payload);
		return;
	}
	call->stage = s->shown + 1;
	call->answer = x;
	step(s, call);
}

static void
act(struct adhoc_session *s, struct iq_ask *ask, struct str action,
    const struct stanza *x, void *user)
{
	struct adhoc_call call = {
		.command = s->command, .ask = ask, .user = user, .session = s
	};

	if (s->token && !iq_kept(s->adhoc->iqs, s->token))
		s->token = 0; /* that step ended in a timeout */
	if (str_is(action, "cancel") || (x && form_is_cancelled(x)))
		cancel(s, ask);
	else if (s->token || !s->has_shown)
		refuse(ask, &bad_action); /* the step before goes on still */
	else if (str_is(action, "prev"))
		go_back(s, &call);
	else if (str_is(action, s->is_last ? "next" : "complete"))
		refuse(ask, &bad_action);
	else
		go_on(s, &call, x);
}

static bool
is_action(struct str action)
{
	static const char *const known[] = { "", "execute", "next", "prev",
		"complete", "cancel" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is(action, known[i]))
			return true;
	return false;
}

/* The one that this iq may go on with, or NULL. */
static struct adhoc_session *
session_of(struct adhoc *a, const struct iq_ask *ask,
    const struct stanza *command, struct str id)
{
	struct adhoc_session *s = map_get(&a->by_id, id);

	if (!s || !str_is(iq_from(ask), s->from) ||
	    !str_is(iq_to(ask), s->to) ||
	    !str_is(stanza_attr(command, "node"), s->command->node))
		return NULL;
	return s;
}

/*
 * Nobody remembers whether an id was one of ours before it expired, so those
 * that look like it are called expired.
 */
static void
resume(struct adhoc *a, struct iq_ask *ask, const struct stanza *command,
    struct str id, void *user)
{
	struct adhoc_session *s = session_of(a, ask, command, id);

	if (s)
		act(s, ask, stanza_attr(command, "action"), form_find(command),
		    user);
	else if (id.len == 2 * SESSION_ID_BYTES && !map_get(&a->by_id, id))
		refuse(ask, &expired);
	else
		refuse(ask, &bad_session);
}

/* His right was taken away: also what he was in the middle of ends. */
static void
forbid(struct adhoc *a, struct iq_ask *ask, const struct stanza *command,
    struct str id)
{
	struct adhoc_session *s = session_of(a, ask, command, id);

	refuse(ask, &forbidden);
	if (s)
		session_free(s);
}

static const struct adhoc_command *
find(const struct adhoc *a, struct str node, unsigned where)
{
	for (size_t i = 0; i < a->ncommand; i++)
		if ((a->command[i]->where & where) &&
		    str_is(node, a->command[i]->node))
			return a->command[i];
	return NULL;
}

void
adhoc_call(struct adhoc *a, struct iq_ask *ask, const struct stanza *command,
    unsigned where, void *user)
{
	const struct adhoc_command *c =
	    find(a, stanza_attr(command, "node"), where);
	struct str id = stanza_attr(command, "sessionid");
	struct str action = stanza_attr(command, "action");

	if (!c)
		refuse(ask, &no_such_command);
	else if (!a->may(c, user))
		forbid(a, ask, command, id);
	else if (!is_action(action))
		refuse(ask, &malformed_action);
	else if (id.len > 0)
		resume(a, ask, command, id, user);
	else if (action.len == 0 || str_is(action, "execute"))
		start(a, ask, c, user);
	else
		refuse(ask, &bad_action);
}

const struct adhoc_command *
adhoc_find(const struct adhoc *a, struct str node, unsigned where, void *user)
{
	const struct adhoc_command *c = find(a, node, where);

	return c && a->may(c, user) ? c : NULL;
}

void
adhoc_write_items(const struct adhoc *a, struct xmlw *w, struct str jid,
    unsigned where, void *user)
{
	for (size_t i = 0; i < a->ncommand; i++) {
		const struct adhoc_command *c = a->command[i];

		if (!(c->where & where) || !a->may(c, user))
			continue;
		xmlw_open(w, "item", NULL);
		xmlw_attr(w, "jid", jid);
		xmlw_attr_c(w, "node", c->node);
		xmlw_attr_c(w, "name", c->name);
		xmlw_close(w);
	}
}

/* ---- life ------------------------------------------------------------- */

struct adhoc *
adhoc_new(struct clock *clock, struct iq_table *iqs, unsigned user_max,
    adhoc_may_fn *may)
{
	struct adhoc *a = xcalloc(1, sizeof(*a));

	a->clock = clock;
	a->iqs = iqs;
	a->may = may;
	a->user_max = user_max ? user_max : ADHOC_USER_MAX;
	map_init(&a->by_id);
	list_init(&a->sessions);
	return a;
}

void
adhoc_free(struct adhoc **ap)
{
	struct adhoc *a = *ap;
	struct list *n;

	*ap = NULL;
	if (!a)
		return;
	for (n = list_first(&a->sessions); n; n = list_first(&a->sessions))
		session_free(SESSION(n));
	map_release(&a->by_id);
	free(a);
}

void
adhoc_add(struct adhoc *a, const struct adhoc_command *command)
{
	assert(a->ncommand < NODES_MAX);
	assert(!find(a, str_c(command->node), command->where));
	a->command[a->ncommand++] = command;
}
