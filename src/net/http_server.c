/*
 * Requests from outside: libmicrohttpd with its epoll descriptor on the loop.
 *
 *	HEAD --complete--> BODY --complete--> ASKED --reply--> ANSWERING
 *	 |                  |                   |                 |
 *	 +----408, end------+                   +--503 too late---+--> HEAD ...
 *
 * The library's own timeout begins anew with each byte, so a slow sender could
 * stay for ever: each connection has a deadline of ours as well.  The library
 * has no call that ends a connection; shutting its socket down does it.
 *
 * What it would read differently than a proxy in front of us (two lengths,
 * a length and chunks) is refused: RFC 9112 6.3.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "lib/buf.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/address.h"
#include "net/forwarded.h"
#include "net/http_ask.h"
#include "net/http_head.h"
#include "net/http_routes.h"
#include "net/http_server.h"
#include "net/loop.h"

enum {
	BODY_MAX = 1024 * 1024,
	REQUEST_MS = 15000,
	ANSWER_MS = 10000,
	IDLE_S = 15, /* between requests, and while nothing moves */
	PARALLEL_MAX = 1000,
	BACKLOG = 1024,
	/* Of a body over the limit so much is read for a 413 to arrive. */
	SPILL_MAX = 256 * 1024,
	WRITE_BYTES_PER_MS = 16, /* the slowest reader that is served */
	GOODBYE_ROUNDS = 8,
};

/* A connection. */
struct peer {
	struct list node;
	struct http_server *server;
	struct MHD_Connection *conn;
	struct http_exchange *x; /* the request being read or answered */
	struct timer deadline;
	int fd;
};

/* A request and its answer. */
struct http_exchange {
	struct peer *peer;
	char *uri; /* as it was sent */
	char *method;
	struct buf body;
	size_t spilt; /* bytes of the body over the limit */
	struct http_field field[HTTP_FIELDS_MAX];
	size_t nfield; /* may be over: they were not all kept */
	char at[HTTP_AT_MAX];
	struct http_ask *ask; /* a route has it */
	bool has_head;
	bool is_suspended;
	bool is_answered;              /* the library has the answer */
	struct MHD_Response *response; /* ready to be sent */
	size_t nreply;                 /* bytes of its body */
	int status;
};

struct http_server {
	uv_poll_t poll;
	struct loop *loop;
	const struct log_ctx *log;
	char *listen, *public_url;
	uint16_t port;
	struct address_prefix *proxy;
	size_t nproxy;
	size_t body_max, parallel_max;
	int64_t request_ms, answer_ms;
	struct MHD_Daemon *daemon; /* NULL: not listening */
	struct http_routes routes;
	struct list peers;
	size_t npeer, nwaiting;
	struct loop_hook hook;
	struct timer wake; /* when the library wants to run */
	bool wants_run;
	bool is_closing;
};

#define PEER(n) LIST_ENTRY(n, struct peer, node)

static int64_t
now_at(const struct http_server *s)
{
	return loop_clock(s->loop)->at;
}

static void
set_deadline(struct peer *p, int64_t in_ms)
{
	struct http_server *s = p->server;

	timer_set(&p->deadline, loop_clock(s->loop), now_at(s) + in_ms);
}

/* ---- answers ---------------------------------------------------------- */

static void
add_field(struct MHD_Response *r, const char *name, const char *value)
{
	(void)MHD_add_response_header(r, name, value); /* no memory: without */
}

/* What is served may be somebody else's: a browser must not run it. */
static void
add_fields(struct MHD_Response *r, const struct http_reply *reply)
{
	char after[24];

	add_field(r, "X-Content-Type-Options", "nosniff");
	add_field(r, "Content-Security-Policy", "default-src 'none'; sandbox");
	if (reply->body.len > 0)
		add_field(r, "Content-Type",
		    reply->type ? reply->type : "text/plain; charset=utf-8");
	if (reply->retry_after_s > 0) {
		snprintf(after, sizeof(after), "%lld",
		    (long long)reply->retry_after_s);
		add_field(r, "Retry-After", after);
	}
	if (reply->status == 405)
		add_field(r, "Allow", "GET, HEAD, POST");
}

static void
set_reply(struct http_exchange *x, const struct http_reply *reply)
{
	void *text;

	memcpy(&text, &reply->body.p, sizeof(text)); /* copied, not changed */
	x->response = MHD_create_response_from_buffer(
	    reply->body.len, text, MHD_RESPMEM_MUST_COPY);
	x->status = reply->status;
	x->nreply = reply->body.len;
	if (x->response)
		add_fields(x->response, reply);
}

