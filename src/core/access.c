/*
 * Who may use a gateway, and who administers it.
 */
#include "core/access.h"
#include "core/block.h"
#include "core/bridge.h"
#include "core/instance.h"
#include "xmpp/jid.h"

static bool
is_open_to(struct gateway *gw, const struct jid *who)
{
	const struct config_access *a = &gw->conf->access;
	struct str domain = jid_domain(who);

	if (core_is_ours(gw->core, domain))
		return false;
	return config_allows(a, domain) || config_allows(a, jid_bare(who));
}

/* Administrators are not: nobody shuts himself out for good. */
static const struct block *
block_of(struct gateway *gw, const struct jid *who)
{
	const struct block *b = blocks_match(gw->blocks, who);

	return b && !access_is_admin(gw, who) ? b : NULL;
}

int
access_check(struct gateway *gw, const struct jid *who, struct err *err)
{
	const struct block *b = block_of(gw, who);

	if (!is_open_to(gw, who))
		return err_set(err, ERR_DENIED,
		    "%s is not open to users of your server", gw->domain);
	if (bridges_check(gw->bridges, jid_domain(who), err) < 0)
		return -1;
	if (b)
		return err_set(err, ERR_DENIED,
		    "the administrators of %.60s have blocked you%s%s",
		    gw->domain, b->reason[0] ? ": " : "", b->reason);
	return 0;
}

bool
access_is_allowed(struct gateway *gw, const struct jid *who)
{
	return is_open_to(gw, who) && !block_of(gw, who) &&
	    bridges_check(gw->bridges, jid_domain(who), NULL) == 0;
}

bool
access_is_admin(struct gateway *gw, const struct jid *who)
{
	return config_is_admin(&gw->conf->access, jid_bare(who));
}
