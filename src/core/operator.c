/*
 * Commands for those who administer a gateway.
 */
#include <stdlib.h>

#include "core/about.h"
#include "core/account.h"
#include "core/audit.h"
#include "core/block.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/operator.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/jid.h"
#include "xmpp/xmlw.h"

enum {
	FIELDS_MAX = 4,
	COMMAND_MS = 30000,
	WORD_MAX = 160, /* bytes of what was typed, in answers */
	RESTART_MAX = 4096,
	NETWORKS_MAX = 100,
};

/* One step: who asks, and the answer to his form (NULL: it has no fields). */
struct step {
	struct adhoc_call *call;
	struct gateway *gw;
	const struct jid *by;
	const struct stanza *x;
};

struct operator_command {
	struct adhoc_command adhoc; /* first: see on_call() */
	void (*run)(struct step *st);
	const char *instructions;
	struct form_field field[FIELDS_MAX];
	size_t nfield;
};

static void
say(struct step *st, enum adhoc_note type, struct buf *text)
{
	if (text->len == 0)
		buf_addf(text, "There is nothing to show.");
	adhoc_finish(st->call, type, str_trim(buf_str(text)));
}

static struct str
word(const struct step *st, const char *var)
{
	struct str s = str_trim(form_value(st->x, var));

	return str_head(s, utf8_cut(s, WORD_MAX));
}

/* ": why", or nothing. */
struct why {
	char text[WORD_MAX + 3];
};

static struct why
why_of(struct str reason)
{
	struct why w = { "" };

	if (reason.len)
		snprintf(w.text, sizeof(w.text), ": " STR_FMT, STR_ARG(reason));
	return w;
}

/* Whom the form names; -1: it has been answered. */
static int
whom(struct step *st, struct jid *out)
{
	struct err err = ERR_INIT;

	if (jid_parse(out, str_trim(form_value(st->x, "jid")), &err) == 0)
		return 0;
	adhoc_fail(st->call, &err);
	return -1;
}

static void
refuse(struct step *st, const char *text)
{
	struct err err;

	err_set(&err, ERR_BAD_INPUT, "%s", text);
	adhoc_fail(st->call, &err);
}

/* ---- users ------------------------------------------------------------ */

static void
run_sessions(struct step *st)
{
	char *part = str_dup(word(st, "part"));
	struct buf text;

	buf_init(&text, OPERATOR_TEXT_MAX);
	about_sessions(st->gw, str_c(part), &text);
	audit_add(st->gw->audit, st->by, "looked at sessions%s%s",
	    part[0] ? " of " : "", part);
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
	free(part);
}

static void
run_disconnect(struct step *st)
{
	struct str network = word(st, "network");
	struct why why = why_of(word(st, "reason"));
	struct buf text;
	struct account *a;
	struct jid who;
	size_t n;

	if (whom(st, &who) < 0)
		return;
	a = account_find(st->gw, jid_bare(&who));
	buf_init(&text, OPERATOR_TEXT_MAX);
	buf_addf(&text, "Disconnected by an administrator%s", why.text);
	n = a ? account_end_sessions(a, network, GW_BYE_ADMIN, buf_str(&text))
	      : 0;
	buf_clear(&text);
	if (n == 0) {
		refuse(st, "they are not connected there");
	} else {
		audit_add(st->gw->audit, st->by,
		    "disconnected " STR_FMT " from " STR_FMT "%s",
		    STR_ARG(jid_bare(&who)),
		    STR_ARG(network.len ? network : STR("all networks")),
		    why.text);
		buf_addf(&text, "Connections ended: %zu.", n);
		say(st, ADHOC_INFO, &text);
	}
	buf_release(&text);
}

/* ---- keeping people out ----------------------------------------------- */

/* The answer waits for the disk. */
struct keeping {
	struct gateway *gw;
	uint64_t token;
	const char *text;
};

