/*
 * What the table of tests/smtp does not say: which mail comes out, what waits
 * for what, and ceilings.
 */
#include "smtp_peer.h"

static void
begin(bool is_lmtp)
{
	struct smtp_params as = peer_params(is_lmtp);

	peer_begin(&as);
	peer_greet();
	peer_say(is_lmtp ? "LHLO me\r\n" : "EHLO me\r\n");
	(void)peer_codes();
}

static int
tear_down(void **state)
{
	(void)state;
	peer_end();
	return 0;
}

#define ENVELOPE                                                               \
	"MAIL FROM:<a@example.net>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n"

static void
expect(const char *codes)
{
	assert_string_equal(peer_codes(), codes);
}

/* ---- the mail that comes out ---------------------------------------------- */

static void
the_mail_is_what_was_sent(void **state)
{
	(void)state;
	for (size_t step = 0; step < 9; step++) {
		begin(true);
		peer.step = step;
		peer_say(ENVELOPE "Subject: x\r\n\r\n..one\r\n...two\r\n "
		                  ".three\r\n\r\n.\r\n");
		assert_string_equal(peer.mail.p,
		    "Subject: x\r\n\r\n.one\r\n..two\r\n .three\r\n\r\n");
		assert_int_equal(peer.nmail, 1);
		if (step < 8)
			peer_end();
	}
}

/* What receivers elsewhere have taken for the end of a mail. */
static const struct sequence {
	const char *bytes;
	size_t len;
	const char *inside; /* what LMTP makes of it */
} sequences[] = {
#define SEQUENCE(s, t)                                                         \
	{                                                                      \
		s, sizeof(s) - 1, t                                            \
	}
	SEQUENCE("\n.\n", "\r\n.\r\n"),
	SEQUENCE("\n.\r\n", "\r\n.\r\n"),
	SEQUENCE("\r\n.\n", "\r\n\r\n"),
	SEQUENCE("\r.\r", "\r\n.\r\n"),
	SEQUENCE("\r.\r\n", "\r\n.\r\n"),
	SEQUENCE("\r\n.\r", "\r\n\r\n"),
	SEQUENCE("\r\n\0.\r\n", "\r\n.\r\n"),
};

static void
smuggle(bool is_lmtp, const struct sequence *s, size_t step)
{
	struct buf say;

	buf_init(&say, PEER_ALL);
	buf_addf(&say, "%sa", ENVELOPE);
	buf_add(&say, s->bytes, s->len);
	buf_addf(&say, "%sevil\r\n.\r\n", ENVELOPE);
	begin(is_lmtp);
	peer.step = step;
	peer_say_str(buf_str(&say));
	if (is_lmtp) {
		buf_clear(&say);
		buf_addf(&say, "a%s%sevil\r\n", s->inside, ENVELOPE);
		assert_string_equal(peer.mail.p, say.p);
	}
	assert_int_equal(peer.nmail, is_lmtp ? 1 : 0);
	assert_int_equal(peer.nvoid, is_lmtp ? 0 : 1);
	buf_release(&say);
}

static void
nothing_is_smuggled(void **state)
{
	(void)state;
	peer_begin(&(struct smtp_params){ .host = STR("x") });
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		for (size_t step = 0; step < 5; step++) {
			peer_end();
			smuggle(true, &sequences[i], step);
			expect("250/2.1.0 250/2.1.5 354 250/2.0.0");
			peer_end();
			smuggle(false, &sequences[i], step);
			assert_non_null(strstr(peer_codes(), "354 550/5.6."));
		}
}

static void
line_ends_are_made_whole(void **state)
{
	(void)state;
	begin(true);
	peer_say(ENVELOPE "a\nb\rc\r\r\nd\n\ne\r\n.\r\n");
	assert_string_equal(peer.mail.p, "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n");
}

static void
a_mail_over_its_size_leaves_the_connection_usable(void **state)
{
	struct buf big;

	(void)state;
	begin(true);
	buf_init(&big, PEER_ALL);
	for (int i = 0; i < 20000; i++)
		buf_addf(&big, "%s", i % 50 ? "a" : "\r\n");
	peer_say(ENVELOPE);
	peer_say_str(buf_str(&big));
	peer_say("\r\n.\r\n");
	expect("250/2.1.0 250/2.1.5 354 552/5.3.4");
	assert_int_equal(peer.nvoid, 1);
	peer_say(ENVELOPE "x\r\n.\r\n");
	expect("250/2.1.0 250/2.1.5 354 250/2.0.0");
	buf_release(&big);
}

