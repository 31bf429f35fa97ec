/*
 * From the commands of a mail server to what the core gets of a mail, with
 * both ends played: the core, the worker that reads, and targets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_blocks.h"
#include "smtp/mail_deliver.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_inlet.h"
#include "smtp/mail_lists.h"
#include "smtp/mail_out.h"
#include "smtp/mail_policy.h"
#include "smtp/mail_reader.h"
#include "smtp/mail_sets.h"
#include "smtp/mail_spelling.h"
#include "smtp/mail_spool.h"
#include "smtp/mail_take.h"
#include "smtp/mail_target.h"
#include "smtp/mail_thread.h"
#include "smtp/mail_where.h"
#include "smtp/mail_wishes.h"

/* ---- the core ----------------------------------------------------------- */

static struct clock now;
static struct buf said; /* what happened, a line each */
static struct mail_gateway mail;
static bool is_suspended;
static int arrive_rc;
static size_t nfull; /* the first so many are refused */

struct keeping {
	gw_kept_fn *fn;
	void *arg;
};
static struct keeping keeping[16];
static size_t nkeeping;

static struct {
	gateway_upload_fn *fn;
	void *arg;
} upload[16];
static size_t nupload;
static enum err_kind upload_err;

static char spelled[100];

struct clock *
gateway_clock(struct gateway *gw)
{
	(void)gw;
	return &now;
}

void *
gateway_priv(struct gateway *gw)
{
	(void)gw;
	return &mail;
}

struct loop *
gateway_loop(struct gateway *gw)
{
	(void)gw;
	return NULL;
}

struct str
gateway_domain(struct gateway *gw)
{
	(void)gw;
	return STR("mail.example.org");
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	(void)gw;
	return NULL;
}

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)gw;
	(void)network;
	(void)name;
	(void)value;
}

struct str
gateway_admin(struct gateway *gw, size_t i)
{
	(void)gw;
	return i == 0 ? STR("admin@example.org") : STR_EMPTY;
}

void
gateway_tell(struct gateway *gw, struct str user, struct str text)
{
	(void)gw;
	buf_addf(&said, "tell " STR_FMT ": " STR_FMT "\n", STR_ARG(user),
	    STR_ARG(text));
}

bool
gateway_is_suspended(struct gateway *gw, struct str user)
{
	(void)gw;
	(void)user;
	return is_suspended;
}

int
gateway_arrive(struct gateway *gw, const struct gw_arrival *v, size_t n,
    gw_kept_fn *fn, void *arg)
{
	const struct gw_message *m = v->message;

	(void)gw;
	assert_int_equal(n, 1);
	if (nfull > 0) {
		nfull--;
		return -1;
	}
	buf_addf(&said, "arrive " STR_FMT " from " STR_FMT ": " STR_FMT "\n",
	    STR_ARG(v->user), STR_ARG(m->from), STR_ARG(m->body));
	for (size_t i = 0; i < m->nattachment; i++)
		buf_addf(&said, "file " STR_FMT " " STR_FMT "\n",
		    STR_ARG(m->attachment[i].name),
		    STR_ARG(m->attachment[i].url));
	keeping[nkeeping++] = (struct keeping){ fn, arg };
	return arrive_rc;
}

int
gateway_report(
    struct gateway *gw, const struct gw_report *r, gw_kept_fn *fn, void *arg)
{
	(void)gw;
	buf_addf(&said, "report %llu %d %s\n", (unsigned long long)r->ticket,
	    (int)r->fate, r->err.text);
	keeping[nkeeping++] = (struct keeping){ fn, arg };
	return 0;
}

uint64_t
gateway_upload(struct gateway *gw, const struct gw_file *f,
    gateway_upload_fn *fn, void *arg, struct err *err)
{
	(void)gw;
	if (upload_err) {
		err_set(err, upload_err, "no");
		return 0;
	}
	buf_addf(&said, "upload " STR_FMT "\n", STR_ARG(f->name));
	upload[nupload].fn = fn;
	upload[nupload].arg = arg;
	return ++nupload;
}

void
gateway_upload_cancel(struct gateway *gw, uint64_t id)
{
	(void)gw;
	buf_addf(&said, "cancel %llu\n", (unsigned long long)id);
}

/* ---- the worker, targets, mailboxes -------------------------------------- */

static struct {
	mail_read_fn *fn;
	void *arg;
} reading;

struct mail_reading *
mail_read(
    struct mail_reader *r, struct mail_spool *body, mail_read_fn *fn, void *arg)
{
	(void)r;
	(void)body;
	reading.fn = fn;
	reading.arg = arg;
	return (struct mail_reading *)&reading;
}

