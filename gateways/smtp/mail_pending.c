#include "smtp/mail_pending.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mail_policy.h"

struct mail_pending {
	struct list node;
	mail_pending_fn *fn; /* NULL: nobody waits */
	void *arg;
};

#define PENDING(n) LIST_ENTRY(n, struct mail_pending, node)

static void
on_taken(void *arg, const struct mail_reply *reply, size_t n)
{
	struct mail_pending *p = arg;
	mail_pending_fn *fn = p->fn;
	void *whose = p->arg;

	list_del(&p->node);
	free(p);
	if (fn)
		fn(whose, reply, n);
}

struct mail_pending *
mail_pending_new(struct list *all, struct mail_gateway *mail,
    const struct mail_envelope *e, struct mail_spool **body,
    mail_pending_fn *fn, void *arg)
{
	struct mail_pending *p = xcalloc(1, sizeof(*p));

	p->fn = fn;
	p->arg = arg;
	list_add(all, &p->node);
	mail_take(mail, e, body, on_taken, p);
	return p;
}

void
mail_pending_leave(struct mail_pending **pp)
{
	if (*pp)
		(*pp)->fn = NULL;
	*pp = NULL;
}

void
mail_pending_drop(struct list *all)
{
	LIST_EACH(all, n)
	{
		list_del(n);
		free(PENDING(n));
	}
}