static void
set_words(struct http_exchange *x, int status, struct str words)
{
	set_reply(x,
	    &(struct http_reply){ .status = status,
	        .body = words,
	        .retry_after_s = status == 503 ? 10 : 0 });
}

/* The library takes it from here; what the peer cannot take in time ends. */
static enum MHD_Result
send_reply(struct http_exchange *x)
{
	struct peer *p = x->peer;
	enum MHD_Result rc;

	if (!x->response)
		return MHD_NO;
	http_routes_count(&p->server->routes, x->at, x->status);
	log_debug(
	    p->server->log, "http answer", "at=%s status=%d", x->at, x->status);
	if (p->server->is_closing)
		add_field(x->response, "Connection", "close");
	rc = MHD_queue_response(p->conn, (unsigned)x->status, x->response);
	MHD_destroy_response(x->response);
	x->response = NULL;
	x->is_answered = true;
	set_deadline(p,
	    p->server->request_ms + (int64_t)(x->nreply / WRITE_BYTES_PER_MS));
	return rc;
}

static enum MHD_Result
refuse(struct http_exchange *x, int status, struct str words)
{
	set_words(x, status, words);
	return send_reply(x);
}

/* The answer is there: the library goes on with it in its next run. */
static void
resume(struct http_exchange *x)
{
	struct http_server *s = x->peer->server;

	if (!x->is_suspended)
		return;
	x->is_suspended = false;
	s->nwaiting--;
	MHD_resume_connection(x->peer->conn);
	s->wants_run = true;
	loop_again(s->loop);
}

void
http_ask_reply(struct http_ask **askp, const struct http_reply *r)
{
	struct http_exchange *x = http_ask_exchange(*askp);

	if (x) {
		x->ask = NULL;
		set_reply(x, r);
		resume(x);
	}
	http_ask_free(askp);
}

/* ---- the head of a request -------------------------------------------- */

static enum MHD_Result
take_field(void *arg, enum MHD_ValueKind kind, const char *name, size_t nname,
    const char *value, size_t nvalue)
{
	struct http_exchange *x = arg;

	(void)kind;
	if (x->nfield < HTTP_FIELDS_MAX)
		x->field[x->nfield] = (struct http_field){ str_of(name, nname),
			str_of(value, nvalue) };
	x->nfield++;
	return MHD_YES;
}

static bool
is_too_long(const struct http_exchange *x)
{
	const struct http_field *length =
	    http_field_find(x->field, x->nfield, "Content-Length");
	uint64_t n;

	return length &&
	    !str_to_uint(length->value, x->peer->server->body_max, &n);
}

/*
 * The library closes after an answer to a head alone: whoever sends no body
 * may go on, and is answered when it asks for the end.
 */
static enum MHD_Result
turn_away(struct http_exchange *x, int status, struct str words)
{
	const struct http_field *length =
	    http_field_find(x->field, x->nfield, "Content-Length");

	set_words(x, status, words);
	if (http_field_count(x->field, x->nfield, "Transfer-Encoding") > 0 ||
	    (length && !str_is(length->value, "0")))
		return send_reply(x);
	return MHD_YES;
}

static enum MHD_Result
take_head(struct http_exchange *x, const char *method)
{
	struct http_server *s = x->peer->server;
	struct str uri = str_c(x->uri);
	struct http_route *r = NULL;

	x->has_head = true;
	x->method = xstrdup(method);
	(void)MHD_get_connection_values_n(
	    x->peer->conn, MHD_HEADER_KIND, take_field, x);
	if (x->nfield > HTTP_FIELDS_MAX) {
		x->nfield = HTTP_FIELDS_MAX;
		return refuse(x, 431, STR("too many header fields\n"));
	}
	if (!http_is_path(uri))
		return turn_away(x, 400, STR("not a path\n"));
	if (!http_head_is_framed(x->field, x->nfield))
		return refuse(x, 400, STR("the length is not clear\n"));
	r = http_routes_find(&s->routes, http_uri_path(uri));
	if (!r || s->is_closing)
		return turn_away(x, 404, STR("nothing here\n"));
	snprintf(x->at, sizeof(x->at), "%s", r->at);
	if (is_too_long(x))
		return refuse(x, 413, STR("the body is too long\n"));
	return MHD_YES;
}

/* ---- the body, and the route ------------------------------------------ */

static enum MHD_Result
take_body(struct http_exchange *x, struct str data)
{
	if (x->spilt == 0 && buf_add_str(&x->body, data) == 0)
		return MHD_YES;
	x->spilt += data.len;
	return x->spilt <= SPILL_MAX ? MHD_YES : MHD_NO;
}

