/*
 * irc_watch.h - people whose coming and going is told, in a channel or not
 *
 * By MONITOR where the server has it, else by WATCH.  Whom its list has no
 * room for, and everybody on servers without such a list, is asked for with
 * ISON, as many in a line as fit, each IRC_ISON_MS.
 *
 *	irc_proto_watch(&p, nick, &err);
 *	...				IRC_EV_CONTACT: nick, on
 *	irc_proto_unwatch(&p, nick);
 *
 * State machine on p->watch.  What is to be sent is sent by irc_watch_work(),
 * so that a hundred people take a few lines.  The list ends with the
 * connection.
 *
 * Limits     IRC_WATCH_MAX people.
 * Source     IRCv3 monitor; WATCH as in bahamut and UnrealIRCd (numerics 600
 *            to 605, 512); RFC 2812 4.9 ISON.
 */
#ifndef IRC_WATCH_H
#define IRC_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/str.h"

enum {
	IRC_WATCH_MAX = 1000,
	IRC_ISON_MS = 60 * 1000, /* from one round of questions to the next */
};

enum irc_watch_how {
	IRC_WATCH_NEW, /* not decided yet */
	IRC_WATCH_MONITOR,
	IRC_WATCH_WATCH,
	IRC_WATCH_ISON,
};

struct irc_watched {
	struct list node;
	enum irc_watch_how how;
	bool sent;   /* the server's list has it; ISON: asked in this round */
	bool ending; /* to be taken off that list */
	bool user;   /* whom our user wants to know of */
	bool house;  /* whose nick we want */
	bool known, here;
	bool due; /* that is to be told */
	char nick[];
};

struct irc_watch {
	struct list people;
	size_t n, nlisted; /* on the server's list, or about to be */
	size_t full_at;    /* so many were too many for it; 0: not told */
	bool work;         /* there may be something to send */
	bool due;          /* there may be something to tell */
	int64_t next_at;   /* of the next round of ISON; -1: none */
};

struct irc_event;
struct irc_proto;

void irc_watch_free(struct irc_watch **wp);

/* Queues what is to be sent, as far as there is room. */
void irc_watch_work(struct irc_proto *p);
void irc_watch_tick(struct irc_proto *p);

/* When that is due, or -1. */
int64_t irc_watch_deadline(const struct irc_proto *p);

/* True: *ev is the next of what is to be told. */
bool irc_watch_next(struct irc_proto *p, struct irc_event *ev);

/* A line about somebody else has shown it; matters to those asked for. */
void irc_watch_seen(struct irc_proto *p, struct str nick, bool here);

/*
 * Somebody has the nick that we want: irc_regain_freed() when he has it no
 * longer.  Only where the server keeps a list; false: it does not.
 */
bool irc_watch_holder(struct irc_proto *p, struct str nick, bool on);

/* The server has said that nobody is called so. */
bool irc_watch_is_free(const struct irc_proto *p, struct str nick);

/* Asks with ISON; false: there is no room for it now. */
bool irc_ison(struct irc_proto *p, struct str nicks);

#endif
