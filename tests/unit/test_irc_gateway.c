/*
 * IRC as the core sees it: addresses, options, and whole dialogues in which
 * the test plays both the core and the server.
 */
#include "recorder.h"

#include "../fake/link.c"
#include "../fake/loop.c"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "irc/irc_gateway.h"
#include "irc/irc_ident.h"
#include "irc/irc_link.h"

#define NET                                                                    \
	"network \"Net\" { host = \"irc.example.net\" interval_ms = 0 "        \
	"aliases = { \"alias\" } }\n"
#define OTHER "network \"other\" { host = \"irc.example.com\" }\n"

/* fake/link.c is also told to forget stanzas; there are none here. */
struct list *
fake_stanzas(void)
{
	static struct list none = { &none, &none };

	return &none;
}

void
fake_stanza_free(struct fake_stanza *st)
{
	(void)st;
}

struct fixture {
	struct gateway gw;
	struct session s;
	struct fake_link *link;
};

static int
open_with(void **state, const char *block, const char *network)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	if (gateway_open(&f->gw, &irc_gateway, block, &err) < 0)
		fail_msg("%s", err.text);
	session_init(&f->s, &f->gw, network);
	*state = f;
	return 0;
}

static int
set_up(void **state)
{
	return open_with(state, NET OTHER, "net");
}

static int
set_up_only(void **state)
{
	return open_with(state, "only_network = \"net\"\n" NET, "net");
}

static int
set_up_open(void **state)
{
	return open_with(state, "open = yes\n" NET, "irc.free.example");
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (irc_link_of(&f->s))
		irc_gateway.drop(&f->s);
	session_release(&f->s);
	gateway_close(&f->gw, true);
	fake_reset();
	free(f);
	return 0;
}

/* ---- the dialogue ----------------------------------------------------- */

static void
turn(struct fixture *f)
{
	fake_loop_turn(f->gw.loop);
}

static void
pass(struct fixture *f, int64_t ms)
{
	struct clock *c = loop_clock(f->gw.loop);

	clock_advance(c, c->at + ms, c->utc + ms);
	turn(f);
}

/* Everything that was written since the last time. */
static void
wrote(struct fixture *f, const char *expected)
{
	struct buf all, line;

	turn(f);
	buf_init(&all, 64 * 1024);
	buf_init(&line, 16 * 1024);
	while (fake_link_line(f->link, &line))
		buf_addf(&all, "%s\n", line.p);
	assert_string_equal(all.p, expected);
	buf_release(&all);
	buf_release(&line);
}

static void
server(struct fixture *f, const char *lines)
{
	fake_link_feed(f->link, str_c(lines));
}

/* The PING behind messages, and its answer. */
static void
fence(struct fixture *f)
{
	pass(f, 1000);
	turn(f);
	assert_true(fake_link_take(f->link, STR("PING :settled\r\n")));
	server(f, ":s PONG s :settled\r\n");
}

static void
dial(struct fixture *f, const char *nick)
{
	struct err err = ERR_INIT;

	if (irc_gateway.login(&f->s, str_c(nick), &err) < 0)
		fail_msg("%s", err.text);
	f->link = FAKE(fake_links()->prev);
}

static void
log_in(struct fixture *f)
{
	dial(f, "romeo");
	fake_link_up(f->link);
	wrote(f,
	    "CAP LS 302\n"
	    "NICK romeo\n"
	    "USER x4f11361d 0 * :romeo@example.org\n");
	server(f,
	    ":s 001 romeo :Welcome\r\n"
	    ":s 005 romeo CASEMAPPING=ascii PREFIX=(qaohv)~&@%+ "
	    "CHANMODES=beI,k,l,imnpst CHANTYPES=#& :are supported\r\n"
	    ":s 376 romeo :End of MOTD\r\n");
	said("fold\nonline romeo\n");
	wrote(f, "");
}

static void
ask(struct fixture *f, gw_req_id id, const struct gw_req *req)
{
	irc_gateway.request[req->kind](&f->s, id, req);
}

static void
join(struct fixture *f, gw_req_id id, const char *room)
{
	ask(f, id,
	    &(struct gw_req){ .kind = GW_REQ_JOIN, .room = str_c(room) });
}

static void
log_in_and_join(struct fixture *f)
{
	log_in(f);
	join(f, 1, "#Hall");
	wrote(f, "JOIN #Hall\n");
	server(f,
	    ":romeo!x@h JOIN #Hall\r\n"
	    ":s 332 romeo #Hall :Old topic\r\n"
	    ":s 333 romeo #Hall juliet 1767600000\r\n"
	    ":s 353 romeo = #Hall :romeo @juliet +nurse\r\n"
	    ":s 366 romeo #Hall :End\r\n");
	said("joined #Hall\n"
	     "subject #Hall by juliet Old topic\n"
	     "member #Hall romeo member none\n"
	     "member #Hall juliet moderator admin\n"
	     "member #Hall nurse member member\n"
	     "end #Hall\n"
	     "done 1\n");
	wrote(f, "MODE #Hall\n");
	server(f, ":s 324 romeo #Hall +n\r\n");
	said("room #Hall 0\n");
}

/* ---- addresses -------------------------------------------------------- */

static const struct address_row {
	const char *local;
	enum gw_addr_kind kind;
	const char *network, *name, *spelling;
	const char *back; /* what local() writes; NULL: as it was */
} address_rows[] = {
	{ "net", GW_ADDR_NETWORK, "net", "", "net", NULL },
	{ "NET", GW_ADDR_NETWORK, "net", "", "NET", "net" },
	{ "alias", GW_ADDR_NETWORK, "net", "", "alias", "net" },
	{ "irc.example.net", GW_ADDR_NETWORK, "net", "", "irc.example.net",
	    "net" },
	{ "#hall%net", GW_ADDR_ROOM, "net", "#hall", "net", NULL },
	{ "&local%net", GW_ADDR_ROOM, "net", "&local", "net", NULL },
	{ "#a%b%net", GW_ADDR_ROOM, "net", "#a%b", "net", NULL },
	{ "#%net", GW_ADDR_ROOM, "net", "#", "net", NULL },
	{ "##c++%alias", GW_ADDR_ROOM, "net", "##c++", "alias", "##c++%net" },
	{ "#\xc3\xa9t\xc3\xa9%net", GW_ADDR_ROOM, "net", "#\xc3\xa9t\xc3\xa9",
	    "net", NULL },
	{ "#x:y%net", GW_ADDR_ROOM, "net", "#x:y", "net", NULL },
	{ "juliet%Net", GW_ADDR_PERSON, "net", "juliet", "Net", "juliet%net" },
	{ "[a]\\`%net", GW_ADDR_PERSON, "net", "[a]\\`", "net", NULL },
	{ "+x%net", GW_ADDR_PERSON, "net", "+x", "net", NULL },
	{ "juliet%other", GW_ADDR_PERSON, "other", "juliet", "other", NULL },
};

