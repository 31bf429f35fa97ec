/*
 * What of a user's is on its way, and what nobody knows of: to be cancelled,
 * or sent again.
 */
#include <stdlib.h>

#include "core/instance.h"
#include "core/outbox.h"
#include "core/outbox_admin.h"
#include "core/outbox_mine.h"
#include "core/owed.h"
#include "core/router.h"
#include "core/services.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/form.h"
#include "xmpp/jid.h"

enum { SHOWN_MAX = 50, LABEL_MAX = 400 };

/* A line of the list. */
struct choice {
	char id[24];
	char label[LABEL_MAX];
};

struct choices {
	struct choice v[SHOWN_MAX];
	struct form_option option[SHOWN_MAX];
	size_t n;
};

static void
add_choice(const struct owed *o, void *arg)
{
	struct choices *c = arg;
	struct choice *v = &c->v[c->n];
	struct buf label;

	if (c->n == SHOWN_MAX)
		return;
	buf_init(&label, LABEL_MAX - 1);
	outbox_write_line(o, &label);
	snprintf(v->id, sizeof(v->id), "%llu", (unsigned long long)o->id);
	snprintf(v->label, sizeof(v->label), "%s", label.p);
	c->option[c->n] =
	    (struct form_option){ .value = str_c(v->id), .label = v->label };
	c->n++;
	buf_release(&label);
}

static void
show(struct adhoc_call *call, const struct choices *c)
{
	static const struct form_option what[] = {
		{ .value = { "cancel", 6 }, .label = "Do not send it" },
		{ .value = { "resend", 6 }, .label = "Send it again" },
	};
	const struct form_field field[] = {
		{ .type = FORM_LIST,
		    .var = "message",
		    .label = "Message",
		    .required = true,
		    .option = c->option,
		    .noption = c->n },
		{ .type = FORM_LIST,
		    .var = "what",
		    .label = "What to do",
		    .required = true,
		    .option = what,
		    .noption = 2 },
	};

	form_write(
	    adhoc_show(call, &(struct adhoc_form){ .stage = 0, .last = true }),
	    "form", "My messages on their way",
	    "What was tried already cannot be cancelled; what nobody knows of "
	    "is sent again only if you say so, and may arrive twice.",
	    field, 2);
	adhoc_shown(call);
}

/* One of his, and of nobody else. */
static struct owed *
chosen(struct outbox *b, struct str user, struct str id)
{
	uint64_t n;
	struct owed *o =
	    str_to_uint(id, INT64_MAX, &n) ? owed_find(b, n) : NULL;

	return o && str_eq(o->user, user) ? o : NULL;
}

static void
act(struct adhoc_call *call, struct owed *o)
{
	bool cancels = str_is(form_value(call->answer, "what"), "cancel");
	struct err err = ERR_INIT;
	int rc = cancels ? outbox_cancel(o, true, &err)
	                 : outbox_resend(o, true, &err);

	if (rc < 0)
		adhoc_finish(call, ADHOC_WARN, str_c(err.text));
	else
		adhoc_finish(call, ADHOC_INFO,
		    cancels && o->fate == FATE_UNSURE
		        ? STR("It is not tried again; an earlier try may "
		              "have been sent.")
		        : cancels ? STR("It is not sent.")
		                  : STR("It is sent again."));
}

void
outbox_mine_on_call(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct str user = jid_bare(&in->from);
	struct choices *c;
	struct owed *o;

	if (call->answer) {
		o = chosen(
		    in->gw->outbox, user, form_value(call->answer, "message"));
		if (o)
			act(call, o);
		else
			adhoc_finish(call, ADHOC_WARN,
			    STR("That message is not on its way any more."));
		return;
	}
	c = xcalloc(1, sizeof(*c));
	outbox_each_of(in->gw->outbox, user, add_choice, c);
	if (c->n)
		show(call, c);
	else
		adhoc_finish(call, ADHOC_INFO,
		    STR("None of your messages is on its way."));
	free(c);
}
