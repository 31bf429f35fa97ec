/*
 * The gateways of one process.
 */
#include <stdlib.h>

#include "core/control.h"
#include "core/core.h"
#include "core/generation.h"
#include "core/health.h"
#include "core/instance.h"
#include "core/metrics.h"
#include "core/roster.h"
#include "core/services.h"
#include "core/unsettled.h"
#include "core/verb.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "xmpp/component.h"

struct core {
	struct loop *loop;
	const struct config *config;
	struct store *store;
	const struct log_ctx *log;
	int (*reload)(void *arg, struct buf *restart_out, struct err *err);
	void *reload_arg;
	struct list gateways;
	struct loop_hook turn, written;
	struct unsettled *unsettled;
	struct generation *generation;
	struct http_server *http;
	struct control *control;
	struct list calls;
	struct timer stop;
	uint64_t last_id, last_message;
	uint32_t salt;
	bool is_stopping;
	bool stops_late; /* the goodbyes are over, something is being sent */
	void (*on_attached)(void *arg);
	void *on_attached_arg;
	void (*on_stopped)(void *arg);
	void *on_stopped_arg;
};

#define GATEWAY(n) LIST_ENTRY(n, struct gateway, node)

static void
stopped(struct core *c)
{
	void (*done)(void *arg) = c->on_stopped;

	timer_cancel(&c->stop);
	c->on_stopped = NULL;
	if (done)
		done(c->on_stopped_arg);
}

static bool
is_quiet(struct core *c)
{
	LIST_EACH(&c->gateways, n)
	{
		if (!instance_is_quiet(GATEWAY(n)))
			return false;
	}
	return true;
}

static bool
is_sending(struct core *c)
{
	LIST_EACH(&c->gateways, n)
	{
		if (instance_is_sending(GATEWAY(n)))
			return true;
	}
	return false;
}

static void
on_turn(struct loop_hook *h)
{
	struct core *c = LIST_ENTRY(h, struct core, turn);

	LIST_EACH(&c->gateways, n)
	{
		instance_turn(GATEWAY(n));
	}
	if (c->is_stopping && c->on_stopped &&
	    (c->stops_late ? !is_sending(c) : is_quiet(c)))
		stopped(c);
}

/* What waits for a slow server would be lost if we were killed. */
static bool
is_waiting(const struct gateway *gw)
{
	struct component_stats stats = { .queued_bytes = 0 };

	if (gw->component)
		component_stats(gw->component, &stats);
	return stats.queued_bytes > 0;
}

static void
on_written(struct loop_hook *h)
{
	struct core *c = LIST_ENTRY(h, struct core, written);

	LIST_EACH(&c->gateways, n)
	{
		if (is_waiting(GATEWAY(n)))
			return;
	}
	unsettled_written(c->unsettled);
}

static void
on_stop_deadline(struct timer *t)
{
	struct core *c = TIMER_OWNER(t, struct core, stop);

	/* What has no outcome now is unsure after the start. */
	if (!c->stops_late && is_sending(c)) {
		c->stops_late = true;
		timer_set(t, core_clock(c),
		    core_clock(c)->at + CORE_STOP_SENDING_MS - CORE_STOP_MS);
		return;
	}
	log_warn(c->log, "some networks did not say goodbye",
	    "waited_ms=%d action=stop",
	    c->stops_late ? CORE_STOP_SENDING_MS : CORE_STOP_MS);
	stopped(c);
}

/* Without a port there is none; networks see that by gateway_http(). */
static int
open_http(struct core *c, struct err *err)
{
	const struct config_http *h = &c->config->http;
	struct http_server_params p = {
		.listen = h->listen,
		.port = (uint16_t)h->port,
		.public_url = h->public_url,
		.proxy = h->proxy,
		.nproxy = h->nproxy,
		.log = c->log,
	};

	if (h->port == 0)
		return 0;
	c->http = http_server_new(c->loop, &p, err);
	if (!c->http || health_open(c, err) < 0)
		return -1;
	return h->metrics ? metrics_open(c, err) : 0;
}

int
core_listen(struct core *c, struct err *err)
{
	struct str path = c->config->control.path;

	if (c->http && http_server_listen(c->http, err) < 0)
		return -1;
	if (path.len > 0)
		c->control = control_new(c, path, err);
	return path.len == 0 || c->control ? 0 : -1;
}

struct core *
core_new(const struct core_params *p, struct err *err)
{
	struct core *c = xcalloc(1, sizeof(*c));
	size_t i;

	c->loop = p->loop;
	c->config = p->config;
	c->store = p->store;
	c->log = p->log;
	c->reload = p->reload;
	c->reload_arg = p->reload_arg;
	c->salt = crypto_random_u32();
	list_init(&c->gateways);
	list_init(&c->calls);
	timer_init(&c->stop, on_stop_deadline);
	loop_hook_add(c->loop, &c->turn, LOOP_RANK_CORE, on_turn);
	loop_hook_add(c->loop, &c->written, LOOP_RANK_WRITTEN, on_written);
	if (p->store)
		c->unsettled = unsettled_open(p->config->store.path.p, p->log);
	if (p->store && p->config->store.path.p)
		c->generation = generation_new(c, p->config->store.path.p);
	if (open_http(c, err) < 0) {
		core_free(&c);
		return NULL;
	}
	for (i = 0; i < p->config->ngateway; i++) {
		struct gateway *gw =
		    instance_new(c, &p->config->gateway[i], err);

		if (!gw) {
			core_free(&c);
			return NULL;
		}
		list_add(&c->gateways, &gw->node);
	}
	return c;
}

