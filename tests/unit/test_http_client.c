/*
 * Requests over real loopback sockets.  The far side is a web server of
 * threads; what it does with a request is the path of it.  Names are answered
 * by a getaddrinfo() of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "net/loop.h"

#include "certs.h"
#include "fake_names.h"

enum {
	GUARD_MS = 8000, /* no single wait of a test lasts longer */
	VISITORS_MAX = 256,
	CALLS_MAX = 64,
	SEEN_MAX = 16384,
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Names, in place of the system's. */

const struct fake_name fake_names[] = {
	{ .host = "api.test", .address = { "127.0.0.1" } },
	{ .host = "other.test", .address = { "127.0.0.1" } },
	{ .host = "slow.test", .address = { "127.0.0.1" }, .wait_ms = 800 },
	{ .host = "rebound.test", .address = { "10.0.0.1", "::1" } },
	{ .host = NULL },
};

/* The far side. */

enum greeting {
	GREET,
	HANG_UP,     /* at once */
	SPEAK_PLAIN, /* where TLS is expected */
	SAY_NOTHING,
};

struct web;

struct visitor {
	struct web *web;
	pthread_t thread;
	int fd;
	SSL *ssl;
	struct buf in; /* one request */
	size_t nseen;
};

struct web {
	int listener, stop;
	uint16_t port;
	const struct cert *cert; /* NULL: plain */
	enum greeting greeting;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of what follows */
	size_t nvisitors;
	struct visitor visitor[VISITORS_MAX];
	size_t nseen;        /* requests read to their end */
	size_t nat_once;     /* connections at a time, now */
	size_t most;         /* and at most */
	char seen[SEEN_MAX]; /* the last of them */
};

static ssize_t
v_read(struct visitor *v, void *to, size_t size)
{
	return v->ssl ? SSL_read(v->ssl, to, (int)size)
	              : recv(v->fd, to, size, 0);
}

