/*
 * The server as a client meets it, over real sockets; the policy is played
 * here.  Time is moved by hand where something takes long.
 */
#include "recorder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "net/link.h"
#include "net/listener.h"
#include "smtp/mail_caller.h"
#include "smtp/mail_listen.h"
#include "smtp/mail_policy.h"
#include "smtp/mail_spool.h"

#include "certs.h"

enum { GUARD_MS = 5000, BIG = 1024 * 1024 };

/* ---- the policy ----------------------------------------------------------- */

static struct {
	mail_taken_fn *fn;
	void *arg;
	size_t n;
} owed[8];
static size_t nowed;
static bool answers_late;
static unsigned ntaken;
static struct buf mail; /* the last one */
static char client_text[600], *last_text;

static void
note_client(const struct mail_envelope *e)
{
	const struct mail_client *c = e->client;

	snprintf(client_text, sizeof(client_text),
	    STR_FMT " " STR_FMT " user=" STR_FMT "%s%s%s%s in %s",
	    STR_ARG(c->address), STR_ARG(c->helo), STR_ARG(c->user),
	    c->is_tls ? " tls" : "", c->is_unix ? " unix" : "",
	    c->is_target ? " target" : "",
	    c->is_trusted       ? " trusted"
	        : c->is_vouched ? " vouched"
	                        : "",
	    c->block->name);
	last_text = client_text;
}

void
mail_policy_sender(struct mail_gateway *gw, const struct mail_envelope *e,
    struct mail_reply *out)
{
	assert_non_null(gw);
	note_client(e);
	if (str_is(e->sender, "spam@example.net"))
		mail_reply_set(out, 550, "5.7.1", "no");
	else
		mail_reply_set(out, 250, "2.1.0", "ok");
}

void
mail_policy_recipient(struct mail_gateway *gw, const struct mail_envelope *e,
    struct str recipient, struct mail_reply *out)
{
	(void)gw;
	(void)e;
	if (str_starts(recipient, STR("nobody@")))
		mail_reply_set(out, 550, "5.1.1", "unknown");
	else
		mail_reply_set(out, 250, "2.1.5", "ok");
}

bool
mail_policy_login(struct mail_gateway *gw, struct str user, struct str password)
{
	(void)gw;
	return str_is(user, "disk") && str_is(password, "token");
}

static void
answer_oldest(int code)
{
	struct mail_reply r[10];
	mail_taken_fn *fn = owed[0].fn;
	void *arg = owed[0].arg;
	size_t n = owed[0].n;

	assert_true(nowed > 0);
	for (size_t i = 0; i < n; i++)
		mail_reply_set(
		    &r[i], code, code < 300 ? "2.0.0" : "4.0.0", "mail %zu", i);
	memmove(owed, owed + 1, --nowed * sizeof(owed[0]));
	fn(arg, r, n);
}

static struct timer answer_timer;

static void
on_answer(struct timer *t)
{
	(void)t;
	while (nowed)
		answer_oldest(250);
}

static struct gateway gw;

void
mail_take(struct mail_gateway *mg, const struct mail_envelope *e,
    struct mail_spool **body, mail_taken_fn *fn, void *arg)
{
	size_t size = mail_spool_size(*body);
	struct err err = ERR_INIT;

	assert_ptr_equal(mg, gateway_priv(&gw));
	note_client(e);
	buf_clear(&mail);
	assert_int_equal(
	    mail_spool_read(*body, 0, buf_reserve(&mail, size), size, &err),
	    size);
	buf_added(&mail, size);
	mail_spool_free(body);
	owed[nowed].fn = fn;
	owed[nowed].arg = arg;
	owed[nowed++].n = e->nrecipient;
	ntaken++;
	if (!answers_late)
		timer_set(&answer_timer, gateway_clock(&gw), 0);
}

/* ---- the gateway ---------------------------------------------------------- */

