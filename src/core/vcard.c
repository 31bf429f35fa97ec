/*
 * XEP-0054 1.2		vcard-temp
 */
#include "core/vcard.h"
#include "core/gateway.h"
#include "core/instance.h"
#include "core/router.h"
#include "core/services.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

static void
write_phone(struct xmlw *w, struct str number)
{
	xmlw_open(w, "TEL", NULL);
	xmlw_leaf(w, "VOICE", NULL);
	xmlw_leaf(w, "MSG", NULL);
	xmlw_textel(w, "NUMBER", NULL, number);
	xmlw_close(w);
}

static void
write_mailbox(struct xmlw *w, struct str address)
{
	xmlw_open(w, "EMAIL", NULL);
	xmlw_leaf(w, "INTERNET", NULL);
	xmlw_textel(w, "USERID", NULL, address);
	xmlw_close(w);
}

static void
write_card(struct inlet *in, struct xmlw *w, const struct gw_description *d)
{
	bool person = in->at.kind == GW_ADDR_PERSON;
	struct str contact = gateway_contact(in->gw);

	xmlw_open(w, "vCard", NS_VCARD);
	xmlw_textel(w, "FN", NULL,
	    d->name[0] ? str_c(d->name) : str_c(in->gw->ops->title));
	if (d->number[0])
		write_phone(w, str_c(d->number));
	if (d->email[0])
		write_mailbox(w, str_c(d->email));
	if (!person)
		xmlw_textel(w, "DESC", NULL,
		    STR("A gateway between XMPP and other networks; its "
		        "commands say more."));
	if (!person && contact.len)
		xmlw_textel(w, "URL", NULL, contact);
	xmlw_close(w);
}

void
vcard_on_get(struct iq_ask *ask, const struct stanza *vcard)
{
	struct inlet *in = services_inlet(ask);
	struct gw_description d = { .name = "" };

	(void)vcard;
	if (in->gw->ops->describe)
		in->gw->ops->describe(in->gw, &in->at, &d);
	if (in->resource.len || in->at.kind == GW_ADDR_ROOM ||
	    (in->at.kind == GW_ADDR_PERSON && !d.number[0] && !d.email[0])) {
		iq_fail_unknown(ask);
		return;
	}
	write_card(in, iq_result(ask), &d);
	iq_done(ask);
}