static bool
v_write(struct visitor *v, const char *from, size_t len)
{
	while (len > 0) {
		ssize_t n = v->ssl ? SSL_write(v->ssl, from, (int)len)
		                   : send(v->fd, from, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
v_say(struct visitor *v, const char *text)
{
	return v_write(v, text, strlen(text));
}

static bool
v_answer(struct visitor *v, const char *head, struct str body)
{
	char line[512];

	snprintf(line, sizeof(line),
	    "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    head, body.len);
	return v_say(v, line) && v_write(v, body.p, body.len);
}

static size_t
body_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoul(line + 17, NULL, 10) : 0;
}

/* A whole request into v->in; false: there is none any more. */
static bool
v_next(struct visitor *v)
{
	char bytes[4096];
	const char *end;
	ssize_t n;

	buf_clear(&v->in);
	for (;;) {
		end = strstr(v->in.p, "\r\n\r\n");
		if (end &&
		    v->in.len >=
		        (size_t)(end + 4 - v->in.p) + body_length(v->in.p))
			return true;
		n = v_read(v, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		buf_add(&v->in, bytes, (size_t)n);
	}
}

static void
note(struct visitor *v)
{
	struct web *w = v->web;

	pthread_mutex_lock(&w->lock);
	w->nseen++;
	snprintf(w->seen, sizeof(w->seen), "%s", v->in.p);
	pthread_mutex_unlock(&w->lock);
	v->nseen++;
}

/* Until the test is over, or some time. */
static bool
pause_ms(struct visitor *v, int ms)
{
	struct pollfd p[] = { { .fd = v->web->stop, .events = POLLIN } };

	return poll(p, 1, ms) == 0;
}

/* What is played for a path: true, and the connection goes on. */

static bool
play_ok(struct visitor *v, const char *arg)
{
	(void)arg;
	return v_answer(v, "200 OK", STR("ok"));
}

static bool
play_echo(struct visitor *v, const char *arg)
{
	(void)arg;
	return v_answer(v, "200 OK", buf_str(&v->in));
}

static bool
play_close(struct visitor *v, const char *arg)
{
	(void)v;
	(void)arg;
	return false;
}

static bool
play_reset(struct visitor *v, const char *arg)
{
	struct linger hard = { .l_onoff = 1 };

	(void)arg;
	setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	return false;
}

/* Answers the first request of a connection, reads the second, ends. */
static bool
play_close_second(struct visitor *v, const char *arg)
{
	(void)arg;
	return v->nseen == 1 && v_answer(v, "200 OK", STR("first"));
}

static bool
play_bye(struct visitor *v, const char *arg)
{
	(void)arg;
	v_answer(v, "200 OK", STR("bye"));
	return false;
}

static bool
play_mute(struct visitor *v, const char *arg)
{
	(void)arg;
	pause_ms(v, GUARD_MS);
	return false;
}

static bool
play_later(struct visitor *v, const char *arg)
{
	return pause_ms(v, (int)strtol(arg, NULL, 10)) &&
	    v_answer(v, "200 OK", STR("late"));
}

static bool
play_half(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
	return false;
}

static bool
play_half_head(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 202 Acc");
	return false;
}

static bool
play_half_chunk(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5\r\nwhole\r\n8\r\nha");
	return false;
}

static bool
play_big(struct visitor *v, const char *arg)
{
	static char big[300 * 1024];

	(void)arg;
	return v_answer(v, "200 OK", str_of(big, sizeof(big)));
}

static bool
play_endless(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (v_say(v, "10\r\n0123456789abcdef\r\n"))
		continue;
	return false;
}

static bool
play_big_head(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 200 OK\r\n");
	while (v_say(v, "X-Filling: 0123456789abcdef0123456789abcdef\r\n"))
		continue;
	return false;
}

static bool
play_garbage(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "SSH-2.0-OpenSSH_9.2\r\n");
	return false;
}

static bool
play_nul_header(struct visitor *v, const char *arg)
{
	static const char answer[] =
	    "HTTP/1.1 200 OK\r\nX-Odd: a\0b\r\nContent-Length: 0\r\n\r\n";

	(void)arg;
	v_write(v, answer, sizeof(answer) - 1);
	return false;
}

static bool
play_switch(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
	return false;
}

static bool
play_continue(struct visitor *v, const char *arg)
{
	(void)arg;
	v_say(v, "HTTP/1.1 100 Continue\r\nX-Which: early\r\n\r\n");
	return v_say(v,
	    "HTTP/1.1 201 Created\r\nX-Which: late\r\nX-Empty:\r\n"
	    "Content-Length: 0\r\n\r\n");
}

/* arg: the value of Retry-After, with '+' for spaces; or seconds ahead. */
static bool
play_retry(struct visitor *v, const char *arg)
{
	char head[256], value[128] = "", *end = strchr(arg, ' ');
	time_t at =
	    time(NULL) + (arg[0] == '@' ? strtol(arg + 1, NULL, 10) : 0);
	struct tm tm;

	if (arg[0] == '@')
		strftime(value, sizeof(value), "%a, %d %b %Y %H:%M:%S GMT",
		    gmtime_r(&at, &tm));
	else
		snprintf(value, sizeof(value), "%.*s", (int)(end - arg), arg);
	snprintf(head, sizeof(head), "503 Busy\r\nRetry-After: %s", value);
	return v_answer(v, head, STR("wait"));
}

/* "3/ok": three times, then to /ok. */
static bool
play_redirect(struct visitor *v, const char *arg)
{
	long n = strtol(arg, NULL, 10);
	const char *to = strchr(arg, '/');
	char head[512];

	if (n > 1)
		snprintf(head, sizeof(head),
		    "302 Found\r\nLocation: /redirect/%ld%.*s", n - 1,
		    (int)strcspn(to, " "), to);
	else
		snprintf(head, sizeof(head), "302 Found\r\nLocation: %.*s",
		    (int)strcspn(to, " "), to);
	return v_answer(v, head, STR("elsewhere"));
}

/* "http://other.test:80/x" */
static bool
play_away(struct visitor *v, const char *arg)
{
	char head[512];

	snprintf(head, sizeof(head), "307 Away\r\nLocation: %.*s",
	    (int)strcspn(arg, " "), arg);
	return v_answer(v, head, STR("elsewhere"));
}

static const struct {
	const char *path;
	bool (*play)(struct visitor *v, const char *arg);
} plays[] = {
	{ "/ok", play_ok },
	{ "/echo", play_echo },
	{ "/close-second", play_close_second },
	{ "/close", play_close },
	{ "/reset", play_reset },
	{ "/bye", play_bye },
	{ "/mute", play_mute },
	{ "/later/", play_later },
	{ "/half-head", play_half_head },
	{ "/half-chunk", play_half_chunk },
	{ "/half", play_half },
	{ "/big-head", play_big_head },
	{ "/big", play_big },
	{ "/endless", play_endless },
	{ "/garbage", play_garbage },
	{ "/nul-header", play_nul_header },
	{ "/switch", play_switch },
	{ "/continue", play_continue },
	{ "/retry/", play_retry },
	{ "/redirect/", play_redirect },
	{ "/away/", play_away },
};

static bool
v_play(struct visitor *v)
{
	const char *path = strchr(v->in.p, '/');

	for (size_t i = 0; path && i < NELEM(plays); i++) {
		size_t len = strlen(plays[i].path);

		if (strncmp(path, plays[i].path, len) == 0)
			return plays[i].play(v, path + len);
	}
	return v_answer(v, "404 Not Found", STR_EMPTY);
}

static bool
v_tls(struct visitor *v)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate(ctx, v->web->cert->x509);
	SSL_CTX_use_PrivateKey(ctx, v->web->cert->key);
	v->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(v->ssl, v->fd);
	return SSL_accept(v->ssl) == 1;
}

static void
v_serve(struct visitor *v)
{
	enum greeting how = v->web->greeting;

	if (how == HANG_UP)
		return;
	if (how == SAY_NOTHING) {
		pause_ms(v, GUARD_MS);
		return;
	}
	if (how == SPEAK_PLAIN) {
		v_say(v, "220 smtp.test ready\r\n");
		pause_ms(v, 200);
		return;
	}
	if (v->web->cert && !v_tls(v))
		return;
	while (v_next(v)) {
		note(v);
		if (!v_play(v))
			return;
	}
}

static void
count(struct web *w, int step)
{
	pthread_mutex_lock(&w->lock);
	w->nat_once += (size_t)step;
	if (w->nat_once > w->most)
		w->most = w->nat_once;
	pthread_mutex_unlock(&w->lock);
}

static void *
v_main(void *arg)
{
	struct visitor *v = arg;

	buf_init(&v->in, 4 * 1024 * 1024);
	buf_add(&v->in, " ", 1); /* so that p is memory of its own */
	v_serve(v);
	SSL_free(v->ssl);
	count(v->web, -1);
	pthread_mutex_lock(&v->web->lock);
	close(v->fd);
	v->fd = -1;
	pthread_mutex_unlock(&v->web->lock);
	buf_release(&v->in);
	ERR_clear_error();
	return NULL;
}

static void *
web_main(void *arg)
{
	struct web *w = arg;
	struct pollfd p[] = { { .fd = w->listener, .events = POLLIN },
		{ .fd = w->stop, .events = POLLIN } };

	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		int fd = accept(w->listener, NULL, NULL);
		struct visitor *v = &w->visitor[w->nvisitors];

		if (fd < 0 || w->nvisitors == VISITORS_MAX)
			break;
		count(w, 1);
		*v = (struct visitor){ .web = w, .fd = fd };
		pthread_mutex_lock(&w->lock);
		w->nvisitors++;
		pthread_mutex_unlock(&w->lock);
		pthread_create(&v->thread, NULL, v_main, v);
	}
	return NULL;
}

static int
listen_on(int backlog, uint16_t *port_out)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	*port_out = ntohs(sin.sin_port);
	return fd;
}

static void
web_start(struct web *w, const struct cert *cert, enum greeting greeting)
{
	w->cert = cert;
	w->greeting = greeting;
	w->stop = eventfd(0, EFD_CLOEXEC);
	w->listener = listen_on(128, &w->port);
	pthread_mutex_init(&w->lock, NULL);
	w->started = true;
	assert_int_equal(pthread_create(&w->thread, NULL, web_main, w), 0);
}

static void
web_end(struct web *w)
{
	if (!w->started)
		return;
	eventfd_write(w->stop, 1);
	pthread_join(w->thread, NULL);
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->nvisitors; i++)
		if (w->visitor[i].fd >= 0)
			shutdown(w->visitor[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->nvisitors; i++)
		pthread_join(w->visitor[i].thread, NULL);
	close(w->listener);
	close(w->stop);
	pthread_mutex_destroy(&w->lock);
}

static size_t
seen(struct web *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->nseen;
	pthread_mutex_unlock(&w->lock);
	return n;
}

