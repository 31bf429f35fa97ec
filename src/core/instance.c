/*
 * One gateway as the core keeps it.
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/archive.h"
#include "core/arrears.h"
#include "core/audit.h"
#include "core/block.h"
#include "core/bridge.h"
#include "core/browse.h"
#include "core/confirm.h"
#include "core/farewell.h"
#include "core/identity.h"
#include "core/inbound.h"
#include "core/inbox.h"
#include "core/instance.h"
#include "core/mam.h"
#include "core/outbox.h"
#include "core/outgoing.h"
#include "core/probe.h"
#include "core/registration.h"
#include "core/roster.h"
#include "core/router.h"
#include "core/seat.h"
#include "core/services.h"
#include "core/session.h"
#include "core/twin.h"
#include "core/unwanted.h"
#include "core/upload.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"

#define SESSION(n) LIST_ENTRY(n, struct session, check)

/* ---- the stream ------------------------------------------------------- */

typedef void each_session(struct session *s);

static void
for_sessions(struct gateway *gw, each_session *fn)
{
	struct map_iter ai = { 0 };

	while (map_next(&gw->accounts, &ai)) {
		struct account *a = ai.value;
		struct map_iter si = { 0 };

		/* fn may end sessions; freeing waits for the turn's end. */
		while (map_next(&a->sessions, &si))
			fn(si.value);
	}
}

static void
on_up(struct component *c, void *arg)
{
	struct gateway *gw = arg;

	confirm_up(gw->confirm, c);
	upload_up(gw->upload, c);
	twin_up(gw->twin);
	if (!gw->was_up) {
		gw->was_up = true;
		core_attached(gw->core);
	}
	farewell_release(gw);
	for_sessions(gw, inbound_release);
	outgoing_settle(gw);
	probe_start(gw->probe);
	rosters_up(gw->rosters);
	seats_up(gw->seats);
	inbox_go(gw->inbox);
}

/* Nobody else has our name: what is owed may go. */
static void
on_alone(void *arg)
{
	struct gateway *gw = arg;

	if (gw->outbox)
		outbox_up(gw->outbox);
	inbox_go(gw->inbox);
}

static void
on_down(struct component *c, enum component_end why, const struct err *err,
    void *arg)
{
	struct gateway *gw = arg;

	(void)c;
	(void)err;
	probe_stop(gw->probe);
	arrears_drop_all(gw);
	rosters_down(gw->rosters);
	inbox_down(gw->inbox, why);
	confirm_down(gw->confirm);
	seats_down(gw->seats);
	twin_down(gw->twin);
	services_stream_down(gw);
	upload_down(gw->upload);
}

static void
on_stanza(struct component *c, const struct stanza *s, void *arg)
{
	(void)c;
	router_stanza(arg, s);
}

static void
hold(struct session *s, bool on)
{
	/* What is held may have lost its link since, and have another. */
	if (s->held == on || !s->gw->ops->hold ||
	    (on && s->state != SESSION_ONLINE))
		return;
	s->held = on;
	session_enter(s);
	s->gw->ops->hold(s, on);
	session_leave(s);
}

static void
hold_on(struct session *s)
{
	hold(s, true);
}

static void
hold_off(struct session *s)
{
	hold(s, false);
}

static void
on_hold_over(struct timer *t)
{
	for_sessions(TIMER_OWNER(t, struct gateway, hold), hold_off);
}

static void
on_slow(struct component *c, bool slow, void *arg)
{
	struct gateway *gw = arg;
	struct clock *clock = core_clock(gw->core);

	(void)c;
	log_warn(&gw->log, slow ? "XMPP server is slow" : "XMPP server is back",
	    "action=\"%s reading from the networks\"", slow ? "stop" : "go on");
	if (!slow) {
		arrears_settle_all(gw);
		inbox_go(gw->inbox);
	}
	for_sessions(gw, slow ? hold_on : hold_off);
	if (slow)
		timer_set(&gw->hold, clock, clock->at + INSTANCE_HOLD_MS);
	else
		timer_cancel(&gw->hold);
}

static const struct component_ops component_ops = {
	.up = on_up,
	.down = on_down,
	.stanza = on_stanza,
	.slow = on_slow,
};

/* ---- life ------------------------------------------------------------- */

