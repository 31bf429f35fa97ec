/*
 * health.h - is everything up?  At /healthz, for whoever watches
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include <stdbool.h>

#include "lib/err.h"

struct buf;
struct core;

/*
 * Every gateway is connected to the XMPP server and the store keeps what it
 * is given.  Appends "ok", or a line for each thing that is wrong.
 */
bool health_check(struct core *c, struct buf *words);

/* At the core's HTTP server, which is there. */
int health_open(struct core *c, struct err *err);

#endif
