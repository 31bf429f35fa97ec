#include "sms/sms_register.h"
#include "core/gateway.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_own.h"
#include "sms/sms_profile.h"
#include "sms/sms_tenant.h"

/* What stands for it among the profiles. */
#define POOL "pool"

static bool
is_registered(struct gateway *gw, struct str user)
{
	return sms_line_of_user(sms_of(gw), user, 0) != NULL;
}

/* ---- what is asked ---------------------------------------------------- */

static bool
has_pool(const struct sms_gateway *sms)
{
	LIST_EACH(&sms->order, n)
	{
		if (LIST_ENTRY(n, struct sms_line, node)->is_pool)
			return true;
	}
	return false;
}

/* Where a form is written that is borrowed until the next. */
struct choices {
	struct gw_choice v[SMS_OWN_PROFILES_MAX + 1];
	size_t n;
};

static void
add_choice(struct choices *c, struct str value, struct str label)
{
	c->v[c->n++] = (struct gw_choice){ value, label };
}

static bool
can_have_pool(struct sms_gateway *sms, struct str user)
{
	return !sms_tenant_line_of(sms, user) && sms_tenant_free_line(sms);
}

/* Why there is nothing to choose. */
static int
nothing_left(struct sms_gateway *sms, struct str user, struct err *err)
{
	if (sms_tenant_line_of(sms, user))
		return err_set(
		    err, ERR_CONFLICT, "you have a number here already");
	if (!has_pool(sms))
		return err_set(err, ERR_NOT_ALLOWED,
		    "numbers of %s are given out by its operator; ask there",
		    gateway_domain(sms->gw).p);
	return err_set(err, ERR_BUSY,
	    "no number of %s is free at the moment; ask its operator",
	    gateway_domain(sms->gw).p);
}

static int
first_form(struct sms_gateway *sms, struct str user, struct gw_form *out,
    struct err *err)
{
	static struct choices c;
	const struct sms_profile *p;

	c.n = 0;
	if (can_have_pool(sms, user))
		add_choice(&c, STR(POOL), STR("A number of this gateway"));
	for (size_t i = 0; (p = sms_own_profile(sms, i)); i++)
		add_choice(&c, str_c(sms_profile_name(p)),
		    str_c(sms_profile_title(p)));
	if (c.n == 0)
		return nothing_left(sms, user, err);
	out->instructions = sms_own_profile(sms, 0)
	    ? "A telephone number, for text messages: one of this gateway, or "
	      "your own at one of these providers."
	    : "You get a telephone number, for text messages.";
	out->more = sms_own_profile(sms, 0) != NULL;
	out->field[out->n++] = (struct gw_form_field){ .name = "line",
		.label = "What you register",
		.value = c.v[0].value,
		.choice = c.v,
		.nchoice = c.n };
	return 0;
}

static void
add_variable(struct gw_form *out, const struct sms_profile_var *var)
{
	if (var->operator_only || out->n == GW_FORM_FIELDS_MAX)
		return;
	out->field[out->n++] = (struct gw_form_field){ .name = var->name,
		.label = var->label ? var->label : var->name,
		.type = var->secret ? GW_SET_SECRET : GW_SET_TEXT,
		.required = var->required && !var->def };
}

static int
own_form(const struct sms_profile *p, struct gw_form *out)
{
	const struct sms_profile_var *var;

	out->instructions = "Your account there. It is tried before it is "
	                    "kept, and kept encrypted.";
	out->field[out->n++] = (struct gw_form_field){ .name = "number",
		.label = "Your number there",
		.required = sms_profile_needs_number(p) };
	for (size_t i = 0; (var = sms_profile_var(p, i)); i++)
		add_variable(out, var);
	return 0;
}

static int
form(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, struct gw_form *out, struct err *err)
{
	const struct sms_profile *p;

	if (n == 0)
		return first_form(sms_of(gw), user, out, err);
	if (n > 1)
		return 0;
	for (size_t i = 0; (p = sms_own_profile(sms_of(gw), i)); i++)
		if (str_is(given[0].value, sms_profile_name(p)))
			return own_form(p, out);
	return 0;
}

/* ---- what comes of it ------------------------------------------------- */

static void
submit(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, uint64_t token)
{
	struct sms_gateway *sms = sms_of(gw);
	struct sms_line *l = sms_tenant_free_line(sms);
	struct err err = ERR_INIT;
	char text[512];

	if (n > 1) {
		sms_own_try(sms, user, given, n, token);
		return;
	}
	if (!l || sms_tenant_line_of(sms, user)) {
		err_set(&err, ERR_BUSY, "no number is free any more");
		gateway_registered(gw, token, STR_EMPTY, &err);
		return;
	}
	sms_tenant_move_in(l, user);
	(void)snprintf(text, sizeof(text),
	    "You are registered. Your number is %s.", l->number.text);
	gateway_registered(gw, token, str_c(text), NULL);
}

static void
remove_user(struct gateway *gw, struct str user)
{
	struct sms_gateway *sms = sms_of(gw);
	struct sms_line *l;

	while ((l = sms_tenant_line_of(sms, user)))
		sms_tenant_move_out(l);
	sms_own_forget(sms, user);
	sms_last_forget(&sms->last, user);
}

static void
describe(struct gateway *gw, struct str user, struct buf *out)
{
	struct sms_line *l;

	for (size_t i = 0; (l = sms_line_of_user(sms_of(gw), user, i)); i++)
		buf_addf(out, "Your line %s: %s, %s.\n", l->name,
		    l->number.text[0] ? l->number.text : "no number",
		    sms_profile_title(l->profile));
}

const struct gw_registration sms_registration = {
	.is_registered = is_registered,
	.form = form,
	.submit = submit,
	.remove = remove_user,
	.describe = describe,
};