struct gateway *
instance_new(struct core *c, const struct config_gateway *conf, struct err *err)
{
	struct gateway *gw = xcalloc(1, sizeof(*gw));

	gw->core = c;
	gw->conf = conf;
	gw->ops = conf->ops;
	gw->domain = str_dup(conf->domain);
	log_ctx_init(&gw->log, core_log(c), "gw=%s", gw->domain);
	map_init(&gw->accounts);
	gates_init(&gw->gates);
	buf_init(&gw->local, 2 * GW_NAME_MAX + 256);
	buf_init(&gw->key, 2 * GW_NAME_MAX + 64);
	list_init(&gw->keepings);
	list_init(&gw->checks);
	list_init(&gw->arrears);
	list_init(&gw->farewells);
	list_init(&gw->node);
	timer_init(&gw->hold, on_hold_over);
	if (gw->ops->gateway_size)
		gw->priv = xcalloc(1, gw->ops->gateway_size);
	gw->blocks = blocks_new(gw);
	gw->unwanted = unwanted_new(gw);
	gw->registrations = registrations_new(gw);
	gw->audit = audit_new(gw);
	gw->probe = probe_new(gw);
	gw->rosters = rosters_new(gw);
	gw->mam = mam_new(gw);
	gw->browse = browse_new(gw);
	archive_open(gw);
	gw->identities = identities_new(gw);
	gw->bridges = bridges_new(gw);
	gw->services = services_new(gw);
	gw->upload = upload_new(&(struct upload_params){ core_clock(c),
	    core_loop(c), services_iqs(gw), &gw->log, str_c(gw->domain),
	    core_config(c)->server.domain });
	gw->confirm = confirm_new(core_clock(c), services_iqs(gw), &gw->log);
	if (!gw->ops->live)
		gw->outbox = outbox_new(gw);
	gw->twin = twin_new(gw, on_alone, gw);
	gw->inbox = inbox_new(gw);
	gw->seats = seats_new(gw);
	if (gw->ops->open(gw, conf->conf, err) < 0) {
		gw->is_failed = true;
		instance_free(&gw);
		return NULL;
	}
	return gw;
}

static void
free_account(struct account *a)
{
	struct map_iter it = { 0 };

	a->keep++; /* its last session would take it along */
	while (map_next(&a->sessions, &it))
		session_drop(it.value);
	account_free(&a);
}

static void drop_keepings(struct gateway *gw);

void
instance_free(struct gateway **gwp)
{
	struct gateway *gw = *gwp;
	struct map_iter it = { 0 };

	*gwp = NULL;
	if (!gw)
		return;
	outbox_free(&gw->outbox);
	while (map_next(&gw->accounts, &it))
		free_account(it.value);
	timer_cancel(&gw->hold);
	store_cancel(core_store(gw->core), gw->facts);
	store_cancel(core_store(gw->core), gw->secrets);
	farewell_drop(gw);
	blocks_free(&gw->blocks);
	unwanted_free(&gw->unwanted);
	registrations_free(&gw->registrations);
	audit_free(&gw->audit);
	probe_free(&gw->probe);
	rosters_free(&gw->rosters);
	archive_close(gw);
	identities_free(&gw->identities);
	mam_free(&gw->mam);
	browse_free(&gw->browse);
	upload_free(&gw->upload);
	seats_free(&gw->seats);
	inbox_free(&gw->inbox);
	drop_keepings(gw);
	twin_free(&gw->twin);
	confirm_free(&gw->confirm);
	services_free(&gw->services);
	bridges_free(&gw->bridges);
	if (!gw->is_failed)
		gw->ops->close(gw);
	component_close(&gw->component);
	map_release(&gw->accounts);
	gates_release(&gw->gates);
	buf_release(&gw->local);
	buf_release(&gw->key);
	list_del(&gw->node);
	free(gw->domain);
	free(gw->priv);
	free(gw);
}

/* Those of no network are the core's. */
static void
on_fact(struct gateway *gw, const struct store_fact *f)
{
	if (f->network.len == 0 &&
	    (blocks_on_fact(gw->blocks, f->name, f->value) ||
	        audit_on_fact(gw->audit, f->name, f->value) ||
	        unwanted_on_fact(gw->unwanted, f->name) ||
	        registrations_on_fact(gw->registrations, f->name)))
		return;
	if (gw->ops->fact)
		gw->ops->fact(gw, f->network, f->name, f->value);
}

