/*
 * Schema versions, on databases in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/migrate.h"

static sqlite3 *db;

static int
set_up(void **state)
{
	(void)state;
	return sqlite3_open(":memory:", &db) == SQLITE_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return sqlite3_close(db) == SQLITE_OK ? 0 : -1;
}

static void
run(const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int
ask(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

static void
an_empty_file_gets_every_version(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(migrate_run(db, &err), MIGRATE_OK);
	assert_int_equal(ask("PRAGMA user_version"), MIGRATE_VERSION);
	assert_int_equal(ask("PRAGMA application_id"), MIGRATE_APPLICATION);
	assert_int_equal(err.kind, ERR_NONE);
	run("SELECT * FROM setting, occupant, fact, meta");
}

static void
running_it_again_changes_nothing(void **state)
{
	struct err err = ERR_INIT;
	int changes;

	(void)state;
	assert_int_equal(migrate_run(db, &err), MIGRATE_OK);
	run("INSERT INTO fact VALUES ('g', 'n', 'a', 'b')");
	changes = sqlite3_total_changes(db);
	assert_int_equal(migrate_run(db, &err), MIGRATE_OK);
	assert_int_equal(sqlite3_total_changes(db), changes);
	assert_int_equal(ask("SELECT count(*) FROM fact"), 1);
}

static void
a_later_version_is_left_alone(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(migrate_run(db, &err), MIGRATE_OK);
	run("PRAGMA user_version = 1000");
	assert_int_equal(migrate_run(db, &err), MIGRATE_TOO_NEW);
	assert_int_equal(ask("PRAGMA user_version"), 1000);
	assert_non_null(strstr(err.text, "schema version 1000"));
}

static void
a_database_of_somebody_else_is_left_alone(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	run("CREATE TABLE theirs (a)");
	assert_int_equal(migrate_run(db, &err), MIGRATE_FOREIGN);
	assert_int_equal(ask("SELECT count(*) FROM sqlite_schema"), 1);
	run("DROP TABLE theirs; PRAGMA application_id = 7");
	assert_int_equal(migrate_run(db, &err), MIGRATE_FOREIGN);
	assert_int_equal(ask("PRAGMA application_id"), 7);
}

/* It claims version 1, but has a table of version 2 already. */
static void
a_version_that_fails_leaves_the_file_as_it_was(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	run("CREATE TABLE fact (x); PRAGMA application_id = 1348563827;"
	    "PRAGMA user_version = 1");
	assert_int_equal(migrate_run(db, &err), MIGRATE_FAILED);
	assert_non_null(strstr(err.text, "schema version 3: "));
	assert_int_equal(ask("PRAGMA user_version"), 1);
	assert_int_equal(ask("SELECT count(*) FROM sqlite_schema"), 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_file_gets_every_version),
		TEST(running_it_again_changes_nothing),
		TEST(a_later_version_is_left_alone),
		TEST(a_database_of_somebody_else_is_left_alone),
		TEST(a_version_that_fails_leaves_the_file_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