static void
addresses_go_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct gw_address a;
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	for (i = 0; i < sizeof(address_rows) / sizeof(address_rows[0]); i++) {
		const struct address_row *r = &address_rows[i];
		struct err err = ERR_INIT;

		if (irc_gateway.split(&f->gw, str_c(r->local), &a, &err) < 0)
			fail_msg("%s: %s", r->local, err.text);
		assert_int_equal(a.kind, r->kind);
		assert_true(str_is(a.network, r->network));
		assert_true(str_is(a.name, r->name));
		assert_true(str_is(a.spelling, r->spelling));
		buf_clear(&out);
		irc_gateway.local(&f->gw, &a, &out);
		assert_string_equal(out.p, r->back ? r->back : r->local);
	}
	buf_release(&out);
}

static void
malformed_addresses_are_refused(void **state)
{
	static const struct {
		const char *local;
		enum err_kind kind;
	} rows[] = {
		{ "%net", ERR_BAD_INPUT },
		{ "#hall", ERR_BAD_INPUT },
		{ "#a b%net", ERR_BAD_INPUT },
		{ "#a,b%net", ERR_BAD_INPUT },
		{ "a\r\nQUIT%net", ERR_BAD_INPUT },
		{ ":x%net", ERR_BAD_INPUT },
		{ "#hall%", ERR_BAD_INPUT },
		{ "#hall%-x", ERR_BAD_INPUT },
		{ "#hall%irc.unknown.example", ERR_NOT_FOUND },
		{ "elsewhere", ERR_NOT_FOUND },
	};
	struct fixture *f = *state;
	struct gw_address a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(
		    irc_gateway.split(&f->gw, str_c(rows[i].local), &a, &err),
		    -1);
		if (err.kind != rows[i].kind)
			fail_msg("%s: %s", rows[i].local, err.text);
	}
}

static void
with_one_network_only_percent_is_ordinary(void **state)
{
	struct fixture *f = *state;
	struct gw_address a;
	struct buf out;

	buf_init(&out, 100);
	assert_int_equal(irc_gateway.split(&f->gw, STR("#a%net"), &a, NULL), 0);
	assert_int_equal(a.kind, GW_ADDR_ROOM);
	assert_true(str_is(a.name, "#a%net"));
	assert_true(str_is(a.network, "net"));
	assert_true(str_is(irc_gateway.only_network(&f->gw), "net"));
	irc_gateway.local(&f->gw, &a, &out);
	assert_string_equal(out.p, "#a%net");
	assert_int_equal(irc_gateway.network_at(&f->gw, 0).len, 0);
	buf_release(&out);
	log_in_and_join(f);
}

static void
the_only_network_stays_until_a_restart(void **state)
{
	struct fixture *f = *state;
	struct config *next =
	    read_config(&irc_gateway, "only_network = \"other\"\n" NET OTHER);
	struct err err = ERR_INIT;

	assert_int_equal(
	    irc_gateway.reload(&f->gw, next->gateway[0].conf, false, &err), -1);
	assert_non_null(strstr(err.text, "restart"));
	assert_true(str_is(irc_gateway.only_network(&f->gw), "net"));
	config_free(&next);
}

static void
any_host_is_a_network_where_that_is_allowed(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct gw_address a;

	assert_int_equal(
	    irc_gateway.split(&f->gw, STR("#a%IRC.Free.Example"), &a, NULL), 0);
	assert_true(str_is(a.network, "irc.free.example"));
	assert_true(str_is(a.spelling, "IRC.Free.Example"));
	assert_int_equal(
	    irc_gateway.split(&f->gw, STR("#a%not a host"), &a, &err), -1);
	log_in(f);
	assert_string_equal(f->link->host, "irc.free.example");
	assert_int_equal(f->link->port, 6697);
	assert_true(f->link->tls);
}

static void
people_may_type_loosely(void **state)
{
	static const struct {
		const char *typed, *local;
	} rows[] = {
		{ "#hall%net", "#hall%net" },
		{ "  #hall on net ", "#hall%net" },
		{ "#hall net", "#hall%net" },
		{ "irc://net/hall", "#hall%net" },
		{ "ircs://irc.example.net/#hall", "#hall%irc.example.net" },
		{ "net", "net" },
	};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		if (irc_gateway.prompted(
		        &f->gw, str_c(rows[i].typed), &out, &err) < 0)
			fail_msg("%s: %s", rows[i].typed, err.text);
		assert_string_equal(out.p, rows[i].local);
	}
	buf_clear(&out);
	assert_int_equal(
	    irc_gateway.prompted(&f->gw, STR("#hall"), &out, &err), -1);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void
keys_follow_the_case_mapping_of_the_server(void **state)
{
	struct fixture *f = *state;
	struct buf key;

	buf_init(&key, 100);
	irc_gateway.fold(&f->s, STR("#A[]"), &key);
	assert_string_equal(key.p, "#a{}");
	log_in(f);
	buf_clear(&key);
	irc_gateway.fold(&f->s, STR("#A[]"), &key);
	assert_string_equal(key.p, "#a[]");
	buf_release(&key);
}

/* ---- the configuration ------------------------------------------------ */

static void
mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *block, *text;
	} rows[] = {
		{ "", "no network can be reached" },
		{ "network \"n\" { host = \"a b\" }", "no host name" },
		{ "network \"n%\" { host = \"a.b\" }", "cannot be the name" },
		{ NET "network \"x\" { host = \"ALIAS\" }", "already" },
		{ NET "only_network = \"nte\"", "there is no network" },
		{ NET "only_network = \"net\" open = yes", "no meaning" },
		{ "network \"n\" { host = \"a.b\" pin = \"12\" }", "64 hex" },
		{ "network \"n\" { host = \"a.b\" tls = no ca_file = \"/x\" }",
		    "without TLS" },
		{ "network \"n\" { host = \"a.b\" charset = \"klingon\" }",
		    "klingon" },
		{ "network \"n\" { host = \"a.b\" password_file = \"pw\" }",
		    "whole path" },
		{ "network \"n\" { host = \"a.b\" "
		  "password_file = \"/does/not/exist\" }",
		    "/does/not/exist" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;
		struct gateway gw;

		if (gateway_open(&gw, &irc_gateway, rows[i].block, &err) == 0)
			fail_msg("taken: %s", rows[i].block);
		assert_true(str_starts(str_c(err.text), STR("test.conf:")));
		if (!strstr(err.text, rows[i].text))
			fail_msg("%s: %s", rows[i].block, err.text);
		gateway_close(&gw, false);
	}
}

static void
a_reload_keeps_links_and_what_was_learnt(void **state)
{
	struct fixture *f = *state;
	struct config *next =
	    read_config(&irc_gateway, NET "network \"new\" { host = \"n.x\" }");
	struct gw_address a;

	log_in_and_join(f);
	assert_int_equal(
	    irc_gateway.reload(&f->gw, next->gateway[0].conf, false, NULL), 0);
	assert_int_equal(irc_gateway.split(&f->gw, STR("#a%new"), &a, NULL), 0);
	assert_int_equal(
	    irc_gateway.split(&f->gw, STR("#a%other"), &a, NULL), -1);
	server(f, ":juliet!j@h PRIVMSG #hall :still here\r\n");
	said("message normal #Hall from=juliet: still here\n");
	config_free(&next);
}

