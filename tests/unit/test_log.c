#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/utf8.h"

static struct buf seen; /* every line, then | */

static void
on_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	buf_addf(arg, "%s|", line);
}

static int
set_up(void **state)
{
	(void)state;
	buf_init(&seen, 1 << 20);
	log_set_sink(on_line, &seen);
	log_set_level(LOG_INFO);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	log_set_sink(NULL, NULL);
	buf_release(&seen);
	return 0;
}

static void
a_line_is_level_event_context_and_values(void **state)
{
	struct log_ctx gw, user;

	(void)state;
	log_ctx_init(&gw, NULL, "gw=%s", "irc");
	log_ctx_init(&user, &gw, "user=%s", "romeo@example.org");
	log_info(&user, "room joined", "room=%s members=%d", "#x", 3);
	log_warn(NULL, "limit hit", "bytes=%d", 9000);
	log_error(&gw, "stopped", "%s", "");
	assert_string_equal(seen.p,
	    "info room joined gw=irc user=romeo@example.org room=#x members=3|"
	    "warn limit hit bytes=9000|"
	    "error stopped gw=irc|");
}

static void
an_empty_context_says_nothing(void **state)
{
	struct log_ctx none;

	(void)state;
	log_ctx_init(&none, NULL, "%s", "");
	log_info(&none, "ready", "n=%d", 1);
	assert_string_equal(seen.p, "info ready n=1|");
}

static int nevaluated;

static int
evaluated(void)
{
	return ++nevaluated;
}

static void
what_is_off_is_not_even_evaluated(void **state)
{
	(void)state;
	log_set_level(LOG_WARN);
	log_info(NULL, "no", "n=%d", evaluated());
	log_debug(NULL, "no", "n=%d", evaluated());
	log_wire(NULL, "no", "n=%d", evaluated());
	assert_int_equal(nevaluated, 0);
	assert_string_equal(seen.p, "");
	assert_true(log_is_on(LOG_ERROR));
	assert_true(log_is_on(LOG_WARN));
	assert_false(log_is_on(LOG_INFO));
	log_set_level(LOG_WIRE);
	log_wire(NULL, "yes", "n=%d", evaluated());
	assert_string_equal(seen.p, "wire yes n=1|");
}

static void
levels_have_names(void **state)
{
	enum log_level level = LOG_ERROR;

	(void)state;
	assert_true(log_level_parse("wire", &level));
	assert_int_equal(level, LOG_WIRE);
	assert_true(log_level_parse("error", &level));
	assert_int_equal(level, LOG_ERROR);
	assert_false(log_level_parse("loud", &level));
	assert_false(log_level_parse("", &level));
	assert_int_equal(level, LOG_ERROR);
}

static void
nobody_forges_a_line_or_a_colour(void **state)
{
	struct log_ctx c;

	(void)state;
	log_ctx_init(&c, NULL, "nick=%s", "a\nb");
	log_info(&c, "x", "t=\r\ninfo%c[31m%c %s", 0x1b, 0x7f,
	    "\xc3\xa9 \xff\xc3 \xc2\x85 \xe2\x80\xa8 \xed\xa0\x80");
	assert_string_equal(seen.p,
	    "info x nick=a\\x0ab t=\\x0d\\x0ainfo\\x1b[31m\\x7f "
	    "\xc3\xa9 \\xff\\xc3 \\xc2\\x85 \\xe2\\x80\\xa8 "
	    "\\xed\\xa0\\x80|");
}

static void
a_line_ends_at_the_maximum_between_characters(void **state)
{
	char text[3 * LOG_LINE_MAX];
	size_t i, shift;

	(void)state;
	for (shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (i = shift; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x98\x80", 4);
		text[i] = '\0';
		buf_clear(&seen);
		log_info(NULL, "long", "t=%s", text);
		assert_true(utf8_is_valid(buf_str(&seen)));
		assert_true(seen.len <= LOG_LINE_MAX);
		assert_true(seen.len > LOG_LINE_MAX - 24);
	}
	memset(text, '\n', sizeof(text) - 1);
	buf_clear(&seen);
	log_info(NULL, "x", "%s", text);
	assert_true(seen.len <= LOG_LINE_MAX);
	assert_true(str_ends(buf_str(&seen), STR("\\x0a|")));
}

static void
a_log_call_leaves_errno_alone(void **state)
{
	(void)state;
	errno = ENOENT;
	log_info(NULL, "x", "%s", "y");
	assert_int_equal(errno, ENOENT);
}

static void *
log_a_lot(void *arg)
{
	int i;

	for (i = 0; i < 200; i++)
		log_info(NULL, "from a thread", "t=%s n=%d", (char *)arg, i);
	return NULL;
}

static void
say_something(void)
{
	log_warn(NULL, "one", "n=%d", 1);
	log_debug(NULL, "no", "n=%d", 1);
	log_error(NULL, "two", "n=%d", 2);
}

static void
say_it_from_two_threads(void)
{
	char a[] = "a", b[] = "b";
	pthread_t other;

	if (pthread_create(&other, NULL, log_a_lot, a) != 0)
		_exit(1);
	log_a_lot(b);
	pthread_join(other, NULL);
}

/* A child, for standard error and the environment are the process's. */
static void
collect(void (*say)(void), const char *journal)
{
	int fd[2], status;
	ssize_t n;
	char *to;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	log_set_sink(NULL, NULL);
	pid = fork();
	if (pid == 0) {
		if (journal)
			setenv("JOURNAL_STREAM", journal, 1);
		else
			unsetenv("JOURNAL_STREAM");
		dup2(fd[1], STDERR_FILENO);
		say();
		_exit(0);
	}
	close(fd[1]);
	do {
		to = buf_reserve(&seen, 4096);
		assert_non_null(to);
		n = read(fd[0], to, 4096);
		assert_true(n >= 0);
		buf_added(&seen, (size_t)n);
	} while (n > 0);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
without_a_sink_lines_go_to_standard_error(void **state)
{
	(void)state;
	collect(say_something, NULL);
	assert_string_equal(seen.p, "warn one n=1\nerror two n=2\n");
}

static void
the_journal_gets_a_priority_per_line(void **state)
{
	(void)state;
	collect(say_something, "8:12345");
	assert_string_equal(seen.p, "<4>warn one n=1\n<3>error two n=2\n");
}

static void
lines_of_two_threads_do_not_mix(void **state)
{
	struct str rest, line;
	int n = 0;

	(void)state;
	collect(say_it_from_two_threads, NULL);
	for (rest = buf_str(&seen); str_cut(&rest, '\n', &line) && line.len;
	     n++)
		assert_true(str_starts(line, STR("info from a thread t=")) &&
		    line.len < 40);
	assert_int_equal(n, 400);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_level_event_context_and_values),
		TEST(an_empty_context_says_nothing),
		TEST(what_is_off_is_not_even_evaluated),
		TEST(levels_have_names),
		TEST(nobody_forges_a_line_or_a_colour),
		TEST(a_line_ends_at_the_maximum_between_characters),
		TEST(a_log_call_leaves_errno_alone),
		TEST(without_a_sink_lines_go_to_standard_error),
		TEST(the_journal_gets_a_priority_per_line),
		TEST(lines_of_two_threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
