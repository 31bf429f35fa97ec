/*
 * Is everything up?
 */
#include "core/health.h"
#include "core/instance.h"
#include "core/store.h"
#include "lib/buf.h"
#include "net/http_server.h"
#include "xmpp/component.h"

enum { WORDS_MAX = 16 * 1024 };

bool
health_check(struct core *c, struct buf *words)
{
	struct gateway *gw = NULL;
	bool is_well = true;

	while (gw = core_next_gateway(c, gw), gw) {
		if (gw->component && component_is_up(gw->component))
			continue;
		is_well = false;
		(void)buf_addf(words,
		    "gateway %s: not connected to the XMPP server\n",
		    gw->domain);
	}
	if (core_store(c) && !store_is_ok(core_store(c))) {
		is_well = false;
		(void)buf_addf(
		    words, "store: nothing can be written; see the log\n");
	}
	if (core_is_stopping(c)) {
		is_well = false;
		(void)buf_addf(words, "stopping\n");
	}
	if (is_well)
		(void)buf_addf(words, "ok\n");
	return is_well;
}

static void
on_ask(struct http_ask *ask, void *arg)
{
	struct http_reply r = { .status = 503 };
	struct buf words;

	buf_init(&words, WORDS_MAX);
	if (ask->rest.len > 0)
		r.status = 404;
	else if (health_check(arg, &words))
		r.status = 200;
	r.body = buf_str(&words);
	http_ask_reply(&ask, &r);
	buf_release(&words);
}

int
health_open(struct core *c, struct err *err)
{
	return http_server_route(core_http(c), STR("/healthz"), on_ask, c, err);
}
