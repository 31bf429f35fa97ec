/*
 * The HTTP server over real loopback sockets: the loop runs here, the peer is
 * a thread with a blocking socket, hostile where the test is about that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/address.h"
#include "net/http_server.h"
#include "net/loop.h"

enum {
	GUARD_MS = 8000,
	REQUEST_MS = 300,
	ANSWER_MS = 150,
	BODY_MAX = 1000,
	GOT_MAX = 4 * 1024 * 1024,
	ASKS_MAX = 8,
};

static struct {
	struct loop *loop;
	struct http_server *server;
	uint16_t port;
	struct loop_bell *bell;
	struct loop_hook hook;
	unsigned nturns;
	struct timer guard, later;
	pthread_t thread;
	void (*play)(int fd);
	struct buf got;  /* what the peer has read */
	struct buf seen; /* what the route has seen */
	struct http_ask *kept[ASKS_MAX];
	size_t nkept;
	unsigned nasked;
	bool is_over;
	char warning[256];
	const char *big;
	size_t nbig;
} fx;

/* ---- the peer --------------------------------------------------------- */

static int
dial(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(fx.port) };
	struct timeval wait = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		return -1;
	return fd;
}

static void
say_bytes(int fd, const char *bytes, size_t len)
{
	/* The server may have closed: what it said then is what counts. */
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void
say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* Everything until the server closes. */
static void
hear_all(int fd)
{
	char part[4096];
	ssize_t n;

	while (n = recv(fd, part, sizeof(part), 0), n > 0)
		(void)buf_add(&fx.got, part, (size_t)n);
}

/* Until so much was heard in all, or the server closes. */
static void
hear_until(int fd, const char *word)
{
	char part[512];
	ssize_t n;

	while (!strstr(fx.got.p, word)) {
		n = recv(fd, part, sizeof(part), 0);
		if (n <= 0)
			return;
		(void)buf_add(&fx.got, part, (size_t)n);
	}
}

static void *
thread_main(void *arg)
{
	int fd = dial();

	(void)arg;
	fx.play(fd);
	if (fd >= 0)
		close(fd);
	loop_bell_ring(fx.bell);
	return NULL;
}

/* ---- the loop --------------------------------------------------------- */

static void
on_bell(void *arg)
{
	(void)arg;
	fx.is_over = true;
	loop_stop(fx.loop);
}

static void
on_guard(struct timer *t)
{
	(void)t;
	loop_stop(fx.loop);
}

static void
on_turn(struct loop_hook *h)
{
	(void)h;
	fx.nturns++;
}

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level <= LOG_WARN)
		snprintf(fx.warning, sizeof(fx.warning), "%s", line);
}

static void
in_ms(struct timer *t, void (*fn)(struct timer *t), int64_t ms)
{
	struct clock *clock = loop_clock(fx.loop);

	timer_init(t, fn);
	timer_set(t, clock, clock->at + ms);
}

/* Runs the peer's part to its end. */
static void
play(void (*part)(int fd))
{
	fx.play = part;
	fx.is_over = false;
	buf_clear(&fx.got);
	in_ms(&fx.guard, on_guard, GUARD_MS);
	assert_int_equal(
	    pthread_create(&fx.thread, NULL, thread_main, NULL), 0);
	loop_run(fx.loop);
	timer_cancel(&fx.guard);
	pthread_join(fx.thread, NULL);
	assert_true(fx.is_over);
}