static void
a_bad_reload_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct config *next = read_config(&irc_gateway, "");
	struct err err = ERR_INIT;
	struct gw_address a;

	assert_int_equal(
	    irc_gateway.reload(&f->gw, next->gateway[0].conf, false, &err), -1);
	assert_int_equal(irc_gateway.split(&f->gw, STR("#a%net"), &a, NULL), 0);
	config_free(&next);
}

static void
settings_are_taken_whole_or_refused(void **state)
{
	static const struct {
		const char *name;
		struct str value;
		int rc;
	} rows[] = {
		{ "nick", { "juliet", 6 }, 0 },
		{ "nick", { "j u", 3 }, -1 },
		{ "nick", { "1st", 3 }, -1 },
		{ "sasl_password", { "p\xc3\xa4 ss", 6 }, 0 },
		{ "sasl_password", { "a\rb", 3 }, -1 },
		{ "sasl_password", { "a\nb", 3 }, -1 },
		{ "sasl_password", { "a\0b", 3 }, -1 },
		{ "server_password", { "a\nQUIT", 6 }, -1 },
		{ "sasl_account", { "a\nb", 3 }, -1 },
	};
	const struct gw_setting *st;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = ERR_INIT;

		for (st = irc_gateway.settings;
		     strcmp(st->name, rows[i].name) != 0; st++)
			;
		assert_int_equal(
		    st->check(NULL, rows[i].value, &err), rows[i].rc);
	}
}

/* ---- logging in and out ----------------------------------------------- */

static void
a_login_ends_online(void **state)
{
	log_in(*state);
}

static void
the_users_nick_goes_before_the_wish(void **state)
{
	struct fixture *f = *state;

	recorder.setting[0].name = "nick";
	recorder.setting[0].value = "montague";
	dial(f, "romeo");
	fake_link_up(f->link);
	wrote(f,
	    "CAP LS 302\nNICK montague\n"
	    "USER x4f11361d 0 * :romeo@example.org\n");
}

static void
a_refused_connection_says_why(void **state)
{
	struct fixture *f = *state;

	dial(f, "romeo");
	fake_link_down(f->link, "irc.example.net: connection refused", false);
	said("offline unreachable \"irc.example.net: connection refused\"\n");
	assert_null(irc_link_of(&f->s));
}

static void
a_wrong_certificate_is_for_good(void **state)
{
	struct fixture *f = *state;

	dial(f, "romeo");
	fake_link_down(f->link, "irc.example.net: wrong certificate", true);
	said("offline for good unreachable "
	     "\"irc.example.net: wrong certificate\"\n");
}

static void
what_the_server_says_at_the_end_is_told(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	server(f, "ERROR :Closing Link: too many people\r\n");
	fake_link_down(f->link, "", false);
	assert_non_null(strstr(recorder.said.p, "too many people"));
	assert_int_equal(f->s.noffline, 1);
	buf_clear(&recorder.said);
}

static void
a_password_never_goes_in_clear_text(void **state)
{
	struct fixture *f = *state;
	struct irc_gateway *irc = f->gw.priv;

	irc_networks_at(&irc->networks, 0)->tls = false;
	recorder.setting[0].name = "server_password";
	recorder.setting[0].value = "secret";
	dial(f, "romeo");
	fake_link_up(f->link);
	wrote(f, "");
	assert_non_null(strstr(recorder.said.p, "offline for good denied"));
	assert_null(strstr(recorder.said.p, "secret"));
	buf_clear(&recorder.said);
}

static void
a_logout_says_goodbye_first(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	irc_gateway.logout(&f->s, GW_BYE_USER, STR("good night"));
	wrote(f, "QUIT :good night\n");
	said("");
	server(f, "ERROR :Closing Link\r\n");
	said("offline\n");
	assert_null(irc_link_of(&f->s));
}

static void
a_logout_does_not_wait_for_ever(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	irc_gateway.logout(&f->s, GW_BYE_SHUTDOWN, STR_EMPTY);
	wrote(f, "QUIT :The gateway is being restarted\n");
	pass(f, IRC_QUIT_MS);
	said("offline\n");
}

static void
a_logout_before_the_link_is_up_ends_too(void **state)
{
	struct fixture *f = *state;

	dial(f, "romeo");
	irc_gateway.logout(&f->s, GW_BYE_USER, STR_EMPTY);
	turn(f);
	said("offline\n");
}

static void
a_session_can_log_in_again(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	fake_link_down(f->link, "irc.example.net: reset", false);
	said("offline unreachable \"irc.example.net: reset\"\n");
	dial(f, "romeo");
	fake_link_up(f->link);
	turn(f);
	/* The case mapping is known by now: no new keys. */
	server(f,
	    ":s 001 romeo :Welcome\r\n"
	    ":s 005 romeo CASEMAPPING=ascii :are supported\r\n"
	    ":s 422 romeo :no MOTD\r\n");
	said("online romeo\n");
}

/* ---- rooms ------------------------------------------------------------ */

static void
a_join_is_told_in_order(void **state)
{
	log_in_and_join(*state);
}

static void
a_join_is_done_only_after_the_names(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	join(f, 1, "#a");
	wrote(f, "JOIN #a\n");
	server(f, ":romeo!x@h JOIN #a\r\n:s 353 romeo = #a :@romeo\r\n");
	said("joined #a\nmember #a romeo moderator admin\n");
	server(f, ":s 366 romeo #a :End\r\n");
	said("end #a\ndone 1\n");
}

static void
every_refusal_has_its_reason(void **state)
{
	static const struct {
		const char *line, *reason;
	} rows[] = {
		{ "403 romeo #a :No such channel", "no-such-room" },
		{ "405 romeo #a :Too many", "too-many" },
		{ "471 romeo #a :Full (+l)", "full" },
		{ "473 romeo #a :Invite only (+i)", "members-only" },
		{ "474 romeo #a :Banned (+b)", "banned" },
		{ "475 romeo #a :Wrong key (+k)", "password" },
		{ "476 romeo #a :Bad mask", "no-such-room" },
		{ "477 romeo #a :Register first (+r)", "members-only" },
		{ "479 romeo #a :Illegal name", "no-such-room" },
		{ "489 romeo #a :TLS only", "policy" },
		{ "520 romeo #a :Opers only", "policy" },
		{ "437 romeo #a :Unavailable", "unreachable" },
		{ "470 romeo #a #b :Forwarding", "forward" },
	};
	struct fixture *f = *state;
	char line[128], expected[64];
	size_t i;

	log_in(f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		join(f, 7, "#a");
		wrote(f, "JOIN #a\n");
		snprintf(line, sizeof(line), ":s %s\r\n", rows[i].line);
		server(f, line);
		snprintf(expected, sizeof(expected), "refused #a %s ",
		    rows[i].reason);
		if (!str_starts(buf_str(&recorder.said), str_c(expected)))
			fail_msg("%s: %s", rows[i].line, recorder.said.p);
		assert_non_null(strstr(recorder.said.p, "\ndone 7 "));
		buf_clear(&recorder.said);
	}
}

