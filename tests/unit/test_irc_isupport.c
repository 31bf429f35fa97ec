#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "irc/irc_isupport.h"

static struct irc_isupport is;

static int
setup(void **state)
{
	(void)state;
	irc_isupport_init(&is);
	return 0;
}

static bool
token(const char *z)
{
	return irc_isupport_token(&is, str_c(z));
}

static void
defaults_are_those_of_rfc_1459(void **state)
{
	(void)state;
	assert_int_equal(is.casemap, IRC_FOLD_RFC1459);
	assert_string_equal(is.chantypes, "#&");
	assert_string_equal(is.prefix_letter, "ov");
	assert_string_equal(is.statusmsg, "");
	assert_int_equal(is.nicklen, 0);
	assert_int_equal(irc_isupport_mode(&is, 'b'), IRC_MODE_LIST);
	assert_int_equal(irc_isupport_mode(&is, 'k'), IRC_MODE_ALWAYS);
	assert_int_equal(irc_isupport_mode(&is, 'l'), IRC_MODE_SET);
	assert_int_equal(irc_isupport_mode(&is, 'm'), IRC_MODE_FLAG);
	assert_int_equal(irc_isupport_mode(&is, 'o'), IRC_MODE_MEMBER);
}

static void
tokens_change_what_they_name(void **state)
{
	(void)state;
	assert_true(token("NICKLEN=31"));
	assert_int_equal(is.nicklen, 31);
	assert_false(token("NICKLEN=31"));
	assert_true(token("MAXNICKLEN=15"));
	assert_int_equal(is.nicklen, 15);
	assert_true(token("TOPICLEN=300"));
	assert_true(token("KICKLEN=180"));
	assert_true(token("AWAYLEN=200"));
	assert_true(token("CHANNELLEN=50"));
	assert_true(token("LINELEN=2048"));
	assert_true(token("MODES=4"));
	assert_true(token("NETWORK=Example\\x20Net"));
	assert_string_equal(is.network, "Example Net");
	assert_true(token("UTF8ONLY"));
	assert_true(is.utf8only);
	assert_true(token("WHOX"));
	assert_true(is.whox);
	assert_true(token("BOT=B"));
	assert_int_equal(is.bot, 'B');
	assert_true(token("MONITOR=100"));
	assert_int_equal(is.monitor, 100);
	assert_true(token("MONITOR"));
	assert_int_equal(is.monitor, UINT32_MAX);
	assert_true(token("TARGMAX=PRIVMSG:4,KICK:1,JOIN:,NAMES:1"));
	assert_int_equal(is.targmax_privmsg, 4);
	assert_int_equal(is.targmax_kick, 1);
	assert_int_equal(is.targmax_join, 0);
	assert_true(irc_isupport_passes(&is, IRC_TAG_TYPING));
	assert_true(token("CLIENTTAGDENY=*,-draft/react,unknown"));
	assert_false(irc_isupport_passes(&is, IRC_TAG_TYPING));
	assert_false(irc_isupport_passes(&is, IRC_TAG_REPLY));
	assert_true(irc_isupport_passes(&is, IRC_TAG_REACT));
	assert_true(token("CLIENTTAGDENY=draft/reply"));
	assert_false(irc_isupport_passes(&is, IRC_TAG_DRAFT_REPLY));
	assert_true(irc_isupport_passes(&is, IRC_TAG_REPLY));
	assert_true(token("-CLIENTTAGDENY"));
	assert_true(token("STATUSMSG=@+"));
	assert_string_equal(is.statusmsg, "@+");
	assert_true(token("CHANTYPES=#"));
	assert_false(irc_isupport_is_channel(&is, STR("&x")));
	assert_true(irc_isupport_is_channel(&is, STR("#x")));
	assert_false(irc_isupport_is_channel(&is, STR("")));
}

static void
a_negated_token_brings_the_default_back(void **state)
{
	struct irc_isupport fresh;
	static const char *const all[] = { "CASEMAPPING=ascii", "CHANMODES=a",
		"PREFIX=(q)~", "NICKLEN=5", "UTF8ONLY", "MONITOR=3", "BOT=x",
		"CHANTYPES=!", "NETWORK=n", "TARGMAX=JOIN:2", "STATUSMSG=@" };

	(void)state;
	irc_isupport_init(&fresh);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char neg[64];
		struct str name, rest = str_c(all[i]);

		assert_true(token(all[i]));
		str_cut(&rest, '=', &name);
		snprintf(neg, sizeof(neg), "-" STR_FMT, STR_ARG(name));
		assert_true(token(neg));
		assert_memory_equal(&is, &fresh, sizeof(is));
	}
}