/* All values of X-Forwarded-For. */
static void
join_forwarded(const struct http_exchange *x, struct buf *out)
{
	for (size_t i = 0; i < x->nfield; i++) {
		if (!str_eq_nocase(x->field[i].name, STR("X-Forwarded-For")))
			continue;
		if (out->len > 0)
			(void)buf_addc(out, ',');
		(void)buf_add_str(out, x->field[i].value);
	}
}

static void
name_peer(const struct http_exchange *x, char out[ADDRESS_TEXT_MAX + 1])
{
	const struct http_server *s = x->peer->server;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    x->peer->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct buf list;

	out[0] = '\0';
	if (!info || !info->client_addr)
		return;
	buf_init(&list, HTTP_ASK_HEAD_MAX);
	join_forwarded(x, &list);
	forwarded_peer(
	    info->client_addr, s->proxy, s->nproxy, buf_str(&list), out);
	buf_release(&list);
}

/* It may have been answered when this returns. */
static void
ask(struct http_exchange *x, struct http_route *r)
{
	struct http_server *s = x->peer->server;
	char peer[ADDRESS_TEXT_MAX + 1];
	struct http_ask_parts parts;

	name_peer(x, peer);
	parts = (struct http_ask_parts){
		.method = str_c(x->method),
		.uri = str_c(x->uri),
		.public_url = str_c(s->public_url),
		.body = buf_str(&x->body),
		.peer = str_c(peer),
		.nroute = strlen(r->prefix),
		.field = x->field,
		.nfield = x->nfield,
	};
	x->ask = http_ask_new(&parts, x);
	buf_release(&x->body);
	r->fn(x->ask, r->arg);
}

static enum MHD_Result
take_end(struct http_exchange *x)
{
	struct http_server *s = x->peer->server;
	struct http_route *r =
	    http_routes_find(&s->routes, http_uri_path(str_c(x->uri)));

	if (x->spilt > 0)
		return refuse(x, 413, STR("the body is too long\n"));
	/* It may have gone while the body came in. */
	if (!r || s->is_closing)
		return refuse(x, 404, STR("nothing here\n"));
	ask(x, r);
	loop_again(s->loop);
	if (!x->ask)
		return send_reply(x);
	x->is_suspended = true;
	s->nwaiting++;
	set_deadline(x->peer, s->answer_ms);
	MHD_suspend_connection(x->peer->conn);
	return MHD_YES;
}

/* ---- what the library calls ------------------------------------------- */

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *conn, const char *url,
    const char *method, const char *version, const char *data, size_t *ndata,
    void **slot)
{
	struct http_exchange *x = *slot;
	struct str part = str_of(data, *ndata);

	(void)arg;
	(void)conn;
	(void)url;
	(void)version;
	if (!x)
		return MHD_NO;
	*ndata = 0;
	if (x->response)
		return send_reply(x);
	if (!x->has_head)
		return take_head(x, method);
	return part.len > 0 ? take_body(x, part) : take_end(x);
}

static struct peer *
peer_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The request line is there, before anything of it is decoded. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *conn)
{
	struct http_server *s = arg;
	struct peer *p = peer_of(conn);
	struct http_exchange *x;

	if (!p)
		return NULL;
	x = xcalloc(1, sizeof(*x));
	x->peer = p;
	x->uri = xstrdup(uri);
	buf_init(&x->body, s->body_max);
	p->x = x;
	if (p->deadline.due_at > now_at(s) + s->request_ms)
		set_deadline(p, s->request_ms);
	return x;
}

static void
on_completed(void *arg, struct MHD_Connection *conn, void **slot,
    enum MHD_RequestTerminationCode why)
{
	struct http_server *s = arg;
	struct http_exchange *x = *slot;

	(void)conn;
	(void)why;
	*slot = NULL;
	if (!x)
		return;
	if (x->ask)
		http_ask_detach(x->ask);
	if (x->response)
		MHD_destroy_response(x->response);
	x->peer->x = NULL;
	set_deadline(x->peer, IDLE_S * 1000 + s->request_ms);
	buf_release(&x->body);
	free(x->uri);
	free(x->method);
	free(x);
}

