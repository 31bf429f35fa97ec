/*
 * libcurl's multi interface on the loop.
 *
 * libcurl says which sockets to watch (on_socket) and when to wake it
 * (on_timeout); we tell it what happened (curl_multi_socket_action) and then
 * ask which transfers ended.  Those are answered after libcurl has returned,
 * never from inside it, so whoever gets an answer may do anything.
 *
 * The deadline of a whole call is a timer of ours: libcurl's own does not run
 * while a transfer waits for one of the host's connections.
 */
#include <uv.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/loop.h"

#include "net/http_transfer.h"

enum {
	HOST_PARALLEL = 8,
	PARALLEL_MAX = 2000,
	TOTAL_MS = 30 * 1000,
	/* Others want a turn, too: fifty TLS handshakes take 20 ms. */
	TURN_MAX_NS = 4 * 1000 * 1000,
};

/* Calls that may share connections with each other. */
struct pool {
	CURLM *multi;
	struct http_client *client;
	struct timer timeout;
	struct list socks;
};

struct sock {
	struct list node;
	struct pool *pool; /* NULL: closing */
	curl_socket_t fd;
	uv_poll_t poll;
};

struct http_client {
	struct loop *loop;
	const struct log_ctx *log;
	struct http_policy policy;
	char *ca_file;
	struct pool shared, checked;
	size_t parallel_max, ncalls;
	struct list open; /* calls under way */
	struct list done; /* calls to be answered */
	struct timer answers;
	struct loop_hook turn;
	uint64_t turn_began; /* our part of this turn, ns; 0: not yet */
	bool delivering;     /* somebody is being called */
	bool closed;
};

struct http_call {
	struct list node;
	struct http_client *client;
	struct pool *pool; /* NULL: not with libcurl (any more) */
	struct timer deadline;
	int64_t total_ms, started_at;
	bool has_transfer;
	bool is_answered; /* its function is being called */
	struct http_transfer transfer;
	struct http_response response;
	http_fn *fn;
	void *arg;
};

#define CALL(n) LIST_ENTRY(n, struct http_call, node)
#define SOCK(n) LIST_ENTRY(n, struct sock, node)

static struct clock *
clock_of(const struct http_client *c)
{
	return loop_clock(c->loop);
}

/* ---- a call ----------------------------------------------------------- */

static void
call_free(struct http_call *call)
{
	list_del(&call->node);
	timer_cancel(&call->deadline);
	if (call->pool)
		(void)curl_multi_remove_handle(
		    call->pool->multi, call->transfer.easy);
	if (call->has_transfer)
		http_transfer_release(&call->transfer);
	call->client->ncalls--;
	free(call);
}

static const char *
result_name(enum http_result r)
{
	return r == HTTP_ANSWERED ? "answered"
	    : r == HTTP_NOT_SENT  ? "not-sent"
	                          : "unsure";
}

/* Off libcurl's hands, into the queue of those to be answered. */
static void
call_end(struct http_call *call)
{
	struct http_client *c = call->client;

	timer_cancel(&call->deadline);
	list_del(&call->node);
	list_add(&c->done, &call->node);
	log_debug(c->log, "http call", "to=%s result=%s status=%d ms=%lld",
	    call->has_transfer ? call->transfer.where : "-",
	    result_name(call->response.result), call->response.status,
	    (long long)(clock_of(c)->at - call->started_at));
}

/* The handle has left its multi. */
static void
call_judge(struct http_call *call, CURLcode code)
{
	call->pool = NULL;
	http_transfer_judge(&call->transfer, code, &call->response);
	call_end(call);
}

static void
call_fail(struct http_call *call, enum err_kind kind, const char *why)
{
	call->response = (struct http_response){ .result = HTTP_NOT_SENT };
	err_set(&call->response.err, kind, "%s", why);
	call_end(call);
}

/* 0, or the call has failed. */
static int
call_run(struct http_call *call, struct pool *pool)
{
	CURLMcode rc = curl_multi_add_handle(pool->multi, call->transfer.easy);

	if (rc != CURLM_OK) {
		call_fail(call, ERR_INTERNAL, curl_multi_strerror(rc));
		return -1;
	}
	call->pool = pool;
	return 0;
}

static void
call_done(struct http_call *call, CURLcode code)
{
	struct pool *pool = call->pool;

	call->pool = NULL;
	(void)curl_multi_remove_handle(pool->multi, call->transfer.easy);
	if (code == CURLE_OK && http_transfer_redirect(&call->transfer))
		(void)call_run(call, pool); /* failed: it is answered so */
	else
		call_judge(call, code);
}

/* ---- answers ---------------------------------------------------------- */

static void
client_release(struct http_client *c)
{
	free(c->ca_file);
	free(c);
	curl_global_cleanup();
}

