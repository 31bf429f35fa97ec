/*
 * commands.h - ad-hoc commands (XEP-0050) of a gateway
 */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include <stdbool.h>

#include "lib/str.h"

struct commands;
struct disco;
struct gateway;
struct inlet;
struct iq_ask;
struct iq_table;
struct stanza;
struct xmlw;

struct adhoc *commands_adhoc(struct gateway *gw);
struct commands *commands_new(struct gateway *gw, struct iq_table *iqs);
void commands_free(struct commands **cp);

void commands_on_set(struct iq_ask *ask, const struct stanza *command);

/* disco#items of the commands node, as this user may run them here. */
void commands_write_items(struct inlet *in, struct xmlw *w);

/* disco#info of one command, or of the list; false: no such node. */
bool commands_info(struct inlet *in, struct str node, struct disco *d);

#endif
