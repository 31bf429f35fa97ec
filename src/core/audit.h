/*
 * audit.h - what administrators have done to a gateway
 *
 * The last AUDIT_MAX actions, kept in the store too; and a line of the log
 * for each.
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

struct audit;
struct gateway;
struct jid;

enum { AUDIT_MAX = 100, AUDIT_LINE_MAX = 3 * 1024 };

struct audit *audit_new(struct gateway *gw);
void audit_free(struct audit **ap);

/* Somebody has done that; longer texts are cut. */
void audit_add(struct audit *a, const struct jid *by, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A fact of the store; false: it is none of ours. */
bool audit_on_fact(struct audit *a, struct str name, struct str value);

/* Appends the lines, the newest first. */
void audit_write(const struct audit *a, struct buf *out);

#endif
