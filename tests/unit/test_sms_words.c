#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sms/sms_words.h"

static enum sms_word
read_in(const char *languages, const char *text)
{
	struct str language[8], rest = str_c(languages);
	size_t n = 0;

	while (languages[0] && str_cut(&rest, ' ', &language[n]))
		n++;
	return sms_word_read(str_c(text), language, n);
}

static void
stop_and_start_mean_the_same_everywhere(void **state)
{
	(void)state;
	assert_int_equal(read_in("", "STOP"), SMS_WORD_STOP);
	assert_int_equal(read_in("", " stop.\n"), SMS_WORD_STOP);
	assert_int_equal(read_in("fr", "\"Stop!\""), SMS_WORD_STOP);
	assert_int_equal(read_in("", "Unsubscribe"), SMS_WORD_STOP);
	assert_int_equal(read_in("", "START"), SMS_WORD_START);
	assert_int_equal(read_in("", "unstop"), SMS_WORD_START);
}

static void
other_words_count_in_their_language_only(void **state)
{
	(void)state;
	assert_int_equal(read_in("", "end"), SMS_WORD_NONE);
	assert_int_equal(read_in("en", "End"), SMS_WORD_STOP);
	assert_int_equal(read_in("fr en", "quit"), SMS_WORD_STOP);
	assert_int_equal(read_in("en", "ARRÊT"), SMS_WORD_NONE);
	assert_int_equal(read_in("FR", "ARRÊT"), SMS_WORD_STOP);
	assert_int_equal(read_in("ru", "СТОП"), SMS_WORD_STOP);
	assert_int_equal(read_in("ru", "Старт!"), SMS_WORD_START);
	assert_int_equal(read_in("sv", "ÅTERUPPTA"), SMS_WORD_START);
}

static void
a_word_in_a_sentence_is_none(void **state)
{
	(void)state;
	assert_int_equal(read_in("en", "please stop"), SMS_WORD_NONE);
	assert_int_equal(read_in("en", "stop it"), SMS_WORD_NONE);
	assert_int_equal(read_in("en", ""), SMS_WORD_NONE);
	assert_int_equal(read_in("en", "..."), SMS_WORD_NONE);
	assert_int_equal(read_in("en", "\xff"), SMS_WORD_NONE);
	assert_int_equal(read_in("en", "sto"), SMS_WORD_NONE);
}

static void
each_word_of_the_table_reads_as_itself(void **state)
{
	static const char *const languages[] = { "cs", "da", "de", "en", "es",
		"fi", "fr", "hu", "it", "nl", "no", "pl", "pt", "ro", "ru",
		"sv", "tr", "uk" };

	(void)state;
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		assert_true(sms_word_has_language(str_c(languages[i])));
	assert_false(sms_word_has_language(STR("")));
	assert_false(sms_word_has_language(STR("xx")));
	assert_int_equal(read_in("pl", "zakończ"), SMS_WORD_STOP);
	assert_int_equal(read_in("tr", "başlat"), SMS_WORD_START);
	assert_int_equal(read_in("uk", "відписатися"), SMS_WORD_STOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_and_start_mean_the_same_everywhere),
		cmocka_unit_test(other_words_count_in_their_language_only),
		cmocka_unit_test(a_word_in_a_sentence_is_none),
		cmocka_unit_test(each_word_of_the_table_reads_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
