#include <stdio.h>

#include "core/gateway.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_register.h"
#include "smtp/mail_where.h"

static bool
is_registered(struct gateway *gw, struct str user)
{
	struct buf address;
	bool ok;

	buf_init(&address, 2 * MAIL_ADDRESS_MAX);
	ok = mail_alias_address(mail_of(gw), user, &address) == 0;
	buf_release(&address);
	return ok;
}

/* What the form proposes; it is borrowed until the next. */
struct proposal {
	char name[MAIL_ALIAS_NAME_MAX + 1];
	char title[MAIL_ALIAS_TITLE_MAX + 1];
};

static void
propose(struct mail_gateway *mail, struct str user, struct proposal *p)
{
	const struct mail_alias *a = mail_alias_of_user(mail, user);
	struct buf name;

	buf_init(&name, MAIL_ALIAS_NAME_MAX);
	if (a)
		buf_add_str(&name, str_c(a->name));
	else
		(void)mail_alias_is_fixed(mail, user, &name);
	(void)snprintf(p->name, sizeof(p->name), "%s", name.p);
	(void)snprintf(p->title, sizeof(p->title), "%s", a ? a->title : "");
	buf_release(&name);
}

static int
form(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, struct gw_form *out, struct err *err)
{
	static struct proposal p;

	(void)given;
	(void)err;
	if (n > 0)
		return 0;
	propose(mail_of(gw), user, &p);
	out->instructions = "You get a mailbox: what is sent there reaches "
	                    "you here, and what you write is from there.";
	out->field[out->n++] = (struct gw_form_field){ .name = "username",
		.label = "What stands before the @",
		.required = true,
		.value = str_c(p.name) };
	out->field[out->n++] = (struct gw_form_field){ .name = "name",
		.label = "Your name, as others see it",
		.value = str_c(p.title) };
	return 0;
}

static void
submit(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, uint64_t token)
{
	struct mail_gateway *mail = mail_of(gw);
	struct str name = n > 0 ? str_trim(given[0].value) : STR_EMPTY;
	struct err err = ERR_INIT;
	char text[256];

	if (mail_alias_check(mail, user, name, &err) < 0) {
		gateway_registered(gw, token, STR_EMPTY, &err);
		return;
	}
	mail_alias_put(
	    mail, user, name, n > 1 ? str_trim(given[1].value) : STR_EMPTY);
	(void)snprintf(text, sizeof(text),
	    "You are registered. Your mail address is %s@%s.",
	    mail_alias_of_user(mail, user)->name, mail->opt.domain);
	gateway_registered(gw, token, str_c(text), NULL);
}

static void
remove_user(struct gateway *gw, struct str user)
{
	mail_gateway_forget(mail_of(gw), user);
}

static void
describe(struct gateway *gw, struct str user, struct buf *out)
{
	mail_gateway_describe(mail_of(gw), user, out);
}

const struct gw_registration mail_registration = {
	.is_registered = is_registered,
	.form = form,
	.submit = submit,
	.remove = remove_user,
	.describe = describe,
};
