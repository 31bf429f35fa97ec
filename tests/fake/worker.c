/*
 * Worker programs, which the script plays: what they are told is kept, and
 * they say what it wants.
 */
#include <stdlib.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "net/worker.h"

struct worker {
	struct fake_worker f;
	worker_fn *fn;
	void *arg;
};

static struct list workers = { &workers, &workers };

#define FRAME(n) LIST_ENTRY(n, struct fake_frame, node)

struct list *
fake_workers(void)
{
	return &workers;
}

void
fake_frame_free(struct fake_frame *f)
{
	list_del(&f->node);
	buf_release(&f->data);
	free(f);
}

struct worker *
worker_new(struct loop *l, const struct worker_params *p, worker_fn *fn,
    void *arg, struct err *err)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	(void)l;
	(void)err;
	w->fn = fn;
	w->arg = arg;
	w->f.worker = w;
	w->f.program = xstrdup(p->program);
	list_init(&w->f.frames);
	list_add(&workers, &w->f.node);
	return w;
}

int
worker_send(struct worker *w, uint8_t type, struct str data)
{
	struct fake_frame *f;

	if (w->f.is_dead)
		return -1;
	f = xcalloc(1, sizeof(*f));
	f->type = type;
	buf_init(&f->data, data.len + 1);
	(void)buf_add_str(&f->data, data);
	list_add(&w->f.frames, &f->node);
	return 0;
}

size_t
worker_queued(const struct worker *w)
{
	(void)w;
	return 0;
}

/* The script's fakes die when it looks at them next. */
void
worker_kill(struct worker *w)
{
	w->f.is_killed = true;
}

void
worker_free(struct worker **wp)
{
	struct worker *w = *wp;

	if (!w)
		return;
	*wp = NULL;
	LIST_EACH(&w->f.frames, n)
	{
		fake_frame_free(FRAME(n));
	}
	list_del(&w->f.node);
	free(w->f.program);
	free(w);
}

int64_t
worker_pid(const struct worker *w)
{
	(void)w;
	return 1;
}

void
fake_worker_say(struct fake_worker *f, uint8_t type, struct str data)
{
	struct worker_event ev = {
		.type = WORKER_FRAME, .frame = type, .data = data
	};

	f->worker->fn(f->worker, &ev, f->worker->arg);
}

void
fake_worker_die(struct fake_worker *f, int signal)
{
	struct worker_event ev = { .type = WORKER_DOWN, .signal = signal };

	f->is_dead = true;
	(void)err_set(
	    &ev.err, ERR_INTERNAL, "%s died of signal %d", f->program, signal);
	f->worker->fn(f->worker, &ev, f->worker->arg);
}