static void
a_mail_without_end_is_hung_up_on(void **state)
{
	struct buf big;

	(void)state;
	begin(false);
	buf_init(&big, PEER_ALL);
	for (int i = 0; i < 1000; i++)
		buf_addf(&big, "aaaaaaaaaa aaaaaaaaaa aaaaaaaaaa aaaa\r\n");
	peer_say(ENVELOPE);
	for (int i = 0; i < 40 && !peer.is_closed; i++)
		peer_say_str(buf_str(&big));
	expect("250/2.1.0 250/2.1.5 354 552/5.3.4 close");
	buf_release(&big);
}

static void
a_line_without_end_is_refused(void **state)
{
	struct smtp_params as = peer_params(true);
	struct buf big;

	(void)state;
	as.size_max = 1000000;
	peer_begin(&as);
	peer_greet();
	peer_say("LHLO me\r\n" ENVELOPE);
	(void)peer_codes();
	buf_init(&big, PEER_ALL);
	for (int i = 0; i < 70000; i++)
		buf_addc(&big, 'a');
	peer_say_str(buf_str(&big));
	peer_say("\r\n.\r\n");
	expect("500/5.6.0");
	assert_int_equal(peer.nmail, 0);
	buf_release(&big);
}

/* ---- what is offered ------------------------------------------------------ */

static void
lines_of_hello_are(const char *lines)
{
	assert_string_equal(peer.out.p, lines);
	buf_clear(&peer.out);
}

static void
hello_tells_what_there_is(void **state)
{
	struct smtp_params as = peer_params(false);

	(void)state;
	as.has_tls = as.has_auth = as.may_xforward = true;
	peer_begin(&as);
	peer_greet();
	(void)peer_codes();
	peer_say("EHLO me\r\n");
	lines_of_hello_are("250-mx.example.org\r\n250-SIZE 10000\r\n"
	                   "250-LIMITS RCPTMAX=100\r\n250-PIPELINING\r\n"
	                   "250-8BITMIME\r\n250-STARTTLS\r\n"
	                   "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT "
	                   "SOURCE\r\n"
	                   "250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n");
	peer_say("STARTTLS\r\n");
	smtp_proto_tls_is_on(peer.p);
	assert_true(smtp_proto_is_tls(peer.p));
	buf_clear(&peer.out);
	peer_say("EHLO me\r\n");
	assert_null(strstr(peer.out.p, "STARTTLS"));
	assert_non_null(strstr(peer.out.p, "250-AUTH PLAIN LOGIN\r\n"));
	assert_null(strstr(peer.out.p, "CHUNKING"));
	assert_null(strstr(peer.out.p, "DSN"));
	peer_say("HELO me\r\n");
	assert_non_null(strstr(peer.out.p, "\r\n250 mx.example.org\r\n"));
}

/* ---- waiting -------------------------------------------------------------- */

static void
what_follows_waits_for_an_answer(void **state)
{
	struct mail_reply ok = peer_reply(250, "2.1.0", "ok");
	struct mail_reply no = peer_reply(550, "5.1.1", "no");

	(void)state;
	begin(true);
	peer.waits = true;
	peer_say(ENVELOPE "x\r\n.\r\nQUIT\r\n");
	assert_int_equal(peer.asked, SMTP_EV_SENDER);
	assert_false(smtp_proto_wants_input(peer.p));
	expect("");
	smtp_proto_answer(peer.p, &ok);
	peer_turn();
	assert_int_equal(peer.asked, SMTP_EV_RECIPIENT);
	expect("250/2.1.0");
	ok.enhanced = "2.1.5";
	smtp_proto_answer(peer.p, &ok);
	peer_turn();
	assert_int_equal(peer.asked, SMTP_EV_END);
	assert_true(smtp_proto_is_in_mail(peer.p));
	expect("250/2.1.5 354");
	assert_string_equal(peer.part.p, "x\r\n");
	smtp_proto_taken(peer.p, &no, 1);
	peer_turn();
	expect("550/5.1.1 221/2.0.0 close");
	/* Nobody asks for these. */
	smtp_proto_taken(peer.p, &ok, 1);
	smtp_proto_answer(peer.p, &ok);
	peer_turn();
	expect("close");
}