void
core_start(struct core *c, void (*fn)(void *arg), void *arg)
{
	c->on_attached = fn;
	c->on_attached_arg = arg;
	if (c->generation)
		generation_start(c->generation);
	LIST_EACH(&c->gateways, n)
	{
		instance_start(GATEWAY(n));
	}
}

void
core_attached(struct core *c)
{
	void (*fn)(void *arg) = c->on_attached;

	LIST_EACH(&c->gateways, n)
	{
		if (!GATEWAY(n)->was_up)
			return;
	}
	c->on_attached = NULL;
	if (fn)
		fn(c->on_attached_arg);
}

void
core_stop(struct core *c, void (*done)(void *arg), void *arg)
{
	struct clock *clock = core_clock(c);

	c->is_stopping = true;
	c->on_stopped = done;
	c->on_stopped_arg = arg;
	timer_set(&c->stop, clock, clock->at + CORE_STOP_MS);
	LIST_EACH(&c->gateways, n)
	{
		instance_stop(GATEWAY(n));
	}
}

void
core_free(struct core **cp)
{
	struct core *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	c->is_stopping = true;
	verb_end_all(c);
	control_free(&c->control);
	LIST_EACH(&c->gateways, n)
	{
		struct gateway *gw = GATEWAY(n);

		instance_free(&gw);
	}
	http_server_free(&c->http);
	timer_cancel(&c->stop);
	loop_hook_del(&c->turn);
	loop_hook_del(&c->written);
	generation_free(&c->generation);
	unsettled_close(&c->unsettled);
	free(c);
}

/* Its section of a new file, if the file has one of the same kind. */
static const struct config_gateway *
section_of(const struct gateway *gw, const struct config *config)
{
	const struct config_gateway *is =
	    config_gateway_find(config, str_c(gw->domain));

	return is && is->ops == gw->ops ? is : NULL;
}

static int
reload_all(
    struct core *c, const struct config *config, bool try, struct err *err)
{
	LIST_EACH(&c->gateways, n)
	{
		struct gateway *gw = GATEWAY(n);
		const struct config_gateway *is = section_of(gw, config);

		if (is && gw->ops->reload &&
		    gw->ops->reload(gw, is->conf, try, err) < 0)
			return -1;
	}
	return 0;
}

int
core_reload(struct core *c, const struct config *config, struct err *err)
{
	if (reload_all(c, config, true, err) < 0 ||
	    reload_all(c, config, false, err) < 0)
		return -1;
	LIST_EACH(&c->gateways, n)
	{
		struct gateway *gw = GATEWAY(n);
		const struct config_gateway *is = section_of(gw, config);

		if (!is)
			continue;
		gw->conf = is;
		services_forget_caps(gw);
		rosters_review(gw->rosters);
	}
	c->config = config;
	return 0;
}

int
core_ask_reload(struct core *c, struct buf *restart_out, struct err *err)
{
	if (!c->reload)
		return err_set(err, ERR_UNSUPPORTED,
		    "this process cannot read its configuration again");
	return c->reload(c->reload_arg, restart_out, err);
}

uint64_t
core_next_id(struct core *c)
{
	return ++c->last_id;
}

uint64_t
core_next_message(struct core *c)
{
	return ++c->last_message;
}

void
core_messages_from(struct core *c, uint64_t last)
{
	if (last > c->last_message)
		c->last_message = last;
}

uint32_t
core_salt(const struct core *c)
{
	return c->salt;
}

struct loop *
core_loop(struct core *c)
{
	return c->loop;
}

struct clock *
core_clock(struct core *c)
{
	return loop_clock(c->loop);
}

const struct log_ctx *
core_log(struct core *c)
{
	return c->log;
}

struct store *
core_store(struct core *c)
{
	return c->store;
}

struct unsettled *
core_unsettled(struct core *c)
{
	return c->unsettled;
}

struct list *
core_calls(struct core *c)
{
	return &c->calls;
}

struct http_server *
core_http(struct core *c)
{
	return c->http;
}

void
core_touch(struct core *c)
{
	if (c->generation)
		generation_touch(c->generation);
}

bool
core_was_restored(const struct core *c)
{
	return c->generation && generation_differs(c->generation);
}

const struct config *
core_config(struct core *c)
{
	return c->config;
}

bool
core_is_stopping(const struct core *c)
{
	return c->is_stopping;
}

struct gateway *
core_next_gateway(struct core *c, struct gateway *prev)
{
	struct list *n = prev ? prev->node.next : c->gateways.next;

	return n == &c->gateways ? NULL : GATEWAY(n);
}

bool
core_is_ours(struct core *c, struct str domain)
{
	LIST_EACH(&c->gateways, n)
	{
		if (str_is(domain, GATEWAY(n)->domain))
			return true;
	}
	return false;
}
