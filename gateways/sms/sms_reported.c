#include "sms/sms_reported.h"

#include <stdlib.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"

struct parts {
	struct list node; /* in order */
	char *text;
	bool there[SMS_REPORTED_PARTS_MAX];
	unsigned nthere;
};

struct sms_reported {
	struct map by_text;
	struct list order; /* of arrival */
	size_t max;
};

struct sms_reported *
sms_reported_new(size_t max)
{
	struct sms_reported *r = xcalloc(1, sizeof(*r));

	map_init(&r->by_text);
	list_init(&r->order);
	r->max = max ? max : SMS_REPORTED_MAX;
	return r;
}

static void
drop(struct sms_reported *r, struct parts *p)
{
	map_del(&r->by_text, str_c(p->text));
	list_del(&p->node);
	free(p->text);
	free(p);
}

void
sms_reported_free(struct sms_reported **rp)
{
	struct sms_reported *r = *rp;

	*rp = NULL;
	if (!r)
		return;
	while (!list_is_empty(&r->order))
		drop(r, LIST_ENTRY(list_first(&r->order), struct parts, node));
	map_release(&r->by_text);
	free(r);
}

static struct parts *
parts_of(struct sms_reported *r, struct str text)
{
	struct parts *p = map_get(&r->by_text, text);

	if (p)
		return p;
	if (r->by_text.n >= r->max)
		drop(r, LIST_ENTRY(list_first(&r->order), struct parts, node));
	p = xcalloc(1, sizeof(*p));
	p->text = str_dup(text);
	list_add(&r->order, &p->node);
	map_put(&r->by_text, str_c(p->text), p);
	return p;
}

bool
sms_reported_part(
    struct sms_reported *r, struct str text, unsigned part, unsigned nparts)
{
	struct parts *p;

	if (part == 0 || part > nparts || nparts > SMS_REPORTED_PARTS_MAX)
		return false;
	p = parts_of(r, text);
	if (!p->there[part - 1]) {
		p->there[part - 1] = true;
		p->nthere++;
	}
	return p->nthere >= nparts;
}

void
sms_reported_forget(struct sms_reported *r, struct str text)
{
	struct parts *p = map_get(&r->by_text, text);

	if (p)
		drop(r, p);
}
