/*
 * lines.h - by which of his lines a user writes
 *
 * The command "lines" of gateways whose users may have several: it lists
 * them, and one is chosen for all contacts, or for one contact.  The choice is
 * the setting LINES_SETTING, of the gateway or of that contact.
 */
#ifndef CORE_LINES_H
#define CORE_LINES_H

struct adhoc_call;

#define LINES_SETTING "line"

enum { LINES_MAX = 50 };

void lines_on_call(struct adhoc_call *call);

#endif
