/*
 * metrics.h - figures for Prometheus, at /metrics
 *
 * Text exposition format 0.0.4.  Each noun of the core that has figures
 * writes its own families; metrics.c has the list of them.
 *
 *	metrics_family(out, "passerelle_sessions", "gauge", "Logged in.");
 *	metrics_add(out, "passerelle_sessions",
 *	    (struct metrics_label[]){ { "gateway", domain } }, 1, n);
 *
 * Names      End in _total for a counter, _seconds, _bytes; what is measured
 *            in milliseconds here is written in seconds.
 * Labels     Never a user, a contact or a number: only what the operator has
 *            configured, and small vocabularies.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct buf;
struct core;

enum { METRICS_MAX = 1024 * 1024 };

struct metrics_label {
	const char *name;
	struct str value; /* escaped when it is written */
};

/* type: "gauge" or "counter".  All samples of a family follow it at once. */
void metrics_family(
    struct buf *out, const char *name, const char *type, const char *help);
void metrics_add(struct buf *out, const char *name,
    const struct metrics_label *label, size_t nlabel, int64_t value);
void metrics_add_ms(struct buf *out, const char *name,
    const struct metrics_label *label, size_t nlabel, int64_t ms);

/* A family of one sample. */
void metrics_one(struct buf *out, const char *name, const char *type,
    const char *help, int64_t value);

/* All there is. */
void metrics_write(struct core *c, struct buf *out);

/* At the core's HTTP server, which is there, for whom the file allows it. */
int metrics_open(struct core *c, struct err *err);

#endif
