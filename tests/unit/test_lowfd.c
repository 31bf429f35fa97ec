#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include "xmpp/lowfd.h"

enum { NMANY = 1100 };

static int many[NMANY];

static int
open_null(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Every low number that is not held is in use. */
static int
begin(void **state)
{
	struct rlimit lim;
	struct err err;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max < 4096 ? lim.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &lim);
	if (lowfd_reserve(2, &err) < 0)
		return -1;
	for (int i = 0; i < NMANY; i++)
		many[i] = open_null();
	return many[NMANY - 1] >= FD_SETSIZE ? 0 : -1;
}

static int
finish(void **state)
{
	(void)state;
	for (int i = 0; i < NMANY; i++)
		close(many[i]);
	return 0;
}

static int
take(void)
{
	int fd = fcntl(many[0], F_DUPFD_CLOEXEC, FD_SETSIZE);

	assert_true(fd >= FD_SETSIZE);
	if (lowfd_move(&fd) < 0) {
		close(fd);
		return -1;
	}
	assert_true(fd < FD_SETSIZE);
	return fd;
}

static void
give_back(int fd)
{
	close(fd);
	lowfd_closed();
}

static void
a_descriptor_is_moved_to_a_low_number_and_stays_open(void **state)
{
	int fd = take();

	(void)state;
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	give_back(fd);
}

static void
there_are_as_many_as_were_reserved(void **state)
{
	int a = take(), b = take();

	(void)state;
	assert_true(a >= 0 && b >= 0 && a != b);
	assert_int_equal(take(), -1);
	assert_int_equal(errno, EMFILE);
	give_back(a);
	a = take();
	assert_true(a >= 0);
	give_back(a);
	give_back(b);
}

/* Another thread may open a file between close() and lowfd_closed(). */
static void
a_number_that_was_snatched_is_made_up_for_later(void **state)
{
	int a = take(), b = take();
	int thief;

	(void)state;
	close(a);
	thief = open_null();
	assert_int_equal(thief, a);
	lowfd_closed();
	assert_int_not_equal(fcntl(thief, F_GETFD), -1);
	assert_int_equal(take(), -1);
	close(thief);
	a = take();
	assert_true(a >= 0);
	give_back(a);
	give_back(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_descriptor_is_moved_to_a_low_number_and_stays_open),
		cmocka_unit_test(there_are_as_many_as_were_reserved),
		cmocka_unit_test(
		    a_number_that_was_snatched_is_made_up_for_later),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
