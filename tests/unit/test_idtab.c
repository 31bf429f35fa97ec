#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/idtab.c"

static void
a_number_finds_its_object_until_it_is_removed(void **state)
{
	struct idtab t;
	int a, b;
	uint64_t ida, idb;

	(void)state;
	idtab_init(&t, 10);
	ida = idtab_add(&t, &a);
	idb = idtab_add(&t, &b);
	assert_true(ida != 0 && idb != 0 && ida != idb);
	assert_ptr_equal(idtab_get(&t, ida), &a);
	assert_ptr_equal(idtab_del(&t, ida), &a);
	assert_null(idtab_get(&t, ida));
	assert_null(idtab_del(&t, ida));
	assert_ptr_equal(idtab_get(&t, idb), &b);
	assert_int_equal(t.n, 1);
	idtab_release(&t);
}

static void
an_old_number_stays_stale_when_its_slot_is_used_again(void **state)
{
	struct idtab t;
	uint64_t old[100], now = 0;
	int a, i, j;

	(void)state;
	idtab_init(&t, 1);
	for (i = 0; i < 100; i++) {
		now = idtab_add(&t, &a);
		for (j = 0; j < i; j++)
			assert_null(idtab_get(&t, old[j]));
		old[i] = now;
		idtab_del(&t, now);
	}
	idtab_release(&t);
}

static void
nonsense_and_zero_find_nothing(void **state)
{
	struct idtab t;
	int a;

	(void)state;
	idtab_init(&t, 10);
	assert_null(idtab_get(&t, 0));
	assert_null(idtab_del(&t, 1));
	idtab_add(&t, &a);
	assert_null(idtab_get(&t, 0));
	assert_null(idtab_get(&t, UINT64_MAX));
	assert_null(idtab_get(&t, 12345));
	idtab_release(&t);
}

static void
the_ceiling_holds_and_is_free_again_after_a_removal(void **state)
{
	struct idtab t;
	uint64_t id[100];
	int a, i;

	(void)state;
	idtab_init(&t, 100);
	for (i = 0; i < 100; i++) {
		id[i] = idtab_add(&t, &a);
		assert_true(id[i] != 0);
	}
	assert_int_equal(idtab_add(&t, &a), 0);
	idtab_del(&t, id[50]);
	assert_true(idtab_add(&t, &a) != 0);
	assert_int_equal(idtab_add(&t, &a), 0);
	idtab_release(&t);
	idtab_init(&t, 0);
	assert_int_equal(idtab_add(&t, &a), 0);
}

static void
many_objects_are_all_found_while_the_table_grows(void **state)
{
	enum { N = 20000 };
	static uint64_t id[N];
	static char object[N];
	struct idtab t;
	size_t i;

	(void)state;
	idtab_init(&t, N);
	for (i = 0; i < N; i++)
		id[i] = idtab_add(&t, &object[i]);
	for (i = 0; i < N; i++)
		assert_ptr_equal(idtab_get(&t, id[i]), &object[i]);
	for (i = 0; i < N; i++)
		assert_ptr_equal(idtab_del(&t, id[i]), &object[i]);
	assert_int_equal(t.n, 0);
	idtab_release(&t);
}

/* After 2^32 uses a slot would issue its first number again. */
static void
a_worn_out_slot_is_not_used_again(void **state)
{
	struct idtab t;
	uint64_t id;
	int a;

	(void)state;
	idtab_init(&t, 1);
	idtab_del(&t, idtab_add(&t, &a));
	t.slot[0].generation = UINT32_MAX;
	id = idtab_add(&t, &a);
	assert_ptr_equal(idtab_del(&t, id), &a);
	assert_int_equal(idtab_add(&t, &a), 0);
	assert_int_equal(t.n, 0);
	idtab_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_finds_its_object_until_it_is_removed),
		cmocka_unit_test(
		    an_old_number_stays_stale_when_its_slot_is_used_again),
		cmocka_unit_test(nonsense_and_zero_find_nothing),
		cmocka_unit_test(
		    the_ceiling_holds_and_is_free_again_after_a_removal),
		cmocka_unit_test(
		    many_objects_are_all_found_while_the_table_grows),
		cmocka_unit_test(a_worn_out_slot_is_not_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
