#include "core/catalog.h"

#include <stdlib.h>

#include "lib/utf8.h"
#include "lib/xalloc.h"

void
catalog_init(struct catalog *c)
{
	memset(c, 0, sizeof(*c));
}

void
catalog_release(struct catalog *c)
{
	while (c->n)
		free(c->v[--c->n]);
	free(c->v);
	catalog_init(c);
}

struct str
catalog_name(const struct catalog_entry *e)
{
	return str_of(e->text, e->name_len);
}

struct str
catalog_text(const struct catalog_entry *e)
{
	return str_of(e->text + e->name_len, e->text_len);
}

/* Is a to go before b? */
static bool
is_smaller(const struct catalog_entry *a, const struct catalog_entry *b)
{
	if (a->n != b->n)
		return a->n < b->n;
	return str_cmp(catalog_name(a), catalog_name(b)) > 0;
}

static size_t
bytes_of(const struct catalog_entry *e)
{
	return sizeof(*e) + e->name_len + e->text_len;
}

/* ---- the heap --------------------------------------------------------- */

static void
swap(struct catalog *c, size_t a, size_t b)
{
	struct catalog_entry *e = c->v[a];

	c->v[a] = c->v[b];
	c->v[b] = e;
}

static void
sift_up(struct catalog *c, size_t i)
{
	for (; i > 0 && is_smaller(c->v[i], c->v[(i - 1) / 2]); i = (i - 1) / 2)
		swap(c, i, (i - 1) / 2);
}

static void
sift_down(struct catalog *c)
{
	size_t i = 0, child;

	for (child = 1; child < c->n; child = 2 * i + 1) {
		if (child + 1 < c->n &&
		    is_smaller(c->v[child + 1], c->v[child]))
			child++;
		if (!is_smaller(c->v[child], c->v[i]))
			return;
		swap(c, i, child);
		i = child;
	}
}

static void
drop_smallest(struct catalog *c)
{
	c->nbytes -= bytes_of(c->v[0]);
	free(c->v[0]);
	c->v[0] = c->v[--c->n];
	sift_down(c);
}

static void
push(struct catalog *c, struct catalog_entry *e)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 32;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n] = e;
	c->nbytes += bytes_of(e);
	sift_up(c, c->n++);
}

/* ---- what is kept ----------------------------------------------------- */

static struct catalog_entry *
entry_new(struct str name, struct str text, uint64_t n)
{
	size_t text_len = utf8_cut(text, CATALOG_TEXT_MAX);
	struct catalog_entry *e = xmalloc(sizeof(*e) + name.len + text_len);

	e->n = n;
	e->name_len = name.len;
	e->text_len = text_len;
	if (name.len)
		memcpy(e->text, name.p, name.len);
	if (text_len)
		memcpy(e->text + name.len, text.p, text_len);
	return e;
}

static bool
is_over(const struct catalog *c)
{
	return c->n > CATALOG_MAX || c->nbytes > CATALOG_BYTES;
}

/* Most of a huge network goes here. */
static bool
is_hopeless(const struct catalog *c, uint64_t n)
{
	return c->n == CATALOG_MAX && n < c->v[0]->n;
}

void
catalog_add(struct catalog *c, struct str name, struct str text, uint64_t n)
{
	if (is_hopeless(c, n))
		return;
	push(c, entry_new(name, text, n));
	while (is_over(c))
		drop_smallest(c);
}

/* ---- reading ---------------------------------------------------------- */

static int
cmp(const void *pa, const void *pb)
{
	const struct catalog_entry *a = *(struct catalog_entry *const *)pa;
	const struct catalog_entry *b = *(struct catalog_entry *const *)pb;

	return is_smaller(b, a) - is_smaller(a, b);
}

/* What is in order is also a heap, so that more may come. */
void
catalog_sort(struct catalog *c)
{
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), cmp);
}

const struct catalog_entry *
catalog_at(const struct catalog *c, size_t i)
{
	return c->v[c->n - 1 - i];
}

size_t
catalog_find(const struct catalog *c, struct str name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (str_eq_nocase(catalog_name(catalog_at(c, i)), name))
			break;
	return i;
}