static size_t
visits(struct web *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->nvisitors;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* Our side. */

struct test;

struct ask {
	struct test *test;
	struct http_call *call;
	bool answered;
	enum http_result result;
	int status;
	struct err err;
	int64_t retry_after_ms;
	char body[SEEN_MAX];
	char type[64], which[64], empty[64];
};

struct test {
	struct loop *loop;
	struct http_client *client;
	struct web web, other;
	struct timer guard;
	size_t nopen;
	bool timed_out, in_call;
	bool free_in_answer; /* the client, in the first answer */
	const char *again;   /* what the first answer asks for */
	struct ask ask[CALLS_MAX];
	size_t nask;
};

static struct ask *ask_for(
    struct test *t, struct http_request r, const char *path);

static void
copy(char *to, size_t size, struct str s)
{
	snprintf(to, size, STR_FMT, STR_ARG(s));
}

static void
on_answer(const struct http_response *r, void *arg)
{
	struct ask *a = arg;
	struct test *t = a->test;

	assert_false(t->in_call);
	assert_false(a->answered);
	a->answered = true;
	a->result = r->result;
	a->status = r->status;
	a->err = r->err;
	a->retry_after_ms = r->retry_after_ms;
	copy(a->body, sizeof(a->body), r->body);
	copy(a->type, sizeof(a->type), r->content_type);
	copy(a->which, sizeof(a->which), http_response_header(r, "x-which"));
	copy(a->empty, sizeof(a->empty), http_response_header(r, "x-empty"));
	http_call_cancel(&a->call); /* harmless here */
	if (--t->nopen == 0)
		loop_stop(t->loop);
	if (t->again) {
		const char *path = t->again;

		t->again = NULL;
		ask_for(t, (struct http_request){ .method = "GET" }, path);
	}
	if (t->free_in_answer) {
		http_client_free(&t->client);
		loop_stop(t->loop);
	}
}

static void
guard_over(struct timer *timer)
{
	struct test *t = TIMER_OWNER(timer, struct test, guard);

	t->timed_out = true;
	loop_stop(t->loop);
}

static void
run_for(struct test *t, int64_t ms)
{
	timer_set(&t->guard, loop_clock(t->loop), loop_clock(t->loop)->at + ms);
	t->timed_out = false;
	loop_run(t->loop);
	timer_cancel(&t->guard);
}

/* Until every call is answered. */
static void
run(struct test *t)
{
	run_for(t, GUARD_MS);
	if (t->timed_out)
		fail_msg("%zu calls are still open", t->nopen);
}

static struct http_client_params standard = { .private_ok = true,
	.ca_file = ca_file };

static void
new_client(struct test *t, struct http_client_params p)
{
	struct err err = ERR_INIT;

	http_client_free(&t->client);
	t->client = http_client_new(t->loop, &p, &err);
	assert_non_null(t->client);
}

static int
setup(void **state)
{
	struct test *t = xcalloc(1, sizeof(*t));

	t->loop = loop_new();
	timer_init(&t->guard, guard_over);
	new_client(t, standard);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	struct test *t = *state;

	http_client_free(&t->client);
	timer_cancel(&t->guard);
	loop_free(&t->loop);
	web_end(&t->web);
	web_end(&t->other);
	free(t);
	return 0;
}

static struct ask *
call(struct test *t, struct http_request r)
{
	struct ask *a = &t->ask[t->nask++];

	assert_in_range(t->nask, 1, CALLS_MAX);
	a->test = t;
	t->nopen++;
	t->in_call = true;
	a->call = http_client_call(t->client, &r, on_answer, a);
	t->in_call = false;
	return a;
}

/* path on t->web, through the name api.test; or a whole URL. */
static struct ask *
ask_for(struct test *t, struct http_request r, const char *path)
{
	char url[1024];

	snprintf(url, sizeof(url), "%s", path);
	if (path[0] == '/')
		snprintf(url, sizeof(url), "http%s://api.test:%u%s",
		    t->web.cert || t->web.greeting == SPEAK_PLAIN ? "s" : "",
		    t->web.port, path);
	r.url = str_c(url);
	return call(t, r);
}

static struct ask *
get(struct test *t, const char *path)
{
	return ask_for(t, (struct http_request){ .method = "GET" }, path);
}

/* As an SMS is sent. */
static struct ask *
pay(struct test *t, const char *path)
{
	return ask_for(t,
	    (struct http_request){
	        .method = "POST", .body = STR("text=hi"), .once = true },
	    path);
}

static void
check(struct ask *a, enum http_result result, enum err_kind kind,
    const char *text)
{
	if (!a->answered)
		fail_msg("there was no answer");
	if (a->result != result || a->err.kind != kind)
		fail_msg("result %d status %d, %s: %s", a->result, a->status,
		    err_kind_name(a->err.kind), a->err.text);
	if (text && !strstr(a->err.text, text))
		fail_msg("\"%s\" does not say \"%s\"", a->err.text, text);
}

static void
check_ok(struct ask *a, int status)
{
	check(a, HTTP_ANSWERED, ERR_NONE, NULL);
	assert_int_equal(a->status, status);
}

/* ---- what is sent, what is answered ----------------------------------- */

static void
a_request_is_sent_as_given(void **state)
{
	struct test *t = *state;
	const struct http_header header[] = {
		{ STR("Content-Type"), STR("application/json") },
		{ STR("X-Api-Key"), STR("k") },
		{ STR("X-Nothing"), STR("") },
	};
	struct ask *a;

	web_start(&t->web, NULL, GREET);
	a = ask_for(t,
	    (struct http_request){ .method = "POST",
	        .header = header,
	        .nheader = 3,
	        .user = STR("me"),
	        .password = STR("pa:ss"),
	        .body = STR("{\"a\":1}") },
	    "/echo?q=%C3%A9&r=a+b");
	run(t);
	check_ok(a, 200);
	assert_string_equal(a->type, "text/plain");
	assert_non_null(
	    strstr(a->body, "POST /echo?q=%C3%A9&r=a+b HTTP/1.1\r\n"));
	assert_non_null(
	    strstr(a->body, "\r\nContent-Type: application/json\r"));
	assert_non_null(strstr(a->body, "\r\nX-Api-Key: k\r\n"));
	assert_non_null(strstr(a->body, "\r\nX-Nothing:\r\n"));
	assert_non_null(
	    strstr(a->body, "\r\nAuthorization: Basic bWU6cGE6c3M=\r\n"));
	assert_non_null(strstr(a->body, "\r\nUser-Agent: passerelle/"));
	assert_non_null(strstr(a->body, "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(a->body, "\r\n\r\n{\"a\":1}"));
	assert_null(strcasestr(a->body, "expect:"));
	assert_null(strcasestr(a->body, "accept-encoding:"));
}

static void
each_method_has_the_body_it_was_given(void **state)
{
	struct test *t = *state;
	static const struct {
		const char *method, *body, *want;
	} rows[] = {
		{ "GET", "", "GET /echo HTTP/1.1\r\n" },
		{ "DELETE", "", "DELETE /echo HTTP/1.1\r\n" },
		{ "PUT", "x=1", "Content-Length: 3\r\n\r\nx=1" },
		{ "PATCH", "y", "Content-Length: 1\r\n\r\ny" },
		{ "DELETE", "z", "Content-Length: 1\r\n\r\nz" },
		{ "POST", "", "Content-Length: 0\r\n" },
	};

	web_start(&t->web, NULL, GREET);
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct ask *a = ask_for(t,
		    (struct http_request){
		        .method = rows[i].method, .body = str_c(rows[i].body) },
		    "/echo");

		run(t);
		check_ok(a, 200);
		if (!strstr(a->body, rows[i].want) ||
		    strcasestr(a->body, "content-type"))
			fail_msg("%s: %s", rows[i].method, a->body);
	}
}

static void
a_body_may_hold_any_bytes_and_many(void **state)
{
	struct test *t = *state;
	static char big[200 * 1024];
	struct ask *a;

	memset(big, '\0', sizeof(big));
	web_start(&t->web, NULL, GREET);
	a = ask_for(t,
	    (struct http_request){
	        .method = "POST", .body = { big, sizeof(big) } },
	    "/ok");
	run(t);
	check_ok(a, 200);
	assert_non_null(strstr(t->web.seen, "Content-Length: 204800\r\n"));
}

static void
any_status_is_an_answer(void **state)
{
	struct test *t = *state;
	struct ask *a, *b, *c;

	web_start(&t->web, NULL, GREET);
	a = pay(t, "/nowhere");
	b = pay(t, "/retry/0");
	c = pay(t, "/redirect/1/ok");
	run(t);
	check_ok(a, 404);
	check_ok(b, 503);
	assert_string_equal(b->body, "wait");
	check_ok(c, 302);
	assert_int_equal(seen(&t->web), 3);
}

static void
headers_are_of_the_final_answer(void **state)
{
	struct test *t = *state;
	struct ask *a;

	web_start(&t->web, NULL, GREET);
	a = pay(t, "/continue");
	run(t);
	check_ok(a, 201);
	assert_string_equal(a->which, "late");
	assert_int_equal(a->empty[0], 0);
	assert_string_equal(a->type, "");
}

static void
retry_after_is_read_in_both_forms(void **state)
{
	struct test *t = *state;
	static const struct {
		const char *path;
		int64_t least, most;
	} rows[] = {
		{ "/retry/7", 7000, 7000 },
		{ "/retry/@90", 85000, 90000 },
		{ "/retry/@-90", 0, 0 },
		{ "/retry/0", 0, 0 },
		{ "/retry/soon", 0, 0 },
		{ "/retry/-5", 0, 0 },
		{ "/retry/99999999", 86400000, 86400000 },
		{ "/retry/99999999999999999999", 0, 86400000 },
		{ "/ok", 0, 0 },
	};

	web_start(&t->web, NULL, GREET);
	for (size_t i = 0; i < NELEM(rows); i++) {
		struct ask *a = pay(t, rows[i].path);

		run(t);
		check(a, HTTP_ANSWERED, ERR_NONE, NULL);
		if (a->retry_after_ms < rows[i].least ||
		    a->retry_after_ms > rows[i].most)
			fail_msg("%s: %lld ms", rows[i].path,
			    (long long)a->retry_after_ms);
	}
}

static void
what_is_no_request_is_refused(void **state)
{
	struct test *t = *state;
	const struct http_header bad[] = {
		{ STR("X-A"), STR("a\r\nX-B: b") },
		{ STR("X-A"), STR("a\nb") },
		{ STR("X-A"), { "a\0b", 3 } },
		{ STR("X-A: b\r\nX-B"), STR("a") },
		{ STR("X A"), STR("a") },
		{ STR(""), STR("a") },
		{ STR("content-length"), STR("0") },
		{ STR("Transfer-Encoding"), STR("chunked") },
		{ STR("Host"), STR("elsewhere.test") },
	};
	const struct {
		const char *method;
		struct str url;
	} rows[] = {
		{ "GET", STR("ftp://127.0.0.1/x") },
		{ "GET", STR("file:///etc/passwd") },
		{ "GET", STR("gopher://127.0.0.1:70/") },
		{ "GET", STR("/ok") },
		{ "GET", STR("") },
		{ "GET", STR("http://") },
		{ "GET", STR("http://127.0.0.1/a b\r\nX: y") },
		{ "GET", STR("http://127.0.0.1/a\nb") },
		{ "GET", { "http://127.0.0.1/a\0b", 20 } },
		{ "GET", STR("http://me:secret@127.0.0.1/") },
		{ "GET", STR("http://127.0.0.1:99999/") },
		{ "GET / HTTP/1.1\r\nX:", STR("http://127.0.0.1/") },
		{ "", STR("http://127.0.0.1/") },
	};
	const struct http_request sound = { .method = "GET",
		.url = STR("http://127.0.0.1:1/") };
	struct http_request r;

	for (size_t i = 0; i < NELEM(bad); i++) {
		r = sound;
		r.header = &bad[i];
		r.nheader = 1;
		call(t, r);
	}
	for (size_t i = 0; i < NELEM(rows); i++)
		call(t,
		    (struct http_request){
		        .method = rows[i].method, .url = rows[i].url });
	r = sound;
	r.user = STR("me\r\n");
	call(t, r);
	run(t);
	for (size_t i = 0; i < t->nask; i++) {
		if (t->ask[i].err.kind != ERR_BAD_INPUT)
			fail_msg("row %zu", i);
		check(&t->ask[i], HTTP_NOT_SENT, ERR_BAD_INPUT, NULL);
		assert_null(strstr(t->ask[i].err.text, "secret"));
	}
}

/* ---- certainly not sent ----------------------------------------------- */

static void
a_refused_connection_is_not_sent(void **state)
{
	struct test *t = *state;
	char url[64];
	uint16_t port;
	struct ask *a;

	close(listen_on(1, &port));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/x?key=secret", port);
	a = pay(t, url);
	assert_false(http_call_is_sent(a->call));
	run(t);
	check(a, HTTP_NOT_SENT, ERR_UNREACHABLE, "http://127.0.0.1:");
	assert_null(strstr(a->err.text, "secret"));
}

static void
an_unknown_name_is_not_sent(void **state)
{
	struct test *t = *state;
	struct ask *a = pay(t, "http://nowhere.test/x");

	run(t);
	check(a, HTTP_NOT_SENT, ERR_UNREACHABLE, "nowhere.test");
}

static void
a_certificate_that_proves_nothing_is_not_sent(void **state)
{
	struct test *t = *state;
	static const struct {
		const struct cert *cert;
		const char *host;
	} rows[] = {
		{ &expired, "api.test" },
		{ &alone, "api.test" },
		{ &good, "other.test" },
	};
	char url[64];

	for (size_t i = 0; i < NELEM(rows); i++) {
		struct web *w = xcalloc(1, sizeof(*w));
		struct ask *a;

		web_start(w, rows[i].cert, GREET);
		snprintf(url, sizeof(url), "https://%s:%u/ok", rows[i].host,
		    w->port);
		a = pay(t, url);
		run(t);
		check(a, HTTP_NOT_SENT, ERR_UNREACHABLE, "SSL");
		assert_int_equal(seen(w), 0);
		web_end(w);
		free(w);
	}
}

static void
who_speaks_no_tls_is_not_sent_to(void **state)
{
	struct test *t = *state;
	struct ask *a;

	web_start(&t->web, &good, SPEAK_PLAIN);
	a = pay(t, "/ok");
	run(t);
	check(a, HTTP_NOT_SENT, ERR_UNREACHABLE, "api.test");
}

static void
an_end_during_the_handshake_is_not_sent(void **state)
{
	struct test *t = *state;
	struct ask *a;

	web_start(&t->web, &good, HANG_UP);
	a = pay(t, "/ok");
	run(t);
	check(a, HTTP_NOT_SENT, ERR_UNREACHABLE, "api.test");
}

static void
a_handshake_that_never_ends_is_not_sent(void **state)
{
	struct test *t = *state;
	struct ask *a;

	web_start(&t->web, &good, SAY_NOTHING);
	a = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .connect_ms = 200 },
	    "/ok");
	run(t);
	check(a, HTTP_NOT_SENT, ERR_TIMEOUT, "api.test");
}

