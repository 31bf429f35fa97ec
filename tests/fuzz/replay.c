/*
 * Gives every file named on the command line, and every file of every folder
 * named there, to a fuzz target built without its fuzzer: yesterday's findings
 * as today's test, with any compiler.  Says nothing unless something is wrong;
 * a folder that is missing or empty is wrong, it would test nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"

enum { INPUT_MAX = 16 * 1024 * 1024, READ_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There when the sanitizers are. */
void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

static const char *volatile now_at; /* the input being replayed */

/* Which input it was: the one thing a sanitizer's report does not say. */
static void
name_the_input(void)
{
	static const char said[] = "replay: died of ";

	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	(void)!write(STDERR_FILENO, now_at, strlen(now_at));
	(void)!write(STDERR_FILENO, "\n", 1);
}

static void
on_abort(int signum)
{
	name_the_input();
	signal(signum, SIG_DFL);
	raise(signum);
}

static int
complain(const char *path, const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", path, what);
	return -1;
}

static int
read_all(FILE *f, struct buf *out)
{
	size_t n;
	char *to;

	do {
		to = buf_reserve(out, READ_BYTES);
		if (!to)
			return -1;
		n = fread(to, 1, READ_BYTES, f);
		buf_added(out, n);
	} while (n > 0);
	return ferror(f) ? -1 : 0;
}

/*
 * The target gets a copy of exactly the right size, so that one byte too far
 * is seen by the sanitizer.
 */
static void
give(struct str input)
{
	char *exact = str_dup(input);
	char *tight = realloc(exact, input.len ? input.len : 1);

	if (!tight)
		tight = exact;
	(void)LLVMFuzzerTestOneInput((const uint8_t *)tight, input.len);
	free(tight);
}

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "re");
	struct buf input;
	int rc;

	if (!f)
		return complain(path, strerror(errno));
	now_at = path;
	buf_init(&input, INPUT_MAX);
	rc = read_all(f, &input);
	if (rc == 0)
		give(buf_str(&input));
	else
		complain(path, "cannot be read whole");
	buf_release(&input);
	(void)fclose(f); /* was only read */
	return rc;
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of their names, so that a failure comes again. */
static int
replay_folder(const char *path)
{
	struct dirent **entry;
	int i, rc = 0, n = scandir(path, &entry, not_hidden, alphasort);
	struct buf name;

	if (n < 0)
		return complain(path, strerror(errno));
	buf_init(&name, 4096);
	for (i = 0; i < n; i++) {
		buf_clear(&name);
		buf_addf(&name, "%s/%s", path, entry[i]->d_name);
		if (replay_file(name.p) < 0)
			rc = -1;
		free(entry[i]);
	}
	free(entry);
	buf_release(&name);
	return n > 0 ? rc : complain(path, "the corpus is empty");
}

static int
replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return complain(path, strerror(errno));
	return S_ISDIR(st.st_mode) ? replay_folder(path) : replay_file(path);
}

int
main(int argc, char **argv)
{
	int i, rc = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s corpus ...\n", argv[0]);
		return 64;
	}
	signal(SIGABRT, on_abort);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(name_the_input);
	for (i = 1; i < argc; i++)
		if (replay(argv[i]) < 0)
			rc = 1;
	return rc;
}
