/*
 * A program of ours on a socket.  The programs are cat, sh, and this test
 * itself, which is started again with an argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/loop.h"
#include "net/worker.h"

enum { FRAME_MAX = 1 << 20, OUT_MAX = 3 << 20, GUARD_MS = 10000 };

static struct {
	struct loop *loop;
	struct worker *worker;
	struct timer guard;
	struct buf heard, logged; /* frames as TYPE:DATA; log lines */
	struct worker_event down;
	unsigned nframe, ndrained, ndown;
	size_t nbytes;
	unsigned stop_after; /* frames; 0: at its end */
	bool free_inside, is_late;
} fx;

/* ---- this program as a worker ----------------------------------------- */

static void
say(const char *name, long value)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%ld ", name, value);
	child_write('s', str_c(text));
}

/* What it finds. */
static void
worker_reports(void)
{
	int death = 0;

	child_begin();
	prctl(PR_GET_PDEATHSIG, &death);
	say("deathsig", death);
	say("fd3", fcntl(3, F_GETFD) < 0 ? 0 : 1);
	say("fd9", fcntl(9, F_GETFD) < 0 ? 0 : 1);
	say("pipe", signal(SIGPIPE, SIG_DFL) == SIG_IGN);
	say("term", signal(SIGTERM, SIG_DFL) == SIG_IGN);
	say("group", getpgrp() == getpid());
	say("locale", str_is(str_c(getenv("LC_ALL")), "C"));
	say("home", access(getenv("HOME"), F_OK) < 0);
	say("secret", getenv("TEST_WORKER_SECRET") != NULL);
}

static void
worker_echoes(void)
{
	struct child_input in;
	struct str data;
	uint8_t type;

	child_begin();
	child_input_init(&in, FRAME_MAX);
	while (child_read(&in, &type, &data) > 0)
		child_write(type, data);
	child_input_release(&in);
}

static int
be_worker(const char *what)
{
	if (strcmp(what, "reports") == 0)
		worker_reports();
	else if (strcmp(what, "echoes") == 0)
		worker_echoes();
	return 0;
}

/* ---- the daemon's side ------------------------------------------------ */

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	buf_addf(&fx.logged, "%s\n", line);
}

static void
on_guard(struct timer *t)
{
	(void)t;
	fx.is_late = true;
	loop_stop(fx.loop);
}

static void
note_frame(const struct worker_event *ev)
{
	fx.nframe++;
	fx.nbytes += ev->data.len;
	if (ev->data.len < 100)
		buf_addf(&fx.heard, "%c:" STR_FMT "\n", ev->frame,
		    STR_ARG(ev->data));
	if (fx.nframe == fx.stop_after)
		loop_stop(fx.loop);
}

static void
on_worker(struct worker *w, const struct worker_event *ev, void *arg)
{
	assert_ptr_equal(arg, &fx);
	assert_ptr_equal(w, fx.worker);
	assert_int_equal(fx.ndown, 0);
	if (ev->type == WORKER_DRAINED) {
		fx.ndrained++;
	} else if (ev->type == WORKER_FRAME) {
		note_frame(ev);
	} else {
		fx.ndown++;
		fx.down = *ev;
		loop_stop(fx.loop);
	}
	if (fx.free_inside) {
		worker_free(&fx.worker);
		loop_stop(fx.loop);
	}
}

static int
set_up(void **state)
{
	(void)state;
	memset(&fx, 0, sizeof(fx));
	fx.loop = loop_new();
	buf_init(&fx.heard, 1 << 16);
	buf_init(&fx.logged, 1 << 16);
	log_set_sink(on_log, NULL);
	timer_init(&fx.guard, on_guard);
	timer_set(
	    &fx.guard, loop_clock(fx.loop), loop_clock(fx.loop)->at + GUARD_MS);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	assert_false(fx.is_late);
	worker_free(&fx.worker);
	timer_cancel(&fx.guard);
	loop_free(&fx.loop);
	log_set_sink(NULL, NULL);
	buf_release(&fx.heard);
	buf_release(&fx.logged);
	/* Nobody is left over, as a zombie either. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void
begin(const char *program, const char *a, const char *b)
{
	const char *argv[] = { a, b, NULL };
	struct worker_params p = { .program = program,
		.argv = argv,
		.frame_max = FRAME_MAX,
		.out_max = OUT_MAX };
	struct err err = ERR_INIT;

	fx.worker = worker_new(fx.loop, &p, on_worker, &fx, &err);
	if (!fx.worker)
		fail_msg("%s", err.text);
}

static void
begin_self(const char *what)
{
	begin("/proc/self/exe", what, NULL);
}

/* ---- tests ------------------------------------------------------------ */

static void
frames_go_both_ways(void **state)
{
	(void)state;
	begin("/bin/cat", NULL, NULL);
	assert_int_equal(worker_send(fx.worker, 'a', STR("one")), 0);
	assert_int_equal(worker_send(fx.worker, 'b', STR_EMPTY), 0);
	assert_int_equal(worker_queued(fx.worker), 13);
	fx.stop_after = 2;
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p, "a:one\nb:\n");
	assert_int_equal(worker_queued(fx.worker), 0);
	assert_int_equal(fx.ndrained, 1);
}

static void
large_frames_arrive_whole(void **state)
{
	static char big[FRAME_MAX];

	(void)state;
	begin_self("echoes");
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    worker_send(fx.worker, 'x', str_of(big, sizeof(big))), 0);
	assert_int_equal(
	    worker_send(fx.worker, 'y', str_of(big, sizeof(big))), -1);
	assert_int_equal(worker_send(fx.worker, 'z', STR("small")), 0);
	fx.stop_after = 3;
	loop_run(fx.loop);
	assert_int_equal(fx.nbytes, 2 * sizeof(big) + 5);
	assert_string_equal(fx.heard.p, "z:small\n");
}