static void
on_facts(bool ok, const struct store_fact *v, size_t n, void *arg)
{
	struct gateway *gw = arg;

	gw->facts = 0;
	if (!ok)
		log_error(&gw->log, "facts not read",
		    "action=\"going on without them\"");
	for (size_t i = 0; i < n; i++)
		on_fact(gw, &v[i]);
	blocks_enforce(gw->blocks);
	if (ok && gw->ops->ready && !gw->ops->secret)
		gw->ops->ready(gw);
}

/* They stand among the settings, of a user without a name. */
static void
on_secrets(bool ok, const struct store_setting *v, size_t n, void *arg)
{
	struct gateway *gw = arg;

	gw->secrets = 0;
	if (!ok)
		log_error(&gw->log, "secrets not read",
		    "action=\"going on without them\"");
	for (size_t i = 0; i < n; i++)
		gw->ops->secret(gw, v[i].name, v[i].value);
	if (ok && gw->ops->ready)
		gw->ops->ready(gw);
}

void
instance_start(struct gateway *gw)
{
	const struct config_server *server = &core_config(gw->core)->server;
	char host[256];
	struct component_params p = {
		.domain = gw->domain,
		.host = host,
		.port = (uint16_t)server->port,
		.secret = secret_str(&gw->conf->secret),
		.log = &gw->log,
	};

	/* Settings are read later, so no login overtakes this. */
	gw->facts = store_facts_load(
	    core_store(gw->core), str_c(gw->domain), on_facts, gw);
	if (gw->ops->secret)
		gw->secrets = store_settings_load(core_store(gw->core),
		    STR_EMPTY, str_c(gw->domain), on_secrets, gw);
	rosters_load(gw->rosters);
	if (gw->outbox)
		outbox_start(gw->outbox);
	inbox_load(gw->inbox);
	snprintf(host, sizeof(host), STR_FMT, STR_ARG(server->host));
	gw->component =
	    component_new(core_loop(gw->core), &p, &component_ops, gw);
}

static void
end_session(struct session *s)
{
	session_end(s, GW_BYE_SHUTDOWN, STR("The gateway is being restarted."));
}

/* Nothing new comes in from then on; true: what has begun is not over. */
static bool
winds_up(struct gateway *gw)
{
	return gw->ops->winds_up && gw->ops->winds_up(gw);
}

void
instance_stop(struct gateway *gw)
{
	(void)winds_up(gw); /* whether it is over is asked each turn */
	probe_stop(gw->probe);
	if (gw->outbox)
		outbox_stop(gw->outbox);
	for_sessions(gw, end_session);
	seats_leave(gw->seats);
	rosters_goodbye(gw->rosters);
}

bool
instance_is_sending(const struct gateway *gw)
{
	return gw->outbox && !outbox_is_quiet(gw->outbox);
}

bool
instance_is_quiet(struct gateway *gw)
{
	return !winds_up(gw) && gw->nsession == 0 && !instance_is_sending(gw);
}

void
instance_turn(struct gateway *gw)
{
	struct list *n;
	size_t left = gw->nsession + 1;

	/* Looking at one may mark it again: once each, then the next turn. */
	for (n = list_first(&gw->checks); n && left-- > 0;
	     n = list_first(&gw->checks))
		session_reap(SESSION(n));
	if (gw->outbox)
		outbox_turn(gw->outbox);
}

/* ---- addresses -------------------------------------------------------- */

static int
add_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	struct buf *local = &gw->local;

	buf_clear(local);
	gw->ops->local(gw, a, local);
	if (buf_is_full(local))
		return -1;
	if (local->len == 0)
		return 0;
	if (jid_escape_node(buf_str(local), out) < 0)
		return -1;
	return buf_addc(out, '@');
}

int
instance_jid(struct gateway *gw, const struct gw_address *a,
    struct str resource, struct buf *out)
{
	size_t was = out->len;

	if (add_local(gw, a, out) == 0 &&
	    buf_add_str(out, gateway_domain(gw)) == 0 &&
	    (resource.len == 0 ||
	        (buf_addc(out, '/') == 0 &&
	            jid_escape_resource(resource, out) == 0)))
		return 0;
	buf_truncate(out, was);
	return -1;
}

