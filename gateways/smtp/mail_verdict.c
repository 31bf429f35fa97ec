#include "smtp/mail_verdict.h"

static struct str
domain_of(struct str address)
{
	for (size_t i = address.len; i-- > 0;)
		if (address.p[i] == '@')
			return str_skip(address, i + 1);
	return STR_EMPTY;
}

bool
mail_verdict_is_below(struct str domain, struct str of)
{
	if (!str_has(of, '.'))
		return false;
	return str_eq_nocase(domain, of) ||
	    (domain.len > of.len + 1 &&
	        domain.p[domain.len - of.len - 1] == '.' &&
	        str_eq_nocase(str_skip(domain, domain.len - of.len), of));
}

/* RFC 7489 3.1, relaxed. */
static bool
is_aligned(struct str a, struct str b)
{
	return a.len > b.len ? mail_verdict_is_below(a, b)
	                     : mail_verdict_is_below(b, a);
}

enum mail_trust
mail_verdict_trust(
    const struct mail_verdict_params *p, const struct mail_record *r)
{
	const struct mail_auth *a = &r->auth;
	struct str from = domain_of(r->from.address);

	if (!p->has_authserv)
		return MAIL_UNKNOWN;
	if (a->dmarc.len && !str_is(a->dmarc, "none"))
		return str_is(a->dmarc, "pass") ? MAIL_VERIFIED
		                                : MAIL_UNVERIFIED;
	if ((str_is(a->dkim, "pass") && is_aligned(a->dkim_domain, from)) ||
	    (str_is(a->spf, "pass") && is_aligned(a->spf_domain, from)))
		return MAIL_VERIFIED;
	return MAIL_UNVERIFIED;
}

/* Lists change what they pass on: their mails fail without being forged. */
static bool
is_forged(const struct mail_verdict_params *p, const struct mail_record *r)
{
	return p->has_authserv && r->class != MAIL_LIST &&
	    str_is(r->auth.dmarc, "fail") && str_is(r->auth.policy, "reject");
}

bool
mail_verdict_circles(const struct mail_record *r, struct mail_reply *out)
{
	if (!r->has_own_loop && r->nreceived < MAIL_HOPS_MAX)
		return false;
	mail_reply_set(out, 554, "5.4.6",
	    "This mail goes in circles: it has been through %u servers",
	    r->nreceived);
	return true;
}

enum mail_verdict
mail_verdict(const struct mail_verdict_params *p, const struct mail_record *r,
    struct mail_reply *out)
{
	if (mail_verdict_circles(r, out))
		return MAIL_VERDICT_REFUSE;
	if (is_forged(p, r)) {
		mail_reply_set(out, 550, "5.7.1",
		    "The domain of its From says that it is not from there "
		    "(DMARC)");
		return MAIL_VERDICT_REFUSE;
	}
	if (r->is_spam && p->spam == MAIL_SPAM_REFUSE) {
		mail_reply_set(out, 550, "5.7.1", "A filter calls this spam");
		return MAIL_VERDICT_REFUSE;
	}
	return r->is_spam && p->spam == MAIL_SPAM_DROP ? MAIL_VERDICT_DROP
	                                               : MAIL_VERDICT_TAKE;
}
