/*
 * crash_wire.h - a network that is as simple as one can be, for programs that
 * are stopped: what both directions have of it
 */
#ifndef TESTS_CRASH_WIRE_H
#define TESTS_CRASH_WIRE_H

#include "core/gateway.h"

extern struct gateway *crash_wire; /* while it is open; set by `open` */

void crash_wire_close(struct gateway *gw);
int crash_wire_split(struct gateway *gw, struct str local,
    struct gw_address *out, struct err *err);
void crash_wire_local(
    struct gateway *gw, const struct gw_address *a, struct buf *out);
void crash_wire_fold(struct session *s, struct str name, struct buf *out);
struct str crash_wire_network_at(struct gateway *gw, size_t i);
void crash_wire_logout(struct session *s, enum gw_bye why, struct str text);
void crash_wire_drop(struct session *s);
extern gw_request_fn *const crash_wire_requests[GW_NREQ];

#endif
