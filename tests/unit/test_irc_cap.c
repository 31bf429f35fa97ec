#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_cap.h"

static struct irc_cap c;
static struct buf out;

static const struct irc_sasl_params nobody;
static const struct irc_sasl_params somebody = {
	.account = { "acc", 3 },
	.password = { "pw", 2 },
};

static void
begin(const struct irc_sasl_params *p)
{
	irc_cap_release(&c);
	assert_int_equal(irc_cap_init(&c, p), 0);
}

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(irc_cap_init(&c, &somebody), 0);
	buf_init(&out, 100000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&out);
	irc_cap_release(&c);
	return 0;
}

static const char *
line(const char *sub, bool more, const char *list)
{
	buf_clear(&out);
	irc_cap_line(&c, str_c(sub), more, str_c(list), &out);
	return out.p;
}

static const char *
numeric(unsigned code)
{
	buf_clear(&out);
	irc_cap_sasl_numeric(&c, code, STR_EMPTY, &out);
	return out.p;
}

static const char *
authenticate(void)
{
	buf_clear(&out);
	irc_cap_authenticate(&c, STR("+"), &out);
	return out.p;
}

static void
what_is_wanted_is_asked_for_and_then_it_ends(void **state)
{
	(void)state;
	begin(&nobody);
	assert_string_equal(
	    line("LS", false,
	        "sts=port=6697 multi-prefix foo server-time sasl "),
	    "CAP REQ :multi-prefix server-time\r\n");
	assert_string_equal(
	    line("ACK", false, "multi-prefix server-time "), "CAP END\r\n");
	assert_true(irc_cap_has(&c, IRC_CAP_SERVER_TIME));
	assert_false(irc_cap_has(&c, IRC_CAP_SASL));
}

static void
a_list_in_parts_is_waited_for(void **state)
{
	(void)state;
	begin(&nobody);
	assert_string_equal(line("LS", true, "multi-prefix"), "");
	assert_string_equal(line("LS", true, "away-notify"), "");
	assert_string_equal(line("LS", false, "setname"),
	    "CAP REQ :away-notify multi-prefix setname\r\n");
}

static void
an_empty_list_ends_at_once(void **state)
{
	(void)state;
	assert_string_equal(line("LS", false, ""), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_MISSING);
}

static void
a_refused_request_is_made_again_one_by_one(void **state)
{
	(void)state;
	begin(&nobody);
	line("LS", false, "multi-prefix setname chghost");
	assert_string_equal(line("NAK", false, "chghost multi-prefix setname"),
	    "CAP REQ :chghost\r\nCAP REQ :multi-prefix\r\nCAP REQ "
	    ":setname\r\n");
	assert_string_equal(line("ACK", false, "chghost"), "");
	assert_string_equal(line("NAK", false, "multi-prefix"), "");
	assert_string_equal(line("ACK", false, "setname"), "CAP END\r\n");
	assert_true(irc_cap_has(&c, IRC_CAP_SETNAME));
	assert_false(irc_cap_has(&c, IRC_CAP_MULTI_PREFIX));
}

static void
sasl_is_asked_for_apart_and_used_at_once(void **state)
{
	(void)state;
	assert_string_equal(line("LS", false, "sasl=EXTERNAL,PLAIN setname"),
	    "CAP REQ :setname\r\nCAP REQ :sasl\r\n");
	assert_string_equal(line("ACK", false, "setname"), "");
	assert_string_equal(
	    line("ACK", false, "sasl"), "AUTHENTICATE PLAIN\r\n");
	assert_string_equal(
	    authenticate(), "AUTHENTICATE YWNjAGFjYwBwdw==\r\n");
	assert_string_equal(authenticate(), "");
	assert_string_equal(numeric(908), "");
	assert_string_equal(numeric(903), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_DONE);
}

static void
a_wrong_password_is_refused_and_a_wrong_mechanism_is_missing(void **state)
{
	(void)state;
	line("LS", false, "sasl");
	line("ACK", false, "sasl");
	authenticate();
	assert_string_equal(numeric(904), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_REFUSED);
	begin(&somebody);
	line("LS", false, "sasl");
	line("ACK", false, "sasl");
	assert_string_equal(numeric(904), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_MISSING);
}

static void
sasl_that_is_refused_or_has_no_plain_is_missing(void **state)
{
	(void)state;
	line("LS", false, "sasl");
	assert_string_equal(line("NAK", false, "sasl"), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_MISSING);
	begin(&somebody);
	assert_string_equal(line("LS", false, "sasl=EXTERNAL"), "CAP END\r\n");
	assert_int_equal(c.sasl.state, IRC_SASL_MISSING);
}

/* account NUL account NUL password: 8 bytes and the password. */
static void
credentials_go_in_chunks_of_400(void **state)
{
	char pw[1000];

	(void)state;
	memset(pw, 'p', sizeof(pw));
	for (size_t n = 1; n < sizeof(pw); n++) {
		size_t base64 = (8 + n + 2) / 3 * 4;
		size_t lines = base64 / 400 + 1, got = 0;
		struct str rest, one;

		begin(&(struct irc_sasl_params){
		    .account = STR("acc"), .password = str_of(pw, n) });
		line("LS", false, "sasl");
		line("ACK", false, "sasl");
		authenticate();
		rest = buf_str(&out);
		while (rest.len && str_cut(&rest, '\n', &one)) {
			got++;
			assert_true(one.len <= 14 + 400);
			if (base64 % 400 == 0 && rest.len == 0)
				assert_true(str_is(one, "AUTHENTICATE +\r"));
		}
		assert_int_equal(got, lines);
	}
}

static void
capabilities_come_and_go_later(void **state)
{
	(void)state;
	begin(&nobody);
	line("LS", false, "setname");
	line("ACK", false, "setname");
	irc_cap_registered(&c);
	assert_string_equal(
	    line("NEW", false, "chghost sasl unknown"), "CAP REQ :chghost\r\n");
	assert_string_equal(line("ACK", false, "chghost"), "");
	assert_true(irc_cap_has(&c, IRC_CAP_CHGHOST));
	assert_string_equal(line("DEL", false, "setname chghost"), "");
	assert_false(irc_cap_has(&c, IRC_CAP_SETNAME));
	assert_string_equal(line("ACK", false, "-chghost"), "");
	assert_string_equal(line("NONSENSE", false, "x"), "");
}

static void
a_server_without_cap_leaves_sasl_missing(void **state)
{
	(void)state;
	irc_cap_registered(&c);
	assert_int_equal(c.sasl.state, IRC_SASL_MISSING);
}

static void
numerics_nobody_asked_for_are_nothing(void **state)
{
	(void)state;
	assert_string_equal(numeric(903), "");
	assert_string_equal(numeric(904), "");
	assert_string_equal(authenticate(), "");
	assert_int_equal(c.sasl.state, IRC_SASL_WANTED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_wanted_is_asked_for_and_then_it_ends),
		TEST(a_list_in_parts_is_waited_for),
		TEST(an_empty_list_ends_at_once),
		TEST(a_refused_request_is_made_again_one_by_one),
		TEST(sasl_is_asked_for_apart_and_used_at_once),
		TEST(
		    a_wrong_password_is_refused_and_a_wrong_mechanism_is_missing),
		TEST(sasl_that_is_refused_or_has_no_plain_is_missing),
		TEST(credentials_go_in_chunks_of_400),
		TEST(capabilities_come_and_go_later),
		TEST(a_server_without_cap_leaves_sasl_missing),
		TEST(numerics_nobody_asked_for_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
