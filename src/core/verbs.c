/*
 * What operators can say.
 */
#include "core/core.h"
#include "core/health.h"
#include "core/inbox_admin.h"
#include "core/instance.h"
#include "core/metrics.h"
#include "core/operator.h"
#include "core/outbox_admin.h"
#include "core/seat_admin.h"
#include "core/verb.h"

/* ---- the program ------------------------------------------------------ */

static void
run_status(struct verb_call *call)
{
	struct gateway *gw = NULL;

	(void)health_check(call->core, &call->out);
	while (gw = core_next_gateway(call->core, gw), gw) {
		(void)buf_addc(&call->out, '\n');
		operator_write_totals(gw, &call->out);
	}
	verb_end(&call, NULL);
}

static void
run_metrics(struct verb_call *call)
{
	metrics_write(call->core, &call->out);
	verb_end(&call, NULL);
}

static void
run_reload(struct verb_call *call)
{
	struct err err = ERR_INIT;
	struct buf restart;
	int rc;

	buf_init(&restart, 4096);
	rc = core_ask_reload(call->core, &restart, &err);
	if (restart.len > 0)
		(void)buf_addf(
		    &call->out, "Done. This needs a restart: %s\n", restart.p);
	else
		(void)buf_addf(&call->out, "Done.\n");
	buf_release(&restart);
	err.kind = ERR_UNSUITABLE; /* the file is wrong, not the request */
	verb_end(&call, rc < 0 ? &err : NULL);
}

static void
run_help(struct verb_call *call)
{
	verb_write_help(&call->out);
	verb_end(&call, NULL);
}

/* ---- messages on their way out ---------------------------------------- */

enum { OUTBOX_WORDS_MAX = 2 + VERB_ARGS_MAX };

static void
on_said(const struct err *err, struct str text, void *arg)
{
	struct verb_call *call = arg;

	(void)buf_add_str(&call->out, text);
	verb_end(&call, err->kind == ERR_NONE ? NULL : err);
}

static void
ask_outbox(struct verb_call *call, struct str arg)
{
	struct str word[OUTBOX_WORDS_MAX], name = str_c(call->verb->name);
	size_t n = 0;

	while (n < 2 && str_cut(&name, ' ', &word[n]))
		n++;
	if (arg.len > 0)
		word[n++] = arg;
	for (size_t i = 1; i < VERB_ARGS_MAX; i++)
		if (call->arg[i].len > 0)
			word[n++] = call->arg[i];
	outbox_command(call->core, call->by, word, n, on_said, call);
}

/* About a message, or the gateway where it was asked, or all. */
static void
run_outbox(struct verb_call *call)
{
	struct str arg = call->arg[0];

	if (arg.len == 0 && call->gw)
		arg = str_c(call->gw->domain);
	ask_outbox(call, arg);
}

static void
run_line(struct verb_call *call)
{
	struct buf name;

	buf_init(&name, 4096);
	if (call->gw && !str_has(call->arg[0], '/'))
		(void)buf_addf(&name, "%s/", call->gw->domain);
	(void)buf_add_str(&name, call->arg[0]);
	ask_outbox(call, buf_str(&name));
	buf_release(&name);
}

/* ---- messages that came in -------------------------------------------- */

static void
run_inbox_list(struct verb_call *call)
{
	inbox_write_list(call->core, call->gw, &call->out);
	verb_end(&call, NULL);
}

static void
run_inbox_dead(struct verb_call *call)
{
	inbox_write_dead(call->core, call->gw, &call->out);
	verb_end(&call, NULL);
}

static void
run_inbox_release(struct verb_call *call)
{
	struct err err = ERR_INIT;

	(void)inbox_order_release(
	    call->core, call->gw, call->arg[0], &call->out, &err);
	verb_end(&call, err.kind == ERR_NONE ? NULL : &err);
}

static void
run_inbox_delete(struct verb_call *call)
{
	struct err err = ERR_INIT;

	(void)inbox_order_delete(
	    call->core, call->gw, call->arg[0], &call->out, &err);
	verb_end(&call, err.kind == ERR_NONE ? NULL : &err);
}

/* ---- seats in rooms --------------------------------------------------- */

static void
run_seat_list(struct verb_call *call)
{
	seat_write_list(call->core, call->gw, &call->out);
	verb_end(&call, NULL);
}

static void
run_seat_enter(struct verb_call *call)
{
	struct err err = ERR_INIT;

	(void)seat_order_enter(
	    call->core, call->gw, call->arg[0], &call->out, &err);
	verb_end(&call, err.kind == ERR_NONE ? NULL : &err);
}

