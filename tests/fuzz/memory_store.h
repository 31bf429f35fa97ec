/*
 * memory_store.h - core/store.h without a disk, for a process that starts
 * the core a thousand times a second
 *
 * Keeps the contract's order and its callbacks; settings and facts are
 * forgotten, occupants are kept until memory_store_free().
 */
#ifndef FUZZ_MEMORY_STORE_H
#define FUZZ_MEMORY_STORE_H

#include "core/store.h"

struct store;

struct store *memory_store_new(void);
void memory_store_free(struct store **sp);

/* memory_queue.c: the part of it that stores operations by their kind. */
bool memory_queue_settle(void); /* anything was done */
void memory_queue_cancel(store_load_id id);
void memory_queue_clear(void);

#endif