static void
an_answer_may_hang_up(void **state)
{
	struct mail_reply r = peer_reply(421, "4.3.2", "later");

	(void)state;
	begin(true);
	peer.waits = true;
	peer_say(ENVELOPE);
	smtp_proto_answer(peer.p, &r);
	peer_turn();
	expect("421/4.3.2 close");
}

static void
output_that_nobody_reads_stops_the_input(void **state)
{
	struct buf many;
	struct smtp_event ev;
	size_t n;

	(void)state;
	begin(true);
	buf_init(&many, PEER_ALL);
	for (int i = 0; i < 900; i++)
		buf_addf(&many, "HELP\r\n");
	smtp_proto_feed(peer.p, buf_str(&many));
	assert_false(smtp_proto_next(peer.p, &ev));
	n = smtp_proto_out(peer.p).len;
	assert_in_range(n, 16 * 1024, 17 * 1024);
	assert_false(smtp_proto_wants_input(peer.p));
	peer_turn();
	assert_true(smtp_proto_wants_input(peer.p));
	assert_true(peer.out.len > 2 * n);
	buf_release(&many);
}

static void
nothing_in_clear_survives_starttls(void **state)
{
	struct smtp_params as = peer_params(true);

	(void)state;
	as.has_tls = true;
	peer_begin(&as);
	peer_greet();
	peer_say("LHLO me\r\nMAIL FROM:<a@example.net>\r\n"
	         "STARTTLS\r\nLHLO evil\r\nMAIL FROM:<evil@example.net>\r\n");
	expect("220 250 250/2.1.0 220/2.0.0");
	assert_false(smtp_proto_wants_input(peer.p));
	smtp_proto_tls_is_on(peer.p);
	peer_turn();
	expect("");
	assert_int_equal(smtp_proto_helo(peer.p).len, 0);
	peer_say("LHLO me\r\nRCPT TO:<bob@example.org>\r\n");
	expect("250 503/5.5.1");
}

static void
tls_that_fails_is_told(void **state)
{
	struct smtp_params as = peer_params(false);
	struct mail_reply r = peer_reply(454, "4.7.0", "not now");

	(void)state;
	as.has_tls = true;
	peer_begin(&as);
	peer_greet();
	peer.waits = true;
	peer_say("EHLO me\r\nSTARTTLS\r\nNOOP\r\n");
	smtp_proto_answer(peer.p, &r);
	peer_turn();
	expect("220 250 454/4.7.0 250/2.0.0");
}

/* ---- the end -------------------------------------------------------------- */

static void
who_is_too_slow_is_told_so(void **state)
{
	(void)state;
	begin(true);
	peer_say(ENVELOPE "half a ma");
	(void)peer_codes();
	smtp_proto_expire(peer.p, "too slow");
	peer_turn();
	expect("421/4.4.2 close");
	peer_say("il\r\n.\r\n");
	assert_int_equal(peer.nmail, 0);
	expect("close");
}

static void
shutting_down_ends_after_the_mail(void **state)
{
	(void)state;
	begin(true);
	peer_say(ENVELOPE "half a ma");
	smtp_proto_shut_down(peer.p);
	peer_turn();
	(void)peer_codes();
	peer_say("il\r\n.\r\n");
	expect("250/2.0.0");
	assert_string_equal(peer.mail.p, "half a mail\r\n");
	peer_say("MAIL FROM:<a@example.net>\r\n");
	expect("421/4.3.2 close");
}

static void
who_comes_too_many_is_turned_away(void **state)
{
	struct smtp_params as = peer_params(true);

	(void)state;
	peer_begin(&as);
	smtp_proto_turn_away(peer.p, 421, "has no room now");
	peer_turn();
	assert_string_equal(
	    peer.out.p, "421 mx.example.org has no room now\r\n");
	expect("421 close");
	peer_say("LHLO me\r\n");
	expect("close");
}

/* ---- who it is ------------------------------------------------------------ */