static void
start(size_t parallel_max)
{
	struct http_server_params p = {
		.listen = STR("127.0.0.1"),
		.public_url = STR("https://gw.example.org"),
		.body_max = BODY_MAX,
		.request_ms = REQUEST_MS,
		.answer_ms = ANSWER_MS,
		.parallel_max = parallel_max,
	};
	struct err err = ERR_INIT;

	fx.server = http_server_new(fx.loop, &p, &err);
	assert_non_null(fx.server);
	assert_int_equal(http_server_listen(fx.server, &err), 0);
	fx.port = http_server_port(fx.server);
	assert_int_not_equal(fx.port, 0);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fx, 0, sizeof(fx));
	buf_init(&fx.got, GOT_MAX);
	buf_init(&fx.seen, GOT_MAX);
	(void)buf_addf(&fx.got, "%s", "");
	log_set_sink(on_log, NULL);
	fx.loop = loop_new();
	fx.bell = loop_bell_new(fx.loop, on_bell, NULL);
	loop_hook_add(fx.loop, &fx.hook, LOOP_RANK_CORE, on_turn);
	start(0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_server_free(&fx.server);
	loop_hook_del(&fx.hook);
	loop_bell_close(&fx.bell);
	loop_free(&fx.loop);
	buf_release(&fx.got);
	buf_release(&fx.seen);
	log_set_sink(NULL, NULL);
	return 0;
}

/* ---- routes ----------------------------------------------------------- */

static void
answer(struct http_ask *ask, int status, struct str body)
{
	http_ask_reply(
	    &ask, &(struct http_reply){ .status = status, .body = body });
}

/* Tells what came in, and answers with it. */
static void
on_echo(struct http_ask *a, void *arg)
{
	struct str name, value, sig = http_ask_header(a, "x-signature");

	fx.nasked++;
	buf_clear(&fx.seen);
	(void)buf_addf(&fx.seen,
	    "route=%s method=" STR_FMT " path=" STR_FMT " rest=" STR_FMT
	    " query=" STR_FMT " type=" STR_FMT " peer=" STR_FMT " url=" STR_FMT
	    " sig=" STR_FMT " body=",
	    (const char *)arg, STR_ARG(a->method), STR_ARG(a->path),
	    STR_ARG(a->rest), STR_ARG(a->query), STR_ARG(a->content_type),
	    STR_ARG(a->peer), STR_ARG(a->url), STR_ARG(sig));
	(void)buf_add_str(&fx.seen, a->body);
	for (size_t i = 0; http_ask_header_at(a, i, &name, &value); i++)
		if (str_is(name, "Twice"))
			(void)buf_addf(
			    &fx.seen, " twice=" STR_FMT, STR_ARG(value));
	answer(a, 200, STR("heard\n"));
}

static void
on_keep(struct http_ask *a, void *arg)
{
	(void)arg;
	fx.nasked++;
	fx.kept[fx.nkept++] = a;
	assert_true(fx.nkept < ASKS_MAX);
}

static void
on_later(struct timer *t)
{
	(void)t;
	for (size_t i = 0; i < fx.nkept; i++)
		answer(fx.kept[i], 202, STR("late\n"));
	fx.nkept = 0;
}

static void
on_keep_a_while(struct http_ask *a, void *arg)
{
	on_keep(a, arg);
	in_ms(&fx.later, on_later, 40);
}

static void
on_big(struct http_ask *a, void *arg)
{
	(void)arg;
	http_ask_reply(&a,
	    &(struct http_reply){ .status = 200,
	        .type = "image/png",
	        .body = str_of(fx.big, fx.nbig) });
}

static void
on_busy(struct http_ask *a, void *arg)
{
	(void)arg;
	http_ask_reply(
	    &a, &(struct http_reply){ .status = 503, .retry_after_s = 7 });
}

static void
route(const char *prefix, http_server_fn *fn)
{
	struct err err = ERR_INIT;
	const void *name = prefix;
	void *arg;

	memcpy(&arg, &name, sizeof(arg));
	assert_int_equal(
	    http_server_route(fx.server, str_c(prefix), fn, arg, &err), 0);
}

static bool
got(const char *word)
{
	return strstr(fx.got.p, word) != NULL;
}

static void
assert_got(const char *word)
{
	if (!got(word))
		fail_msg("no '%s' in '%s'", word, fx.got.p);
}

