/*
 * outbox_metrics.h - figures of what is owed outward
 */
#ifndef CORE_OUTBOX_METRICS_H
#define CORE_OUTBOX_METRICS_H

struct buf;
struct core;

void outbox_write_metrics(struct core *c, struct buf *out);

#endif
