#include "core/once.h"

#include "core/account.h"
#include "core/inbound.h"
#include "core/session.h"

/* Names of settings that networks declare do not begin so. */
#define PREFIX "told_"

bool
once_owns(struct str setting)
{
	return str_starts(setting, STR(PREFIX));
}

void
session_tell_once(struct session *s, const char *what, struct str text)
{
	const struct gw_setting note = { .name = what, .type = GW_SET_BOOL };
	struct str network = str_c(s->network);

	if (account_setting(s->account, network, STR_EMPTY, what).len)
		return;
	/* Kept in vain, he is told again after a restart: the lesser evil. */
	(void)account_set(
	    s->account, network, STR_EMPTY, &note, STR("1"), NULL, NULL, NULL);
	inbound_notice(s, STR_EMPTY, text);
}
