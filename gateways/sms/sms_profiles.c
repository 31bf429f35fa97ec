#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/xalloc.h"
#include "sms/sms_json.h"
#include "sms/sms_profile.h"
#include "sms/sms_profiles.h"

/* Where the profiles are that this program came with. */
#ifndef SMS_PROFILES_DIR
#define SMS_PROFILES_DIR "/usr/local/share/passerelle/profiles"
#endif

enum { NAME_LEN_MAX = 64, PATH_LEN_MAX = 4096 };

struct known {
	struct list node;
	char *name;
	struct sms_profile *profile;
};

#define KNOWN(n) LIST_ENTRY(n, struct known, node)

void
sms_profiles_init(struct sms_profiles *all, struct str own)
{
	list_init(&all->list);
	all->own = own.len ? str_dup(own) : NULL;
}

void
sms_profiles_release(struct sms_profiles *all)
{
	LIST_EACH(&all->list, n)
	{
		struct known *k = KNOWN(n);

		list_del(n);
		sms_profile_free(&k->profile);
		free(k->name);
		free(k);
	}
	free(all->own);
	all->own = NULL;
}

/* The tests, and whoever tries a change, have them elsewhere. */
static const char *
shipped(void)
{
	const char *dir = getenv("PASSERELLE_PROFILES");

	return dir && dir[0] ? dir : SMS_PROFILES_DIR;
}

/* It becomes a part of a file's name. */
static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return s.len > 0 && s.len <= NAME_LEN_MAX;
}

/* One byte more than is taken, so that too much is seen. */
static int
read_file(const char *path, struct buf *out, struct err *err)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;
	bool bad;

	if (!f)
		return err_set(err,
		    errno == ENOENT ? ERR_NOT_FOUND : ERR_BAD_INPUT, "%s: %s",
		    path, strerror(errno));
	while ((n = fread(part, 1, sizeof(part), f)) > 0 &&
	    buf_add(out, part, n) == 0)
		continue;
	bad = n > 0 || ferror(f);
	(void)fclose(f); /* only read from */
	return bad ? err_set(err, ERR_BAD_INPUT,
	                 "%s: cannot be read, or is over %d bytes", path,
	                 SMS_JSON_FILE_MAX)
	           : 0;
}

static struct sms_profile *
read_from(const char *dir, struct str name, struct err *err)
{
	struct sms_profile *p = NULL;
	char path[PATH_LEN_MAX];
	struct buf text;

	(void)snprintf(
	    path, sizeof(path), "%s/" STR_FMT ".json", dir, STR_ARG(name));
	buf_init(&text, SMS_JSON_FILE_MAX);
	if (read_file(path, &text, err) == 0)
		p = sms_profile_read(path, buf_str(&text), err);
	buf_release(&text);
	return p;
}

static struct sms_profile *
find(const struct sms_profiles *all, struct str name, struct err *err)
{
	struct sms_profile *p = NULL;

	if (!is_name(name)) {
		(void)err_set(err, ERR_BAD_INPUT,
		    "'" STR_FMT "' is not the name of a profile",
		    STR_ARG(name));
		return NULL;
	}
	if (all->own) {
		p = read_from(all->own, name, err);
		if (p || err->kind != ERR_NOT_FOUND)
			return p;
	}
	return read_from(shipped(), name, err);
}

const struct sms_profile *
sms_profiles_get(struct sms_profiles *all, struct str name, struct err *err)
{
	struct sms_profile *p;
	struct known *k;

	LIST_EACH(&all->list, n)
	{
		if (str_is(name, KNOWN(n)->name))
			return KNOWN(n)->profile;
	}
	p = find(all, name, err);
	if (!p)
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->name = str_dup(name);
	k->profile = p;
	list_add(&all->list, &k->node);
	return p;
}
