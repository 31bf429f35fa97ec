/*
 * Which messages of our users have no fate yet.
 *
 * The file is an array of slots.  `len` is written last and cleared first, so
 * a slot is whole or empty whenever the program is killed; `sum` finds what a
 * machine that went down has written in part.  Bytes stay in the order of the
 * machine: the file does not travel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/unsettled.h"
#include "lib/log.h"
#include "lib/xalloc.h"

struct slot {
	_Atomic uint16_t len; /* of the text; 0: empty */
	uint16_t from_len, to_len;
	uint16_t sum;
	char text[UNSETTLED_RECORD_MAX]; /* from, to, id */
};

enum state { FREE, OURS, ENDED, EARLIER };

struct unsettled {
	struct slot *slot;            /* UNSETTLED_MAX of them, mapped */
	uint8_t state[UNSETTLED_MAX]; /* of each slot */
	uint32_t free[UNSETTLED_MAX]; /* the last one is used next */
	size_t nfree;
	uint32_t ended[UNSETTLED_MAX];
	size_t nended;
};

#define FILE_BYTES (UNSETTLED_MAX * sizeof(struct slot))

/* Fletcher's, of 16 bits. */
static uint16_t
sum_of(const struct slot *s, size_t len)
{
	unsigned a = s->from_len & 0xff, b = s->to_len & 0xff;
	size_t i;

	for (i = 0; i < len; i++) {
		a = (a + (unsigned char)s->text[i]) % 255;
		b = (b + a) % 255;
	}
	return (uint16_t)(b << 8 | a);
}

static bool
is_whole(const struct slot *s)
{
	size_t len = atomic_load(&s->len);

	return len && len <= sizeof(s->text) &&
	    (size_t)s->from_len + s->to_len < len && s->sum == sum_of(s, len);
}

/* ---- the file --------------------------------------------------------- */

static struct slot *
map_file(const char *path, int *errno_out)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *at = MAP_FAILED;

	if (fd >= 0 && posix_fallocate(fd, 0, FILE_BYTES) == 0)
		at = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	*errno_out = errno;
	if (fd >= 0)
		close(fd);
	/* cppcheck-suppress memleak ; it is what is returned */
	return at == MAP_FAILED ? NULL : at;
}

/* Low numbers are used first, so that few pages are ever written. */
static void
look_through(struct unsettled *u)
{
	uint32_t i = UNSETTLED_MAX;

	while (i-- > 0) {
		if (is_whole(&u->slot[i])) {
			u->state[i] = EARLIER;
			continue;
		}
		atomic_store(&u->slot[i].len, 0);
		u->free[u->nfree++] = i;
	}
}

struct unsettled *
unsettled_open(const char *store_path, const struct log_ctx *log)
{
	struct unsettled *u;
	struct slot *slot;
	char path[4096];
	int why;

	if (!store_path)
		return NULL;
	snprintf(path, sizeof(path), "%s-unsettled", store_path);
	slot = map_file(path, &why);
	if (!slot)
		log_warn(log, "open messages not kept",
		    "file=%s err=\"%s\" action=\"going on; after a crash "
		    "nobody is told of messages that were under way\"",
		    path, strerror(why));
	if (!slot)
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->slot = slot;
	look_through(u);
	return u;
}

void
unsettled_close(struct unsettled **up)
{
	struct unsettled *u = *up;

	*up = NULL;
	if (!u)
		return;
	unsettled_written(u);
	munmap(u->slot, FILE_BYTES);
	free(u);
}

/* ---- one message ------------------------------------------------------ */

static void
fill(struct slot *s, struct str from, struct str to, struct str id)
{
	size_t len = from.len + to.len + id.len;

	s->from_len = (uint16_t)from.len;
	s->to_len = (uint16_t)to.len;
	memcpy(s->text, from.p, from.len);
	memcpy(s->text + from.len, to.p, to.len);
	memcpy(s->text + from.len + to.len, id.p, id.len);
	s->sum = sum_of(s, len);
	atomic_store(&s->len, (uint16_t)len);
}

uint32_t
unsettled_put(
    struct unsettled *u, struct str from, struct str to, struct str id)
{
	uint32_t i;

	if (!u || u->nfree == 0 || id.len == 0 || from.len == 0 ||
	    to.len == 0 || from.len + to.len + id.len > UNSETTLED_RECORD_MAX)
		return 0;
	i = u->free[--u->nfree];
	fill(&u->slot[i], from, to, id);
	u->state[i] = OURS;
	return i + 1;
}

void
unsettled_end(struct unsettled *u, uint32_t number)
{
	if (!u || number == 0 || number > UNSETTLED_MAX ||
	    u->state[number - 1] == FREE || u->state[number - 1] == ENDED)
		return;
	u->state[number - 1] = ENDED;
	u->ended[u->nended++] = number - 1;
}

void
unsettled_leave(struct unsettled *u, uint32_t number)
{
	if (u && number && number <= UNSETTLED_MAX &&
	    u->state[number - 1] == OURS)
		u->state[number - 1] = EARLIER;
}

void
unsettled_written(struct unsettled *u)
{
	while (u && u->nended) {
		uint32_t at = u->ended[--u->nended];

		atomic_store(&u->slot[at].len, 0);
		u->state[at] = FREE;
		u->free[u->nfree++] = at;
	}
}

/* ---- after a start ---------------------------------------------------- */

/* What stands between the @, if there is one, and the resource. */
static bool
is_at(struct str jid, struct str domain)
{
	struct str bare;

	str_cut(&jid, '/', &bare);
	if (str_has(bare, '@'))
		bare = str_skip(bare, (size_t)str_find(bare, '@') + 1);
	return str_eq(bare, domain);
}

void
unsettled_each(
    struct unsettled *u, struct str domain, unsettled_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; u && i < UNSETTLED_MAX; i++) {
		const struct slot *s = &u->slot[i];
		struct str all = str_of(s->text, s->len);
		struct str to = str_of(s->text + s->from_len, s->to_len);

		if (u->state[i] != EARLIER || !is_at(to, domain))
			continue;
		fn(i + 1, str_of(s->text, s->from_len), to,
		    str_skip(all, (size_t)s->from_len + s->to_len), arg);
	}
}
