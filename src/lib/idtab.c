/*
 * Numbers that stand for objects and go stale safely: a slot number in the
 * low half, the generation of the slot in the high half.
 */
#include <stdlib.h>

#include "lib/idtab.h"
#include "lib/xalloc.h"

struct idtab_slot {
	void *object;        /* NULL: free */
	uint32_t generation; /* of its number; 0: never used again */
	uint32_t next_free;  /* index + 1; 0: none */
};

void
idtab_init(struct idtab *t, size_t max)
{
	*t = (struct idtab){ .max = max < UINT32_MAX ? max : UINT32_MAX - 1 };
}

void
idtab_release(struct idtab *t)
{
	free(t->slot);
	idtab_init(t, t->max);
}

static void
grow(struct idtab *t)
{
	size_t i, cap = t->cap ? t->cap * 2 : 16;

	if (cap > t->max)
		cap = t->max;
	t->slot = xrealloc_array(t->slot, cap, sizeof(*t->slot));
	for (i = cap; i-- > t->cap;) {
		t->slot[i] = (struct idtab_slot){ .generation = 1,
			.next_free = t->free_head };
		t->free_head = (uint32_t)i + 1;
	}
	t->cap = cap;
}

uint64_t
idtab_add(struct idtab *t, void *object)
{
	struct idtab_slot *s;
	uint32_t i;

	if (t->n >= t->max)
		return 0;
	if (t->free_head == 0)
		grow(t);
	if (t->free_head == 0)
		return 0;
	i = t->free_head - 1;
	s = &t->slot[i];
	t->free_head = s->next_free;
	s->object = object;
	t->n++;
	return (uint64_t)s->generation << 32 | i;
}

static struct idtab_slot *
find(const struct idtab *t, uint64_t id)
{
	uint32_t i = (uint32_t)id;
	struct idtab_slot *s = i < t->cap ? &t->slot[i] : NULL;

	return s && s->object && s->generation == id >> 32 ? s : NULL;
}

void *
idtab_get(const struct idtab *t, uint64_t id)
{
	struct idtab_slot *s = find(t, id);

	return s ? s->object : NULL;
}

void *
idtab_del(struct idtab *t, uint64_t id)
{
	struct idtab_slot *s = find(t, id);
	void *object;

	if (!s)
		return NULL;
	object = s->object;
	s->object = NULL;
	t->n--;
	if (++s->generation == 0)
		return object; /* worn out: its old numbers would come again */
	s->next_free = t->free_head;
	t->free_head = (uint32_t)id + 1;
	return object;
}
