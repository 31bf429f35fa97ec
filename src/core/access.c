/*
 * Who may use a gateway, and who administers it.
 */
#include "core/access.h"
#include "core/instance.h"
#include "xmpp/jid.h"

bool
access_is_allowed(struct gateway *gw, const struct jid *who)
{
	const struct config_access *a = &gw->conf->access;
	struct str domain = jid_domain(who);

	if (core_is_ours(gw->core, domain))
		return false;
	return config_allows(a, domain) || config_allows(a, jid_bare(who));
}

bool
access_is_admin(struct gateway *gw, const struct jid *who)
{
	return config_is_admin(&gw->conf->access, jid_bare(who));
}