void
mail_read_cancel(struct mail_reading **gp)
{
	if (*gp)
		buf_addf(&said, "no reading any more\n");
	*gp = NULL;
}

int
mail_target_admit(struct mail_gateway *gw, const struct mail_where *where,
    const struct mail_envelope *env, struct mail_reply *out)
{
	(void)gw;
	(void)env;
	if (strcmp(where->slug, "disk") == 0)
		return 0;
	mail_reply_set(out, 550, "5.1.1", "no such target");
	return -1;
}

enum mail_target_end
mail_target_deliver(struct mail_gateway *gw, const struct mail_where *where,
    const struct mail_envelope *env, const struct mail_record *r,
    struct mail_alert **out, struct mail_reply *reply)
{
	struct mail_alert *a;

	(void)gw;
	(void)env;
	if (strcmp(where->slug, "flood") == 0)
		return MAIL_TARGET_COUNT;
	if (strcmp(where->slug, "disk") != 0) {
		mail_reply_set(reply, 550, "5.1.1", "no such target");
		return MAIL_TARGET_REFUSE;
	}
	a = xcalloc(1, sizeof(*a));
	buf_init(&a->title, 100);
	buf_init(&a->body, 1000);
	buf_init(&a->whole, 1000);
	buf_add_str(&a->body, r->text);
	a->message.body = buf_str(&a->body);
	a->message.from = STR("disk");
	a->arrival = (struct gw_arrival){ .user = STR("ops@rooms.example.org"),
		.is_post = true,
		.message = &a->message };
	*out = a;
	return MAIL_TARGET_SAY;
}

bool
mail_target_count_kept(struct mail_gateway *gw, const struct mail_where *where,
    gw_kept_fn *fn, void *arg)
{
	(void)gw;
	buf_addf(&said, "count of %s\n", where->slug);
	keeping[nkeeping++] = (struct keeping){ fn, arg };
	return true;
}

void
mail_target_kept(struct mail_gateway *gw, const struct mail_alert *a)
{
	(void)gw;
	(void)a;
	buf_addf(&said, "target kept\n");
}

bool
mail_target_login(struct mail_gateway *gw, struct str user, struct str password)
{
	(void)gw;
	return str_is(user, "disk") && str_is(password, "token");
}

void
mail_out_nobody(struct mail_gateway *gw, struct str user)
{
	(void)gw;
	buf_addf(&said, "nobody there for " STR_FMT "\n", STR_ARG(user));
}

void
mail_spelling_note(struct mail_gateway *gw, struct str address)
{
	(void)gw;
	snprintf(spelled, sizeof(spelled), STR_FMT, STR_ARG(address));
}

struct str
mail_alias_user(const struct mail_gateway *gw, const struct mail_where *where)
{
	(void)gw;
	if (strcmp(where->name, "romeo") == 0)
		return STR("romeo@example.org");
	if (strcmp(where->name, "juliet") == 0)
		return STR("juliet@example.org");
	return STR_EMPTY;
}

/* ---- the other end --------------------------------------------------------- */

static struct mail_client client;
static struct str to[4];
static struct mail_envelope envelope;
static struct mail_record record;
static bool is_answered;

static const struct mail_noun *const nouns[] = { &mail_threads_noun,
	&mail_blocks_noun, &mail_wishes_noun, &mail_inlet_noun,
	&mail_lists_noun, &mail_sets_noun, &mail_takings_noun };
enum { NNOUN = sizeof(nouns) / sizeof(nouns[0]) };

static int
set_up(void **state)
{
	(void)state;
	log_set_level(LOG_WARN);
	clock_init(&now, 1000, INT64_C(1750000000000));
	buf_init(&said, 100000);
	mail = (struct mail_gateway){ .is_ready = true };
	mail.opt.domain = xstrdup("mail.example.org");
	mail.opt.authserv_id = xstrdup("");
	mail.opt.size_max = 1000000;
	mail.opt.in_per_minute = 3;
	mail.opt.source_per_minute = 5;
	mail.reader = (struct mail_reader *)&reading;
	for (size_t i = 0; i < NNOUN; i++)
		nouns[i]->open(&mail, NULL, NULL);
	client = (struct mail_client){ .address = STR("192.0.2.1") };
	envelope = (struct mail_envelope){ .client = &client,
		.sender = STR("bob@example.net"),
		.recipient = to,
		.is_lmtp = true };
	record = (struct mail_record){
		.from = { .address = STR("Bob@Example.NET") },
		.text = STR("hello"),
		.fresh = STR("hello"),
		.message_id = STR("1@far"),
		.hash = STR("0123456789abcdef0123456789abcdef"),
	};
	nkeeping = nupload = nfull = 0;
	is_suspended = is_answered = false;
	upload_err = ERR_NONE;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = NNOUN; i-- > 0;)
		nouns[i]->close(&mail);
	free(mail.opt.domain);
	free(mail.opt.authserv_id);
	buf_release(&said);
	clock_release(&now);
	return 0;
}

