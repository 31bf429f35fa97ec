/*
 * Mails read by programs: the real one, and others that this test is itself
 * when it is started with an argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/loop.h"
#include "smtp/mail_reader.h"
#include "smtp/mail_spool.h"

enum { GUARD_MS = 30000, READINGS = 64 };

static struct {
	struct loop *loop;
	struct timer guard;
	struct mail_reader *reader;
	struct buf heard, logged; /* one line for each mail */
	struct mail_spool *spool[READINGS];
	struct mail_reading *reading[READINGS];
	size_t n, nleft;
	bool is_late;
} fx;

/* ---- the core ---------------------------------------------------------- */

struct loop *
gateway_loop(struct gateway *gw)
{
	(void)gw;
	return fx.loop;
}

struct clock *
gateway_clock(struct gateway *gw)
{
	(void)gw;
	return loop_clock(fx.loop);
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	(void)gw;
	return NULL;
}

/* ---- this program as a worker ------------------------------------------ */

static void
refuse(const char *why)
{
	struct buf b;
	struct err err;

	buf_init(&b, MAIL_READER_FRAME);
	err_set(&err, ERR_TOO_BIG, "%s", why);
	mail_reader_refusal_pack(&err, &b);
	child_write(MAIL_READER_REFUSED, buf_str(&b));
	buf_release(&b);
}

static void
answer(const char *how, unsigned nmail)
{
	if (strcmp(how, "dies") == 0)
		raise(SIGKILL);
	else if (strcmp(how, "sleeps") == 0)
		pause();
	else if (strcmp(how, "lies") == 0)
		child_write(MAIL_READER_DONE, STR("what is this"));
	else if (strcmp(how, "babbles") == 0)
		child_write('?', STR_EMPTY);
	else if (strcmp(how, "refuses") == 0)
		refuse("not this one");
	else if (strcmp(how, "tires") == 0 && nmail <= 2)
		refuse("still here");
	else
		raise(SIGKILL);
}

static int
be_worker(const char *how)
{
	struct child_input in;
	struct str data;
	uint8_t type;
	unsigned nmail = 0;

	if (strcmp(how, "unfit") == 0)
		return 127; /* as where a library is missing */
	child_begin();
	child_input_init(&in, MAIL_READER_FRAME);
	if (strcmp(how, "early") == 0)
		child_write(MAIL_READER_DONE, STR_EMPTY);
	while (child_read(&in, &type, &data) > 0)
		if (type == MAIL_READER_END)
			answer(how, ++nmail);
	child_input_release(&in);
	return 0;
}

/* ---- the daemon's side ------------------------------------------------- */

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
	mail_reader_free(&fx.reader);
	for (size_t i = 0; i < READINGS; i++)
		mail_spool_free(&fx.spool[i]);
	timer_cancel(&fx.guard);
	loop_free(&fx.loop);
	log_set_sink(NULL, NULL);
	buf_release(&fx.heard);
	buf_release(&fx.logged);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void
begin_with(struct mail_reader_params p)
{
	fx.reader = mail_reader_new(NULL, &p);
}

static void
begin(void)
{
	begin_with((struct mail_reader_params){ .parallel = 0 });
}

/* With one that is this program. */
static void
begin_self(const char *how, unsigned mails, int64_t wall_ms)
{
	static const char *argv[2];

	argv[0] = how;
	begin_with((struct mail_reader_params){ .program = "/proc/self/exe",
	    .argv = argv,
	    .parallel = 1,
	    .mails = mails,
	    .wall_ms = wall_ms });
}

static void
on_read(void *arg, const struct mail_read_result *r)
{
	size_t i = (size_t)(uintptr_t)arg;

	fx.reading[i] = NULL;
	if (r->record)
		buf_addf(&fx.heard, "%zu: " STR_FMT "\n", i,
		    STR_ARG(r->record->subject));
	else
		buf_addf(&fx.heard, "%zu: %d %s %s\n", i, r->reply.code,
		    r->reply.enhanced, r->reply.text);
	if (--fx.nleft == 0)
		loop_stop(fx.loop);
}

static void
give_spool(struct mail_spool *body)
{
	size_t i = fx.n++;

	assert_true(i < READINGS);
	fx.spool[i] = body;
	fx.nleft++;
	fx.reading[i] =
	    mail_read(fx.reader, body, on_read, (void *)(uintptr_t)i);
	assert_int_equal(fx.heard.len, 0); /* never from inside */
}

static void
give(const char *mail)
{
	struct mail_spool *s = mail_spool_new(1 << 20);

	assert_int_equal(mail_spool_add(s, str_c(mail), NULL), 0);
	give_spool(s);
}

static void
heard(const char *expected)
{
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p, expected);
	buf_clear(&fx.heard);
}

