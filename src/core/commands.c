/*
 * Ad-hoc commands of a gateway.
 *
 *	status      what is connected; for administrators, to whom all
 *	configure   the settings that the network declares, per scope
 *	certificate a key for networks that know people by one
 *	connect     also without a room; now, if the back-off says later
 *	disconnect  leave everything on a network
 *	about       how a network is treated, whom to turn to; who is there
 *	register    where not everybody is known to the network
 *	lines       by which of his lines a user writes
 *	block-list  from whom the user does not want to hear
 *	queue       the user's messages on their way, where they are stored
 *	export      show all that is kept about the user
 *	forget      erase all that is kept about the user
 *
 * what the network adds (struct gw_command), and for administrators what is
 * in operator.c and verbs.c.
 */
#include <stdlib.h>

#include "core/about.h"
#include "core/access.h"
#include "core/account.h"
#include "core/client_key.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/lines.h"
#include "core/operator.h"
#include "core/outbox_mine.h"
#include "core/personal.h"
#include "core/registration.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "core/status.h"
#include "core/stay.h"
#include "core/unwanted.h"
#include "core/verb.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/component.h"
#include "xmpp/disco.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"

enum {
	AT_DOMAIN = 1 << GW_ADDR_DOMAIN,
	AT_NETWORK = 1 << GW_ADDR_NETWORK,
	AT_ROOM = 1 << GW_ADDR_ROOM,
	COMMAND_MS = 30000,
	FIELDS_MAX = 32,
};

struct commands {
	struct gateway *gw;
	struct adhoc *adhoc;
	struct adhoc_command *extra; /* of the network */
	size_t nextra;
};

/* ---- where ------------------------------------------------------------ */

/* The kinds of address this is: a domain may be a network's, too. */
static unsigned
where(const struct inlet *in)
{
	unsigned bits = 1u << in->at.kind;

	if (in->at.kind == GW_ADDR_DOMAIN && in->at.network.len)
		bits |= AT_NETWORK;
	/* An occupant has no commands, its room has. */
	return in->resource.len ? 0 : bits;
}

static struct inlet *
inlet_of(const struct adhoc_call *call)
{
	return services_inlet(call->ask);
}

static void
finish(struct adhoc_call *call, enum adhoc_note type, const char *text)
{
	adhoc_finish(call, type, str_c(text));
}

/* What the settings shown or changed here are for. */
struct place {
	unsigned scope;
	struct str network, room;
};

static struct place
place_of(const struct inlet *in)
{
	struct place p = { GW_SCOPE_GATEWAY, STR_EMPTY, STR_EMPTY };

	if (in->at.kind == GW_ADDR_DOMAIN && in->at.network.len == 0)
		return p;
	p.scope = GW_SCOPE_NETWORK;
	p.network = in->at.network;
	if (in->at.kind == GW_ADDR_ROOM) {
		p.scope = GW_SCOPE_ROOM;
		p.room = in->at.name;
	}
	return p;
}

/* ---- configure -------------------------------------------------------- */

/* The form of a place: the settings of its scope, and for each secret that
 * is set a way to forget it, since its value is never shown. */
struct settings_form {
	struct form_field field[FIELDS_MAX];
	const struct gw_setting *setting[FIELDS_MAX]; /* of each field */
	bool is_forget[FIELDS_MAX];
	char var[FIELDS_MAX][64];
	char label[FIELDS_MAX][128];
	size_t n;
	struct buf lines; /* of the answer's field at hand */
};

static const enum form_type form_types[] = {
	[GW_SET_TEXT] = FORM_TEXT,
	[GW_SET_SECRET] = FORM_SECRET,
	[GW_SET_BOOL] = FORM_BOOL,
	[GW_SET_INT] = FORM_TEXT,
	[GW_SET_LINES] = FORM_LINES,
};

static void
add_field(struct settings_form *f, const struct gw_setting *st,
    struct form_field field, bool is_forget)
{
	if (f->n == FIELDS_MAX)
		return;
	f->field[f->n] = field;
	f->setting[f->n] = st;
	f->is_forget[f->n++] = is_forget;
}

static void
add_setting(struct settings_form *f, const struct gw_setting *st,
    struct str value, bool can_forget)
{
	struct form_field field = { .type = form_types[st->type],
		.var = st->name,
		.label = st->label,
		.desc = st->desc };
	size_t i = f->n + 1;

