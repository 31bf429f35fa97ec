/*
 * The engine against a server that is a string.  What it reports is written
 * down as one line per event, so that a test is a list of lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_handler.h"
#include "irc/irc_split.h"
#include "irc/irc_text.h"
#include "lib/utf8.h"

static struct irc_proto p;
static struct buf seen; /* events */
static struct buf sent; /* bytes to the server */
static int64_t now;

/* ---- writing events down ---------------------------------------------- */

static void
add_field(const char *name, struct str s)
{
	if (s.len)
		buf_addf(&seen, " %s=" STR_FMT, name, STR_ARG(s));
}

static void
add_who(const struct irc_who *w)
{
	if (w->nick.len == 0)
		return;
	buf_addf(&seen, " who=" STR_FMT, STR_ARG(w->nick));
	if (w->user.len)
		buf_addf(&seen, "!" STR_FMT, STR_ARG(w->user));
	if (w->host.len)
		buf_addf(&seen, "@" STR_FMT, STR_ARG(w->host));
}

static const char *const type_names[] = {
	[IRC_EV_READY] = "READY",
	[IRC_EV_ISUPPORT] = "ISUPPORT",
	[IRC_EV_JOIN] = "JOIN",
	[IRC_EV_PART] = "PART",
	[IRC_EV_QUIT] = "QUIT",
	[IRC_EV_KICK] = "KICK",
	[IRC_EV_RENAME] = "RENAME",
	[IRC_EV_NICK] = "NICK",
	[IRC_EV_NAME] = "NAME",
	[IRC_EV_NAMES_END] = "NAMES_END",
	[IRC_EV_TOPIC] = "TOPIC",
	[IRC_EV_MODE] = "MODE",
	[IRC_EV_MODES_END] = "MODES_END",
	[IRC_EV_BAN] = "BAN",
	[IRC_EV_BANS_END] = "BANS_END",
	[IRC_EV_MESSAGE] = "MESSAGE",
	[IRC_EV_REACT] = "REACT",
	[IRC_EV_TYPING] = "TYPING",
	[IRC_EV_REDACT] = "REDACT",
	[IRC_EV_CROWD] = "CROWD",
	[IRC_EV_WHO] = "WHO",
	[IRC_EV_AWAY] = "AWAY",
	[IRC_EV_CONTACT] = "CONTACT",
	[IRC_EV_AWAY_SELF] = "AWAY_SELF",
	[IRC_EV_AWAY_TOLD] = "AWAY_TOLD",
	[IRC_EV_ACCOUNT] = "ACCOUNT",
	[IRC_EV_HOST] = "HOST",
	[IRC_EV_REALNAME] = "REALNAME",
	[IRC_EV_INVITE] = "INVITE",
	[IRC_EV_INVITED] = "INVITED",
	[IRC_EV_REFUSED] = "REFUSED",
	[IRC_EV_DONE] = "DONE",
	[IRC_EV_SENT] = "SENT",
	[IRC_EV_ACCEPTED] = "ACCEPTED",
	[IRC_EV_FAILED] = "FAILED",
	[IRC_EV_SERVER_TEXT] = "SERVER_TEXT",
	[IRC_EV_WHOIS] = "WHOIS",
	[IRC_EV_LISTED] = "LISTED",
	[IRC_EV_LIST_END] = "LIST_END",
	[IRC_EV_STS] = "STS",
	[IRC_EV_DERIVE] = "DERIVE",
	[IRC_EV_CLOSED] = "CLOSED",
};

static const char *const kind_names[] = { "", " action", " notice", " ctcp",
	" ctcp-reply" };

/* As the contract promises: clean, but for the LF of a MOTD. */
static void
check_text(struct str text)
{
	struct str line;

	while (text.len && str_cut(&text, '\n', &line))
		assert_true(irc_text_is_clean(line));
}

static void
write_event(const struct irc_event *ev)
{
	check_text(ev->text);
	assert_true(ev->type == IRC_EV_SERVER_TEXT ||
	    ev->type == IRC_EV_WHOIS || !str_has(ev->text, '\n'));
	buf_addf(&seen, "%s", type_names[ev->type]);
	add_who(&ev->who);
	add_field("channel", ev->channel);
	add_field("nick", ev->nick);
	add_field("target", ev->target);
	add_field("user", ev->user);
	add_field("host", ev->host);
	add_field("account", ev->account);
	add_field("forward", ev->forward);
	add_field("ctcp", ev->ctcp);
	add_field("msgid", ev->msgid);
	add_field("reply", ev->reply);
	if (ev->type == IRC_EV_TYPING)
		buf_addf(&seen, " typing=%d", ev->typing);
	if (ev->type == IRC_EV_NAME)
		buf_addf(&seen, " modes=%s", ev->modes);
	if (ev->type == IRC_EV_MODE)
		buf_addf(&seen, " %c%c type=%d", ev->on ? '+' : '-', ev->letter,
		    ev->mode);
	if (ev->type == IRC_EV_LISTED)
		buf_addf(&seen, " n=%u", (unsigned)ev->n);
	if (ev->status)
		buf_addf(&seen, " status=%c", ev->status);
	if (ev->type == IRC_EV_REFUSED)
		buf_addf(&seen, " why=%d", ev->refusal);
	if (ev->type == IRC_EV_FAILED)
		buf_addf(&seen, " ask=%d", ev->ask);
	if (ev->err)
		buf_addf(&seen, " err=%s", err_kind_name(ev->err));
	if (ev->code)
		buf_addf(&seen, " code=%u", ev->code);
	if (ev->ref)
		buf_addf(&seen, " ref=%u", (unsigned)ev->ref);
	if (ev->at_utc)
		buf_addf(&seen, " at=%lld", (long long)ev->at_utc);
	buf_addf(&seen, "%s%s%s%s%s%s%s%s", kind_names[ev->kind],
	    ev->self ? " self" : "",
	    ev->on && ev->type != IRC_EV_MODE ? " on" : "",
	    ev->last ? " last" : "", ev->is_reply ? " reply" : "",
	    ev->is_server ? " server" : "", ev->permanent ? " permanent" : "",
	    ev->unsure ? " unsure" : "");
	if (ev->is_oper)
		buf_addf(&seen, " oper");
	if (ev->is_bot)
		buf_addf(&seen, " bot");
	if (ev->text.len)
		buf_addf(&seen, " [" STR_FMT "]", STR_ARG(ev->text));
	buf_addf(&seen, "\n");
}

/* ---- driving ---------------------------------------------------------- */

static void
drain(void)
{
	struct irc_event ev;

	while (irc_proto_next(&p, &ev))
		write_event(&ev);
}

/* The PING behind messages: tests that are about it see it. */
static bool sees_fences;

static void
hide_fences(void)
{
	static const char fence[] = "PING :settled\r\n";
	char *at;

	while (!sees_fences && sent.len && (at = strstr(sent.p, fence))) {
		memmove(at, at + strlen(fence), strlen(at + strlen(fence)) + 1);
		sent.len -= strlen(fence);
	}
}

static void
settle(void)
{
	struct str s;

	drain();
	while ((s = irc_proto_out(&p, now)).len) {
		buf_add_str(&sent, s);
		irc_proto_wrote(&p, s.len);
		drain();
	}
	hide_fences();
	drain();
}

/* From memory of its own that is gone afterwards. */
static void
feed_some(const char *bytes, size_t len)
{
	char *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	irc_proto_feed(&p, copy, len, now);
	drain();
	free(copy);
	settle();
}

static void
feed(const char *text)
{
	feed_some(text, strlen(text));
}

static void
forget(void)
{
	buf_clear(&seen);
	buf_clear(&sent);
}

#define assert_log(want)                                                       \
	do {                                                                   \
		assert_string_equal(seen.p, want);                             \
		buf_clear(&seen);                                              \
	} while (0)
#define assert_sent(want)                                                      \
	do {                                                                   \
		assert_string_equal(sent.p, want);                             \
		buf_clear(&sent);                                              \
	} while (0)

static const struct irc_params plain_params = {
	.nick = { "bob", 3 },
	.nick_fallback = { "romeo", 5 },
	.user = { "u1", 2 },
	.realname = { "romeo@example.org", 17 },
	.version = { "Passerelle 0.1", 14 },
};

static void
begin(const struct irc_params *params)
{
	struct err err = ERR_INIT;

	now = 1000;
	irc_proto_init(&p, params);
	if (irc_proto_start(&p, now, &err) < 0)
		fail_msg("%s", err.text);
	settle();
	forget();
}

/* Through registration, with all that later tests need. */
static void
begin_ready(const struct irc_params *params)
{
	begin(params);
	feed(":s.x 001 bob :Welcome\r\n"
	     ":s.x 005 bob CASEMAPPING=rfc1459 PREFIX=(ohv)@%+ STATUSMSG=@+ "
	     "CHANMODES=beI,k,l,imnpst CHANTYPES=# TOPICLEN=50 KICKLEN=40 "
	     "NICKLEN=12 :are supported\r\n"
	     ":s.x 422 bob :no MOTD\r\n");
	assert_int_equal(p.state, IRC_READY);
	forget();
}

static int
setup(void **state)
{
	(void)state;
	buf_init(&seen, 4 << 20);
	buf_init(&sent, 4 << 20);
	begin_ready(&plain_params);
	return 0;
}

static int
setup_fresh(void **state)
{
	(void)state;
	buf_init(&seen, 4 << 20);
	buf_init(&sent, 4 << 20);
	begin(&plain_params);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sees_fences = false;
	irc_proto_release(&p);
	buf_release(&seen);
	buf_release(&sent);
	return 0;
}

static void
restart(const struct irc_params *params)
{
	irc_proto_release(&p);
	begin(params);
}

static void
pass(int64_t ms)
{
	now += ms;
	irc_proto_tick(&p, now);
	settle();
}

static void
join(const char *channel, uint64_t ref)
{
	assert_int_equal(
	    irc_proto_join(&p, str_c(channel), STR_EMPTY, ref, NULL), 0);
	settle();
}

static int
say(const char *target, const char *text, uint64_t ref)
{
	int rc = irc_proto_message(
	    &p, IRC_MSG_NORMAL, str_c(target), str_c(text), ref, NULL);

	settle();
	return rc;
}

/* ---- registration ----------------------------------------------------- */

static void
registration_begins_with_cap_nick_and_user(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.server_password = STR("se cret");
	params.secrets_allowed = true;
	irc_proto_release(&p);
	irc_proto_init(&p, &params);
	assert_int_equal(irc_proto_start(&p, now, NULL), 0);
	settle();
	assert_sent("CAP LS 302\r\nPASS :se cret\r\nNICK bob\r\n"
	            "USER u1 0 * :romeo@example.org\r\n");
}

static void
webirc_comes_before_all_else(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.webirc.password = STR("hush");
	params.webirc.host = STR("1a2b3c4d.example.org");
	params.webirc.address = STR("0::1");
	params.server_password = STR("secret");
	params.secrets_allowed = true;
	irc_proto_release(&p);
	irc_proto_init(&p, &params);
	assert_int_equal(irc_proto_start(&p, now, NULL), 0);
	settle();
	assert_sent("WEBIRC hush passerelle 1a2b3c4d.example.org 0::1\r\n"
	            "CAP LS 302\r\nPASS :secret\r\nNICK bob\r\n"
	            "USER u1 0 * :romeo@example.org\r\n");
}

static void
a_server_without_cap_lets_us_in(void **state)
{
	(void)state;
	feed(":irc.x 020 * :Please wait\r\n:irc.x 001 bobby :Welcome\r\n"
	     ":irc.x 422 bobby :none\r\n");
	assert_log("READY nick=bobby\n");
	assert_true(irc_proto_is_self(&p, STR("BOBBY")));
	assert_false(irc_proto_is_self(&p, STR("bob")));
}

static void
ready_comes_two_seconds_after_001_without_a_motd(void **state)
{
	(void)state;
	feed(":irc.x 001 bob :Welcome\r\n");
	assert_log("");
	assert_int_equal(irc_proto_deadline(&p), now + IRC_MOTD_WAIT_MS);
	now += IRC_MOTD_WAIT_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("READY nick=bob\n");
}

static void
ready_comes_before_the_first_line_that_needs_it(void **state)
{
	(void)state;
	feed(":irc.x 001 bob :Welcome\r\n:irc.x NOTICE bob :hello\r\n"
	     ":bob!u@h JOIN #x\r\n");
	assert_log("SERVER_TEXT who=irc.x server [hello]\nREADY nick=bob\n"
	           "JOIN who=bob!u@h channel=#x self\n");
}

static void
commands_before_ready_are_refused(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(irc_proto_join(&p, STR("#c"), STR_EMPTY, 1, &err), -1);
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	assert_int_equal(say("#c", "x", 2), -1);
	assert_sent("");
}

static void
lines_about_channels_before_001_are_ignored(void **state)
{
	(void)state;
	feed(":a!u@h JOIN #c\r\n:a!u@h PRIVMSG bob :x\r\n:s 353 b = #c :a\r\n"
	     ":s 401 b c :no\r\n");
	assert_log("");
}

static void
the_motd_is_one_text(void **state)
{
	(void)state;
	feed(":s.x 001 bob :hi\r\n:s.x 375 bob :- s.x -\r\n"
	     ":s.x 372 bob :- one\r\n:s.x 372 bob :-\r\n"
	     ":s.x 372 bob :- t\002w\002o\r\n:s.x 376 bob :end\r\n");
	assert_log("READY nick=bob\n"
	           "SERVER_TEXT who=s.x code=372 server [one\n\ntwo]\n");
}

