#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "sms/sms_class.h"
#include "sms/sms_decode.h"
#include "sms/sms_doc.h"
#include "sms/sms_filter.h"
#include "sms/sms_profile.h"
#include "sms/sms_proof.h"

/* docs/sms-profiles.md, from which people write profiles. */
static char page[64 * 1024];

static int
read_page(void **state)
{
	FILE *f = fopen("docs/sms-profiles.md", "re");
	size_t n;

	(void)state;
	if (!f)
		return -1;
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	(void)fclose(f);
	return n < sizeof(page) - 1 ? 0 : -1;
}

static void
its_example_is_a_profile(void **state)
{
	const char *begin = strstr(page, "```json\n");
	const char *end = begin ? strstr(begin + 8, "```") : NULL;
	struct err err = ERR_INIT;
	struct sms_profile *p;

	(void)state;
	assert_non_null(end);
	p = sms_profile_read(
	    "pigeon.json", str_of(begin + 8, (size_t)(end - begin) - 8), &err);
	if (!p)
		fail_msg("%s", err.text);
	assert_string_equal(sms_profile_name(p), "pigeon");
	sms_profile_free(&p);
}

/* As code, alone or among others: `x`, `x:N`, `x`/`y`. */
static bool
is_named(const char *word)
{
	static const char before[] = "`\" {[|,", after[] = "`\":|}],";
	const char *at = page;
	size_t n = strlen(word);

	while ((at = strstr(at, word))) {
		if (at > page && strchr(before, at[-1]) && strchr(after, at[n]))
			return true;
		at += n;
	}
	return false;
}

static void
it_names_all_that_a_profile_may_say(void **state)
{
	static const char *const *const lists[] = { sms_message_names,
		sms_filter_names, sms_class_names, sms_state_names,
		sms_doc_names, sms_decode_names + 1, sms_scheme_names };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const char *const *w = lists[i]; *w; w++)
			if (!is_named(*w))
				fail_msg("it does not say what %s is", *w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_example_is_a_profile),
		cmocka_unit_test(it_names_all_that_a_profile_may_say),
	};

	return cmocka_run_group_tests(tests, read_page, NULL);
}
