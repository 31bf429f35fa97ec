#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"

#include "core/keyring.h"

enum {
	FILE_MAX_BYTES = 64 * 1024,
	HEX_LEN = 2 * CRYPTO_KEY_BYTES,
};

static bool
hex_key(struct str hex, uint8_t out[CRYPTO_KEY_BYTES])
{
	if (hex.len != HEX_LEN)
		return false;
	for (size_t i = 0; i < CRYPTO_KEY_BYTES; i++) {
		int hi = str_hex_digit(hex.p[2 * i]);
		int lo = str_hex_digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static void
key_name(struct keyring_key *k)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];

	crypto_sha256(str_of((const char *)k->key, sizeof(k->key)), sum);
	memcpy(k->id, sum, sizeof(k->id));
}

static int
parse(struct keyring *k, const char *path, struct str text, struct err *err)
{
	struct str line;

	for (int n = 1; str_cut(&text, '\n', &line); n++) {
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		if (k->n == KEYRING_MAX)
			return err_set(err, ERR_TOO_BIG,
			    "%s:%d: more than %d keys", path, n, KEYRING_MAX);
		if (!hex_key(line, k->v[k->n].key))
			return err_set(err, ERR_BAD_INPUT,
			    "%s:%d: not a key: %d hex digits are one", path, n,
			    HEX_LEN);
		key_name(&k->v[k->n++]);
	}
	if (k->n == 0)
		return err_set(err, ERR_BAD_INPUT, "%s: no key in it", path);
	return 0;
}

static int
check_mode(int fd, const char *path, struct err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) < 0)
		return err_set(
		    err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
	if (!S_ISREG(sb.st_mode))
		return err_set(err, ERR_BAD_INPUT, "%s: not a file", path);
	if (sb.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return err_set(err, ERR_DENIED,
		    "%s: others can read or change it: chmod 600 %s", path,
		    path);
	return 0;
}

/* At most max bytes; the number read, or -1 with errno. */
static ssize_t
read_all(int fd, char *p, size_t max)
{
	size_t have = 0;

	while (have < max) {
		ssize_t n = read(fd, p + have, max - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
load_fd(struct keyring *k, int fd, const char *path, struct err *err)
{
	static char text[FILE_MAX_BYTES];
	ssize_t n;
	int rc;

	if (check_mode(fd, path, err) < 0)
		return -1;
	n = read_all(fd, text, sizeof(text));
	if (n < 0)
		return err_set(
		    err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
	rc = parse(k, path, str_of(text, (size_t)n), err);
	secret_wipe(text, sizeof(text));
	return rc;
}

/* Durable before the first secret is sealed with it. */
static int
write_new(int fd, const char *path, struct err *err)
{
	char hex[HEX_LEN + 1];
	int rc = 0;

	crypto_random_hex(hex, CRYPTO_KEY_BYTES);
	if (dprintf(fd,
	        "# Stored secrets are sealed with the first key below; the\n"
	        "# others still open what was sealed with them.  Back this\n"
	        "# file up apart from the database.\n%s\n",
	        hex) < 0 ||
	    fsync(fd) < 0)
		rc =
		    err_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
	secret_wipe(hex, sizeof(hex));
	return rc;
}

/* The name too has to survive: best effort, some file systems refuse. */
static void
sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = str_dup(
	    slash ? str_of(path, (size_t)(slash + 1 - path)) : STR("."));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(folder);
}

static int
create(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "cannot make key file %s: %s",
		    path, strerror(errno));
	rc = write_new(fd, path, err);
	if (close(fd) < 0 && rc == 0)
		rc =
		    err_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
	if (rc < 0)
		(void)unlink(path); /* half a key is worse than none */
	else
		sync_folder(path);
	return rc;
}

int
keyring_load(
    struct keyring *k, const char *path, bool may_create, struct err *err)
{
	int fd, rc;

	*k = (struct keyring){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && may_create) {
		if (create(path, err) < 0)
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "cannot read key file %s: %s",
		    path, strerror(errno));
	rc = load_fd(k, fd, path, err);
	(void)close(fd); /* only read from */
	if (rc < 0)
		keyring_release(k);
	return rc;
}

void
keyring_release(struct keyring *k)
{
	secret_wipe(k, sizeof(*k));
}

static const struct keyring_key *
find(const struct keyring *k, struct str id)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(
		        id, str_of((const char *)k->v[i].id, KEYRING_ID_BYTES)))
			return &k->v[i];
	return NULL;
}

bool
keyring_has(const struct keyring *k, struct str id)
{
	return find(k, id) != NULL;
}

int
keyring_seal(const struct keyring *k, struct str bound, struct str plain,
    struct buf *out)
{
	size_t was = out->len;

	if (buf_add(out, k->v[0].id, KEYRING_ID_BYTES) == 0 &&
	    crypto_seal(k->v[0].key, bound, plain, out) == 0)
		return 0;
	buf_truncate(out, was);
	return -1;
}

bool
keyring_open(const struct keyring *k, struct str bound, struct str sealed,
    struct buf *out)
{
	const struct keyring_key *key =
	    find(k, str_head(sealed, KEYRING_ID_BYTES));

	return key &&
	    crypto_open(
	        key->key, bound, str_skip(sealed, KEYRING_ID_BYTES), out);
}
