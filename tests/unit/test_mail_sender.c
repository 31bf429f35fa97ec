/*
 * Mails handed to programs: this test itself, started again with an argument
 * that says how it behaves.
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
#include "smtp/mail_frames.h"
#include "smtp/mail_sender.h"

enum { GUARD_MS = 10000 };

static struct {
	struct loop *loop;
	struct timer guard;
	struct mail_sender *sender;
	struct buf heard, logged; /* one line for each mail */
	size_t nleft;
	bool is_late, sends_more, frees;
} fx;

/* ---- the core --------------------------------------------------------- */

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

/* ---- this program as a worker ----------------------------------------- */

static void
say_result(enum gw_fate fate)
{
	struct mail_result r = { .fate = fate,
		.code = fate == GW_SENT ? 250 : 550,
		.text = STR("so be it") };
	struct buf b;

	if (fate != GW_SENT)
		err_set(&r.err, ERR_POLICY, "so be it");
	buf_init(&b, MAIL_RESULT_PACKED_MAX);
	mail_result_pack(&r, &b);
	child_write(MAIL_FRAME_RESULT, buf_str(&b));
	buf_release(&b);
}

static void
die(int signum)
{
	signal(signum, SIG_DFL); /* sanitizers would make it an exit */
	raise(signum);
}

static void
serve(const char *how, struct str bytes)
{
	static struct mail_letter_copy copy;

	if (mail_letter_read(&copy, bytes, NULL) < 0)
		exit(9);
	if (strcmp(how, "dies") == 0)
		die(SIGSEGV);
	if (strcmp(how, "hangs") == 0)
		pause();
	if (strcmp(how, "lies") == 0)
		child_write(MAIL_FRAME_RESULT, STR("what is this"));
	if (strcmp(how, "babbles") == 0)
		child_write('?', STR_EMPTY);
	if (strcmp(how, "asks twice") == 0)
		child_write(MAIL_FRAME_NEXT, STR_EMPTY);
	if (strcmp(how, "lies") == 0 || strcmp(how, "babbles") == 0 ||
	    strcmp(how, "asks twice") == 0)
		pause();
	child_write(MAIL_FRAME_COMMITTING, STR_EMPTY);
	if (strcmp(how, "dies late") == 0)
		die(SIGSEGV);
	if (strcmp(how, "hangs late") == 0)
		pause();
	say_result(strcmp(how, "refuses") == 0 ? GW_REFUSED : GW_SENT);
	if (strcmp(how, "once") == 0)
		exit(0);
}