static void
a_name_that_is_no_channel_is_refused_at_once(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	join(f, 1, "#a\r\nQUIT");
	assert_true(str_starts(buf_str(&recorder.said), STR("refused ")));
	assert_non_null(strstr(recorder.said.p, "no-such-room"));
	assert_non_null(strstr(recorder.said.p, "\ndone 1 bad-input"));
	buf_clear(&recorder.said);
	wrote(f, "");
}

static void
a_channel_nobody_asked_for_is_left(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	server(f,
	    ":romeo!x@h JOIN #trap\r\n"
	    ":s 353 romeo = #trap :romeo bob\r\n"
	    ":s 366 romeo #trap :End\r\n"
	    ":bob!b@h PRIVMSG #trap :nobody of yours is here\r\n");
	wrote(f, "PART #trap\n");
	server(f, ":romeo!x@h PART #trap\r\n");
	said("");
}

static void
a_join_from_inside_begins_outside(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	join(f, 2, "#Hall");
	wrote(f, "PART #Hall\nJOIN #Hall\n");
	server(f,
	    ":romeo!x@h PART #Hall\r\n:romeo!x@h JOIN #Hall\r\n"
	    ":s 353 romeo = #Hall :romeo\r\n:s 366 romeo #Hall :End\r\n");
	said("left #Hall part\njoined #Hall\nmember #Hall romeo member none\n"
	     "end #Hall\ndone 2\n");
}

static void
people_come_and_go(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":bob!b@host JOIN #hall\r\n"
	    ":bob!b@host PART #hall :bye\r\n"
	    ":juliet!j@h KICK #hall nurse :too loud\r\n"
	    ":juliet!j@h QUIT :good night\r\n");
	said("member #Hall bob user=b host=host member none\n"
	     "gone #Hall bob part bye\n"
	     "gone #Hall nurse kick by juliet too loud\n"
	     "quit juliet user=j host=h good night\n");
}

static void
being_kicked_is_told_and_ends_it(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":juliet!j@h KICK #Hall romeo :go away\r\n"
	    ":juliet!j@h PRIVMSG #Hall :is he gone?\r\n");
	said("left #Hall kick by juliet go away\n");
}

static void
leaving_is_answered(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_LEAVE,
	        .room = STR("#Hall"),
	        .text = STR("bye") });
	wrote(f, "PART #Hall :bye\n");
	server(f, ":romeo!x@h PART #Hall :bye\r\n");
	said("left #Hall part bye\ndone 2\n");
}

static void
a_reason_that_cannot_be_sent_keeps_nobody_inside(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_LEAVE,
	        .room = STR("#Hall"),
	        .text = STR("a\nb") });
	wrote(f, "PART #Hall\n");
}

static void
a_topic_is_set_and_told(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_SUBJECT,
	        .room = STR("#Hall"),
	        .text = STR("new") });
	wrote(f, "TOPIC #Hall :new\n");
	server(f, ":romeo!x@h TOPIC #Hall :new\r\n");
	said("subject #Hall now by romeo new\ndone 2\n");
	ask(f, 3,
	    &(struct gw_req){ .kind = GW_REQ_SUBJECT,
	        .room = STR("#Hall"),
	        .text = STR("x") });
	wrote(f, "TOPIC #Hall :x\n");
	server(f, ":s 482 romeo #Hall :You're not an operator\r\n");
	said("done 3 denied \"#Hall: You're not an operator\"\n");
}

static void
one_sign_less_shows_the_one_below(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":s MODE #Hall +v juliet\r\n"
	    ":s MODE #Hall -o juliet\r\n"
	    ":s MODE #Hall -v+q juliet juliet\r\n"
	    ":s MODE #Hall -q juliet\r\n");
	said("standing #Hall juliet moderator admin\n"
	     "standing #Hall juliet member member\n"
	     "standing #Hall juliet member none\n"
	     "standing #Hall juliet moderator owner\n"
	     "standing #Hall juliet member none\n");
}

static void
signs_follow_their_owner(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":juliet!j@h NICK capulet\r\n"
	    ":s MODE #Hall +v capulet\r\n"
	    ":capulet!j@h PART #Hall\r\n"
	    ":capulet!j@h JOIN #Hall\r\n"
	    ":s MODE #Hall +v capulet\r\n");
	said("nick juliet user=j host=h capulet\n"
	     "standing #Hall capulet moderator admin\n"
	     "gone #Hall capulet part\n"
	     "member #Hall capulet user=j host=h member none\n"
	     "standing #Hall capulet member member\n");
}

static void
room_modes_become_flags(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f, ":s MODE #Hall +mk key\r\n:s MODE #Hall -m+b x!*@*\r\n");
	said("room #Hall 3 key\nroom #Hall 2 key\n");
	server(f, ":s 324 romeo #Hall +nt\r\n:s 324 romeo #Hall +\r\n");
	said("room #Hall 10\nroom #Hall 0\n");
}

static void
a_stranger_with_a_sign_comes_in_without_it(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":s MODE #Hall +o tybalt\r\n"
	    ":tybalt!t@h JOIN #Hall\r\n");
	said("standing #Hall tybalt moderator admin\n"
	     "member #Hall tybalt user=t host=h member none\n");
}

static void
what_nobody_waits_for_fails_in_silence(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	join(f, 1, "#Hall");
	wrote(f, "JOIN #Hall\n");
	server(f,
	    ":romeo!x@h JOIN #Hall\r\n"
	    ":s 353 romeo = #Hall :romeo\r\n"
	    ":s 366 romeo #Hall :End\r\n");
	said("joined #Hall\nmember #Hall romeo member none\nend #Hall\n"
	     "done 1\n");
	wrote(f, "MODE #Hall\n");
	server(f, ":s 442 romeo #Hall :You're not on that channel\r\n");
	said("");
	assert_int_equal(irc_link_of(&f->s)->proto.asks.n, 0);
}

static void
roles_become_modes_and_kicks(void **state)
{
	static const struct {
		enum gw_role role;
		const char *nick, *line;
	} rows[] = {
		{ GW_ROLE_NONE, "nurse", "KICK #Hall nurse :why\n" },
		{ GW_ROLE_MODERATOR, "nurse", "MODE #Hall +o nurse\n" },
		{ GW_ROLE_MEMBER, "juliet", "MODE #Hall -o juliet\n" },
		{ GW_ROLE_MEMBER, "romeo", "MODE #Hall +v romeo\n" },
		{ GW_ROLE_VISITOR, "nurse", "MODE #Hall -v nurse\n" },
	};
	struct fixture *f = *state;
	struct buf line, got;
	size_t i;

	buf_init(&got, 1000);
	buf_init(&line, 1000);
	log_in_and_join(f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(f, 10 + i,
		    &(struct gw_req){ .kind = GW_REQ_ROLE,
		        .room = STR("#Hall"),
		        .nick = str_c(rows[i].nick),
		        .role = rows[i].role,
		        .text = STR("why") });
		turn(f);
		assert_true(fake_link_line(f->link, &line));
		buf_clear(&got);
		buf_addf(&got, "%s\n", line.p);
		assert_string_equal(got.p, rows[i].line);
		while (fake_link_line(f->link, &line))
			; /* a PING may follow, to know when it was done */
	}
	buf_release(&line);
	buf_release(&got);
}

