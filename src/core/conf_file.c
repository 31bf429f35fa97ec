#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/secret.h"

#include "core/conf.h"
#include "core/conf_file.h"

char *
conf_file_name(const char *path, struct str name)
{
	const char *slash = strrchr(path, '/');
	struct buf full;
	char *result;

	buf_init(&full, 8192);
	if (slash && !str_starts(name, STR("/")))
		(void)buf_add(&full, path, (size_t)(slash + 1 - path));
	(void)buf_add_str(&full, name);
	result = str_dup(buf_str(&full));
	buf_release(&full);
	return result;
}

static const char *
read_all(int fd, struct buf *out)
{
	char text[4096];
	ssize_t n = 0;
	int rc = 0;

	while (rc == 0 && (n = read(fd, text, sizeof(text))) > 0)
		rc = buf_add(out, text, (size_t)n);
	secret_wipe(text, sizeof(text));
	if (rc < 0)
		return "it is too long";
	return n < 0 ? strerror(errno) : NULL;
}

static const char *
read_checked(int fd, struct buf *out)
{
	struct stat sb;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return strerror(errno);
	if (!S_ISREG(sb.st_mode))
		return "not a file";
	if (sb.st_mode & S_IRWXO)
		return "everybody can read or change it; chmod o-rwx";
	return read_all(fd, out);
}

const char *
conf_file_read(const char *file, struct buf *out)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong = read_checked(fd, out);

	if (fd >= 0)
		(void)close(fd); /* only read from */
	return wrong;
}

int
conf_file(
    const struct conf *c, const char *option, struct buf *out, struct err *err)
{
	char *name = conf_file_name(conf_path(c), conf_str(c, option));
	const char *wrong = conf_file_read(name, out);
	int rc = 0;

	if (wrong)
		rc = conf_err(c, option, err, "%s %s: %s", option, name, wrong);
	free(name);
	return rc;
}