static int
be_worker(const char *how)
{
	struct child_input in;
	struct mail_submit to;
	struct str data;
	uint8_t type;

	child_begin();
	child_input_init(&in, MAIL_LETTER_MAX);
	if (strcmp(how, "never asks") == 0)
		return 3;
	if (strcmp(how, "is killed") == 0)
		die(SIGKILL);
	if (child_read(&in, &type, &data) <= 0 || type != MAIL_FRAME_SETUP ||
	    mail_submit_read(&to, data, NULL) < 0)
		return 4;
	child_write(MAIL_FRAME_NEXT, STR_EMPTY);
	while (child_read(&in, &type, &data) > 0) {
		if (type != MAIL_FRAME_LETTER)
			return 5;
		serve(how, data);
		child_write(MAIL_FRAME_NEXT, STR_EMPTY);
	}
	child_input_release(&in);
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
	mail_sender_free(&fx.sender);
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
begin(const char *program, const char *how, unsigned parallel)
{
	static const char *argv[2];
	struct mail_sender_params p = {
		.submit = { .host = STR("mx.example.net"),
		    .port = 25,
		    .helo = STR("mail.example.org"),
		    .connect_ms = 50,
		    .reply_ms = 50,
		    .final_ms = 50,
		    .per_connection = 10 },
		.parallel = parallel,
		.grace_ms = 50,
		.program = program,
		.argv = argv,
	};

	argv[0] = how;
	fx.sender = mail_sender_new(NULL, &p);
}

static void send_one(const char *subject);

static void
on_sent(void *arg, const struct mail_result *r)
{
	static const char *const fate[] = { "left", "sent", "delivered",
		"retry", "refused", "unsure" };
	char *subject = arg;

	buf_addf(&fx.heard, "%s %s %d%s " STR_FMT "%s\n", subject,
	    fate[r->fate], r->code, r->is_broken ? " broken" : "",
	    STR_ARG(r->text), r->err.text);
	free(subject);
	if (fx.sends_more) {
		fx.sends_more = false;
		send_one("more");
	}
	if (--fx.nleft == 0)
		loop_stop(fx.loop);
}

static void
send_one(const char *subject)
{
	struct mail_letter l = {
		.env_from = STR("b.1@mail.example.org"),
		.env_to = STR("bob@example.net"),
		.from = STR("alice@mail.example.org"),
		.to = STR("bob@example.net"),
		.subject = str_c(subject),
		.message_id = STR("t.1@mail.example.org"),
		.body = STR("hi\n"),
	};
	size_t was = fx.heard.len;

	fx.nleft++;
	mail_send(fx.sender, &l, on_sent, str_dup(str_c(subject)));
	assert_int_equal(fx.heard.len, was); /* never at once */
}

/* ---- tests ------------------------------------------------------------ */

static void
mails_are_sent_one_after_another(void **state)
{
	(void)state;
	begin("/proc/self/exe", "sends", 1);
	send_one("a");
	send_one("b");
	send_one("c");
	assert_int_equal(mail_sender_busy(fx.sender), 3);
	fx.sends_more = true;
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a sent 250 so be it\nb sent 250 so be it\nc sent 250 so be it\n"
	    "more sent 250 so be it\n");
	assert_int_equal(mail_sender_busy(fx.sender), 0);
	assert_int_equal(fx.logged.len, 0);
}

static void
several_workers_share_them(void **state)
{
	(void)state;
	begin("/proc/self/exe", "sends", 3);
	for (int i = 0; i < 20; i++)
		send_one("x");
	loop_run(fx.loop);
	assert_int_equal(fx.heard.len, 20 * strlen("x sent 250 so be it\n"));
}

static void
what_is_refused_is_told(void **state)
{
	(void)state;
	begin("/proc/self/exe", "refuses", 1);
	send_one("a");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p, "a refused 550 so be itso be it\n");
}

static void
what_cannot_be_sent_is_refused_here(void **state)
{
	(void)state;
	begin("/proc/self/exe", "sends", 1);
	send_one("a\r\nBcc: x@y.example");
	loop_run(fx.loop);
	assert_non_null(
	    strstr(fx.heard.p, "refused 0 the subject cannot stand in a mail"));
}

static void
a_crash_costs_one_attempt(void **state)
{
	(void)state;
	begin("/proc/self/exe", "dies", 1);
	send_one("a");
	send_one("b");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a retry 0 exe died of signal 11 (Segmentation fault)\n"
	    "b retry 0 exe died of signal 11 (Segmentation fault)\n");
	assert_non_null(strstr(fx.logged.p,
	    "warn mail worker lost to=mx.example.net committing=0"));
}

static void
a_crash_behind_the_end_is_unsure(void **state)
{
	(void)state;
	begin("/proc/self/exe", "dies late", 1);
	send_one("a");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a unsure 0 it may have been sent: exe died of signal 11 "
	    "(Segmentation fault)\n");
	assert_non_null(strstr(fx.logged.p, "committing=1"));
}

static void
one_that_hangs_is_killed(void **state)
{
	(void)state;
	begin("/proc/self/exe", "hangs", 1);
	send_one("a");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a retry 0 handing it in at mx.example.net took too long\n");
}