static void
a_connect_that_is_not_answered_is_not_sent(void **state)
{
	struct test *t = *state;
	struct sockaddr_in sin = { .sin_family = AF_INET };
	uint16_t port;
	int full[4], listener = listen_on(0, &port);
	char url[64];
	struct ask *a, *b;

	/* A queue that is full: the kernel ignores who knocks. */
	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	sin.sin_port = htons(port);
	for (size_t i = 0; i < NELEM(full); i++) {
		full[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(full[i], (struct sockaddr *)&sin, sizeof(sin));
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", port);
	a = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .connect_ms = 200 },
	    url);
	b = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .total_ms = 300 },
	    url);
	run(t);
	check(a, HTTP_NOT_SENT, ERR_TIMEOUT, "127.0.0.1");
	check(b, HTTP_NOT_SENT, ERR_TIMEOUT, "300 ms");
	for (size_t i = 0; i < NELEM(full); i++)
		close(full[i]);
	close(listener);
}

/* They wait to share the connection of the first, which never stands. */
static void
who_waits_for_a_connection_that_fails_is_told(void **state)
{
	struct test *t = *state;
	static const enum greeting how[] = { HANG_UP, SAY_NOTHING };

	for (size_t i = 0; i < NELEM(how); i++) {
		web_start(&t->web, &good, how[i]);
		t->nask = 0;
		memset(t->ask, 0, sizeof(t->ask));
		for (int k = 0; k < 20; k++)
			ask_for(t,
			    (struct http_request){ .method = "POST",
			        .once = true,
			        .connect_ms = 50,
			        .total_ms = 600 },
			    "/ok");
		run(t);
		for (int k = 0; k < 20; k++)
			check(&t->ask[k], HTTP_NOT_SENT,
			    how[i] == HANG_UP ? ERR_UNREACHABLE : ERR_TIMEOUT,
			    NULL);
		web_end(&t->web);
		t->web = (struct web){ .started = false };
	}
}