static int
open_gateway(struct gateway *g, const struct conf *conf, struct err *err)
{
	struct mail_gateway *mg = gateway_priv(g);

	mg->gw = g;
	mg->opt.size_max = BIG;
	return mail_listen_noun.open(mg, conf, err);
}

static void
close_gateway(struct gateway *g)
{
	mail_listen_noun.close(gateway_priv(g));
}

static const struct gw_option target_options[] = {
	{ "to", GW_OPT_STR, NULL, 0, 0 },
	{ .name = NULL },
};
static const struct gw_section sections[] = {
	{ .name = "receive", .option = mail_receive_options },
	{ .name = "target", .option = target_options },
	{ .name = NULL },
};
static const struct gw_option no_options[] = { { .name = NULL } };

static const struct gateway_ops ops = { .kind = "listen",
	.title = "Listen",
	.gateway_size = sizeof(struct mail_gateway),
	.options = no_options,
	.sections = sections,
	.open = open_gateway,
	.close = close_gateway };

/* ---- a client ------------------------------------------------------------- */

static char dir[] = "/tmp/test_mail_listen.XXXXXX";
static char path[64], pem[64], users[64];
static struct err err;
static bool is_open;
static int fd[12];
static SSL *ssl;
static struct buf got;
static unsigned nwarning;
static struct timer guard;

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	nwarning += level <= LOG_WARN;
}

