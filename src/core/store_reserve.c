#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store_reserve.h"

enum { PATH_BYTES = 4096 + 16 };

static void
name_of(const char *store_path, char out[PATH_BYTES])
{
	snprintf(out, PATH_BYTES, "%s.reserve", store_path);
}

bool
store_reserve_make(const char *store_path)
{
	char path[PATH_BYTES];
	int fd;
	bool ok;

	name_of(store_path, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	ok = posix_fallocate(fd, 0, STORE_RESERVE_BYTES) == 0;
	(void)close(fd); /* nothing was written */
	if (!ok)
		(void)unlink(path); /* a part of it helps nobody */
	return ok;
}

bool
store_reserve_release(const char *store_path)
{
	char path[PATH_BYTES];

	name_of(store_path, path);
	return unlink(path) == 0;
}
