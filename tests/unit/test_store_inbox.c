/* What came in, as the store keeps it.  A folder of its own for each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"

#include "core/store.h"
#include "core/store_inbox.h"

#define GW   STR("sms.example.org")
#define USER STR("romeo@example.org")

static char dir[256], db_path[300], key_path[300];
static struct store *st;
static struct buf got;

static void
on_arrived(bool ok, bool is_new, void *arg)
{
	buf_addf(&got, "%s:%s ", (const char *)arg,
	    !ok          ? "failed"
	        : is_new ? "new"
	                 : "known");
}

static void
on_arrivals(bool ok, const struct store_arrival *v, size_t n, void *arg)
{
	(void)arg;
	assert_true(ok);
	for (size_t i = 0; i < n; i++)
		buf_addf(&got,
		    "%llu:" STR_FMT ":" STR_FMT ":%d:%u:%u:" STR_FMT ":" STR_FMT
		    " ",
		    (unsigned long long)v[i].id, STR_ARG(v[i].user),
		    STR_ARG(v[i].contact), (int)v[i].state, v[i].tries,
		    v[i].deaths, STR_ARG(v[i].why), STR_ARG(v[i].letter));
}

static struct store_arrival
arrival(uint64_t id, struct str user, const char *key)
{
	return (struct store_arrival){ .id = id,
		.gateway = GW,
		.user = user,
		.line = STR("main"),
		.key = str_c(key),
		.contact = STR("+336"),
		.letter = STR("a letter"),
		.at_utc = (int64_t)id };
}

static void
put(struct store_arrival *v, size_t n, uint64_t batch)
{
	static char a[] = "a", b[] = "b", c[] = "c";
	void *const arg[] = { a, b, c };

	store_arrivals_put(st, v, n, batch, on_arrived, arg, NULL);
	store_settle(st);
}

static void
put_one(uint64_t id, struct str user, const char *key, uint64_t batch)
{
	struct store_arrival a = arrival(id, user, key);

	put(&a, 1, batch);
}

static void
expect(const char *what)
{
	store_settle(st);
	assert_string_equal(got.p, what);
	buf_clear(&got);
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
	snprintf(dir, sizeof(dir), "/tmp/test_store_inbox.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(db_path, sizeof(db_path), "%s/db", dir);
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	buf_init(&got, 100000);
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
	buf_release(&got);
	return 0;
}

/* ---- tests ------------------------------------------------------------ */

static void
what_is_kept_is_there_after_a_restart(void **state)
{
	(void)state;
	put_one(7, USER, "k", 1);
	expect("a:new ");
	store_close(&st);
	open_store();
	store_arrivals_load(st, GW, on_arrivals, NULL);
	expect("7:romeo@example.org:+336:0:0:0::a letter ");
	store_arrivals_load(st, STR("mail.example.org"), on_arrivals, NULL);
	expect("");
}

static void
a_key_that_comes_again_is_known(void **state)
{
	(void)state;
	put_one(1, USER, "k", 1);
	put_one(2, USER, "k", 2);
	put_one(3, STR("juliet@example.org"), "k", 3);
	put_one(4, USER, "other", 4);
	expect("a:new a:known a:known a:new ");
	store_arrival_del(st, GW, 1, NULL, NULL);
	put_one(5, USER, "k", 5);
	expect("a:known ");
}

static void
one_message_for_several_has_one_key(void **state)
{
	struct store_arrival v[] = { arrival(1, USER, "k"),
		arrival(2, STR("juliet@example.org"), "k"),
		arrival(3, USER, "k") };

	(void)state;
	put(v, 3, 1);
	expect("a:new b:new c:known ");
	v[0].id = 4, v[1].id = 5, v[2].id = 6;
	put(v, 3, 2);
	expect("a:known b:known c:known ");
}

static void
without_a_key_everything_is_new(void **state)
{
	(void)state;
	put_one(1, USER, "", 1);
	put_one(2, USER, "", 2);
	expect("a:new a:new ");
}

static void
what_does_not_fit_keeps_all_of_its_batch_out(void **state)
{
	static char huge[STORE_VALUE_MAX + 1];
	struct store_arrival v[] = { arrival(1, USER, "k"),
		arrival(2, USER, "l") };

	(void)state;
	v[1].letter = str_of(huge, sizeof(huge));
	put(v, 2, 1);
	expect("a:failed b:failed ");
	put_one(3, USER, "k", 2);
	expect("a:new ");
}

static void
states_are_changed(void **state)
{
	struct store_arrival dead = { .gateway = GW,
		.id = 2,
		.state = STORE_ARRIVAL_DEAD,
		.changed_utc = 500,
		.tries = 3,
		.deaths = 1,
		.why = STR("gone") };

	(void)state;
	for (uint64_t id = 1; id <= 3; id++)
		put_one(id, USER, "", id);
	buf_clear(&got);
	store_arrival_set(st, &dead, NULL, NULL);
	store_arrivals_load(st, GW, on_arrivals, NULL);
	expect("1:romeo@example.org:+336:0:0:0::a letter "
	       "2:romeo@example.org:+336:2:3:1:gone: "
	       "3:romeo@example.org:+336:0:0:0::a letter ");
	store_arrival_load(st, GW, 2, on_arrivals, NULL);
	expect("2:romeo@example.org:+336:2:3:1:gone:a letter ");
	store_arrival_load(st, GW, 9, on_arrivals, NULL);
	expect("");
}

static void
what_is_old_goes(void **state)
{
	struct store_arrival dead = { .gateway = GW,
		.id = 1,
		.state = STORE_ARRIVAL_DEAD,
		.changed_utc = 100 };

	(void)state;
	put_one(1, USER, "k", 1);
	put_one(2, USER, "l", 2);
	store_arrival_set(st, &dead, NULL, NULL);
	store_arrivals_prune(st, GW, 101, 2, NULL, NULL);
	buf_clear(&got);
	store_arrivals_load(st, GW, on_arrivals, NULL);
	expect("2:romeo@example.org:+336:0:0:0::a letter ");
	put_one(3, USER, "k", 3);
	put_one(4, USER, "l", 4);
	expect("a:new a:known ");
}

static void
who_is_forgotten_leaves_nothing(void **state)
{
	(void)state;
	put_one(1, USER, "k", 1);
	put_one(2, STR("juliet@example.org"), "l", 2);
	buf_clear(&got);
	store_forget(st, USER, GW, NULL, NULL);
	store_arrivals_load(st, GW, on_arrivals, NULL);
	expect("2:juliet@example.org:+336:0:0:0::a letter ");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_there_after_a_restart),
		TEST(a_key_that_comes_again_is_known),
		TEST(one_message_for_several_has_one_key),
		TEST(without_a_key_everything_is_new),
		TEST(what_does_not_fit_keeps_all_of_its_batch_out),
		TEST(states_are_changed),
		TEST(what_is_old_goes),
		TEST(who_is_forgotten_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
