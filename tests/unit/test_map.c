#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/map.c"

enum { MANY = 20000 };

struct thing {
	char name[16];
	int seen;
};

static struct thing thing[MANY];

static struct str
name_of(size_t i)
{
	snprintf(thing[i].name, sizeof(thing[i].name), "nick%zu", i);
	return str_c(thing[i].name);
}

static void
fill(struct map *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		thing[i].seen = 0;
		assert_null(map_put(m, name_of(i), &thing[i]));
	}
}

/* Vectors made by another implementation (CPython 3.11, hash of bytes). */
static void
the_hash_is_siphash_1_3(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{ 1, 0x68a914128e01e473 },
		{ 2, 0x010bac45c41e3669 },
		{ 7, 0x2f098ab0c751325a },
		{ 8, 0xead411e67ebe2eea },
		{ 9, 0x75927f9d95124362 },
		{ 15, 0xf30eb725bb91c9ea },
		{ 16, 0x8972188433a5c5b7 },
		{ 17, 0x4883c49a2c009c1d },
		{ 31, 0x169739443111d49b },
		{ 64, 0x75e05fd5bbc870c6 },
	};
	static const uint64_t zero_key[2];
	char bytes[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    siphash13(zero_key, str_of(bytes, rows[i].len)),
		    rows[i].hash);
}

static void
the_hash_depends_on_bytes_length_and_nothing_else(void **state)
{
	char a[] = "-nickname", b[] = "nickname";

	(void)state;
	assert_int_equal(map_hash(str_c(a + 1)), map_hash(str_c(b)));
	assert_int_not_equal(map_hash(STR("a\0")), map_hash(STR("a")));
	assert_int_equal(map_hash(STR_EMPTY), map_hash(str_of(NULL, 0)));
}

static void
what_was_put_is_found_replaced_and_removed(void **state)
{
	char key1[] = "romeo", key2[] = "romeo";
	struct map_iter it = { 0 };
	struct map m;
	int a, b;

	(void)state;
	map_init(&m);
	assert_null(map_get(&m, STR("romeo")));
	assert_null(map_del(&m, STR("romeo")));
	assert_null(map_put(&m, str_c(key1), &a));
	assert_ptr_equal(map_get(&m, STR("romeo")), &a);
	assert_null(map_get(&m, STR("rome")));
	assert_ptr_equal(map_put(&m, str_c(key2), &b), &a);
	assert_int_equal(m.n, 1);
	assert_true(map_next(&m, &it));
	assert_ptr_equal(it.key.p, key2);
	assert_ptr_equal(map_del(&m, STR("romeo")), &b);
	assert_null(map_get(&m, STR("romeo")));
	assert_int_equal(m.n, 0);
	map_release(&m);
}

static void
keys_are_bytes_and_may_be_empty(void **state)
{
	struct map m;
	int a, b, c;

	(void)state;
	map_init(&m);
	map_put(&m, STR("x\0y"), &a);
	map_put(&m, STR("x\0z"), &b);
	map_put(&m, STR_EMPTY, &c);
	assert_ptr_equal(map_get(&m, STR("x\0y")), &a);
	assert_ptr_equal(map_get(&m, STR("x\0z")), &b);
	assert_ptr_equal(map_get(&m, str_of(NULL, 0)), &c);
	map_release(&m);
}

static void
a_value_is_removed_only_under_its_own_name(void **state)
{
	struct map m;
	int a, b;

	(void)state;
	map_init(&m);
	map_put(&m, STR("x"), &a);
	map_del_value(&m, STR("x"), &b);
	assert_ptr_equal(map_get(&m, STR("x")), &a);
	map_del_value(&m, STR("x"), &a);
	assert_null(map_get(&m, STR("x")));
	map_release(&m);
}

static void
twenty_thousand_names_are_all_found(void **state)
{
	struct map m;
	size_t i;

	(void)state;
	map_init(&m);
	fill(&m, MANY);
	assert_int_equal(m.n, MANY);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&m, name_of(i)), &thing[i]);
	assert_null(map_get(&m, STR("nick20000")));
	map_release(&m);
}

