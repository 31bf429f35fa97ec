/*
 * Key files, and what sealed values open with.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/keyring.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "FFEEDDCCBBAA99887766554433221100FFEEDDCCBBAA99887766554433221100"

static char path[64];
static struct keyring keys;

static int
set_up(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/keyring-XXXXXX");
	return mkdtemp(path) ? 0 : -1;
}

static const char *
file(void)
{
	static char name[80];

	snprintf(name, sizeof(name), "%s/key", path);
	return name;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(file());
	keyring_release(&keys);
	return rmdir(path);
}

static void
write_keys(const char *text, mode_t mode)
{
	int fd = open(file(), O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int
load(struct err *err)
{
	*err = ERR_INIT;
	return keyring_load(&keys, file(), false, err);
}

static void
a_missing_file_is_made_only_if_allowed(void **state)
{
	struct err err;
	struct stat sb;

	(void)state;
	assert_int_equal(load(&err), -1);
	assert_int_equal(keyring_load(&keys, file(), true, &err), 0);
	assert_int_equal(keys.n, 1);
	assert_int_equal(stat(file(), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	keyring_release(&keys);
	assert_int_equal(load(&err), 0); /* the same file again */
}

static void
the_first_key_seals_and_all_of_them_open(void **state)
{
	struct buf a, b, out;
	struct err err;

	(void)state;
	buf_init(&a, 200);
	buf_init(&b, 200);
	buf_init(&out, 200);
	write_keys(KEY_A "\n", 0600);
	assert_int_equal(load(&err), 0);
	assert_int_equal(keyring_seal(&keys, STR("row"), STR("one"), &a), 0);
	assert_int_equal(a.len, 3 + KEYRING_SEAL_EXTRA);
	keyring_release(&keys);
	write_keys("# new\n\n" KEY_B "\r\n  " KEY_A, 0640);
	assert_int_equal(load(&err), 0);
	assert_int_equal(keyring_seal(&keys, STR("row"), STR("two"), &b), 0);
	assert_true(keyring_open(&keys, STR("row"), buf_str(&a), &out));
	assert_true(keyring_open(&keys, STR("row"), buf_str(&b), &out));
	assert_string_equal(out.p, "onetwo");
	assert_false(keyring_open(&keys, STR("other"), buf_str(&a), &out));
	keyring_release(&keys);
	write_keys(KEY_B, 0600);
	assert_int_equal(load(&err), 0);
	assert_false(keyring_has(&keys, str_head(buf_str(&a), 4)));
	assert_false(keyring_open(&keys, STR("row"), buf_str(&a), &out));
	assert_true(keyring_open(&keys, STR("row"), buf_str(&b), &out));
	buf_release(&a);
	buf_release(&b);
	buf_release(&out);
}

static void
garbage_does_not_open(void **state)
{
	struct buf out;
	struct err err;

	(void)state;
	buf_init(&out, 200);
	write_keys(KEY_A "\n", 0600);
	assert_int_equal(load(&err), 0);
	assert_false(keyring_open(&keys, STR("row"), STR_EMPTY, &out));
	assert_false(keyring_open(&keys, STR("row"), STR("abc"), &out));
	assert_false(keyring_open(&keys, STR("row"),
	    str_of((const char *)keys.v[0].id, KEYRING_ID_BYTES), &out));
	buf_release(&out);
}

static const struct {
	const char *text;
	mode_t mode;
	const char *says;
} refused[] = {
	{ KEY_A, 0644, "chmod 600" },
	{ KEY_A, 0620, "chmod 600" },
	{ "", 0600, "no key in it" },
	{ KEY_A "0", 0600, "key:1: not a key" },
	{ "#\n" KEY_A " " KEY_B, 0600, "key:2: not a key" },
};

static void
bad_files_are_refused_with_a_reason(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		write_keys(refused[i].text, refused[i].mode);
		assert_int_equal(load(&err), -1);
		if (!strstr(err.text, refused[i].says))
			print_error("%s\n", err.text);
		assert_non_null(strstr(err.text, refused[i].says));
		assert_int_equal(keys.n, 0);
	}
}

static void
there_is_a_ceiling_of_keys(void **state)
{
	struct buf text;
	struct err err;

	(void)state;
	buf_init(&text, 4096);
	for (int i = 0; i < KEYRING_MAX; i++)
		buf_addf(&text, "%s\n", KEY_A);
	write_keys(text.p, 0600);
	assert_int_equal(load(&err), 0);
	keyring_release(&keys);
	buf_addf(&text, "%s\n", KEY_A);
	write_keys(text.p, 0600);
	assert_int_equal(load(&err), -1);
	assert_non_null(strstr(err.text, "more than 16 keys"));
	buf_release(&text);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_file_is_made_only_if_allowed),
		TEST(the_first_key_seals_and_all_of_them_open),
		TEST(garbage_does_not_open),
		TEST(bad_files_are_refused_with_a_reason),
		TEST(there_is_a_ceiling_of_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
