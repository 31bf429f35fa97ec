/*
 * crash_disk.h - where a program is stopped, and a disk that loses what was
 * not synced
 *
 * A SQLite VFS under the real one: each write and sync of the database is a
 * boundary, and the test adds its own.  At the one that is its turn the
 * process is gone; with `power` the files then are what was last synced,
 * which is what is left after a machine has lost its power.
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stdbool.h>

/* The first three boundaries of every test. */
enum { CRASH_WRITE, CRASH_SYNC, CRASH_SYNCED, CRASH_OTHERS };

enum { CRASH_STOPPED = 42 }; /* exit status */

/* In memory that processes share; zeroed. */
struct crash {
	unsigned count, target; /* boundaries */
	int died_at;
};

struct crash_mode {
	bool power;    /* what was not synced is lost */
	bool no_sync;  /* ... and nothing ever is */
	unsigned step; /* every step-th write is a boundary */
	char dir[64];  /* of the database */
};

extern struct crash *crash;
extern struct crash_mode crash_mode;

/* NULL: the process is gone there.  Else it is called, once, and goes on. */
extern void (*crash_hook)(int kind);

/* Does not return at the one that is to be the last. */
void crash_boundary(int kind);

/* In the child, before the store is opened. */
void crash_disk_register(void);

/* A folder in memory; false: there is none.  Emptied between runs. */
bool crash_dir_make(void);
void crash_dir_empty(void);
void crash_dir_remove(void);

#endif