/* Everything written so far, without PINGs. */
static void
take_lines(struct fixture *f, struct buf *out)
{
	struct buf line;

	turn(f);
	buf_clear(out);
	buf_init(&line, 1000);
	while (fake_link_line(f->link, &line))
		if (!str_starts(buf_str(&line), STR("PING")))
			buf_addf(out, "%s\n", line.p);
	buf_release(&line);
}

static void
standings_add_and_take_what_is_needed(void **state)
{
	static const struct {
		const char *signs, *channel;
		bool is_role;
		int wanted;
		const char *lines;
	} rows[] = {
		{ "", "n", false, GW_STANDING_OWNER, "MODE #Hall +q x\n" },
		{ "o", "n", false, GW_STANDING_OWNER, "MODE #Hall +q x\n" },
		{ "qo", "n", false, GW_STANDING_ADMIN, "MODE #Hall -q x\n" },
		{ "q", "n", false, GW_STANDING_ADMIN, "MODE #Hall +o-q x x\n" },
		{ "a", "n", false, GW_STANDING_ADMIN, "" },
		{ "v", "n", false, GW_STANDING_ADMIN, "MODE #Hall +o x\n" },
		{ "qao", "n", false, GW_STANDING_MEMBER,
		    "MODE #Hall +v-qa x x x\nMODE #Hall -o x\n" },
		{ "oh", "n", false, GW_STANDING_MEMBER, "MODE #Hall -o x\n" },
		{ "h", "n", false, GW_STANDING_MEMBER, "" },
		{ "ov", "n", false, GW_STANDING_NONE, "MODE #Hall -ov x x\n" },
		{ "", "n", false, GW_STANDING_NONE, "" },
		{ "h", "n", true, GW_ROLE_MODERATOR, "" },
		{ "ov", "m", true, GW_ROLE_MEMBER, "MODE #Hall -o x\n" },
		{ "o", "m", true, GW_ROLE_MEMBER, "MODE #Hall +v-o x x\n" },
		{ "oh", "n", true, GW_ROLE_MEMBER, "MODE #Hall -oh x x\n" },
		{ "", "m", true, GW_ROLE_MEMBER, "MODE #Hall +v x\n" },
		{ "v", "m", true, GW_ROLE_MEMBER, "" },
		{ "ov", "m", true, GW_ROLE_VISITOR, "MODE #Hall -ov x x\n" },
	};
	struct fixture *f = *state;
	struct irc_channel *c;
	struct buf got;
	size_t i;

	buf_init(&got, 1000);
	log_in_and_join(f);
	c = irc_ranks_channel(&irc_link_of(&f->s)->ranks, STR("#hall"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		irc_ranks_put(
		    &irc_link_of(&f->s)->ranks, c, STR("x"), rows[i].signs);
		irc_modes_set(
		    &c->modes, 'm', rows[i].channel[0] == 'm', STR_EMPTY);
		ask(f, 10 + i,
		    &(struct gw_req){
		        .kind = rows[i].is_role ? GW_REQ_ROLE : GW_REQ_STANDING,
		        .room = STR("#Hall"),
		        .nick = STR("x"),
		        .on = true,
		        .role = rows[i].is_role ? (enum gw_role)rows[i].wanted
		                                : GW_ROLE_NONE,
		        .standing = rows[i].is_role
		            ? GW_STANDING_NONE
		            : (enum gw_standing)rows[i].wanted });
		take_lines(f, &got);
		assert_string_equal(got.p, rows[i].lines);
	}
	buf_release(&got);
	buf_clear(&recorder.said);
}

/* Two lines, one answer: the first error there was. */
static void
several_commands_are_one_request(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":s MODE #Hall +qa nurse nurse\r\n:s MODE #Hall +o nurse\r\n"
	    ":s MODE #Hall -v nurse\r\n");
	buf_clear(&recorder.said);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_STANDING,
	        .room = STR("#Hall"),
	        .nick = STR("nurse"),
	        .on = true,
	        .standing = GW_STANDING_MEMBER });
	wrote(f,
	    "MODE #Hall +v-qa nurse nurse nurse\nMODE #Hall -o nurse\n"
	    "PING :settled\n");
	server(f, ":s 482 romeo #Hall :You're no founder\r\n");
	said("");
	server(f, ":romeo!x@h MODE #Hall -o nurse\r\n");
	said("standing #Hall nurse moderator owner\n"
	     "done 2 denied \"#Hall: You're no founder\"\n");
}

/* Nothing is remembered of what the network can no longer answer. */
static void
a_lost_link_ends_requests_of_several_commands(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_ROLE,
	        .room = STR("#Hall"),
	        .nick = STR("nurse"),
	        .role = GW_ROLE_NONE });
	turn(f);
	fake_link_down(f->link, "reset", false);
	assert_non_null(strstr(recorder.said.p, "done 2 unreachable"));
	buf_clear(&recorder.said);
}

static void
a_kick_is_answered(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_ROLE,
	        .room = STR("#Hall"),
	        .nick = STR("nurse"),
	        .role = GW_ROLE_NONE });
	turn(f);
	server(f, ":romeo!x@h KICK #Hall nurse :nurse\r\n");
	said("gone #Hall nurse kick by romeo nurse\ndone 2\n");
}

static void
what_is_so_already_is_done_at_once(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_STANDING,
	        .room = STR("#Hall"),
	        .nick = STR("juliet"),
	        .on = true,
	        .standing = GW_STANDING_ADMIN });
	ask(f, 3,
	    &(struct gw_req){ .kind = GW_REQ_STANDING,
	        .room = STR("#Hall"),
	        .nick = STR("romeo"),
	        .on = true,
	        .standing = GW_STANDING_NONE });
	said("done 2\ndone 3\n");
	wrote(f, "");
}

/* ---- bans ------------------------------------------------------------- */

