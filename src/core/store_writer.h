/*
 * store_writer.h - the thread that has the database
 *
 * Takes operations in, runs all that wait in one transaction, gives them
 * back; wakes the loop after each group.  In trouble it has no database, or
 * one that is only good for reading, and tries again with growing delays.
 *
 *	loop thread                       writer thread
 *	store_writer_add()  -----------> run_pending(), commit
 *	store_writer_take() <----------- finish(), wake()
 *
 * Thread     The functions below are the loop's.
 */
#ifndef CORE_STORE_WRITER_H
#define CORE_STORE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/list.h"

#include "core/store.h"

struct keyring;
struct op;
struct store_db;
struct store_writer;

struct store_writer_params {
	const char *path;           /* copied */
	const struct keyring *keys; /* must outlive the writer */
	int64_t retry_min_ms, retry_max_ms;
	void (*wake)(void *arg); /* from the writer's thread */
	void *arg;
};

/* Takes db, also when it fails: NULL, the thread could not be started. */
struct store_writer *store_writer_start(const struct store_writer_params *p,
    struct store_db *take_db, struct err *err);

/* Does all that is queued, tries once even in trouble; then nothing is left. */
void store_writer_stop(struct store_writer **wp);

/* False: over a ceiling, op is still the caller's. */
bool store_writer_add(struct store_writer *w, struct op *op);

/* The same of a list, all of it or nothing; taken, it is empty. */
bool store_writer_add_all(struct store_writer *w, struct list *ops);

/*
 * What is done, in order, to the end of done_out.  False: in trouble; the
 * reason is in err then.
 */
bool store_writer_take(
    struct store_writer *w, struct list *done_out, struct err *err);

/* Waits until nothing is queued or being done. */
void store_writer_wait(struct store_writer *w);

/* Nothing is queued, being done or waiting to be taken. */
bool store_writer_is_idle(struct store_writer *w);

void store_writer_stats(struct store_writer *w, struct store_stats *out);

#endif