/* Nothing was answered yet, so these bytes are the answer. */
static void
end_slow(struct peer *p)
{
	static const char late[] = "HTTP/1.1 408 Request Timeout\r\n"
	                           "Content-Length: 0\r\n"
	                           "Connection: close\r\n\r\n";

	/* The peer ends here whether or not it hears why. */
	(void)!send(p->fd, late, sizeof(late) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	http_routes_count(&p->server->routes, p->x->at, 408);
}

static void
on_deadline(struct timer *t)
{
	struct peer *p = TIMER_OWNER(t, struct peer, deadline);
	struct http_exchange *x = p->x;

	if (x && x->is_suspended) {
		log_warn(p->server->log, "webhook not answered in time",
		    "at=%s waited_ms=%lld answer=503", x->at,
		    (long long)p->server->answer_ms);
		http_ask_detach(x->ask);
		x->ask = NULL;
		set_words(x, 503, STR("not now, try again\n"));
		resume(x);
		return;
	}
	if (x && !x->is_answered)
		end_slow(p);
	shutdown(p->fd, SHUT_RDWR);
}

static void
on_connection(void *arg, struct MHD_Connection *conn, void **slot,
    enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = arg;
	struct peer *p = *slot;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		p = xcalloc(1, sizeof(*p));
		p->server = s;
		p->conn = conn;
		p->fd = MHD_get_connection_info(
		    conn, MHD_CONNECTION_INFO_CONNECTION_FD)
		            ->connect_fd;
		timer_init(&p->deadline, on_deadline);
		list_add(&s->peers, &p->node);
		s->npeer++;
		set_deadline(p, s->request_ms);
		*slot = p;
	} else if (p) {
		timer_cancel(&p->deadline);
		list_del(&p->node);
		s->npeer--;
		free(p);
		*slot = NULL;
		/* At the limit it stopped listening; it begins in a run. */
		s->wants_run = true;
		loop_again(s->loop);
	}
}

/* What a peer has escaped stays so. */
static size_t
leave_escaped(void *arg, struct MHD_Connection *conn, char *text)
{
	(void)arg;
	(void)conn;
	return strlen(text);
}

static void on_library_words(void *arg, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
on_library_words(void *arg, const char *fmt, va_list ap)
{
	struct http_server *s = arg;
	struct buf words;

	buf_init(&words, 512);
	(void)buf_addv(&words, fmt, ap);
	log_debug(s->log, "http server", "says=\"" STR_FMT "\"",
	    STR_ARG(str_trim(buf_str(&words))));
	buf_release(&words);
}

/* ---- running it ------------------------------------------------------- */

static void
run(struct http_server *s)
{
	unsigned long long in_ms;

	s->wants_run = false;
	(void)MHD_run(s->daemon); /* fails only where it is not set up */
	if (MHD_get_timeout(s->daemon, &in_ms) == MHD_YES)
		timer_set(
		    &s->wake, loop_clock(s->loop), now_at(s) + (int64_t)in_ms);
	else
		timer_cancel(&s->wake);
}

static void
on_readable(uv_poll_t *h, int status, int events)
{
	struct http_server *s = h->data;

	(void)status; /* the library finds out by itself */
	(void)events;
	loop_enter(s->loop);
	run(s);
}

static void
on_wake(struct timer *t)
{
	run(TIMER_OWNER(t, struct http_server, wake));
}

static void
on_turn(struct loop_hook *h)
{
	struct http_server *s = LIST_ENTRY(h, struct http_server, hook);

	if (s->wants_run && s->daemon)
		run(s);
}

/* ---- life ------------------------------------------------------------- */

static void
copy_proxies(struct http_server *s, const struct http_server_params *p)
{
	s->proxy = xcalloc(p->nproxy + 1, sizeof(*s->proxy));
	for (s->nproxy = 0; s->nproxy < p->nproxy; s->nproxy++)
		s->proxy[s->nproxy] = p->proxy[s->nproxy];
}

struct http_server *
http_server_new(
    struct loop *l, const struct http_server_params *p, struct err *err)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_storage at;

	s->loop = l;
	s->log = p->log;
	s->listen = str_dup(p->listen);
	s->public_url = str_dup(p->public_url);
	s->port = p->port;
	s->body_max = p->body_max ? p->body_max : BODY_MAX;
	s->parallel_max = p->parallel_max ? p->parallel_max : PARALLEL_MAX;
	s->request_ms = p->request_ms ? p->request_ms : REQUEST_MS;
	s->answer_ms = p->answer_ms ? p->answer_ms : ANSWER_MS;
	http_routes_init(&s->routes);
	list_init(&s->peers);
	timer_init(&s->wake, on_wake);
	loop_hook_add(l, &s->hook, LOOP_RANK_WRITE, on_turn);
	copy_proxies(s, p);
	if (address_parse(p->listen, &at))
		return s;
	err_set(
	    err, ERR_BAD_INPUT, "'%s' is no address to listen at", s->listen);
	http_server_free(&s);
	return NULL;
}