static void
says(const char *expected)
{
	assert_string_equal(said.p, expected);
	buf_clear(&said);
}

static int
rcpt(const char *recipient)
{
	struct mail_reply r = { 0 };

	mail_policy_recipient(&mail, &envelope, str_c(recipient), &r);
	return r.code;
}

static int
from(const char *sender)
{
	struct mail_reply r = { 0 };

	envelope.sender = str_c(sender);
	mail_policy_sender(&mail, &envelope, &r);
	return r.code;
}

static void
on_taken(void *arg, const struct mail_reply *reply, size_t n)
{
	(void)arg;
	assert_false(is_answered);
	assert_int_equal(n, envelope.nrecipient);
	is_answered = true;
	buf_addf(&said, "answer");
	for (size_t i = 0; i < n; i++)
		buf_addf(&said, " %d %s", reply[i].code, reply[i].enhanced);
	buf_addc(&said, '\n');
}

static void
hand_in(const char *one, const char *two)
{
	struct mail_spool *body = mail_spool_new(1000);

	to[0] = str_c(one);
	to[1] = str_c(two);
	envelope.nrecipient = two ? 2 : 1;
	is_answered = false;
	reading.fn = NULL;
	mail_take(&mail, &envelope, &body, on_taken, NULL);
	assert_null(body);
}

static void
is_read(void)
{
	struct mail_read_result r = { .record = &record };

	reading.fn(reading.arg, &r);
}

static void
take(const char *one, const char *two)
{
	hand_in(one, two);
	is_read();
}

static void
kept(bool ok)
{
	size_t n = nkeeping;

	nkeeping = 0;
	for (size_t i = 0; i < n; i++)
		keeping[i].fn(keeping[i].arg, ok);
}

static void
uploaded(size_t i, const char *url)
{
	struct err err = ERR_INIT;

	if (!url)
		err_set(&err, ERR_TOO_BIG, "too big");
	upload[i].fn(upload[i].arg, str_c(url), &err);
}

/* ---- RCPT and MAIL ---------------------------------------------------------- */

static void
who_exists_is_known_at_rcpt(void **state)
{
	static const struct {
		const char *to;
		int code;
	} rows[] = {
		{ "romeo@mail.example.org", 250 },
		{ "Romeo@MAIL.example.org", 250 },
		{ "nobody@mail.example.org", 550 },
		{ "romeo@example.com", 550 },
		{ "disk@mail.example.org", 250 },
		{ "postmaster", 250 },
		{ "POSTMASTER@mail.example.org", 250 },
		{ "abuse@mail.example.org", 250 },
		{ "\"romeo\"@mail.example.org", 550 },
		{ "b.abc.aaaaaaaaaaaaaaaa@mail.example.org", 550 },
		{ "r.abc.aaaaaaaaaaaaaaaa@mail.example.org", 550 },
		{ "z.x@mail.example.org", 550 },
		{ "romeo@[192.0.2.1]", 553 },
	};

	(void)state;
	client.is_trusted = true;
	mail.opt.in_per_minute = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rcpt(rows[i].to) != rows[i].code)
			fail_msg("%s", rows[i].to);
	/* A callout is answered as a mail is. */
	envelope.sender = STR_EMPTY;
	assert_int_equal(rcpt("romeo@mail.example.org"), 250);
	assert_int_equal(rcpt("nobody@mail.example.org"), 550);
}

static void
our_own_bounce_address_is_known(void **state)
{
	mail_ref_text local;
	char address[100];

	(void)state;
	mail_ref_bounce(&mail.refs, 7, now.utc, local);
	snprintf(address, sizeof(address), "%s@mail.example.org", local);
	assert_int_equal(rcpt(address), 250);
	now.utc += INT64_C(30) * 24 * 3600 * 1000;
	assert_int_equal(rcpt(address), 550);
}

static void
who_is_too_fast_is_put_off(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(rcpt("romeo@mail.example.org"), 250);
	assert_int_equal(rcpt("romeo@mail.example.org"), 450);
	/* And who sends. */
	assert_int_equal(rcpt("nobody@mail.example.org"), 550);
	assert_int_equal(rcpt("nobody@mail.example.org"), 550);
	assert_int_equal(rcpt("nobody@mail.example.org"), 550);
	assert_int_equal(rcpt("juliet@mail.example.org"), 450);
	assert_int_equal(rcpt("postmaster"), 250);
	client.is_trusted = true;
	assert_int_equal(rcpt("juliet@mail.example.org"), 250);
}