static int
set_up(void **state)
{
	(void)state;
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/lmtp", dir);
	snprintf(pem, sizeof(pem), "%s/pem", dir);
	snprintf(users, sizeof(users), "%s/users", dir);
	for (size_t i = 0; i < 12; i++)
		fd[i] = -1;
	buf_init(&got, BIG);
	buf_init(&mail, BIG);
	err = ERR_INIT;
	is_open = answers_late = false;
	nowed = ntaken = nwarning = 0;
	timer_init(&answer_timer, on_answer);
	log_set_sink(on_log, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	timer_cancel(&answer_timer);
	SSL_free(ssl);
	ssl = NULL;
	for (size_t i = 0; i < 12; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	gateway_close(&gw, is_open);
	buf_release(&got);
	buf_release(&mail);
	unlink(path);
	unlink(pem);
	unlink(users);
	log_set_sink(NULL, NULL);
	return rmdir(dir);
}

/* In block @ stands for the path of the socket. */
static int
begin(const char *block)
{
	struct buf text;
	int rc;

	buf_init(&text, 4096);
	for (; *block; block++)
		if (*block == '@')
			buf_addf(&text, "%s", path);
		else if (*block == '$')
			buf_addf(&text, "%s", dir);
		else
			buf_addc(&text, *block);
	rc = gateway_open(&gw, &ops, text.p, &err);
	is_open = rc == 0;
	if (is_open)
		mail_listen_noun.ready(gateway_priv(&gw));
	buf_release(&text);
	return rc;
}

static void
stop(struct timer *t)
{
	(void)t;
	loop_stop(gw.loop);
}

static void
turn(int64_t ms)
{
	timer_init(&guard, stop);
	timer_set(&guard, loop_clock(gw.loop), loop_clock(gw.loop)->at + ms);
	loop_run(gw.loop);
	timer_cancel(&guard);
}

/* What is due until so long from now is done; then it is now again. */
static void
pass(int64_t ms)
{
	struct clock *c = loop_clock(gw.loop);
	int64_t at = c->at, utc = c->utc;

	clock_advance(c, at + ms, utc + ms);
	c->at = at;
	c->utc = utc;
}

static void
dial(int i)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(sun.sun_path, path, strlen(path));
	assert_int_equal(
	    connect(fd[i], (struct sockaddr *)&sun, sizeof(sun)), 0);
	fcntl(fd[i], F_SETFL, O_NONBLOCK);
}

static bool ended;

static void
hear(int i)
{
	char part[4096];
	ssize_t n;

	if (ssl && i == 0) {
		while (n = SSL_read(ssl, part, sizeof(part)), n > 0)
			buf_add(&got, part, (size_t)n);
		return;
	}
	while (n = recv(fd[i], part, sizeof(part), 0), n > 0)
		buf_add(&got, part, (size_t)n);
	ended = n == 0;
}

/* Turns until that was heard. */
static void
expect_from(int i, const char *text)
{
	for (int tries = 0; tries < GUARD_MS / 5; tries++) {
		char *at;

		hear(i);
		at = strstr(got.p, text);
		if (at) {
			buf_drop(&got, (size_t)(at - got.p) + strlen(text));
			return;
		}
		turn(5);
	}
	fail_msg("expected '%s', heard '%s'", text, got.p);
}

static void
expect(const char *text)
{
	expect_from(0, text);
}

static void
say_as(int i, const char *text)
{
	if (ssl && i == 0)
		assert_int_equal(
		    SSL_write(ssl, text, (int)strlen(text)), strlen(text));
	else
		assert_int_equal(send(fd[i], text, strlen(text), MSG_NOSIGNAL),
		    strlen(text));
}

static void
say(const char *text)
{
	say_as(0, text);
}

static void
expect_end(void)
{
	for (int tries = 0; tries < GUARD_MS / 5 && !ended; tries++) {
		turn(5);
		hear(0);
	}
	assert_true(ended);
	ended = false;
}

#define ENVELOPE                                                               \
	"MAIL FROM:<ann@example.net>\r\nRCPT TO:<bob@example.org>\r\n"         \
	"RCPT TO:<nobody@example.org>\r\nRCPT "                                \
	"TO:<eve@example.org>\r\nDATA\r\n"

/* ---- tests ---------------------------------------------------------------- */

static void
a_mail_is_taken_by_lmtp(void **state)
{
	(void)state;
	assert_int_equal(begin("receive \"a\" { path = \"@\" }"), 0);
	dial(0);
	expect("220 gw.example.org LMTP");
	say("LHLO mta\r\n");
	expect("SIZE 1048576\r\n");
	expect("250 SMTPUTF8\r\n");
	say(ENVELOPE "Subject: x\r\n\r\n..hi\r\n.\r\n");
	expect("250 2.1.5 ok\r\n550 5.1.1 unknown\r\n250 2.1.5 ok\r\n354 ");
	expect("\r\n250 2.0.0 mail 0\r\n250 2.0.0 mail 1\r\n");
	assert_string_equal(mail.p, "Subject: x\r\n\r\n.hi\r\n");
	assert_string_equal(last_text, " mta user= unix trusted in a");
	say("QUIT\r\n");
	expect("221 2.0.0");
	expect_end();
}

static void
replies_of_a_batch_come_together(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE "x\r\n.\r\n" ENVELOPE "y\r\n.\r\nQUIT\r\n");
	expect("250 2.0.0 mail 1\r\n");
	expect("250 2.0.0 mail 1\r\n221 ");
	expect_end();
	assert_int_equal(ntaken, 2);
	assert_string_equal(mail.p, "y\r\n");
}

static void
what_follows_a_mail_waits_for_its_answer(void **state)
{
	(void)state;
	answers_late = true;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE "x\r\n.\r\n" ENVELOPE "y\r\n.\r\n");
	expect("354 ");
	turn(20);
	assert_int_equal(ntaken, 1);
	answer_oldest(451);
	expect("451 4.0.0 mail 0\r\n451 4.0.0 mail 1\r\n250 2.1.0");
	expect("354 ");
	turn(20);
	assert_int_equal(ntaken, 2);
	answer_oldest(250);
	expect("250 2.0.0 mail 1\r\n");
}

static void
a_mail_is_taken_even_if_its_sender_has_gone(void **state)
{
	(void)state;
	answers_late = true;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE "x\r\n.\r\n");
	expect("354 ");
	turn(20);
	assert_int_equal(ntaken, 1);
	close(fd[0]);
	fd[0] = -1;
	turn(20);
	answer_oldest(250);
	dial(0);
	expect("220 ");
}

