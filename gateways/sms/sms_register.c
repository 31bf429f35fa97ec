#include "sms/sms_register.h"
#include "core/gateway.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"
#include "sms/sms_tenant.h"

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

static const struct gw_choice kinds[] = {
	{ { "pool", 4 }, { "A number of this gateway", 24 } },
};

static int
first_form(struct sms_gateway *sms, struct str user, struct gw_form *out,
    struct err *err)
{
	if (sms_tenant_line_of(sms, user))
		return err_set(
		    err, ERR_CONFLICT, "you have a number here already");
	if (!has_pool(sms))
		return err_set(err, ERR_NOT_ALLOWED,
		    "numbers of %s are given out by its operator; ask there",
		    gateway_domain(sms->gw).p);
	if (!sms_tenant_free_line(sms))
		return err_set(err, ERR_BUSY,
		    "no number of %s is free at the moment; ask its operator",
		    gateway_domain(sms->gw).p);
	out->instructions = "You get a telephone number, for text messages.";
	out->field[out->n++] = (struct gw_form_field){ .name = "line",
		.label = "What you register",
		.value = kinds[0].value,
		.choice = kinds,
		.nchoice = 1 };
	return 0;
}

static int
form(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, struct gw_form *out, struct err *err)
{
	(void)given;
	return n ? 0 : first_form(sms_of(gw), user, out, err);
}

/* ---- what comes of it ------------------------------------------------- */

static void
submit(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, uint64_t token)
{
	struct sms_gateway *sms = sms_of(gw);
	struct sms_line *l = sms_tenant_free_line(sms);
	struct err err = ERR_INIT;
	char text[128];

	(void)given;
	(void)n;
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