static void
operators_are_written_to_only_so_fast(void **state)
{
	(void)state;
	client.is_trusted = true;
	for (int i = 0; i < 6; i++)
		assert_int_equal(
		    rcpt(i % 2 ? "postmaster" : "abuse@mail.example.org"), 250);
	assert_int_equal(rcpt("postmaster@mail.example.org"), 450);
	now.at += 60000;
	assert_int_equal(rcpt("postmaster@mail.example.org"), 250);
}

static void
a_mailbox_can_be_closed(void **state)
{
	(void)state;
	is_suspended = true;
	assert_int_equal(rcpt("romeo@mail.example.org"), 450);
}

static void
nobody_else_sends_as_us(void **state)
{
	static const struct {
		const char *from;
		int code;
	} rows[] = {
		{ "", 250 },
		{ "root", 250 },
		{ "bob@example.net", 250 },
		{ "romeo@mail.example.org", 550 },
		{ "bob@-example.net", 553 },
		{ "SRS0=aaaa=bb=lists.example.com=bounces+a-very-long-name-of-"
		  "somebody=example.com@forwarder.example.net",
		    250 },
	};
	mail_ref_text local;
	char address[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (from(rows[i].from) != rows[i].code)
			fail_msg("%s", rows[i].from);
	client.user = STR("disk");
	client.is_target = true;
	assert_int_equal(from("romeo@mail.example.org"), 550);
	client.is_target = false;
	assert_int_equal(from("romeo@mail.example.org"), 250);
	client.user = STR_EMPTY;
	/* One of us has written to somebody who has it sent on to us. */
	mail_ref_bounce(&mail.refs, 7, now.utc, local);
	snprintf(address, sizeof(address), "%s@mail.example.org", local);
	assert_int_equal(from(address), 250);
	client.user = STR_EMPTY;
	client.is_trusted = true;
	assert_int_equal(from("romeo@mail.example.org"), 250);
	envelope.size = 1000001;
	assert_int_equal(from("bob@example.net"), 552);
}

static void
nothing_is_taken_before_what_is_kept_was_read(void **state)
{
	(void)state;
	mail.is_ready = false;
	assert_int_equal(from("bob@example.net"), 451);
	assert_int_equal(rcpt("romeo@mail.example.org"), 451);
	assert_false(mail_policy_login(&mail, STR("disk"), STR("token")));
	mail.is_ready = true;
	assert_true(mail_policy_login(&mail, STR("disk"), STR("token")));
}

/* ---- a mail ------------------------------------------------------------------- */

static void
a_mail_is_answered_when_it_is_on_disk(void **state)
{
	(void)state;
	hand_in("romeo@mail.example.org", NULL);
	assert_false(is_answered);
	is_read();
	says("arrive romeo@example.org from bob@example.net: hello\n");
	assert_false(is_answered);
	kept(true);
	says("answer 250 2.0.0\n");
	assert_true(mail_thread_knows(
	    mail.threads, STR("romeo@example.org"), STR("bob@example.net")));
	take("romeo@mail.example.org", NULL);
	kept(false);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "answer 451 4.3.0\n");
}

static void
a_mail_that_is_counted_is_answered_when_the_count_is_on_disk(void **state)
{
	(void)state;
	take("flood@mail.example.org", NULL);
	says("count of flood\n");
	assert_false(is_answered);
	kept(true);
	says("answer 250 2.0.0\n");
	take("flood@mail.example.org", NULL);
	kept(false);
	says("count of flood\nanswer 451 4.3.0\n");
}

static void
by_lmtp_each_is_answered_for_himself(void **state)
{
	(void)state;
	nfull = 1;
	take("romeo@mail.example.org", "disk@mail.example.org");
	kept(true);
	says("arrive ops@rooms.example.org from disk: hello\n"
	     "target kept\n"
	     "answer 452 4.2.2 250 2.0.0\n");
	/* The next is told before its data. */
	assert_int_equal(rcpt("romeo@mail.example.org"), 452);
	clock_advance(&now, now.at + 61000, now.utc + 61000);
	assert_int_equal(rcpt("romeo@mail.example.org"), 250);
}

static void
by_smtp_all_or_none_get_it(void **state)
{
	(void)state;
	envelope.is_lmtp = false;
	take("romeo@mail.example.org", "gone@mail.example.org");
	says("answer 550 5.1.1 550 5.1.1\n");
	take("romeo@mail.example.org", "juliet@mail.example.org");
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "arrive juliet@example.org from bob@example.net: hello\n"
	     "answer 250 2.0.0 250 2.0.0\n");
}

