/*
 * What the network says of somebody, beside their rank.
 *
 * XEP-0317 0.3
 */
#include "core/hat.h"
#include "core/person.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

#define HAT "urn:passerelle:hat:"

static const struct {
	unsigned flag;
	const char *uri, *title;
} hats[] = {
	{ GW_PERSON_OPER, HAT "operator", "operator of the network" },
	{ GW_PERSON_BOT, HAT "bot", "bot" },
};

static void
begin(struct xmlw *w, const char *uri)
{
	xmlw_open(w, "hat", NULL);
	xmlw_attr_c(w, "uri", uri);
}

static void
write_account(struct xmlw *w, const char *account)
{
	struct buf title;

	buf_init(&title, PERSON_TEXT_MAX + 32);
	buf_addf(&title, "account %s", account);
	begin(w, HAT "account");
	xmlw_attr(w, "title", buf_str(&title));
	xmlw_close(w);
	buf_release(&title);
}

void
hat_write(struct xmlw *w, const struct person *p)
{
	size_t i;

	if (!p->account && !p->flags)
		return;
	xmlw_open(w, "hats", NS_HATS);
	if (p->account)
		write_account(w, p->account);
	for (i = 0; i < sizeof(hats) / sizeof(hats[0]); i++) {
		if (!(p->flags & hats[i].flag))
			continue;
		begin(w, hats[i].uri);
		xmlw_attr_c(w, "title", hats[i].title);
		xmlw_close(w);
	}
	xmlw_close(w);
}
