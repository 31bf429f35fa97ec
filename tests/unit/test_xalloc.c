#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

/* The sanitizer would end the program in its own way first. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* gcc must not know that it is too much. */
static volatile size_t too_much = SIZE_MAX / 2 + 1;

static void
ask_for_bytes(void)
{
	free(xmalloc(too_much));
}

static void
ask_for_items(void)
{
	free(xrealloc_array(NULL, too_much, 2));
}

static void
ask_for_zeroed_items(void)
{
	free(xcalloc(too_much, 2));
}

static void
assert_ends_the_program(void (*ask)(void))
{
	int fd[2], status;
	struct buf said;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		ask();
		_exit(0);
	}
	close(fd[1]);
	buf_init(&said, 1 << 16);
	do {
		n = read(fd[0], buf_reserve(&said, 4096), 4096);
		assert_true(n >= 0);
		buf_added(&said, (size_t)n);
	} while (n > 0);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
	assert_non_null(strstr(said.p, "error out of memory bytes="));
	buf_release(&said);
}

static void
memory_that_does_not_exist_ends_the_program(void **state)
{
	(void)state;
	assert_ends_the_program(ask_for_bytes);
	assert_ends_the_program(ask_for_items);
	assert_ends_the_program(ask_for_zeroed_items);
}

static void
nothing_at_all_can_be_asked_for(void **state)
{
	char *p = xmalloc(0);

	(void)state;
	assert_non_null(p);
	p = xrealloc(p, 0);
	assert_non_null(p);
	p = xrealloc_array(p, 0, 8);
	assert_non_null(p);
	free(p);
	p = xcalloc(0, 8);
	assert_non_null(p);
	free(p);
}

static void
contents_are_zeroed_kept_and_copied(void **state)
{
	char *p = xcalloc(4, 4), *copy;

	(void)state;
	assert_int_equal(p[15], 0);
	memcpy(p, "hello", 6);
	p = xrealloc_array(p, 100, 1000);
	assert_string_equal(p, "hello");
	copy = xstrdup(p);
	free(p);
	assert_string_equal(copy, "hello");
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_does_not_exist_ends_the_program),
		cmocka_unit_test(nothing_at_all_can_be_asked_for),
		cmocka_unit_test(contents_are_zeroed_kept_and_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