static void
on_kept(bool ok, void *arg)
{
	struct keeping *k = arg;
	struct adhoc_call *call = adhoc_kept(commands_adhoc(k->gw), k->token);

	if (call && ok)
		adhoc_finish(call, ADHOC_INFO, str_c(k->text));
	else if (call)
		adhoc_finish(call, ADHOC_ERROR,
		    STR("Done, but only until the next restart: the disk is "
		        "in trouble. The log says more; try again later."));
	free(k);
}

static struct keeping *
keeping_new(struct step *st, const char *text)
{
	struct keeping *k = xcalloc(1, sizeof(*k));

	*k = (struct keeping){ .gw = st->gw, .text = text };
	return k;
}

static void
run_block(struct step *st)
{
	struct str reason = word(st, "reason");
	struct why why = why_of(reason);
	struct err err = ERR_INIT;
	struct keeping *k;
	struct jid who;

	if (whom(st, &who) < 0)
		return;
	if (config_is_admin(&st->gw->conf->access, jid_bare(&who))) {
		refuse(st,
		    "they administer this gateway; the configuration "
		    "says who does");
		return;
	}
	k = keeping_new(st, "Blocked, and disconnected.");
	if (blocks_put(
	        st->gw->blocks, jid_bare(&who), reason, on_kept, k, &err) < 0) {
		free(k);
		adhoc_fail(st->call, &err);
		return;
	}
	audit_add(st->gw->audit, st->by, "blocked " STR_FMT "%s",
	    STR_ARG(jid_bare(&who)), why.text);
	k->token = adhoc_keep(st->call, COMMAND_MS);
	blocks_enforce(st->gw->blocks);
}

static void
run_unblock(struct step *st)
{
	struct keeping *k;
	struct jid who;

	if (whom(st, &who) < 0)
		return;
	k = keeping_new(st, "Not blocked any more.");
	if (blocks_lift(st->gw->blocks, jid_bare(&who), on_kept, k) < 0) {
		free(k);
		refuse(st,
		    "nobody of that address is blocked; the command "
		    "\"blocked\" shows who is");
		return;
	}
	audit_add(st->gw->audit, st->by, "lifted the block of " STR_FMT,
	    STR_ARG(jid_bare(&who)));
	k->token = adhoc_keep(st->call, COMMAND_MS);
}

static void
run_blocked(struct step *st)
{
	struct buf text;

	buf_init(&text, OPERATOR_TEXT_MAX);
	blocks_write(st->gw->blocks, OPERATOR_LIST_MAX, &text);
	if (text.len == 0)
		buf_addf(&text, "Nobody is blocked.");
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
}

/* ---- notice ----------------------------------------------------------- */

/* To everybody who has a session; how many it was sent to. */
static size_t
announce(struct gateway *gw, struct str text)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&gw->accounts, &it)) {
		const struct account *a = it.value;
		struct xmlw *w;

		if (a->sessions.n == 0)
			continue;
		w = component_begin(gw->component, "message",
		    gateway_domain(gw), str_c(a->user), NULL, STR_EMPTY);
		xmlw_textel(w, "body", NULL, text);
		if (component_end(gw->component, NULL) == 0)
			n++;
	}
	return n;
}

static void
run_announce(struct step *st)
{
	struct buf text;
	struct str said;
	size_t n;

	buf_init(&text, FORM_VALUE_MAX + 1);
	form_lines(st->x, "text", &text);
	said = str_trim(buf_str(&text));
	if (said.len == 0 || said.len > OPERATOR_NOTICE_MAX) {
		refuse(st, "the notice is empty or longer than 4096 bytes");
		buf_release(&text);
		return;
	}
	n = announce(st->gw, said);
	audit_add(st->gw->audit, st->by, "told %zu users: " STR_FMT, n,
	    STR_ARG(said));
	buf_clear(&text);
	buf_addf(&text, "Sent to everybody who is connected: %zu.", n);
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
}

/* ---- the gateway ------------------------------------------------------ */

