/*
 * Figures for Prometheus.
 *
 * Text format 0.0.4: a family is "# HELP", "# TYPE" and all its samples;
 * in the value of a label, backslash, quote and line end are escaped.
 */
#include <sys/socket.h>

#include "core/account.h"
#include "core/confirm.h"
#include "core/inbox_admin.h"
#include "core/instance.h"
#include "core/metrics.h"
#include "core/outbox_metrics.h"
#include "core/seat_admin.h"
#include "core/session.h"
#include "core/store.h"
#include "lib/buf.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "xmpp/component.h"

enum { NSTATES = SESSION_LEAVING + 1 };

/* ---- writing ---------------------------------------------------------- */

void
metrics_family(
    struct buf *out, const char *name, const char *type, const char *help)
{
	(void)buf_addf(
	    out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
add_value(struct buf *out, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] == '\n')
			(void)buf_add_str(out, STR("\\n"));
		else if (value.p[i] == '\\' || value.p[i] == '"')
			(void)buf_addf(out, "\\%c", value.p[i]);
		else
			(void)buf_addc(out, value.p[i]);
}

static void
add_labels(struct buf *out, const struct metrics_label *label, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)buf_addf(out, "%c%s=\"", i ? ',' : '{', label[i].name);
		add_value(out, label[i].value);
		(void)buf_addc(out, '"');
	}
	if (n > 0)
		(void)buf_addc(out, '}');
}

void
metrics_add(struct buf *out, const char *name,
    const struct metrics_label *label, size_t nlabel, int64_t value)
{
	(void)buf_addf(out, "%s", name);
	add_labels(out, label, nlabel);
	(void)buf_addf(out, " %lld\n", (long long)value);
}

void
metrics_add_ms(struct buf *out, const char *name,
    const struct metrics_label *label, size_t nlabel, int64_t ms)
{
	(void)buf_addf(out, "%s", name);
	add_labels(out, label, nlabel);
	(void)buf_addf(
	    out, " %lld.%03d\n", (long long)(ms / 1000), (int)(ms % 1000));
}

void
metrics_one(struct buf *out, const char *name, const char *type,
    const char *help, int64_t value)
{
	metrics_family(out, name, type, help);
	metrics_add(out, name, NULL, 0, value);
}

/* ---- the process ------------------------------------------------------ */

static void
write_process(struct core *c, struct buf *out)
{
	const struct metrics_label version = { "version",
		STR(PASSERELLE_VERSION) };

	metrics_family(out, "passerelle_build_info", "gauge", "Always 1.");
	metrics_add(out, "passerelle_build_info", &version, 1, 1);
	metrics_family(out, "passerelle_loop_longest_turn_seconds", "gauge",
	    "Longest time the loop was busy since these were read last.");
	metrics_add_ms(out, "passerelle_loop_longest_turn_seconds", NULL, 0,
	    loop_take_longest_ms(core_loop(c)));
}

static void
write_store(struct core *c, struct buf *out)
{
	struct store_stats s = { .nqueued = 0 };

	store_stats_get(core_store(c), &s);
	metrics_one(out, "passerelle_store_ok", "gauge",
	    "1 while the store keeps what it is given.",
	    store_is_ok(core_store(c)));
	metrics_one(out, "passerelle_store_queued", "gauge",
	    "Operations that wait for the store.", (int64_t)s.nqueued);
	metrics_one(out, "passerelle_store_commits_total", "counter",
	    "Transactions.", (int64_t)s.ncommits);
	metrics_one(out, "passerelle_store_operations_total", "counter",
	    "Operations in transactions.", (int64_t)s.nrows);
	metrics_one(out, "passerelle_store_failed_total", "counter",
	    "Operations that were not kept.", (int64_t)s.nfailed);
	metrics_family(out, "passerelle_store_longest_commit_seconds", "gauge",
	    "Longest transaction since the start.");
	metrics_add_ms(out, "passerelle_store_longest_commit_seconds", NULL, 0,
	    s.commit_ms);
}

/* ---- gateways --------------------------------------------------------- */

/* One family with a sample for each gateway. */
struct figure {
	const char *name, *type, *help;
	int64_t (*of)(struct gateway *gw);
	bool is_ms;
};

static struct component_stats
stats_of(struct gateway *gw)
{
	struct component_stats s = { .nin = 0 };

	if (gw->component)
		component_stats(gw->component, &s);
	return s;
}

static int64_t
is_up(struct gateway *gw)
{
	return gw->component && component_is_up(gw->component);
}

static int64_t
ups(struct gateway *gw)
{
	return (int64_t)stats_of(gw).nup;
}

static int64_t
stanzas_in(struct gateway *gw)
{
	return (int64_t)stats_of(gw).nin;
}

static int64_t
stanzas_out(struct gateway *gw)
{
	return (int64_t)stats_of(gw).nout;
}

static int64_t
stanzas_refused(struct gateway *gw)
{
	return (int64_t)stats_of(gw).nrefused;
}

static int64_t
queued_bytes(struct gateway *gw)
{
	return (int64_t)stats_of(gw).queued_bytes;
}

static int64_t
unconfirmed_ms(struct gateway *gw)
{
	return gw->confirm ? confirm_oldest_ms(gw->confirm) : 0;
}

