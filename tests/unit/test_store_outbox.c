/* What is to go out, as the store keeps it.  A folder of its own for each test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"

#include "core/store.h"
#include "core/store_outbox.h"

#define GW    STR("sms.example.org")
#define OTHER STR("post.example.org")

enum { PRUNE_PART = 5000 }; /* of store_sql_outbox.c */

static char dir[256], db_path[300], key_path[300];
static struct store *st;
static uint64_t number; /* of the last answer */

static void
on_number(bool ok, uint64_t n, void *arg)
{
	(void)arg;
	assert_true(ok);
	number = n;
}

static void
on_outs(bool ok, const struct store_outs *v, void *arg)
{
	(void)arg;
	assert_true(ok);
	assert_true(v->nmessage <= 1);
	number = v->nmessage ? v->message[0].id : 0;
}

/* Ended, with a piece of that name. */
static void
put(struct str gateway, uint64_t id, struct str network_id)
{
	struct store_out o = { .id = id,
		.gateway = gateway,
		.user = STR("romeo@example.org"),
		.line = STR("main"),
		.head = STR("h"),
		.body = STR("words"),
		.accepted_utc = (int64_t)id,
		.changed_utc = (int64_t)id };
	struct store_piece p = { .message = id,
		.no = 1,
		.line = STR("main"),
		.network_id = network_id };

	store_out_put(st, &o, 0, on_number, NULL);
	store_out_step(st, &o, &p, NULL, NULL);
}

static uint64_t
named(struct str gateway, struct str network_id)
{
	store_out_find_named(
	    st, gateway, STR("main"), network_id, on_outs, NULL);
	store_settle(st);
	return number;
}

static uint64_t
prune(int64_t bodies_utc, int64_t rows_utc)
{
	store_outs_prune(st, GW, bodies_utc, rows_utc, on_number, NULL);
	store_settle(st);
	return number;
}

static void
open_store(void)
{
	struct store_params p = { .path = db_path, .key_file = key_path };
	struct err err = ERR_INIT;

	st = store_open(&p, NULL, &err);
	assert_non_null(st);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_store_outbox.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(db_path, sizeof(db_path), "%s/db", dir);
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	open_store();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "db", "db-wal", "db-shm",
		"db.lock", "db.reserve", "key" };
	char path[300];

	(void)state;
	store_close(&st);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path); /* not all are there */
	}
	(void)rmdir(dir);
	return 0;
}

/* ---- tests ------------------------------------------------------------ */

static void
a_name_is_that_of_one_gateway(void **state)
{
	(void)state;
	put(GW, 1, STR("n"));
	put(OTHER, 2, STR("n"));
	put(GW, 3, STR("m"));
	assert_int_equal(named(GW, STR("n")), 1);
	assert_int_equal(named(OTHER, STR("n")), 2);
	assert_int_equal(named(OTHER, STR("m")), 0);
}

static void
what_is_old_goes_a_part_at_a_time(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= PRUNE_PART + 1; id++)
		put(GW, id, STR_EMPTY);
	store_settle(st);
	assert_int_equal(prune(0, 0), 0);
	assert_int_equal(prune(10, 0), 0);
	assert_int_equal(prune(PRUNE_PART * 2, 0), 0);
	assert_int_equal(prune(PRUNE_PART * 2, PRUNE_PART * 2), 1);
	assert_int_equal(prune(PRUNE_PART * 2, PRUNE_PART * 2), 0);
	store_out_find(st, GW, PRUNE_PART + 1, on_outs, NULL);
	store_settle(st);
	assert_int_equal(number, 0);
}

static void
more_words_than_one_part_are_erased_in_two(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= PRUNE_PART + 1; id++)
		put(GW, id, STR_EMPTY);
	assert_int_equal(prune(PRUNE_PART * 2, 0), 1);
	assert_int_equal(prune(PRUNE_PART * 2, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_is_that_of_one_gateway),
		TEST(what_is_old_goes_a_part_at_a_time),
		TEST(more_words_than_one_part_are_erased_in_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
