/*
 * core.h - the gateways of one process, from configuration to goodbye
 *
 *	core = core_new(&params, &err);
 *	core_listen(core, &err);
 *	core_start(core, on_attached, me);
 *	loop_run(loop);
 *	core_stop(core, on_stopped, me);  // QUIT, unavailable; then, at once
 *	                                  // or within CORE_STOP_MS, on_stopped;
 *	                                  // later while something is being sent
 *	core_free(&core);
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct buf;
struct clock;
struct config;
struct core;
struct gateway;
struct http_server;
struct list;
struct log_ctx;
struct loop;
struct store;
struct unsettled;

enum {
	CORE_STOP_MS = 3000,
	CORE_STOP_SENDING_MS = 9000, /* while something is being sent */
};

/* All must outlive the core. */
struct core_params {
	struct loop *loop;
	const struct config *config;
	struct store *store;
	const struct log_ctx *log;

	/*
	 * What SIGHUP does, for a command: what needs a restart is appended.
	 * -1: err says why nothing has changed.  NULL: there is no such command.
	 */
	int (*reload)(void *arg, struct buf *restart_out, struct err *err);
	void *reload_arg;
};

/* Opens every gateway; touches no network.  NULL: say err and exit. */
struct core *core_new(const struct core_params *p, struct err *err);

/* For HTTP, if that is configured, and operators.  -1: say err and exit. */
int core_listen(struct core *c, struct err *err);

/*
 * Attaches to the XMPP server, one stream for each gateway.  Once all of them
 * have been up, fn (may be NULL) is told.
 */
void core_start(struct core *c, void (*fn)(void *arg), void *arg);

/* A stream is up; from instance.c. */
void core_attached(struct core *c);

void core_stop(struct core *c, void (*done)(void *arg), void *arg);

/* Without a goodbye to anybody, if it was not stopped before. */
void core_free(struct core **cp);

/*
 * Applies a newly read configuration, which must outlive the core from then
 * on: access, limits, networks.  -1: nothing has changed.
 */
int core_reload(struct core *c, const struct config *config, struct err *err);

/* The configuration is read again: core_params.reload. */
int core_ask_reload(struct core *c, struct buf *restart_out, struct err *err);

/* A number never used before in this process; for requests and tickets. */
uint64_t core_next_id(struct core *c);

/*
 * The number of a message to be kept, never used before in this store; once
 * each gateway has said from where on.
 */
uint64_t core_next_message(struct core *c);
void core_messages_from(struct core *c, uint64_t last);

/* Drawn at start: tells what this process made from what others did. */
uint32_t core_salt(const struct core *c);

struct loop *core_loop(struct core *c);
struct clock *core_clock(struct core *c);
const struct log_ctx *core_log(struct core *c);
struct store *core_store(struct core *c);
struct unsettled *core_unsettled(struct core *c); /* may be NULL */

/* Something was sent, or is to be: an older copy of the store would not know. */
void core_touch(struct core *c);

/* The store is an older copy of what we had; known once it has been asked. */
bool core_was_restored(const struct core *c);
struct http_server *core_http(struct core *c); /* NULL: not configured */
struct list *core_calls(struct core *c);       /* of verb.h, open ones */
const struct config *core_config(struct core *c);
bool core_is_stopping(const struct core *c);

/* The gateways, one after another; prev NULL: the first. */
struct gateway *core_next_gateway(struct core *c, struct gateway *prev);

/* Is this the domain of one of our own gateways? */
bool core_is_ours(struct core *c, struct str domain);

#endif
