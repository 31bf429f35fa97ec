/*
 * irc_nickserv.h - logging in by words to NickServ, where SASL is missing
 *
 * After 001 and before READY, so that channels see us logged in.  What may be
 * sent goes by the command NICKSERV, which only the services of the network
 * get.  A server that does not know it is asked who NickServ is, and told by
 * PRIVMSG only if that is a service: else anybody could call himself so.
 *
 *	SAID --421--> WHO --312 or 313, 318--> TOLD
 *	  any of them --words, 900, ACCOUNT, 401, deadline--> OVER
 *
 * State machine on p->nickserv; account and password are those of
 * p->cap.sasl.  Who wants a mechanism other than PLAIN has no password sent
 * in this way.
 *
 * Source     NickServ of Atheme, Anope and OFTC: IDENTIFY password, or
 *            IDENTIFY account password for another nick.
 */
#ifndef IRC_NICKSERV_H
#define IRC_NICKSERV_H

#include <stdbool.h>
#include <stdint.h>

enum { IRC_NICKSERV_MS = 3000 }; /* from 001 to the outcome */

enum irc_nickserv_state {
	IRC_NICKSERV_NONE, /* not asked */
	IRC_NICKSERV_SAID, /* by NICKSERV */
	IRC_NICKSERV_WHO,  /* is that NickServ a service? */
	IRC_NICKSERV_TOLD, /* by PRIVMSG */
	IRC_NICKSERV_OVER,
};

struct irc_nickserv {
	enum irc_nickserv_state state;
	bool is_service;
	bool regain, ghost; /* it was told so, later: irc_regain.h */
	int64_t due_at;     /* its answer is awaited until then */
};

struct irc_event;
struct irc_proto;

/* SASL is missing, and there is something to say instead. */
bool irc_nickserv_can(const struct irc_proto *p);

/* 001 has come: says it, if it can. */
void irc_nickserv_begin(struct irc_proto *p);

/* The outcome is awaited. */
bool irc_nickserv_is_open(const struct irc_proto *p);

/*
 * The line at hand, while it is open.  True: it is not looked at any further,
 * and *told says whether *ev is an event.
 */
bool irc_nickserv_line(struct irc_proto *p, struct irc_event *ev, bool *told);

/* True: it was waited for long enough, and *ev says so. */
bool irc_nickserv_overdue(struct irc_proto *p, struct irc_event *ev);

#endif