static void
a_mail_that_ends_early_is_none(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE "half a mail\r\n");
	expect("354 ");
	close(fd[0]);
	fd[0] = -1;
	turn(20);
	assert_int_equal(ntaken, 0);
}

/* ---- time ----------------------------------------------------------------- */

static void
who_says_nothing_is_hung_up_on(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	expect("220 ");
	pass(MAIL_IDLE_MS - 1000);
	say("NOOP\r\nNO");
	expect("250 ");
	pass(MAIL_IDLE_MS - 1000);
	say("OP");
	turn(20);
	pass(MAIL_IDLE_MS + 1000);
	expect("421 4.4.2");
	expect_end();
}

static void
a_mail_that_crawls_is_hung_up_on(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE);
	expect("354 ");
	say("a few bytes\r\n");
	turn(20);
	pass(MAIL_RATE_FROM_MS + 100);
	expect("421 4.4.2 the mail comes too slowly");
	expect_end();
	assert_int_equal(ntaken, 0);
}

static void
a_mail_has_so_much_time_and_no_more(void **state)
{
	char line[81];

	(void)state;
	memset(line, 'a', 78);
	memcpy(line + 78, "\r\n", 3);
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE);
	expect("354 ");
	for (int64_t ms = 0; ms < MAIL_WHOLE_MS - 20000; ms += 10000) {
		for (int i = 0; i < 140; i++)
			say(line);
		turn(20);
		pass(ms + 10000);
	}
	hear(0);
	assert_null(strstr(got.p, "421"));
	pass(MAIL_WHOLE_MS + 1000);
	expect("421 4.4.2");
}

static void
a_mail_that_nobody_answers_is_to_come_again(void **state)
{
	(void)state;
	answers_late = true;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO mta\r\n" ENVELOPE "x\r\n.\r\n");
	expect("354 ");
	turn(20);
	pass(MAIL_ANSWER_MS + 100);
	expect("451 4.3.0");
	expect("451 4.3.0");
	assert_int_equal(nwarning, 1);
	say("NOOP\r\n");
	expect("250 ");
	answer_oldest(250);
	turn(20);
	say("QUIT\r\n");
	expect("221 ");
}

static void
mistakes_cost_time(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("A\r\nB\r\nC\r\nD\r\n");
	turn(50);
	hear(0);
	assert_null(strstr(got.p, "500"));
	pass(MAIL_DELAY_MS + 10);
	expect("500 5.5.2");
	expect("500 5.5.2");
	expect("500 5.5.2");
	turn(20);
	hear(0);
	assert_null(strstr(got.p, "500"));
	pass(2 * MAIL_DELAY_MS + 100);
	expect("500 5.5.2");
}

/* ---- who may -------------------------------------------------------------- */

static uint16_t
port_of(size_t i)
{
	struct mail_gateway *mg = gateway_priv(&gw);

	return listener_port(mg->listen->place[i]->listener);
}

static void
dial_tcp(int i, size_t place)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port_of(place)) };

	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	fd[i] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(fd[i], (struct sockaddr *)&sin, sizeof(sin)), 0);
	fcntl(fd[i], F_SETFL, O_NONBLOCK);
}

static void
strangers_wait_for_the_greeting(void **state)
{
	(void)state;
	begin("receive \"a\" { protocol = \"smtp\" port = 20251 }");
	dial_tcp(0, 0);
	say("EHLO me\r\n");
	expect("554 5.5.1 wait for the greeting");
	expect_end();
	dial_tcp(1, 0);
	expect_from(1, "220 gw.example.org ESMTP");
	say_as(1, "EHLO me\r\nMAIL FROM:<ann@example.net>\r\n");
	expect_from(1, "250 2.1.0");
	assert_string_equal(last_text, "127.0.0.1 me user= in a");
}