static void
whom_a_ban_is_for_decides_its_mask(void **state)
{
	static const struct {
		const char *configured, *nick, *user, *host, *mask;
	} rows[] = {
		{ "*!*@%h", "nurse", "n", "h.example", "*!*@h.example" },
		{ "*!*@%h", "nurse", "", "", "nurse!*@*" },
		{ "*!%u@*", "nurse", "n", "", "*!n@*" },
		{ "%n!%u@%h", "nurse", "n", "h", "nurse!n@h" },
		{ "%n!%u@%h", "nurse", "", "h", "nurse!*@*" },
		{ "%n!*@*", "nurse", "", "", "nurse!*@*" },
	};
	struct fixture *f = *state;
	struct irc_gateway *irc = gateway_priv(&f->gw);
	struct irc_network *n = irc_networks_at(&irc->networks, 0);
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		str_store(&n->ban_mask, str_c(rows[i].configured));
		buf_clear(&out);
		irc_network_ban_mask(n, str_c(rows[i].nick),
		    str_c(rows[i].user), str_c(rows[i].host), &out);
		assert_string_equal(out.p, rows[i].mask);
	}
	buf_release(&out);
}

static void
a_list_of_bans_is_told_line_by_line(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_STANDINGS,
	        .room = STR("#Hall"),
	        .standing = GW_STANDING_OUTCAST });
	wrote(f, "MODE #Hall +b\n");
	server(f,
	    ":s 367 romeo #hall *!*@a juliet!j@h 1767600000\r\n"
	    ":s 367 romeo #hall *!*@b\r\n"
	    ":s 368 romeo #hall :End\r\n");
	said("entry 2 *!*@a by juliet\nentry 2 *!*@b\ndone 2\n");
	/* Nobody asked: for whoever typed the command. */
	server(f, ":s 367 romeo #hall *!*@c\r\n:s 368 romeo #hall :End\r\n");
	assert_non_null(strstr(recorder.said.p, "notice"));
	buf_clear(&recorder.said);
	ask(f, 3,
	    &(struct gw_req){ .kind = GW_REQ_STANDINGS,
	        .room = STR("#Hall"),
	        .standing = GW_STANDING_MEMBER });
	assert_non_null(strstr(recorder.said.p, "done 3 unsupported"));
	buf_clear(&recorder.said);
}

/* ---- forms ------------------------------------------------------------ */

static void
modes_are_a_form(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_FORM_GET, .room = STR("#Hall") });
	wrote(f, "MODE #Hall\n");
	server(f, ":s 324 romeo #Hall +psmlk 7 key\r\n");
	said("room #Hall b key\n"
	     "entry 2 moderated = 1\n"
	     "entry 2 members_only = 0\n"
	     "entry 2 subject_open = 1\n"
	     "entry 2 no_outside = 0\n"
	     "entry 2 public = 0\n"
	     "entry 2 people_max = 7\n"
	     "entry 2 password\n"
	     "done 2\n");
}

static void
set_form(struct fixture *f, gw_req_id id, const char *name, const char *value)
{
	const struct gw_field field = { str_c(name), str_c(value) };

	ask(f, id,
	    &(struct gw_req){ .kind = GW_REQ_FORM_SET,
	        .room = STR("#Hall"),
	        .field = &field,
	        .nfield = 1 });
}

static void
a_field_becomes_what_has_to_change(void **state)
{
	static const struct {
		const char *modes, *name, *value, *lines;
	} rows[] = {
		{ "+nt", "moderated", "1", "MODE #Hall +m\n" },
		{ "+nt", "moderated", "0", "" },
		{ "+nt", "subject_open", "1", "MODE #Hall -t\n" },
		{ "+nt", "subject_open", "0", "" },
		{ "+n", "no_outside", "0", "MODE #Hall -n\n" },
		{ "+nps", "public", "1", "MODE #Hall -sp\n" },
		{ "+np", "public", "0", "" },
		{ "+n", "public", "0", "MODE #Hall +s\n" },
		{ "+n", "people_max", "12", "MODE #Hall +l 12\n" },
		{ "+nl 12", "people_max", "12", "" },
		{ "+nl 12", "people_max", "0", "MODE #Hall -l\n" },
		{ "+n", "people_max", "", "" },
		{ "+n", "password", "key", "MODE #Hall +k key\n" },
		{ "+nk old", "password", "key", "MODE #Hall -k+k old key\n" },
		{ "+nk key", "password", "key", "" },
		{ "+nk", "password", "", "MODE #Hall -k *\n" },
		{ "+n", "subject", "", "TOPIC #Hall :\n" },
		{ "+n", "colour", "red", "" },
	};
	struct fixture *f = *state;
	struct buf got, line;
	size_t i;

	buf_init(&got, 1000);
	buf_init(&line, 1000);
	log_in_and_join(f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&line);
		buf_addf(&line, ":s 324 romeo #Hall %s\r\n", rows[i].modes);
		server(f, line.p);
		set_form(f, 10 + i, rows[i].name, rows[i].value);
		take_lines(f, &got);
		assert_string_equal(got.len ? got.p : "", rows[i].lines);
	}
	buf_release(&got);
	buf_release(&line);
	buf_clear(&recorder.said);
}

static void
a_field_that_irc_cannot_carry_is_refused_whole(void **state)
{
	static const char *const bad[] = { "a b", "a,b", ":a" };
	struct fixture *f = *state;
	size_t i;

	log_in_and_join(f);
	for (i = 0; i < 3; i++) {
		set_form(f, 2, "password", bad[i]);
		assert_non_null(strstr(recorder.said.p, "done 2 bad-input"));
		buf_clear(&recorder.said);
	}
	set_form(f, 2, "people_max", "-3");
	assert_non_null(strstr(recorder.said.p, "done 2 bad-input"));
	buf_clear(&recorder.said);
	wrote(f, "");
}

/* ---- people ----------------------------------------------------------- */

static void
a_nick_is_changed(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	ask(f, 2,
	    &(struct gw_req){
	        .kind = GW_REQ_NICK, .nick = STR("Rom\xc3\xa9o") });
	wrote(f, "NICK Romeo\n");
	server(f, ":romeo!x@h NICK Romeo\r\n");
	said("nick romeo user=x host=h Romeo\ndone 2\n");
	ask(f, 3, &(struct gw_req){ .kind = GW_REQ_NICK, .nick = STR("bob") });
	wrote(f, "NICK bob\n");
	server(f, ":s 433 Romeo bob :Nickname is already in use\r\n");
	assert_non_null(strstr(recorder.said.p, "done 3 conflict"));
	buf_clear(&recorder.said);
}

static void
an_invitation_is_told(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	server(f, ":juliet!j@h INVITE romeo #balcony\r\n");
	said("invite #balcony by juliet\n");
}

static void
away_is_told_once_to_each_who_asks(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	ask(f, 2, &(struct gw_req){ .kind = GW_REQ_AWAY, .text = STR("zzz") });
	wrote(f, "AWAY :zzz\n");
	server(f, ":s 306 romeo :You have been marked as being away\r\n");
	said("away romeo on zzz\ndone 2\n");
}

static void
a_question_to_a_client_is_answered(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_QUERY,
	        .nick = STR("juliet"),
	        .query = GW_QUERY_VERSION });
	wrote(f, "PRIVMSG juliet :\001VERSION\001\n");
	server(f,
	    ":bob!b@h NOTICE romeo :\001VERSION wrong one\001\r\n"
	    ":Juliet!j@h NOTICE romeo :\001VERSION Lute 1.0\001\r\n");
	said("done 2 Lute 1.0\n");
}

