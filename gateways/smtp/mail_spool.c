#include "smtp/mail_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

struct mail_spool {
	struct buf memory; /* empty once there is a file */
	int fd;            /* -1: no file */
	size_t size, max;
	struct err broken; /* ERR_NONE: it is not */
};

struct mail_spool *
mail_spool_new(size_t max)
{
	struct mail_spool *s = xcalloc(1, sizeof(*s));

	buf_init(&s->memory, MAIL_SPOOL_MEMORY);
	s->fd = -1;
	s->max = max;
	return s;
}

void
mail_spool_free(struct mail_spool **sp)
{
	struct mail_spool *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	buf_release(&s->memory);
	if (s->fd >= 0)
		(void)close(s->fd); /* the file goes with it */
	free(s);
}

size_t
mail_spool_size(const struct mail_spool *s)
{
	return s->size;
}

/* ---- the file ------------------------------------------------------------- */

/* File systems without O_TMPFILE want a name, for a moment. */
static int
open_named(const char *dir)
{
	char path[256];
	int fd;

	if (snprintf(path, sizeof(path), "%s/passerelle-XXXXXX", dir) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path); /* if not, a file is left over */
	return fd;
}

static int
open_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (!dir || dir[0] != '/')
		dir = "/var/tmp";
	fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = open_named(dir);
	return fd;
}

static int
write_all(int fd, struct str bytes, size_t at)
{
	while (bytes.len > 0) {
		ssize_t n = pwrite(fd, bytes.p, bytes.len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes = str_skip(bytes, (size_t)n);
		at += (size_t)n;
	}
	return 0;
}

static int
move_to_file(struct mail_spool *s)
{
	s->fd = open_file();
	if (s->fd < 0 || write_all(s->fd, buf_str(&s->memory), 0) < 0)
		return -1;
	buf_release(&s->memory);
	return 0;
}

/* ---- the bytes ------------------------------------------------------------ */

static int
add(struct mail_spool *s, struct str bytes)
{
	if (s->fd < 0) {
		if (buf_add_str(&s->memory, bytes) == 0)
			return 0;
		if (move_to_file(s) < 0)
			return -1;
	}
	return write_all(s->fd, bytes, s->size);
}

int
mail_spool_add(struct mail_spool *s, struct str bytes, struct err *err)
{
	if (s->broken.kind == ERR_NONE && bytes.len > s->max - s->size)
		err_set(&s->broken, ERR_TOO_BIG, "a mail has %zu bytes at most",
		    s->max);
	if (s->broken.kind == ERR_NONE && add(s, bytes) < 0)
		err_set(&s->broken, ERR_BUSY,
		    "a mail cannot be put aside in a file: %s",
		    strerror(errno));
	if (s->broken.kind != ERR_NONE) {
		*err = s->broken;
		return -1;
	}
	s->size += bytes.len;
	return 0;
}

ssize_t
mail_spool_read(
    struct mail_spool *s, size_t at, char *to, size_t n, struct err *err)
{
	size_t left = at < s->size ? s->size - at : 0;
	ssize_t got;

	if (n > left)
		n = left;
	if (n == 0)
		return 0;
	if (s->fd < 0) {
		memcpy(to, s->memory.p + at, n);
		return (ssize_t)n;
	}
	do
		got = pread(s->fd, to, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(err, ERR_INTERNAL,
		    "a mail that was put aside cannot be read: %s",
		    got < 0 ? strerror(errno) : "its file is too short");
	return got;
}
