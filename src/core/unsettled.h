/*
 * unsettled.h - which messages of our users have no fate yet, known even
 * after the program was killed
 *
 * A live network is never asked twice, so what a killed program had in its
 * hands is not sent again: its sender is told that nobody knows, with the id
 * of his message (see outgoing.h).  For that, addresses and id of each open
 * message are in a file that is mapped into memory, PATH-unsettled beside the
 * database: written without a system call and without waiting for the disk,
 * and kept by the kernel when the program dies, though not when the machine
 * does.  No body is in it.
 *
 *	u = unsettled_open(path, log);
 *	o->unsettled = unsettled_put(u, from, to, id);
 *	...
 *	unsettled_end(u, o->unsettled);      // answered, or accepted
 *
 *	unsettled_each(u, domain, fn, arg);  // of an earlier run
 *
 * The owner of the store's lock owns the file, so there is one writer.  What
 * stands in it is not believed: a record that is not whole is not told.
 */
#ifndef CORE_UNSETTLED_H
#define CORE_UNSETTLED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/str.h"

struct log_ctx;
struct unsettled;

enum {
	UNSETTLED_MAX = 8192,       /* open at one time, in all; */
	UNSETTLED_RECORD_MAX = 504, /* bytes of both addresses and the id */
};

/*
 * NULL, logged: there is no such file, and everything below does nothing.
 * An absent database path (NULL) says nothing.
 */
struct unsettled *unsettled_open(
    const char *store_path, const struct log_ctx *log);

/* What is still open stays in the file. */
void unsettled_close(struct unsettled **up);

/*
 * 0: not kept, since too many are open or it is too long; harmless to end.
 * Nothing is kept of what has no id.
 */
uint32_t unsettled_put(
    struct unsettled *u, struct str from, struct str to, struct str id);

/* It is forgotten once what says so has been written: unsettled_written(). */
void unsettled_end(struct unsettled *u, uint32_t number);

/* All that was said so far is with the XMPP server, or cannot be. */
void unsettled_written(struct unsettled *u);

/* The number can be given to unsettled_end(). */
typedef void unsettled_fn(
    uint32_t number, struct str from, struct str to, struct str id, void *arg);

/* Those of an earlier run, or of unsettled_leave(), to an address of domain. */
void unsettled_each(
    struct unsettled *u, struct str domain, unsettled_fn *fn, void *arg);

/* Nobody could be told: as if this run had ended with it. */
void unsettled_leave(struct unsettled *u, uint32_t number);

#endif
