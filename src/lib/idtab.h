/*
 * idtab.h - numbers that stand for objects and go stale safely
 *
 * A number is issued for an object and resolves to it until it is removed;
 * afterwards it resolves to NULL for ever, also when the slot is used again.
 * For whatever may be gone when the answer comes.  0 is never issued.
 */
#ifndef LIB_IDTAB_H
#define LIB_IDTAB_H

#include <stddef.h>
#include <stdint.h>

struct idtab_slot;

struct idtab {
	struct idtab_slot *slot;
	size_t n, cap;      /* live entries; slots allocated */
	size_t max;         /* ceiling of n */
	uint32_t free_head; /* private */
};

void idtab_init(struct idtab *t, size_t max);
void idtab_release(struct idtab *t);

/* 0 when max is reached. */
uint64_t idtab_add(struct idtab *t, void *object);
void *idtab_get(const struct idtab *t, uint64_t id);
void *idtab_del(struct idtab *t, uint64_t id); /* what it was, or NULL */

#endif