static void
what_cannot_be_read_is_refused_as_the_worker_says(void **state)
{
	struct mail_read_result r = { .record = NULL };

	(void)state;
	hand_in("romeo@mail.example.org", "juliet@mail.example.org");
	mail_reply_set(&r.reply, 552, "5.3.4", "too much");
	reading.fn(reading.arg, &r);
	says("answer 552 5.3.4 552 5.3.4\n");
}

static void
nobody_waits_for_ever(void **state)
{
	(void)state;
	hand_in("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + MAIL_TAKE_MS, now.utc + MAIL_TAKE_MS);
	says("answer 451 4.3.0\nno reading any more\n");
	/* What is at the disk already ends there. */
	take("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + MAIL_TAKE_MS, now.utc + MAIL_TAKE_MS);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "answer 451 4.3.0\n");
}

static void
without_a_worker_it_comes_again(void **state)
{
	(void)state;
	mail.reader = NULL;
	hand_in("romeo@mail.example.org", NULL);
	assert_false(is_answered);
	clock_advance(&now, now.at + 1, now.utc + 1);
	says("answer 451 4.3.2\n");
}

static void
what_goes_in_circles_reaches_nobody(void **state)
{
	(void)state;
	record.nreceived = 25;
	take("romeo@mail.example.org", "postmaster");
	says("answer 554 5.4.6 554 5.4.6\n");
	take("disk@mail.example.org", NULL);
	says("answer 554 5.4.6\n");
}

static void
operators_get_what_is_for_them(void **state)
{
	(void)state;
	record.is_spam = true; /* complaints hold some */
	take("abuse@mail.example.org", NULL);
	kept(true);
	says("arrive admin@example.org from bob@example.net: "
	     "[to abuse@mail.example.org]\nhello\n"
	     "answer 250 2.0.0\n");
}

static void
what_has_no_sender_is_from_the_gateway(void **state)
{
	(void)state;
	record.from.address = STR("root");
	take("romeo@mail.example.org", NULL);
	kept(true);
	says("arrive romeo@example.org from : [from root]\nhello\n"
	     "answer 250 2.0.0\n");
}

/* ---- wishes ------------------------------------------------------------------- */

static void
who_is_blocked_does_not_learn_of_it(void **state)
{
	(void)state;
	assert_int_equal(mail_blocks_put(mail.blocks, STR("romeo@example.org"),
	                     STR("@example.net"), MAIL_RULE_BLOCK, NULL),
	    0);
	take("romeo@mail.example.org", NULL);
	says("answer 250 2.0.0\n");
}

static void
who_wants_to_be_asked_is_asked_once(void **state)
{
	struct str romeo = STR("romeo@example.org");

	(void)state;
	record.subject = STR("Hi");
	assert_int_equal(mail_wishes_put(mail.wishes, romeo, STR("welcome"),
	                     STR("ask"), NULL),
	    0);
	take("romeo@mail.example.org", NULL);
	says("tell romeo@example.org: bob@example.net wants to write to you "
	     "about \"Hi\".  Write there, or use the command \"A sender\" to "
	     "let the mail through, or to block it.\n"
	     "answer 450 4.7.1\n");
	take("romeo@mail.example.org", NULL);
	says("answer 450 4.7.1\n");
	assert_int_equal(mail_blocks_put(mail.blocks, romeo,
	                     STR("bob@example.net"), MAIL_RULE_ALLOW, NULL),
	    0);
	take("romeo@mail.example.org", NULL);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: Hi\nhello\n"
	     "answer 250 2.0.0\n");
}

static void
who_wants_contacts_only_hears_no_others(void **state)
{
	struct str romeo = STR("romeo@example.org");

	(void)state;
	assert_int_equal(mail_wishes_put(mail.wishes, romeo, STR("welcome"),
	                     STR("contacts"), NULL),
	    0);
	take("romeo@mail.example.org", NULL);
	says("answer 550 5.7.1\n");
	mail_thread_sent(mail.threads, romeo, STR("bob@example.net"), NULL,
	    STR_EMPTY, STR("t.x.1.m@gw"), STR("a"), STR_EMPTY);
	take("romeo@mail.example.org", NULL);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "answer 250 2.0.0\n");
}

/* ---- reports -------------------------------------------------------------------- */

static char bounce_address[100];