static void
by_smtp_a_mail_has_one_answer(void **state)
{
	(void)state;
	begin("receive \"a\" { protocol = \"smtp\" port = 20252 "
	      "trusted = { \"127.0.0.1\" } hostname = \"mx.example.org\" }");
	dial_tcp(0, 0);
	expect("220 mx.example.org ESMTP");
	say("EHLO me\r\n" ENVELOPE "a\nb\r\n.\r\nNOOP\r\n");
	expect("\r\n250 2.0.0 mail 0\r\n250 2.0.0 ok\r\n");
	assert_string_equal(mail.p, "a\r\nb\r\n");
	assert_string_equal(last_text, "127.0.0.1 me user= trusted in a");
}

static void
who_is_not_allowed_is_told_so(void **state)
{
	(void)state;
	begin("receive \"a\" { port = 20253 allow = { \"192.0.2.0/24\" } }");
	dial_tcp(0, 0);
	expect("554 gw.example.org does not take mail from you");
	expect_end();
	dial_tcp(1, 0);
	expect_from(1, "554 ");
	assert_int_equal(nwarning, 1);
}

static void
too_many_are_told_to_come_later(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" connections_max = 2 }\n"
	      "receive \"b\" { port = 20254 per_address_max = 1 }");
	dial(0);
	dial(1);
	expect_from(1, "220 ");
	dial(2);
	expect_from(2, "421 gw.example.org has too many callers");
	close(fd[0]);
	fd[0] = -1;
	turn(20);
	dial(3);
	expect_from(3, "220 ");
	dial_tcp(4, 1);
	expect_from(4, "220 ");
	dial_tcp(5, 1);
	expect_from(5, "421 ");
	assert_int_equal(nwarning, 2);
}

static void
who_is_behind_a_peer_counts(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" xforward = { \"unix\" } "
	      "trusted = { \"198.51.100.0/24\" } }");
	dial(0);
	say("LHLO mta\r\nXFORWARD ADDR=192.0.2.7 HELO=printer\r\n" ENVELOPE
	    "x\r\n.\r\nNOOP\r\n");
	expect("250 2.0.0 ok\r\n");
	expect("250 2.0.0 ok\r\n");
	assert_string_equal(last_text, "192.0.2.7 printer user= vouched in a");
	say("XFORWARD ADDR=198.51.100.3\r\n" ENVELOPE);
	expect("354 ");
	assert_string_equal(last_text, "198.51.100.3 mta user= trusted in a");
}

/* ---- logins, TLS ---------------------------------------------------------- */

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(name, mode);
}

static void
logins_are_those_of_the_block_and_of_targets(void **state)
{
	(void)state;
	write_file(users, "# who\nalice:secret\n", 0600);
	begin("receive \"a\" { path = \"@\" users_file = \"$/users\" "
	      "require_auth = yes }");
	dial(0);
	say("LHLO me\r\nMAIL FROM:<>\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"
	    "MAIL FROM:<>\r\n");
	expect("250-AUTH PLAIN LOGIN\r\n");
	expect("530 5.7.0");
	expect("235 2.7.0");
	expect("250 2.1.0");
	assert_string_equal(last_text, " me user=alice unix trusted in a");
	dial(1); /* disk, token */
	say_as(1, "LHLO me\r\nAUTH PLAIN AGRpc2sAdG9rZW4=\r\nMAIL FROM:<>\r\n");
	expect_from(1, "235 ");
	expect_from(1, "250 2.1.0");
	assert_string_equal(
	    last_text, " me user=disk unix target trusted in a");
	dial(2);
	say_as(2, "LHLO me\r\nAUTH PLAIN AGFsaWNlAHRva2Vu\r\n");
	turn(50);
	pass(MAIL_DELAY_MS + 10);
	expect_from(2, "535 ");
}