	if (st->type != GW_SET_SECRET && value.len)
		field.value = value;
	add_field(f, st, field, false);
	if (st->type != GW_SET_SECRET || !can_forget || i >= FIELDS_MAX)
		return;
	snprintf(f->var[i], sizeof(f->var[i]), "%s_forget", st->name);
	snprintf(f->label[i], sizeof(f->label[i]), "Forget: %s", st->label);
	field = (struct form_field){
		.type = FORM_BOOL, .var = f->var[i], .label = f->label[i]
	};
	add_field(f, st, field, true);
}

/* What counts there as long as nothing is set there. */
static struct str
inherited(
    const struct account *a, const struct place *p, const struct gw_setting *st)
{
	struct str v = STR_EMPTY;

	if (p->room.len)
		v = account_setting(a, p->network, STR_EMPTY, st->name);
	if (v.len == 0 && p->network.len)
		v = account_setting(a, STR_EMPTY, STR_EMPTY, st->name);
	return v.len ? v : account_default(a->gw, st);
}

/* To be shown. */
static void
make_form(struct settings_form *f, struct gateway *gw, const struct account *a,
    const struct place *p)
{
	const struct gw_setting *st = gw->ops->settings;

	f->n = 0;
	for (; st && st->name; st++) {
		struct str value =
		    account_setting(a, p->network, p->room, st->name);

		/* A box is ticked or not: it has no empty. */
		if (st->type == GW_SET_BOOL && value.len == 0)
			value = inherited(a, p, st);
		if (account_can_set(gw, p->scope, p->network, st))
			add_setting(f, st, value, value.len > 0);
	}
}

/*
 * To read an answer by.  What the account has is not asked: nobody may have
 * loaded it since the form was shown.
 */
static void
make_answer_form(
    struct settings_form *f, struct gateway *gw, const struct place *p)
{
	const struct gw_setting *st = gw->ops->settings;

	f->n = 0;
	for (; st && st->name; st++)
		if (account_can_set(gw, p->scope, p->network, st))
			add_setting(f, st, STR_EMPTY, true);
}

static void
show_form(struct adhoc_call *call, struct gateway *gw, const struct account *a,
    const struct place *p)
{
	struct adhoc_form form = { .stage = 0, .last = true };
	struct settings_form f;

	make_form(&f, gw, a, p);
	form_write(adhoc_show(call, &form), "form", "Settings",
	    "An empty field takes the value of the wider scope, or the "
	    "default. Passwords are kept encrypted and never shown; an empty "
	    "one is left as it is.",
	    f.field, f.n);
	adhoc_shown(call);
}

/* Waits until the account has been read. */
struct opening {
	struct gateway *gw;
	uint64_t token;
	char *network, *room;
	unsigned scope;
};

static void
on_account_ready(struct account *a, void *arg)
{
	struct opening *o = arg;
	struct place p = { o->scope, str_c(o->network), str_c(o->room) };
	struct adhoc_call *call =
	    adhoc_kept(services_commands(o->gw)->adhoc, o->token);

	if (call)
		show_form(call, o->gw, a, &p);
	free(o->network);
	free(o->room);
	free(o);
}

static void
open_form(struct adhoc_call *call, struct inlet *in, const struct place *p)
{
	struct err err = ERR_INIT;
	struct account *a = account_get(in->gw, jid_bare(&in->from), &err);
	struct opening *o;

	if (!a) {
		adhoc_fail(call, &err);
		return;
	}
	if (a->state == ACCOUNT_READY) {
		show_form(call, in->gw, a, p);
		return;
	}
	o = xcalloc(1, sizeof(*o));
	*o = (struct opening){ .gw = in->gw,
		.network = str_dup(p->network),
		.room = str_dup(p->room),
		.scope = p->scope };
	o->token = adhoc_keep(call, COMMAND_MS);
	account_wait(a, on_account_ready, o);
}

/*
 * What the answer says about one field, until the next is asked for; false:
 * leave it alone.
 */
static bool
new_value(struct settings_form *f, size_t i, const struct stanza *x,
    struct str *value_out)
{
	const struct gw_setting *st = f->setting[i];

	if (!form_has(x, f->field[i].var))
		return false;
	*value_out = form_value(x, f->field[i].var);
	if (f->is_forget[i]) {
		*value_out = STR_EMPTY;
		return form_bool(x, f->field[i].var);
	}
	if (st->type == GW_SET_SECRET)
		return value_out->len > 0;
	if (st->type == GW_SET_LINES) {
		buf_clear(&f->lines);
		form_lines(x, f->field[i].var, &f->lines);
		*value_out = buf_str(&f->lines);
	}
	if (st->type == GW_SET_BOOL)
		*value_out = form_is_true(*value_out) ? STR("1") : STR("0");
	return true;
}