/* A mail of romeo's to bob, ticket 7. */
static void
was_sent(void)
{
	mail_ref_text local, id;

	mail_ref_bounce(&mail.refs, 7, now.utc, local);
	snprintf(bounce_address, sizeof(bounce_address), "%s@mail.example.org",
	    local);
	mail_ref_message(&mail.refs, STR("abc"), 7, id);
	mail_thread_sent(mail.threads, STR("romeo@example.org"),
	    STR("bob@example.net"), NULL, STR("Lunch"), str_c(id), STR("a"),
	    STR_EMPTY);
	envelope.sender = STR_EMPTY;
}

static void
a_bounce_is_the_fate_of_its_message(void **state)
{
	struct mail_dsn_row row = { .recipient = STR("bob@example.net"),
		.action = STR("failed"),
		.status = STR("5.1.1") };

	(void)state;
	was_sent();
	record.class = MAIL_DSN;
	record.dsn = &row;
	record.ndsn = 1;
	take(bounce_address, NULL);
	says("nobody there for romeo@example.org\n"
	     "report 7 4 bob@example.net: there is no such mailbox: 5.1.1\n");
	assert_false(is_answered);
	kept(true);
	says("answer 250 2.0.0\n");
	/* Some servers write to the From. */
	record.dsn_envid = str_c(bounce_address);
	record.dsn_envid.len -= strlen("@mail.example.org");
	take("romeo@mail.example.org", NULL);
	kept(true);
	/* Said again, by whoever: that counts against nobody. */
	says("report 7 4 bob@example.net: there is no such mailbox: 5.1.1\n"
	     "answer 250 2.0.0\n");
}

static void
who_calls_himself_one_of_us_is_not_believed(void **state)
{
	(void)state;
	record.from.address = STR("juliet@mail.example.org");
	take("romeo@mail.example.org", NULL);
	says("arrive romeo@example.org from juliet@mail.example.org: "
	     "[sender not verified]\nhello\n");
	kept(true);
	buf_clear(&said);
	client.is_vouched = true;
	take("romeo@mail.example.org", NULL);
	says("arrive romeo@example.org from juliet@mail.example.org: hello\n");
	kept(true);
}

static void
dmarc_vouches_for_the_sender_that_it_has_read(void **state)
{
	(void)state;
	str_store(&mail.opt.authserv_id, STR("mx.example.org"));
	client.is_vouched = true;
	record.auth.dmarc = STR("pass");
	record.auth.dmarc_domain = STR("example.net");
	take("romeo@mail.example.org", NULL);
	says("arrive romeo@example.org from bob@example.net: hello\n");
	kept(true);
	buf_clear(&said);
	record.auth.dmarc_domain = STR("attacker.example");
	take("romeo@mail.example.org", NULL);
	says("arrive romeo@example.org from bob@example.net: "
	     "[sender not verified]\nhello\n");
	kept(true);
}

static void
backscatter_is_refused(void **state)
{
	struct mail_dsn_row row = { .action = STR("failed") };

	(void)state;
	envelope.sender = STR_EMPTY;
	record.class = MAIL_DSN;
	record.dsn = &row;
	record.ndsn = 1;
	record.returned_id = STR("t.abc.h.aaaaaaaaaaaaaaaa@mail.example.org");
	take("romeo@mail.example.org", NULL);
	says("answer 550 5.7.1\n");
}

static void
a_delay_is_told_in_words(void **state)
{
	struct mail_dsn_row row = { .recipient = STR("bob@example.net"),
		.action = STR("delayed"),
		.status = STR("4.4.1") };

	(void)state;
	was_sent();
	record.class = MAIL_DSN;
	record.dsn = &row;
	record.ndsn = 1;
	take(bounce_address, NULL);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: [not delivered "
	     "yet, and still being tried: bob@example.net: the mail server "
	     "cannot be reached: 4.4.1]\nanswer 250 2.0.0\n");
}

static void
out_of_office_is_a_message(void **state)
{
	(void)state;
	was_sent();
	record.class = MAIL_AUTO;
	record.is_auto = true;
	record.auto_kind = STR("auto-replied");
	record.text = record.fresh = STR("I am away");
	take(bounce_address, NULL);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: [automatic "
	     "reply]\nI am away\nanswer 250 2.0.0\n");
	/* But people do not write there. */
	record.class = MAIL_ORDINARY;
	record.is_auto = false;
	envelope.sender = STR("bob@example.net");
	take(bounce_address, NULL);
	says("answer 550 5.7.1\n");
}