static void
waiting_for_a_connection_has_a_deadline(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	struct ask *first, *second;

	p.host_parallel = 1;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	first = pay(t, "/later/600");
	second = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .total_ms = 200 },
	    "/ok");
	run(t);
	check_ok(first, 200);
	check(second, HTTP_NOT_SENT, ERR_TIMEOUT, "200 ms");
	assert_int_equal(seen(&t->web), 1);
}

static void
a_private_address_is_not_dialled_for_a_user(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	static const char *const hosts[] = { "127.0.0.1", "[::1]",
		"[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0177.0.0.1",
		"api.test", "rebound.test" };
	char url[64];

	p.private_ok = false;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	for (size_t i = 0; i < NELEM(hosts); i++) {
		struct ask *a;

		snprintf(
		    url, sizeof(url), "http://%s:%u/ok", hosts[i], t->web.port);
		a = ask_for(t,
		    (struct http_request){
		        .method = "GET", .checked_host = true },
		    url);
		run(t);
		check(a, HTTP_NOT_SENT, ERR_DENIED, "private");
	}
	/* What the operator has named may be anywhere. */
	get(t, "/ok");
	run(t);
	check_ok(&t->ask[t->nask - 1], 200);
	assert_int_equal(visits(&t->web), 1);
}

static void
a_connection_in_use_opens_no_door(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	struct ask *a, *b;

	p.private_ok = false;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	a = get(t, "/ok");
	run(t);
	check_ok(a, 200);
	b = ask_for(t,
	    (struct http_request){ .method = "GET", .checked_host = true },
	    "/ok");
	run(t);
	check(b, HTTP_NOT_SENT, ERR_DENIED, "private");
	assert_int_equal(seen(&t->web), 1);
}

static void
checked_hosts_share_no_connection(void **state)
{
	struct test *t = *state;

	web_start(&t->web, NULL, GREET);
	for (int i = 0; i < 3; i++) {
		ask_for(t,
		    (struct http_request){
		        .method = "GET", .checked_host = true },
		    "/ok");
		run(t);
		check_ok(&t->ask[t->nask - 1], 200);
	}
	run_for(t, 50);
	assert_int_equal(t->web.nat_once, 0); /* nor are they kept */
	assert_int_equal(visits(&t->web), 3);
}

static void
more_than_may_be_open_are_not_sent(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	struct ask *a, *b, *c;

	p.parallel_max = 2;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	a = pay(t, "/later/100");
	b = pay(t, "/later/100");
	c = pay(t, "/ok");
	run(t);
	check_ok(a, 200);
	check_ok(b, 200);
	check(c, HTTP_NOT_SENT, ERR_BUSY, NULL);
	c = pay(t, "/ok");
	run(t);
	check_ok(c, 200);
	assert_int_equal(seen(&t->web), 3);
}

