/*
 * What a session has asked its network, until it is answered.
 */
#include <stdlib.h>

#include "core/instance.h"
#include "core/request.h"
#include "core/session.h"
#include "lib/xalloc.h"

struct request {
	struct list node;
	struct session *s;
	gw_req_id id;
	struct request_to to;
	struct timer deadline;
};

#define REQUEST(n) LIST_ENTRY(n, struct request, node)

static struct request *
find(struct session *s, gw_req_id id)
{
	LIST_EACH(&s->requests, n)
	{
		if (REQUEST(n)->id == id)
			return REQUEST(n);
	}
	return NULL;
}

static void
request_free(struct request *rq)
{
	timer_cancel(&rq->deadline);
	list_del(&rq->node);
	rq->s->nrequest--;
	free(rq);
}

/* The one way out: forgets the request, then tells. */
static void
finish(struct request *rq, const struct gw_event *done)
{
	struct request_to to = rq->to;
	struct session *s = rq->s;

	request_free(rq);
	if (to.slot)
		*to.slot = 0;
	to.done(s, &to, done);
	session_check(s);
}

static void
on_deadline(struct timer *t)
{
	struct request *rq = TIMER_OWNER(t, struct request, deadline);
	struct gw_event ev = { .type = GW_EV_DONE, .req = rq->id };

	err_set(&ev.err, ERR_TIMEOUT, "%s: no answer in time",
	    session_title(rq->s));
	finish(rq, &ev);
}

static void
refuse_at_once(struct session *s, const struct request_to *to,
    enum err_kind kind, const char *text)
{
	struct gw_event ev = { .type = GW_EV_DONE };

	err_set(&ev.err, kind, "%s: %s", s->gw->ops->title, text);
	to->done(s, to, &ev);
}

/* A new one, or NULL: it has been refused at once. */
static struct request *
begin(struct session *s, int64_t deadline_ms, const struct request_to *to)
{
	struct clock *clock = core_clock(s->gw->core);
	struct request *rq;

	if (s->state != SESSION_ONLINE) {
		refuse_at_once(
		    s, to, ERR_UNREACHABLE, "not connected at the moment");
		return NULL;
	}
	/* All rooms at once are asked for after a reconnect. */
	if (s->nrequest >= REQUEST_MAX + s->rooms.n) {
		refuse_at_once(
		    s, to, ERR_BUSY, "too many requests are still open");
		return NULL;
	}
	rq = xcalloc(1, sizeof(*rq));
	rq->s = s;
	rq->id = core_next_id(s->gw->core);
	rq->to = *to;
	timer_init(&rq->deadline, on_deadline);
	timer_set(&rq->deadline, clock, clock->at + deadline_ms);
	if (to->slot)
		*to->slot = rq->id;
	list_add(&s->requests, &rq->node);
	s->nrequest++;
	return rq;
}

void
request_start(struct session *s, const struct gw_req *req, int64_t deadline_ms,
    const struct request_to *to)
{
	gw_request_fn *fn = s->gw->ops->request[req->kind];
	struct request *rq;

	if (!fn) {
		refuse_at_once(
		    s, to, ERR_UNSUPPORTED, "there is no such thing here");
		return;
	}
	rq = begin(s, deadline_ms, to);
	if (!rq)
		return;
	session_enter(s);
	fn(s, rq->id, req);
	session_leave(s);
}

void
request_command(struct session *s, const struct gw_command *c, struct str name,
    const struct gw_field *field, size_t nfield, int64_t deadline_ms,
    const struct request_to *to)
{
	struct request *rq = begin(s, deadline_ms, to);

	if (!rq)
		return;
	session_enter(s);
	c->run(s, rq->id, name, field, nfield);
	session_leave(s);
}

void
request_ignore(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	(void)s;
	(void)to;
	(void)done;
}

void
request_cancel(struct session *s, gw_req_id id)
{
	struct request *rq = id ? find(s, id) : NULL;

	if (rq)
		request_free(rq);
}

void
request_on_done(struct session *s, const struct gw_event *ev)
{
	struct request *rq = find(s, ev->req);

	if (rq)
		finish(rq, ev);
}

void
request_on_entry(struct session *s, const struct gw_event *ev)
{
	struct request *rq = find(s, ev->req);

	if (rq && rq->to.entry)
		rq->to.entry(s, &rq->to, &ev->entry);
}

void
request_fail_all(struct session *s, const struct err *err)
{
	struct gw_event ev = { .type = GW_EV_DONE, .err = *err };
	struct list *n;

	for (n = list_first(&s->requests); n; n = list_first(&s->requests)) {
		ev.req = REQUEST(n)->id;
		finish(REQUEST(n), &ev);
	}
}
