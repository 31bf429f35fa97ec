/*
 * event.h - what the network reports, handed to whom it concerns
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/gateway.h"

/* Acts on one event now. */
void event_handle(struct session *s, const struct gw_event *ev);

/* One allocation that holds an event and all it points to; free() it. */
struct event_copy {
	struct gw_event ev;
	struct gw_message message;
};
struct event_copy *event_dup(const struct gw_event *ev);

#endif