static void
a_complaint_names_whose_mail_it_was(void **state)
{
	mail_ref_text id;

	(void)state;
	was_sent();
	mail_ref_message(&mail.refs, STR("abc"), 7, id);
	record.class = MAIL_ARF;
	record.returned_id = str_c(id);
	take("abuse@mail.example.org", NULL);
	kept(true);
	says("arrive admin@example.org from bob@example.net: [complaint about "
	     "a mail of romeo@example.org, to abuse@mail.example.org]\nhello\n"
	     "answer 250 2.0.0\n");
}

/* ---- lists ---------------------------------------------------------------------- */

static void
answers(const char *list, const char *expected)
{
	struct gw_field field = { STR("list"), str_c(list) };
	struct err err = ERR_INIT;
	struct buf out;

	buf_init(&out, 1000);
	if (mail_lists_on_leave(
	        NULL, STR("romeo@example.org"), &field, 1, &out, &err) < 0)
		buf_addf(&out, "%s", err.text);
	assert_string_equal(out.p, expected);
	buf_release(&out);
}

static void
how_to_leave_a_list_is_known(void **state)
{
	(void)state;
	answers("", "No mailing list has told you how to leave it.");
	record.class = MAIL_LIST;
	record.list_id = STR("dev.example.net");
	record.unsubscribe = STR("mailto:leave@example.net?subject=off");
	take("romeo@mail.example.org", NULL);
	kept(true);
	record.list_id = STR("ann.example.net");
	record.unsubscribe = STR("https://example.net/off");
	take("romeo@mail.example.org", NULL);
	kept(true);
	answers("",
	    "mailing list: ann.example.net\n"
	    "mailing list: dev.example.net\n");
	answers("<dev.example.net>",
	    "dev.example.net takes you off when you write there: "
	    "mailto:leave@example.net?subject=off\n"
	    "What stands behind ?subject= there has to be the subject.");
	answers("ANN.example.net",
	    "ann.example.net takes you off when you open this: "
	    "https://example.net/off");
	answers("x.example.net",
	    "no list called x.example.net has told you how to leave it");
	mail_lists_noun.forget(&mail, STR("romeo@example.org"));
	answers("", "No mailing list has told you how to leave it.");
}

static void
lists_outlive_restarts_and_have_a_ceiling(void **state)
{
	char name[60];

	(void)state;
	mail_lists_noun.on_fact(&mail, STR("romeo@example.org old.example.net"),
	    STR("1000 open https://example.net/old"));
	mail_lists_noun.on_fact(
	    &mail, STR("romeo@example.org"), STR("1000 open https://x"));
	mail_lists_noun.on_fact(&mail, STR("romeo@example.org bad.example.net"),
	    STR("1000 open javascript:x"));
	answers("", "mailing list: old.example.net\n");
	record.class = MAIL_LIST;
	record.unsubscribe = STR("https://example.net/off");
	for (int i = 0; i < MAIL_LISTS_USER; i++) {
		snprintf(name, sizeof(name), "l%d.example.net", i);
		record.list_id = str_c(name);
		mail_lists_note(&mail, STR("romeo@example.org"), &record);
	}
	answers("old.example.net",
	    "no list called old.example.net has told you how to leave it");
}

/* ---- files -------------------------------------------------------------------------- */

static const struct mail_part parts[] = {
	{ .name = { "a.pdf", 5 },
	    .mime = { "application/pdf", 15 },
	    .size = 3,
	    .is_carried = true,
	    .body = { "pdf", 3 } },
	{ .name = { "logo.png", 8 },
	    .mime = { "image/png", 9 },
	    .size = 100,
	    .is_inline = true,
	    .is_carried = true,
	    .body = { "x", 1 } },
	{ .name = { "film.mkv", 8 },
	    .mime = { "video/x-matroska", 16 },
	    .size = 99999999 },
};

static void
files_go_where_they_can_be_fetched(void **state)
{
	(void)state;
	record.part = parts;
	record.npart = 3;
	take("romeo@mail.example.org", "juliet@mail.example.org");
	says("upload a.pdf\n");
	uploaded(0, "https://up/1");
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "[film.mkv, video/x-matroska, 99999999 bytes: too much for one "
	     "mail]\n"
	     "file a.pdf https://up/1\n"
	     "arrive juliet@example.org from bob@example.net: hello\n"
	     "[film.mkv, video/x-matroska, 99999999 bytes: too much for one "
	     "mail]\n"
	     "file a.pdf https://up/1\n"
	     "answer 250 2.0.0 250 2.0.0\n");
}

