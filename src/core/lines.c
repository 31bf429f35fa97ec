#include <stdlib.h>

#include "core/account.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/lines.h"
#include "core/router.h"
#include "core/services.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/form.h"
#include "xmpp/jid.h"

enum { COMMAND_MS = 30000, LABEL_MAX = 128 };

/* What stands for no choice: a list has no empty. */
#define NONE "-"

/* His lines, as a form has them. */
struct lines {
	struct form_option option[LINES_MAX + 1];
	char label[LINES_MAX + 1][LABEL_MAX];
	size_t n;
};

static void
add(struct lines *l, struct str name, struct str label)
{
	(void)snprintf(l->label[l->n], LABEL_MAX, STR_FMT, STR_ARG(label));
	l->option[l->n] =
	    (struct form_option){ .label = l->label[l->n], .value = name };
	l->n++;
}

static struct lines *
lines_new(struct gateway *gw, struct str user)
{
	struct lines *l = xcalloc(1, sizeof(*l));
	struct buf label;
	struct str name;

	add(l, STR(NONE), STR("No choice"));
	buf_init(&label, LABEL_MAX);
	for (size_t i = 0;
	     i < LINES_MAX && gw->ops->line_of(gw, user, i, &name, &label);
	     i++) {
		add(l, name, buf_str(&label));
		buf_clear(&label);
	}
	buf_release(&label);
	return l;
}

static const struct gw_setting *
setting_of(const struct gateway *gw)
{
	const struct gw_setting *st = gw->ops->settings;

	while (st && st->name && strcmp(st->name, LINES_SETTING) != 0)
		st++;
	return st;
}

/* The form, to be shown or to be checked by; field borrows from l. */
enum { NFIELDS = 2 };

static void
make_form(
    const struct lines *l, struct str chosen, struct form_field field[NFIELDS])
{
	field[0] = (struct form_field){ .type = FORM_LIST,
		.var = "line",
		.label = "Line",
		.required = true,
		.value = chosen,
		.option = l->option,
		.noption = l->n };
	field[1] = (struct form_field){ .type = FORM_TEXT,
		.var = "contact",
		.label = "For this contact only; empty: for all whom you have "
		         "not written to yet" };
}

/* ---- showing ---------------------------------------------------------- */

/* Until his settings are there. */
struct opening {
	struct gateway *gw;
	uint64_t token;
};

static void
show(struct adhoc_call *call, const struct account *a)
{
	struct adhoc_form form = { .stage = 0, .last = true };
	struct lines *l = lines_new(a->gw, str_c(a->user));
	struct form_field field[NFIELDS];
	struct str chosen =
	    account_setting(a, STR_EMPTY, STR_EMPTY, LINES_SETTING);

	make_form(l, chosen.len ? chosen : STR(NONE), field);
	form_write(adhoc_show(call, &form), "form", "Lines",
	    "By which of your lines you write. Without a choice it is the one "
	    "by which you and that contact wrote last, else your first.",
	    field, NFIELDS);
	adhoc_shown(call);
	free(l);
}

static void
on_account(struct account *a, void *arg)
{
	struct opening *o = arg;
	struct adhoc_call *call = adhoc_kept(commands_adhoc(o->gw), o->token);

	if (call)
		show(call, a);
	free(o);
}

static void
open_form(struct adhoc_call *call, struct account *a)
{
	struct opening *o = xcalloc(1, sizeof(*o));

	o->gw = a->gw;
	o->token = adhoc_keep(call, COMMAND_MS);
	account_wait(a, on_account, o);
}

/* ---- choosing --------------------------------------------------------- */

static void
on_saved(bool ok, void *arg)
{
	struct opening *o = arg;
	struct adhoc_call *call = adhoc_kept(commands_adhoc(o->gw), o->token);

	if (call)
		adhoc_finish(call, ok ? ADHOC_INFO : ADHOC_ERROR,
		    ok ? STR("Saved.")
		       : STR("Not saved: the disk is in trouble. Try again "
		             "later."));
	free(o);
}

/* Appends whom he means; nothing: everybody. */
static int
read_contact(
    struct gateway *gw, struct str typed, struct buf *name, struct err *err)
{
	struct gw_address at = { .kind = GW_ADDR_DOMAIN };
	struct buf local;
	int rc;

	if (typed.len == 0)
		return 0;
	buf_init(&local, 2 * GW_NAME_MAX);
	rc = gw->ops->prompted(gw, typed, &local, err);
	if (rc == 0)
		rc = gw->ops->split(gw, buf_str(&local), &at, err);
	if (rc == 0)
		rc = buf_add_str(name, at.name);
	buf_release(&local);
	return rc;
}

static int
check(struct adhoc_call *call, struct account *a, struct err *err)
{
	struct lines *l = lines_new(a->gw, str_c(a->user));
	struct form_field field[NFIELDS];
	int rc;

	make_form(l, STR_EMPTY, field);
	rc = form_check(call->answer, field, NFIELDS, err);
	free(l);
	return rc;
}

static int
save(struct adhoc_call *call, struct account *a, struct err *err)
{
	struct str line = form_value(call->answer, "line");
	struct str typed = str_trim(form_value(call->answer, "contact"));
	struct opening *o;
	struct buf name;
	int rc;

	buf_init(&name, GW_NAME_MAX);
	rc = read_contact(a->gw, typed, &name, err);
	if (rc == 0) {
		o = xcalloc(1, sizeof(*o));
		o->gw = a->gw;
		rc = account_set(a, STR_EMPTY, buf_str(&name),
		    setting_of(a->gw), str_is(line, NONE) ? STR_EMPTY : line,
		    on_saved, o, err);
		if (rc == 0)
			o->token = adhoc_keep(call, COMMAND_MS);
		else
			free(o);
	}
	buf_release(&name);
	return rc;
}

void
lines_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct err err = ERR_INIT;
	struct account *a = account_get(in->gw, jid_bare(&in->from), &err);

	if (!a) {
		adhoc_fail(call, &err);
		return;
	}
	if (!call->answer)
		open_form(call, a);
	else if (check(call, a, &err) < 0 || save(call, a, &err) < 0)
		adhoc_fail(call, &err);
	account_check(a);
}