/* All or nothing: every value is checked before the first is kept. */
static int
check_values(struct gateway *gw, struct settings_form *f,
    const struct stanza *x, struct err *err)
{
	struct str value;
	size_t i;

	if (form_check(x, f->field, f->n, err) < 0)
		return -1;
	for (i = 0; i < f->n; i++) {
		const struct gw_setting *st = f->setting[i];

		if (new_value(f, i, x, &value) && value.len && st->check &&
		    st->check(gw, value, err) < 0)
			return err_prefix(err, "%s", st->label);
	}
	return 0;
}

/*
 * A box left as it was shown sets nothing.  As long as nobody has read what is
 * set, it is taken at its word.
 */
static bool
is_as_before(const struct account *a, const struct place *p,
    const struct gw_setting *st, struct str value)
{
	return st->type == GW_SET_BOOL && a->state == ACCOUNT_READY &&
	    account_setting(a, p->network, p->room, st->name).len == 0 &&
	    str_eq(value, inherited(a, p, st));
}

/* The answer waits for the disk. */
struct saving {
	struct gateway *gw;
	uint64_t token;
	size_t left;
	bool failed;
};

static void
saving_done(struct saving *sv)
{
	struct adhoc_call *call;

	if (--sv->left > 0)
		return;
	call = adhoc_kept(services_commands(sv->gw)->adhoc, sv->token);
	if (call && sv->failed)
		finish(call, ADHOC_ERROR,
		    "Not saved: the disk is in trouble. The administrators "
		    "see it in the log; try again later.");
	else if (call)
		finish(call, ADHOC_INFO,
		    "Saved. It counts from the next connection on.");
	free(sv);
}

static void
on_saved(bool ok, void *arg)
{
	struct saving *sv = arg;

	sv->failed |= !ok;
	saving_done(sv);
}

static void
save_form(struct adhoc_call *call, struct inlet *in, const struct place *p)
{
	struct err err = ERR_INIT;
	struct account *a = account_get(in->gw, jid_bare(&in->from), &err);
	struct settings_form f;
	struct saving *sv;
	const struct stanza *x = call->answer;
	struct str value;
	size_t i;

	if (!a) {
		adhoc_fail(call, &err);
		return;
	}
	make_answer_form(&f, in->gw, p);
	buf_init(&f.lines, FORM_VALUE_MAX);
	if (check_values(in->gw, &f, x, &err) < 0) {
		buf_release(&f.lines);
		adhoc_fail(call, &err);
		account_check(a);
		return;
	}
	sv = xcalloc(1, sizeof(*sv));
	sv->gw = in->gw;
	sv->left = 1;
	for (i = 0; i < f.n; i++) {
		if (!new_value(&f, i, x, &value) ||
		    is_as_before(a, p, f.setting[i], value))
			continue;
		sv->left++;
		if (account_set(a, p->network, p->room, f.setting[i], value,
		        on_saved, sv, &err) < 0) {
			sv->left--;
			sv->failed = true;
		}
	}
	secret_wipe(f.lines.p, f.lines.len);
	buf_release(&f.lines);
	stay_review_all(a);
	/* The values are read: now the step may be put aside. */
	sv->token = adhoc_keep(call, COMMAND_MS);
	saving_done(sv);
	account_check(a);
}

static void
on_configure(struct adhoc_call *call)
{
	struct inlet *in = inlet_of(call);
	struct place p = place_of(in);

	if (call->answer)
		save_form(call, in, &p);
	else
		open_form(call, in, &p);
}

/* ---- connections ------------------------------------------------------ */

/* Without a room it lasts as long as after a word one to one. */
static void
connect_now(struct adhoc_call *call, struct inlet *in)
{
	struct err err = ERR_INIT;
	struct session *s =
	    session_get(in->gw, jid_bare(&in->from), &in->at, &err);

	if (!s) {
		adhoc_fail(call, &err);
		return;
	}
	session_spell(s, jid_bare(&in->to));
	s->talked_at = core_clock(in->gw->core)->at;
	session_start(s, jid_node(&in->from));
	session_check(s);
	finish(call, ADHOC_INFO,
	    "Connecting. As long as you are in no room the connection lasts "
	    "half an hour.");
}

static void
on_connect(struct adhoc_call *call)
{
	struct inlet *in = inlet_of(call);
	struct session *s = inlet_session(in);

	if (!s || s->state == SESSION_IDLE) {
		connect_now(call, in);
	} else if (s->state == SESSION_WAITING) {
		session_hurry(s);
		finish(call, ADHOC_INFO, "Connecting now.");
	} else if (s->state == SESSION_LEAVING) {
		finish(call, ADHOC_INFO,
		    "You are just being disconnected; try again in a moment.");
	} else {
		finish(call, ADHOC_INFO,
		    s->state == SESSION_ONLINE ? "You are connected."
		                               : "That is under way.");
	}
}

