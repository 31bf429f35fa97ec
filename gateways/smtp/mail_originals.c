#include "smtp/mail_originals.h"

#include <stdlib.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

struct original {
	struct list by_age, of_user; /* the newest last */
	struct reader *reader;
	char *contact, *text;
	size_t bytes;
};

/* A user who has some. */
struct reader {
	char *user;
	struct list originals;
	size_t n;
};

struct mail_originals {
	struct map readers;
	struct list by_age;
	size_t bytes;
};

#define BY_AGE(n)  LIST_ENTRY(n, struct original, by_age)
#define OF_USER(n) LIST_ENTRY(n, struct original, of_user)

struct mail_originals *
mail_originals_new(void)
{
	struct mail_originals *all = xcalloc(1, sizeof(*all));

	map_init(&all->readers);
	list_init(&all->by_age);
	return all;
}

static void
original_free(struct mail_originals *all, struct original *o)
{
	struct reader *r = o->reader;

	all->bytes -= o->bytes;
	list_del(&o->by_age);
	list_del(&o->of_user);
	free(o->contact);
	free(o->text);
	free(o);
	if (--r->n > 0)
		return;
	map_del(&all->readers, str_c(r->user));
	free(r->user);
	free(r);
}

void
mail_originals_free(struct mail_originals **op)
{
	struct mail_originals *all = *op;

	*op = NULL;
	if (!all)
		return;
	LIST_EACH(&all->by_age, n)
	{
		original_free(all, BY_AGE(n));
	}
	map_release(&all->readers);
	free(all);
}

void
mail_originals_forget(struct mail_originals *all, struct str user)
{
	struct reader *r;

	while ((r = map_get(&all->readers, user)) != NULL)
		original_free(all, OF_USER(list_first(&r->originals)));
}

static struct reader *
reader_get(struct mail_originals *all, struct str user)
{
	struct reader *r = map_get(&all->readers, user);

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->user = str_dup(user);
	list_init(&r->originals);
	map_put(&all->readers, str_c(r->user), r);
	return r;
}

static void
make_room(struct mail_originals *all, struct str user, size_t bytes)
{
	struct reader *r = map_get(&all->readers, user);

	if (r && r->n >= MAIL_ORIGINALS_USER)
		original_free(all, OF_USER(list_first(&r->originals)));
	while (all->bytes + bytes > MAIL_ORIGINALS_BYTES &&
	    !list_is_empty(&all->by_age))
		original_free(all, BY_AGE(list_first(&all->by_age)));
}

void
mail_originals_put(struct mail_originals *all, struct str user,
    struct str contact, struct str text)
{
	struct str head = str_head(text, utf8_cut(text, MAIL_ORIGINALS_TEXT));
	struct original *o;

	make_room(all, user, head.len);
	o = xcalloc(1, sizeof(*o));
	o->reader = reader_get(all, user);
	o->reader->n++;
	o->contact = str_dup(contact);
	o->text = str_dup(head);
	o->bytes = head.len;
	all->bytes += o->bytes;
	list_add(&all->by_age, &o->by_age);
	list_add(&o->reader->originals, &o->of_user);
}

struct str
mail_originals_last(const struct mail_originals *all, struct str user,
    struct str contact, struct str *from_out)
{
	const struct reader *r = map_get(&all->readers, user);

	for (struct list *n = r ? r->originals.prev : NULL;
	     n && n != &r->originals; n = n->prev) {
		const struct original *o = OF_USER(n);

		if (contact.len && !str_eq_nocase(contact, str_c(o->contact)))
			continue;
		*from_out = str_c(o->contact);
		return str_c(o->text);
	}
	return STR_EMPTY;
}
