#include "smtp/mail_files.h"

#include <assert.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "smtp/mail_record.h"

enum { AGAIN_MS = 250 };

struct file {
	struct mail_files *files;
	char *name, *type, *body;
	size_t len;
	uint64_t upload; /* under way; 0: not yet, or no longer */
	bool is_done;
	char *url;
	struct err err;
};

struct mail_files {
	struct gateway *gw;
	mail_files_fn *fn;
	void *arg;
	struct file *file[MAIL_FILES_MAX];
	size_t n, ndone;
	struct timer again, until;
};

/* All that waits in this program. */
static size_t bytes_waiting;

static void
file_drop_body(struct file *x)
{
	bytes_waiting -= x->body ? x->len : 0;
	free(x->body);
	x->body = NULL;
}

static void
file_done(struct file *x)
{
	file_drop_body(x);
	x->upload = 0;
	x->is_done = true;
	x->files->ndone++;
}

static void
finish(struct mail_files *f)
{
	timer_cancel(&f->again);
	timer_cancel(&f->until);
	f->fn(f->arg);
}

static void
on_upload(void *arg, struct str url, const struct err *err)
{
	struct file *x = arg;
	struct mail_files *f = x->files;

	if (url.len)
		x->url = str_dup(url);
	else
		x->err = *err;
	file_done(x);
	if (f->ndone == f->n)
		finish(f);
}

/* True: it is on its way, or at its end. */
static bool
start(struct file *x)
{
	struct gw_file v = { .name = str_c(x->name),
		.type = str_c(x->type),
		.body = str_of(x->body, x->len) };
	struct err err = ERR_INIT;

	x->upload = gateway_upload(x->files->gw, &v, on_upload, x, &err);
	if (x->upload) {
		file_drop_body(x);
		return true;
	}
	if (err.kind == ERR_BUSY)
		return false;
	x->err = err;
	file_done(x);
	return true;
}

static void
start_some(struct mail_files *f)
{
	struct clock *clock = gateway_clock(f->gw);

	for (size_t i = 0; i < f->n; i++)
		if (!f->file[i]->is_done && !f->file[i]->upload &&
		    !start(f->file[i])) {
			timer_set(&f->again, clock, clock->at + AGAIN_MS);
			return;
		}
}

static void
on_again(struct timer *t)
{
	struct mail_files *f = TIMER_OWNER(t, struct mail_files, again);

	start_some(f);
	if (f->ndone == f->n)
		finish(f);
}

static void
on_until(struct timer *t)
{
	struct mail_files *f = TIMER_OWNER(t, struct mail_files, until);

	for (size_t i = 0; i < f->n; i++) {
		struct file *x = f->file[i];

		if (x->is_done)
			continue;
		if (x->upload)
			gateway_upload_cancel(f->gw, x->upload);
		err_set(&x->err, ERR_TIMEOUT,
		    "the XMPP server did not take it in time");
		file_done(x);
	}
	finish(f);
}

/* ---- what callers see -------------------------------------------------- */

struct mail_files *
mail_files_new(struct gateway *gw, mail_files_fn *fn, void *arg)
{
	struct mail_files *f = xcalloc(1, sizeof(*f));

	f->gw = gw;
	f->fn = fn;
	f->arg = arg;
	timer_init(&f->again, on_again);
	timer_init(&f->until, on_until);
	return f;
}

void
mail_files_free(struct mail_files **fp)
{
	struct mail_files *f = *fp;

	*fp = NULL;
	if (!f)
		return;
	timer_cancel(&f->again);
	timer_cancel(&f->until);
	while (f->n > 0) {
		struct file *x = f->file[--f->n];

		if (x->upload)
			gateway_upload_cancel(f->gw, x->upload);
		file_drop_body(x);
		free(x->name);
		free(x->type);
		free(x->url);
		free(x);
	}
	free(f);
}

size_t
mail_files_add(struct mail_files *f, const struct gw_file *file)
{
	struct file *x = xcalloc(1, sizeof(*x));

	assert(f->n < MAIL_FILES_MAX);
	x->files = f;
	x->name = str_dup(file->name);
	x->type = str_dup(file->type);
	x->len = file->body.len;
	f->file[f->n++] = x;
	if (bytes_waiting + x->len > MAIL_FILES_BYTES) {
		err_set(&x->err, ERR_BUSY, "too many files are under way");
		x->is_done = true;
		f->ndone++;
	} else {
		x->body = xmalloc(x->len + 1);
		memcpy(x->body, file->body.p, x->len);
		bytes_waiting += x->len;
	}
	return f->n - 1;
}

size_t
mail_files_count(const struct mail_files *f)
{
	return f->n;
}

void
mail_files_go(struct mail_files *f, int64_t until_at)
{
	struct clock *clock = gateway_clock(f->gw);

	timer_set(&f->until, clock, until_at);
	start_some(f);
	if (f->ndone == f->n)
		timer_set(&f->again, clock, clock->at);
}

struct mail_file_state
mail_files_get(const struct mail_files *f, size_t at)
{
	const struct file *x = f->file[at];

	return (struct mail_file_state){ .name = str_c(x->name),
		.type = str_c(x->type),
		.size = x->len,
		.url = str_c(x->url),
		.err = &x->err,
		.is_passing = x->err.kind == ERR_BUSY ||
		    x->err.kind == ERR_TIMEOUT ||
		    x->err.kind == ERR_UNREACHABLE };
}

/* Logos and the dots of trackers stand in every mail of an office. */
bool
mail_files_is_wanted(const struct mail_part *part)
{
	if (!part->is_inline || !str_starts(part->mime, STR("image/")))
		return true;
	return part->size >=
	    (part->cid.len ? MAIL_FILES_INSET : MAIL_FILES_LOGO);
}
