/*
 * Ad-hoc commands of a gateway.
 */
#include <stdlib.h>

#include "core/commands.h"
#include "core/instance.h"
#include "lib/xalloc.h"
#include "xmpp/iq.h"

struct commands {
	struct gateway *gw;
};

struct commands *
commands_new(struct gateway *gw)
{
	struct commands *c = xcalloc(1, sizeof(*c));

	c->gw = gw;
	return c;
}

void
commands_free(struct commands **cp)
{
	free(*cp);
	*cp = NULL;
}

void
commands_on_set(struct iq_ask *ask, const struct stanza *command)
{
	struct err err;

	(void)command;
	err_set(&err, ERR_NOT_FOUND, "there is no such command here");
	iq_fail(ask, &err);
}

void
commands_write_items(struct inlet *in, struct xmlw *w)
{
	(void)in;
	(void)w;
}

bool
commands_info(struct inlet *in, struct str node, struct disco *d)
{
	(void)in;
	(void)node;
	(void)d;
	return false;
}