static void
deliver(struct http_client *c)
{
	struct list *node;

	if (c->delivering)
		return;
	c->delivering = true;
	while (node = list_first(&c->done), node) {
		struct http_call *call = CALL(node);

		list_del(node);
		call->is_answered = true;
		call->fn(&call->response, call->arg);
		call_free(call);
	}
	c->delivering = false;
	if (c->closed)
		client_release(c);
}

static void
on_answers(struct timer *t)
{
	deliver(TIMER_OWNER(t, struct http_client, answers));
}

/* Nobody may be called before the caller of us is done. */
static void
deliver_later(struct http_client *c)
{
	timer_set(&c->answers, clock_of(c), clock_of(c)->at);
}

static void
collect(struct pool *p)
{
	CURLMsg *msg;
	int left;

	while (msg = curl_multi_info_read(p->multi, &left), msg) {
		CURL *easy = msg->easy_handle;
		CURLcode code = msg->data.result;
		char *call = NULL;

		if (msg->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call) == 0)
			call_done((struct http_call *)(void *)call, code);
	}
}

static void
on_deadline(struct timer *t)
{
	struct http_call *call = TIMER_OWNER(t, struct http_call, deadline);
	struct http_client *c = call->client;

	(void)curl_multi_remove_handle(call->pool->multi, call->transfer.easy);
	snprintf(call->transfer.error, sizeof(call->transfer.error),
	    call->transfer.nsent > 0
	        ? "no answer within %lld ms"
	        : "no connection that was free within %lld ms",
	    (long long)call->total_ms);
	call_judge(call, CURLE_OPERATION_TIMEDOUT);
	deliver(c);
}

/* ---- sockets and time for libcurl ------------------------------------- */

/* action tells libcurl what happened; what it has finished is answered. */
static void
act(struct pool *p, curl_socket_t fd, int what)
{
	struct http_client *c = p->client;
	int running;
	CURLMcode rc = curl_multi_socket_action(p->multi, fd, what, &running);

	if (rc != CURLM_OK)
		log_error(c->log, "http client failed", "err=\"%s\"",
		    curl_multi_strerror(rc));
	collect(p);
	deliver(c);
}

static void
on_turn_over(struct loop_hook *h)
{
	struct http_client *c = LIST_ENTRY(h, struct http_client, turn);

	c->turn_began = 0;
}

static bool
has_had_its_turn(struct http_client *c)
{
	uint64_t now = uv_hrtime();

	if (c->turn_began == 0)
		c->turn_began = now;
	return now - c->turn_began > TURN_MAX_NS;
}

/*
 * What is not looked at now is told again in the next turn, but for an error:
 * libuv stops watching then.
 */
static void
on_poll(uv_poll_t *h, int status, int events)
{
	struct sock *s = h->data;
	int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
	    (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) |
	    (status < 0 ? CURL_CSELECT_ERR : 0);

	if (!s->pool)
		return;
	loop_enter(s->pool->client->loop);
	if (status < 0 || !has_had_its_turn(s->pool->client))
		act(s->pool, s->fd, what);
}

static void
on_timeout(struct timer *t)
{
	struct pool *p = TIMER_OWNER(t, struct pool, timeout);

	act(p, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_TIMERFUNCTION */
static int
on_timeout_wanted(CURLM *multi, long ms, void *arg)
{
	struct pool *p = arg;
	struct clock *clock = clock_of(p->client);

	(void)multi;
	if (ms < 0)
		timer_cancel(&p->timeout);
	else
		timer_set(&p->timeout, clock, clock->at + ms);
	return 0;
}

static void
sock_gone(uv_handle_t *h)
{
	free(h->data);
}

static void
sock_close(struct sock *s)
{
	list_del(&s->node);
	s->pool = NULL;
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, sock_gone);
}

/* NULL: out of descriptors for the poll itself. */
static struct sock *
sock_new(struct pool *p, curl_socket_t fd)
{
	struct sock *s = xcalloc(1, sizeof(*s));
	int rc = uv_poll_init(loop_uv(p->client->loop), &s->poll, fd);

	if (rc != 0) {
		log_error(p->client->log, "http client failed",
		    "what=poll err=\"%s\"", uv_strerror(rc));
		free(s);
		return NULL;
	}
	s->poll.data = s;
	s->pool = p;
	s->fd = fd;
	list_init(&s->node);
	list_add(&p->socks, &s->node);
	return s;
}

/* CURLMOPT_SOCKETFUNCTION */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct pool *p = arg;
	struct sock *s = known;
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) |
	    (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			sock_close(s);
		return 0;
	}
	if (!s) {
		s = sock_new(p, fd);
		if (!s || curl_multi_assign(p->multi, fd, s) != CURLM_OK)
			return -1;
	}
	return uv_poll_start(&s->poll, events, on_poll) == 0 ? 0 : -1;
}

