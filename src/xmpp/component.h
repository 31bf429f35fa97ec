/*
 * component.h - the stream to the XMPP server (XEP-0114), for one domain
 *
 * Connects, authenticates, keeps itself alive and reconnects with back-off
 * and jitter for as long as it exists; several may exist, on one loop.  Hides
 * libstrophe and all it needs: see the traps in the .c.
 *
 *	c = component_new(loop, &params, &ops, me);
 *	w = component_begin(c, "message", from, to, "chat", id);
 *	xmlw_textel(w, "body", NULL, text);
 *	component_end(c, NULL);
 *	component_close(&c);
 *
 * Reentry    A callback may write, and may component_close() this or another
 *            component; no callback comes after that.  component_new() never
 *            calls back before it returned.
 * Output     A stanza goes into our buffer and is written once per loop
 *            turn.  Over out_high bytes component_is_slow() is true until it
 *            fell below out_low; over out_max the stanza is refused.
 *            Nothing is buffered while the stream is down.
 * Limits     A stanza of ours: COMPONENT_STANZA_MAX.  One coming in: see
 *            expat_guard.h.
 * Liveness   An XEP-0199 ping to our own domain after ping_ms of silence;
 *            nothing at all within ping_timeout_ms ends the stream.  Those
 *            pings are answered and consumed in here.  5 s for a connection
 *            to each address, 15 s from there to the end of the handshake.
 * Retries    From reconnect_min_ms on, growing; from the start again once a
 *            stream was up for 30 s.  COMPONENT_REPLACED: not before 60 s,
 *            so that twins do not throw each other out for ever.
 */
#ifndef XMPP_COMPONENT_H
#define XMPP_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct component;
struct loop;
struct log_ctx;
struct stanza;
struct xmlw;

enum { COMPONENT_STANZA_MAX = 200 * 1024 };

/* Why a stream ended or could not begin: told apart for the operator. */
enum component_end {
	COMPONENT_LOST,           /* connection lost, refused, timed out */
	COMPONENT_NOT_AUTHORIZED, /* wrong secret (ejabberd: or unknown name) */
	COMPONENT_HOST_UNKNOWN,   /* the server has no such component */
	COMPONENT_CONFLICT,       /* the name is connected already */
	COMPONENT_REPLACED,       /* conflict after login: somebody took over */
	COMPONENT_STREAM_ERROR,   /* another stream error; see the text */
};

struct component_params {
	const char *domain; /* the component's name; copied */
	const char *host;   /* of the XMPP server; copied */
	uint16_t port;
	struct str secret;        /* copied; wiped in the end */
	int64_t reconnect_min_ms; /* 0: 1 s */
	int64_t reconnect_max_ms; /* 0: 10 s; the server is near */
	int64_t ping_ms;          /* 0: 30 s */
	int64_t ping_timeout_ms;  /* 0: 20 s */
	int64_t handshake_ms;     /* 0: 15 s, from connection to login */
	size_t out_low, out_high, out_max; /* 0: 1, 4, 32 MiB */
	const struct log_ctx *log;         /* must outlive it */
};

struct component_ops {
	/* The stream is up (again): nothing of the past can be relied on. */
	void (*up)(struct component *c, void *arg);

	/*
	 * It is down, or could not be brought up; why and err explain.
	 * Already logged; reconnecting goes on by itself.  What was slow is
	 * not any more.
	 */
	void (*down)(struct component *c, enum component_end why,
	    const struct err *err, void *arg);

	/* message, presence or iq; borrowed for the call. */
	void (*stanza)(struct component *c, const struct stanza *s, void *arg);

	/* component_is_slow() became true or false. */
	void (*slow)(struct component *c, bool slow, void *arg);
};

/*
 * Once per process, before the first component: reserves the low descriptor
 * numbers that libstrophe's select() needs and proves that the expat guard
 * is in place.  -1: say err and exit.
 */
int component_setup(unsigned ncomponents, struct err *err);

struct component *component_new(struct loop *loop,
    const struct component_params *p, const struct component_ops *ops,
    void *arg);

/* Ends the stream properly (what is buffered is written, 2 s at most). */
void component_close(struct component **cp);

struct str component_domain(const struct component *c);
bool component_is_up(const struct component *c);
bool component_is_slow(const struct component *c);

/*
 * Begins a stanza.  from and to are full or bare JIDs, from within our
 * domain, both never empty; type may be NULL, id empty.  Never NULL: while
 * the stream is down the stanza is written and thrown away.
 */
struct xmlw *component_begin(struct component *c, const char *name,
    struct str from, struct str to, const char *type, struct str id);

/*
 * Closes it.  -1, and nothing of it is sent: ERR_TOO_BIG, ERR_BUSY (the
 * buffer is full), ERR_UNREACHABLE (the stream is down).
 */
int component_end(struct component *c, struct err *err);

struct component_stats {
	uint64_t nin, nout, nrefused, nup;
	int64_t up_at; /* monotonic; 0: down */
	size_t queued_bytes;
};
void component_stats(const struct component *c, struct component_stats *out);

#endif
