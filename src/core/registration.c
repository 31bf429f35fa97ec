/*
 * Who is registered at a gateway, and how people register.
 *
 * XEP-0077 2.4		3.1, fields and data forms
 * XEP-0100 1.0		4.1 and 4.3, the gateway subscribes to its users
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/registration.h"
#include "core/router.h"
#include "core/services.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

/* Of the name of a fact; behind it a bare JID. */
#define FACT "suspended "

enum {
	GIVEN_MAX = 64,
	STEPS_MAX = 8,
	TEXT_MAX = 4096,
};

/* One that the network, or the disk, has to answer for. */
struct registering {
	struct list node;
	struct gateway *gw;
	char *user;
	char *text;     /* for him, once it is on disk */
	uint64_t token; /* the network's */
	uint64_t kept;  /* of the command, or of the iq */
	bool is_command;
	bool is_saving;
};

#define REGISTERING(n) LIST_ENTRY(n, struct registering, node)

struct registrations {
	struct gateway *gw;
	struct map suspended; /* bare JIDs: a copy each */
	struct list open;     /* of struct registering */
	size_t nopen;
	uint64_t last; /* token */
};

struct registrations *
registrations_new(struct gateway *gw)
{
	struct registrations *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->suspended);
	list_init(&all->open);
	return all;
}

static void
registering_free(struct registering *r)
{
	r->gw->registrations->nopen--;
	list_del(&r->node);
	free(r->user);
	free(r->text);
	free(r);
}

void
registrations_free(struct registrations **rp)
{
	struct registrations *all = *rp;
	struct map_iter it = { 0 };

	if (!all)
		return;
	LIST_EACH(&all->open, n)
	{
		registering_free(REGISTERING(n));
	}
	while (map_next(&all->suspended, &it))
		free(it.value);
	map_release(&all->suspended);
	free(all);
	*rp = NULL;
}

/* ---- suspended -------------------------------------------------------- */

static void
set_suspended(struct registrations *all, struct str user, bool on)
{
	char *copy;

	if (on && !map_get(&all->suspended, user)) {
		copy = str_dup(user);
		map_put(&all->suspended, str_c(copy), copy);
	} else if (!on) {
		free(map_del(&all->suspended, user));
	}
}

static void
store_suspended(struct gateway *gw, struct str user, bool on,
    store_done_fn *done, void *arg)
{
	struct buf fact;

	set_suspended(gw->registrations, user, on);
	buf_init(&fact, JID_MAX + sizeof(FACT));
	buf_addf(&fact, FACT STR_FMT, STR_ARG(user));
	store_fact_put(core_store(gw->core), gateway_domain(gw), STR_EMPTY,
	    buf_str(&fact), on ? STR("1") : STR_EMPTY, done, arg);
	buf_release(&fact);
}

bool
registrations_on_fact(struct registrations *all, struct str name)
{
	struct str prefix = STR(FACT);

	if (!str_starts(name, prefix))
		return false;
	set_suspended(all, str_skip(name, prefix.len), true);
	return true;
}

bool
gateway_is_suspended(struct gateway *gw, struct str user)
{
	return map_get(&gw->registrations->suspended, user) != NULL;
}

static bool
is_registered(struct gateway *gw, struct str user)
{
	return gw->ops->registration &&
	    gw->ops->registration->is_registered(gw, user);
}

int
registration_check(struct gateway *gw, struct str user, struct err *err)
{
	if (!gw->ops->registration)
		return 0;
	if (!is_registered(gw, user))
		return err_set(err, ERR_STRANGER,
		    "you are not registered at %s; register there with your "
		    "client, or by its command Register",
		    gw->domain);
	if (gateway_is_suspended(gw, user))
		return err_set(err, ERR_STRANGER,
		    "your registration at %s is suspended, since you took it "
		    "out of your contacts; add it again to go on",
		    gw->domain);
	return 0;
}

void
registration_suspend(struct gateway *gw, struct str user)
{
	struct account *a;

	if (!is_registered(gw, user) || gateway_is_suspended(gw, user))
		return;
	log_info(
	    &gw->log, "registration suspended", "user=" STR_FMT, STR_ARG(user));
	store_suspended(gw, user, true, NULL, NULL);
	a = account_find(gw, user);
	if (a)
		(void)account_end_sessions(a, STR_EMPTY, GW_BYE_USER,
		    STR("Your registration is suspended."));
}

void
registration_resume(struct gateway *gw, struct str user)
{
	if (!gateway_is_suspended(gw, user))
		return;
	log_info(
	    &gw->log, "registration resumed", "user=" STR_FMT, STR_ARG(user));
	store_suspended(gw, user, false, NULL, NULL);
}