static void
run_reload(struct step *st)
{
	struct err err = ERR_INIT;
	struct buf text, restart;
	bool ok;

	buf_init(&text, OPERATOR_TEXT_MAX);
	buf_init(&restart, RESTART_MAX);
	ok = core_ask_reload(st->gw->core, &restart, &err) == 0;
	audit_add(st->gw->audit, st->by, "reloaded the configuration%s%s",
	    ok ? "" : ", in vain: ", ok ? "" : err.text);
	if (!ok)
		buf_addf(&text, "Nothing has changed: %s", err.text);
	else if (restart.len)
		buf_addf(&text, "Done. This needs a restart: %s", restart.p);
	else
		buf_addf(&text, "Done.");
	say(st, ok ? ADHOC_INFO : ADHOC_ERROR, &text);
	buf_release(&text);
	buf_release(&restart);
}

static void
run_drain(struct step *st)
{
	bool on = form_bool(st->x, "on");
	struct buf text;

	buf_init(&text, OPERATOR_TEXT_MAX);
	if (on != st->gw->is_draining)
		audit_add(st->gw->audit, st->by,
		    on ? "began to take nobody new in"
		       : "let everybody connect again");
	st->gw->is_draining = on;
	buf_addf(&text,
	    on ? "Nobody new is taken in; connections that are there: %zu."
	       : "Everybody may connect; connections that are there: %zu.",
	    st->gw->nsession);
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
}

void
operator_write_totals(struct gateway *gw, struct buf *out)
{
	struct component_stats cs;
	struct store_stats ss;

	if (gw->is_draining)
		buf_addf(out, "Nobody new is taken in (\"drain\").\n");
	component_stats(gw->component, &cs);
	store_stats_get(core_store(gw->core), &ss);
	buf_addf(
	    out, "Gateway %s, version %s\n", gw->domain, PASSERELLE_VERSION);
	buf_addf(out, "Users: %zu, connections: %zu\n", gw->accounts.n,
	    gw->nsession);
	buf_addf(out, "Stanzas in: %llu, out: %llu, refused: %llu\n",
	    (unsigned long long)cs.nin, (unsigned long long)cs.nout,
	    (unsigned long long)cs.nrefused);
	buf_addf(out, "XMPP stream: up %llu times, %zu bytes waiting\n",
	    (unsigned long long)cs.nup, cs.queued_bytes);
	buf_addf(out, "Store: %s, %zu waiting, longest commit %lld ms\n",
	    store_is_ok(core_store(gw->core)) ? "ok" : "IN TROUBLE", ss.nqueued,
	    (long long)ss.commit_ms);
}

/* What is connected to one network. */
struct load {
	const char *network;
	size_t n, nonline, nroom;
};

static struct load *
load_of(struct load *v, size_t *n, const struct session *s)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(v[i].network, s->network) == 0)
			return &v[i];
	if (*n == NETWORKS_MAX)
		return NULL;
	v[*n] = (struct load){ .network = s->network };
	return &v[(*n)++];
}

static void
count_sessions(struct load *v, size_t *n, const struct account *a)
{
	struct map_iter it = { 0 };

	while (map_next(&a->sessions, &it)) {
		const struct session *s = it.value;
		struct load *l = load_of(v, n, s);

		if (!l)
			continue;
		l->n++;
		l->nonline += s->state == SESSION_ONLINE;
		l->nroom += s->rooms.n;
	}
}

static int
by_load(const void *a, const void *b)
{
	const struct load *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->network, y->network);
}

static void
run_statistics(struct step *st)
{
	struct load v[NETWORKS_MAX] = { { .network = NULL } };
	struct map_iter it = { 0 };
	size_t n = 0, i;
	struct buf text;

	memset(v, 0, sizeof(v));
	buf_init(&text, OPERATOR_TEXT_MAX);
	operator_write_totals(st->gw, &text);
	while (map_next(&st->gw->accounts, &it))
		count_sessions(v, &n, it.value);
	qsort(v, n, sizeof(*v), by_load);
	for (i = 0; i < n; i++)
		buf_addf(&text,
		    "%s: %zu connections, %zu of them online, %zu rooms\n",
		    v[i].network[0] ? v[i].network : st->gw->ops->title, v[i].n,
		    v[i].nonline, v[i].nroom);
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
}