static void
run_ms(int64_t ms)
{
	struct clock *clock = loop_clock(fx.loop);

	timer_set(&fx.guard, clock, clock->at + ms);
	loop_run(fx.loop);
	fx.is_late = false;
	timer_set(&fx.guard, clock, clock->at + GUARD_MS);
}

/* ---- tests ------------------------------------------------------------- */

static void
a_mail_becomes_a_record(void **state)
{
	(void)state;
	begin();
	give("From: a@b\r\nSubject: one\r\n\r\nhi\r\n");
	assert_int_equal(mail_reader_busy(fx.reader), 1);
	heard("0: one\n");
	assert_int_equal(mail_reader_busy(fx.reader), 0);
}

static void
the_first_come_first(void **state)
{
	char mail[100];
	struct buf expected;

	(void)state;
	begin_with((struct mail_reader_params){ .parallel = 1 });
	buf_init(&expected, 1 << 16);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(mail, sizeof(mail),
		    "From: a@b\r\nSubject: no %d\r\n\r\nhi\r\n", i);
		give(mail);
		buf_addf(&expected, "%d: no %d\n", i, i);
	}
	heard(expected.p);
	buf_release(&expected);
}

/* The one child of this process; 0: none. */
static pid_t
worker_of_ours(void)
{
	char path[64];
	int pid = 0;
	FILE *f;

	(void)snprintf(
	    path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	assert_non_null(f);
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	(void)fclose(f); /* was only read */
	return pid;
}

static void
has_limit(pid_t pid, const char *limit)
{
	char path[64], text[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f); /* was only read */
	text[n] = '\0';
	if (!strstr(text, limit))
		fail_msg("no \"%s\" in\n%s", limit, text);
}

/* Memory is limited where no sanitizer needs terabytes of it. */
static void
a_worker_has_limits(void **state)
{
	pid_t pid;

	(void)state;
	begin();
	give("From: a@b\r\nSubject: one\r\n\r\nhi\r\n");
	heard("0: one\n");
	pid = worker_of_ours();
	assert_true(pid > 0);
	has_limit(pid, "Max file size             0 ");
	has_limit(pid, "Max open files            32 ");
	has_limit(pid, "Max stack size            8388608 ");
	has_limit(pid, "Max core file size        0 ");
}

static void
one_that_dies_idle_is_replaced(void **state)
{
	(void)state;
	begin();
	give("From: a@b\r\nSubject: one\r\n\r\nhi\r\n");
	heard("0: one\n");
	kill(worker_of_ours(), SIGKILL);
	for (int i = 0; i < 100 && fx.logged.len == 0; i++)
		run_ms(50);
	assert_non_null(strstr(fx.logged.p, "mail reader died error="));
	give("From: a@b\r\nSubject: two\r\n\r\nhi\r\n");
	heard("1: two\n");
}

/* More than is in memory, more than is on its way at once. */
static void
a_large_one_is_read_whole(void **state)
{
	struct mail_spool *s = mail_spool_new(20 << 20);
	char some[4096];

	(void)state;
	begin();
	memset(some, 'a', sizeof(some));
	some[sizeof(some) - 1] = '\n';
	mail_spool_add(s, STR("From: a@b\r\nSubject: large\r\n\r\n"), NULL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
		    mail_spool_add(s, str_of(some, sizeof(some)), NULL), 0);
	give_spool(s);
	heard("0: large\n");
}

static void
what_is_not_fit_is_refused(void **state)
{
	(void)state;
	begin();
	give("From: a@b\r\nFrom: c@d\r\n\r\nhi\r\n");
	heard("0: 550 5.6.0 it has two From headers\n");
	give("From: a@b\r\nSubject: next\r\n\r\nhi\r\n");
	heard("1: next\n");
}

static void
what_a_worker_finds_too_big_is_that(void **state)
{
	(void)state;
	begin_self("refuses", 0, 0);
	give("Subject: one\r\n\r\n");
	heard("0: 552 5.3.4 not this one\n");
}

static void
what_kills_twice_is_refused(void **state)
{
	(void)state;
	begin_self("dies", 0, 0);
	give("Received: first\r\nMessage-ID: <1@x>\r\nSubject: bad\r\n\r\n");
	heard("0: 451 4.3.0 The mail cannot be read now\n");
	give("Received: again\r\nMessage-ID: <1@x>\r\nSubject: bad\r\n\r\n");
	give("Subject: other\r\n\r\n");
	heard("1: 550 5.6.0 The mail cannot be read\n"
	      "2: 451 4.3.0 The mail cannot be read now\n");
	assert_non_null(strstr(fx.logged.p, "mail reader died of a mail"));
}

/* The mail is not to blame: it is good when the program is whole again. */
static void
one_that_cannot_be_run_refuses_nothing(void **state)
{
	(void)state;
	begin_self("unfit", 0, 0);
	for (int i = 0; i < 2; i++) {
		give("Subject: one\r\n\r\n");
		heard(i ? "1: 451 4.3.0 The mail cannot be read now\n"
		        : "0: 451 4.3.0 The mail cannot be read now\n");
		usleep(700 * 1000); /* the pause */
	}
	assert_non_null(strstr(fx.logged.p, "status 127"));
}

static void
who_is_late_is_ended(void **state)
{
	(void)state;
	begin_self("sleeps", 0, 50);
	give("Subject: one\r\n\r\n");
	heard("0: 451 4.3.0 The mail cannot be read now\n");
	assert_non_null(strstr(fx.logged.p, "not done in time"));
}

static void
who_lies_is_ended(void **state)
{
	static const char *const how[] = { "lies", "babbles", "early" };
	char expected[100];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin_self(how[i], 0, 0);
		give("Subject: one\r\n\r\n");
		(void)snprintf(expected, sizeof(expected),
		    "%zu: 451 4.3.0 The mail cannot be read now\n", i);
		heard(expected);
		mail_reader_free(&fx.reader);
	}
}