/* How far entries stand from their place is what every lookup costs. */
static void
entries_stand_near_their_place(void **state)
{
	size_t i, far = 0;
	struct map m;

	(void)state;
	map_init(&m);
	fill(&m, MANY);
	for (i = 0; i < m.cap; i++)
		if (m.slot[i].value)
			far += (i - m.slot[i].hash) & (m.cap - 1);
	assert_true(far < 3 * m.n);
	map_release(&m);
}

static void
coming_and_going_for_ever_costs_no_memory(void **state)
{
	size_t i, cap;
	struct map m;

	(void)state;
	map_init(&m);
	fill(&m, 100);
	cap = m.cap;
	for (i = 100; i < MANY; i++) {
		assert_non_null(map_del(&m, name_of(i - 100)));
		map_put(&m, name_of(i), &thing[i]);
	}
	assert_int_equal(m.cap, cap);
	for (i = 0; i < MANY; i++)
		assert_int_equal(
		    map_get(&m, name_of(i)) != NULL, i >= MANY - 100);
	map_release(&m);
}

static void
a_map_that_became_small_gives_memory_back(void **state)
{
	size_t i, cap;
	struct map m;

	(void)state;
	map_init(&m);
	fill(&m, MANY);
	cap = m.cap;
	for (i = 10; i < MANY; i++)
		map_del(&m, name_of(i));
	for (i = 10; i < 30; i++)
		map_put(&m, name_of(i), &thing[i]);
	assert_true(m.cap < cap / 64);
	for (i = 0; i < 30; i++)
		assert_ptr_equal(map_get(&m, name_of(i)), &thing[i]);
	for (i = 0; i < 30; i++)
		map_del(&m, name_of(i));
	assert_null(m.slot);
	map_release(&m);
}

static void
iteration_shows_every_entry_once(void **state)
{
	struct map_iter it = { 0 };
	struct map m;
	size_t i, n = 0;

	(void)state;
	map_init(&m);
	assert_false(map_next(&m, &it));
	fill(&m, 1000);
	for (; map_next(&m, &it); n++) {
		assert_true(str_is(it.key, ((struct thing *)it.value)->name));
		((struct thing *)it.value)->seen++;
	}
	assert_int_equal(n, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(thing[i].seen, 1);
	map_release(&m);
}

/* Many times: whether a gap closes around the end of the table is chance. */
static void
removing_the_current_entry_shows_the_others_once(void **state)
{
	size_t i, n, round;
	struct map m;

	(void)state;
	for (round = 0; round < 200; round++) {
		struct map_iter it = { 0 };

		map_init(&m);
		n = 1 + round % 96;
		fill(&m, n);
		while (map_next(&m, &it)) {
			struct thing *t = it.value;

			t->seen++;
			if ((t - thing) % 3 != (ptrdiff_t)(round % 3))
				assert_ptr_equal(map_del(&m, it.key), t);
		}
		for (i = 0; i < n; i++) {
			assert_int_equal(thing[i].seen, 1);
			assert_int_equal(map_get(&m, name_of(i)) != NULL,
			    i % 3 == round % 3);
		}
		map_release(&m);
	}
}

static void
values_may_be_replaced_during_iteration(void **state)
{
	size_t n = 0, cap;
	struct map_iter it = { 0 };
	struct map m;

	(void)state;
	map_init(&m);
	fill(&m, 48); /* as full as it gets before it grows */
	cap = m.cap;
	for (; map_next(&m, &it); n++)
		assert_ptr_equal(map_put(&m, it.key, it.value), it.value);
	assert_int_equal(n, 48);
	assert_int_equal(m.cap, cap);
	map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash_1_3),
		cmocka_unit_test(
		    the_hash_depends_on_bytes_length_and_nothing_else),
		cmocka_unit_test(what_was_put_is_found_replaced_and_removed),
		cmocka_unit_test(keys_are_bytes_and_may_be_empty),
		cmocka_unit_test(a_value_is_removed_only_under_its_own_name),
		cmocka_unit_test(twenty_thousand_names_are_all_found),
		cmocka_unit_test(entries_stand_near_their_place),
		cmocka_unit_test(coming_and_going_for_ever_costs_no_memory),
		cmocka_unit_test(a_map_that_became_small_gives_memory_back),
		cmocka_unit_test(iteration_shows_every_entry_once),
		cmocka_unit_test(
		    removing_the_current_entry_shows_the_others_once),
		cmocka_unit_test(values_may_be_replaced_during_iteration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
