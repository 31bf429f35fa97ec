#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/post.h"

static void
a_post_takes_a_stanza_for_its_words_and_each_file(void **state)
{
	const struct gw_attachment at[2] = { { .url = STR("https://a/1") },
		{ .url = STR("https://a/2") } };
	struct gw_message m = { .body = STR("hot") };

	(void)state;
	assert_int_equal(post_parts(&m), 1);
	m.attachment = at;
	m.nattachment = 2;
	assert_int_equal(post_parts(&m), 7);
	m.body = STR_EMPTY;
	assert_int_equal(post_parts(&m), 6);
	m.subject = STR("hot");
	assert_int_equal(post_parts(&m), 7);
	m = (struct gw_message){ .body = STR_EMPTY };
	assert_int_equal(post_parts(&m), 1);
}

static void
an_id_says_which_part_it_is(void **state)
{
	static const struct {
		const char *id;
		int part;
	} row[] = {
		{ "in-64f0a1", 0 },
		{ "in-64f0a1.m7", 0 },
		{ "in-64f0a1.1", 1 },
		{ "in-64f0a1.m7.2", 2 },
		{ "in-64f0a1.50", 50 },
		{ "in-64f0a1.51", 0 }, /* no post has so many */
		{ "in-64f0a1.", 0 },
		{ "in-", -1 },
		{ "64f0a1.1", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(post_part_of(str_c(row[i].id)), row[i].part);
}

static void
words_say_which_part_it_is_where_ids_do_not(void **state)
{
	const struct gw_attachment at = { .url = STR("https://a/1") };
	struct gw_message m = { .body = STR("hot"),
		.subject = STR("disk"),
		.attachment = &at,
		.nattachment = 1 };

	(void)state;
	assert_int_equal(post_part_saying(&m, STR("hot")), 0);
	assert_int_equal(post_part_saying(&m, STR("https://a/1")), 1);
	assert_int_equal(post_part_saying(&m, STR("disk")), -1);
	m.body = STR_EMPTY;
	assert_int_equal(post_part_saying(&m, STR("disk")), 0);
	assert_int_equal(post_part_saying(&m, STR("cold")), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_post_takes_a_stanza_for_its_words_and_each_file),
		cmocka_unit_test(an_id_says_which_part_it_is),
		cmocka_unit_test(words_say_which_part_it_is_where_ids_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
