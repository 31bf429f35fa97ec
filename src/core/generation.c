#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/core.h"
#include "core/generation.h"
#include "core/store_outbox.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/loop.h"

enum { PATH_MAX_BYTES = 4096, FILE_BYTES = 2 * GENERATION_HEX + 2 };

static const char name[] = "generation";

struct generation {
	struct core *core;
	char path[PATH_MAX_BYTES];
	char now[GENERATION_HEX + 1], before[GENERATION_HEX + 1];
	store_load_id load;
	bool differs;
	struct timer timer;
	struct job *job; /* the file is being written */
};

/* What the other thread has: it may outlive us. */
struct job {
	struct generation *g; /* NULL: it is not waited for any more */
	char path[PATH_MAX_BYTES], tmp[PATH_MAX_BYTES + 8];
	char text[FILE_BYTES + 1];
	int errnum; /* 0: it is on the disk */
};

/* ---- the file --------------------------------------------------------- */

static int
write_whole(const struct job *j)
{
	int fd = open(j->tmp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t len = strlen(j->text);
	int rc;

	if (fd < 0)
		return errno;
	rc = write(fd, j->text, len) == (ssize_t)len && fsync(fd) == 0 ? 0
	                                                               : errno;
	if (close(fd) < 0 && rc == 0)
		rc = errno;
	if (rc == 0 && rename(j->tmp, j->path) < 0)
		rc = errno;
	return rc;
}

static void
on_thread(void *arg)
{
	struct job *j = arg;

	j->errnum = write_whole(j);
}

/* "new old\n"; empty: there is no such file, or nothing that we wrote. */
static void
read_file(struct generation *g)
{
	char text[FILE_BYTES + 1] = "";
	int fd = open(g->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? 0 : read(fd, text, FILE_BYTES);

	if (fd >= 0)
		(void)close(fd); /* only read */
	if (n != FILE_BYTES || text[GENERATION_HEX] != ' ')
		return;
	memcpy(g->now, text, GENERATION_HEX);
	memcpy(g->before, text + GENERATION_HEX + 1, GENERATION_HEX);
}

/* ---- changing them ---------------------------------------------------- */

static void
again(struct generation *g)
{
	struct clock *c = core_clock(g->core);

	timer_set(&g->timer, c, c->at + GENERATION_MS);
}

/* The file has it: now the database may. */
static void
on_written(void *arg)
{
	struct job *j = arg;
	struct generation *g = j->g;

	if (!g) {
		free(j);
		return;
	}
	g->job = NULL;
	if (j->errnum)
		log_warn(core_log(g->core), "generation not written",
		    "file=%s err=\"%s\" action=\"going on; a backup that is "
		    "restored may not be known as one\"",
		    j->path, strerror(j->errnum));
	else
		store_meta_put(core_store(g->core), str_c(name), str_c(g->now),
		    NULL, NULL);
	free(j);
}

static void
advance(struct generation *g)
{
	struct job *j = xcalloc(1, sizeof(*j));

	memcpy(g->before, g->now[0] ? g->now : "0000000000000000",
	    sizeof(g->before));
	crypto_random_hex(g->now, GENERATION_HEX / 2);
	j->g = g;
	snprintf(j->path, sizeof(j->path), "%s", g->path);
	snprintf(j->tmp, sizeof(j->tmp), "%s.new", g->path);
	snprintf(j->text, sizeof(j->text), "%s %s\n", g->now, g->before);
	g->job = j;
	loop_work(core_loop(g->core), on_thread, on_written, j);
}

static void
on_timer(struct timer *t)
{
	struct generation *g = TIMER_OWNER(t, struct generation, timer);

	if (!g->job && store_is_ok(core_store(g->core)))
		advance(g);
	else
		again(g);
}

/* ---- life ------------------------------------------------------------- */

struct generation *
generation_new(struct core *c, const char *store_path)
{
	struct generation *g = xcalloc(1, sizeof(*g));

	g->core = c;
	snprintf(g->path, sizeof(g->path), "%s.generation", store_path);
	timer_init(&g->timer, on_timer);
	return g;
}

void
generation_free(struct generation **gp)
{
	struct generation *g = *gp;

	*gp = NULL;
	if (!g)
		return;
	if (g->job)
		g->job->g = NULL;
	store_cancel(core_store(g->core), g->load);
	timer_cancel(&g->timer);
	free(g);
}

/* A database without one is new, and has nothing that could be repeated. */
static void
on_loaded(bool ok, struct str value, void *arg)
{
	struct generation *g = arg;

	g->load = 0;
	g->differs = ok && value.len > 0 && !str_is(value, g->now) &&
	    !str_is(value, g->before);
	if (g->differs)
		log_error(core_log(g->core), "store is an older copy",
		    "file=%s action=\"nothing that waits is sent until it is "
		    "released: queue release\"",
		    g->path);
	if (ok)
		advance(g);
}

void
generation_start(struct generation *g)
{
	read_file(g);
	g->load =
	    store_meta_load(core_store(g->core), str_c(name), on_loaded, g);
}

void
generation_touch(struct generation *g)
{
	if (!timer_is_set(&g->timer))
		again(g);
}

bool
generation_differs(const struct generation *g)
{
	return g->differs;
}
