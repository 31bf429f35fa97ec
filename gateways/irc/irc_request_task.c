#include "irc/irc_request_task.h"

#include <stdlib.h>

#include "lib/xalloc.h"

#define TASK(n) LIST_ENTRY(n, struct irc_task, node)

struct irc_task *
irc_task_new(struct irc_link *l, gw_req_id id)
{
	struct irc_task *t = xcalloc(1, sizeof(*t));

	t->id = id;
	list_add(&l->tasks, &t->node);
	return t;
}

uint64_t
irc_task_ref(const struct irc_task *t)
{
	return irc_ref(IRC_REF_REQUEST, t->id);
}

bool
irc_task_did(struct irc_task *t, int rc)
{
	t->open += rc == 0;
	return rc == 0;
}

static void
task_free(struct irc_task *t)
{
	list_del(&t->node);
	free(t->unban);
	free(t->found);
	free(t);
}

/* The one way out. */
static void
check(struct irc_link *l, struct irc_task *t)
{
	struct gw_event done = { .type = GW_EV_DONE, .req = t->id };

	if (t->open > 0)
		return;
	done.err = t->err;
	task_free(t);
	irc_link_emit(l, &done);
}

void
irc_task_queued(struct irc_link *l, struct irc_task *t)
{
	irc_link_mark(l);
	check(l, t);
}

struct irc_task *
irc_task_find(const struct irc_link *l, gw_req_id id)
{
	LIST_EACH(&l->tasks, n)
	{
		if (TASK(n)->id == id)
			return TASK(n);
	}
	return NULL;
}

void
irc_task_answered(struct irc_link *l, struct irc_task *t, const struct err *err)
{
	if (err && t->err.kind == ERR_NONE)
		t->err = *err;
	t->open--;
	check(l, t);
}

void
irc_tasks_drop(struct irc_link *l)
{
	while (!list_is_empty(&l->tasks))
		task_free(TASK(list_first(&l->tasks)));
}
