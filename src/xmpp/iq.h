/*
 * iq.h - every iq is answered once (RFC 6120 8.2.3)
 *
 * What comes in goes to the row of its type, element and namespace.  A
 * handler answers, or fails, or keeps the question for later; whatever it
 * forgets to do is done for it, and a second answer is written nowhere and
 * logged as our fault.
 *
 *	static void
 *	on_version(struct iq_ask *ask, const struct stanza *query)
 *	{
 *		struct xmlw *w = iq_result(ask);
 *
 *		xmlw_open(w, "query", NS_VERSION);
 *		...
 *		iq_done(ask);
 *	}
 *
 * or, when the answer comes later,
 *
 *		request->token = iq_keep(ask, 30000);
 *		...
 *		ask = iq_kept(table, request->token);   // NULL: answered
 *		if (ask)
 *			iq_fail(ask, &err);
 *
 * Limits     IQ_KEPT_MAX questions kept, IQ_KEPT_EACH of one bare JID;
 *            IQ_SENT_MAX of our own requests open.
 * Time       A question kept over its deadline is answered
 *            remote-server-timeout.
 */
#ifndef XMPP_IQ_H
#define XMPP_IQ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct clock;
struct component;
struct iq_ask;
struct iq_table;
struct log_ctx;
struct stanza;
struct xmlw;

enum { IQ_KEPT_MAX = 5000, IQ_KEPT_EACH = 50, IQ_SENT_MAX = 5000 };

/* child is the one element inside the iq. */
typedef void iq_fn(struct iq_ask *ask, const struct stanza *child);

/* Tables end with type NULL. */
struct iq_row {
	const char *type; /* "get" or "set" */
	const char *name, *ns;
	iq_fn *fn;
};

/*
 * Asked before the row: -1 answers with err.  stanza is the whole iq; the
 * same is called, with NULL, when the handler has returned.
 */
typedef int iq_admit_fn(
    const struct stanza *stanza, void *arg, struct err *err);

struct iq_table *iq_new(struct clock *clock, const struct log_ctx *log,
    const struct iq_row *rows, iq_admit_fn *admit, void *arg);
void iq_free(struct iq_table **tp); /* nobody is answered or told any more */

/* An iq came in on c. */
void iq_stanza(struct iq_table *t, struct component *c, const struct stanza *s);

/* ---- a question ------------------------------------------------------- */

/* As they stood in the iq. */
struct str iq_from(const struct iq_ask *ask);
struct str iq_to(const struct iq_ask *ask);

/* The arg of iq_new(). */
void *iq_arg(const struct iq_ask *ask);

/* Begins the result; write its content, then iq_done(). */
struct xmlw *iq_result(struct iq_ask *ask);
void iq_done(struct iq_ask *ask);

/*
 * The same for an error of another shape than iq_fail() writes: the whole
 * <error/> is the caller's.
 */
struct xmlw *iq_error(struct iq_ask *ask);

/* An empty result. */
void iq_ok(struct iq_ask *ask);
void iq_fail(struct iq_ask *ask, const struct err *err);

/* <service-unavailable/>: nobody here does that. */
void iq_fail_unknown(struct iq_ask *ask);

/* 0: too much is kept; it has been answered with resource-constraint. */
uint64_t iq_keep(struct iq_ask *ask, int64_t deadline_ms);
struct iq_ask *iq_kept(struct iq_table *t, uint64_t token);

/* ---- our own requests -------------------------------------------------- */

/*
 * The answer, a result or an error; NULL: none came in time, or the stream
 * went down (iq_stream_down()).  Called once unless cancelled.
 */
typedef void iq_answer_fn(const struct stanza *answer, void *arg);

/*
 * Begins a request; write its content into *w_out, then iq_send_done().  An
 * answer counts only from the very JID it was sent to.  0, nothing is begun:
 * too many are open, the stream is down, or to is not an address.
 */
uint64_t iq_send(struct iq_table *t, struct component *c, const char *type,
    struct str from, struct str to, int64_t deadline_ms, iq_answer_fn *fn,
    void *arg, struct xmlw **w_out);
void iq_send_done(struct component *c);
void iq_cancel(struct iq_table *t, uint64_t id);

/* What was asked will not be answered any more; kept questions neither. */
void iq_stream_down(struct iq_table *t);

#endif
