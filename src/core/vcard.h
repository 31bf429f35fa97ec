/*
 * vcard.h - the card of an address (XEP-0054): what it is, whom to turn to
 */
#ifndef CORE_VCARD_H
#define CORE_VCARD_H

struct iq_ask;
struct stanza;

/* Of a gateway, a network and, where the network says more than a name of
   them, of people; others have none. */
void vcard_on_get(struct iq_ask *ask, const struct stanza *vcard);

#endif
