/*
 * inbox_admin.h - what operators see of what came in, and can do about it
 *
 *	inbox list		what waits for its user, or for the server
 *	inbox dead		what is at its end: no account, quarantined
 *	inbox release ID	one of those is tried once more
 *	inbox delete ID		... or forgotten
 *
 * Numbers are of one gateway: where two have the same, it must be named.
 */
#ifndef CORE_INBOX_ADMIN_H
#define CORE_INBOX_ADMIN_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

struct core;
struct gateway;

enum { INBOX_LIST_MAX = 200 };

/* gw NULL: of all gateways. */
void inbox_write_list(struct core *c, struct gateway *gw, struct buf *out);
void inbox_write_dead(struct core *c, struct gateway *gw, struct buf *out);

/* What was done is appended.  -1: there is none like that. */
int inbox_order_release(struct core *c, struct gateway *gw, struct str id,
    struct buf *out, struct err *err);
int inbox_order_delete(struct core *c, struct gateway *gw, struct str id,
    struct buf *out, struct err *err);

/* Figures, see metrics.h. */
void inbox_write_metrics(struct core *c, struct buf *out);

#endif