/* ---- it may have been read -------------------------------------------- */

static void
what_breaks_after_the_request_is_unsure(void **state)
{
	struct test *t = *state;
	static const struct {
		const char *path;
		enum err_kind kind;
		int status;
	} rows[] = {
		{ "/close", ERR_UNREACHABLE, 0 },
		{ "/reset", ERR_UNREACHABLE, 0 },
		{ "/half", ERR_UNREACHABLE, 200 },
		{ "/half-chunk", ERR_UNREACHABLE, 200 },
		{ "/half-head", ERR_UNREACHABLE, 0 },
		{ "/garbage", ERR_PROTOCOL, 0 },
		{ "/nul-header", ERR_PROTOCOL, 200 },
		{ "/switch", ERR_UNREACHABLE, 101 },
		{ "/big", ERR_TOO_BIG, 200 },
		{ "/endless", ERR_TOO_BIG, 200 },
		{ "/big-head", ERR_TOO_BIG, 200 },
	};

	for (int tls = 0; tls < 2; tls++) {
		struct web *w = &t->web;

		web_start(w, tls ? &good : NULL, GREET);
		for (size_t i = 0; i < NELEM(rows); i++) {
			struct ask *a = pay(t, rows[i].path);

			run(t);
			if (a->err.kind != rows[i].kind || seen(w) != i + 1)
				fail_msg("%s: result %d, %s: %s, seen %zu",
				    rows[i].path, a->result,
				    err_kind_name(a->err.kind), a->err.text,
				    seen(w));
			check(a, HTTP_UNSURE, rows[i].kind, "api.test");
			if (rows[i].status != a->status)
				fail_msg(
				    "%s: status %d", rows[i].path, a->status);
			assert_string_equal(a->body, "");
		}
		web_end(w);
		*w = (struct web){ .started = false };
	}
}

static void
an_answer_that_does_not_come_is_unsure(void **state)
{
	struct test *t = *state;
	struct ask *a;

	web_start(&t->web, NULL, GREET);
	a = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .total_ms = 300 },
	    "/mute");
	run(t);
	check(a, HTTP_UNSURE, ERR_TIMEOUT, "no answer within 300 ms");
	assert_int_equal(seen(&t->web), 1);
}

static void
the_connection_of_a_late_answer_is_not_used_again(void **state)
{
	struct test *t = *state;
	struct ask *a, *b;

	web_start(&t->web, NULL, GREET);
	a = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .total_ms = 100 },
	    "/later/200");
	run(t);
	check(a, HTTP_UNSURE, ERR_TIMEOUT, NULL);
	run_for(t, 200);
	b = pay(t, "/ok");
	run(t);
	check_ok(b, 200);
	assert_string_equal(b->body, "ok");
	assert_int_equal(visits(&t->web), 2);
}

/* The library's own retry: the reason for `once`. */
static void
a_used_connection_that_ends_costs_one_request(void **state)
{
	struct test *t = *state;

	for (int tls = 0; tls < 2; tls++) {
		struct web *w = &t->web;
		struct ask *a, *b;

		web_start(w, tls ? &good : NULL, GREET);
		a = pay(t, "/close-second");
		run(t);
		check_ok(a, 200);
		assert_string_equal(a->body, "first");
		b = pay(t, "/close-second");
		run(t);
		check(b, HTTP_UNSURE, ERR_UNREACHABLE, "was written");
		run_for(t, 100); /* what comes late would be seen now */
		assert_int_equal(seen(w), 2);
		web_end(w);
		*w = (struct web){ .started = false };
	}
}

static void
without_once_the_library_repeats_it(void **state)
{
	struct test *t = *state;
	struct ask *a, *b;

	web_start(&t->web, NULL, GREET);
	a = get(t, "/close-second");
	run(t);
	check_ok(a, 200);
	b = get(t, "/close-second");
	run(t);
	check_ok(b, 200);
	assert_int_equal(seen(&t->web), 3);
	assert_int_equal(visits(&t->web), 2);
}

/* ---- connections ------------------------------------------------------ */

static void
a_connection_is_used_again(void **state)
{
	struct test *t = *state;

	web_start(&t->web, &good, GREET);
	for (int i = 0; i < 5; i++) {
		pay(t, "/ok");
		run(t);
		check_ok(&t->ask[i], 200);
	}
	assert_int_equal(visits(&t->web), 1);
	assert_int_equal(seen(&t->web), 5);
}

static void
one_that_ended_while_idle_is_not(void **state)
{
	struct test *t = *state;

	web_start(&t->web, NULL, GREET);
	for (int i = 0; i < 3; i++) {
		pay(t, "/bye");
		run(t);
		run_for(t, 50);
		check_ok(&t->ask[i], 200);
	}
	assert_int_equal(visits(&t->web), 3);
	assert_int_equal(seen(&t->web), 3);
}

static void
a_host_is_given_its_share_of_connections(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;

	p.host_parallel = 3;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	for (int i = 0; i < 12; i++)
		pay(t, "/later/20");
	run(t);
	for (int i = 0; i < 12; i++)
		check_ok(&t->ask[i], 200);
	assert_int_equal(t->web.most, 3);
	assert_int_equal(visits(&t->web), 3);
}

static void
a_name_that_takes_long_stops_nothing_else(void **state)
{
	struct test *t = *state;
	char url[64];
	struct ask *slow, *fast, *gone;
	int64_t before;

	web_start(&t->web, NULL, GREET);
	snprintf(url, sizeof(url), "http://slow.test:%u/ok", t->web.port);
	slow = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .total_ms = 300 },
	    url);
	gone = ask_for(t,
	    (struct http_request){
	        .method = "POST", .once = true, .connect_ms = 200 },
	    url);
	fast = pay(t, "/ok");
	uv_update_time(loop_uv(t->loop));
	before = (int64_t)uv_now(loop_uv(t->loop));
	run(t);
	uv_update_time(loop_uv(t->loop));
	/* Both gave up while the resolver was at work, and did not wait. */
	assert_in_range((int64_t)uv_now(loop_uv(t->loop)) - before, 200, 1000);
	check(slow, HTTP_NOT_SENT, ERR_TIMEOUT, "slow.test");
	check(gone, HTTP_NOT_SENT, ERR_TIMEOUT, "slow.test");
	check_ok(fast, 200);
	usleep(900 * 1000); /* their threads end, for the leak checker */
}

