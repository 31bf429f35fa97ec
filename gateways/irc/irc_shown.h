/*
 * irc_shown.h - what a network shows of a user of ours
 *
 * His real name is his bare JID, unless the operator says otherwise: networks
 * ask that of gateways, so that they can turn to one user instead of to all.
 * He is told so, once on each network.
 */
#ifndef IRC_SHOWN_H
#define IRC_SHOWN_H

#include "irc/irc_link.h"

/* His user name and address there, and his real name: for complaints. */
void irc_shown_identify(struct session *s, struct buf *out);

/* The same of a network, for everybody: `label: value` lines. */
void irc_shown_about(struct gateway *gw, struct str network, struct buf *out);

/* Logged in: what he has not been told yet. */
void irc_shown_tell(struct irc_link *l);

#endif
