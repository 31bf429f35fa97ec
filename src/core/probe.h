/*
 * probe.h - who is still there after the stream was gone
 *
 * After every (re)connection of the component each resource that was inside
 * a room is pinged (XEP-0199), PROBE_BATCH each PROBE_EVERY_MS.  Who answers
 * gets its room again; who does not is removed.  After a restart of ours the
 * list comes from the store, and the rooms are joined for those who answer.
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include <stdbool.h>

struct gateway;
struct probe;
struct str;

enum { PROBE_BATCH = 20, PROBE_EVERY_MS = 100, PROBE_ANSWER_MS = 10000 };

struct probe *probe_new(struct gateway *gw);
void probe_free(struct probe **pp);

/* The component is up: ask everybody. */
void probe_start(struct probe *p);

/* It is down: forget whom we were asking. */
void probe_stop(struct probe *p);

/* Is it in the store from before a restart, and has not answered yet? */
bool probe_has_row(const struct probe *p, struct str jid, struct str room_jid);

/* The resource joins by itself, or is gone by its own word: do not ask. */
void probe_forget(struct probe *p, struct str jid, struct str room_jid);

#endif
