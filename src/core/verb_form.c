/*
 * What operators can say, as commands at a gateway.
 */
#include <stdlib.h>

#include "core/audit.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/router.h"
#include "core/services.h"
#include "core/verb.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/form.h"
#include "xmpp/jid.h"

enum {
	WAIT_MS = 30000,
	WORD_MAX = 1024,
	NOTE_MAX = 32 * 1024, /* bytes of an answer */
};

/* An answer that may come after this function has returned. */
struct waiting {
	struct gateway *gw;
	struct adhoc_call *call; /* NULL once it is kept */
	uint64_t token;
	bool is_done;
};

static void
finish(struct adhoc_call *call, struct str text, const struct err *err)
{
	struct str shown = str_trim(str_head(text, utf8_cut(text, NOTE_MAX)));

	if (err)
		adhoc_finish(call, ADHOC_ERROR, str_c(err->text));
	else
		adhoc_finish(call, ADHOC_INFO,
		    shown.len ? shown : STR("There is nothing to show."));
}

static void
on_done(struct str text, const struct err *err, void *arg)
{
	struct waiting *w = arg;
	struct adhoc_call *call = w->call;

	if (call) {
		finish(call, text, err);
		w->is_done = true; /* verb_on_call() goes on */
		return;
	}
	call = adhoc_kept(commands_adhoc(w->gw), w->token);
	if (call)
		finish(call, text, err);
	free(w);
}

static size_t
make_fields(const struct verb *v, struct form_field field[VERB_ARGS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < VERB_ARGS_MAX && v->arg[i].name; i++)
		if (!v->arg[i].in_words)
			field[n++] = (struct form_field){ .type = FORM_TEXT,
				.var = v->arg[i].name,
				.label = v->arg[i].label,
				.required = v->arg[i].required };
	return n;
}

static void
run(struct adhoc_call *call, const struct verb *v, size_t n)
{
	struct inlet *in = services_inlet(call->ask);
	struct waiting *w = xcalloc(1, sizeof(*w));
	struct str arg[VERB_ARGS_MAX] = { { NULL, 0 } };
	struct verb_ask ask = {
		.core = in->gw->core,
		.gw = in->gw,
		.by = jid_bare(&in->from),
		.done = on_done,
		.arg = w,
	};

	for (size_t i = 0; n > 0 && i < VERB_ARGS_MAX && v->arg[i].name; i++) {
		struct str s =
		    str_trim(form_value(call->answer, v->arg[i].name));

		if (!v->arg[i].in_words)
			arg[i] = str_head(s, utf8_cut(s, WORD_MAX));
	}
	audit_add(
	    in->gw->audit, &in->from, "%s " STR_FMT, v->name, STR_ARG(arg[0]));
	*w = (struct waiting){ .gw = in->gw, .call = call };
	verb_run_args(&ask, v, arg);
	if (w->is_done) {
		free(w);
		return;
	}
	w->call = NULL;
	w->token = adhoc_keep(call, WAIT_MS);
}

void
verb_on_call(struct adhoc_call *call)
{
	const struct verb *v = (const void *)call->command;
	struct form_field field[VERB_ARGS_MAX];
	size_t n = make_fields(v, field);
	struct err err = ERR_INIT;

	if (n > 0 && !call->answer) {
		form_write(
		    adhoc_show(
		        call, &(struct adhoc_form){ .stage = 0, .last = true }),
		    "form", call->command->name, v->help, field, n);
		adhoc_shown(call);
	} else if (n > 0 && form_check(call->answer, field, n, &err) < 0)
		adhoc_fail(call, &err);
	else
		run(call, v, n);
}

void
verb_add_commands(struct adhoc *a)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (v->adhoc.node)
			adhoc_add(a, &v->adhoc);
}

bool
verb_owns(const struct adhoc_command *command)
{
	return command->fn == verb_on_call;
}