void
registration_write(struct gateway *gw, struct str user, struct buf *out)
{
	if (!is_registered(gw, user))
		return;
	gw->ops->registration->describe(gw, user, out);
	if (gateway_is_suspended(gw, user))
		buf_addf(out, "It is suspended.\n");
}

/* ---- subscriptions of the gateway ------------------------------------- */

static void
say(struct gateway *gw, struct str user, const char *type)
{
	(void)component_begin(gw->component, "presence", gateway_domain(gw),
	    user, type, STR_EMPTY);
	(void)component_end(gw->component, NULL);
}

void
registration_remove(struct gateway *gw, struct str user)
{
	bool was = is_registered(gw, user);

	if (!gw->ops->registration)
		return;
	if (gateway_is_suspended(gw, user))
		store_suspended(gw, user, false, NULL, NULL);
	gw->ops->registration->remove(gw, user);
	if (was)
		say(gw, user, "unsubscribe");
}

/* ---- what was given --------------------------------------------------- */

/* Copies: forms are borrowed, and a stanza holds one text at a time. */
struct given {
	struct gw_field v[GIVEN_MAX];
	size_t n;
};

static void
wipe_value(struct str value)
{
	char *p = (char *)(uintptr_t)value.p;

	secret_wipe(p, value.len);
	free(p);
}

static void
given_release(struct given *g)
{
	while (g->n > 0)
		wipe_value(g->v[--g->n].value);
}

static int
given_add(struct given *g, const char *name, struct str value, struct err *err)
{
	if (g->n == GIVEN_MAX)
		return err_set(err, ERR_BAD_INPUT, "too many fields");
	g->v[g->n].name = str_c(name);
	g->v[g->n++].value = str_of(str_dup(value), value.len);
	return 0;
}

static int
next_form(struct gateway *gw, struct str user, const struct given *g,
    struct gw_form *out, struct err *err)
{
	*out = (struct gw_form){ .n = 0 };
	return gw->ops->registration->form(gw, user, g->v, g->n, out, err);
}

/* ---- forms ------------------------------------------------------------ */

/* A form of the network's as one of XEP-0004. */
struct shown {
	struct form_field field[GW_FORM_FIELDS_MAX];
	struct form_option option[GW_FORM_FIELDS_MAX][GW_FORM_CHOICES_MAX];
	char label[GW_FORM_FIELDS_MAX][GW_FORM_CHOICES_MAX][128];
	size_t n;
};

static void
show_choices(struct shown *s, size_t i, const struct gw_form_field *from)
{
	for (size_t k = 0; k < from->nchoice && k < GW_FORM_CHOICES_MAX; k++) {
		(void)snprintf(s->label[i][k], sizeof(s->label[i][k]), STR_FMT,
		    STR_ARG(from->choice[k].label));
		s->option[i][k].value = from->choice[k].value;
		s->option[i][k].label = s->label[i][k];
		s->field[i].noption++;
	}
	s->field[i].option = s->option[i];
}

/* What lies in between is for other forms. */
static enum form_type
type_of(const struct gw_form_field *f)
{
	if (f->nchoice)
		return FORM_LIST;
	return f->type == GW_SET_SECRET ? FORM_SECRET
	    : f->type == GW_SET_BOOL    ? FORM_BOOL
	                                : FORM_TEXT;
}

static struct shown *
shown_new(const struct gw_form *f)
{
	struct shown *s = xcalloc(1, sizeof(*s));

	for (s->n = 0; s->n < f->n && s->n < GW_FORM_FIELDS_MAX; s->n++) {
		const struct gw_form_field *from = &f->field[s->n];

		s->field[s->n] = (struct form_field){ .type = type_of(from),
			.var = from->name,
			.label = from->label,
			.desc = from->desc,
			.required = from->required && from->value.len == 0,
			.value = from->value };
		if (from->nchoice)
			show_choices(s, s->n, from);
	}
	return s;
}

static void
write_form(struct xmlw *w, const struct gw_form *f, bool is_iq)
{
	struct shown *s = shown_new(f);

	form_begin(w, "form", "Registration", f->instructions);
	if (is_iq)
		form_add_type(w, NS_REGISTER);
	for (size_t i = 0; i < s->n; i++)
		form_add(w, &s->field[i]);
	xmlw_close(w);
	free(s);
}

static int
check_answer(const struct stanza *x, const struct gw_form *f, struct err *err)
{
	struct shown *s = shown_new(f);
	int rc = form_check(x, s->field, s->n, err);

	free(s);
	return rc;
}

/* ---- handing it to the network ---------------------------------------- */

static struct registering *
find_by_user(const struct registrations *all, struct str user)
{
	LIST_EACH(&all->open, n)
	{
		if (str_is(user, REGISTERING(n)->user))
			return REGISTERING(n);
	}
	return NULL;
}