/* ---- table ------------------------------------------------------------ */

#define NO_COMMAND                                                             \
	{                                                                      \
		NULL, NULL, 0, NULL, NULL                                      \
	}
#define COMMAND(node, name)                                                    \
	{                                                                      \
		(node), "Administration: " name, 1u << GW_ADDR_DOMAIN,         \
		    verb_on_call, NULL                                         \
	}
#define GATEWAY                                                                \
	{                                                                      \
		.name = "gateway", .label = "Gateway", .in_words = true        \
	}
#define ID                                                                     \
	{                                                                      \
		.name = "id", .label = "Number of the message",                \
		.required = true                                               \
	}
#define ID_OR_ALL                                                              \
	{                                                                      \
		.name = "id",                                                  \
		.label = "Number of one message; empty: all of them"           \
	}
#define LINE                                                                   \
	{                                                                      \
		.name = "line", .label = "Line", .required = true              \
	}

const struct verb verbs[] = {
	{ NO_COMMAND, "help", "Show this list.", false, { { .name = NULL } },
	    run_help },
	{ NO_COMMAND, "status",
	    "Show whether all is well, and how much there is to do.", false,
	    { { .name = NULL } }, run_status },
	{ NO_COMMAND, "metrics", "Show what Prometheus is shown.", false,
	    { { .name = NULL } }, run_metrics },
	{ NO_COMMAND, "reload", "Read the configuration again, as SIGHUP does.",
	    false, { { .name = NULL } }, run_reload },
	{ COMMAND("queue-list", "messages on their way"), "queue list",
	    "Show what is on its way, oldest first.", true, { GATEWAY },
	    run_outbox },
	{ COMMAND("queue-show", "one message"), "queue show",
	    "Show one message and its pieces.", true, { ID }, run_outbox },
	{ COMMAND("queue-hold", "hold messages"), "queue hold",
	    "Send a message, or anything at all, only after a release; kept "
	    "over restarts.",
	    true, { ID_OR_ALL }, run_outbox },
	{ COMMAND("queue-release", "release what is held"), "queue release",
	    "Let a message, or everything, be sent again.", true, { ID_OR_ALL },
	    run_outbox },
	{ COMMAND("queue-retry", "try a message now"), "queue retry",
	    "Try a message now, also one that is unsure or did not get there; "
	    "it may arrive twice.",
	    true, { ID }, run_outbox },
	{ COMMAND("queue-cancel", "cancel a message"), "queue cancel",
	    "Do not send what of a message was not tried yet.", true, { ID },
	    run_outbox },
	{ COMMAND("queue-dead", "what did not get there"), "queue dead",
	    "Show what did not get there, and what nobody knows of.", true,
	    { GATEWAY }, run_outbox },
	{ COMMAND("line-list", "lines"), "line list",
	    "Show the lines, and how they do.", true, { GATEWAY }, run_outbox },
	{ COMMAND("line-pause", "pause a line"), "line pause",
	    "Send nothing by a line until it is resumed; kept over restarts.",
	    true,
	    { LINE,
	        { .name = "why",
	            .label = "Why, for other people",
	            .rest = true } },
	    run_line },
	{ COMMAND("line-resume", "resume a line"), "line resume",
	    "Send by a line again.", true, { LINE }, run_line },
	{ COMMAND("inbox-list", "messages that came in"), "inbox list",
	    "Show what came in and waits for its user.", true,
	    { { .name = NULL } }, run_inbox_list },
	{ COMMAND("inbox-dead", "what could not be handed over"), "inbox dead",
	    "Show what came in for nobody, or ended streams.", true,
	    { { .name = NULL } }, run_inbox_dead },
	{ COMMAND("inbox-release", "hand a message over again"),
	    "inbox release", "Try once more to hand over one of the dead.",
	    true, { ID }, run_inbox_release },
	{ COMMAND("inbox-delete", "forget a message that came in"),
	    "inbox delete", "Forget one of the dead.", true, { ID },
	    run_inbox_delete },
	{ COMMAND("seat-list", "seats in rooms"), "seat list",
	    "Show who of ours is in rooms of other services, or why not.", true,
	    { { .name = NULL } }, run_seat_list },
	{ COMMAND("seat-enter", "enter a room now"), "seat enter",
	    "Enter a room at once, where somebody of ours is outside.", true,
	    { { .name = "room",
	        .label = "Address of the room",
	        .required = true } },
	    run_seat_enter },
	{ .name = NULL },
};