static void
a_question_that_nobody_answers_ends(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_QUERY,
	        .nick = STR("juliet"),
	        .query = GW_QUERY_PING });
	turn(f);
	pass(f, IRC_QUERY_MS);
	said("done 2 timeout \"juliet did not answer in time\"\n");
}

static void
a_question_to_nobody_is_refused(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	ask(f, 2,
	    &(struct gw_req){ .kind = GW_REQ_QUERY,
	        .nick = STR("nobody"),
	        .query = GW_QUERY_PING });
	turn(f);
	server(f, ":s 401 romeo nobody :No such nick\r\n");
	said("done 2 not-found \"nobody: No such nick\"\n");
}

/* ---- messages --------------------------------------------------------- */

static void
send_to(struct fixture *f, gw_ticket t, const struct gw_message *m)
{
	irc_gateway.send(&f->s, t, m);
}

static void
messages_go_out_and_have_a_fate(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	send_to(f, 5,
	    &(struct gw_message){ .room = STR("#Hall"), .body = STR("hi") });
	send_to(f, 6,
	    &(struct gw_message){ .kind = GW_MSG_ACTION,
	        .room = STR("#Hall"),
	        .body = STR("waves") });
	send_to(f, 7,
	    &(struct gw_message){ .room = STR("#Hall"),
	        .to = STR("juliet"),
	        .body = STR("psst") });
	said("");
	wrote(f,
	    "PRIVMSG #Hall :hi\n"
	    "PRIVMSG juliet :psst\n"
	    "PRIVMSG #Hall :\001ACTION waves\001\n");
	said("fate 5 left\nfate 7 left\nfate 6 left\n");
	fence(f);
	said("fate 5 sent\nfate 7 sent\nfate 6 sent\n");
}

static void
a_message_refused_by_the_server_is_told(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	send_to(f, 5,
	    &(struct gw_message){ .to = STR("nobody"), .body = STR("hi") });
	turn(f);
	server(f, ":s 401 romeo nobody :No such nick\r\n");
	said("fate 5 left\n"
	     "fate 5 refused not-found \"nobody: No such nick\"\n");
}

static void
what_cannot_be_sent_whole_is_refused_whole(void **state)
{
	static char words[20000];
	struct fixture *f = *state;

	memset(words, 'x', sizeof(words) - 1);
	log_in(f);
	send_to(f, 5,
	    &(struct gw_message){ .to = STR("bob"), .body = str_c(words) });
	send_to(
	    f, 6, &(struct gw_message){ .to = STR("a b"), .body = STR("x") });
	assert_true(
	    str_starts(buf_str(&recorder.said), STR("fate 5 refused too-big")));
	assert_non_null(strstr(recorder.said.p, "\nfate 6 refused bad-input"));
	buf_clear(&recorder.said);
	wrote(f, "");
}

static void
messages_come_in_as_what_they_are(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	server(f,
	    ":juliet!j@h PRIVMSG #hall :\002bold\002\r\n"
	    ":juliet!j@h PRIVMSG #hall :\001ACTION sighs\001\r\n"
	    ":juliet!j@h NOTICE romeo :read this\r\n"
	    ":juliet!j@h PRIVMSG romeo :hi\r\n"
	    ":irc.example.net NOTICE romeo :server says\r\n"
	    ":juliet!j@h PRIVMSG romeo :\001DCC SEND x 1 2 3\001\r\n");
	said("message normal #Hall from=juliet: bold\n"
	     "message action #Hall from=juliet: sighs\n"
	     "message notice from=juliet: read this\n"
	     "message normal from=juliet: hi\n"
	     "notice by irc.example.net server says\n"
	     "notice by juliet juliet offers a file or a chat by DCC, which "
	     "cannot be taken here\n");
}

/* ---- ends ------------------------------------------------------------- */

static void
a_dead_link_answers_everything(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	join(f, 2, "#b");
	ask(f, 3,
	    &(struct gw_req){ .kind = GW_REQ_QUERY,
	        .nick = STR("juliet"),
	        .query = GW_QUERY_PING });
	turn(f);
	said("");
	ask(f, 4, &(struct gw_req){ .kind = GW_REQ_NICK, .nick = STR("r") });
	send_to(f, 4,
	    &(struct gw_message){ .room = STR("#Hall"), .body = STR("hi") });
	fake_link_down(f->link, "irc.example.net: reset", false);
	assert_non_null(strstr(recorder.said.p, "done 2 "));
	assert_non_null(strstr(recorder.said.p, "done 3 "));
	assert_non_null(strstr(recorder.said.p, "done 4 "));
	assert_non_null(strstr(recorder.said.p, "fate 4 refused "));
	assert_non_null(strstr(recorder.said.p,
	    "\noffline unreachable \"irc.example.net: reset\"\n"));
	assert_int_equal(f->s.noffline, 1);
	buf_clear(&recorder.said);
}

static void
react_with_drop(struct session *s, const struct gw_event *ev)
{
	if (ev->type == GW_EV_MESSAGE)
		irc_gateway.drop(s);
}

static void
a_drop_from_inside_an_event_is_survived(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	recorder.react = react_with_drop;
	server(f,
	    ":juliet!j@h PRIVMSG #Hall :one\r\n"
	    ":juliet!j@h PRIVMSG #Hall :two\r\n");
	said("message normal #Hall from=juliet: one\n");
	assert_null(irc_link_of(&f->s));
	turn(f);
	pass(f, 300000);
	said("");
}

static void
react_with_rejoin(struct session *s, const struct gw_event *ev)
{
	if (ev->type == GW_EV_LEFT)
		irc_gateway.request[GW_REQ_JOIN](s, 9,
		    &(struct gw_req){ .kind = GW_REQ_JOIN, .room = ev->room });
}

static void
a_request_from_inside_an_event_is_survived(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	recorder.react = react_with_rejoin;
	server(f,
	    ":juliet!j@h KICK #Hall romeo :out\r\n"
	    ":juliet!j@h PRIVMSG romeo :stay out\r\n");
	said("left #Hall kick by juliet out\n"
	     "message normal from=juliet: stay out\n");
	wrote(f, "JOIN #Hall\n");
}

static void
react_with_login(struct session *s, const struct gw_event *ev)
{
	if (ev->type == GW_EV_OFFLINE)
		irc_gateway.login(s, STR("romeo"), NULL);
}

static void
a_login_from_inside_offline_is_a_new_one(void **state)
{
	struct fixture *f = *state;

	log_in_and_join(f);
	recorder.react = react_with_login;
	fake_link_down(f->link, "irc.example.net: reset", false);
	recorder.react = NULL;
	f->link = FAKE(fake_links()->prev);
	fake_link_up(f->link);
	wrote(f,
	    "CAP LS 302\nNICK romeo\nUSER x4f11361d 0 * "
	    ":romeo@example.org\n");
	buf_clear(&recorder.said);
}