static void
an_envelope_has_it_all(void **state)
{
	struct mail_envelope e;

	(void)state;
	begin(true);
	peer_say("MAIL FROM:<@x.example:Ann@Example.NET> SIZE=123 SMTPUTF8\r\n"
	         "RCPT TO:<Bob@example.org>\r\nRCPT TO:<nobody@example.org>\r\n"
	         "RCPT TO:<postmaster>\r\nRCPT TO:<Bob@example.org>\r\n");
	smtp_proto_envelope(peer.p, &e);
	assert_true(str_is(e.sender, "Ann@Example.NET"));
	assert_int_equal(e.nrecipient, 3);
	assert_true(str_is(e.recipient[0], "Bob@example.org"));
	assert_true(str_is(e.recipient[1], "postmaster"));
	assert_true(str_is(e.recipient[2], "Bob@example.org"));
	assert_int_equal(e.size, 123);
	assert_true(e.utf8 && e.is_lmtp);
	peer_say("RSET\r\n");
	smtp_proto_envelope(peer.p, &e);
	assert_int_equal(e.nrecipient + e.size + e.sender.len + e.utf8, 0);
}

static void
the_sender_is_known_when_it_is_asked_about(void **state)
{
	struct mail_envelope e;

	(void)state;
	begin(true);
	peer.waits = true;
	peer_say("MAIL FROM:<ann@example.net> SIZE=7\r\n");
	smtp_proto_envelope(peer.p, &e);
	assert_true(str_is(e.sender, "ann@example.net"));
	assert_int_equal(e.size, 7);
}

static void
xforward_holds_for_one_mail(void **state)
{
	struct smtp_params as = peer_params(true);
	const struct smtp_origin *o;

	(void)state;
	as.may_xforward = true;
	peer_begin(&as);
	peer_greet();
	peer_say("LHLO mta\r\nXFORWARD NAME=h+2Dx.example ADDR=192.0.2.7\r\n"
	         "XFORWARD PORT=2525 HELO=printer\r\n");
	o = smtp_proto_origin(peer.p);
	assert_string_equal(o->address, "192.0.2.7");
	assert_string_equal(o->name, "h-x.example");
	assert_int_equal(o->port, 2525);
	assert_true(str_is(smtp_proto_helo(peer.p), "printer"));
	peer_say(ENVELOPE "x\r\n");
	assert_string_equal(smtp_proto_origin(peer.p)->address, "192.0.2.7");
	peer_say(".\r\n");
	assert_string_equal(smtp_proto_origin(peer.p)->address, "");
	assert_true(str_is(smtp_proto_helo(peer.p), "mta"));
}

static void
xclient_holds_for_good(void **state)
{
	struct smtp_params as = peer_params(false);

	(void)state;
	as.may_xclient = true;
	peer_begin(&as);
	peer_greet();
	peer_say("EHLO proxy\r\nXCLIENT ADDR=IPv6:2001:db8::1 LOGIN=alice\r\n"
	         "EHLO client\r\n" ENVELOPE "x\r\n.\r\n");
	assert_string_equal(smtp_proto_origin(peer.p)->address, "2001:db8::1");
	assert_true(str_is(smtp_proto_user(peer.p), "alice"));
	assert_true(str_is(smtp_proto_helo(peer.p), "client"));
}

static void
a_login_has_a_name(void **state)
{
	struct smtp_params as = peer_params(false);

	(void)state;
	as.has_auth = as.clear_auth = true;
	peer_begin(&as);
	peer_greet();
	peer_say("EHLO me\r\nAUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n");
	assert_true(str_is(smtp_proto_user(peer.p), "alice"));
	expect("220 250 334 334 235/2.7.0");
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_mail_is_what_was_sent),
		TEST(nothing_is_smuggled),
		TEST(line_ends_are_made_whole),
		TEST(a_mail_over_its_size_leaves_the_connection_usable),
		TEST(a_mail_without_end_is_hung_up_on),
		TEST(a_line_without_end_is_refused),
		TEST(hello_tells_what_there_is),
		TEST(what_follows_waits_for_an_answer),
		TEST(an_answer_may_hang_up),
		TEST(output_that_nobody_reads_stops_the_input),
		TEST(nothing_in_clear_survives_starttls),
		TEST(tls_that_fails_is_told),
		TEST(who_is_too_slow_is_told_so),
		TEST(shutting_down_ends_after_the_mail),
		TEST(who_comes_too_many_is_turned_away),
		TEST(an_envelope_has_it_all),
		TEST(the_sender_is_known_when_it_is_asked_about),
		TEST(xforward_holds_for_one_mail),
		TEST(xclient_holds_for_good),
		TEST(a_login_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
