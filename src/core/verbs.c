/*
 * What operators can say.
 */
#include "core/core.h"
#include "core/health.h"
#include "core/instance.h"
#include "core/metrics.h"
#include "core/operator.h"
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

/* ---- table ------------------------------------------------------------ */

#define NO_COMMAND                                                             \
	{                                                                      \
		NULL, NULL, 0, NULL, NULL                                      \
	}

const struct verb verbs[] = {
	{ NO_COMMAND, "help", "Show this list.", VERB_PROGRAM, false,
	    { { .name = NULL } }, run_help },
	{ NO_COMMAND, "status",
	    "Show whether all is well, and how much there is to do.",
	    VERB_PROGRAM, false, { { .name = NULL } }, run_status },
	{ NO_COMMAND, "metrics", "Show what Prometheus is shown.", VERB_PROGRAM,
	    false, { { .name = NULL } }, run_metrics },
	{ NO_COMMAND, "reload", "Read the configuration again, as SIGHUP does.",
	    VERB_PROGRAM, false, { { .name = NULL } }, run_reload },
	{ .name = NULL },
};
