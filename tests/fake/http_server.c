/*
 * Requests from outside, which the script makes.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "net/http_ask.h"
#include "net/http_head.h"

struct route {
	struct list node;
	char *prefix;
	http_server_fn *fn;
	void *arg;
};

struct http_server {
	char *public_url;
	struct list routes;
};

struct http_exchange {
	struct http_ask *ask;
};

static struct http_server *server;
static struct list replies = { &replies, &replies };

#define ROUTE(n) LIST_ENTRY(n, struct route, node)

struct list *
fake_replies(void)
{
	return &replies;
}

static void
note_reply(const struct http_reply *r)
{
	struct fake_reply *f = xcalloc(1, sizeof(*f));

	f->status = r->status;
	f->body = str_dup(r->body);
	list_add(&replies, &f->node);
}

void
fake_reply_free(struct fake_reply *r)
{
	list_del(&r->node);
	free(r->body);
	free(r);
}

struct http_server *
http_server_new(
    struct loop *l, const struct http_server_params *p, struct err *err)
{
	(void)l;
	(void)err;
	server = xcalloc(1, sizeof(*server));
	server->public_url = str_dup(p->public_url);
	list_init(&server->routes);
	return server;
}

int
http_server_listen(struct http_server *s, struct err *err)
{
	(void)s;
	(void)err;
	return 0;
}

static void
drop_route(struct route *r)
{
	list_del(&r->node);
	free(r->prefix);
	free(r);
}

void
http_server_free(struct http_server **sp)
{
	if (!*sp)
		return;
	LIST_EACH(&(*sp)->routes, n)
	{
		drop_route(ROUTE(n));
	}
	free((*sp)->public_url);
	free(*sp);
	*sp = server = NULL;
}

uint16_t
http_server_port(const struct http_server *s)
{
	(void)s;
	return 8080;
}

int
http_server_route(struct http_server *s, struct str prefix, http_server_fn *fn,
    void *arg, struct err *err)
{
	struct route *r = xcalloc(1, sizeof(*r));

	LIST_EACH(&s->routes, n)
	{
		if (!str_is(prefix, ROUTE(n)->prefix))
			continue;
		free(r);
		return err_set(err, ERR_CONFLICT, "the same path twice");
	}
	r->prefix = str_dup(prefix);
	r->fn = fn;
	r->arg = arg;
	list_add(&s->routes, &r->node);
	return 0;
}

void
http_server_unroute(struct http_server *s, struct str prefix)
{
	LIST_EACH(&s->routes, n)
	{
		if (str_is(prefix, ROUTE(n)->prefix))
			drop_route(ROUTE(n));
	}
}

static bool
leads_to(const struct route *r, struct str path)
{
	struct str prefix = str_c(r->prefix);

	return str_starts(path, prefix) &&
	    (path.len == prefix.len || path.p[prefix.len] == '/');
}

static struct route *
find(struct str path)
{
	struct route *best = NULL;

	LIST_EACH(&server->routes, n)
	{
		struct route *r = ROUTE(n);

		if (leads_to(r, path) &&
		    (!best || strlen(r->prefix) > strlen(best->prefix)))
			best = r;
	}
	return best;
}

void
fake_ask(const struct fake_asked *a)
{
	struct http_ask_parts parts = { .method = a->method,
		.uri = a->uri,
		.public_url = str_c(server ? server->public_url : ""),
		.body = a->body,
		.peer = STR("192.0.2.80"),
		.field = a->field,
		.nfield = a->nfield };
	struct route *r = server ? find(http_uri_path(a->uri)) : NULL;
	struct http_exchange *x;

	if (!r) {
		note_reply(&(struct http_reply){ .status = 404 });
		return;
	}
	parts.nroute = strlen(r->prefix);
	x = xcalloc(1, sizeof(*x));
	x->ask = http_ask_new(&parts, x);
	r->fn(x->ask, r->arg);
}

void
http_ask_reply(struct http_ask **askp, const struct http_reply *r)
{
	struct http_exchange *x = http_ask_exchange(*askp);

	note_reply(r);
	free(x);
	http_ask_free(askp);
}

size_t
http_server_connections(const struct http_server *s)
{
	(void)s;
	return 0;
}

size_t
http_server_waiting(const struct http_server *s)
{
	(void)s;
	return 0;
}

bool
http_server_answers(
    const struct http_server *s, size_t i, struct http_answers *out)
{
	(void)s;
	(void)i;
	(void)out;
	return false;
}