/* ---- redirects -------------------------------------------------------- */

static struct ask *
follow(struct test *t, const char *path)
{
	const struct http_header header[] = {
		{ STR("X-Api-Key"), STR("secret") },
	};

	return ask_for(t,
	    (struct http_request){ .method = "GET",
	        .header = header,
	        .nheader = 1,
	        .user = STR("me"),
	        .password = STR("pass"),
	        .follow = true },
	    path);
}

static void
redirects_are_followed_when_asked_for_and_not_for_ever(void **state)
{
	struct test *t = *state;
	struct ask *a, *b, *c;

	web_start(&t->web, NULL, GREET);
	a = follow(t, "/redirect/5/echo");
	b = follow(t, "/redirect/6/echo");
	c = get(t, "/redirect/1/echo");
	run(t);
	check_ok(a, 200);
	assert_non_null(strstr(a->body, "X-Api-Key: secret"));
	assert_null(strstr(a->body, "elsewhere"));
	check(b, HTTP_UNSURE, ERR_PROTOCOL, "too often");
	check_ok(c, 302);
}

static void
secrets_stay_with_the_host_they_are_for(void **state)
{
	struct test *t = *state;
	struct ask *a;
	char path[128];

	web_start(&t->web, NULL, GREET);
	web_start(&t->other, NULL, GREET);
	snprintf(
	    path, sizeof(path), "/away/http://api.test:%u/echo", t->other.port);
	a = follow(t, path);
	run(t);
	check_ok(a, 200);
	assert_non_null(strstr(a->body, "GET /echo"));
	assert_null(strstr(a->body, "secret"));
	assert_null(strcasestr(a->body, "authorization"));
}

/* The operator has named the first host, but not where that one leads. */
static void
a_redirect_leads_to_no_private_address(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	struct ask *a;
	char path[128];

	p.private_ok = false;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	web_start(&t->other, NULL, GREET);
	snprintf(
	    path, sizeof(path), "/away/http://api.test:%u/echo", t->other.port);
	a = follow(t, path);
	run(t);
	check(a, HTTP_UNSURE, ERR_DENIED, "private");
	assert_int_equal(visits(&t->other), 0);
	/* On the same host it may lead anywhere. */
	a = follow(t, "/redirect/2/echo");
	run(t);
	check_ok(a, 200);
}

static void
a_redirect_leads_to_no_worse_place(void **state)
{
	struct test *t = *state;
	static const char *const places[] = { "http://api.test/ok",
		"file:///etc/passwd", "gopher://api.test/", "https://" };
	char path[128];

	web_start(&t->web, &good, GREET);
	for (size_t i = 0; i < NELEM(places); i++) {
		struct ask *a;

		snprintf(path, sizeof(path), "/away/%s", places[i]);
		a = follow(t, path);
		run(t);
		if (a->result == HTTP_ANSWERED)
			check_ok(a, 307); /* libcurl sees no URL in it */
		else
			check(a, HTTP_UNSURE, ERR_PROTOCOL, NULL);
	}
}

/* ---- cancelling, ending ----------------------------------------------- */

static void
a_cancelled_call_is_not_answered(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	char url[64];
	struct ask *a[6];
	size_t n = 0;

	p.host_parallel = 2;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	snprintf(url, sizeof(url), "http://slow.test:%u/ok", t->web.port);
	a[n++] = pay(t, "/mute");           /* read by the server */
	a[n++] = pay(t, "/mute");           /* likewise */
	a[n++] = pay(t, "/ok");             /* waits for a connection */
	a[n++] = pay(t, url);               /* its name is looked up */
	a[n++] = pay(t, "http://nowhere/"); /* about to fail */
	a[n++] = pay(t, "no url");          /* about to be told so */
	http_call_cancel(&a[5]->call);
	http_call_cancel(&a[4]->call);
	run_for(t, 200);
	assert_true(http_call_is_sent(a[0]->call));
	assert_false(http_call_is_sent(a[2]->call));
	assert_false(http_call_is_sent(a[3]->call));
	for (size_t i = 0; i < 4; i++) {
		http_call_cancel(&a[i]->call);
		assert_null(a[i]->call);
		http_call_cancel(&a[i]->call);
	}
	run_for(t, 100);
	for (size_t i = 0; i < n; i++)
		assert_false(a[i]->answered);
	assert_int_equal(seen(&t->web), 2);
	/* And the connections they held are free for others. */
	t->nopen = 0;
	pay(t, "/ok");
	run(t);
	check_ok(&t->ask[t->nask - 1], 200);
	usleep(900 * 1000); /* the lookup ends, for the leak checker */
}

static void
a_waiting_call_starts_when_another_is_cancelled(void **state)
{
	struct test *t = *state;
	struct http_client_params p = standard;
	struct ask *first, *second;

	p.host_parallel = 1;
	new_client(t, p);
	web_start(&t->web, NULL, GREET);
	first = pay(t, "/mute");
	second = pay(t, "/ok");
	run_for(t, 100);
	assert_false(second->answered);
	http_call_cancel(&first->call);
	t->nopen--;
	run(t);
	check_ok(second, 200);
}

static void
a_client_ends_with_calls_open(void **state)
{
	struct test *t = *state;

	web_start(&t->web, NULL, GREET);
	pay(t, "/mute");
	pay(t, "/later/50");
	pay(t, "no url");
	ask_for(t,
	    (struct http_request){ .method = "GET", .checked_host = true },
	    "/mute");
	run_for(t, 20);
	pay(t, "/ok");
	pay(t, "no url");
	t->ask[2].answered = true; /* it had the time */
	http_client_free(&t->client);
	run_for(t, 100);
	for (size_t i = 0; i < t->nask; i++)
		assert_int_equal(t->ask[i].answered, i == 2);
}

static void
an_answer_may_end_the_client(void **state)
{
	struct test *t = *state;

	t->free_in_answer = true;
	web_start(&t->web, NULL, GREET);
	pay(t, "/mute");
	pay(t, "/ok");
	pay(t, "/ok");
	run(t);
	assert_null(t->client);
	assert_int_equal(t->nopen, 2);
	run_for(t, 100);
	assert_int_equal(t->nopen, 2);
}

static void
an_answer_may_ask_again(void **state)
{
	struct test *t = *state;

	t->again = "no url";
	web_start(&t->web, NULL, GREET);
	pay(t, "/ok");
	run(t);
	while (t->nopen > 0)
		run(t);
	check_ok(&t->ask[0], 200);
	check(&t->ask[1], HTTP_NOT_SENT, ERR_BAD_INPUT, NULL);
}

