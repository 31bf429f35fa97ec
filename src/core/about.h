/*
 * about.h - how a network is treated, for everybody and for administrators
 *
 * The command "about" of a network: whom to turn to, what is agreed with it,
 * how fast it is dialled, how many are there; administrators see who, and by
 * what the network knows each of them, so that they can answer a complaint.
 */
#ifndef CORE_ABOUT_H
#define CORE_ABOUT_H

#include "lib/buf.h"
#include "lib/str.h"

struct adhoc_call;
struct gateway;
struct session;

/* Where complaints about users there go, where that is its own. */
struct str about_contact(struct gateway *gw, struct str network);

/* One line: who, where, as whom, known by what, in which rooms. */
void about_session(struct session *s, struct buf *out);

/*
 * Those that part is asked for: a network, or a part of the address, of the
 * nick, or of what they are known by; empty: all.
 */
void about_sessions(struct gateway *gw, struct str part, struct buf *out);

void about_on_call(struct adhoc_call *call);

#endif
