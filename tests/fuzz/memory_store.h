/*
 * memory_store.h - core/store.h without a disk, for a process that starts
 * the core a thousand times a second
 *
 * Keeps the contract's order and its callbacks; settings and facts are
 * forgotten, occupants are kept until memory_store_free().
 */
#ifndef FUZZ_MEMORY_STORE_H
#define FUZZ_MEMORY_STORE_H

struct store;

struct store *memory_store_new(void);
void memory_store_free(struct store **sp);

#endif
