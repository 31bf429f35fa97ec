/* Questions over a unix socket: the loop here, askers in a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "net/local.h"
#include "net/loop.h"

enum { REQUEST_MAX = 100, REQUEST_MS = 200, ANSWER_MS = 200 };

static struct {
	struct loop *loop;
	struct local_server *server;
	struct loop_bell *bell;
	struct timer guard, later;
	struct local_ask *kept;
	unsigned nasked;
	char folder[64];
	char path[96];
	struct buf answer;
	struct err err;
	int rc;
	bool is_over;
	int64_t uid;
} fx;

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
play(void *(*part)(void *))
{
	struct clock *clock = loop_clock(fx.loop);
	pthread_t thread;

	fx.is_over = false;
	buf_clear(&fx.answer);
	fx.err = ERR_INIT;
	timer_init(&fx.guard, on_guard);
	timer_set(&fx.guard, clock, clock->at + 5000);
	assert_int_equal(pthread_create(&thread, NULL, part, NULL), 0);
	loop_run(fx.loop);
	timer_cancel(&fx.guard);
	pthread_join(thread, NULL);
	assert_true(fx.is_over);
}

/* ---- askers ----------------------------------------------------------- */

static const char *question = "what?";

static void *
ask_once(void *arg)
{
	(void)arg;
	fx.rc = local_question(
	    str_c(fx.path), str_c(question), 3000, &fx.answer, &fx.err);
	loop_bell_ring(fx.bell);
	return NULL;
}

static int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", fx.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

/* Begins to ask and never ends: until it is hung up on. */
static void *
ask_half(void *arg)
{
	char c;
	int fd = dial();

	(void)arg;
	(void)!send(fd, "wh", 2, MSG_NOSIGNAL);
	fx.rc = (int)recv(fd, &c, 1, 0);
	close(fd);
	loop_bell_ring(fx.bell);
	return NULL;
}

static void *
ask_and_go(void *arg)
{
	int fd = dial();

	(void)arg;
	(void)!send(fd, "what?", 5, MSG_NOSIGNAL);
	close(fd);
	usleep(50000);
	loop_bell_ring(fx.bell);
	return NULL;
}

static void *
ask_with_crowd(void *arg)
{
	int fd[LOCAL_PARALLEL_MAX];

	for (int i = 0; i < LOCAL_PARALLEL_MAX; i++)
		fd[i] = dial();
	usleep(20000);
	(void)ask_once(arg);
	for (int i = 0; i < LOCAL_PARALLEL_MAX; i++)
		close(fd[i]);
	return NULL;
}

/* ---- answers ---------------------------------------------------------- */

static void
on_question(struct local_ask *ask, struct str text, void *arg)
{
	(void)arg;
	fx.nasked++;
	fx.uid = local_ask_uid(ask);
	if (str_is(text, "what?"))
		local_ask_answer(&ask, STR("that"));
	else
		fx.kept = ask;
}

static void
start(void)
{
	struct local_server_params p = {
		.path = str_c(fx.path),
		.request_max = REQUEST_MAX,
		.request_ms = REQUEST_MS,
		.answer_ms = ANSWER_MS,
	};

	fx.server = local_server_new(fx.loop, &p, on_question, NULL, &fx.err);
}

static int
setup(void **state)
{
	(void)state;
	memset(&fx, 0, sizeof(fx));
	snprintf(fx.folder, sizeof(fx.folder), "/tmp/passerelle-local-XXXXXX");
	assert_non_null(mkdtemp(fx.folder));
	snprintf(fx.path, sizeof(fx.path), "%s/s", fx.folder);
	buf_init(&fx.answer, 1000);
	fx.loop = loop_new();
	fx.bell = loop_bell_new(fx.loop, on_bell, NULL);
	question = "what?";
	start();
	assert_non_null(fx.server);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	local_server_free(&fx.server);
	loop_bell_close(&fx.bell);
	loop_free(&fx.loop);
	buf_release(&fx.answer);
	assert_int_equal(access(fx.path, F_OK), -1);
	rmdir(fx.folder);
	return 0;
}