static void
run_audit(struct step *st)
{
	struct buf text;

	buf_init(&text, AUDIT_MAX * AUDIT_LINE_MAX);
	audit_write(st->gw->audit, &text);
	say(st, ADHOC_INFO, &text);
	buf_release(&text);
}

/* ---- steps ------------------------------------------------------------ */

static void
show(struct adhoc_call *call, const struct operator_command *c)
{
	struct adhoc_form form = { .stage = 0, .last = true };

	form_write(adhoc_show(call, &form), "form", c->adhoc.name,
	    c->instructions, c->field, c->nfield);
	adhoc_shown(call);
}

static void
on_call(struct adhoc_call *call)
{
	const struct operator_command *c = (const void *)call->command;
	struct inlet *in = services_inlet(call->ask);
	struct step st = {
		.call = call, .gw = in->gw, .by = &in->from, .x = call->answer
	};
	struct err err = ERR_INIT;

	if (c->nfield > 0 && !call->answer)
		show(call, c);
	else if (c->nfield > 0 &&
	    form_check(call->answer, c->field, c->nfield, &err) < 0)
		adhoc_fail(call, &err);
	else
		c->run(&st);
}

/* ---- table ------------------------------------------------------------ */

#define WHOM(what)                                                             \
	{                                                                      \
		.type = FORM_JID, .var = "jid", .label = (what),               \
		.required = true                                               \
	}
#define REASON(what)                                                           \
	{                                                                      \
		.type = FORM_TEXT, .var = "reason", .label = (what)            \
	}
#define HERE(node, name)                                                       \
	{                                                                      \
		(node), "Administration: " name, 1u << GW_ADDR_DOMAIN,         \
		    on_call, NULL                                              \
	}

static const struct operator_command commands[] = {
	{ HERE("sessions", "who is connected"), run_sessions,
	    "Leave it empty to see everybody.",
	    { { .type = FORM_TEXT,
	        .var = "part",
	        .label = "A network, or a part of the address, the nick or the "
	                 "user name there" } },
	    1 },
	{ HERE("disconnect-user", "disconnect a user"), run_disconnect,
	    "They may come back; to keep them out, use \"block\".",
	    { WHOM("User"),
	        { .type = FORM_TEXT,
	            .var = "network",
	            .label = "Network",
	            .desc = "empty: all" },
	        REASON("Reason, shown to them") },
	    3 },
	{ HERE("block", "block a user or a server"), run_block,
	    "They are disconnected and kept out until the block is lifted, "
	    "also over restarts.",
	    { WHOM("User, or the domain of a server"),
	        REASON("Reason, shown to them") },
	    2 },
	{ HERE("unblock", "lift a block"), run_unblock, NULL,
	    { WHOM("User, or the domain of a server") }, 1 },
	{ HERE("blocked", "who is blocked"), run_blocked, NULL,
	    { { .type = FORM_TEXT } }, 0 },
	{ HERE("announce", "notice to everybody"), run_announce,
	    "Sent to everybody who is connected to a network now.",
	    { { .type = FORM_LINES,
	        .var = "text",
	        .label = "Text",
	        .required = true } },
	    1 },
	{ HERE("drain", "take nobody new in"), run_drain,
	    "Who is connected stays, also over lost links; everybody else is "
	    "told to try later, until this is unset or the program is "
	    "restarted.",
	    { { .type = FORM_BOOL,
	        .var = "on",
	        .label = "Take nobody new in",
	        .required = true } },
	    1 },
	{ HERE("reload", "read the configuration again"), run_reload, NULL,
	    { { .type = FORM_TEXT } }, 0 },
	{ HERE("statistics", "statistics"), run_statistics, NULL,
	    { { .type = FORM_TEXT } }, 0 },
	{ HERE("audit", "what administrators did"), run_audit, NULL,
	    { { .type = FORM_TEXT } }, 0 },
};

void
operator_add(struct adhoc *a)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		adhoc_add(a, &commands[i].adhoc);
}

bool
operator_owns(const struct adhoc_command *command)
{
	return command->fn == on_call;
}