static void
a_file_that_nobody_takes_is_named(void **state)
{
	(void)state;
	record.part = parts;
	record.npart = 1;
	take("romeo@mail.example.org", NULL);
	uploaded(0, NULL);
	kept(true);
	says("upload a.pdf\n"
	     "arrive romeo@example.org from bob@example.net: hello\n"
	     "[a.pdf, application/pdf, 3 bytes: too big]\n"
	     "answer 250 2.0.0\n");
	upload_err = ERR_UNSUPPORTED;
	take("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + 1, now.utc + 1);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "[a.pdf, application/pdf, 3 bytes: no]\n"
	     "answer 250 2.0.0\n");
}

static void
while_the_server_is_away_files_wait_with_their_mail(void **state)
{
	(void)state;
	record.part = parts;
	record.npart = 1;
	upload_err = ERR_UNREACHABLE;
	take("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + 1, now.utc + 1);
	says("answer 451 4.3.0\n");
	/* Busy is less than away: it goes on in a moment. */
	upload_err = ERR_BUSY;
	take("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + 300, now.utc + 300);
	upload_err = ERR_NONE;
	clock_advance(&now, now.at + 300, now.utc + 300);
	uploaded(0, "https://up/1");
	kept(true);
	says("upload a.pdf\n"
	     "arrive romeo@example.org from bob@example.net: hello\n"
	     "file a.pdf https://up/1\n"
	     "answer 250 2.0.0\n");
}

static void
a_long_text_is_one_file_for_all(void **state)
{
	static char text[MAIL_DELIVER_TEXT * 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	record.text = record.fresh = str_of(text, sizeof(text));
	take("romeo@mail.example.org", "juliet@mail.example.org");
	says("upload mail.txt\n");
	uploaded(0, "https://up/1");
	kept(true);
	assert_non_null(strstr(said.p, "file mail.txt https://up/1\narrive"));
	assert_non_null(strstr(said.p, "https://up/1\nanswer 250 2.0.0 250"));
}

static void
an_upload_has_a_deadline(void **state)
{
	(void)state;
	record.part = parts;
	record.npart = 1;
	take("romeo@mail.example.org", NULL);
	clock_advance(&now, now.at + MAIL_UPLOAD_MS, now.utc + MAIL_UPLOAD_MS);
	says("upload a.pdf\ncancel 1\nanswer 451 4.3.0\n");
}

static void
who_wants_no_files_reads_their_names(void **state)
{
	(void)state;
	record.part = parts;
	record.npart = 1;
	assert_int_equal(mail_wishes_put(mail.wishes, STR("romeo@example.org"),
	                     STR("files"), STR("no"), NULL),
	    0);
	take("romeo@mail.example.org", NULL);
	kept(true);
	says("arrive romeo@example.org from bob@example.net: hello\n"
	     "[a.pdf, application/pdf, 3 bytes: not passed on]\n"
	     "answer 250 2.0.0\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_exists_is_known_at_rcpt),
		TEST(our_own_bounce_address_is_known),
		TEST(who_is_too_fast_is_put_off),
		TEST(operators_are_written_to_only_so_fast),
		TEST(a_mailbox_can_be_closed),
		TEST(nobody_else_sends_as_us),
		TEST(nothing_is_taken_before_what_is_kept_was_read),
		TEST(a_mail_is_answered_when_it_is_on_disk),
		TEST(
		    a_mail_that_is_counted_is_answered_when_the_count_is_on_disk),
		TEST(by_lmtp_each_is_answered_for_himself),
		TEST(by_smtp_all_or_none_get_it),
		TEST(what_cannot_be_read_is_refused_as_the_worker_says),
		TEST(nobody_waits_for_ever),
		TEST(without_a_worker_it_comes_again),
		TEST(what_goes_in_circles_reaches_nobody),
		TEST(operators_get_what_is_for_them),
		TEST(what_has_no_sender_is_from_the_gateway),
		TEST(who_is_blocked_does_not_learn_of_it),
		TEST(who_wants_to_be_asked_is_asked_once),
		TEST(who_wants_contacts_only_hears_no_others),
		TEST(a_bounce_is_the_fate_of_its_message),
		TEST(backscatter_is_refused),
		TEST(who_calls_himself_one_of_us_is_not_believed),
		TEST(dmarc_vouches_for_the_sender_that_it_has_read),
		TEST(a_delay_is_told_in_words),
		TEST(out_of_office_is_a_message),
		TEST(a_complaint_names_whose_mail_it_was),
		TEST(how_to_leave_a_list_is_known),
		TEST(lists_outlive_restarts_and_have_a_ceiling),
		TEST(files_go_where_they_can_be_fetched),
		TEST(a_file_that_nobody_takes_is_named),
		TEST(while_the_server_is_away_files_wait_with_their_mail),
		TEST(a_long_text_is_one_file_for_all),
		TEST(an_upload_has_a_deadline),
		TEST(who_wants_no_files_reads_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
