/*
 * Messages without a fate are known after a kill, whole or not at all.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/unsettled.h"

static char dir[256], store[300], file[320];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/unsettled-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "build");
	assert_non_null(mkdtemp(dir));
	snprintf(store, sizeof(store), "%s/db", dir);
	snprintf(file, sizeof(file), "%s-unsettled", store);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(file);
	(void)rmdir(dir);
	return 0;
}

struct seen {
	size_t n;
	uint32_t number;
	char id[UNSETTLED_RECORD_MAX + 1];
};

static void
see(uint32_t number, struct str from, struct str to, struct str id, void *arg)
{
	struct seen *seen = arg;

	assert_true(str_is(from, "romeo@example.org/orchard"));
	assert_true(str_is(to, "#c%net@irc.example.org"));
	snprintf(seen->id, sizeof(seen->id), STR_FMT, STR_ARG(id));
	seen->number = number;
	seen->n++;
}

static uint32_t
put(struct unsettled *u, const char *id)
{
	return unsettled_put(u, STR("romeo@example.org/orchard"),
	    STR("#c%net@irc.example.org"), str_c(id));
}

static struct seen
look(struct unsettled *u)
{
	struct seen seen = { .n = 0 };

	unsettled_each(u, STR("irc.example.org"), see, &seen);
	return seen;
}

static void
what_is_open_at_a_kill_is_known_after_it(void **state)
{
	struct unsettled *u;
	struct seen seen;
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		u = unsettled_open(store, NULL);
		put(u, "one");
		unsettled_end(u, put(u, "two"));
		unsettled_written(u);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	u = unsettled_open(store, NULL);
	seen = look(u);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.id, "one");
	unsettled_each(u, STR("sms.example.org"), see, &seen);
	unsettled_each(u, STR("example.org"), see, &seen);
	assert_int_equal(seen.n, 1);
	unsettled_end(u, seen.number);
	unsettled_close(&u);
	u = unsettled_open(store, NULL);
	assert_int_equal(look(u).n, 0);
	unsettled_close(&u);
}

static void
an_end_counts_when_it_is_written(void **state)
{
	struct unsettled *u = unsettled_open(store, NULL);
	struct unsettled *copy;
	uint32_t number = put(u, "one");

	(void)state;
	assert_int_equal(look(u).n, 0); /* of this run, it has an owner */
	unsettled_end(u, number);
	copy = unsettled_open(store, NULL); /* as if killed here */
	assert_int_equal(look(copy).n, 1);
	unsettled_close(&copy);
	unsettled_written(u);
	copy = unsettled_open(store, NULL);
	assert_int_equal(look(copy).n, 0);
	unsettled_close(&copy);
	number = put(u, "two");
	unsettled_leave(u, number);
	assert_int_equal(look(u).n, 1);
	unsettled_close(&u);
}

static void
there_is_an_end_to_it(void **state)
{
	struct unsettled *u = unsettled_open(store, NULL);
	char id[UNSETTLED_RECORD_MAX + 1];
	uint32_t last = 0;
	int i;

	(void)state;
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(put(u, id), 0);
	assert_int_equal(put(u, ""), 0);
	for (i = 0; i < UNSETTLED_MAX; i++)
		assert_int_not_equal(last = put(u, "x"), 0);
	assert_int_equal(put(u, "x"), 0);
	unsettled_end(u, 0);
	unsettled_end(u, UNSETTLED_MAX + 1);
	unsettled_end(u, last);
	unsettled_end(u, last);
	unsettled_written(u);
	assert_int_not_equal(put(u, "x"), 0);
	assert_int_equal(put(u, "x"), 0);
	unsettled_close(&u);
}

static void
what_is_not_whole_is_not_told(void **state)
{
	struct unsettled *u = unsettled_open(store, NULL);
	struct stat st;
	char byte;
	int fd;

	(void)state;
	put(u, "one");
	unsettled_close(&u);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = open(file, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, 20), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, 20), 1);
	close(fd);
	u = unsettled_open(store, NULL);
	assert_int_equal(look(u).n, 0);
	unsettled_close(&u);
	fd = open(file, O_RDWR | O_TRUNC);
	while (st.st_size > 0) {
		char noise[4096];

		memset(noise, 0xa5, sizeof(noise));
		assert_int_equal(
		    write(fd, noise, sizeof(noise)), (ssize_t)sizeof(noise));
		st.st_size -= (off_t)sizeof(noise);
	}
	close(fd);
	u = unsettled_open(store, NULL);
	assert_int_equal(look(u).n, 0);
	assert_int_not_equal(put(u, "x"), 0);
	unsettled_close(&u);
}

static void
without_a_file_nothing_is_kept(void **state)
{
	struct unsettled *u = unsettled_open(NULL, NULL);

	(void)state;
	assert_null(u);
	assert_int_equal(put(u, "one"), 0);
	unsettled_end(u, 1);
	unsettled_leave(u, 1);
	unsettled_written(u);
	assert_int_equal(look(u).n, 0);
	unsettled_close(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		CASE(what_is_open_at_a_kill_is_known_after_it),
		CASE(an_end_counts_when_it_is_written),
		CASE(there_is_an_end_to_it),
		CASE(what_is_not_whole_is_not_told),
		CASE(without_a_file_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