static void
a_nick_in_use_gets_alternates_until_tries_are_used_up(void **state)
{
	(void)state;
	feed(":s 433 * bob :in use\r\n");
	assert_sent("NICK bob_\r\n");
	feed(":s 433 * bob_ :in use\r\n");
	assert_sent("NICK bob__\r\n");
	feed(":s 436 * bob__ :collision\r\n");
	assert_sent("NICK bob2\r\n");
	for (int i = 3; i < IRC_NICK_TRIES; i++)
		feed(":s 433 * x :in use\r\n");
	forget();
	feed(":s 433 * x :in use\r\n");
	assert_log("CLOSED err=conflict [in use]\n");
	assert_sent("");
}

static void
a_nick_that_is_refused_gets_shorter_and_then_another(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.nick = STR("montague_the_elder");
	restart(&params);
	feed(":s 432 * montague_the_elder :too long\r\n");
	assert_sent("NICK montague_\r\n");
	feed(":s 432 * montague_ :no\r\n");
	assert_sent("NICK romeo\r\n");
	feed(":s 432 * romeo :no\r\n");
	assert_log("CLOSED err=bad-input permanent [no]\n");
}

static void
registration_has_a_deadline(void **state)
{
	(void)state;
	assert_int_equal(irc_proto_deadline(&p), now + IRC_REGISTER_MS);
	now += IRC_REGISTER_MS - 1;
	irc_proto_tick(&p, now);
	settle();
	assert_log("");
	now++;
	irc_proto_tick(&p, now);
	settle();
	assert_log("CLOSED err=timeout [the server did not let us in within a "
	           "minute]\n");
	assert_int_equal(irc_proto_deadline(&p), -1);
}