static void
assert_seen(const char *word)
{
	if (!strstr(fx.seen.p, word))
		fail_msg("no '%s' in '%s'", word, fx.seen.p);
}

static uint64_t
answers(const char *at, int status)
{
	struct http_answers a;

	for (size_t i = 0; http_server_answers(fx.server, i, &a); i++)
		if (str_is(a.at, at) && a.status == status)
			return a.n;
	return 0;
}

/* ---- what is meant ---------------------------------------------------- */

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void
part_post(int fd)
{
	static const char text[] =
	    "POST /sms/a%2Fb/st%20x?from=%2B1&x=a+b?c HTTP/1.1\r\n" CLOSE
	    "Content-Type: text/xml\r\nX-SIGNATURE: abc\r\nTwice: 1\r\n"
	    "twice: 2\r\nTwice: 3\r\nContent-Length: 5\r\n\r\n1\0002\r3";

	say_bytes(fd, text, sizeof(text) - 1);
	hear_all(fd);
}

static void
a_request_reaches_its_route_as_it_was_sent(void **state)
{
	(void)state;
	route("/sms/a%2Fb", on_echo);
	play(part_post);
	assert_got("HTTP/1.1 200 OK");
	assert_got("heard");
	assert_got("nosniff");
	assert_seen("method=POST path=/sms/a%2Fb/st%20x rest=/st%20x "
	            "query=from=%2B1&x=a+b?c type=text/xml peer=127.0.0.1 "
	            "url=https://gw.example.org/sms/a%2Fb/st%20x"
	            "?from=%2B1&x=a+b?c sig=abc body=1");
	assert_non_null(memmem(fx.seen.p, fx.seen.len, "body=1\0002\r3", 10));
	assert_non_null(memmem(
	    fx.seen.p, fx.seen.len, " twice=1 twice=3", strlen(" twice=1")));
	assert_int_equal(answers("sms", 200), 1);
}

static void
part_paths(int fd)
{
	static const char *const path[] = { "/a/b", "/a", "/a/bc", "/a/b/c/d",
		"/ab", "/", "/a/b?x" };

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text),
		    "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path[i],
		    i == 6 ? "Connection: close\r\n" : "");
		say(fd, text);
		usleep(5000);
	}
	hear_all(fd);
}

static struct buf order;

static void
on_note(struct http_ask *a, void *arg)
{
	(void)buf_addf(
	    &order, "%s" STR_FMT " ", (const char *)arg, STR_ARG(a->rest));
	answer(a, 204, STR_EMPTY);
}

static void
the_longest_prefix_wins_and_ends_at_a_slash(void **state)
{
	(void)state;
	buf_init(&order, 1000);
	route("/a", on_note);
	route("/a/b", on_note);
	play(part_paths);
	assert_string_equal(order.p, "/a/b /a /a/bc /a/b/c/d /a/b ");
	assert_int_equal(answers("", 404), 2);
	assert_int_equal(answers("a", 204), 5);
	http_server_unroute(fx.server, STR("/a/b"));
	http_server_unroute(fx.server, STR("/never"));
	buf_clear(&order);
	play(part_paths);
	assert_string_equal(order.p, "/a/b /a /a/bc /a/b/c/d /a/b ");
	buf_release(&order);
}