static void
who_has_read_enough_is_replaced(void **state)
{
	(void)state;
	begin_self("tires", 2, 0);
	for (int i = 0; i < 5; i++)
		give("Subject: one\r\n\r\n");
	heard("0: 552 5.3.4 still here\n1: 552 5.3.4 still here\n"
	      "2: 552 5.3.4 still here\n3: 552 5.3.4 still here\n"
	      "4: 552 5.3.4 still here\n");
}

/* Which leaves nothing of the records that it has told. */
static void
so_is_who_has_told_records(void **state)
{
	(void)state;
	begin_with((struct mail_reader_params){ .parallel = 1, .mails = 1 });
	for (int i = 0; i < 3; i++)
		give("Subject: one\r\n\r\nbody\r\n");
	heard("0: one\n1: one\n2: one\n");
}

static void
where_none_starts_nobody_waits(void **state)
{
	(void)state;
	begin_with((struct mail_reader_params){ .program = "/none/such" });
	give("Subject: one\r\n\r\n");
	give("Subject: two\r\n\r\n");
	heard("0: 451 4.3.0 The mail cannot be read now\n"
	      "1: 451 4.3.0 The mail cannot be read now\n");
	buf_clear(&fx.logged);
	give("Subject: three\r\n\r\n");
	heard("2: 451 4.3.0 The mail cannot be read now\n");
	assert_int_equal(fx.logged.len, 0); /* it was not tried again yet */
}

static void
what_is_cancelled_is_not_told(void **state)
{
	(void)state;
	begin_self("refuses", 0, 0);
	for (int i = 0; i < 3; i++)
		give("Subject: one\r\n\r\n");
	mail_read_cancel(&fx.reading[1]);
	fx.nleft--;
	heard("0: 552 5.3.4 not this one\n2: 552 5.3.4 not this one\n");
	mail_reader_free(&fx.reader);

	begin_self("sleeps", 0, 0);
	give("Subject: one\r\n\r\n");
	run_ms(50);
	mail_read_cancel(&fx.reading[3]);
	assert_null(fx.reading[3]);
	assert_int_equal(mail_reader_busy(fx.reader), 0);
	/* What is left is freed with the reader. */
	give("Subject: two\r\n\r\n");
}

static void
too_much_is_turned_away(void **state)
{
	struct mail_spool *s = mail_spool_new(MAIL_READER_MAIL_MAX + 1);
	static char some[1 << 20];

	(void)state;
	begin();
	for (size_t i = 0; i < MAIL_READER_MAIL_MAX; i += sizeof(some))
		mail_spool_add(s, str_of(some, sizeof(some)), NULL);
	mail_spool_add(s, STR("x"), NULL);
	give_spool(s);
	heard("0: 552 5.3.4 The mail is too big\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_becomes_a_record),
		TEST(the_first_come_first),
		TEST(a_worker_has_limits),
		TEST(one_that_dies_idle_is_replaced),
		TEST(a_large_one_is_read_whole),
		TEST(what_is_not_fit_is_refused),
		TEST(what_a_worker_finds_too_big_is_that),
		TEST(what_kills_twice_is_refused),
		TEST(one_that_cannot_be_run_refuses_nothing),
		TEST(who_is_late_is_ended),
		TEST(who_lies_is_ended),
		TEST(who_has_read_enough_is_replaced),
		TEST(so_is_who_has_told_records),
		TEST(where_none_starts_nobody_waits),
		TEST(what_is_cancelled_is_not_told),
		TEST(too_much_is_turned_away),
	};

	if (argc > 1)
		return be_worker(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
