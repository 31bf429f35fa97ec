/*
 * irc_link.h - one login: an irc_proto on a stream, with a timer
 *
 * Everything that gives the proto something to say marks the link dirty; once
 * per turn of the loop what may leave is written, so a burst of requests or
 * of answers costs one write.
 *
 * Reentry    Events are emitted while the proto is being drained; what the
 *            core does then (requests, logout, drop) is safe: a command only
 *            adds to the proto, and a link dropped meanwhile is freed when
 *            the draining ends.
 * Memory     One allocation of about 2 kB, and the buffers of the proto,
 *            which come and go; nothing while the session waits to reconnect.
 */
#ifndef IRC_LINK_H
#define IRC_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "irc/irc_gateway.h"
#include "irc/irc_proto.h"
#include "irc/irc_ranks.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "net/link.h"

enum {
	IRC_QUERIES_MAX = 16,     /* CTCP queries open at once */
	IRC_QUERY_MS = 30 * 1000, /* for the answer to one, once asked */
};

/*
 * Numbers of the core are passed through the proto as refs; the lowest bits
 * say what it is, since tickets and requests may share a number.
 */
enum irc_ref {
	IRC_REF_MESSAGE,
	IRC_REF_REQUEST,
	IRC_REF_QUERY,
	IRC_REF_HOUSE, /* asked by ourselves: nobody waits */
};

static inline uint64_t
irc_ref(enum irc_ref kind, uint64_t id)
{
	return id << 2 | (uint64_t)kind;
}

/* The core's number again. */
static inline uint64_t
irc_ref_id(uint64_t ref)
{
	return ref >> 2;
}

struct irc_link {
	struct session *s; /* NULL: dropped, or its OFFLINE was emitted */
	struct irc_gateway *gw;
	struct irc_network *net; /* a reference */
	struct link *stream;     /* NULL: gone */
	char *wish;              /* the nick to ask for */
	uint64_t address;        /* hash of the one that others see */
	uint16_t port;
	bool tls;
	bool trusted;     /* who answers is who the operator means */
	uint16_t upgrade; /* leave, and come back by TLS to that port */
	int64_t sts_ms;   /* no clear link for so long; 0: not told */
	struct timer timer;
	struct list node;    /* in gw->links until it is over */
	struct list dirty;   /* in gw->dirty while marked */
	struct list queries; /* oldest first */
	size_t nqueries;
	struct list tasks;                 /* irc_request_task.h */
	struct irc_derivation *derivation; /* under way, or NULL */
	bool busy;                         /* the proto is being drained */
	bool over;              /* nothing will be emitted any more */
	const struct err *down; /* why the stream went, while it is told */
	bool down_permanent;
	bool hung_up;       /* on us, in the middle of the handshake */
	bool saw_away;      /* somebody was, and nobody tells when he is back */
	uint64_t away_hash; /* what was last told of somebody away, */
	int64_t away_at;    /* and when */
	bool strayed;       /* we were let in somewhere unasked */
	bool turned_away;   /* with words that may fit all of us */
	bool told_delay;    /* the user knows that lines wait */
	struct irc_proto proto;
	struct irc_ranks ranks;
	char charset[IRC_CHARSET_MAX]; /* irc_params.charset has returned it */
};

/* Of a session that is logged in, or about to; else NULL. */
struct irc_link *irc_link_of(struct session *s);

/* Takes the reference to net.  The nick is a wish. */
int irc_link_login(struct session *s, struct irc_network *net, struct str nick,
    struct err *err);

void irc_link_logout(struct irc_link *l, struct str text);

/* Without a word. */
void irc_link_drop(struct irc_link *l);

void irc_link_hold(struct irc_link *l, bool hold);

/* Milliseconds until a line given to it now would leave. */
int64_t irc_link_delay(const struct irc_link *l);

/* There is something to write, or a deadline has moved. */
void irc_link_mark(struct irc_link *l);

/* The hook of a gateway: works off gw->dirty. */
void irc_link_turn(struct loop_hook *h);

/* The proto wants a key (IRC_EV_DERIVE). */
void irc_link_derive(struct irc_link *l);

/* The server has told how it wants to be talked to (IRC_EV_STS). */
void irc_link_sts(struct irc_link *l, uint16_t port, int64_t duration_ms);

/* Nothing, once over. */
void irc_link_emit(struct irc_link *l, const struct gw_event *ev);

/* The last event of all.  The link is not to be used afterwards. */
void irc_link_end(struct irc_link *l, const struct err *err, bool permanent);

/* "libera", for texts. */
const char *irc_link_name(const struct irc_link *l);

#endif
