#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/xalloc.h"
#include "smtp/mail_spool.h"

enum { MAX = 3 * MAIL_SPOOL_MEMORY };

static struct mail_spool *spool;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	spool = mail_spool_new(MAX);
	err = ERR_INIT;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mail_spool_free(&spool);
	mail_spool_free(&spool);
	return 0;
}

/* n bytes that differ from place to place. */
static char *
pattern(size_t from, size_t n)
{
	char *p = xmalloc(n);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)((from + i) * 2654435761u >> 13);
	return p;
}

static void
add(size_t from, size_t n)
{
	char *p = pattern(from, n);

	assert_int_equal(mail_spool_add(spool, str_of(p, n), &err), 0);
	free(p);
}

static void
expect(size_t from, size_t n)
{
	char *want = pattern(from, n), *got = xmalloc(n);

	assert_int_equal(mail_spool_read(spool, from, got, n, &err), n);
	assert_memory_equal(want, got, n);
	free(want);
	free(got);
}

static void
a_small_mail_is_read_back(void **state)
{
	char got[16];

	(void)state;
	assert_int_equal(mail_spool_add(spool, STR("From: a"), &err), 0);
	assert_int_equal(mail_spool_add(spool, STR("lice\r\n"), &err), 0);
	assert_int_equal(mail_spool_size(spool), 13);
	assert_int_equal(mail_spool_read(spool, 6, got, 16, &err), 7);
	assert_memory_equal(got, "alice\r\n", 7);
	assert_int_equal(mail_spool_read(spool, 13, got, 16, &err), 0);
	assert_int_equal(mail_spool_read(spool, 99, got, 16, &err), 0);
}

static void
a_large_mail_is_read_back_from_a_file(void **state)
{
	(void)state;
	for (size_t at = 0; at < MAX; at += MAX / 96)
		add(at, MAX / 96);
	assert_int_equal(mail_spool_size(spool), MAX);
	expect(0, MAX);
	expect(MAIL_SPOOL_MEMORY - 100, 300);
	expect(MAX - 5, 5);
}

static void
nothing_is_left_in_the_folder(void **state)
{
	char dir[] = "/tmp/test_mail_spool.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("TMPDIR", dir, 1);
	add(0, MAIL_SPOOL_MEMORY + 1);
	assert_int_equal(rmdir(dir), 0);
	unsetenv("TMPDIR");
	expect(0, MAIL_SPOOL_MEMORY + 1);
}

static void
over_its_ceiling_it_takes_nothing_more(void **state)
{
	(void)state;
	add(0, MAX - 1);
	assert_int_equal(mail_spool_add(spool, STR("ab"), &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	assert_int_equal(mail_spool_add(spool, STR("a"), &err), -1);
	assert_int_equal(mail_spool_size(spool), MAX - 1);
}

static void
a_folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	add(0, MAIL_SPOOL_MEMORY);
	assert_int_equal(mail_spool_add(spool, STR("a"), &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	unsetenv("TMPDIR");
	assert_int_equal(mail_spool_add(spool, STR("a"), &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_small_mail_is_read_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_large_mail_is_read_back_from_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    nothing_is_left_in_the_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    over_its_ceiling_it_takes_nothing_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_folder_that_is_not_there_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
