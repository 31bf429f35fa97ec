/*
 * A network that sends, and reports.
 */
#include <stdio.h>

#include "crash_out.h"
#include "crash_wire.h"

static int
wire_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct gw_line main_line = {
		.name = STR("main"), .parallel = 2, .reports = true
	};
	struct gw_line quick = { .name = STR("quick"),
		.stage = GW_STAGE_ACCEPTED };

	(void)conf;
	(void)err;
	crash_wire = gw;
	gateway_line_put(gw, &main_line);
	gateway_line_put(gw, &quick);
	return 0;
}

static int
wire_login(struct session *s, struct str nick, struct err *err)
{
	struct gw_event ev = { .type = GW_EV_ONLINE, .text = STR("you") };

	(void)nick;
	(void)err;
	return session_emit(s, &ev);
}

static int
wire_route(struct session *s, const struct gw_message *m, struct gw_route *out,
    struct err *err)
{
	(void)s;
	(void)err;
	out->npieces = m->body.p[0] == '2' ? 2 : 1;
	snprintf(out->line, sizeof(out->line), "%s",
	    m->body.p[0] == '5' ? "quick" : "main");
	return 0;
}

static struct str
wire_id(size_t i, unsigned part, char out[32])
{
	snprintf(out, 32, "wire-%zu-%u", i, part);
	return str_c(out);
}

static void
wire_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	size_t i = (size_t)(m->body.p[0] - '0');
	struct message *is = &world->message[i];
	struct gw_outcome o = { .ticket = t, .fate = GW_SENT };
	char id[32];

	(void)s;
	crash_boundary(B_REQUEST);
	if (i == M_RETRY && !is->failed_once) {
		is->failed_once = true;
		o.fate = GW_RETRY;
		err_set(&o.err, ERR_UNREACHABLE, "not now");
	} else if (i == M_REFUSED) {
		o.fate = GW_REFUSED;
		err_set(&o.err, ERR_DENIED, "never");
	} else {
		world_takes(i, m->part - 1, t);
		o.network_id = wire_id(i, m->part, id);
	}
	crash_boundary(B_REQUESTED);
	gateway_outcome(crash_wire, &o);
	crash_boundary(B_ANSWERED);
}

static void
on_acknowledged(void *arg, bool ok)
{
	bool *acknowledged = arg;

	if (!ok)
		return;
	*acknowledged = true;
	crash_boundary(B_ACKNOWLEDGED);
}

static void
report_one(size_t i, unsigned k)
{
	struct message *m = &world->message[i];
	struct gw_report r = { .line = STR("main"), .fate = GW_DELIVERED };
	char id[32];

	if (!m->nsent[k] || m->acknowledged[k] || i == M_AT_ONCE)
		return;
	if (i % 2)
		r.network_id = wire_id(i, k + 1, id);
	else
		r.ticket = m->ticket[k];
	(void)gateway_report(
	    crash_wire, &r, on_acknowledged, &m->acknowledged[k]);
	crash_boundary(B_REPORTED);
}

/* Some know our ticket, others only their own name of it. */
static void
report_again(void)
{
	for (size_t i = 0; i < NMESSAGES; i++)
		for (unsigned k = 0; k < PIECES; k++)
			report_one(i, k);
}

const struct gateway_ops crash_wire_out_ops = {
	.kind = "wire",
	.title = "Wire",
	.open = wire_open,
	.close = crash_wire_close,
	.split = crash_wire_split,
	.local = crash_wire_local,
	.fold = crash_wire_fold,
	.network_at = crash_wire_network_at,
	.login = wire_login,
	.logout = crash_wire_logout,
	.drop = crash_wire_drop,
	.send = wire_send,
	.route = wire_route,
	.request = crash_wire_requests,
};

const struct crash_net crash_wire_out = {
	.domain = "wire.example.org",
	.block = "type = \"wire\"",
	.at = "@",
	.again = report_again,
};