static void
part_two_later(int fd)
{
	say(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(fd, "late\n");
	(void)buf_addf(&fx.got, "|");
	say(fd, "GET /x HTTP/1.1\r\n" CLOSE "\r\n");
	hear_all(fd);
}

static void
an_answer_may_come_later_and_the_connection_is_used_again(void **state)
{
	(void)state;
	route("/x", on_keep_a_while);
	play(part_two_later);
	assert_got("202 Accepted");
	assert_int_equal(fx.nasked, 2);
	assert_non_null(strstr(strchr(fx.got.p, '|'), "late\n"));
	assert_int_equal(http_server_waiting(fx.server), 0);
}

static void
part_three_in_one(int fd)
{
	say(fd,
	    "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
	    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
	    "GET /x HTTP/1.1\r\n" CLOSE "\r\n");
	hear_all(fd);
}

static void
requests_sent_at_once_are_answered_one_after_another(void **state)
{
	const char *at;
	int n = 0;

	(void)state;
	route("/x", on_keep_a_while);
	play(part_three_in_one);
	for (at = fx.got.p; (at = strstr(at, "late\n")); at++)
		n++;
	assert_int_equal(n, 3);
	assert_int_equal(fx.nasked, 3);
}

static void
part_get_x(int fd)
{
	say(fd, "GET /x HTTP/1.1\r\n" CLOSE "\r\n");
	hear_all(fd);
}

static void
a_route_says_how_long_to_wait(void **state)
{
	(void)state;
	route("/x", on_busy);
	play(part_get_x);
	assert_got("503 Service Unavailable");
	assert_got("Retry-After: 7");
}

static void
a_big_answer_arrives_whole(void **state)
{
	(void)state;
	fx.nbig = 2 * 1024 * 1024;
	fx.big = xcalloc(1, fx.nbig);
	route("/x", on_big);
	play(part_get_x);
	assert_got("Content-Type: image/png");
	assert_true(fx.got.len > fx.nbig);
	free((void *)(uintptr_t)fx.big);
	fx.big = NULL;
}

static void
part_continue(int fd)
{
	say(fd,
	    "POST /x HTTP/1.1\r\n" CLOSE
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	hear_until(fd, "100 Continue\r\n\r\n");
	say(fd, "ok");
	hear_all(fd);
}

static void
who_waits_for_a_go_ahead_gets_it(void **state)
{
	(void)state;
	route("/x", on_echo);
	play(part_continue);
	assert_got("100 Continue");
	assert_got("200 OK");
	assert_seen("body=ok");
}

/* ---- what is not ------------------------------------------------------ */

static void
nobody_answers_and_the_peer_is_told_to_come_back(void **state)
{
	(void)state;
	route("/x", on_keep);
	play(part_get_x);
	assert_got("503 Service Unavailable");
	assert_got("Retry-After: 10");
	assert_non_null(strstr(fx.warning, "webhook not answered in time"));
	assert_int_equal(fx.nkept, 1);
	answer(fx.kept[0], 200, STR("too late"));
}

/* One byte now and then keeps the library's own timeout from firing. */
static void
dribble(int fd, const char *text)
{
	for (; *text; text++) {
		say_bytes(fd, text, 1);
		usleep(20000);
	}
	hear_all(fd);
}

static void
part_slow_head(int fd)
{
	say(fd, "GET /x HTTP/1.1\r\n");
	dribble(fd, "Host: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void
part_slow_body(int fd)
{
	say(fd, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n");
	dribble(
	    fd, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void
part_slow_line(int fd)
{
	dribble(fd, "GET /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void
part_silent(int fd)
{
	hear_all(fd);
}

static void
a_slow_sender_is_ended(void **state)
{
	static void (*const parts[])(int fd) = { part_slow_head, part_slow_body,
		part_slow_line, part_silent };
	struct clock *clock = loop_clock(fx.loop);

	(void)state;
	route("/x", on_echo);
	for (size_t i = 0; i < 4; i++) {
		int64_t began_at = clock->at;

		play(parts[i]);
		if (i < 2)
			assert_got("408 Request Timeout");
		else
			assert_int_equal(fx.got.len, 0);
		assert_in_range(clock->at - began_at, REQUEST_MS - 50, 3000);
	}
	assert_int_equal(fx.nasked, 0);
	assert_int_equal(http_server_connections(fx.server), 0);
}

static void
part_long(int fd)
{
	say(fd, "POST /x HTTP/1.1\r\n" CLOSE "Content-Length: 1001\r\n\r\n");
	hear_all(fd);
}

static void
part_endless(int fd)
{
	say(fd,
	    "POST /x HTTP/1.1\r\n" CLOSE
	    "Content-Length: 99999999999999999999999999\r\n\r\n");
	hear_all(fd);
}

static void
say_chunks(int fd, size_t n)
{
	char chunk[600];

	memset(chunk, 'x', sizeof(chunk));
	for (size_t i = 0; i < n; i++) {
		say(fd, "258\r\n");
		say_bytes(fd, chunk, sizeof(chunk));
		say(fd, "\r\n");
	}
}

static void
part_chunks(int fd)
{
	say(fd,
	    "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n");
	say_chunks(fd, 2);
	say(fd, "0\r\n\r\n");
	hear_all(fd);
}

static void
part_flood(int fd)
{
	say(fd,
	    "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n");
	say_chunks(fd, 100000);
	hear_all(fd);
}

static void
part_chunks_that_fit(int fd)
{
	say(fd,
	    "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Signature: forged\r\n\r\n");
	hear_all(fd);
}

static void
a_body_over_the_limit_is_refused(void **state)
{
	(void)state;
	route("/x", on_echo);
	play(part_long);
	assert_got("413 ");
	play(part_endless);
	assert_false(got("200 OK"));
	play(part_chunks);
	assert_got("413 ");
	play(part_flood);
	assert_false(got("200 OK"));
	assert_int_equal(fx.nasked, 0);
	play(part_chunks_that_fit);
	assert_got("200 OK");
	assert_seen("sig= body=abcde");
}

static void
part_many_fields(int fd)
{
	say(fd, "GET /x HTTP/1.1\r\n" CLOSE);
	for (int i = 0; i < 150; i++)
		say(fd, "a: b\r\n");
	say(fd, "\r\n");
	hear_all(fd);
}

static void
part_big_head(int fd)
{
	char line[1000];

	memset(line, 'a', sizeof(line));
	say(fd, "GET /x HTTP/1.1\r\n" CLOSE);
	for (int i = 0; i < 60; i++) {
		say(fd, "a: ");
		say_bytes(fd, line, sizeof(line));
		say(fd, "\r\n");
	}
	say(fd, "\r\n");
	hear_all(fd);
}

static void
a_head_over_the_limits_is_refused(void **state)
{
	(void)state;
	route("/x", on_echo);
	play(part_many_fields);
	assert_got("431 ");
	play(part_big_head);
	assert_got("431 ");
	assert_int_equal(fx.nasked, 0);
}

static struct str raw;

static void
part_raw(int fd)
{
	say_bytes(fd, raw.p, raw.len);
	hear_all(fd);
}

#define RAW(text) text, sizeof(text) - 1

static void
odd_bytes_in_a_path_reach_no_route(void **state)
{
	static const struct {
		const char *request;
		size_t len;
		unsigned nasked;
		const char *why;
	} rows[] = {
		{ RAW("GET /x%00y HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "an escaped NUL is three characters" },
		{ RAW("GET /x/%0d%0aSet-Cookie:%20a HTTP/1.1\r\n" CLOSE "\r\n"),
		    1, "escapes stay what they are" },
		{ RAW("GET /y\0/x HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "a NUL hides nothing" },
		{ RAW("GET /y\r\nX: /x HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "a line end" },
		{ RAW("GET /x/\001 HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "a control character" },
		{ RAW("GET /x/\303\244 HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "a byte over 126" },
		{ RAW("GET /y/../x HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "dots are not resolved" },
		{ RAW("GET //x HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "slashes are not joined" },
		{ RAW("GET http://gw/x HTTP/1.1\r\n" CLOSE "\r\n"), 0,
		    "the form for proxies" },
		{ RAW("OPTIONS * HTTP/1.1\r\n" CLOSE "\r\n"), 0, "no path" },
		{ RAW("GET x HTTP/1.1\r\n" CLOSE "\r\n"), 0, "no slash" },
		{ RAW("\r\n\r\nGARBAGE\r\n\r\n"), 0, "no request" },
	};

	(void)state;
	route("/x", on_echo);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fx.nasked = 0;
		raw = str_of(rows[i].request, rows[i].len);
		play(part_raw);
		if (fx.nasked != rows[i].nasked)
			fail_msg(
			    "%s: %u, %s", rows[i].why, fx.nasked, fx.got.p);
		assert_false(got("Set-Cookie"));
	}
}

static void
a_request_that_reads_two_ways_is_refused(void **state)
{
	static const char *const requests[] = {
		"POST /x HTTP/1.1\r\n" CLOSE
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
		"0\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /x HTTP/1.1\r\n" CLOSE
		"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"POST /x HTTP/1.1\r\n" CLOSE
		"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST /x HTTP/1.1\r\n" CLOSE
		"Transfer-Encoding: identity\r\n\r\n",
		"POST /x HTTP/1.1\r\n" CLOSE "Content-Length: -1\r\n\r\n",
	};

	(void)state;
	route("/x", on_echo);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		raw = str_c(requests[i]);
		play(part_raw);
		if (fx.nasked > 0 || got("200 OK"))
			fail_msg("%zu: %s", i, fx.got.p);
	}
}

static void
part_forwarded(int fd)
{
	say(fd,
	    "GET /x HTTP/1.1\r\n" CLOSE
	    "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n"
	    "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: gopher\r\n"
	    "X-Forwarded-Host: evil.example\r\n\r\n");
	hear_all(fd);
}

static void
start_with_proxies(const char *const *range, size_t n)
{
	struct address_prefix v[4];
	struct http_server_params p = {
		.listen = STR("127.0.0.1"),
		.public_url = STR("https://gw.example.org"),
		.proxy = v,
		.nproxy = n,
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    address_range_parse(&v[i], str_c(range[i]), &err), 0);
	http_server_free(&fx.server);
	fx.server = http_server_new(fx.loop, &p, &err);
	assert_int_equal(http_server_listen(fx.server, &err), 0);
	fx.port = http_server_port(fx.server);
	route("/x", on_echo);
}

static void
only_a_trusted_proxy_says_who_asks(void **state)
{
	static const char *const trusted[] = { "127.0.0.1", "10.0.0.0/8" };

	(void)state;
	route("/x", on_echo);
	play(part_forwarded);
	assert_seen("peer=127.0.0.1 ");
	start_with_proxies(trusted, 1);
	play(part_forwarded);
	assert_seen("peer=10.0.0.9 ");
	start_with_proxies(trusted, 2);
	play(part_forwarded);
	assert_seen("peer=192.0.2.2 ");
	assert_seen("url=https://gw.example.org/x ");
}

/* ---- ends ------------------------------------------------------------- */

static void
part_gone(int fd)
{
	struct linger now = { .l_onoff = 1 };

	say(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	usleep(20000);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	shutdown(fd, SHUT_RDWR);
	usleep(20000);
}

static void
a_peer_that_has_gone_is_answered_all_the_same(void **state)
{
	(void)state;
	route("/x", on_keep);
	play(part_gone);
	assert_int_equal(fx.nkept, 1);
	answer(fx.kept[0], 200, STR("nobody hears it"));
	fx.nkept = 0;
	route("/y", on_echo);
	raw = STR("GET /y HTTP/1.1\r\n" CLOSE "\r\n");
	play(part_raw);
	assert_got("200 OK");
}

static void
on_stop(struct timer *t)
{
	(void)t;
	http_server_free(&fx.server);
}

static void
on_keep_and_stop(struct http_ask *a, void *arg)
{
	on_keep(a, arg);
	in_ms(&fx.later, on_stop, 20);
}

static void
stopping_answers_what_waits(void **state)
{
	(void)state;
	route("/x", on_keep_and_stop);
	play(part_get_x);
	assert_got("503 ");
	assert_int_equal(fx.nkept, 1);
	answer(fx.kept[0], 200, STR("too late"));
}

static void
part_half(int fd)
{
	say(fd, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\nab");
	usleep(30000);
}

static void
stopping_in_the_middle_of_a_request_loses_no_memory(void **state)
{
	(void)state;
	route("/x", on_echo);
	in_ms(&fx.later, on_stop, 15);
	play(part_half);
	assert_null(fx.server);
	assert_int_equal(fx.nasked, 0);
}

static bool third_waited;

static void
part_three_at_once(int fd)
{
	int second = dial(), third = dial();

	say(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(fd, "heard");
	buf_clear(&fx.got);
	say(second, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(second, "heard");
	buf_clear(&fx.got);
	say(third, "GET /x HTTP/1.1\r\n" CLOSE "\r\n");
	usleep(50000);
	third_waited = fx.nasked == 2;
	shutdown(fd, SHUT_RDWR);
	hear_until(third, "heard");
	close(second);
	close(third);
}

static void
connections_over_the_limit_wait_for_one_to_end(void **state)
{
	(void)state;
	http_server_free(&fx.server);
	start(2);
	route("/x", on_echo);
	play(part_three_at_once);
	assert_true(third_waited);
	assert_got("heard");
}

static unsigned turns_before, turns_after;

static void
part_idle(int fd)
{
	say(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(fd, "heard");
	usleep(20000);
	turns_before = fx.nturns;
	usleep(150000);
	turns_after = fx.nturns;
}

static void
an_idle_connection_costs_no_turns(void **state)
{
	(void)state;
	route("/x", on_echo);
	play(part_idle);
	assert_in_range(turns_after - turns_before, 0, 5);
}

static void
a_port_that_is_taken_is_told(void **state)
{
	struct http_server_params p = { .listen = STR("127.0.0.1"),
		.port = fx.port };
	struct err err = ERR_INIT;
	struct http_server *second;

	(void)state;
	second = http_server_new(fx.loop, &p, &err);
	assert_non_null(second);
	assert_int_equal(http_server_listen(second, &err), -1);
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	assert_non_null(strstr(err.text, "in use"));
	http_server_free(&second);
	p.listen = STR("localhost");
	assert_null(http_server_new(fx.loop, &p, &err));
	assert_non_null(strstr(err.text, "no address"));
}

static void
what_cannot_be_a_route_is_refused(void **state)
{
	static const char *const bad[] = { "", "/", "x", "/x/", "/a b", "/a?b",
		"/\n" };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_server_route(fx.server, str_c(bad[i]),
		                     on_echo, NULL, &err),
		    -1);
	route("/x", on_echo);
	assert_int_equal(
	    http_server_route(fx.server, STR("/x"), on_echo, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_reaches_its_route_as_it_was_sent),
		T(the_longest_prefix_wins_and_ends_at_a_slash),
		T(an_answer_may_come_later_and_the_connection_is_used_again),
		T(requests_sent_at_once_are_answered_one_after_another),
		T(a_route_says_how_long_to_wait),
		T(a_big_answer_arrives_whole),
		T(who_waits_for_a_go_ahead_gets_it),
		T(nobody_answers_and_the_peer_is_told_to_come_back),
		T(a_slow_sender_is_ended),
		T(a_body_over_the_limit_is_refused),
		T(a_head_over_the_limits_is_refused),
		T(odd_bytes_in_a_path_reach_no_route),
		T(a_request_that_reads_two_ways_is_refused),
		T(only_a_trusted_proxy_says_who_asks),
		T(a_peer_that_has_gone_is_answered_all_the_same),
		T(stopping_answers_what_waits),
		T(stopping_in_the_middle_of_a_request_loses_no_memory),
		T(connections_over_the_limit_wait_for_one_to_end),
		T(an_idle_connection_costs_no_turns),
		T(a_port_that_is_taken_is_told),
		T(what_cannot_be_a_route_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
