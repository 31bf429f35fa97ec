/*
 * A disk that is full until the reserve is given up: files are written through
 * a VFS that says so.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/store.h"
#include "core/store_reserve.h"

static char dir[64], db_path[100], key_path[100], reserve_path[100];

/* ---- the disk --------------------------------------------------------- */

static bool is_full;
static sqlite3_vfs vfs, *real_vfs;
/* Those of a database, and of what lies beside it: they lock otherwise. */
static sqlite3_io_methods methods[2];
static int (*real_write[2])(sqlite3_file *, const void *, int, sqlite3_int64);

static int
on_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	if (is_full && access(reserve_path, F_OK) == 0)
		return SQLITE_FULL;
	return real_write[f->pMethods == &methods[1]](f, from, n, at);
}

static int
on_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
    int *flags_out)
{
	int rc = real_vfs->xOpen(real_vfs, name, f, flags, flags_out);
	int which = !(flags & SQLITE_OPEN_MAIN_DB);

	(void)v;
	if (rc != SQLITE_OK || !f->pMethods)
		return rc;
	methods[which] = *f->pMethods;
	real_write[which] = f->pMethods->xWrite;
	methods[which].xWrite = on_write;
	f->pMethods = &methods[which];
	return rc;
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/reserve.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(db_path, sizeof(db_path), "%s/db", dir);
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	snprintf(reserve_path, sizeof(reserve_path), "%s/db.reserve", dir);
	is_full = false;
	real_vfs = sqlite3_vfs_find("unix");
	vfs = *real_vfs;
	vfs.zName = "full";
	vfs.xOpen = on_open;
	return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	static const char *const name[] = { "db", "db-wal", "db-shm", "db.lock",
		"db.reserve", "key" };
	char path[200];

	(void)state;
	(void)sqlite3_vfs_unregister(&vfs);
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		(void)unlink(path); /* not all of them exist */
	}
	return rmdir(dir);
}

/* ---- the store -------------------------------------------------------- */

static int nok, nfailed;

static void
on_done(bool ok, void *arg)
{
	(void)arg;
	if (ok)
		nok++;
	else
		nfailed++;
}

static struct store *
open_store(void)
{
	struct store_params p = { .path = db_path,
		.key_file = key_path,
		.retry_min_ms = 10,
		.retry_max_ms = 20 };
	struct err err = ERR_INIT;
	struct store *st = store_open(&p, NULL, &err);

	if (!st)
		print_error("%s\n", err.text);
	assert_non_null(st);
	nok = nfailed = 0;
	return st;
}

static void
put(struct store *st, const char *value)
{
	store_fact_put(st, STR("gw"), STR("net"), STR("name"), str_c(value),
	    on_done, NULL);
	store_settle(st);
}

static void
wait_until_ok(struct store *st)
{
	for (int i = 0; i < 1000 && !store_is_ok(st); i++) {
		usleep(2000);
		store_poll(st);
	}
	assert_true(store_is_ok(st));
}

static void
a_full_disk_costs_the_reserve_and_not_what_is_written(void **state)
{
	struct store *st = open_store();

	(void)state;
	assert_int_equal(access(reserve_path, F_OK), 0);
	put(st, "before");
	is_full = true;
	put(st, "during");
	assert_int_equal(nok, 2);
	assert_int_equal(nfailed, 0);
	/* Nothing new is to begin. */
	assert_false(store_is_ok(st));
	is_full = false;
	wait_until_ok(st);
	assert_int_equal(access(reserve_path, F_OK), 0);
	store_close(&st);
}

static void
without_a_reserve_it_fails(void **state)
{
	struct store *st = open_store();

	(void)state;
	assert_true(store_reserve_release(db_path));
	assert_false(store_reserve_release(db_path));
	put(st, "before");
	assert_int_equal(nok, 1);
	/* Full, and there is no reserve to give up: another file stands there. */
	is_full = true;
	assert_int_equal(mkdir(reserve_path, 0700), 0);
	put(st, "during");
	assert_int_equal(nfailed, 1);
	assert_false(store_is_ok(st));
	is_full = false;
	assert_int_equal(rmdir(reserve_path), 0);
	wait_until_ok(st);
	store_close(&st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_full_disk_costs_the_reserve_and_not_what_is_written,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    without_a_reserve_it_fails, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
