/*
 * map.h - hash map from byte strings to pointers
 *
 * Keys are borrowed: they must stay where they are, unchanged, while they
 * are in the map; usually they live inside the value.  Hashing is SipHash
 * with a key drawn at start, so peers cannot make names collide.
 *
 *	struct map_iter it = { 0 };
 *	while (map_next(&m, &it))
 *		use it.key, it.value;      // map_del(it.key) is allowed here
 *
 * Iteration visits every entry once, in no order; map_put() of a new key
 * during it is not allowed.
 */
#ifndef LIB_MAP_H
#define LIB_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

struct map_slot;

struct map {
	struct map_slot *slot; /* NULL until the first put */
	size_t n;              /* entries */
	size_t cap;            /* private: slots, a power of two */
};

struct map_iter {
	size_t step, start; /* private */
	struct str key;
	void *value;
};

void map_init(struct map *m);
void map_release(struct map *m); /* values are the caller's */

/* NULL: no such key. */
void *map_get(const struct map *m, struct str key);

/* value is not NULL.  Replaces key and value; returns the old value or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Returns what was there, or NULL. */
void *map_del(struct map *m, struct str key);

/* Removes the key only if it stands for that very value. */
static inline void
map_del_value(struct map *m, struct str key, const void *value)
{
	if (map_get(m, key) == value)
		map_del(m, key);
}

bool map_next(const struct map *m, struct map_iter *it);

/* SipHash-1-3 under the process-wide key: for other tables of names. */
uint64_t map_hash(struct str key);

#endif