/* Ours rather than the library's: it would not say what is wrong. */
static int
open_socket(const struct http_server *s)
{
	struct sockaddr_storage at;
	void *any = &at;
	struct sockaddr *sa = any;
	int fd, on = 1, off = 0;

	(void)address_parse(str_c(s->listen), &at); /* it was one */
	address_set_port(sa, s->port);
	fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa->sa_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, sa, (socklen_t)address_len(sa)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	(void)close(fd); /* nothing was written to it */
	errno = on;
	return -1;
}

static struct MHD_Daemon *
start_daemon(struct http_server *s, int fd)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
	    NULL, NULL, on_request, s, /* first of all: it is used at once */
	    MHD_OPTION_EXTERNAL_LOGGER, on_library_words, s,
	    MHD_OPTION_LISTEN_SOCKET, fd, /* as given */
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_ASK_HEAD_MAX,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->parallel_max,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, /* raw */
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, s,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP,
	    1, MHD_OPTION_END);
}

int
http_server_listen(struct http_server *s, struct err *err)
{
	int fd = open_socket(s);
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	void *any = &at;

	if (fd < 0)
		return err_set(err, ERR_UNREACHABLE,
		    "cannot listen for HTTP at %s port %u: %s", s->listen,
		    s->port, strerror(errno));
	if (getsockname(fd, any, &len) == 0)
		s->port = address_port(any);
	s->daemon = start_daemon(s, fd);
	if (!s->daemon) {
		(void)close(fd); /* nothing was written to it */
		return err_set(err, ERR_INTERNAL,
		    "libmicrohttpd does not start at %s port %u", s->listen,
		    s->port);
	}
	uv_poll_init(loop_uv(s->loop), &s->poll,
	    MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	s->poll.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_readable);
	log_info(
	    s->log, "http listening", "address=%s port=%u", s->listen, s->port);
	return 0;
}

static void
server_gone(uv_handle_t *h)
{
	struct http_server *s = h->data;

	free(s->listen);
	free(s->public_url);
	free(s->proxy);
	free(s);
}

/* The library aborts if it is stopped while a request is suspended. */
static void
say_goodbye(struct http_server *s)
{
	int fd = MHD_quiesce_daemon(s->daemon);

	if (fd >= 0)
		(void)close(fd); /* nobody new */
	LIST_EACH(&s->peers, n)
	{
		struct http_exchange *x = PEER(n)->x;

		if (!x || !x->is_suspended)
			continue;
		http_ask_detach(x->ask);
		x->ask = NULL;
		set_words(x, 503, STR("restarting, try again\n"));
		resume(x);
	}
	for (int i = 0; i < GOODBYE_ROUNDS; i++)
		(void)MHD_run(s->daemon); /* as far as it goes at once */
	MHD_stop_daemon(s->daemon);
	s->daemon = NULL;
}

void
http_server_free(struct http_server **sp)
{
	struct http_server *s = *sp;
	bool was_open;

	*sp = NULL;
	if (!s)
		return;
	s->poll.data = s;
	was_open = s->daemon != NULL;
	s->is_closing = true;
	loop_hook_del(&s->hook);
	if (was_open) {
		(void)uv_poll_stop(&s->poll); /* before its descriptor goes */
		say_goodbye(s);
	}
	timer_cancel(&s->wake);
	http_routes_release(&s->routes);
	if (was_open)
		uv_close((uv_handle_t *)&s->poll, server_gone);
	else
		server_gone((uv_handle_t *)&s->poll);
}

uint16_t
http_server_port(const struct http_server *s)
{
	return s->port;
}

/* ---- routes ----------------------------------------------------------- */

int
http_server_route(struct http_server *s, struct str prefix, http_server_fn *fn,
    void *arg, struct err *err)
{
	return http_routes_put(&s->routes, prefix, fn, arg, err);
}

void
http_server_unroute(struct http_server *s, struct str prefix)
{
	http_routes_del(&s->routes, prefix);
}

/* ---- figures ---------------------------------------------------------- */

size_t
http_server_connections(const struct http_server *s)
{
	return s->npeer;
}

size_t
http_server_waiting(const struct http_server *s)
{
	return s->nwaiting;
}

bool
http_server_answers(
    const struct http_server *s, size_t i, struct http_answers *out)
{
	return http_routes_answers(&s->routes, i, out);
}
