/*
 * DIR/ID, ID being 64 hexadecimal digits; DIR/ID.new while it is written.
 * The time of a file is when it was put.
 */
#include "sms/sms_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"

enum {
	NAME_LEN = 2 * SMS_SPOOL_ID,
	FILES_MAX = 100000, /* looked at in one go */
	MS_PER_S = 1000,
};

#define NEW ".new"

struct sms_spool {
	int dir; /* descriptor */
	uint64_t total_max, bytes;
	int64_t keep_ms;
};

static void
name_of(const uint8_t id[SMS_SPOOL_ID], char out[NAME_LEN + 1])
{
	for (int i = 0; i < SMS_SPOOL_ID; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id[i]);
}

/* 1: a file of ours, 2: one that was not finished. */
static int
is_ours(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	if (n != NAME_LEN)
		return 0;
	return name[n] == '\0' ? 1 : strcmp(name + n, NEW) == 0 ? 2 : 0;
}

/* ---- cleaning up ---------------------------------------------------------- */

struct file {
	char name[NAME_LEN + 1];
	int64_t at_utc;
	uint64_t bytes;
};

static int
by_age(const void *a, const void *b)
{
	int64_t x = ((const struct file *)a)->at_utc;
	int64_t y = ((const struct file *)b)->at_utc;

	return x < y ? -1 : x > y;
}

static int64_t
time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * MS_PER_S +
	    st->st_mtim.tv_nsec / 1000000;
}

/* Adds what is ours; what was left half done goes at once. */
static size_t
list_files(struct sms_spool *s, struct file *out)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;
	size_t n = 0;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	/* cppcheck-suppress readdirCalled ; safe: nobody else has this one */
	while (n < FILES_MAX && (e = readdir(d))) {
		int kind = is_ours(e->d_name);

		if (kind == 2)
			(void)unlinkat(s->dir, e->d_name, 0);
		if (kind != 1 ||
		    fstatat(s->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		memcpy(out[n].name, e->d_name, sizeof(out[n].name));
		out[n].at_utc = time_of(&st);
		out[n++].bytes = (uint64_t)st.st_size;
	}
	(void)closedir(d);
	return n;
}

/* The oldest go, until no more than max bytes are left. */
static void
clean_to(struct sms_spool *s, uint64_t max, int64_t now_utc)
{
	struct file *file = xcalloc(FILES_MAX, sizeof(*file));
	size_t n = list_files(s, file);

	qsort(file, n, sizeof(*file), by_age);
	s->bytes = 0;
	for (size_t i = 0; i < n; i++)
		s->bytes += file[i].bytes;
	for (size_t i = 0; i < n; i++) {
		if (file[i].at_utc + s->keep_ms >= now_utc && s->bytes <= max)
			break;
		if (unlinkat(s->dir, file[i].name, 0) == 0)
			s->bytes -= file[i].bytes;
	}
	free(file);
}

void
sms_spool_clean(struct sms_spool *s, int64_t now_utc)
{
	clean_to(s, s->total_max, now_utc);
}

/* Once full, a tenth is freed: the folder is not read for every file. */
static void
make_room(struct sms_spool *s, uint64_t bytes, int64_t now_utc)
{
	uint64_t max = s->total_max - s->total_max / 10;

	if (s->bytes + bytes > s->total_max)
		clean_to(s, bytes < max ? max - bytes : 0, now_utc);
	s->bytes += bytes;
}

/* ---- files ------------------------------------------------------------------ */

static int
write_all(int fd, struct str body)
{
	while (body.len > 0) {
		ssize_t n = write(fd, body.p, body.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		body = str_skip(body, (size_t)n);
	}
	return 0;
}

static int
set_time(int fd, int64_t utc)
{
	struct timespec at = { .tv_sec = (time_t)(utc / MS_PER_S),
		.tv_nsec = (long)(utc % MS_PER_S) * 1000000 };
	struct timespec both[2] = { at, at };

	return futimens(fd, both);
}

int
sms_spool_put(struct sms_spool *s, const uint8_t id[SMS_SPOOL_ID],
    struct str body, int64_t now_utc, struct err *err)
{
	char name[NAME_LEN + 1], fresh[NAME_LEN + sizeof(NEW)];
	int fd, rc;

	if (body.len > s->total_max)
		return err_set(err, ERR_TOO_BIG,
		    "a file of %zu bytes does not fit", body.len);
	make_room(s, body.len, now_utc);
	name_of(id, name);
	(void)snprintf(fresh, sizeof(fresh), "%s" NEW, name);
	fd = openat(s->dir, fresh,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "a file cannot be made: %s",
		    strerror(errno));
	rc = write_all(fd, body) < 0 || set_time(fd, now_utc) < 0 ? -1 : 0;
	if (close(fd) < 0 || rc < 0 ||
	    renameat(s->dir, fresh, s->dir, name) < 0) {
		err_set(err, ERR_INTERNAL, "a file cannot be written: %s",
		    strerror(errno));
		(void)unlinkat(s->dir, fresh, 0); /* may not be there */
		return -1;
	}
	return 0;
}

/* Files are replaced, never changed: it stays as long as it was. */
static bool
read_all(int fd, size_t left, struct buf *out)
{
	char *to = buf_reserve(out, left);

	while (to && left > 0) {
		ssize_t n = read(fd, to, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf_added(out, (size_t)n);
		to += n;
		left -= (size_t)n;
	}
	return to != NULL;
}

bool
sms_spool_get(const struct sms_spool *s, const uint8_t id[SMS_SPOOL_ID],
    int64_t now_utc, struct buf *out)
{
	char name[NAME_LEN + 1];
	struct stat st;
	bool ok;
	int fd;

	name_of(id, name);
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && time_of(&st) + s->keep_ms >= now_utc &&
	    read_all(fd, (size_t)st.st_size, out);
	(void)close(fd);
	if (!ok)
		buf_clear(out);
	return ok;
}

/* ---- the folder --------------------------------------------------------------- */

struct sms_spool *
sms_spool_open(
    const char *dir, uint64_t total_max, int64_t keep_ms, struct err *err)
{
	struct sms_spool *s;
	int fd;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		err_set(err, ERR_INTERNAL, "%.150s: cannot be made: %s", dir,
		    strerror(errno));
		return NULL;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		err_set(err, ERR_INTERNAL,
		    "%.150s: no folder that can be written to: %s", dir,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->dir = fd;
	s->total_max = total_max;
	s->keep_ms = keep_ms;
	return s;
}

void
sms_spool_close(struct sms_spool **sp)
{
	struct sms_spool *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	(void)close(s->dir);
	free(s);
}

uint64_t
sms_spool_bytes(const struct sms_spool *s)
{
	return s->bytes;
}