static struct registering *
find_by_token(const struct registrations *all, uint64_t token)
{
	LIST_EACH(&all->open, n)
	{
		if (REGISTERING(n)->token == token &&
		    !REGISTERING(n)->is_saving)
			return REGISTERING(n);
	}
	return NULL;
}

/* NULL: err. */
static struct registering *
registering_new(struct gateway *gw, struct str user, struct err *err)
{
	struct registrations *all = gw->registrations;
	struct registering *r;

	if (find_by_user(all, user) || all->nopen == REGISTRATIONS_MAX) {
		err_set(err, ERR_BUSY,
		    "a registration is under way; wait until it is done");
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->gw = gw;
	r->user = str_dup(user);
	r->token = ++all->last;
	list_add(&all->open, &r->node);
	all->nopen++;
	return r;
}

/* Who does not wait any more is told in a message. */
static void
answer(const struct registering *r, const struct err *err)
{
	struct adhoc_call *call = NULL;
	struct iq_ask *ask = NULL;

	if (r->is_command)
		call = adhoc_kept(commands_adhoc(r->gw), r->kept);
	else
		ask = iq_kept(services_iqs(r->gw), r->kept);
	if (call && err)
		adhoc_fail(call, err);
	else if (call)
		adhoc_finish(call, ADHOC_INFO, str_c(r->text));
	else if (ask && err)
		iq_fail(ask, err);
	else if (ask)
		iq_ok(ask);
	if (!err && !call)
		gateway_tell(r->gw, str_c(r->user), str_c(r->text));
}

static void
on_saved(bool ok, void *arg)
{
	struct registering *r = arg;
	struct err err;

	if (ok) {
		answer(r, NULL);
		say(r->gw, str_c(r->user), "subscribe");
	} else {
		err_set(&err, ERR_BUSY,
		    "not kept: the disk is in trouble; try again later");
		answer(r, &err);
	}
	registering_free(r);
}

void
gateway_registered(
    struct gateway *gw, uint64_t token, struct str text, const struct err *err)
{
	struct registering *r = find_by_token(gw->registrations, token);

	if (!r)
		return;
	if (err) {
		answer(r, err);
		registering_free(r);
		return;
	}
	log_info(&gw->log, "registered", "user=%s", r->user);
	r->is_saving = true;
	r->text = str_dup(text.len ? text : STR("You are registered."));
	/* Behind what the network has put, so that is on disk, too. */
	store_suspended(gw, str_c(r->user), false, on_saved, r);
}

static void
submit(struct gateway *gw, const struct registering *r, const struct given *g)
{
	/* It may be gone when this returns. */
	gw->ops->registration->submit(gw, str_c(r->user), g->v, g->n, r->token);
}

/* ---- XEP-0077 --------------------------------------------------------- */

/* The elements that it has for clients without forms. */
static bool
is_element(const char *name)
{
	static const char *const names[] = { "username", "nick", "password",
		"name", "first", "last", "email", "address", "city", "state",
		"zip", "phone", "url", "date", "misc", "text", "key" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
write_instructions(struct xmlw *w, struct gateway *gw, struct str user,
    const struct gw_form *f, const struct err *err)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (is_registered(gw, user))
		gw->ops->registration->describe(gw, user, &text);
	if (f->n)
		buf_addf(&text, "%s", f->instructions);
	else if (!is_registered(gw, user))
		buf_addf(&text, "%s", err->text);
	xmlw_textel(w, "instructions", NULL, str_trim(buf_str(&text)));
	buf_release(&text);
}

void
registration_on_get(struct iq_ask *ask)
{
	struct inlet *in = services_inlet(ask);
	struct gateway *gw = in->gw;
	struct str user = jid_bare(&in->from);
	struct given none = { .n = 0 };
	struct err err = ERR_INIT;
	struct gw_form f;
	struct xmlw *w;

	if (next_form(gw, user, &none, &f, &err) < 0)
		f.n = 0;
	w = iq_result(ask);
	xmlw_open(w, "query", NS_REGISTER);
	if (is_registered(gw, user))
		xmlw_leaf(w, "registered", NULL);
	write_instructions(w, gw, user, &f, &err);
	for (size_t i = 0; i < f.n; i++)
		if (is_element(f.field[i].name))
			xmlw_leaf(w, f.field[i].name, NULL);
	if (f.n)
		write_form(w, &f, true);
	xmlw_close(w);
	iq_done(ask);
}

/* Of a data form, or of an element. */
static struct str
value_in(const struct stanza *query, const struct stanza *x, const char *name,
    struct buf *scratch)
{
	return x ? form_value(x, name)
	         : stanza_child_text(query, name, NULL, scratch);
}

static bool
is_choice(const struct gw_form_field *f, struct str value)
{
	for (size_t i = 0; i < f->nchoice; i++)
		if (str_eq(f->choice[i].value, value))
			return true;
	return f->nchoice == 0;
}

/* All steps are in one here: what is missing takes its default. */
static int
take_fields(struct inlet *in, const struct stanza *query,
    const struct gw_form *f, bool is_first, struct given *g, struct err *err)
{
	const struct stanza *x = form_find(query);

	for (size_t i = 0; i < f->n; i++) {
		const struct gw_form_field *field = &f->field[i];
		struct str value =
		    value_in(query, x, field->name, &in->scratch);

		if (value.len == 0)
			value = field->value;
		if (value.len == 0 && field->required)
			return err_set(err, ERR_UNSUITABLE,
			    is_first ? "%s: must be filled in"
			             : "%s: is asked in a second step; use the "
			               "command Register",
			    field->label);
		if (value.len > FORM_VALUE_MAX ||
		    (value.len && !is_choice(field, value)))
			return err_set(err, ERR_UNSUITABLE,
			    "%s: not one of the choices", field->label);
		if (given_add(g, field->name, value, err) < 0)
			return -1;
	}
	return 0;
}

static int
take_steps(struct inlet *in, const struct stanza *query, struct given *g,
    struct err *err)
{
	struct gw_form f;

	for (int i = 0; i < STEPS_MAX; i++) {
		if (next_form(in->gw, jid_bare(&in->from), g, &f, err) < 0)
			return -1;
		if (f.n == 0)
			return 0;
		if (take_fields(in, query, &f, i == 0, g, err) < 0)
			return -1;
	}
	return err_set(err, ERR_INTERNAL, "too many steps");
}

void
registration_on_set(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);
	const struct stanza *x = form_find(query);
	struct given g = { .n = 0 };
	struct registering *r = NULL;
	struct err err = ERR_INIT;

	if (x && form_is_cancelled(x)) {
		iq_ok(ask);
		return;
	}
	if (take_steps(in, query, &g, &err) == 0)
		r = registering_new(in->gw, jid_bare(&in->from), &err);
	if (!r) {
		iq_fail(ask, &err);
	} else if ((r->kept = iq_keep(ask, REGISTRATION_MS)) == 0) {
		registering_free(r);
	} else {
		submit(in->gw, r, &g);
	}
	given_release(&g);
}

/* ---- the command ------------------------------------------------------ */

/* What was answered to one form is kept with the command. */
static int
keep_answer(struct adhoc_call *call, const struct gw_form *f, struct err *err)
{
	if (check_answer(call->answer, f, err) < 0)
		return -1;
	for (size_t i = 0; i < f->n; i++) {
		struct str value = form_value(call->answer, f->field[i].name);

		if (value.len == 0)
			value = f->field[i].value;
		if (adhoc_set(call, f->field[i].name, value) < 0)
			return err_set(err, ERR_TOO_BIG, "%s: too long",
			    f->field[i].label);
	}
	return 0;
}

/* Goes through the forms that have been answered; *f is the one behind. */
static int
replay(struct adhoc_call *call, struct gateway *gw, struct str user,
    struct given *g, struct gw_form *f, struct err *err)
{
	for (unsigned i = 0; i < call->stage && i < STEPS_MAX; i++) {
		if (next_form(gw, user, g, f, err) < 0)
			return -1;
		if (call->answer && i + 1 == call->stage &&
		    keep_answer(call, f, err) < 0)
			return -1;
		for (size_t k = 0; k < f->n; k++)
			if (given_add(g, f->field[k].name,
			        adhoc_get(call, f->field[k].name), err) < 0)
				return -1;
	}
	return next_form(gw, user, g, f, err);
}

static void
show_step(struct adhoc_call *call, const struct gw_form *f)
{
	struct adhoc_form form = { .stage = call->stage, .last = !f->more };

	write_form(adhoc_show(call, &form), f, false);
	adhoc_shown(call);
}

static void
submit_step(struct adhoc_call *call, struct gateway *gw, struct str user,
    const struct given *g)
{
	struct err err = ERR_INIT;
	struct registering *r = registering_new(gw, user, &err);

	if (!r) {
		adhoc_fail(call, &err);
		return;
	}
	r->is_command = true;
	r->kept = adhoc_keep(call, REGISTRATION_MS);
	if (r->kept == 0)
		registering_free(r);
	else
		submit(gw, r, g);
}

void
registration_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct str user = jid_bare(&in->from);
	struct given g = { .n = 0 };
	struct err err = ERR_INIT;
	struct gw_form f;

	if (replay(call, in->gw, user, &g, &f, &err) < 0)
		adhoc_fail(call, &err);
	else if (f.n)
		show_step(call, &f);
	else
		submit_step(call, in->gw, user, &g);
	given_release(&g);
}
