#include "core/bundle.h"

#include "core/instance.h"
#include "core/outbox.h"
#include "core/owed.h"
#include "core/sender.h"

#define OWED(n) LIST_ENTRY(n, struct owed, node)

bool
bundle_is_held(const struct owed *o)
{
	return o->head.bundle.len && o->fate == FATE_QUEUED &&
	    o->piece[0].tries == 0 && !o->piece[0].is_flying;
}

static bool
is_mate(const struct owed *o, const struct owed *head)
{
	return str_eq(o->head.bundle, head->head.bundle) &&
	    o->piece[0].fate == FATE_QUEUED && !o->piece[0].is_flying &&
	    !(o->flags & OWED_HELD) && !o->is_forgotten;
}

/* Of the bundle at the head, as it stands. */
static int64_t
due_of_head(const struct lane *l, const struct owed *head)
{
	int64_t last = head->accepted_utc + head->head.hold_max_ms, due = last;
	size_t n = 0;

	LIST_EACH(&l->messages, node)
	{
		const struct owed *o = OWED(node);

		if (!is_mate(o, head) || o->head.hold_ms == 0 ||
		    ++n == GW_BUNDLED_MAX)
			return 0;
		due = o->accepted_utc + o->head.hold_ms;
	}
	return l->is_composing || due > last ? last : due;
}

int64_t
bundle_due_utc(const struct lane *l, const struct owed *o)
{
	if (!bundle_is_held(o))
		return 0;
	if (OWED(list_first(&l->messages)) == o)
		return due_of_head(l, o);
	return o->accepted_utc + o->head.hold_max_ms;
}

void
bundle_plan(struct lane *l)
{
	struct owed *head = OWED(list_first(&l->messages));

	if (bundle_is_held(head))
		owed_plan(head);
}

size_t
bundle_collect(const struct lane *l, struct piece **out)
{
	const struct owed *head = OWED(list_first(&l->messages));
	size_t n = 0;

	LIST_EACH(&l->messages, node)
	{
		struct owed *o = OWED(node);

		if (n > 0 &&
		    (head->head.bundle.len == 0 || o->nchange ||
		        !is_mate(o, head)))
			break;
		out[n++] = &o->piece[0];
		if (n == GW_BUNDLED_MAX)
			break;
	}
	return n;
}