static int64_t
users(struct gateway *gw)
{
	return (int64_t)gw->accounts.n;
}

static const struct figure figures[] = {
	{ "passerelle_stream_up", "gauge",
	    "1 while the gateway is connected to the XMPP server.", is_up,
	    false },
	{ "passerelle_stream_connects_total", "counter",
	    "Times it was connected.", ups, false },
	{ "passerelle_stanzas_in_total", "counter",
	    "Stanzas from the XMPP server.", stanzas_in, false },
	{ "passerelle_stanzas_out_total", "counter",
	    "Stanzas to the XMPP server.", stanzas_out, false },
	{ "passerelle_stanzas_refused_total", "counter",
	    "Stanzas not written: too big, or no stream.", stanzas_refused,
	    false },
	{ "passerelle_stream_queued_bytes", "gauge",
	    "Written and not yet taken by the XMPP server.", queued_bytes,
	    false },
	{ "passerelle_unconfirmed_oldest_seconds", "gauge",
	    "Age of the oldest stanza that the server has not confirmed.",
	    unconfirmed_ms, true },
	{ "passerelle_users", "gauge", "Users with something open.", users,
	    false },
};

static void
write_gateways(struct core *c, struct buf *out)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const struct figure *f = &figures[i];
		struct gateway *gw = NULL;

		metrics_family(out, f->name, f->type, f->help);
		while (gw = core_next_gateway(c, gw), gw) {
			struct metrics_label l = { "gateway",
				gateway_domain(gw) };

			(f->is_ms ? metrics_add_ms : metrics_add)(
			    out, f->name, &l, 1, f->of(gw));
		}
	}
}

static void
count_states(struct gateway *gw, int64_t n[NSTATES])
{
	struct map_iter ai = { 0 };

	while (map_next(&gw->accounts, &ai)) {
		const struct account *a = ai.value;
		struct map_iter si = { 0 };

		while (map_next(&a->sessions, &si))
			n[((const struct session *)si.value)->state]++;
	}
}

static void
write_sessions(struct core *c, struct buf *out)
{
	struct gateway *gw = NULL;

	metrics_family(out, "passerelle_sessions", "gauge",
	    "Users on networks, by the state of their connection.");
	while (gw = core_next_gateway(c, gw), gw) {
		int64_t n[NSTATES] = { 0 };

		count_states(gw, n);
		for (int state = 0; state < NSTATES; state++) {
			struct metrics_label l[2] = {
				{ "gateway", gateway_domain(gw) },
				{ "state",
				    str_c(session_state_name(
				        (enum session_state)state)) },
			};

			metrics_add(out, "passerelle_sessions", l, 2, n[state]);
		}
	}
}

/* ---- http ------------------------------------------------------------- */

static void
write_http(struct core *c, struct buf *out)
{
	const struct http_server *s = core_http(c);
	struct http_answers a;

	if (!s)
		return;
	metrics_one(out, "passerelle_http_connections", "gauge",
	    "Connections to the HTTP server.",
	    (int64_t)http_server_connections(s));
	metrics_one(out, "passerelle_http_waiting", "gauge",
	    "Requests that are not answered yet.",
	    (int64_t)http_server_waiting(s));
	metrics_family(out, "passerelle_http_answers_total", "counter",
	    "Answers by the HTTP server; at: first part of the path.");
	for (size_t i = 0; http_server_answers(s, i, &a); i++) {
		char status[16];
		struct metrics_label l[2] = { { "at", a.at },
			{ "status", STR_EMPTY } };

		snprintf(status, sizeof(status), "%d", a.status);
		l[1].value = str_c(status);
		metrics_add(
		    out, "passerelle_http_answers_total", l, 2, (int64_t)a.n);
	}
}

/* ---- all of it -------------------------------------------------------- */

static void (*const writers[])(struct core *c, struct buf *out) = {
	write_process,
	write_store,
	write_gateways,
	write_sessions,
	write_http,
	outbox_write_metrics,
	inbox_write_metrics,
	seat_write_metrics,
};

void
metrics_write(struct core *c, struct buf *out)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		writers[i](c, out);
}

static bool
may_read(const struct config_http *h, struct str peer)
{
	struct sockaddr_storage at;
	const void *any = &at;

	if (!address_parse(peer, &at))
		return false;
	for (size_t i = 0; i < h->nmetrics_allow; i++)
		if (address_in_range(&h->metrics_allow[i], any))
			return true;
	return false;
}

static int
status_for(struct core *c, const struct http_ask *ask)
{
	if (!may_read(&core_config(c)->http, ask->peer))
		return 403;
	if (ask->rest.len > 0)
		return 404;
	return str_is(ask->method, "GET") || str_is(ask->method, "HEAD") ? 200
	                                                                 : 405;
}

static void
on_ask(struct http_ask *ask, void *arg)
{
	struct http_reply r = { .status = status_for(arg, ask),
		.type = "text/plain; version=0.0.4; charset=utf-8" };
	struct buf out;

	buf_init(&out, METRICS_MAX);
	if (r.status == 200)
		metrics_write(arg, &out);
	r.body = buf_str(&out);
	http_ask_reply(&ask, &r);
	buf_release(&out);
}

int
metrics_open(struct core *c, struct err *err)
{
	return http_server_route(core_http(c), STR("/metrics"), on_ask, c, err);
}