static void
on_disconnect(struct adhoc_call *call)
{
	struct session *s = inlet_session(inlet_of(call));

	if (!s) {
		finish(call, ADHOC_INFO, "You are not connected there.");
		return;
	}
	session_end(s, GW_BYE_USER, STR("You have disconnected."));
	finish(call, ADHOC_INFO, "Disconnected.");
}

/* ---- what the network adds -------------------------------------------- */

static void
on_extra_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct adhoc_call *call =
	    adhoc_kept(services_commands(s->gw)->adhoc, to->token);

	if (!call)
		return;
	if (done->err.kind != ERR_NONE)
		adhoc_fail(call, &done->err);
	else
		adhoc_finish(call, ADHOC_INFO,
		    done->text.len ? done->text : STR("Done."));
}

/* How many there are; their values are borrowed from the answer. */
static size_t
read_fields(const struct adhoc_call *call, const struct gw_command *c,
    struct gw_field field[FIELDS_MAX])
{
	size_t n = 0;

	for (; c->field && c->field[n].name && n < FIELDS_MAX; n++) {
		field[n].name = str_c(c->field[n].name);
		field[n].value = form_value(call->answer, c->field[n].name);
	}
	return n;
}

static void
run_extra(
    struct adhoc_call *call, const struct gw_command *c, struct session *s)
{
	struct gw_field field[FIELDS_MAX];
	struct inlet *in = inlet_of(call);
	struct request_to to = { .done = on_extra_done };
	size_t n = read_fields(call, c, field);

	/* The answer may come before it is put aside: so put aside first. */
	to.token = adhoc_keep(call, COMMAND_MS);
	if (to.token)
		request_command(s, c, in->at.name, field, n, COMMAND_MS, &to);
}

static void
answer_extra(struct adhoc_call *call, const struct gw_command *c)
{
	struct inlet *in = inlet_of(call);
	struct gw_field field[FIELDS_MAX];
	size_t n = read_fields(call, c, field);
	struct err err = ERR_INIT;
	struct buf text;

	buf_init(&text, GW_ANSWER_MAX);
	if (c->answer(in->gw, jid_bare(&in->from), field, n, &text, &err) < 0)
		adhoc_fail(call, &err);
	else
		adhoc_finish(
		    call, ADHOC_INFO, text.len ? buf_str(&text) : STR("Done."));
	buf_release(&text);
}

static void
show_extra(struct adhoc_call *call, const struct gw_command *c)
{
	struct adhoc_form form = { .stage = 0, .last = true };
	struct form_field field[FIELDS_MAX];
	size_t n = 0, i;

	for (i = 0; c->field[i].name && n < FIELDS_MAX; i++)
		field[n++] =
		    (struct form_field){ .type = form_types[c->field[i].type],
			    .var = c->field[i].name,
			    .label = c->field[i].label,
			    .desc = c->field[i].desc };
	form_write(adhoc_show(call, &form), "form", c->name, NULL, field, n);
	adhoc_shown(call);
}

static void
on_extra(struct adhoc_call *call)
{
	const struct gw_command *c = call->command->arg;
	struct session *s = inlet_session(inlet_of(call));
	struct err err;

	/* The link may come or go while the form is filled in. */
	if (c->field && !call->answer) {
		show_extra(call, c);
	} else if (c->answer) {
		answer_extra(call, c);
	} else if (!s || s->state != SESSION_ONLINE) {
		err_set(&err, ERR_UNREACHABLE, "you are not connected there");
		adhoc_fail(call, &err);
	} else {
		run_extra(call, c, s);
	}
}

/* ---- tables ----------------------------------------------------------- */

static const struct adhoc_command own[] = {
	{ "status", "Status", AT_DOMAIN | AT_NETWORK, status_on_call, NULL },
	{ "configure", "Settings", AT_DOMAIN | AT_NETWORK | AT_ROOM,
	    on_configure, NULL },
	{ "certificate", "Client certificate", AT_NETWORK, client_key_on_call,
	    NULL },
	{ "connect", "Connect", AT_NETWORK, on_connect, NULL },
	{ "disconnect", "Disconnect", AT_NETWORK, on_disconnect, NULL },
	{ "about", "How this network is treated", AT_NETWORK, about_on_call,
	    NULL },
	{ "register", "Register", AT_DOMAIN, registration_on_call, NULL },
	{ "lines", "Lines", AT_DOMAIN, lines_on_call, NULL },
	{ "block-list", "Blocked contacts", AT_DOMAIN, unwanted_on_call, NULL },
	{ "queue", "My messages on their way", AT_DOMAIN, outbox_mine_on_call,
	    NULL },
	{ "export", "Show all that is kept about me", AT_DOMAIN,
	    personal_on_export, NULL },
	{ "forget", "Erase all that is kept about me", AT_DOMAIN,
	    personal_on_forget, NULL },
};