/*
 * What no network may be given as a name.  Other control characters are in
 * names that exist: channels of IRC may be written in bold.
 */
static bool
has_line_end(struct str s)
{
	return str_has(s, '\0') || str_has(s, '\r') || str_has(s, '\n');
}

int
instance_address(struct gateway *gw, const struct jid *to, struct buf *names,
    struct gw_address *out, struct err *err)
{
	*out = (struct gw_address){
		.kind = GW_ADDR_DOMAIN, .network = STR_EMPTY, .name = STR_EMPTY
	};
	if (jid_node(to).len == 0) {
		if (gw->ops->only_network)
			out->network = out->spelling =
			    gw->ops->only_network(gw);
		return 0;
	}
	if (jid_unescape_node(jid_node(to), names) < 0 ||
	    has_line_end(buf_str(names)))
		return err_set(
		    err, ERR_BAD_INPUT, "not an address of %s", gw->domain);
	if (gw->ops->split(gw, buf_str(names), out, err) < 0)
		return -1;
	if (out->name.len > GW_NAME_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "a name of %zu bytes is too long", out->name.len);
	return 0;
}

/* ---- what networks ask ------------------------------------------------ */

void *
gateway_priv(struct gateway *gw)
{
	return gw->priv;
}

struct str
gateway_domain(struct gateway *gw)
{
	return str_c(gw->domain);
}

struct http_server *
gateway_http(struct gateway *gw)
{
	return core_http(gw->core);
}

struct str
gateway_public_url(struct gateway *gw)
{
	return core_http(gw->core) ? core_config(gw->core)->http.public_url
	                           : STR_EMPTY;
}

/* Domains and purposes hold no NUL, so no two pairs are the same text. */
uint64_t
gateway_upload(struct gateway *gw, const struct gw_file *f,
    gateway_upload_fn *fn, void *arg, struct err *err)
{
	return upload_put(gw->upload, f, fn, arg, err);
}

void
gateway_upload_cancel(struct gateway *gw, uint64_t id)
{
	upload_cancel(gw->upload, id);
}

void
gateway_derive(struct gateway *gw, struct str purpose, uint8_t out[32])
{
	struct store *st = core_store(gw->core);
	struct buf name;

	memset(out, 0, 32);
	if (!st) /* the configuration is only being checked */
		return;
	buf_init(&name, 1024);
	(void)buf_addf(&name, "gateway:%s", gw->domain);
	(void)buf_addc(&name, '\0');
	(void)buf_add_str(&name, purpose);
	store_derive(st, buf_str(&name), out);
	buf_release(&name);
}

struct str
gateway_contact(struct gateway *gw)
{
	return gw->conf->contact;
}

struct loop *
gateway_loop(struct gateway *gw)
{
	return core_loop(gw->core);
}

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	store_fact_put(core_store(gw->core), gateway_domain(gw), network, name,
	    value, NULL, NULL);
}

/* Somebody waits for a fact to be on disk. */
struct keeping {
	struct list node; /* in the gateway */
	gw_kept_fn *fn;
	void *arg;
};

static void
on_fact_kept(bool ok, void *arg)
{
	struct keeping *k = arg;

	list_del(&k->node);
	k->fn(k->arg, ok);
	free(k);
}

void
gateway_fact_keep(struct gateway *gw, struct str network, struct str name,
    struct str value, gw_kept_fn *fn, void *arg)
{
	struct keeping *k = xcalloc(1, sizeof(*k));

	k->fn = fn;
	k->arg = arg;
	list_add(&gw->keepings, &k->node);
	store_fact_put(core_store(gw->core), gateway_domain(gw), network, name,
	    value, on_fact_kept, k);
}

static void
drop_keepings(struct gateway *gw)
{
	LIST_EACH(&gw->keepings, n)
	{
		list_del(n);
		free(LIST_ENTRY(n, struct keeping, node));
	}
}

void
gateway_secret_put(struct gateway *gw, struct str name, struct str value)
{
	store_setting_put(core_store(gw->core), STR_EMPTY, gateway_domain(gw),
	    STR_EMPTY, STR_EMPTY, name, value, true, NULL, NULL);
}

struct clock *
gateway_clock(struct gateway *gw)
{
	return core_clock(gw->core);
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	return &gw->log;
}