static void
write_pem(const struct cert *c)
{
	FILE *f = fopen(pem, "w");

	PEM_write_X509(f, c->x509);
	PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static void
shake_hands(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, fd[0]);
	for (int i = 0; i < 1000 && SSL_connect(ssl) != 1; i++)
		turn(5);
	assert_true(SSL_is_init_finished(ssl));
}

static void
expect_shown(const struct cert *c)
{
	X509 *shown = SSL_get1_peer_certificate(ssl);

	assert_int_equal(X509_cmp(shown, c->x509), 0);
	X509_free(shown);
}

static void
starttls_works_with_the_certificate_of_the_day(void **state)
{
	struct timeval later[2] = { { .tv_sec = 2000000000 },
		{ .tv_sec = 2000000000 } };

	(void)state;
	write_pem(&good);
	begin("receive \"a\" { path = \"@\" tls_cert = \"$/pem\" }");
	dial(0);
	say("LHLO me\r\nSTARTTLS\r\n");
	expect("220 2.0.0");
	shake_hands();
	expect_shown(&good);
	say("LHLO me\r\n" ENVELOPE "secret\r\n.\r\n");
	expect("250 2.0.0 mail 1");
	assert_string_equal(mail.p, "secret\r\n");
	assert_string_equal(last_text, " me user= tls unix trusted in a");
	SSL_free(ssl);
	ssl = NULL;
	close(fd[0]);
	/* Renewed. */
	write_pem(&alone);
	utimes(pem, later);
	dial(0);
	say("LHLO me\r\nSTARTTLS\r\n");
	expect("220 2.0.0");
	shake_hands();
	expect_shown(&alone);
	SSL_free(ssl);
	ssl = NULL;
	close(fd[0]);
	/* Damaged: the old one stays. */
	write_file(pem, "nothing", 0600);
	dial(0);
	say("LHLO me\r\nSTARTTLS\r\n");
	expect("220 2.0.0");
	shake_hands();
	expect_shown(&alone);
	assert_int_equal(nwarning, 1);
}

/* ---- the file, the disk, the end ------------------------------------------ */

static void
refuse(const char *block, const char *why)
{
	if (begin(block) == 0)
		fail_msg("%s was taken", block);
	assert_int_equal(err.kind, ERR_BAD_INPUT);
	if (!strstr(err.text, why))
		fail_msg("'%s' is not in '%s'", why, err.text);
	gateway_close(&gw, false);
}

static void
mistakes_in_the_file_are_named(void **state)
{
	(void)state;
	refuse("receive \"a\" { protocol = \"imap\" }", "\"lmtp\" or \"smtp\"");
	refuse("receive \"a\" { listen = \"localhost\" }", "in digits");
	refuse("receive \"a\" { listen = \"::1\" path = \"/x\" }", "not both");
	refuse("receive \"a\" { path = \"/x\" path_mode = \"rw\" }", "octal");
	refuse("receive \"a\" { allow = { \"me\" } }", "allow: ");
	refuse("receive \"a\" { require_tls = yes }", "without tls_cert");
	refuse("receive \"a\" { require_auth = yes }", "users_file");
	refuse("receive \"a\" { tls_cert = \"/nonexistent\" }",
	    "/nonexistent: No such file");
	refuse("target \"disk\" { to = \"romeo@example.org\" }",
	    "no mail comes in");
	refuse("receive \"a\" { port = 2424 } receive \"b\" { }",
	    "block \"a\" is at that place");
	refuse(
	    "receive \"a\" { path = \"/x\" } receive \"b\" { path = \"/x\" }",
	    "block \"a\" is at that place");
	write_file(users, "alice\n", 0600);
	refuse("receive \"a\" { users_file = \"$/users\" }",
	    "line 1 is not name:password");
	write_file(users, "alice:secret\nbob:\n", 0600);
	refuse("receive \"a\" { users_file = \"$/users\" }",
	    "line 2 is not name:password");
	begin("");
}