static void
a_silent_server_is_found_out(void **state)
{
	struct fixture *f = *state;

	log_in(f);
	pass(f, IRC_SILENCE_MS);
	wrote(f, "PING :alive-1\n");
	pass(f, IRC_PONG_MS);
	said("offline timeout \"net: the server no longer answers\"\n");
}

static void
an_open_host_is_forgotten_with_its_last_user(void **state)
{
	struct fixture *f = *state;
	struct irc_gateway *irc = f->gw.priv;

	log_in(f);
	assert_int_equal(irc->networks.nopen, 1);
	fake_link_down(f->link, "x", false);
	assert_int_equal(irc->networks.nopen, 0);
	buf_clear(&recorder.said);
}

static void
status_says_where_we_are(void **state)
{
	struct fixture *f = *state;
	struct buf out;

	buf_init(&out, 1000);
	irc_gateway.status(&f->s, &out);
	assert_int_equal(out.len, 0);
	log_in_and_join(f);
	irc_gateway.status(&f->s, &out);
	assert_string_equal(out.p,
	    "Server: irc.example.net port 6697\nTLS: yes, verified\n"
	    "Nick: romeo\nSeen as: romeo!x@h\n");
	buf_release(&out);
}

/* What the server at that address is told. */
static void
ident(
    struct fixture *f, const char *peer, const char *line, const char *expected)
{
	struct sockaddr_in local = { .sin_family = AF_INET };
	struct sockaddr_in from = { .sin_family = AF_INET };
	const void *a = &local, *b = &from;
	struct buf answer;

	assert_int_equal(inet_pton(AF_INET, peer, &from.sin_addr), 1);
	buf_init(&answer, 1024);
	irc_ident_answer(str_c(line), a, b, &answer, gateway_priv(&f->gw));
	assert_string_equal(answer.p, expected);
	buf_release(&answer);
}

static void
ident_tells_of_a_live_link_to_whom_it_leads(void **state)
{
	struct fixture *f = *state;

	ident(
	    f, "192.0.2.1", "40000, 6697", "40000, 6697 : ERROR : NO-USER\r\n");
	log_in(f);
	ident(f, "192.0.2.1", "40000, 6697",
	    "40000, 6697 : USERID : UNIX : x4f11361d\r\n");
	ident(f, "192.0.2.1", "  40000 ,6697 ",
	    "40000, 6697 : USERID : UNIX : x4f11361d\r\n");
	ident(
	    f, "192.0.2.2", "40000, 6697", "40000, 6697 : ERROR : NO-USER\r\n");
	ident(
	    f, "192.0.2.1", "40001, 6697", "40001, 6697 : ERROR : NO-USER\r\n");
	ident(
	    f, "192.0.2.1", "40000, 6667", "40000, 6667 : ERROR : NO-USER\r\n");
	irc_gateway.drop(&f->s);
	f->s.online = false;
	ident(
	    f, "192.0.2.1", "40000, 6697", "40000, 6697 : ERROR : NO-USER\r\n");
}

static void
what_is_no_ident_query_is_an_error(void **state)
{
	static const char *const odd[] = { "", ",", "40000", "40000,",
		"0, 6697", "40000, 0", "40000, 65536", "x, y", "-1, 6697",
		"40000, 6697, 1", "40000 6697" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ident(*state, "192.0.2.1", odd[i],
		    "0, 0 : ERROR : INVALID-PORT\r\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define T_ONLY(name)                                                           \
	cmocka_unit_test_setup_teardown(name, set_up_only, tear_down)
#define T_OPEN(name)                                                           \
	cmocka_unit_test_setup_teardown(name, set_up_open, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(addresses_go_there_and_back),
		T(malformed_addresses_are_refused),
		T_ONLY(with_one_network_only_percent_is_ordinary),
		T_ONLY(the_only_network_stays_until_a_restart),
		T_OPEN(any_host_is_a_network_where_that_is_allowed),
		T(people_may_type_loosely),
		T(keys_follow_the_case_mapping_of_the_server),
		T(ident_tells_of_a_live_link_to_whom_it_leads),
		T(what_is_no_ident_query_is_an_error),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		T(a_reload_keeps_links_and_what_was_learnt),
		T(a_bad_reload_changes_nothing),
		T(settings_are_taken_whole_or_refused),
		T(a_login_ends_online),
		T(the_users_nick_goes_before_the_wish),
		T(a_refused_connection_says_why),
		T(a_wrong_certificate_is_for_good),
		T(what_the_server_says_at_the_end_is_told),
		T(a_password_never_goes_in_clear_text),
		T(a_logout_says_goodbye_first),
		T(a_logout_does_not_wait_for_ever),
		T(a_logout_before_the_link_is_up_ends_too),
		T(a_session_can_log_in_again),
		T(a_join_is_told_in_order),
		T(a_join_is_done_only_after_the_names),
		T(every_refusal_has_its_reason),
		T(a_name_that_is_no_channel_is_refused_at_once),
		T(a_channel_nobody_asked_for_is_left),
		T(a_join_from_inside_begins_outside),
		T(people_come_and_go),
		T(being_kicked_is_told_and_ends_it),
		T(leaving_is_answered),
		T(a_reason_that_cannot_be_sent_keeps_nobody_inside),
		T(a_topic_is_set_and_told),
		T(one_sign_less_shows_the_one_below),
		T(signs_follow_their_owner),
		T(room_modes_become_flags),
		T(a_stranger_with_a_sign_comes_in_without_it),
		T(what_nobody_waits_for_fails_in_silence),
		T(roles_become_modes_and_kicks),
		T(standings_add_and_take_what_is_needed),
		T(several_commands_are_one_request),
		T(a_lost_link_ends_requests_of_several_commands),
		T(whom_a_ban_is_for_decides_its_mask),
		T(a_list_of_bans_is_told_line_by_line),
		T(modes_are_a_form),
		T(a_field_becomes_what_has_to_change),
		T(a_field_that_irc_cannot_carry_is_refused_whole),
		T(a_kick_is_answered),
		T(what_is_so_already_is_done_at_once),
		T(a_nick_is_changed),
		T(an_invitation_is_told),
		T(away_is_told_once_to_each_who_asks),
		T(a_question_to_a_client_is_answered),
		T(a_question_that_nobody_answers_ends),
		T(a_question_to_nobody_is_refused),
		T(messages_go_out_and_have_a_fate),
		T(a_message_refused_by_the_server_is_told),
		T(what_cannot_be_sent_whole_is_refused_whole),
		T(messages_come_in_as_what_they_are),
		T(a_dead_link_answers_everything),
		T(a_drop_from_inside_an_event_is_survived),
		T(a_request_from_inside_an_event_is_survived),
		T(a_login_from_inside_offline_is_a_new_one),
		T(a_silent_server_is_found_out),
		T_OPEN(an_open_host_is_forgotten_with_its_last_user),
		T(status_says_where_we_are),
	};

	log_set_level(LOG_WARN);
	return cmocka_run_group_tests_name("irc_gateway", tests, NULL, NULL);
}
