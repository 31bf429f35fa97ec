/*
 * catalog.h - the rooms of a network, the largest of them
 *
 * What a network lists may have no end; what is kept has, and the smallest
 * rooms go first.
 *
 *	catalog_add(&c, name, topic, people);
 *	catalog_sort(&c);
 *	e = catalog_at(&c, 0);                   // the largest
 *
 * Limits     CATALOG_MAX rooms, CATALOG_BYTES; topics are cut.
 */
#ifndef CORE_CATALOG_H
#define CORE_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

enum {
	CATALOG_MAX = 2000,
	CATALOG_BYTES = 256 * 1024,
	CATALOG_TEXT_MAX = 120,
};

struct catalog_entry {
	uint64_t n; /* people inside */
	size_t name_len, text_len;
	char text[]; /* private: name, topic */
};

struct catalog {
	struct catalog_entry **v; /* private: a heap, the smallest on top */
	size_t n, cap, nbytes;
};

void catalog_init(struct catalog *c);
void catalog_release(struct catalog *c);

void catalog_add(
    struct catalog *c, struct str name, struct str text, uint64_t n);

/* Before any of the following, after the last catalog_add(). */
void catalog_sort(struct catalog *c);

/* The i-th largest; of two as large the one that is first in the alphabet. */
const struct catalog_entry *catalog_at(const struct catalog *c, size_t i);

/* Its place, or c->n; the case of ASCII letters does not count. */
size_t catalog_find(const struct catalog *c, struct str name);

struct str catalog_name(const struct catalog_entry *e);
struct str catalog_text(const struct catalog_entry *e);

#endif