static void
one_that_hangs_behind_the_end_is_unsure(void **state)
{
	(void)state;
	begin("/proc/self/exe", "hangs late", 1);
	send_one("a");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a unsure 0 it may have been sent: handing it in at "
	    "mx.example.net took too long\n");
}

static void
what_it_cannot_say_ends_it(void **state)
{
	static const char *const how[] = { "lies", "babbles", "asks twice" };

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		buf_clear(&fx.heard);
		begin("/proc/self/exe", how[i], 1);
		send_one("a");
		loop_run(fx.loop);
		assert_string_equal(fx.heard.p, "a retry 0 exe was stopped\n");
		mail_sender_free(&fx.sender);
	}
}

static void
one_that_ends_itself_is_replaced(void **state)
{
	(void)state;
	begin("/proc/self/exe", "once", 1);
	send_one("a");
	send_one("b");
	loop_run(fx.loop);
	assert_string_equal(
	    fx.heard.p, "a sent 250 so be it\nb sent 250 so be it\n");
}

static void
one_that_never_works_is_the_operator_s(void **state)
{
	(void)state;
	begin("/proc/self/exe", "never asks", 1);
	send_one("a");
	send_one("b");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a retry 0 broken exe ended with status 3\n"
	    "b retry 0 broken exe ended with status 3\n");
}

/* Somebody may have killed it: it is tried again before it is given up. */
static void
one_that_is_killed_at_once_is_not(void **state)
{
	(void)state;
	begin("/proc/self/exe", "is killed", 1);
	send_one("a");
	send_one("b");
	send_one("c");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a retry 0 exe died of signal 9 (Killed)\n"
	    "b retry 0 exe died of signal 9 (Killed)\n"
	    "c retry 0 broken exe died of signal 9 (Killed)\n");
}

static void
a_program_that_is_missing_is_the_operator_s(void **state)
{
	(void)state;
	begin("/nowhere/passerelle-mailout", NULL, 2);
	send_one("a");
	send_one("b");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "a retry 0 broken cannot start /nowhere/passerelle-mailout: no "
	    "such file or directory\n"
	    "b retry 0 broken cannot start /nowhere/passerelle-mailout: no "
	    "such file or directory\n");
}

/* Nobody waits for what becomes of them. */
static void
send_for_nobody(int n)
{
	struct mail_letter l = {
		.env_to = STR("bob@example.net"),
		.from = STR("alice@mail.example.org"),
		.to = STR("bob@example.net"),
		.message_id = STR("t.1@mail.example.org"),
	};

	for (int i = 0; i < n; i++)
		mail_send(fx.sender, &l, on_sent, NULL);
}

static void
it_can_be_freed_with_mails_under_way(void **state)
{
	(void)state;
	begin("/proc/self/exe", "hangs", 2);
	send_for_nobody(5);
	mail_sender_free(&fx.sender);
}

static void
there_is_a_ceiling(void **state)
{
	(void)state;
	begin("/proc/self/exe", "hangs", 1);
	send_for_nobody(MAIL_SENDER_QUEUE);
	send_one("one too many");
	loop_run(fx.loop);
	assert_string_equal(fx.heard.p,
	    "one too many retry 0 too many mails wait to be sent\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(mails_are_sent_one_after_another),
		T(several_workers_share_them),
		T(what_is_refused_is_told),
		T(what_cannot_be_sent_is_refused_here),
		T(a_crash_costs_one_attempt),
		T(a_crash_behind_the_end_is_unsure),
		T(one_that_hangs_is_killed),
		T(one_that_hangs_behind_the_end_is_unsure),
		T(what_it_cannot_say_ends_it),
		T(one_that_ends_itself_is_replaced),
		T(one_that_never_works_is_the_operator_s),
		T(one_that_is_killed_at_once_is_not),
		T(a_program_that_is_missing_is_the_operator_s),
		T(it_can_be_freed_with_mails_under_way),
		T(there_is_a_ceiling),
	};

	if (argc > 1)
		return be_worker(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
