#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sms/sms_spool.h"

static const int64_t now_utc = 1700000000LL * 1000;
enum { KEEP_MS = 60000, TOTAL = 100 };

static char dir[] = "/tmp/test_sms_spool.XXXXXX";
static char inside[64];
static struct sms_spool *spool;
static uint8_t id[SMS_SPOOL_ID];
static struct buf got;

static int
set_up(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	if (!mkdtemp(dir))
		return -1;
	snprintf(inside, sizeof(inside), "%s/media", dir);
	spool = sms_spool_open(inside, TOTAL, KEEP_MS, &err);
	buf_init(&got, 1000000);
	return spool ? 0 : -1;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	sms_spool_close(&spool);
	assert_null(spool);
	sms_spool_close(&spool);
	buf_release(&got);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static int
put(uint8_t n, struct str body, int64_t at)
{
	struct err err = ERR_INIT;

	id[0] = n;
	return sms_spool_put(spool, id, body, at, &err);
}

static bool
has(uint8_t n, int64_t at)
{
	id[0] = n;
	buf_clear(&got);
	return sms_spool_get(spool, id, at, &got);
}

static void
what_was_put_is_there_for_a_while(void **state)
{
	(void)state;
	assert_false(has(1, now_utc));
	assert_int_equal(put(1, STR("a\0b"), now_utc), 0);
	assert_true(has(1, now_utc));
	assert_true(str_eq(buf_str(&got), STR("a\0b")));
	assert_true(has(1, now_utc + KEEP_MS));
	assert_false(has(1, now_utc + KEEP_MS + 1));
	assert_int_equal(got.len, 0);
	assert_false(has(2, now_utc));
	assert_int_equal(put(1, STR("new"), now_utc + 5), 0);
	assert_true(has(1, now_utc + KEEP_MS + 5));
	assert_string_equal(got.p, "new");
	assert_int_equal(put(3, STR_EMPTY, now_utc), 0);
	assert_true(has(3, now_utc));
}

/* Also by another program, after a restart. */
static void
the_old_and_the_unfinished_are_removed(void **state)
{
	struct err err = ERR_INIT;
	char name[256];
	FILE *f;

	(void)state;
	put(1, STR("a"), now_utc);
	put(2, STR("b"), now_utc + 10);
	snprintf(name, sizeof(name), "%s/%064d.new", inside, 7);
	f = fopen(name, "w");
	assert_non_null(f);
	fclose(f);
	sms_spool_close(&spool);
	spool = sms_spool_open(inside, TOTAL, KEEP_MS, &err);
	sms_spool_clean(spool, now_utc + KEEP_MS + 5);
	assert_int_equal(access(name, F_OK), -1);
	assert_int_equal(sms_spool_bytes(spool), 1);
	assert_false(has(1, now_utc));
	assert_true(has(2, now_utc + KEEP_MS + 5));
}

static void
what_is_not_ours_stays(void **state)
{
	static const char *const names[] = { "notes.txt", "0123", ".hidden",
		"00000000000000000000000000000000000000000000000000000000000000"
		"0g",
		"00000000000000000000000000000000000000000000000000000000000000"
		"00"
		".jpg" };
	char name[256];
	FILE *f;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", inside, names[i]);
		f = fopen(name, "w");
		assert_non_null(f);
		fclose(f);
	}
	snprintf(name, sizeof(name), "%s/%064d", inside, 8);
	assert_int_equal(symlink("/etc/passwd", name), 0);
	id[0] = 0;
	sms_spool_clean(spool, now_utc + 100LL * 365 * 24 * 3600 * 1000);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", inside, names[i]);
		assert_int_equal(access(name, F_OK), 0);
	}
}

static void
the_oldest_goes_when_there_is_too_much(void **state)
{
	static char big[TOTAL + 1];
	struct str forty = str_of(big, 40);

	(void)state;
	assert_int_equal(put(1, forty, now_utc), 0);
	assert_int_equal(put(2, forty, now_utc + 1), 0);
	assert_int_equal(put(3, forty, now_utc + 2), 0);
	sms_spool_clean(spool, now_utc + 3);
	assert_true(sms_spool_bytes(spool) <= TOTAL);
	assert_false(has(1, now_utc + 3));
	assert_true(has(2, now_utc + 3));
	assert_true(has(3, now_utc + 3));
	assert_int_equal(put(4, str_of(big, TOTAL + 1), now_utc), -1);
	for (uint8_t i = 5; i < 50; i++)
		assert_int_equal(put(i, forty, now_utc + i), 0);
	/* Never more than one file over the limit. */
	assert_true(sms_spool_bytes(spool) <= TOTAL + 40);
}

static void
more_than_there_is_room_for_is_not_given(void **state)
{
	static char body[64];

	(void)state;
	put(1, str_of(body, sizeof(body)), now_utc);
	buf_release(&got);
	buf_init(&got, 64);
	assert_true(has(1, now_utc));
	buf_release(&got);
	buf_init(&got, 63);
	assert_false(has(1, now_utc));
	assert_int_equal(got.len, 0);
}

static void
a_folder_that_cannot_be_is_told(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(sms_spool_open("/dev/null", 1, 1, &err));
	assert_non_null(strstr(err.text, "/dev/null"));
	assert_null(sms_spool_open("/nowhere/at/all", 1, 1, &err));
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_put_is_there_for_a_while),
		TEST(the_old_and_the_unfinished_are_removed),
		TEST(what_is_not_ours_stays),
		TEST(the_oldest_goes_when_there_is_too_much),
		TEST(more_than_there_is_room_for_is_not_given),
		TEST(a_folder_that_cannot_be_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