/* ---- tests ------------------------------------------------------------ */

static void
a_question_is_answered_to_its_asker(void **state)
{
	struct stat sb;

	(void)state;
	play(ask_once);
	assert_int_equal(fx.rc, 0);
	assert_string_equal(fx.answer.p, "that");
	assert_int_equal(fx.uid, getuid());
	assert_int_equal(stat(fx.path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
}

static void
answer_later(struct timer *t)
{
	(void)t;
	if (fx.kept)
		local_ask_answer(&fx.kept, STR("at last"));
}

static void
an_answer_may_come_later(void **state)
{
	struct clock *clock = loop_clock(fx.loop);

	(void)state;
	question = "later?";
	timer_init(&fx.later, answer_later);
	timer_set(&fx.later, clock, clock->at + 100);
	play(ask_once);
	assert_string_equal(fx.answer.p, "at last");
}

static void
who_never_ends_is_hung_up_on(void **state)
{
	char text[2 * REQUEST_MAX];

	(void)state;
	play(ask_half);
	assert_int_equal(fx.rc, 0);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	question = text;
	play(ask_once);
	assert_int_equal(fx.nasked, 0);
	assert_int_equal(fx.answer.len, 0);
	question = "what?";
	play(ask_with_crowd);
	assert_int_equal(fx.nasked, 0);
	play(ask_once);
	assert_string_equal(fx.answer.p, "that");
}

static void
an_answer_that_never_comes_ends_the_connection(void **state)
{
	(void)state;
	question = "later?";
	play(ask_once);
	assert_int_equal(fx.answer.len, 0);
	assert_non_null(fx.kept);
	local_ask_answer(&fx.kept, STR("to nobody"));
}

static void
who_has_gone_is_answered_all_the_same(void **state)
{
	(void)state;
	play(ask_and_go);
	assert_int_equal(fx.nasked, 1);
}

static void
a_server_ends_with_asks_open(void **state)
{
	(void)state;
	question = "later?";
	play(ask_once);
	local_server_free(&fx.server);
	local_ask_answer(&fx.kept, STR("to nobody"));
	question = "what?";
	play(ask_once);
	assert_int_equal(fx.rc, -1);
	assert_int_equal(fx.err.kind, ERR_NOT_FOUND);
}

static void
a_socket_left_behind_is_replaced_and_a_file_is_not(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	(void)state;
	local_server_free(&fx.server);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", fx.path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(fx.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	start();
	assert_non_null(fx.server);
	play(ask_once);
	assert_string_equal(fx.answer.p, "that");
	local_server_free(&fx.server);
	play(ask_once); /* its handle is closed by now */
	fd = open(fx.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	start();
	assert_null(fx.server);
	assert_int_equal(fx.err.kind, ERR_CONFLICT);
	assert_int_equal(access(fx.path, F_OK), 0);
	unlink(fx.path);
}

static void
a_path_that_does_not_fit_is_refused(void **state)
{
	char path[LOCAL_PATH_MAX + 2];
	struct local_server_params p = { .request_max = 10 };
	struct err err = ERR_INIT;

	(void)state;
	memset(path, 'x', sizeof(path));
	p.path = str_of(path, sizeof(path) - 1);
	assert_null(local_server_new(fx.loop, &p, on_question, NULL, &err));
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(
	    local_question(p.path, STR("x"), 100, &fx.answer, &err), -1);
	p.path = STR("/nowhere/at/all");
	assert_null(local_server_new(fx.loop, &p, on_question, NULL, &err));
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_question_is_answered_to_its_asker),
		T(an_answer_may_come_later),
		T(who_never_ends_is_hung_up_on),
		T(an_answer_that_never_comes_ends_the_connection),
		T(who_has_gone_is_answered_all_the_same),
		T(a_server_ends_with_asks_open),
		T(a_socket_left_behind_is_replaced_and_a_file_is_not),
		T(a_path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