static void
a_mail_for_which_there_is_no_disk_is_to_come_again(void **state)
{
	struct buf line;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO me\r\n" ENVELOPE);
	expect("354 ");
	buf_init(&line, BIG);
	for (int i = 0; i < 400; i++)
		buf_addf(&line, "%s", i % 40 ? "aaaaaaaaaaaaaaaaaa" : "\r\n");
	for (int i = 0; i < 50; i++) {
		say(line.p);
		turn(2);
	}
	say("\r\n.\r\nNOOP\r\n");
	expect("452 4.3.1");
	expect("452 4.3.1");
	expect("250 ");
	assert_int_equal(nwarning, 1);
	unsetenv("TMPDIR");
	buf_release(&line);
}

static void
the_end_is_told(void **state)
{
	(void)state;
	answers_late = true;
	begin("receive \"a\" { path = \"@\" }");
	dial(0);
	say("LHLO me\r\n" ENVELOPE "x\r\n.\r\n");
	dial(1);
	expect_from(1, "220 ");
	turn(20);
	assert_int_equal(nowed, 1);
	close_gateway(&gw);
	is_open = false;
	expect("421 gw.example.org shuts down");
	expect_from(1, "421 gw.example.org shuts down");
}

static void
at_the_end_a_mail_that_has_begun_is_taken(void **state)
{
	struct mail_gateway *mg;

	(void)state;
	answers_late = true;
	begin("receive \"a\" { path = \"@\" }");
	mg = gateway_priv(&gw);
	dial(0);
	say("LHLO me\r\n" ENVELOPE "half a");
	expect("354 ");
	dial(1);
	expect_from(1, "220 ");
	assert_true(mail_listen_noun.winds_up(mg));
	expect_from(1, "421 gw.example.org shuts down");
	assert_int_not_equal(access(path, F_OK), 0);
	say(" mail\r\n.\r\n");
	turn(20);
	assert_int_equal(nowed, 1);
	assert_true(mail_listen_noun.winds_up(mg));
	answer_oldest(250);
	expect("250 2.0.0 mail 0\r\n");
	assert_false(mail_listen_noun.winds_up(mg));
	expect("421 gw.example.org shuts down");
	expect_end();
	assert_false(mail_listen_noun.winds_up(mg));
}

static void
a_place_that_is_taken_is_tried_again(void **state)
{
	(void)state;
	begin("receive \"a\" { path = \"@\" path_group = \"no-such-group\" }");
	assert_int_equal(nwarning, 1);
	pass(MAIL_PLACE_AGAIN_MS + 10);
	assert_int_equal(nwarning, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mail_is_taken_by_lmtp),
		TEST(replies_of_a_batch_come_together),
		TEST(what_follows_a_mail_waits_for_its_answer),
		TEST(a_mail_is_taken_even_if_its_sender_has_gone),
		TEST(a_mail_that_ends_early_is_none),
		TEST(who_says_nothing_is_hung_up_on),
		TEST(a_mail_that_crawls_is_hung_up_on),
		TEST(a_mail_has_so_much_time_and_no_more),
		TEST(a_mail_that_nobody_answers_is_to_come_again),
		TEST(mistakes_cost_time),
		TEST(strangers_wait_for_the_greeting),
		TEST(by_smtp_a_mail_has_one_answer),
		TEST(who_is_not_allowed_is_told_so),
		TEST(too_many_are_told_to_come_later),
		TEST(who_is_behind_a_peer_counts),
		TEST(logins_are_those_of_the_block_and_of_targets),
		TEST(starttls_works_with_the_certificate_of_the_day),
		TEST(mistakes_in_the_file_are_named),
		TEST(a_mail_for_which_there_is_no_disk_is_to_come_again),
		TEST(the_end_is_told),
		TEST(at_the_end_a_mail_that_has_begun_is_taken),
		TEST(a_place_that_is_taken_is_tried_again),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