static void
the_child_holds_nothing_and_dies_with_us(void **state)
{
	int fd = dup2(STDERR_FILENO, 9); /* without close-on-exec */

	(void)state;
	setenv("TEST_WORKER_SECRET", "1", 1);
	begin_self("reports");
	loop_run(fx.loop);
	close(fd);
	unsetenv("TEST_WORKER_SECRET");
	assert_string_equal(fx.heard.p,
	    "s:deathsig=9 \ns:fd3=0 \ns:fd9=0 \ns:pipe=1 \ns:term=1 \n"
	    "s:group=1 \ns:locale=1 \ns:home=1 \ns:secret=0 \n");
	assert_int_equal(fx.down.status, 0);
	assert_int_equal(fx.down.signal, 0);
}

static void
what_it_said_before_it_died_comes_first(void **state)
{
	(void)state;
	begin("/bin/sh", "-c",
	    "printf '\\003\\000\\000\\000aok'; echo alas >&2; kill -SEGV $$");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p, "a:ok\n");
	assert_int_equal(fx.down.signal, SIGSEGV);
	assert_string_equal(
	    fx.down.err.text, "sh died of signal 11 (Segmentation fault)");
	assert_non_null(strstr(fx.logged.p, "warn worker complains worker=sh"));
	assert_non_null(strstr(fx.logged.p, "text=\"alas\""));
	assert_int_equal(worker_send(fx.worker, 'a', STR("x")), -1);
}

static void
its_status_is_told(void **state)
{
	(void)state;
	begin("/bin/sh", "-c", "exit 3");
	loop_run(fx.loop);
	assert_int_equal(fx.down.status, 3);
	assert_string_equal(fx.down.err.text, "sh ended with status 3");
}

static void
what_it_complains_of_is_bounded(void **state)
{
	unsigned n = 0;

	(void)state;
	begin("/bin/sh", "-c",
	    "i=0; while [ $i -lt 200 ]; do echo no $i; i=$((i+1)); done >&2");
	loop_run(fx.loop);
	for (const char *p = fx.logged.p; p = strstr(p, "complains"), p; p++)
		n++;
	assert_int_equal(n, 50);
}

static void
what_is_no_frame_ends_it(void **state)
{
	(void)state;
	begin("/bin/sh", "-c", "printf '\\377\\377\\377\\377a'; exec sleep 60");
	loop_run(fx.loop);
	assert_int_equal(fx.down.err.kind, ERR_PROTOCOL);
	assert_non_null(strstr(fx.down.err.text, "1048576 bytes at most"));
}

static void
one_that_closes_and_stays_is_killed(void **state)
{
	(void)state;
	begin("/bin/sh", "-c", "exec <&- >&- sleep 60");
	loop_run(fx.loop);
	assert_int_equal(fx.down.signal, SIGKILL);
}

static void
killing_it_is_told_as_its_end(void **state)
{
	(void)state;
	begin("/bin/cat", NULL, NULL);
	assert_int_equal(kill((pid_t)worker_pid(fx.worker), 0), 0);
	worker_kill(fx.worker);
	assert_int_equal(fx.ndown, 0);
	loop_run(fx.loop);
	assert_int_equal(fx.down.signal, SIGKILL);
	assert_string_equal(fx.down.err.text, "cat was stopped");
}

static void
it_can_be_freed_from_inside(void **state)
{
	(void)state;
	begin("/bin/cat", NULL, NULL);
	worker_send(fx.worker, 'a', STR("one"));
	worker_send(fx.worker, 'b', STR("two"));
	fx.free_inside = true;
	loop_run(fx.loop);
	assert_null(fx.worker);
}

static void
a_program_that_is_not_there_is_an_error(void **state)
{
	struct worker_params p = {
		.program = "no-such-worker", .frame_max = 10, .out_max = 10
	};
	struct err err = ERR_INIT;

	(void)state;
	assert_null(worker_new(fx.loop, &p, on_worker, &fx, &err));
	assert_non_null(strstr(err.text, "/no-such-worker: no such file"));
}

/* A daemon that is killed while it has a worker; its pid comes by a pipe. */
static void
be_killed_daemon(int out)
{
	pid_t pid;

	log_set_sink(NULL, NULL);
	fx.loop = loop_new();
	begin_self("echoes");
	worker_send(fx.worker, 'a', STR("ready"));
	fx.stop_after = 1;
	loop_run(fx.loop);
	pid = (pid_t)worker_pid(fx.worker);
	(void)!write(out, &pid, sizeof(pid));
	pause();
}

static void
a_daemon_that_is_killed_takes_it_along(void **state)
{
	int p[2];
	pid_t daemon, worker = 0;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	assert_int_equal(pipe(p), 0);
	daemon = fork();
	if (daemon == 0)
		be_killed_daemon(p[1]);
	assert_int_equal(read(p[0], &worker, sizeof(worker)), sizeof(worker));
	kill(daemon, SIGKILL);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	/* A sanitizer that it had looking for leaks is ours now, and ends. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(p[0]);
	close(p[1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(frames_go_both_ways),
		T(large_frames_arrive_whole),
		T(the_child_holds_nothing_and_dies_with_us),
		T(what_it_said_before_it_died_comes_first),
		T(its_status_is_told),
		T(what_it_complains_of_is_bounded),
		T(what_is_no_frame_ends_it),
		T(one_that_closes_and_stays_is_killed),
		T(killing_it_is_told_as_its_end),
		T(it_can_be_freed_from_inside),
		T(a_program_that_is_not_there_is_an_error),
		T(a_daemon_that_is_killed_takes_it_along),
	};

	if (argc > 1)
		return be_worker(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
