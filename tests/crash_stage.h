/*
 * crash_stage.h - the whole core on a real store, for programs that are
 * stopped: a child plays, another one goes on where it was stopped
 *
 * With it come store_writer_add() and store_writer_add_all(), wrapped (ld
 * --wrap): an operation of the store is done before the next one begins, so
 * that each run of a number is the same.
 */
#ifndef TESTS_CRASH_STAGE_H
#define TESTS_CRASH_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct component;
struct config;
struct core;
struct gateway_ops;
struct loop;
struct store;

struct crash_stage {
	struct loop *loop;
	struct config *config;
	struct store *store;
	struct core *core;
	struct component *component;
};

/* The network that is played. */
struct crash_net {
	const char *domain;
	const char *block; /* of its gateway, in the configuration */
	const char *at;    /* between the name of somebody there and domain */
	/* Once it is up, for what users do before they write; may be NULL. */
	void (*prepare)(struct crash_stage *s);
	/* True: it did something; may be NULL. */
	bool (*turn)(void);
	/* Every five seconds; may be NULL. */
	void (*again)(void);
	/* That message comes, and those that come with it. */
	void (*tell)(size_t i);
};

/* -1: it does not run. */
int crash_stage_open(
    struct crash_stage *s, const struct crash_net *net, int64_t later_ms);

void crash_stage_feed(struct crash_stage *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One of that program, played by fake/worker.c, if there is one. */
bool crash_stage_worker_dies(const char *program);

/* What is played, in a child: it ends by _exit(CRASH_ENDED), or is stopped. */
typedef void crash_play_fn(bool again);
enum { CRASH_ENDED = 0 };

/*
 * Plays with the target'th boundary as the last one, and goes on.  False: it
 * ended before.  Exits where it does not even run.
 */
bool crash_stage_stop_at(unsigned target, crash_play_fn *play);

/* Memory that children share, zeroed before each play; at its front there is
   a struct crash.  NULL: there is none. */
void *crash_stage_share(size_t n);

#endif