static void
prefixes_come_in_pairs_or_not_at_all(void **state)
{
	(void)state;
	assert_true(token("PREFIX=(yaohv)!&@%+"));
	assert_int_equal(irc_isupport_prefix_letter(&is, '!'), 'y');
	assert_int_equal(irc_isupport_prefix_letter(&is, '+'), 'v');
	assert_int_equal(irc_isupport_prefix_letter(&is, '~'), 0);
	assert_int_equal(irc_isupport_prefix_letter(&is, '\0'), 0);
	assert_int_equal(irc_isupport_mode(&is, 'y'), IRC_MODE_MEMBER);
	assert_false(token("PREFIX=(ov)@"));
	assert_false(token("PREFIX=ov@+"));
	assert_false(token("PREFIX=(ov"));
	assert_string_equal(is.prefix_letter, "yaohv");
	assert_true(token("PREFIX="));
	assert_string_equal(is.prefix_letter, "");
}

static void
channel_modes_have_four_kinds(void **state)
{
	(void)state;
	assert_true(
	    token("CHANMODES=IXbegw,k,FHJLfjl,ACKMNOPQRSTcimnprstuz,zz"));
	assert_int_equal(irc_isupport_mode(&is, 'w'), IRC_MODE_LIST);
	assert_int_equal(irc_isupport_mode(&is, 'k'), IRC_MODE_ALWAYS);
	assert_int_equal(irc_isupport_mode(&is, 'H'), IRC_MODE_SET);
	assert_int_equal(irc_isupport_mode(&is, 'z'), IRC_MODE_FLAG);
	assert_int_equal(irc_isupport_mode(&is, '?'), IRC_MODE_FLAG);
	assert_int_equal(irc_isupport_mode(&is, (char)0xE9), IRC_MODE_FLAG);
	assert_int_equal(irc_isupport_mode(&is, '\0'), IRC_MODE_FLAG);
}

static void
what_does_not_fit_is_ignored(void **state)
{
	char big[400];

	(void)state;
	memset(big, 'x', sizeof(big));
	memcpy(big, "NETWORK=", 8);
	assert_false(irc_isupport_token(&is, str_of(big, sizeof(big))));
	assert_false(irc_isupport_token(&is, str_of(big, 100)));
	assert_false(token("CHANTYPES=#&!+abcdefgh"));
	assert_false(token("NICKLEN=99999999999999999999"));
	assert_false(token("NICKLEN=-4"));
	assert_false(token("NETWORK=a\\x00b"));
	assert_false(token(""));
	assert_false(token("-"));
	assert_false(token("="));
	assert_false(token("SOMETHING=else"));
}

static void
names_fold_by_the_mapping_of_the_server(void **state)
{
	static const struct {
		const char *a, *b;
		bool rfc, strict, ascii;
	} pairs[] = {
		{ "Bob", "bOB", true, true, true },
		{ "a[]\\", "a{}|", true, true, false },
		{ "a~", "a^", true, false, false },
		{ "bob", "bobby", false, false, false },
		{ "", "", true, true, true },
		{ "\xC3\x89", "\xC3\xA9", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct str a = str_c(pairs[i].a), b = str_c(pairs[i].b);
		const bool want[] = { pairs[i].rfc, pairs[i].strict,
			pairs[i].ascii };

		for (int map = 0; map < 3; map++) {
			assert_int_equal(
			    irc_fold_eq((enum irc_casemap)map, a, b),
			    want[map]);
			assert_int_equal(
			    irc_fold_hash((enum irc_casemap)map, a) ==
			        irc_fold_hash((enum irc_casemap)map, b),
			    want[map]);
		}
	}
}

static void
both_spellings_of_the_strict_mapping_are_known(void **state)
{
	(void)state;
	assert_true(token("CASEMAPPING=strict-rfc1459"));
	assert_int_equal(is.casemap, IRC_FOLD_STRICT);
	assert_true(token("CASEMAPPING=ascii"));
	assert_true(token("CASEMAPPING=rfc1459-strict"));
	assert_int_equal(is.casemap, IRC_FOLD_STRICT);
	assert_true(token("CASEMAPPING=rfc7613"));
	assert_int_equal(is.casemap, IRC_FOLD_ASCII);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_those_of_rfc_1459),
		TEST(tokens_change_what_they_name),
		TEST(a_negated_token_brings_the_default_back),
		TEST(prefixes_come_in_pairs_or_not_at_all),
		TEST(channel_modes_have_four_kinds),
		TEST(what_does_not_fit_is_ignored),
		TEST(names_fold_by_the_mapping_of_the_server),
		TEST(both_spellings_of_the_strict_mapping_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
