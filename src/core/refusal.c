/*
 * Why a join did not end inside, written for the client.
 */
#include "core/refusal.h"
#include "xmpp/stanza_error.h"

static const enum stanza_join meaning[GW_NREFUSAL] = {
	[GW_REFUSED_OTHER] = STANZA_JOIN_OTHER,
	[GW_REFUSED_PASSWORD] = STANZA_JOIN_PASSWORD,
	[GW_REFUSED_BANNED] = STANZA_JOIN_BANNED,
	[GW_REFUSED_MEMBERS_ONLY] = STANZA_JOIN_MEMBERS_ONLY,
	[GW_REFUSED_FULL] = STANZA_JOIN_FULL,
	[GW_REFUSED_NICK_IN_USE] = STANZA_JOIN_NICK_IN_USE,
	[GW_REFUSED_BAD_NICK] = STANZA_JOIN_BAD_NICK,
	[GW_REFUSED_NO_SUCH_ROOM] = STANZA_JOIN_NO_SUCH_ROOM,
	[GW_REFUSED_TOO_MANY] = STANZA_JOIN_TOO_MANY,
	[GW_REFUSED_POLICY] = STANZA_JOIN_POLICY,
	[GW_REFUSED_FORWARD] = STANZA_JOIN_FORWARD,
	[GW_REFUSED_TIMEOUT] = STANZA_JOIN_TIMEOUT,
	[GW_REFUSED_UNREACHABLE] = STANZA_JOIN_UNREACHABLE,
};

void
refusal_write(struct xmlw *w, enum gw_refusal why, const struct err *err,
    struct str forward)
{
	if (err->kind == ERR_GONE && forward.len)
		stanza_error_write_gone(w, forward, err);
	else
		stanza_error_write_join(w, meaning[why], err, forward);
}