/* ---- the client ------------------------------------------------------- */

static int
pool_init(struct pool *p, struct http_client *c, long host_parallel)
{
	CURLM *m = curl_multi_init();

	p->client = c;
	p->multi = m;
	timer_init(&p->timeout, on_timeout);
	list_init(&p->socks);
	if (!m)
		return -1;
	if (curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) != 0 ||
	    curl_multi_setopt(m, CURLMOPT_SOCKETDATA, p) != 0 ||
	    curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timeout_wanted) !=
	        0 ||
	    curl_multi_setopt(m, CURLMOPT_TIMERDATA, p) != 0)
		return -1;
	/* Fewer than are under way, and they are closed and opened anew. */
	if (curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)c->parallel_max) !=
	        0 ||
	    curl_multi_setopt(
	        m, CURLMOPT_MAX_HOST_CONNECTIONS, host_parallel) != 0)
		return -1;
	return 0;
}

static void
pool_release(struct pool *p)
{
	(void)curl_multi_cleanup(p->multi);
	timer_cancel(&p->timeout);
	LIST_EACH(&p->socks, node)
	sock_close(SOCK(node));
}

struct http_client *
http_client_new(
    struct loop *loop, const struct http_client_params *p, struct err *err)
{
	struct http_client *c;
	long host_parallel =
	    p->host_parallel ? p->host_parallel : HOST_PARALLEL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, ERR_INTERNAL, "libcurl does not start");
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->loop = loop;
	c->log = p->log;
	c->ca_file = p->ca_file ? xstrdup(p->ca_file) : NULL;
	c->policy = (struct http_policy){ .ca_file = c->ca_file,
		.ca_path = curl_version_info(CURLVERSION_NOW)->capath,
		.private_ok = p->private_ok };
	c->parallel_max = p->parallel_max ? p->parallel_max : PARALLEL_MAX;
	list_init(&c->open);
	list_init(&c->done);
	timer_init(&c->answers, on_answers);
	loop_hook_add(loop, &c->turn, LOOP_RANK_CORE, on_turn_over);
	if (pool_init(&c->shared, c, host_parallel) == 0 &&
	    pool_init(&c->checked, c, host_parallel) == 0)
		return c;
	err_set(err, ERR_INTERNAL, "libcurl refuses its settings");
	http_client_free(&c);
	return NULL;
}

static void
drop_all(struct list *calls)
{
	LIST_EACH(calls, node)
	call_free(CALL(node));
}

void
http_client_free(struct http_client **cp)
{
	struct http_client *c = *cp;

	*cp = NULL;
	if (!c)
		return;
	drop_all(&c->open);
	drop_all(&c->done);
	timer_cancel(&c->answers);
	loop_hook_del(&c->turn);
	pool_release(&c->shared);
	pool_release(&c->checked);
	c->closed = true;
	if (!c->delivering)
		client_release(c);
}

static struct http_call *
call_new(
    struct http_client *c, const struct http_request *r, http_fn *fn, void *arg)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	call->client = c;
	call->fn = fn;
	call->arg = arg;
	call->total_ms = r->total_ms ? r->total_ms : TOTAL_MS;
	call->started_at = clock_of(c)->at;
	timer_init(&call->deadline, on_deadline);
	list_init(&call->node);
	list_add(&c->open, &call->node);
	c->ncalls++;
	return call;
}

static void
call_start(struct http_call *call, const struct http_request *r)
{
	struct http_client *c = call->client;
	struct err err = ERR_INIT;

	if (c->ncalls > c->parallel_max) {
		call_fail(call, ERR_BUSY, "too many HTTP requests at once");
		return;
	}
	if (http_transfer_init(&call->transfer, &c->policy, r, &err) < 0) {
		call_fail(call, err.kind, err.text);
		return;
	}
	call->has_transfer = true;
	if (curl_easy_setopt(call->transfer.easy, CURLOPT_PRIVATE, call) !=
	    CURLE_OK) {
		call_fail(call, ERR_INTERNAL, "libcurl refuses its settings");
		return;
	}
	if (call_run(call, r->checked_host ? &c->checked : &c->shared) == 0)
		timer_set(&call->deadline, clock_of(c),
		    call->started_at + call->total_ms);
}

struct http_call *
http_client_call(struct http_client *c, const struct http_request *request,
    http_fn *fn, void *arg)
{
	struct http_call *call = call_new(c, request, fn, arg);

	call_start(call, request);
	if (!list_is_empty(&c->done))
		deliver_later(c);
	return call;
}

bool
http_call_is_sent(const struct http_call *call)
{
	return call->has_transfer && call->transfer.nsent > 0;
}

void
http_call_cancel(struct http_call **callp)
{
	struct http_call *call = *callp;

	*callp = NULL;
	if (call && !call->is_answered)
		call_free(call);
}
