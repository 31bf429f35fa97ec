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

/* RFC 2812 3.2.3 says three to a line, where the server says nothing. */
bool
irc_task_change(struct irc_link *l, struct irc_task *t, struct str room,
    const struct irc_change *change, size_t n)
{
	size_t each = irc_proto_isupport(&l->proto)->modes, i, some;

	if (each == 0)
		each = 3;
	if (each > IRC_CHANGES_MAX)
		each = IRC_CHANGES_MAX;
	for (i = 0; i < n; i += some) {
		some = n - i < each ? n - i : each;
		if (!irc_task_did(t,
		        irc_proto_change(&l->proto, room, change + i, some,
		            irc_task_ref(t), &t->err)))
			return false;
	}
	return true;
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
