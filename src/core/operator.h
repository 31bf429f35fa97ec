/*
 * operator.h - commands for those who administer a gateway
 *
 * At its domain, and for access.admins only: may() of commands.c asks that
 * before each step.  What changes or shows something of users is told to
 * audit.h.
 */
#ifndef CORE_OPERATOR_H
#define CORE_OPERATOR_H

#include <stdbool.h>

struct adhoc;
struct adhoc_command;
struct buf;
struct gateway;

enum {
	OPERATOR_LIST_MAX = 100, /* lines of a list; the rest is counted */
	OPERATOR_ROOMS_MAX = 10, /* names of rooms in one of them */
	OPERATOR_TEXT_MAX = 32 * 1024,
	OPERATOR_NOTICE_MAX = 4 * 1024,
};

void operator_add(struct adhoc *a);

/* Is it one of these? */
bool operator_owns(const struct adhoc_command *command);

/* Appends how much the gateway has to do: for status, too. */
void operator_write_totals(struct gateway *gw, struct buf *out);

#endif