/* ---- HTTP/2 ----------------------------------------------------------- */

static size_t
connections_to(uint16_t port)
{
	struct sockaddr_in sin;
	size_t n = 0;

	for (int fd = 3; fd < 1024; fd++) {
		socklen_t len = sizeof(sin);

		if (getpeername(fd, (struct sockaddr *)&sin, &len) == 0 &&
		    ntohs(sin.sin_port) == port)
			n++;
	}
	return n;
}

/* A server that speaks nothing else; 0: there is none on this machine. */
static pid_t
start_nghttpd(const char *folder, uint16_t *port_out)
{
	char port[8], key[128], cert[128];
	char name[] = "nghttpd", opt[] = "-d", dir[64];
	char *argv[] = { name, opt, dir, port, key, cert, NULL };
	FILE *f;
	pid_t pid;

	snprintf(dir, sizeof(dir), "%s", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(cert, sizeof(cert), "%s/cert", folder);
	f = fopen(key, "w");
	PEM_write_PrivateKey(f, good.key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	f = fopen(cert, "w");
	PEM_write_X509(f, good.x509);
	fclose(f);
	close(listen_on(1, port_out));
	snprintf(port, sizeof(port), "%u", *port_out);
	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0 ? pid
	                                                                   : 0;
}

struct h2 {
	char folder[32], url[64];
	uint16_t port;
	pid_t pid;
};

static void
h2_stop(struct h2 *h)
{
	static const char *const files[] = { "key", "cert" };
	char name[64];

	if (h->pid) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	for (size_t i = 0; i < NELEM(files); i++) {
		snprintf(name, sizeof(name), "%s/%s", h->folder, files[i]);
		unlink(name);
	}
	rmdir(h->folder);
}

/* False: there is no such server on this machine. */
static bool
h2_start(struct h2 *h, struct test *t)
{
	*h = (struct h2){ .folder = "/tmp/passerelle-h2-XXXXXX" };
	assert_non_null(mkdtemp(h->folder));
	h->pid = start_nghttpd(h->folder, &h->port);
	snprintf(h->url, sizeof(h->url), "https://api.test:%u/cert", h->port);
	for (int i = 0; h->pid && i < 100; i++) {
		struct ask *a = get(t, h->url);

		run(t);
		if (a->result == HTTP_ANSWERED)
			return true;
		t->nask = 0;
		*a = (struct ask){ .test = t };
		usleep(50 * 1000);
	}
	h2_stop(h);
	return false;
}

static void
over_tls_many_requests_share_a_connection(void **state)
{
	struct test *t = *state;
	struct h2 h;

	if (!h2_start(&h, t))
		skip();
	new_client(t, standard); /* whose first connection is not there yet */
	for (int i = 0; i < 40; i++)
		get(t, h.url);
	run(t);
	for (size_t i = 0; i < t->nask; i++) {
		check_ok(&t->ask[i], 200);
		assert_non_null(strstr(t->ask[i].body, "BEGIN CERTIFICATE"));
	}
	assert_int_equal(connections_to(h.port), 1);
	h2_stop(&h);
}

static void
what_shares_a_connection_that_breaks_is_unsure(void **state)
{
	struct test *t = *state;
	struct ask *first, *late;
	struct h2 h;

	if (!h2_start(&h, t))
		skip();
	first = &t->ask[t->nask];
	kill(h.pid, SIGSTOP);
	for (int i = 0; i < 5; i++)
		pay(t, h.url);
	late = ask_for(t,
	    (struct http_request){ .method = "POST",
	        .body = STR("text=hi"),
	        .once = true,
	        .total_ms = 150 },
	    h.url);
	run_for(t, 300);
	check(late, HTTP_UNSURE, ERR_TIMEOUT, "no answer");
	for (int i = 0; i < 5; i++)
		assert_false(first[i].answered);
	kill(h.pid, SIGKILL);
	run(t);
	for (int i = 0; i < 5; i++)
		check(&first[i], HTTP_UNSURE, ERR_UNREACHABLE, "api.test");
	pay(t, h.url);
	run(t);
	check(&t->ask[t->nask - 1], HTTP_NOT_SENT, ERR_UNREACHABLE, NULL);
	h2_stop(&h);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_sent_as_given),
		TEST(each_method_has_the_body_it_was_given),
		TEST(a_body_may_hold_any_bytes_and_many),
		TEST(any_status_is_an_answer),
		TEST(headers_are_of_the_final_answer),
		TEST(retry_after_is_read_in_both_forms),
		TEST(what_is_no_request_is_refused),
		TEST(a_refused_connection_is_not_sent),
		TEST(an_unknown_name_is_not_sent),
		TEST(a_certificate_that_proves_nothing_is_not_sent),
		TEST(who_speaks_no_tls_is_not_sent_to),
		TEST(an_end_during_the_handshake_is_not_sent),
		TEST(a_handshake_that_never_ends_is_not_sent),
		TEST(a_connect_that_is_not_answered_is_not_sent),
		TEST(who_waits_for_a_connection_that_fails_is_told),
		TEST(waiting_for_a_connection_has_a_deadline),
		TEST(a_private_address_is_not_dialled_for_a_user),
		TEST(a_connection_in_use_opens_no_door),
		TEST(checked_hosts_share_no_connection),
		TEST(more_than_may_be_open_are_not_sent),
		TEST(what_breaks_after_the_request_is_unsure),
		TEST(an_answer_that_does_not_come_is_unsure),
		TEST(the_connection_of_a_late_answer_is_not_used_again),
		TEST(a_used_connection_that_ends_costs_one_request),
		TEST(without_once_the_library_repeats_it),
		TEST(a_connection_is_used_again),
		TEST(one_that_ended_while_idle_is_not),
		TEST(a_host_is_given_its_share_of_connections),
		TEST(a_name_that_takes_long_stops_nothing_else),
		TEST(redirects_are_followed_when_asked_for_and_not_for_ever),
		TEST(secrets_stay_with_the_host_they_are_for),
		TEST(a_redirect_leads_to_no_private_address),
		TEST(a_redirect_leads_to_no_worse_place),
		TEST(a_cancelled_call_is_not_answered),
		TEST(a_waiting_call_starts_when_another_is_cancelled),
		TEST(a_client_ends_with_calls_open),
		TEST(an_answer_may_end_the_client),
		TEST(an_answer_may_ask_again),
		TEST(over_tls_many_requests_share_a_connection),
		TEST(what_shares_a_connection_that_breaks_is_unsure),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
