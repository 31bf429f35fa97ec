/*
 * One line in, one line out, over loopback; who does not keep to it is hung
 * up on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/xalloc.h"
#include "net/address.h"
#include "net/inquiry.h"
#include "net/loop.h"

struct fixture {
	struct loop *loop;
	struct inquiry_desk *desk;
	struct timer timer;
	uint16_t port;
	unsigned nasked;
	char last[INQUIRY_LINE_MAX + 1];
	char peer[ADDRESS_TEXT_MAX + 1];
};

static void
answer(struct str line, const struct sockaddr *local,
    const struct sockaddr *peer, struct buf *out, void *arg)
{
	struct fixture *f = arg;

	f->nasked++;
	memcpy(f->last, line.p, line.len);
	f->last[line.len] = '\0';
	address_format(peer, f->peer);
	assert_int_equal(address_port(local), f->port);
	if (line.len)
		buf_addf(out, "<" STR_FMT ">\r\n", STR_ARG(line));
}

static void
stop(struct timer *t)
{
	loop_stop(TIMER_OWNER(t, struct fixture, timer)->loop);
}

static void
run_for(struct fixture *f, int64_t ms)
{
	struct clock *c = loop_clock(f->loop);

	timer_set(&f->timer, c, c->at + ms);
	loop_run(f->loop);
}

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* One that nobody has at the moment. */
static uint16_t
free_port(void)
{
	struct sockaddr_in at = loopback(0);
	void *any = &at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, any, len), 0);
	assert_int_equal(getsockname(fd, any, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->loop = loop_new();
	f->port = free_port();
	timer_init(&f->timer, stop);
	f->desk =
	    inquiry_open(f->loop, STR("127.0.0.1"), f->port, answer, f, NULL);
	assert_non_null(f->desk);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	inquiry_close(&f->desk);
	loop_free(&f->loop);
	free(f);
	return 0;
}

static int
caller(struct fixture *f)
{
	struct sockaddr_in at = loopback(f->port);
	void *any = &at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, any, sizeof(at)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What has come; then its end, if it has. */
static void
hears(int fd, const char *expected, bool closed)
{
	char text[600] = "";
	size_t len = 0;
	ssize_t n;

	while ((n = recv(
	            fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	assert_string_equal(text, expected);
	assert_int_equal(n < 0 && errno == EAGAIN, !closed);
	if (closed)
		close(fd);
}

static void
a_line_is_answered_once_and_then_it_is_over(void **state)
{
	struct fixture *f = *state;
	int fd = caller(f);

	say(fd, "40000, 66");
	run_for(f, 30);
	hears(fd, "", false);
	say(fd, "67\r\nmore\r\n");
	run_for(f, 30);
	assert_string_equal(f->last, "40000, 6667");
	assert_string_equal(f->peer, "127.0.0.1");
	assert_int_equal(f->nasked, 1);
	hears(fd, "<40000, 6667>\r\n", true);
}

static void
no_answer_is_hanging_up(void **state)
{
	struct fixture *f = *state;
	int fd = caller(f);

	say(fd, "\r\n");
	run_for(f, 30);
	assert_int_equal(f->nasked, 1);
	hears(fd, "", true);
}

static void
who_says_too_much_is_not_heard(void **state)
{
	struct fixture *f = *state;
	int fd = caller(f);

	for (int i = 0; i < INQUIRY_LINE_MAX; i += 16)
		say(fd, "0123456789abcdef");
	run_for(f, 30);
	assert_int_equal(f->nasked, 0);
	hears(fd, "", true);
}

static void
more_callers_than_that_are_hung_up_on(void **state)
{
	struct fixture *f = *state;
	int fd[INQUIRY_CONNECTIONS_MAX], late;

	for (int i = 0; i < INQUIRY_CONNECTIONS_MAX; i++)
		fd[i] = caller(f);
	run_for(f, 50);
	late = caller(f);
	run_for(f, 50);
	hears(late, "", true);
	for (int i = 0; i < INQUIRY_CONNECTIONS_MAX; i++)
		hears(fd[i], "", false);
	/* Places come back. */
	say(fd[0], "x\n");
	run_for(f, 50);
	hears(fd[0], "<x>\r\n", true);
	late = caller(f);
	say(late, "y\n");
	run_for(f, 50);
	hears(late, "<y>\r\n", true);
	for (int i = 1; i < INQUIRY_CONNECTIONS_MAX; i++)
		close(fd[i]);
}

static void
who_says_nothing_in_time_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	struct clock *c = loop_clock(f->loop);
	int fd = caller(f);

	run_for(f, 30);
	hears(fd, "", false);
	clock_advance(c, c->at + INQUIRY_MS, c->utc + INQUIRY_MS);
	run_for(f, 30);
	hears(fd, "", true);
}

static void
closing_hangs_up_on_everybody(void **state)
{
	struct fixture *f = *state;
	int fd = caller(f);

	run_for(f, 30);
	inquiry_close(&f->desk);
	run_for(f, 30);
	hears(fd, "", true);
}

static void
a_port_that_is_taken_is_said(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	assert_null(
	    inquiry_open(f->loop, STR("127.0.0.1"), f->port, answer, f, &err));
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	assert_non_null(strstr(err.text, "address already in use"));
	assert_null(
	    inquiry_open(f->loop, STR("nowhere"), f->port, answer, f, &err));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_answered_once_and_then_it_is_over),
		TEST(no_answer_is_hanging_up),
		TEST(who_says_too_much_is_not_heard),
		TEST(more_callers_than_that_are_hung_up_on),
		TEST(who_says_nothing_in_time_is_hung_up_on),
		TEST(closing_hangs_up_on_everybody),
		TEST(a_port_that_is_taken_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
