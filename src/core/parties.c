#include "core/parties.h"

#include <stdlib.h>

#include "core/instance.h"
#include "core/router.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

/* What is behind the scheme and in front of the parameters (RFC 3986 2.1). */
static bool
uri_part(struct str uri, struct buf *out)
{
	struct str scheme;

	if (!str_cut(&uri, ':', &scheme) || !uri.p)
		return false;
	for (size_t i = 0; i < uri.len && uri.p[i] != '?'; i++) {
		int hi = -1, lo = -1;

		if (uri.p[i] == '%' && i + 2 < uri.len) {
			hi = str_hex_digit(uri.p[i + 1]);
			lo = str_hex_digit(uri.p[i + 2]);
		}
		if (uri.p[i] == '%' && (hi < 0 || lo < 0))
			return false;
		buf_addc(out, hi < 0 ? uri.p[i] : (char)(hi << 4 | lo));
		i += hi < 0 ? 0 : 2;
	}
	return !buf_is_full(out) && out->len > 0;
}

/* As people would type it. */
static bool
by_uri(struct gateway *gw, struct str uri, struct buf *names,
    struct gw_address *out)
{
	struct buf typed;
	bool ok;

	buf_init(&typed, GW_NAME_MAX);
	ok = uri_part(uri, &typed) && gw->ops->prompted &&
	    gw->ops->prompted(gw, buf_str(&typed), names, NULL) == 0 &&
	    gw->ops->split(gw, buf_str(names), out, NULL) == 0;
	buf_release(&typed);
	return ok;
}

static bool
by_jid(struct gateway *gw, struct str text, struct buf *names,
    struct gw_address *out)
{
	struct jid jid;

	return jid_parse(&jid, text, NULL) == 0 &&
	    str_eq(jid_domain(&jid), gateway_domain(gw)) &&
	    instance_address(gw, &jid, names, out, NULL) == 0;
}

static struct str
keep(struct parties *p, struct str s)
{
	if (s.len == 0)
		return STR_EMPTY;
	p->text[p->ntext] = str_dup(s);
	return str_of(p->text[p->ntext++], s.len);
}

static void
add(struct parties *p, const struct inlet *in, const struct stanza *x,
    enum gw_party_kind kind)
{
	struct gateway *gw = in->gw;
	struct str jid = stanza_attr(x, "jid");
	struct gw_address at = { .kind = GW_ADDR_DOMAIN };
	struct buf names;

	buf_init(&names, JID_MAX);
	if ((jid.len ? by_jid(gw, jid, &names, &at)
	             : by_uri(gw, stanza_attr(x, "uri"), &names, &at)) &&
	    at.kind == GW_ADDR_PERSON && !str_eq(at.name, in->at.name)) {
		p->v[p->n].kind = kind;
		p->v[p->n].name = keep(p, at.name);
		p->v[p->n++].title = keep(p, stanza_attr(x, "desc"));
	}
	buf_release(&names);
}

int
parties_read(struct parties *p, const struct inlet *in, struct err *err)
{
	const struct stanza *all =
	    stanza_child(in->stanza, "addresses", NS_ADDRESS);
	const struct stanza *x =
	    all ? stanza_child(all, "address", NS_ADDRESS) : NULL;

	p->n = p->ntext = 0;
	for (; x; x = stanza_next(x, "address", NS_ADDRESS)) {
		struct str type = stanza_attr(x, "type");

		if (!str_is(type, "to") && !str_is(type, "cc"))
			continue;
		if (p->n == GW_PARTIES_MAX)
			return err_set(err, ERR_TOO_BIG,
			    "not sent: a message names %d others at most",
			    GW_PARTIES_MAX);
		add(p, in, x, str_is(type, "to") ? GW_PARTY_TO : GW_PARTY_CC);
	}
	return 0;
}

void
parties_release(struct parties *p)
{
	for (size_t i = 0; i < p->ntext; i++)
		free(p->text[i]);
	p->n = p->ntext = 0;
}
