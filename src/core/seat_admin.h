/*
 * seat_admin.h - what operators see of seats, and can do about them
 *
 *	seat list		who sits where, and why somebody does not
 *	seat enter ROOM		those that are outside try at once
 */
#ifndef CORE_SEAT_ADMIN_H
#define CORE_SEAT_ADMIN_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct core;
struct gateway;

enum { SEAT_LIST_MAX = 1000 };

/* gw NULL: of all gateways. */
void seat_write_list(struct core *c, struct gateway *gw, struct buf *out);

/* What was done is appended.  -1: nobody is to sit there. */
int seat_order_enter(struct core *c, struct gateway *gw, struct str room,
    struct buf *out, struct err *err);

/* Figures, see metrics.h. */
void seat_write_metrics(struct core *c, struct buf *out);

#endif
