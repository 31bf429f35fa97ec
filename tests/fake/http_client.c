/*
 * Requests to web servers, which the script answers.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"

struct http_client {
	int unused;
};

/* What the program holds; the request behind it may be answered already. */
struct http_call {
	struct fake_request r;
	struct http_client *client;
	http_fn *fn;
	void *arg;
};

static struct list calls = { &calls, &calls };

#define CALL(n)                                                                \
	LIST_ENTRY(                                                            \
	    LIST_ENTRY(n, struct fake_request, node), struct http_call, r)

struct list *
fake_requests(void)
{
	return &calls;
}

static void
drop(struct http_call *call)
{
	list_del(&call->r.node);
	buf_release(&call->r.head);
	free(call->r.method);
	free(call->r.url);
	free(call->r.body);
	free(call);
}

struct http_client *
http_client_new(
    struct loop *loop, const struct http_client_params *p, struct err *err)
{
	(void)loop;
	(void)p;
	(void)err;
	return xcalloc(1, sizeof(struct http_client));
}

void
http_client_free(struct http_client **cp)
{
	LIST_EACH(&calls, n)
	{
		if (*cp && CALL(n)->client == *cp)
			drop(CALL(n));
	}
	free(*cp);
	*cp = NULL;
}

static void
add_head(struct buf *head, struct str name, struct str value)
{
	(void)buf_addf(
	    head, STR_FMT ": " STR_FMT "\n", STR_ARG(name), STR_ARG(value));
}

struct http_call *
http_client_call(
    struct http_client *c, const struct http_request *q, http_fn *fn, void *arg)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	call->client = c;
	call->fn = fn;
	call->arg = arg;
	call->r.method = xstrdup(q->method);
	call->r.url = str_dup(q->url);
	call->r.body = str_dup(q->body);
	buf_init(&call->r.head, FAKE_HEAD_MAX);
	for (size_t i = 0; i < q->nheader; i++)
		add_head(&call->r.head, q->header[i].name, q->header[i].value);
	if (q->user.len)
		add_head(&call->r.head, STR("user"), q->user);
	if (q->user.len)
		add_head(&call->r.head, STR("password"), q->password);
	if (q->once)
		add_head(&call->r.head, STR("once"), STR("yes"));
	if (q->checked_host)
		add_head(&call->r.head, STR("checked"), STR("yes"));
	list_add(&calls, &call->r.node);
	return call;
}

bool
http_call_is_sent(const struct http_call *call)
{
	return call->r.seen;
}

void
http_call_cancel(struct http_call **callp)
{
	if (*callp)
		drop(*callp);
	*callp = NULL;
}

void
fake_request_answer(struct fake_request *r, const struct http_response *with)
{
	struct http_call *call = LIST_ENTRY(r, struct http_call, r);
	http_fn *fn = call->fn;
	void *arg = call->arg;

	drop(call); /* it is gone by the time its function runs */
	fn(with, arg);
}

struct str
http_response_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->nheader; i++)
		if (str_eq_nocase(r->header[i].name, str_c(name)))
			return r->header[i].value;
	return STR_EMPTY;
}