static bool
has_settings(const struct inlet *in)
{
	const struct gw_setting *st = in->gw->ops->settings;
	struct place p = place_of(in);

	for (; st && st->name; st++)
		if (account_can_set(in->gw, p.scope, p.network, st))
			return true;
	return false;
}

/* Asked before each step and each list. */
static bool
may(const struct adhoc_command *command, void *user)
{
	const struct gw_command *c = command->arg;
	struct inlet *in = user;

	if (!access_is_allowed(in->gw, &in->from))
		return false;
	if (operator_owns(command))
		return access_is_admin(in->gw, &in->from);
	if (verb_owns(command))
		return verb_fits(command, in->gw) &&
		    access_is_admin(in->gw, &in->from);
	if (command->fn == on_configure)
		return has_settings(in);
	if (command->fn == outbox_mine_on_call)
		return in->gw->outbox != NULL;
	if (command->fn == client_key_on_call)
		return in->gw->ops->client_keys;
	if (command->fn == registration_on_call)
		return in->gw->ops->registration != NULL;
	if (command->fn == lines_on_call)
		return in->gw->ops->line_of != NULL;
	if (command->fn == unwanted_on_call)
		return !in->gw->ops->live;
	if (c && c->may && !c->may(in->gw, in->at.network))
		return false;
	return !c || !c->admin_only || access_is_admin(in->gw, &in->from);
}

void
commands_on_set(struct iq_ask *ask, const struct stanza *command)
{
	struct inlet *in = services_inlet(ask);

	adhoc_call(
	    services_commands(in->gw)->adhoc, ask, command, where(in), in);
}

void
commands_write_items(struct inlet *in, struct xmlw *w)
{
	adhoc_write_items(services_commands(in->gw)->adhoc, w,
	    jid_full(&in->to), where(in), in);
}

bool
commands_info(struct inlet *in, struct str node, struct disco *d)
{
	const struct adhoc_command *c;

	if (str_is(node, NS_COMMANDS)) {
		disco_add_identity(
		    d, "automation", "command-list", STR("Commands"));
		disco_add_feature(d, NS_DISCO_INFO);
		disco_add_feature(d, NS_DISCO_ITEMS);
		return true;
	}
	c = node.len
	    ? adhoc_find(services_commands(in->gw)->adhoc, node, where(in), in)
	    : NULL;
	if (!c)
		return false;
	disco_add_identity(d, "automation", "command-node", str_c(c->name));
	disco_add_feature(d, NS_COMMANDS);
	disco_add_feature(d, NS_DATA);
	return true;
}

/* ---- life ------------------------------------------------------------- */

static void
add_extra(struct commands *cs)
{
	const struct gw_command *table = cs->gw->ops->commands;
	size_t i, n = 0;

	while (table && table[n].node)
		n++;
	cs->extra = xcalloc(n, sizeof(*cs->extra));
	cs->nextra = n;
	for (i = 0; i < n; i++) {
		cs->extra[i] =
		    (struct adhoc_command){ table[i].node, table[i].name,
			    1u << table[i].where, on_extra, &table[i] };
		adhoc_add(cs->adhoc, &cs->extra[i]);
	}
}

struct adhoc *
commands_adhoc(struct gateway *gw)
{
	return services_commands(gw)->adhoc;
}

struct commands *
commands_new(struct gateway *gw, struct iq_table *iqs)
{
	struct commands *cs = xcalloc(1, sizeof(*cs));
	size_t i;

	cs->gw = gw;
	cs->adhoc = adhoc_new(core_clock(gw->core), iqs,
	    (unsigned)gw->conf->limits.commands, may);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		adhoc_add(cs->adhoc, &own[i]);
	operator_add(cs->adhoc);
	verb_add_commands(cs->adhoc);
	add_extra(cs);
	return cs;
}

void
commands_free(struct commands **cp)
{
	struct commands *cs = *cp;

	*cp = NULL;
	if (!cs)
		return;
	adhoc_free(&cs->adhoc);
	free(cs->extra);
	free(cs);
}
