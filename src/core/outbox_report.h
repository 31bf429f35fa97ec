/*
 * outbox_report.h - reports that the outbox has kept, or is keeping
 */
#ifndef CORE_OUTBOX_REPORT_H
#define CORE_OUTBOX_REPORT_H

#include "core/outbox.h"
#include "core/store_outbox.h"

/* One that an earlier run has kept. */
void outbox_orphan_read(struct outbox *b, const struct store_report *r);

/* Those about which nobody has asked since. */
void outbox_orphans_prune(struct outbox *b, int64_t before_utc);

/* When the outbox ends: nobody is told any more. */
void outbox_orphans_clear(struct outbox *b);
void outbox_reports_clear(struct outbox *b);

#endif
