/*
 * session.h - one XMPP user on one network
 *
 *	IDLE --start--> LOADING --settings--> CONNECTING --ONLINE--> ONLINE
 *	                   ^                      |                     |
 *	                   |                   OFFLINE               OFFLINE
 *	                   |                      v                     |
 *	                   +------back-off---- WAITING <----------------+
 *
 *	LOADING, CONNECTING, ONLINE --session_end()--> LEAVING --OFFLINE--> gone
 *
 * It exists while somebody is in one of its rooms, or talks one to one; in
 * WAITING only while somebody is inside a room, or a word one to one waits for
 * its turn at the gate.  Whether it is still needed is looked at once, before
 * the turn ends (session_check()).
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backlog.h"
#include "core/gateway.h"
#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"

struct account;
struct room;

enum session_state {
	SESSION_IDLE,
	SESSION_LOADING,
	SESSION_CONNECTING,
	SESSION_ONLINE,
	SESSION_WAITING,
	SESSION_LEAVING,
};

enum {
	SESSION_LOGIN_MS = 120000, /* until ONLINE or OFFLINE */
	SESSION_STABLE_MS = 60000, /* online so long: back-off starts anew */
	SESSION_TELL_WAIT_MS =
	    10000, /* shorter waits at the gate need no word */
	SESSION_SHUT_OUT_MS = 90000,  /* a network that lets nobody in for
	                                longer: joins are refused */
	SESSION_GRACE_MS = 5000,      /* for a logout */
	SESSION_TALK_MS = 1800000,    /* kept so long after a word one to one */
	SESSION_LINGER_MS = 30000,    /* or after a join that failed */
	SESSION_QUEUE_MAX = 10000,    /* events emitted from inside ops */
	SESSION_HELD_MAX = 20,        /* messages that wait for the login */
	SESSION_MEMBERS_MAX = 100000, /* in all its rooms together */
};

struct session {
	struct account *account;
	struct gateway *gw;
	char *network;  /* canonical */
	char *spelling; /* as this user writes it in addresses */
	struct log_ctx log;
	enum session_state state;
	char *nick;         /* own name there; "" before the first ONLINE */
	char *nick_key;     /* of it */
	char *wish;         /* name to ask for at login */
	struct map rooms;   /* by folded name */
	struct map persons; /* by folded nick */
	size_t nmember;     /* of all rooms */
	bool crowded;       /* told that there are too many */
	struct backoff backoff;
	struct timer timer; /* what it is for depends on the state */
	struct timer stable;
	struct timer idle;   /* idle.h */
	int64_t active_at;   /* the last sign of life */
	int64_t idle_end_at; /* he is warned; 0: he is not */
	struct timer away; /* away.h, with what the network was told and when */
	char *away_told;
	int64_t away_at;
	int64_t online_at;
	int64_t ended_at;  /* WAITING: since then */
	int64_t talked_at; /* last word one to one; 0: none */
	int64_t linger_at; /* a join has failed: kept until then, since the
	                      next one may be right; 0: none has */
	bool told_loss;    /* the rooms know that the link is down */
	bool told_wait;    /* he knows that it takes a while */
	bool admitted;     /* WAITING for its turn at the gate */
	int64_t turn_at, own_turn_at; /* then: at that of the network, and at
	                                 that of the address */
	bool watching;      /* the network is asked to watch somebody */
	bool crowding;      /* many come or go at once: arrears.h */
	struct timer crowd; /* ... until then at the latest */
	bool held;          /* the network is asked not to read */
	bool forgotten;     /* as asked: nothing is kept until the next login */
	struct err last;    /* why it is not online */

	unsigned depth;    /* inside how many ops */
	struct list queue; /* events that wait until the op is over */
	size_t nqueue;

	struct list requests;
	size_t nrequest;
	struct list outgoing;
	size_t noutgoing, nheld;
	struct list gone; /* of the same kind, oldest first */
	size_t ngone;

	struct backlog words; /* said one to one, for what speaks of them */

	struct list check;   /* in gw->checks while marked */
	struct list inbound; /* messages kept while the XMPP stream is down */
	size_t ninbound;
	void *priv;
};

struct session *session_find(
    struct gateway *gw, struct str user, struct str network);

/* Found or made, not started.  NULL: over a ceiling. */
struct session *session_get(struct gateway *gw, struct str user,
    const struct gw_address *a, struct err *err);

/* Remember how the user writes the network: from an address he used. */
void session_spell(struct session *s, struct str bare);

/* Log in, if it is not doing so or will do anyway; nick is a wish. */
void session_start(struct session *s, struct str nick);

/*
 * Log in again soon rather than later, when it is waiting; the shortest wait
 * of the back-off is kept, since clients can ask for this at any rate.
 */
void session_hurry(struct session *s);

/* How long it waits for its turn to dial, in ms. */
int64_t session_queued_ms(const struct session *s);

/* The account's settings are there. */
void session_account_ready(struct session *s);

/*
 * Everybody is sent out of its rooms (why is shown to them) and it logs
 * out; it is gone when the network has said OFFLINE.
 */
void session_end(struct session *s, enum gw_bye why, struct str text);

/* A room was refused: who tries another one need not log in anew. */
void session_linger(struct session *s);

/* Look before the turn ends whether it is still needed. */
void session_check(struct session *s);

/* Called by instance_turn(); frees it if it is not needed. */
void session_reap(struct session *s);

/* Frees it without a word to anybody: the network is gone or will be. */
void session_drop(struct session *s);

/* Around every call of an op: events that it emits wait until it is over. */
void session_enter(struct session *s);
void session_leave(struct session *s);

/* ONLINE and OFFLINE, from the event table. */
void session_on_online(struct session *s, const struct gw_event *ev);
void session_on_offline(struct session *s, const struct gw_event *ev);

/*
 * The key of a name: the same for all its spellings.  Borrowed until the next
 * call for any session of the gateway.
 */
struct str session_key(struct session *s, struct str name);

void session_set_nick(struct session *s, struct str nick);

/* Names have other keys now: so has our own nick. */
void session_refold(struct session *s);

/* Is this our own name there? */
bool session_is_self(struct session *s, struct str nick);

/* Of its network, for people. */
const char *session_title(const struct session *s);

/* For status. */
const char *session_state_name(enum session_state state);

#endif
