#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "smtp/mail_subject.h"

static void
check(const char *subject, const char *base, const char *plain)
{
	struct str b = mail_subject_base(str_c(subject));
	struct str p = mail_subject_plain(str_c(subject));
	char text[200];

	snprintf(text, sizeof(text), "%s: " STR_FMT " | " STR_FMT, subject,
	    STR_ARG(b), STR_ARG(p));
	if (!str_is(b, base) || !str_is(p, plain))
		fail_msg("%s", text);
}

static void
words_of_many_languages_go(void **state)
{
	static const char *const rows[] = { "lunch", "Re: lunch", "RE: lunch",
		"re:lunch", "AW: lunch", "Aw: AW: lunch", "RE : lunch",
		"Re[2]: lunch", "Re (3): lunch", "Re^2: lunch", "Fwd: lunch",
		"FW: lunch", "WG: lunch", "Antw: lunch", "Antwort: lunch",
		"TR : lunch", "Rép: lunch", "RÉP : lunch", "Réf : lunch",
		"SV: lunch", "VB: lunch", "VS: lunch", "VL: lunch", "RV: lunch",
		"RES: lunch", "ENC: lunch", "RIF: lunch", "R: lunch",
		"I: lunch", "Odp: lunch", "PD: lunch", "YNT: lunch",
		"İLT: lunch", "Отв: lunch", "回复: lunch", "回复：lunch",
		"转发：lunch", "RE：lunch", "ΑΠ: lunch", "[Fwd: lunch]",
		"Re: [Fwd: Re: lunch]", "  Re:   lunch  ",
		"RE: AW: Fwd: WG: lunch" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i], "lunch", "lunch");
}

static void
tags_of_lists_go_for_comparing_and_stay_for_people(void **state)
{
	(void)state;
	check("[list] lunch", "lunch", "[list] lunch");
	check("Re: [list] lunch", "lunch", "[list] lunch");
	check("[list] Re: lunch", "lunch", "[list] Re: lunch");
	check("[a][b] Re: [c] AW: lunch", "lunch", "[a][b] Re: [c] AW: lunch");
	check("lunch (fwd)", "lunch", "lunch (fwd)");
	check("Fwd: lunch (FWD) (fwd)", "lunch", "lunch (FWD) (fwd)");
}

static void
what_says_something_stays(void **state)
{
	(void)state;
	check("[list]", "[list]", "[list]");
	check("Re: [list]", "[list]", "[list]");
	check("Reunion: lunch", "Reunion: lunch", "Reunion: lunch");
	check("r: lunch", "r: lunch", "r: lunch");
	check("Re", "Re", "Re");
	check("Result: 2:1", "Result: 2:1", "Result: 2:1");
	check("[] lunch", "[] lunch", "[] lunch");
	check("[a [b] c] lunch", "[a [b] c] lunch", "[a [b] c] lunch");
	check("Re: Re:", "", "");
	check("", "", "");
	check("Ref: invoice 12", "Ref: invoice 12", "Ref: invoice 12");
	check("Re[x]: lunch", "Re[x]: lunch", "Re[x]: lunch");
}

static void
the_first_word_says_what_it_is(void **state)
{
	(void)state;
	assert_true(mail_subject_is_reply(STR("AW: WG: lunch")));
	assert_false(mail_subject_is_forward(STR("AW: WG: lunch")));
	assert_true(mail_subject_is_forward(STR("WG: AW: lunch")));
	assert_false(mail_subject_is_reply(STR("WG: AW: lunch")));
	assert_true(mail_subject_is_forward(STR("[list] Fwd: lunch")));
	assert_true(mail_subject_is_forward(STR("[Fwd: lunch]")));
	assert_true(mail_subject_is_forward(STR("lunch (fwd)")));
	assert_true(mail_subject_is_forward(STR("VS: lunch")));
	assert_true(mail_subject_is_reply(STR("VS: lunch")));
	assert_false(mail_subject_is_reply(STR("lunch")));
	assert_false(mail_subject_is_forward(STR("")));
}

static void
a_long_chain_costs_little(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000000);
	for (int i = 0; i < 100000; i++)
		buf_add_str(&b, i % 2 ? STR("Re: ") : STR("[x] "));
	buf_add_str(&b, STR("lunch"));
	assert_true(str_is(mail_subject_base(buf_str(&b)), "lunch"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_many_languages_go),
		cmocka_unit_test(
		    tags_of_lists_go_for_comparing_and_stay_for_people),
		cmocka_unit_test(what_says_something_stays),
		cmocka_unit_test(the_first_word_says_what_it_is),
		cmocka_unit_test(a_long_chain_costs_little),
	};

	return cmocka_run_group_tests_name("mail_subject", tests, NULL, NULL);
}