static void
passwords_are_not_sent_in_clear_text_unasked(void **state)
{
	struct irc_params params = plain_params;
	struct err err = ERR_INIT;

	(void)state;
	params.sasl.account = STR("bob");
	params.sasl.password = STR("secret");
	irc_proto_release(&p);
	irc_proto_init(&p, &params);
	assert_int_equal(irc_proto_start(&p, now, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	settle();
	assert_sent("");
	irc_proto_release(&p);
	params = plain_params;
	params.server_password = STR("secret");
	irc_proto_init(&p, &params);
	assert_int_equal(irc_proto_start(&p, now, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
}

static void
parameters_cannot_carry_a_second_command(void **state)
{
	struct irc_params params = plain_params;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++) {
		params = plain_params;
		params.secrets_allowed = true;
		if (i == 0)
			params.user = STR("a\r\nQUIT");
		else if (i == 1)
			params.realname = STR("a\nQUIT");
		else
			params.server_password = STR("a\rQUIT");
		irc_proto_release(&p);
		irc_proto_init(&p, &params);
		assert_int_equal(irc_proto_start(&p, now, &err), -1);
		assert_int_equal(err.kind, ERR_BAD_INPUT);
	}
}

static const struct irc_params sasl_params = {
	.nick = { "bob", 3 },
	.user = { "u1", 2 },
	.realname = { "r", 1 },
	.sasl = { .account = { "acc", 3 }, .password = { "pw", 2 } },
	.secrets_allowed = true,
};

static void
sasl_plain_logs_in_before_cap_end(void **state)
{
	(void)state;
	restart(&sasl_params);
	feed(":s CAP * LS * :multi-prefix\r\n:s CAP * LS :sasl=PLAIN\r\n");
	assert_sent("CAP REQ :multi-prefix\r\nCAP REQ :sasl\r\n");
	feed(":s CAP * ACK :multi-prefix \r\n:s CAP * ACK :sasl \r\n");
	assert_sent("AUTHENTICATE PLAIN\r\n");
	feed("AUTHENTICATE :+\r\n");
	assert_sent("AUTHENTICATE YWNjAGFjYwBwdw==\r\n");
	feed(":s 900 bob * acc :in\r\n:s 903 bob :ok\r\n");
	assert_sent("CAP END\r\n");
	feed(":s 001 bob :hi\r\n:s 422 bob :none\r\n");
	assert_log("READY nick=bob\n");
	assert_true(irc_proto_has_cap(&p, IRC_CAP_MULTI_PREFIX));
}

static void
a_key_for_scram_is_asked_of_the_caller(void **state)
{
	struct irc_params params = sasl_params;
	uint8_t key[CRYPTO_SHA256_BYTES] = { 0 };

	(void)state;
	params.sasl.nonce = STR("abc");
	restart(&params);
	feed(":s CAP * LS :sasl=SCRAM-SHA-256,PLAIN\r\n"
	     ":s CAP * ACK :sasl\r\n");
	assert_sent("CAP REQ :sasl\r\nAUTHENTICATE SCRAM-SHA-256\r\n");
	feed("AUTHENTICATE +\r\n");
	assert_sent("AUTHENTICATE biwsbj1hY2Mscj1hYmM=\r\n");
	/* r=abcd,s=c2FsdA==,i=4096 */
	feed("AUTHENTICATE cj1hYmNkLHM9YzJGc2RBPT0saT00MDk2\r\n");
	assert_log("DERIVE\n");
	assert_sent("");
	irc_proto_derived(&p, key);
	settle();
	assert_int_equal(p.cap.sasl.state, IRC_SASL_SENT);
	forget();
	feed(":s 903 bob :trust me\r\n");
	assert_sent("CAP END\r\n");
	assert_log("SERVER_TEXT who=s code=903 [the server does not prove "
	           "that it knows the account]\n");
}

static void
a_wrong_password_ends_it_only_if_sasl_is_required(void **state)
{
	struct irc_params params = sasl_params;

	(void)state;
	for (int required = 0; required < 2; required++) {
		params.sasl_required = required;
		restart(&params);
		feed(":s CAP * LS :sasl\r\n:s CAP * ACK :sasl\r\n"
		     "AUTHENTICATE +\r\n");
		forget();
		feed(":s 904 bob :SASL failed\r\n");
		if (required) {
			assert_log("CLOSED err=auth permanent [SASL failed]\n");
		} else {
			assert_sent("CAP END\r\n");
			assert_log(
			    "SERVER_TEXT who=s code=904 [SASL failed]\n");
		}
	}
}

static void
missing_sasl_ends_it_for_now_if_required(void **state)
{
	static const char *const ways[] = { ":s CAP * LS :x\r\n",
		":s CAP * LS :sasl\r\n:s CAP * NAK :sasl\r\n",
		":s 001 bob :hi\r\n" };
	struct irc_params params = sasl_params;

	(void)state;
	params.sasl_required = true;
	/* Nothing weaker: NickServ would be told the password. */
	params.sasl.mechanism = STR("SCRAM-SHA-256");
	for (int i = 0; i < 3; i++) {
		restart(&params);
		feed(ways[i]);
		assert_log("CLOSED err=auth [the server offers no SASL that "
		           "your settings allow at the moment]\n");
	}
}

static void
without_sasl_nickserv_is_told_before_the_rooms(void **state)
{
	(void)state;
	restart(&sasl_params);
	feed(":s CAP * LS :x\r\n:s 001 bob :hi\r\n:s 422 bob :none\r\n");
	assert_sent("CAP END\r\nNICKSERV :IDENTIFY acc pw\r\n");
	assert_log("");
	feed(":NickServ!s@services NOTICE bob :This nick is registered\r\n"
	     ":NickServ!s@services NOTICE bob :You are now identified\r\n");
	assert_log("MESSAGE who=NickServ!s@services nick=bob notice "
	           "[This nick is registered]\nREADY nick=bob\n");
	assert_int_equal(p.cap.sasl.password.len, 0);

	/* The account is our nick: one word is enough. */
	restart(&sasl_params);
	feed(":s 001 acc :hi\r\n:s 005 acc NETWORK=x :are\r\n");
	assert_sent("NICKSERV :IDENTIFY pw\r\n");
	feed(":s 900 acc acc!u@h acc :You are now logged in as acc\r\n");
	feed(":s 422 acc :none\r\n");
	assert_log("ISUPPORT who=s\nREADY nick=acc\n");
}

static void
nickserv_is_waited_for_three_seconds(void **state)
{
	struct irc_params params = sasl_params;

	(void)state;
	for (int required = 0; required < 2; required++) {
		params.sasl_required = required;
		restart(&params);
		feed(":s CAP * LS :\r\n:s 001 bob :hi\r\n:s 422 bob :none\r\n");
		assert_log("");
		assert_int_equal(irc_proto_deadline(&p), now + 3000);
		pass(2999);
		assert_log("");
		pass(1);
		assert_log(required
		        ? "CLOSED err=auth [not logged in: the server offers "
		          "no SASL, and NickServ has not answered in time]\n"
		        : "SERVER_TEXT server [not logged in: the server "
		          "offers no SASL, and NickServ has not answered in "
		          "time]\nREADY nick=bob\n");
	}
}

static void
a_password_that_nickserv_refuses_is_not_tried_again(void **state)
{
	struct irc_params params = sasl_params;

	(void)state;
	for (int required = 0; required < 2; required++) {
		params.sasl_required = required;
		restart(&params);
		feed(":s 001 bob :hi\r\n:s 422 bob :none\r\n");
		feed(":nickserv!s@h NOTICE bob :Invalid password for acc.\r\n");
		assert_log(required
		        ? "CLOSED err=auth permanent [not logged in: the "
		          "server offers no SASL, and NickServ says: Invalid "
		          "password for acc.]\n"
		        : "SERVER_TEXT who=nickserv!s@h server [not logged "
		          "in: the server offers no SASL, and NickServ says: "
		          "Invalid password for acc.]\nREADY nick=bob\n");
		if (required)
			continue;
		feed(":s CAP bob NEW :sasl=PLAIN\r\n");
		assert_sent("NICKSERV :IDENTIFY acc pw\r\n");
	}
}

/* Anybody could call himself NickServ where there are no services. */
static void
only_a_service_is_told_the_password(void **state)
{
	static const struct {
		const char *who, *sent;
	} cases[] = {
		{ ":s 311 bob NickServ s h * :x\r\n"
		  ":s 312 bob NickServ services.example :x\r\n",
		    "PRIVMSG NickServ :IDENTIFY acc pw\r\n" },
		{ ":s 313 bob NickServ :is a Network Service\r\n",
		    "PRIVMSG NickServ :IDENTIFY acc pw\r\n" },
		{ ":s 311 bob NickServ service services. * :services.x\r\n"
		  ":s 312 bob NickServ irc.example :the services. server\r\n"
		  ":s 313 bob NickServ :is an IRC operator\r\n",
		    "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		restart(&sasl_params);
		feed(":s 001 bob :hi\r\n:s 422 bob :none\r\n");
		forget();
		feed(":s 421 bob NICKSERV :Unknown command\r\n");
		assert_sent("WHOIS NickServ\r\n");
		feed(cases[i].who);
		feed(":s 318 bob NickServ :End\r\n");
		assert_sent(cases[i].sent);
		assert_log(cases[i].sent[0]
		        ? ""
		        : "SERVER_TEXT who=s server [not logged in: the "
		          "server offers no SASL, and its NickServ is no "
		          "service]\nREADY nick=bob\n");
	}
	restart(&sasl_params);
	feed(":s 001 bob :hi\r\n:s 422 bob :none\r\n"
	     ":s 421 bob NICKSERV :Unknown command\r\n"
	     ":s 401 bob NickServ :No such nick\r\n"
	     ":s 318 bob NickServ :End\r\n");
	assert_log("SERVER_TEXT who=s server [not logged in: the server "
	           "offers no SASL, and there is no NickServ]\n"
	           "READY nick=bob\n");
}

static void
sasl_that_comes_later_logs_in_then(void **state)
{
	(void)state;
	restart(&sasl_params);
	feed(":s CAP * LS :cap-notify\r\n:s CAP * ACK :cap-notify\r\n"
	     ":s 001 bob :hi\r\n:s 422 bob :none\r\n"
	     ":s 440 bob NickServ :Services are down\r\n");
	forget();
	feed(":s CAP bob NEW :sasl=PLAIN\r\n");
	assert_sent("CAP REQ :sasl\r\n");
	feed(":s CAP bob NAK :sasl\r\n");
	assert_sent("");
	assert_log("");
	feed(":s CAP bob NEW :sasl=PLAIN\r\n:s CAP bob ACK :sasl\r\n");
	assert_sent("CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\n");
	feed(":s CAP bob DEL :sasl\r\n:s 904 bob :no\r\n");
	assert_log("");
	feed(":s CAP bob NEW :sasl=PLAIN\r\n:s CAP bob ACK :sasl\r\n");
	forget();
	pass(30 * 1000); /* it says no more, and is not waited for */
	feed("AUTHENTICATE +\r\n");
	assert_sent("");
	feed(":s CAP bob NEW :sasl=PLAIN\r\n:s CAP bob ACK :sasl\r\n"
	     "AUTHENTICATE +\r\n");
	assert_sent("CAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\n"
	            "AUTHENTICATE YWNjAGFjYwBwdw==\r\n");
	feed(":s 900 bob bob!u@h acc :You are now logged in as acc\r\n"
	     ":s 903 bob :ok\r\n");
	assert_log("SERVER_TEXT who=s code=900 server [You are now logged "
	           "in as acc]\n");
	assert_int_equal(p.cap.sasl.password.len, 0);
	feed(":s CAP bob NEW :sasl=PLAIN\r\n");
	assert_sent("");
}

static void
the_chatter_of_a_connecting_server_is_not_shown(void **state)
{
	(void)state;
	feed(":s NOTICE AUTH :*** Looking up your hostname...\r\n"
	     "NOTICE * :Use SASL from here\r\n");
	assert_log("SERVER_TEXT server [Use SASL from here]\n");
}

/* ---- the end ---------------------------------------------------------- */

static void
reasons_to_give_up_are_permanent(void **state)
{
	static const struct {
		const char *bytes, *log;
	} ends[] = {
		{ ":s 464 * :Bad password\r\nERROR :Closing\r\n",
		    "CLOSED err=auth permanent [Bad password]\n" },
		{ ":s 465 * :You are banned\r\nERROR :Closing\r\n",
		    "CLOSED err=denied permanent [You are banned]\n" },
		{ "ERROR :Closing Link: x (K-lined)\r\n",
		    "CLOSED err=denied permanent [Closing Link: x "
		    "(K-lined)]\n" },
		{ "ERROR :Connection rejected - banned from server\r\n",
		    "CLOSED err=denied permanent [Connection rejected - "
		    "banned from server]\n" },
		{ "ERROR :Connection refused, too many connections from your "
		  "IP address\r\n",
		    "CLOSED err=busy [Connection refused, too many "
		    "connections from your IP address]\n" },
		{ "ERROR :Trying to reconnect too fast. Throttled\r\n",
		    "CLOSED err=busy [Trying to reconnect too fast. "
		    "Throttled]\n" },
		{ "ERROR\r\n", "CLOSED err=unreachable\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		restart(&plain_params);
		feed(ends[i].bytes);
		assert_log(ends[i].log);
		feed(":s 001 bob :hi\r\n");
		irc_proto_eof(&p, STR("eof"));
		settle();
		assert_log("");
	}
}

static void
the_reason_noted_before_outlives_the_end_of_the_link(void **state)
{
	(void)state;
	feed(":s KILL bob :s (flooding)\r\n");
	irc_proto_eof(&p, STR("connection reset"));
	settle();
	assert_log("CLOSED err=unreachable [s (flooding)]\n");
}

static void
what_is_open_fails_when_the_link_goes(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.burst = 1;
	params.interval_ms = 1000;
	irc_proto_release(&p);
	begin_ready(&params);
	join("#a", 1);
	say("#b", "hello", 2);
	irc_proto_topic(&p, STR("#c"), STR("t"), 3, NULL);
	irc_proto_eof(&p, STR("reset"));
	settle();
	assert_log("FAILED target=#b ask=1 err=unreachable ref=2 [the "
	           "connection to the server has ended]\n"
	           "FAILED target=#c ask=4 err=unreachable ref=3 [the "
	           "connection to the server has ended]\n"
	           "REFUSED channel=#a target=#a why=13 err=unreachable ref=1 "
	           "[the connection to the server has ended]\n"
	           "CLOSED err=unreachable [reset]\n");
}

static void
quit_goes_ahead_of_all_and_nothing_follows(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.burst = 1;
	params.interval_ms = 1000;
	irc_proto_release(&p);
	begin_ready(&params);
	say("#a", "1", 1);
	say("#a", "2", 2);
	forget();
	irc_proto_quit(&p, STR("bye"));
	settle();
	assert_sent("QUIT :bye\r\n");
	now += 60000;
	settle();
	assert_sent("");
	feed("NOTICE bob :Connection statistics\r\nERROR :Closing link\r\n");
	/* It has read the QUIT, hence all before it. */
	assert_log("FAILED target=#a ask=1 err=unreachable ref=2 [the "
	           "connection to the server has ended]\n"
	           "ACCEPTED ref=1\nCLOSED\n");
}

/* ---- batches ---------------------------------------------------------- */

#define SPLIT "the servers a.x and b.x have lost each other (netsplit)"

static void
a_netsplit_is_the_reason_of_its_batch_only(void **state)
{
	(void)state;
	feed(":s.x BATCH +1 netsplit a.x b.x\r\n"
	     "@batch=1 :al!u@h QUIT :a.x b.x\r\n"
	     "@batch=2 :bea!u@h QUIT :bye\r\n"
	     ":s.x BATCH -1\r\n"
	     "@batch=1 :cy!u@h QUIT :late\r\n");
	assert_log("CROWD who=s.x on\nQUIT who=al!u@h [" SPLIT "]\n"
	           "QUIT who=bea!u@h [bye]\nCROWD who=s.x\n"
	           "QUIT who=cy!u@h [late]\n");
	assert_null(p.batches);
}

static void
a_crowd_ends_with_the_last_of_its_batches(void **state)
{
	(void)state;
	feed(":s.x BATCH +1 netsplit a.x b.x\r\n"
	     ":s.x BATCH +2 NETJOIN a.x b.x\r\n:s.x BATCH +3 x\r\n"
	     ":s.x BATCH -1\r\n");
	assert_log("CROWD who=s.x on\n");
	forget();
	feed(":s.x BATCH -2\r\n:s.x BATCH -3\r\n:s.x BATCH -2\r\n");
	assert_log("CROWD who=s.x\n");
}

static void
two_servers_are_the_reason_of_a_netsplit_without_a_batch(void **state)
{
	(void)state;
	feed(":al!u@h QUIT :a.x b.x\r\n:al!u@h QUIT :*.net *.split\r\n"
	     ":al!u@h QUIT :a.x b.x c.x\r\n:al!u@h QUIT :a.x b\r\n"
	     ":al!u@h QUIT :Quit: a.x b.x\r\n:al!u@h QUIT :a.x\r\n"
	     ":al!u@h QUIT :a.x \r\n:al!u@h QUIT\r\n");
	assert_log("QUIT who=al!u@h [" SPLIT "]\n"
	           "QUIT who=al!u@h [two servers of the network have lost each "
	           "other (netsplit)]\n"
	           "QUIT who=al!u@h [a.x b.x c.x]\nQUIT who=al!u@h [a.x b]\n"
	           "QUIT who=al!u@h [Quit: a.x b.x]\nQUIT who=al!u@h [a.x]\n"
	           "QUIT who=al!u@h [a.x ]\nQUIT who=al!u@h\n");
}

static void
batches_inside_a_netsplit_belong_to_it(void **state)
{
	(void)state;
	feed(":s.x BATCH +1 netsplit a.x b.x\r\n"
	     "@batch=1 :s.x BATCH +2 x.y/z\r\n"
	     "@batch=2 :al!u@h QUIT :a.x b.x\r\n"
	     /* one that is inside itself */
	     "@batch=3 :s.x BATCH +3 x.y/z\r\n"
	     "@batch=3 :bea!u@h QUIT :bye\r\n"
	     /* deeper than we look */
	     "@batch=2 :s.x BATCH +4 x\r\n@batch=4 :s.x BATCH +5 x\r\n"
	     "@batch=5 :s.x BATCH +6 x\r\n@batch=6 :cy!u@h QUIT :deep\r\n");
	assert_log("CROWD who=s.x on\nQUIT who=al!u@h [" SPLIT "]\n"
	           "QUIT who=bea!u@h [bye]\nQUIT who=cy!u@h [deep]\n");
}

/* Neither many of them, nor one that is badly named, takes a line away. */
static void
batches_that_are_open_are_bounded(void **state)
{
	char line[200];

	(void)state;
	for (int i = 0; i < IRC_BATCHES; i++) {
		snprintf(line, sizeof(line), ":s.x BATCH +n%d x\r\n", i);
		feed(line);
	}
	feed(":s.x BATCH +1 netsplit a.x b.x\r\n"
	     "@batch=1 :al!u@h QUIT :early\r\n:s.x BATCH -1\r\n");
	assert_log("QUIT who=al!u@h [early]\n");
	forget();
	now += IRC_BATCH_MS;
	snprintf(line, sizeof(line),
	    ":s.x BATCH +%0*d netsplit a.x b.x\r\n"
	    ":s.x BATCH + netsplit a.x b.x\r\n:s.x BATCH 1 netsplit\r\n",
	    IRC_BATCH_REF + 1, 1);
	feed(line);
	feed("@batch= :al!u@h QUIT :bye\r\n:s.x BATCH -\r\n:s.x BATCH :\r\n");
	assert_log("QUIT who=al!u@h [bye]\n");
	assert_null(p.batches);
}

static void
history_in_a_batch_has_an_end(void **state)
{
	int i;

	(void)state;
	feed(":s.x BATCH +1 chathistory #c\r\n"
	     "@batch=1 :s.x BATCH +2 other\r\n");
	for (i = 0; i < IRC_BATCH_PAST; i++)
		feed("@batch=2 :al!u@h JOIN #c\r\n");
	feed("@batch=1 :al!u@h PRIVMSG #c :one too many\r\n"
	     "@batch=2 :al!u@h JOIN #c\r\n");
	assert_log("");
	feed("@batch=3 :al!u@h JOIN #d\r\n");
	assert_log("JOIN who=al!u@h channel=#d\n");
}

static void
a_batch_that_never_ends_is_given_up(void **state)
{
	(void)state;
	feed(":s.x BATCH +1 netsplit *.net *.split\r\n"
	     "@batch=1 :al!u@h QUIT :*.net *.split\r\n");
	now += IRC_BATCH_MS;
	feed("@batch=1 :bea!u@h QUIT :bye\r\n");
	assert_log("CROWD who=s.x on\n"
	           "QUIT who=al!u@h [two servers of the network have lost each "
	           "other (netsplit)]\nQUIT who=bea!u@h [bye]\n");
	assert_null(p.batches);
}

/* ---- labels ----------------------------------------------------------- */

static void
get_labels(void)
{
	feed(":s.x CAP bob NEW :batch labeled-response\r\n"
	     ":s.x CAP bob ACK :batch labeled-response\r\n");
	forget();
}

static void
a_label_finds_its_message_and_no_other(void **state)
{
	(void)state;
	get_labels();
	say("#a", "one", 1);
	say("#a", "two", 2);
	assert_int_equal(
	    irc_proto_ctcp(&p, STR("al"), STR("VERSION"), STR_EMPTY, 3, NULL),
	    0);
	settle();
	assert_sent("@label=1 PRIVMSG #a :one\r\n@label=2 PRIVMSG #a :two\r\n"
	            "@label=3 PRIVMSG al :\001VERSION\001\r\n");
	forget();
	feed(
	    "@label=2 :s.x 404 bob #a :no\r\n@label=3 :s.x 401 bob al :gone\r\n"
	    "@label=1 :s.x ACK\r\n");
	assert_log(
	    "FAILED who=s.x target=#a ask=1 err=denied code=404 ref=2 "
	    "[no]\n"
	    "FAILED who=s.x target=al ask=1 err=not-found code=401 ref=3 "
	    "[gone]\nACCEPTED who=s.x ref=1\n");
	assert_int_equal(p.asks.nsent_messages, 0);
	/* Answered already; not ours; not a number. */
	feed("@label=1 :s.x ACK\r\n@label=77 ACK\r\n@label=-1 ACK\r\n"
	     "@label=99999999999 ACK\r\n@label ACK\r\n@label=0 ACK\r\n");
	assert_log("");
}

static void
an_answer_in_a_batch_has_the_label_of_it(void **state)
{
	(void)state;
	get_labels();
	say("#a", "one", 1);
	say("#a", "two", 2);
	forget();
	feed("@label=2 :s.x BATCH +x labeled-response\r\n"
	     "@batch=x :s.x BATCH +y x\r\n"
	     "@batch=y :s.x 404 bob #a :no\r\n");
	assert_log("FAILED who=s.x target=#a ask=1 err=denied code=404 ref=2 "
	           "[no]\n");
}

/* An acknowledgement of a part is none of the whole. */
static void
all_lines_of_a_message_are_acknowledged(void **state)
{
	(void)state;
	get_labels();
	say("#a", "one\ntwo", 1);
	assert_sent(
	    "@label=1 PRIVMSG #a :one\r\n@label=1.2 PRIVMSG #a :two\r\n");
	forget();
	feed("@label=1 :s.x ACK\r\n");
	assert_log("");
	feed("@label=1.2 :s.x ACK\r\n");
	assert_log("ACCEPTED who=s.x ref=1\n");
}

static void
without_batch_there_are_no_labels(void **state)
{
	(void)state;
	feed(":s.x CAP bob NEW :labeled-response\r\n"
	     ":s.x CAP bob ACK :labeled-response\r\n");
	forget();
	say("#a", "one", 1);
	assert_sent("PRIVMSG #a :one\r\n");
}

static void
quit_has_a_deadline(void **state)
{
	(void)state;
	irc_proto_quit(&p, STR("bye\r\nJOIN #x"));
	settle();
	assert_sent("QUIT\r\n");
	assert_int_equal(irc_proto_deadline(&p), now + IRC_QUIT_MS);
	now += IRC_QUIT_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("CLOSED\n");
}

/* ---- liveness --------------------------------------------------------- */

static void
silence_is_answered_with_a_ping_and_then_an_end(void **state)
{
	(void)state;
	assert_int_equal(irc_proto_deadline(&p), now + IRC_SILENCE_MS);
	now += IRC_SILENCE_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_sent("PING :alive-1\r\n");
	now += 1000;
	feed(":s PONG s :alive-1\r\n");
	assert_log("");
	assert_int_equal(irc_proto_deadline(&p), now + IRC_SILENCE_MS);
	now += IRC_SILENCE_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_sent("PING :alive-2\r\n");
	now += IRC_PONG_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("CLOSED err=timeout [the server no longer answers]\n");
}

static void
ping_is_answered_whatever_its_form(void **state)
{
	(void)state;
	feed("PING\r\nPING x\r\nPING :x y\r\n@t=1 :s PING a b\r\n");
	assert_sent("PONG :\r\nPONG :x\r\nPONG :x y\r\nPONG :a\r\n");
}

static void
a_server_that_pings_and_never_reads_is_hung_up_on(void **state)
{
	(void)state;
	for (int i = 0; i < 2000 && p.state != IRC_CLOSED; i++) {
		irc_proto_feed(&p, "PING x\r\n", 8, now);
		drain();
	}
	assert_int_equal(p.state, IRC_CLOSED);
	assert_log("CLOSED err=protocol [the server asks much and reads "
	           "nothing]\n");
}

/* ---- channels --------------------------------------------------------- */

static void
a_join_is_told_in_order(void **state)
{
	(void)state;
	join("#C", 7);
	assert_sent("JOIN #C\r\n");
	feed(":bob!~u1@h.x JOIN #c\r\n:s 332 bob #c :topic \002here\002\r\n"
	     ":s 333 bob #c al!u@h 1700000000\r\n"
	     ":s 353 bob = #c :@%al!u@h +bob \r\n:s 353 bob = #c :cy\r\n"
	     ":s 366 bob #c :End\r\n");
	assert_log("JOIN who=bob!~u1@h.x channel=#c ref=7 self\n"
	           "TOPIC who=al!u@h channel=#c at=1700000000000 [topic here]\n"
	           "NAME who=al!u@h channel=#c modes=oh\n"
	           "NAME who=bob channel=#c modes=v self\n"
	           "NAME who=cy channel=#c modes=\n"
	           "NAMES_END who=s channel=#c ref=7\n");
	feed(":s 366 bob #c :End\r\n");
	assert_log("NAMES_END who=s channel=#c\n");
}

static void
a_topic_without_its_setter_is_told_before_the_next_line(void **state)
{
	(void)state;
	feed(":s 332 bob #c :one\r\n:s 353 bob = #c :bob\r\n"
	     ":s 331 bob #d :no topic\r\n:s 333 bob #c al 5\r\n"
	     ":s 332 bob #c :two\r\n:s 333 bob #d al 5\r\n");
	assert_log("TOPIC channel=#c [one]\nNAME who=bob channel=#c modes= "
	           "self\nTOPIC channel=#d\nTOPIC channel=#c [two]\n");
}

static void
extended_join_tells_account_and_realname(void **state)
{
	(void)state;
	feed(":al!u@h JOIN #c acc :Al B\r\n:cy!u@h JOIN #c * :Cy\r\n"
	     "@account=dd :dan!u@h JOIN #c\r\n");
	assert_log("JOIN who=al!u@h channel=#c account=acc [Al B]\n"
	           "JOIN who=cy!u@h channel=#c [Cy]\n"
	           "JOIN who=dan!u@h channel=#c account=dd\n");
}

static void
coming_and_going_is_told(void **state)
{
	(void)state;
	feed(":al!u@h PART #c\r\n:al!u@h PART #c :by\003e\r\n"
	     ":al!u@h QUIT :gone\r\n:al!u@h QUIT\r\n:al!u@h KICK #c cy\r\n"
	     ":al!u@h KICK #c BOB :out\r\n:al!u@h NICK :al2\r\n");
	assert_log("PART who=al!u@h channel=#c\n"
	           "PART who=al!u@h channel=#c [bye]\n"
	           "QUIT who=al!u@h [gone]\nQUIT who=al!u@h\n"
	           "KICK who=al!u@h channel=#c nick=cy\n"
	           "KICK who=al!u@h channel=#c nick=BOB self [out]\n"
	           "NICK who=al!u@h nick=al2\n");
}

static void
every_join_refusal_is_mapped(void **state)
{
	static const struct {
		const char *line, *want;
	} refused[] = {
		{ "403 bob #c :No", "why=1 err=not-found code=403" },
		{ "405 bob #c :No", "why=2 err=busy code=405" },
		{ "437 bob #c :No", "why=3 err=busy code=437" },
		{ "471 bob #C :No", "why=4 err=busy code=471" },
		{ "473 bob #c :No", "why=5 err=denied code=473" },
		{ "474 bob #c :No", "why=6 err=denied code=474" },
		{ "475 bob #c :No", "why=7 err=auth code=475" },
		{ "476 bob #c :No", "why=1 err=bad-input code=476" },
		{ "477 bob #c :No", "why=8 err=denied code=477" },
		{ "479 bob #c :No", "why=1 err=bad-input code=479" },
		{ "480 bob #c :No", "why=10 err=denied code=480" },
		{ "485 bob #c :No", "why=10 err=denied code=485" },
		{ "489 bob #c :No", "why=9 err=denied code=489" },
		{ "520 bob #c :No", "why=10 err=denied code=520" },
	};
	char line[100], want[200];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *target =
		    strstr(refused[i].line, "#C") ? "#C" : "#c";

		join("#c", 9);
		forget();
		snprintf(line, sizeof(line), ":s %s\r\n", refused[i].line);
		snprintf(want, sizeof(want),
		    "REFUSED who=s channel=#c target=%s %s ref=9 [No]\n",
		    target, refused[i].want);
		feed(line);
		assert_log(want);
		feed(line);
		assert_true(str_starts(buf_str(&seen), STR("FAILED")));
		forget();
	}
}

static void
a_full_channel_of_ngircd_may_be_another_thing(void **state)
{
	(void)state;
	join("#c", 1);
	feed(":s 471 bob #c :Cannot join channel (+R), registered users\r\n");
	join("#c", 2);
	feed(":s 471 bob #c :Cannot join channel (+z), use SSL\r\n");
	assert_log("REFUSED who=s channel=#c target=#c why=8 err=busy code=471 "
	           "ref=1 [Cannot join channel (+R), registered users]\n"
	           "REFUSED who=s channel=#c target=#c why=9 err=busy code=471 "
	           "ref=2 [Cannot join channel (+z), use SSL]\n");
}

static void
a_forward_names_the_other_channel(void **state)
{
	(void)state;
	join("#c", 1);
	feed(":s 470 bob #c ##c :Forwarding\r\n:bob!u@h JOIN ##c\r\n");
	assert_log("REFUSED who=s channel=#c target=#c forward=##c why=11 "
	           "err=gone code=470 ref=1 [Forwarding]\n"
	           "JOIN who=bob!u@h channel=##c self\n");
	join("#d", 2);
	feed(":s FAIL JOIN CHANNEL_RENAMED #d #e :moved\r\n");
	assert_log("REFUSED who=s channel=#d target=#d forward=#e why=11 "
	           "err=gone ref=2 [moved]\n");
	join("#f", 3);
	feed(":s FAIL JOIN NEED_INVITE #f :no\r\n");
	assert_log("REFUSED who=s channel=#f target=#f why=0 err=denied ref=3 "
	           "[no]\n");
}

static void
a_join_without_an_answer_is_refused_in_time(void **state)
{
	(void)state;
	join("#c", 1);
	assert_int_equal(irc_proto_deadline(&p), now + IRC_ANSWER_MS);
	now += IRC_ANSWER_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("REFUSED channel=#c target=#c why=12 err=timeout ref=1 [the "
	           "server did not answer in time]\n");
}

static void
a_join_without_an_end_of_names_ends_in_time(void **state)
{
	(void)state;
	join("#c", 1);
	feed(":bob!u@h JOIN #c\r\n");
	now += IRC_ANSWER_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("JOIN who=bob!u@h channel=#c ref=1 self\n"
	           "NAMES_END channel=#c ref=1\n");
}

static void
modes_are_told_one_by_one(void **state)
{
	(void)state;
	feed(":al!u@h MODE #c +ov-b+kl cy bob *!*@x key 5\r\n"
	     ":s MODE #c -lk key\r\n:s MODE #c +mo\r\n:s MODE bob +i\r\n"
	     ":s 324 bob #c +ntl 10\r\n");
	assert_log("MODE who=al!u@h channel=#c nick=cy +o type=4\n"
	           "MODE who=al!u@h channel=#c nick=bob +v type=4 self\n"
	           "MODE who=al!u@h channel=#c -b type=0 [*!*@x]\n"
	           "MODE who=al!u@h channel=#c +k type=1 [key]\n"
	           "MODE who=al!u@h channel=#c +l type=2 last [5]\n"
	           "MODE who=s channel=#c -l type=2\n"
	           "MODE who=s channel=#c -k type=1 last [key]\n"
	           "MODE who=s channel=#c +m type=3 last\n"
	           "MODE who=s channel=#c +n type=3 reply\n"
	           "MODE who=s channel=#c +t type=3 reply\n"
	           "MODE who=s channel=#c +l type=2 reply [10]\n"
	           "MODES_END who=s channel=#c\n");
}

static void
names_of_twenty_thousand_are_read_one_by_one(void **state)
{
	char line[512];
	size_t n = 0;
	const char *at;

	(void)state;
	for (int i = 0; i < 20000; i += 20) {
		int len = snprintf(line, sizeof(line), ":s 353 bob = #c :");

		for (int j = 0; j < 20; j++)
			len += snprintf(line + len, sizeof(line) - (size_t)len,
			    "+n%d ", i + j);
		snprintf(line + len, sizeof(line) - (size_t)len, "\r\n");
		feed(line);
	}
	for (at = seen.p; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	assert_int_equal(n, 20000);
}

/* ---- people ----------------------------------------------------------- */

static void
what_changes_about_people_is_told(void **state)
{
	(void)state;
	feed(":al!u@h AWAY :lunch\r\n:al!u@h AWAY\r\n:al!u@h ACCOUNT acc\r\n"
	     ":al!u@h ACCOUNT *\r\n:al!u@h CHGHOST v w\r\n"
	     ":al!u@h SETNAME :Al B\r\n:al!u@h INVITE bob #c\r\n"
	     ":al!u@h INVITE cy #c\r\n:s 341 bob cy #c\r\n:s 341 bob #c cy\r\n"
	     ":s 301 bob al :gone\r\n:s 305 bob :back\r\n:s 306 bob :away\r\n");
	assert_log("AWAY who=al!u@h on [lunch]\nAWAY who=al!u@h\n"
	           "ACCOUNT who=al!u@h account=acc\nACCOUNT who=al!u@h\n"
	           "HOST who=al!u@h user=v host=w\n"
	           "REALNAME who=al!u@h [Al B]\n"
	           "INVITE who=al!u@h channel=#c nick=bob self\n"
	           "INVITE who=al!u@h channel=#c nick=cy\n"
	           "INVITED who=s channel=#c nick=cy\n"
	           "INVITED who=s channel=#c nick=cy\n"
	           "AWAY_TOLD who=s nick=al [gone]\n"
	           "AWAY_SELF who=s\nAWAY_SELF who=s on\n");
}

/* Also of a name that is no UTF-8. */
static void
who_tells_all_is_named_in_the_text(void **state)
{
	(void)state;
	feed(":al!u@h WALLOPS :hi\r\n:j\xE8n WALLOPS :ho\r\n");
	assert_log(
	    "SERVER_TEXT who=al!u@h server [[wallops] al: hi]\n"
	    "SERVER_TEXT who=j\xE8n server [[wallops] j\xC3\xA8n: ho]\n");
}

static void
join_with_names(int n)
{
	struct err err = ERR_INIT;
	int i;

	assert_int_equal(irc_proto_join(&p, STR("#c"), STR_EMPTY, 5, &err), 0);
	settle();
	feed(":bob!u@h JOIN #c\r\n");
	for (i = 0; i < n; i++)
		feed(":s 353 bob = #c :al\r\n");
	forget();
	feed(":s 366 bob #c :End\r\n");
}

static void
who_is_in_a_channel_is_asked_once_where_changes_are_told(void **state)
{
	(void)state;
	join_with_names(1);
	assert_null(strstr(sent.p, "WHO"));
	feed(":bob!u@h PART #c\r\n:s 005 bob WHOX BOT=B :are supported\r\n");
	p.cap.enabled |= 1u << IRC_CAP_AWAY_NOTIFY;
	join_with_names(1);
	assert_non_null(strstr(sent.p, "WHO #c %tcuhnfar,152\r\n"));
	forget();
	feed(":s 354 bob 152 #c u h al G*B@ 0 :Al \002A\002.\r\n"
	     ":s 354 bob 152 #c u h cy H cyrus :Cy\r\n"
	     ":s 354 bob 152 #c u h\r\n"
	     ":s 354 bob 7 al\r\n"
	     ":s 263 bob WHO :later\r\n"
	     ":s 315 bob #c :End\r\n");
	assert_log("WHO who=al!u@h channel=#c on oper bot [Al A.]\n"
	           "WHO who=cy!u@h channel=#c account=cyrus [Cy]\n"
	           "SERVER_TEXT who=s code=354 server [152 #c u h]\n"
	           "SERVER_TEXT who=s code=354 server [7 al]\n");
	feed(":bob!u@h PART #c\r\n");
	join_with_names(IRC_WHO_NAMES + 1);
	assert_null(strstr(sent.p, "WHO"));
}

static void
what_a_server_says_of_somebody_is_one_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(irc_proto_whois(&p, STR("al"), 4, &err), 0);
	settle();
	assert_sent("WHOIS al\r\n");
	feed(":s 311 bob al u h.example * :Al \002A\002.\r\n"
	     ":s 319 bob al :@#a +#b \r\n"
	     ":s 312 bob al irc.example :The server\r\n"
	     ":s 301 bob al :asleep\r\n"
	     ":s 330 bob al alfred :is logged in as\r\n"
	     ":s 671 bob al :is using a secure connection\r\n"
	     ":s 317 bob al 7300 1767607200 :seconds idle, signon time\r\n");
	assert_log("");
	feed(":s 318 bob AL :End of /WHOIS list.\r\n");
	assert_log("WHOIS who=s nick=AL ref=4 [al (u@h.example): Al A.\n"
	           "in @#a +#b \non irc.example\naway: asleep\n"
	           "is logged in as alfred\nis using a secure connection\n"
	           "idle for 2 hours, here since 2026-01-05 10:00 UTC]\n");
	assert_int_equal(irc_proto_whois(&p, STR("cy"), 5, &err), 0);
	settle();
	feed(":s 401 bob cy :No such nick\r\n:s 318 bob cy :End\r\n");
	assert_non_null(strstr(seen.p, "err=not-found"));
	assert_null(strstr(seen.p, "WHOIS"));
	buf_clear(&seen);
	/* An end that never comes harms nobody. */
	feed(":s 311 bob al u h * :Al\r\n:s 375 bob :- s\r\n"
	     ":s 372 bob :- hi\r\n:s 376 bob :End\r\n");
	assert_log("SERVER_TEXT who=s code=372 server [hi]\n");
}

static void
a_list_is_told_line_by_line(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(irc_proto_list(&p, 100, 7, &err), 0);
	assert_int_equal(irc_proto_list(&p, 100, 8, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	settle();
	assert_sent("LIST\r\n");
	feed(":srv 321 bob Channel :Users  Name\r\n"
	     ":srv 322 bob #a 12 :[+nt] about \x02it\x02\r\n"
	     ":srv 322 bob * 3 :\r\n:srv 322 bob #b x :\r\n"
	     ":srv 322 bob #c 1\r\n");
	assert_log("LISTED who=srv channel=#a n=12 ref=7 [about it]\n"
	           "LISTED who=srv channel=#c n=1 ref=7\n");
	/* As long as lines come the answer is not late. */
	now += IRC_ANSWER_MS - 1;
	feed(":srv 322 bob #d 2 :\r\n");
	now += IRC_ANSWER_MS - 1;
	feed(":srv 323 bob :End\r\n");
	assert_log("LISTED who=srv channel=#d n=2 ref=7\n"
	           "LIST_END who=srv ref=7\n");
	assert_int_equal(irc_proto_list(&p, 100, 9, &err), 0);
	settle();
	feed(":srv 263 bob LIST :Try again later\r\n");
	assert_string_equal(strstr(seen.p, "err="),
	    "err=busy code=263 ref=9 [Try again later]\n");
}

static void
a_list_that_may_end_the_link_is_not_asked_for(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	feed(":srv 254 bob 3000 :channels formed\r\n");
	assert_int_equal(irc_proto_list(&p, 2000, 1, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	forget();
	feed(":srv 005 bob ELIST=cmntu :are supported\r\n");
	assert_int_equal(irc_proto_list(&p, 2000, 1, &err), 0);
	settle();
	assert_sent("LIST >2\r\n");
	feed(":srv 323 bob :End\r\n:srv 005 bob SAFELIST :are supported\r\n");
	forget();
	assert_int_equal(irc_proto_list(&p, 2000, 1, &err), 0);
	settle();
	assert_sent("LIST\r\n");
	feed(":srv 323 bob :End\r\n:srv 254 bob 30000 :channels formed\r\n");
	forget();
	assert_int_equal(irc_proto_list(&p, 2000, 1, &err), 0);
	settle();
	assert_sent("LIST >2\r\n");
}

static void
a_list_by_hand_is_text_as_far_as_it_is_bearable(void **state)
{
	int i;

	(void)state;
	feed(":srv 321 bob Channel :Users  Name\r\n");
	for (i = 0; i < IRC_LIST_SHOWN; i++)
		feed(":srv 322 bob #a 12 :t\r\n");
	buf_clear(&seen);
	feed(":srv 322 bob #a 12 :t\r\n");
	assert_log("");
	feed(":srv 323 bob :End\r\n");
	assert_non_null(strstr(seen.p, "[and 1 more"));
	buf_clear(&seen);
	feed(":srv 322 bob #a 12 :t\r\n:srv 323 bob :End\r\n");
	assert_log("SERVER_TEXT who=srv code=322 server [#a 12 t]\n");
}

static void
messages_find_their_place(void **state)
{
	(void)state;
	feed(":al!u@h PRIVMSG #c :hi\r\n:al!u@h PRIVMSG BOB :psst\r\n"
	     ":al!u@h NOTICE #c :note\r\n:al!u@h PRIVMSG @#c :ops\r\n"
	     ":al!u@h PRIVMSG bobby :not for us\r\n"
	     ":bob!u@h PRIVMSG al :from elsewhere\r\n"
	     ":s.x NOTICE #c :from the server\r\n:s.x NOTICE bob :to us\r\n"
	     ":s.x NOTICE $$* :global\r\n:al!u@h PRIVMSG #c :\r\n"
	     ":al!u@h PRIVMSG #c :\003\r\n");
	assert_log("MESSAGE who=al!u@h channel=#c [hi]\n"
	           "MESSAGE who=al!u@h nick=BOB [psst]\n"
	           "MESSAGE who=al!u@h channel=#c notice [note]\n"
	           "MESSAGE who=al!u@h channel=#c status=@ [ops]\n"
	           "MESSAGE who=bob!u@h nick=al self [from elsewhere]\n"
	           "MESSAGE who=s.x channel=#c notice server [from the "
	           "server]\n"
	           "SERVER_TEXT who=s.x server [to us]\n"
	           "SERVER_TEXT who=s.x server [global]\n");
}

static void
tags_go_with_their_message(void **state)
{
	(void)state;
	feed("@time=2026-11-05T12:34:56.789Z;msgid=x~1;account=al;+typing=a "
	     ":al!u@h PRIVMSG #c :hi\r\n@time=bad;msgid=a\\nb :al!u@h PRIVMSG "
	     "#c :ho\r\n@msgid=a\\:b\\\\ :al!u@h PRIVMSG #c :\003hu\r\n");
	assert_log("MESSAGE who=al!u@h channel=#c account=al msgid=x~1 "
	           "at=1793882096789 [hi]\n"
	           "MESSAGE who=al!u@h channel=#c [ho]\n"
	           "MESSAGE who=al!u@h channel=#c msgid=a;b\\ [hu]\n");
}

static void
ctcp_is_told_and_some_is_answered(void **state)
{
	(void)state;
	feed(":al!u@h PRIVMSG #c :\001ACTION waves\001\r\n"
	     ":al!u@h PRIVMSG #c :\001ACTION\001\r\n"
	     ":al!u@h PRIVMSG bob :\001VERSION\001\r\n"
	     ":al!u@h PRIVMSG bob :\001PING 1 2\001\r\n"
	     ":al!u@h PRIVMSG #c :\001VERSION\001\r\n"
	     ":al!u@h NOTICE bob :\001VERSION x\001\r\n"
	     ":s.x PRIVMSG bob :\001VERSION\001\r\n"
	     ":al!u@h PRIVMSG bob :\001DCC SEND f 1 2 3\001\r\n");
	assert_log("MESSAGE who=al!u@h channel=#c action [waves]\n"
	           "MESSAGE who=al!u@h channel=#c action\n"
	           "MESSAGE who=al!u@h nick=bob ctcp=VERSION ctcp\n"
	           "MESSAGE who=al!u@h nick=bob ctcp=PING ctcp [1 2]\n"
	           "MESSAGE who=al!u@h channel=#c ctcp=VERSION ctcp\n"
	           "MESSAGE who=al!u@h nick=bob ctcp=VERSION ctcp-reply [x]\n"
	           "MESSAGE who=s.x nick=bob ctcp=VERSION ctcp server\n"
	           "MESSAGE who=al!u@h nick=bob ctcp=DCC ctcp [SEND f 1 2 "
	           "3]\n");
	assert_sent("NOTICE al :\001VERSION Passerelle 0.1\001\r\n"
	            "NOTICE al :\001PING 1 2\001\r\n");
}

static void
answers_to_ctcp_are_few(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		feed(":al!u@h PRIVMSG bob :\001VERSION\001\r\n");
	assert_int_equal(sent.len,
	    3 * strlen("NOTICE al :\001VERSION Passerelle 0.1\001\r\n"));
}

static void
our_nick_is_what_the_server_says(void **state)
{
	(void)state;
	feed(":bobby!u@h NICK robert\r\n");
	assert_log("NICK who=bobby!u@h nick=robert\n");
	assert_true(irc_proto_is_self(&p, STR("bob")));
	feed(":BOB!u@h NICK :00AAAB\r\n:al!u@h PRIVMSG bob :x\r\n"
	     ":al!u@h PRIVMSG 00aaab :y\r\nNICK foo\r\n");
	assert_log("NICK who=BOB!u@h nick=00AAAB self\n"
	           "MESSAGE who=al!u@h nick=00aaab [y]\n");
}

static void
case_mapping_decides_who_we_are(void **state)
{
	(void)state;
	feed(":bob!u@h NICK b[]b\r\n");
	assert_true(irc_proto_is_self(&p, STR("B{}B")));
	feed(":s 005 b[]b CASEMAPPING=ascii :x\r\n");
	assert_log("NICK who=bob!u@h nick=b[]b self\nISUPPORT who=s on\n");
	assert_false(irc_proto_is_self(&p, STR("B{}B")));
}

static void
text_that_is_not_utf8_becomes_readable(void **state)
{
	char line[600];
	size_t n;

	(void)state;
	feed(":al!u@h PRIVMSG #c :caf\xE9\r\n");
	assert_log("MESSAGE who=al!u@h channel=#c [caf\xC3\xA9]\n");
	n = (size_t)snprintf(line, sizeof(line), ":al!u@h PRIVMSG #c :");
	memset(line + n, 'x', 509 - n);
	memcpy(line + 509, "\xC3\r\n", 3);
	feed_some(line, 512);
	assert_false(str_has(buf_str(&seen), '\xC3'));
	assert_true(str_ends(buf_str(&seen), STR("xxx]\n")));
}

static void
every_byte_in_every_text_arrives_readable(void **state)
{
	static const char *const forms[] = { ":al!u@h PRIVMSG #c :a%cb\r\n",
		":al!u@h TOPIC #c :a%cb\r\n", ":al!u@h QUIT :a%cb\r\n",
		":al!u@h KICK #c cy :a%cb\r\n", ":al!u@h PART #c :a%cb\r\n",
		":al!u@h AWAY :a%cb\r\n", ":al!u@h SETNAME :a%cb\r\n",
		":s 999 bob :a%cb\r\n", ":s 471 bob #c :a%cb\r\n",
		":s NOTICE bob :a%cb\r\n", ":al!u@h MODE #c +k a%cb\r\n",
		":s 301 bob al :a%cb\r\n", ":s 372 bob :a%cb\r\n" };
	char line[100];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (int c = 1; c < 256; c++) {
			if (c == '\r' || c == '\n')
				continue;
			snprintf(line, sizeof(line), "%s", forms[i]);
			*strchr(line, '%') = (char)c;
			memmove(strchr(line, (char)c) + 1,
			    strchr(line, (char)c) + 2,
			    strlen(strchr(line, (char)c) + 2) + 1);
			feed(line); /* write_event() looks at the text */
			forget();
		}
}

/* ---- commands --------------------------------------------------------- */

static void
a_message_is_sent_and_reported(void **state)
{
	(void)state;
	assert_int_equal(say("#c", "hello w\xC3\xB6rld", 3), 0);
	assert_sent("PRIVMSG #c :hello w\xC3\xB6rld\r\n");
	assert_log("SENT ref=3\n");
	irc_proto_message(&p, IRC_MSG_ACTION, STR("al"), STR("waves"), 4, NULL);
	irc_proto_message(&p, IRC_MSG_NOTICE, STR("@#c"), STR("n"), 5, NULL);
	settle();
	assert_sent("PRIVMSG al :\001ACTION waves\001\r\nNOTICE @#c :n\r\n");
	assert_log("SENT ref=4\nSENT ref=5\n");
}

static void
a_long_message_arrives_whole_in_lines_that_fit(void **state)
{
	char text[1800], joined[1800];
	struct str rest, line;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	assert_int_equal(irc_proto_message(&p, IRC_MSG_NORMAL, STR("#c"),
	                     str_of(text, sizeof(text)), 1, NULL),
	    0);
	settle();
	rest = buf_str(&sent);
	while (rest.len && str_cut(&rest, '\n', &line)) {
		struct str body = str_skip(line, strlen("PRIVMSG #c :"));

		body.len--;
		assert_true(utf8_is_valid(body));
		/* With our prefix in front, as others see it. */
		assert_true(line.len + 1 + strlen(":bob!") +
		        IRC_SPLIT_USER_MAX + 1 + IRC_SPLIT_HOST_MAX + 1 <=
		    512);
		memcpy(joined + n, body.p, body.len);
		n += body.len;
	}
	assert_int_equal(n, sizeof(text));
	assert_memory_equal(joined, text, n);
	assert_log("SENT ref=1\n");
}

static void
the_budget_grows_when_our_host_is_known(void **state)
{
	char text[430];

	(void)state;
	memset(text, 'x', sizeof(text));
	irc_proto_message(
	    &p, IRC_MSG_NORMAL, STR("#c"), str_of(text, 430), 1, NULL);
	settle();
	assert_int_equal(sent.len, 430 + 2 * strlen("PRIVMSG #c :\r\n"));
	feed(":bob!~u1@h.x JOIN #c\r\n");
	forget();
	irc_proto_message(
	    &p, IRC_MSG_NORMAL, STR("#c"), str_of(text, 430), 1, NULL);
	settle();
	assert_int_equal(sent.len, 430 + strlen("PRIVMSG #c :\r\n"));
}

static void
too_many_lines_are_refused_whole(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(say("#c", "1\n2\n\n3\r\n4\r5", 1), 0);
	assert_sent("PRIVMSG #c :1\r\nPRIVMSG #c :2\r\nPRIVMSG #c :3\r\n"
	            "PRIVMSG #c :4\r\nPRIVMSG #c :5\r\n");
	assert_int_equal(irc_proto_message(&p, IRC_MSG_NORMAL, STR("#c"),
	                     STR("1\n2\n3\n4\n5\n6"), 2, &err),
	    -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	settle();
	assert_sent("");
}

static void
nothing_we_are_given_becomes_a_second_command(void **state)
{
	static const char *const bad[] = { "a\r\nQUIT", "a\nQUIT", "a\rQUIT",
		"\r", "\n", "a\001b" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct str s = str_c(bad[i]);
		char channel[20];
		struct str c;

		snprintf(channel, sizeof(channel), "#%s", bad[i]);
		c = str_c(channel);
		assert_int_equal(irc_proto_join(&p, c, STR_EMPTY, 1, NULL), -1);
		assert_int_equal(irc_proto_join(&p, STR("#c"), s, 1, NULL), -1);
		assert_int_equal(irc_proto_part(&p, STR("#c"), s, 1, NULL), -1);
		assert_int_equal(irc_proto_part(&p, c, STR_EMPTY, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_topic(&p, STR("#c"), s, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_kick(&p, STR("#c"), STR("al"), s, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_kick(&p, STR("#c"), s, STR("x"), 1, NULL), -1);
		assert_int_equal(
		    irc_proto_mode(&p, STR("#c"), STR("+o"), s, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_mode(&p, STR("#c"), s, STR("al"), 1, NULL), -1);
		assert_int_equal(
		    irc_proto_invite(&p, STR("#c"), s, 1, NULL), -1);
		assert_int_equal(irc_proto_away(&p, s, 1, NULL), -1);
		assert_int_equal(irc_proto_nick_change(&p, s, 1, NULL), -1);
		assert_int_equal(irc_proto_raw(&p, s, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_ctcp(&p, STR("al"), s, STR_EMPTY, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_ctcp(&p, STR("al"), STR("PING"), s, 1, NULL), -1);
		assert_int_equal(
		    irc_proto_message(&p, IRC_MSG_NORMAL, s, STR("x"), 1, NULL),
		    -1);
	}
	settle();
	assert_sent("");
	assert_log("");
}

static void
names_that_would_be_several_are_refused(void **state)
{
	(void)state;
	assert_int_equal(
	    irc_proto_join(&p, STR("#a,#b"), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(
	    irc_proto_join(&p, STR("#a b"), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(irc_proto_join(&p, STR("0"), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(irc_proto_join(&p, STR(""), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(
	    irc_proto_join(&p, STR("bob"), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(irc_proto_join(&p, STR("&x"), STR_EMPTY, 1, NULL), -1);
	assert_int_equal(say("al,cy", "x", 1), -1);
	assert_int_equal(say("#c", "", 1), -1);
	assert_int_equal(say("#c", "\n\n", 1), -1);
	assert_int_equal(say("#c", "\xC0\xAF", 1), -1);
	assert_int_equal(say("#c", "a\001ACTION\001", 1), -1);
	assert_sent("");
}

static void
what_is_too_long_is_refused_whole(void **state)
{
	char long_text[60];
	struct err err = ERR_INIT;
	struct str s = { long_text, 51 };

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(irc_proto_topic(&p, STR("#c"), s, 1, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(
	    irc_proto_topic(&p, STR("#c"), str_head(s, 50), 1, &err), 0);
	s.len = 41;
	assert_int_equal(
	    irc_proto_kick(&p, STR("#c"), STR("al"), s, 1, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(
	    irc_proto_nick_change(&p, STR("abcdefghijklm"), 1, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
}

static void
requests_are_answered_by_the_change_they_made(void **state)
{
	(void)state;
	irc_proto_topic(&p, STR("#c"), STR(""), 1, NULL);
	irc_proto_kick(&p, STR("#c"), STR("al"), STR(""), 2, NULL);
	irc_proto_mode(&p, STR("#c"), STR("+o"), STR("cy"), 3, NULL);
	irc_proto_nick_change(&p, STR("rob"), 4, NULL);
	irc_proto_invite(&p, STR("#c"), STR("dan"), 5, NULL);
	irc_proto_away(&p, STR("lunch"), 6, NULL);
	irc_proto_part(&p, STR("#c"), STR("bye"), 7, NULL);
	settle();
	/* In #c in their order; the others take turns with it. */
	assert_sent("TOPIC #c :\r\nNICK rob\r\nAWAY :lunch\r\nKICK #c al\r\n"
	            "MODE #c +o cy\r\nINVITE dan #c\r\nPART #c :bye\r\n");
	feed(":bob!u@h TOPIC #c :\r\n:bob!u@h KICK #c al :bob\r\n"
	     ":bob!u@h MODE #c +o cy\r\n:s 341 bob dan #c\r\n:s 306 bob :x\r\n"
	     ":bob!u@h PART #c :bye\r\n:bob!u@h NICK rob\r\n");
	assert_log("TOPIC who=bob!u@h channel=#c ref=1 on\n"
	           "KICK who=bob!u@h channel=#c nick=al ref=2 [bob]\n"
	           "MODE who=bob!u@h channel=#c nick=cy +o type=4 ref=3 last\n"
	           "INVITED who=s channel=#c nick=dan ref=5\n"
	           "AWAY_SELF who=s ref=6 on [lunch]\n"
	           "PART who=bob!u@h channel=#c ref=7 self [bye]\n"
	           "NICK who=bob!u@h nick=rob ref=4 self\n");
	feed(":s PONG s :settled\r\n");
	assert_log("");
	assert_int_equal(p.asks.n, 0);
}

static void
a_mode_that_changes_nothing_is_done(void **state)
{
	(void)state;
	sees_fences = true;
	irc_proto_mode(&p, STR("#c"), STR("+o"), STR("cy"), 1, NULL);
	irc_proto_mode(&p, STR("#c"), STR("+v"), STR("cy"), 2, NULL);
	irc_proto_mode(&p, STR("#d"), STR("+m"), STR_EMPTY, 3, NULL);
	settle();
	assert_sent("MODE #c +o cy\r\nMODE #d +m\r\nMODE #c +v cy\r\n"
	            "PING :settled\r\n");
	irc_proto_mode(&p, STR("#d"), STR("-m"), STR_EMPTY, 4, NULL);
	settle();
	feed(":bob!u@h MODE #c +o cy\r\n:s PONG s :settled\r\n");
	assert_log("MODE who=bob!u@h channel=#c nick=cy +o type=4 ref=1 last\n"
	           "DONE who=s ref=3\nDONE who=s ref=2\n");
	feed(":s PONG s :settled\r\n:s PONG s :settled\r\n");
	assert_log("DONE who=s ref=4\n");
	assert_int_equal(p.asks.n, 0);
}

static void
requests_are_answered_by_their_refusal(void **state)
{
	(void)state;
	irc_proto_topic(&p, STR("#c"), STR("t"), 1, NULL);
	irc_proto_kick(&p, STR("#c"), STR("al"), STR(""), 2, NULL);
	irc_proto_mode(&p, STR("#d"), STR("+o"), STR("cy"), 3, NULL);
	irc_proto_nick_change(&p, STR("rob"), 4, NULL);
	irc_proto_invite(&p, STR("#e"), STR("dan"), 5, NULL);
	irc_proto_part(&p, STR("#f"), STR(""), 6, NULL);
	settle();
	forget();
	feed(":s 482 bob #c :not op\r\n:s 441 bob al #c :not there\r\n"
	     ":s 472 bob o :unknown\r\n:s 433 bob rob :in use\r\n"
	     ":s 443 bob dan #e :is there\r\n:s 442 bob #f :not in\r\n");
	assert_log(
	    "FAILED who=s target=#c ask=4 err=denied code=482 ref=1 [not op]\n"
	    "FAILED who=s target=#c ask=6 err=not-found code=441 ref=2 [not "
	    "there]\n"
	    "FAILED who=s target=#d ask=7 err=unsupported code=472 ref=3 "
	    "[unknown]\n"
	    "FAILED who=s target=rob ask=5 err=conflict code=433 ref=4 [in "
	    "use]\n"
	    "FAILED who=s target=dan ask=8 err=conflict code=443 ref=5 [is "
	    "there]\n"
	    "FAILED who=s target=#f ask=3 err=not-inside code=442 ref=6 [not "
	    "in]\n");
	now += IRC_ANSWER_MS;
	feed("PING :x\r\n");
	assert_log(""); /* the PING behind the MODE was not answered */
	assert_int_equal(p.asks.n, 0);
}

static void
a_refused_message_fails_once_however_many_lines_it_had(void **state)
{
	(void)state;
	say("#c", "1\n2", 1);
	say("#c", "3", 2);
	forget();
	feed(":s 404 bob #c :no\r\n:s 404 bob #c :no\r\n:s 404 bob #c :no\r\n"
	     ":s 401 bob al :none\r\n");
	assert_log("FAILED who=s target=#c ask=1 err=denied code=404 ref=1 "
	           "[no]\n"
	           "FAILED who=s target=#c ask=1 err=denied code=404 ref=2 "
	           "[no]\n"
	           "FAILED who=s target=al ask=0 err=not-found code=401 "
	           "[none]\n");
}

static void
wait_for_fence(void)
{
	now += IRC_FENCE_MS;
	assert_true(irc_proto_deadline(&p) <= now);
	irc_proto_tick(&p, now);
	settle();
}

static void
what_a_pong_finds_open_is_accepted_and_blamed_no_more(void **state)
{
	(void)state;
	sees_fences = true;
	say("#c", "1", 1);
	say("#c", "1b", 4);
	assert_sent("PRIVMSG #c :1\r\nPRIVMSG #c :1b\r\n");
	wait_for_fence();
	assert_sent("PING :settled\r\n");
	say("#c", "2", 2);
	say("#d", "3", 3);
	/* One is under way; what left behind it waits for the next. */
	assert_sent("PRIVMSG #c :2\r\nPRIVMSG #d :3\r\n");
	assert_log("SENT ref=1\nSENT ref=4\nSENT ref=2\nSENT ref=3\n");
	feed(":s PONG s :settled\r\n:s 404 bob #c :no\r\n");
	assert_log("ACCEPTED who=s ref=1\nACCEPTED who=s ref=4\n"
	           "FAILED who=s target=#c ask=1 err=denied code=404 ref=2 "
	           "[no]\n");
	wait_for_fence();
	assert_sent("PING :settled\r\n");
	feed(":s PONG s :settled\r\n");
	assert_log("ACCEPTED who=s ref=3\n");
	assert_sent("");
	assert_int_equal(p.fence_at, -1);
	feed(":s 404 bob #c :no\r\n");
	assert_log("FAILED who=s target=#c ask=0 err=denied code=404 [no]\n");
	assert_int_equal(p.asks.n, 0);
}

static void
a_server_that_answers_no_ping_has_taken_what_it_did_not_refuse(void **state)
{
	(void)state;
	say("#c", "1", 1);
	wait_for_fence();
	forget();
	now += IRC_ANSWER_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("");
	now += 1;
	feed(":al!u@h PRIVMSG #c :alive\r\n");
	assert_string_equal(strstr(seen.p, "ACCEPTED"), "ACCEPTED ref=1\n");
	assert_int_equal(p.asks.n, 0);
}

static void
what_left_into_a_dead_link_is_unsure(void **state)
{
	(void)state;
	say("#c", "1", 1);
	wait_for_fence();
	forget();
	while (p.state != IRC_CLOSED) {
		int64_t at = irc_proto_deadline(&p);

		assert_true(at > now);
		now = at;
		irc_proto_tick(&p, now);
		settle();
	}
	assert_log("FAILED target=#c ask=1 err=unreachable ref=1 unsure [the "
	           "connection ended before the server has confirmed this; it "
	           "may have arrived]\n"
	           "CLOSED err=timeout [the server no longer answers]\n");
}

static void
what_the_end_finds_open_is_unsure_if_some_of_it_has_left(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.burst = 3;
	params.interval_ms = 2000;
	irc_proto_release(&p);
	begin_ready(&params);
	say("#c", "left", 1);
	say("#c", "this, too\nand\nthis not", 2);
	say("#c", "not at all", 3);
	forget();
	irc_proto_eof(&p, STR("reset"));
	drain();
	assert_non_null(strstr(seen.p, "ref=1 unsure [the connection ended"));
	assert_non_null(strstr(seen.p, "ref=2 unsure [the connection ended"));
	assert_non_null(strstr(seen.p, "ref=3 [the connection to"));
	assert_null(strstr(seen.p, "ref=3 unsure"));
	assert_int_equal(p.asks.n, 0);
}

/* Every ref ends in exactly one of ACCEPTED and FAILED. */
static void
each_of_many_messages_ends_once(void **state)
{
	struct irc_params params = plain_params;
	unsigned ends[301] = { 0 };
	const char *at;

	(void)state;
	params.burst = 5;
	params.interval_ms = 100;
	irc_proto_release(&p);
	begin_ready(&params);
	sees_fences = true;
	for (unsigned i = 1; i <= 300; i++) {
		say(i % 3 ? "#c" : "#d", "x", i);
		now += 40;
		settle();
		if (i % 7 == 0)
			feed(":s 404 bob #d :no\r\n");
		if (strstr(sent.p, "PING :settled")) {
			buf_clear(&sent);
			feed(":s PONG s :settled\r\n");
		}
	}
	irc_proto_eof(&p, STR("reset"));
	drain();
	for (at = strstr(seen.p, "ref="); at; at = strstr(at + 1, "ref=")) {
		const char *line = at;

		while (line > seen.p && line[-1] != '\n')
			line--;
		if (strncmp(line, "SENT", 4) != 0)
			ends[strtoul(at + 4, NULL, 10) % 301]++;
	}
	for (unsigned i = 1; i <= 300; i++)
		assert_int_equal(ends[i], 1);
	assert_int_equal(p.asks.n, 0);
}

static void
numerics_without_a_row_are_shown_or_passed_over(void **state)
{
	(void)state;
	feed(":s 251 bob :There are 3 users\r\n:s 266 bob 3 5 :users\r\n"
	     ":s 329 bob #c 1700000000\r\n:s 004 bob s v i k\r\n"
	     ":s 671 bob al :is using a secure connection\r\n"
	     ":s 499 bob\r\n:s 421 bob FOO :Unknown command\r\n");
	assert_log("SERVER_TEXT who=s code=671 server [al is using a secure "
	           "connection]\n"
	           "SERVER_TEXT who=s code=499 server [bob]\n"
	           "FAILED who=s ask=0 err=unsupported code=421 [Unknown "
	           "command]\n");
}

static void
a_raw_line_goes_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(irc_proto_raw(&p, STR("WHOIS al al"), 1, NULL), 0);
	settle();
	assert_sent("WHOIS al al\r\n");
	assert_log("SENT ref=1\n");
}

static void
a_full_queue_refuses_and_pong_still_leaves(void **state)
{
	struct irc_params params = plain_params;
	struct err err = ERR_INIT;
	size_t n = 0;

	(void)state;
	params.burst = 5;
	params.interval_ms = 2000;
	irc_proto_release(&p);
	begin_ready(&params);
	while (irc_proto_message(&p, IRC_MSG_NORMAL, STR("#c"),
	           STR("1\n2\n3\n4\n5"), 1, &err) == 0)
		n++;
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(n, IRC_QUEUE_LINES / 5);
	settle();
	assert_int_equal(sent.len, 5 * strlen("PRIVMSG #c :1\r\n"));
	assert_true(irc_proto_delay(&p, now) > 900000);
	forget();
	feed("PING :now\r\n");
	assert_sent("PONG :now\r\n");
	/* That token is missed by the others. */
	now += 2000;
	settle();
	assert_sent("");
	now += 2000;
	settle();
	assert_sent("PRIVMSG #c :1\r\n");
	irc_proto_tick(&p, now);
	assert_int_equal(irc_proto_deadline(&p), now + 2000);
}

/* ---- every proto ------------------------------------------------------ */

static const char session[] =
    ":s NOTICE * :*** Checking\r\n:s CAP * LS :multi-prefix server-time\r\n"
    ":s CAP bob ACK :multi-prefix server-time\r\n:s 433 * bob :in use\r\n"
    ":s 001 bob_ :Welcome\r\n:s 005 bob_ CASEMAPPING=ascii NICKLEN=20 :x\r\n"
    ":s 375 bob_ :-\r\n:s 372 bob_ :- hello\r\n:s 376 bob_ :end\r\n"
    ":bob_!u@h JOIN #c\n:s 332 bob_ #c :topic\r\n:s 333 bob_ #c al 5\r\n"
    ":s 353 bob_ = #c :@al bob_ +cy\r\n:s 366 bob_ #c :End\r\n\r\n"
    "@time=2026-11-05T12:34:56.789Z;msgid=1 :al!u@h PRIVMSG #c :caf\xE9\r\n"
    "PING :tok\r\n:al!u@h MODE #c +v-o bob_ al\r\n"
    ":al!u@h PRIVMSG bob_ :\001ACTION waves\001\r\n:al!u@h NICK :al2\r\n"
    ":s 404 bob_ #c :no\r\n:bob_!u@h NICK x\r\n:al2!u@h KICK #c x :out\r\n";

static char *
play(size_t first, size_t step, int64_t pause)
{
	size_t at = 0, len = sizeof(session) - 1;
	char *all;

	restart(&plain_params);
	while (at < len) {
		size_t n = at == 0 ? first : step;

		if (n > len - at)
			n = len - at;
		feed_some(session + at, n);
		at += n;
		now += pause;
		irc_proto_tick(&p, now);
		settle();
	}
	all = malloc(seen.len + sent.len + 1);
	memcpy(all, seen.p, seen.len);
	memcpy(all + seen.len, sent.p, sent.len + 1);
	forget();
	return all;
}

static void
all_at_once_and_split_at_every_byte_are_the_same(void **state)
{
	char *whole = play(sizeof(session), sizeof(session), 0);

	(void)state;
	assert_non_null(strstr(whole, "caf\xC3\xA9"));
	assert_non_null(strstr(whole, "KICK"));
	for (size_t at = 1; at < sizeof(session) - 1; at++) {
		char *split = play(at, sizeof(session), 0);

		assert_string_equal(split, whole);
		free(split);
	}
	free(whole);
}

static void
byte_by_byte_and_slow_is_the_same(void **state)
{
	char *whole = play(sizeof(session), sizeof(session), 0);
	char *slow = play(1, 1, 10);

	(void)state;
	assert_string_equal(slow, whole);
	free(slow);
	free(whole);
}

static void
rows_are_sorted(void **state)
{
	const struct irc_row *a, *b;

	(void)state;
	for (size_t i = 0; (b = irc_row_at(i + 1)) != NULL; i++) {
		a = irc_row_at(i);
		assert_true(strcmp(a->cmd, b->cmd) < 0);
		assert_ptr_equal(irc_row_find(str_c(a->cmd)), a);
	}
}

static void
every_refusal_is_found(void **state)
{
	static const unsigned codes[] = { 263, 401, 404, 417, 441, 472, 482,
		531, 696, 716 };
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		snprintf(line, sizeof(line), ":s %u bob\r\n", codes[i]);
		feed(line);
		assert_true(str_starts(buf_str(&seen), STR("FAILED")));
		forget();
	}
}

/* As many parameters as the row promises and fewer, with and without prefix. */
static void
every_row_bears_its_minimum_of_parameters_and_less(void **state)
{
	static const char *const prefixes[] = { "", ":s ", ":al!u@h ",
		":bob!u@h ", "@a :al " };
	static const char *const words[] = { "x", "#c", "bob", "", ":", "+o",
		"\001\001", "*" };
	const struct irc_row *row;
	char line[200];

	(void)state;
	for (size_t i = 0; (row = irc_row_at(i)) != NULL; i++)
		for (size_t pre = 0; pre < 5; pre++)
			for (size_t n = 0; n <= row->nparam + 1; n++)
				for (size_t w = 0; w < 8; w++) {
					int len = snprintf(line, sizeof(line),
					    "%s%s", prefixes[pre], row->cmd);

					for (size_t j = 0; j < n; j++)
						len += snprintf(line + len,
						    sizeof(line) - (size_t)len,
						    " %s", words[w]);
					snprintf(line + len,
					    sizeof(line) - (size_t)len, "\r\n");
					irc_proto_release(&p);
					begin_ready(&plain_params);
					feed(line);
					feed(":al!u@h PRIVMSG bob :after\r\n");
				}
	for (unsigned code = 1; code < 1000; code++)
		for (size_t n = 0; n < 4; n++) {
			snprintf(line, sizeof(line), ":s %03u%.*s\r\n", code,
			    (int)n * 2, " a b c");
			restart(&plain_params);
			feed(line);
			irc_proto_release(&p);
			begin_ready(&plain_params);
			feed(line);
		}
}

/* ---- fifteen ways to break a client ----------------------------------- */

static void
a_long_action_arrives_whole(void **state)
{
	char line[600];
	int len;

	(void)state;
	len = snprintf(line, sizeof(line), ":al!u@h PRIVMSG #c :\001ACTION ");
	for (int i = 0; i < 150; i++)
		len += snprintf(
		    line + len, sizeof(line) - (size_t)len, "\xC3\xA9");
	snprintf(line + len, sizeof(line) - (size_t)len, "\001\r\n");
	feed(line);
	assert_int_equal(seen.len,
	    strlen("MESSAGE who=al!u@h channel=#c action []\n") + 300);
}

static void
thirteen_tokens_and_twelve_nicks_are_all_read(void **state)
{
	(void)state;
	feed(":s 005 bob A=1 B=1 C=1 D=1 E=1 F=1 G=1 H=1 I=1 J=1 K=1 L=1 "
	     "NICKLEN=25 :are\r\n");
	assert_int_equal(irc_proto_isupport(&p)->nicklen, 25);
	forget();
	feed(":s MODE #c +oooooooooooo a b c d e f g h i j k l\r\n");
	assert_true(str_ends(
	    buf_str(&seen), STR("channel=#c nick=l +o type=4 last\n")));
}

static void
tagged_lines_of_full_length_are_read(void **state)
{
	char *line = malloc(9000);
	size_t n = 0;

	(void)state;
	memcpy(line, "@a=", 3);
	memset(line + 3, 't', 8187);
	n = 8190;
	line[n++] = ' ';
	memcpy(line + n, ":al!u@h PRIVMSG #c :", 20);
	memset(line + n + 20, 'x', 510 - 20);
	n += 510;
	memcpy(line + n, "\r\nPING :after\r\n", 15);
	feed_some(line, n + 15);
	free(line);
	assert_true(str_starts(buf_str(&seen), STR("MESSAGE who=al")));
	assert_sent("PONG :after\r\n");
}

static void
a_tagged_ping_is_answered(void **state)
{
	(void)state;
	feed("@time=2026-11-05T12:34:56.789Z PING :x\r\n");
	assert_sent("PONG :x\r\n");
}

static void
percent_signs_are_only_text(void **state)
{
	struct irc_params params = plain_params;

	(void)state;
	params.secrets_allowed = true;
	params.server_password = STR("a%sb%n");
	params.realname = STR("100%dx%n");
	irc_proto_release(&p);
	irc_proto_init(&p, &params);
	assert_int_equal(irc_proto_start(&p, now, NULL), 0);
	settle();
	assert_sent("CAP LS 302\r\nPASS :a%sb%n\r\nNICK bob\r\n"
	            "USER u1 0 * :100%dx%n\r\n");
}

static void
odd_lines_do_no_harm(void **state)
{
	static const char *const odd[] = { "\r\n", "\n", " \r\n", ":s\r\n",
		":s \r\n", "@\r\n", "@a\r\n", "@a :s\r\n", ":s NOTICE\r\n",
		":s NOTICE bob\r\n", "NICK foo\r\n", "NICK\r\n", "JOIN\r\n",
		"JOIN #c\r\n", ":al JOIN\r\n", ":al MODE\r\n",
		":al MODE #c\r\n", ":al MODE #c +\r\n", ":al MODE #c +-+-\r\n",
		":al MODE #c +o\r\n", ":s 353\r\n", ":s 353 a b c\r\n",
		":s 353 bob = #c :\r\n", ":s 353 bob = #c :@ + @+\r\n",
		":s 366\r\n", ":s 333 bob #c\r\n", ":s 005 bob\r\n",
		":s 001\r\n", ":s 433\r\n", "CAP\r\n", "CAP * LS\r\n",
		"CAP * ACK\r\n", "CAP * NAK :\r\n", "AUTHENTICATE\r\n",
		"FAIL\r\n", "FAIL JOIN X\r\n", "PONG\r\n", "QUIT\r\n",
		":al!u@h PRIVMSG #c :\001\r\n",
		":al!u@h PRIVMSG #c :\001\001\r\n",
		":al!u@h PRIVMSG #c :\001 \001\r\n", "KICK\r\n", "KICK a\r\n",
		":! PRIVMSG bob :x\r\n", ":@ PRIVMSG bob :x\r\n",
		":!@ PRIVMSG bob :x\r\n", "\001\002\003\r\n", "::::\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		feed(odd[i]);
		forget();
		feed("PING :still\r\n");
		assert_sent("PONG :still\r\n");
	}
}

static void
a_megabyte_without_a_newline_is_dropped_and_we_go_on(void **state)
{
	char part[4096];

	(void)state;
	memset(part, 'x', sizeof(part));
	for (int i = 0; i < 256; i++) {
		feed_some(part, sizeof(part));
		assert_true(p.in.part.cap <= 4 * IRC_LINE_MAX);
	}
	feed("\r\nPING :on\r\n");
	assert_sent("PONG :on\r\n");
	assert_int_equal(p.in.ndropped, 1);
	assert_log("");
}

static void
an_idle_connection_is_small(void **state)
{
	(void)state;
	feed(":bob!u@h JOIN #c\r\n:al!u@h PRIVMSG #c :\002b\002\r\n");
	say("#c", "hello", 1);
	wait_for_fence();
	feed(":s PONG s :settled\r\n");
	settle();
	assert_true(sizeof(p) <= 1650);
	assert_int_equal(
	    p.out.cap + p.text.cap + p.motd.cap + p.topic.cap + p.in.part.cap,
	    0);
	assert_int_equal(p.asks.n + p.queue.n, 0);
}

/* ---- tags of clients -------------------------------------------------- */

static void
take_tags(void)
{
	p.cap.enabled |= 1u << IRC_CAP_MESSAGE_TAGS;
}

static void
without_message_tags_nothing_is_tagged(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(irc_proto_reply(&p, IRC_MSG_NORMAL, STR("#a"),
	                     STR("hi"), STR("m1"), 1, NULL),
	    0);
	irc_proto_typing(&p, STR("al"), IRC_TYPING_ACTIVE, now);
	assert_int_equal(
	    irc_proto_react(&p, STR("#a"), STR("x"), STR("m1"), true, 2, &err),
	    -1);
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	settle();
	assert_sent("PRIVMSG #a :hi\r\n");
}

static void
a_tag_is_no_part_of_the_512_bytes(void **state)
{
	char msgid[200];
	struct str rest;
	struct str line;

	(void)state;
	take_tags();
	memset(msgid, 'm', sizeof(msgid));
	assert_int_equal(irc_proto_reply(&p, IRC_MSG_NORMAL, STR("#a"),
	                     STR("hi"), str_of(msgid, sizeof(msgid)), 1, NULL),
	    0);
	settle();
	rest = str_c(sent.p);
	str_cut(&rest, ' ', &line);
	assert_int_equal(
	    line.len, strlen("@+reply=;+draft/reply=") + 2 * sizeof(msgid));
	assert_true(str_starts(rest, STR("PRIVMSG #a :hi\r\n")));
}

static void
who_types_is_bounded_and_forgotten(void **state)
{
	char line[80];
	int i;

	(void)state;
	take_tags();
	for (i = 0; i < IRC_TYPING_THEIRS + 5; i++) {
		snprintf(line, sizeof(line),
		    "@+typing=active :n%d!u@h TAGMSG bob\r\n", i);
		feed(line);
	}
	assert_int_equal(p.typing->ntheirs, IRC_TYPING_THEIRS);
	now += IRC_TYPING_ACTIVE_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_int_equal(p.typing->ntheirs, 0);
	for (i = 0; i < IRC_TYPING_OURS + 5; i++) {
		snprintf(line, sizeof(line), "n%d", i);
		irc_proto_typing(&p, str_c(line), IRC_TYPING_ACTIVE, now);
	}
	assert_int_equal(p.typing->nours, IRC_TYPING_OURS);
	for (i = 0; i < 40; i++) {
		now += IRC_TYPING_EACH_MS;
		irc_proto_tick(&p, now);
		settle();
		feed("PING :alive\r\n");
	}
	assert_int_equal(p.typing->nours, 0);
}

static void
reactions_and_odd_tags_are_told_apart(void **state)
{
	(void)state;
	feed("@+draft/react=:);+reply=m1 :al!u@h TAGMSG #a\r\n");
	assert_log("REACT who=al!u@h channel=#a reply=m1 on [:)]\n");
	feed("@+draft/unreact=x\\sy;+draft/reply=m1 :al!u@h TAGMSG bob\r\n");
	assert_log("REACT who=al!u@h nick=bob reply=m1 [x y]\n");
	feed("@+draft/react=x :al!u@h TAGMSG #a\r\n"
	     "@+reply=m1 :al!u@h TAGMSG #a\r\n"
	     "@+draft/react=;+reply=m1 :al!u@h TAGMSG #a\r\n"
	     "@+draft/react=x;+reply=m1 :al!u@h TAGMSG somebody\r\n"
	     "@+typing :al!u@h TAGMSG #a\r\n"
	     ":al!u@h TAGMSG\r\n"
	     "@+typing=active TAGMSG #a\r\n");
	assert_log("");
}

/* ---- watching people -------------------------------------------------- */

static void
watch(const char *nick)
{
	assert_int_equal(irc_proto_watch(&p, str_c(nick), NULL), 0);
}

static void
watched_people_are_told_by_monitor(void **state)
{
	(void)state;
	feed(":s.x 005 bob MONITOR=3 :are supported\r\n");
	forget();
	watch("Al");
	watch("cy");
	settle();
	assert_sent("MONITOR + Al,cy\r\n");
	feed(":s.x 730 bob :AL!a@h,other!o@h\r\n:s.x 731 bob cy\r\n");
	assert_log("CONTACT nick=Al on\nCONTACT nick=cy\n");
	/* the same again is no news; a change is, in the order of lines */
	feed(":s.x 730 bob :al!a@h\r\n:s.x 730 bob :cy,AL!x@y\r\n"
	     ":s.x 731 bob :al,cy\r\nPING :x\r\n");
	assert_log("CONTACT nick=cy on\nCONTACT nick=Al\nCONTACT nick=cy\n");
	assert_sent("PONG :x\r\n");
	/* who is watched already is told anew and not asked for again */
	watch("AL");
	settle();
	assert_log("CONTACT nick=Al\n");
	irc_proto_unwatch(&p, STR("al"));
	settle();
	assert_sent("MONITOR - Al\r\n");
	feed(":s.x 730 bob :al!a@h\r\n");
	assert_log("");
	assert_false(irc_proto_is_watched(&p, STR("al")));
	assert_true(irc_proto_is_watched(&p, STR("CY")));
}

static void
whom_the_list_has_no_room_for_is_asked_for(void **state)
{
	(void)state;
	feed(":s.x 005 bob MONITOR=2 :are supported\r\n");
	forget();
	watch("a");
	watch("b");
	watch("c");
	watch("d");
	settle();
	assert_sent("MONITOR + a,b\r\nISON :c d\r\n");
	feed(":s.x 303 bob :D\r\n");
	assert_log("CONTACT nick=c\nCONTACT nick=d on\n");
	/* smaller than it said */
	feed(":s.x 734 bob 1 b :Monitor list is full.\r\n");
	assert_sent("ISON b\r\n");
	feed(":s.x 303 bob :b\r\n");
	assert_log("CONTACT nick=b on\n");
	/* what is seen of them counts at once */
	feed(":d!d@h QUIT :bye\r\n:x!x@h NICK c\r\n");
	assert_log("QUIT who=d!d@h [bye]\nCONTACT nick=d\n"
	           "NICK who=x!x@h nick=c\nCONTACT nick=c on\n");
	now += IRC_ISON_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_sent("ISON :b c d\r\n");
	assert_int_equal(p.watch->nlisted, 1);
}

static void
watch_is_second_to_monitor_and_ison_the_last(void **state)
{
	char nick[16];

	(void)state;
	feed(":s.x 005 bob WATCH=128 :are supported\r\n");
	forget();
	for (int i = 0; i < 12; i++) {
		snprintf(nick, sizeof(nick), "n%d", i);
		watch(nick);
	}
	settle();
	assert_sent("WATCH +n0 +n1 +n2 +n3 +n4 +n5 +n6 +n7 +n8 +n9\r\n"
	            "WATCH +n10 +n11\r\n");
	feed(":s.x 604 bob N0 u h 1 :is online\r\n"
	     ":s.x 605 bob n1 * * 0 :is offline\r\n"
	     ":s.x 512 bob n11 :Maximum size for WATCH-list is 11 entries\r\n"
	     ":s.x 601 bob n0 u h 2 :logged offline\r\n"
	     ":s.x 600 bob n1 u h 3 :logged online\r\n");
	assert_log("CONTACT nick=n0 on\nCONTACT nick=n1\n"
	           "CONTACT nick=n0\nCONTACT nick=n1 on\n");
	assert_sent("ISON n11\r\n");
	irc_proto_unwatch(&p, STR("n0"));
	irc_proto_unwatch(&p, STR("n11"));
	settle();
	assert_sent("WATCH -n0\r\n");
	feed(":s.x 602 bob n0 * * 0 :stopped watching\r\n"
	     ":s.x 303 bob :n11\r\n");
	assert_log("");
}

static void
a_question_without_an_answer_ends_quietly(void **state)
{
	(void)state;
	watch("al");
	settle();
	assert_sent("ISON al\r\n");
	/* the answer to somebody else's question is not ours */
	feed(":s.x 303 bob :al cy\r\n");
	assert_int_equal(p.asks.n, 1);
	forget();
	now += IRC_ANSWER_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_log("");
	now += IRC_ISON_MS;
	irc_proto_tick(&p, now);
	settle();
	assert_non_null(strstr(sent.p, "ISON al\r\n"));
	forget();
	feed(":s.x 263 bob ISON :Please wait a while\r\n");
	assert_log("");
	assert_int_equal(p.asks.n, 0);
}

static void
what_is_no_nick_is_not_watched(void **state)
{
	static const char *const bad[] = { "", "a b", "a,b", "*", "a!b", "#c",
		":a", "longer-than-any" };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(irc_proto_watch(&p, str_c(bad[i]), &err), -1);
	settle();
	assert_sent("");
	for (int i = 0; i < IRC_WATCH_MAX; i++) {
		char nick[16];

		snprintf(nick, sizeof(nick), "n%d", i);
		watch(nick);
	}
	assert_int_equal(irc_proto_watch(&p, STR("more"), &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	irc_proto_unwatch(&p, STR("nobody"));
}

#define TEST(f)  cmocka_unit_test_setup_teardown(f, setup, teardown)
#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup_fresh, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(registration_begins_with_cap_nick_and_user),
		FRESH(webirc_comes_before_all_else),
		FRESH(a_server_without_cap_lets_us_in),
		FRESH(ready_comes_two_seconds_after_001_without_a_motd),
		FRESH(ready_comes_before_the_first_line_that_needs_it),
		FRESH(commands_before_ready_are_refused),
		FRESH(lines_about_channels_before_001_are_ignored),
		FRESH(the_motd_is_one_text),
		FRESH(a_nick_in_use_gets_alternates_until_tries_are_used_up),
		FRESH(a_nick_that_is_refused_gets_shorter_and_then_another),
		FRESH(registration_has_a_deadline),
		FRESH(passwords_are_not_sent_in_clear_text_unasked),
		FRESH(parameters_cannot_carry_a_second_command),
		FRESH(sasl_plain_logs_in_before_cap_end),
		FRESH(a_key_for_scram_is_asked_of_the_caller),
		FRESH(a_wrong_password_ends_it_only_if_sasl_is_required),
		FRESH(missing_sasl_ends_it_for_now_if_required),
		FRESH(without_sasl_nickserv_is_told_before_the_rooms),
		FRESH(nickserv_is_waited_for_three_seconds),
		FRESH(a_password_that_nickserv_refuses_is_not_tried_again),
		FRESH(only_a_service_is_told_the_password),
		FRESH(sasl_that_comes_later_logs_in_then),
		FRESH(the_chatter_of_a_connecting_server_is_not_shown),
		FRESH(reasons_to_give_up_are_permanent),
		TEST(without_message_tags_nothing_is_tagged),
		TEST(a_tag_is_no_part_of_the_512_bytes),
		TEST(who_types_is_bounded_and_forgotten),
		TEST(reactions_and_odd_tags_are_told_apart),
		TEST(watched_people_are_told_by_monitor),
		TEST(whom_the_list_has_no_room_for_is_asked_for),
		TEST(watch_is_second_to_monitor_and_ison_the_last),
		TEST(a_question_without_an_answer_ends_quietly),
		TEST(what_is_no_nick_is_not_watched),
		TEST(the_reason_noted_before_outlives_the_end_of_the_link),
		TEST(what_is_open_fails_when_the_link_goes),
		TEST(quit_goes_ahead_of_all_and_nothing_follows),
		TEST(a_netsplit_is_the_reason_of_its_batch_only),
		TEST(a_crowd_ends_with_the_last_of_its_batches),
		TEST(two_servers_are_the_reason_of_a_netsplit_without_a_batch),
		TEST(batches_inside_a_netsplit_belong_to_it),
		TEST(batches_that_are_open_are_bounded),
		TEST(history_in_a_batch_has_an_end),
		TEST(a_batch_that_never_ends_is_given_up),
		TEST(a_label_finds_its_message_and_no_other),
		TEST(an_answer_in_a_batch_has_the_label_of_it),
		TEST(all_lines_of_a_message_are_acknowledged),
		TEST(without_batch_there_are_no_labels),
		TEST(quit_has_a_deadline),
		TEST(silence_is_answered_with_a_ping_and_then_an_end),
		TEST(ping_is_answered_whatever_its_form),
		TEST(a_server_that_pings_and_never_reads_is_hung_up_on),
		TEST(a_join_is_told_in_order),
		TEST(a_topic_without_its_setter_is_told_before_the_next_line),
		TEST(extended_join_tells_account_and_realname),
		TEST(coming_and_going_is_told),
		TEST(every_join_refusal_is_mapped),
		TEST(a_full_channel_of_ngircd_may_be_another_thing),
		TEST(a_forward_names_the_other_channel),
		TEST(a_join_without_an_answer_is_refused_in_time),
		TEST(a_join_without_an_end_of_names_ends_in_time),
		TEST(modes_are_told_one_by_one),
		TEST(names_of_twenty_thousand_are_read_one_by_one),
		TEST(what_changes_about_people_is_told),
		TEST(who_tells_all_is_named_in_the_text),
		TEST(who_is_in_a_channel_is_asked_once_where_changes_are_told),
		TEST(what_a_server_says_of_somebody_is_one_text),
		TEST(a_list_is_told_line_by_line),
		TEST(a_list_that_may_end_the_link_is_not_asked_for),
		TEST(a_list_by_hand_is_text_as_far_as_it_is_bearable),
		TEST(messages_find_their_place),
		TEST(tags_go_with_their_message),
		TEST(ctcp_is_told_and_some_is_answered),
		TEST(answers_to_ctcp_are_few),
		TEST(our_nick_is_what_the_server_says),
		TEST(case_mapping_decides_who_we_are),
		TEST(text_that_is_not_utf8_becomes_readable),
		TEST(every_byte_in_every_text_arrives_readable),
		TEST(a_message_is_sent_and_reported),
		TEST(a_long_message_arrives_whole_in_lines_that_fit),
		TEST(the_budget_grows_when_our_host_is_known),
		TEST(too_many_lines_are_refused_whole),
		TEST(nothing_we_are_given_becomes_a_second_command),
		TEST(names_that_would_be_several_are_refused),
		TEST(what_is_too_long_is_refused_whole),
		TEST(requests_are_answered_by_the_change_they_made),
		TEST(a_mode_that_changes_nothing_is_done),
		TEST(requests_are_answered_by_their_refusal),
		TEST(a_refused_message_fails_once_however_many_lines_it_had),
		TEST(what_a_pong_finds_open_is_accepted_and_blamed_no_more),
		TEST(
		    a_server_that_answers_no_ping_has_taken_what_it_did_not_refuse),
		TEST(what_left_into_a_dead_link_is_unsure),
		TEST(what_the_end_finds_open_is_unsure_if_some_of_it_has_left),
		TEST(each_of_many_messages_ends_once),
		TEST(numerics_without_a_row_are_shown_or_passed_over),
		TEST(a_raw_line_goes_as_it_is),
		TEST(a_full_queue_refuses_and_pong_still_leaves),
		FRESH(all_at_once_and_split_at_every_byte_are_the_same),
		FRESH(byte_by_byte_and_slow_is_the_same),
		TEST(rows_are_sorted),
		TEST(every_refusal_is_found),
		TEST(every_row_bears_its_minimum_of_parameters_and_less),
		TEST(a_long_action_arrives_whole),
		TEST(thirteen_tokens_and_twelve_nicks_are_all_read),
		TEST(tagged_lines_of_full_length_are_read),
		TEST(a_tagged_ping_is_answered),
		FRESH(percent_signs_are_only_text),
		TEST(odd_lines_do_no_harm),
		TEST(a_megabyte_without_a_newline_is_dropped_and_we_go_on),
		TEST(an_idle_connection_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
