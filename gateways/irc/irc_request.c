#include "irc/irc_request.h"

#include <stdlib.h>

#include "irc/irc_event.h"
#include "irc/irc_format.h"
#include "irc/irc_nick.h"
#include "irc/irc_request_task.h"
#include "irc/irc_script.h"
#include "lib/xalloc.h"

/* A CTCP question to somebody's client. */
struct query {
	struct list node;
	gw_req_id id;
	enum gw_query what;
	int64_t due_at;
	char *nick;
};

#define QUERY(n) LIST_ENTRY(n, struct query, node)

static const char *const commands[] = {
	[GW_QUERY_VERSION] = "VERSION",
	[GW_QUERY_PING] = "PING",
	[GW_QUERY_TIME] = "TIME",
	[GW_QUERY_WHOIS] = NULL,
};

/* ---- answers ---------------------------------------------------------- */

static void
answer(struct irc_link *l, gw_req_id id, const struct err *err, struct str text)
{
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_DONE,
	        .req = id,
	        .err = err ? *err : ERR_INIT,
	        .text = text });
}

/* What a command returned: queued, then the proto answers; or refused. */
static void
finish(struct irc_link *l, gw_req_id id, int rc, const struct err *err)
{
	if (rc < 0)
		answer(l, id, err, STR_EMPTY);
	else
		irc_link_mark(l);
}

static void
refuse(struct irc_link *l, gw_req_id id, enum err_kind kind, const char *text)
{
	struct err err = ERR_INIT;

	err_set(&err, kind, "%s: %s", irc_link_name(l), text);
	answer(l, id, &err, STR_EMPTY);
}

static int64_t
now(const struct irc_link *l)
{
	return gateway_clock(session_gateway(l->s))->at;
}

/* ---- rooms ------------------------------------------------------------ */

void
irc_request_join(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct irc_channel *c = irc_ranks_channel(&l->ranks, req->room);
	struct err err = ERR_INIT;
	int rc;

	/* Servers say nothing to a JOIN from inside, so it begins outside. */
	if (c && !c->leaving) {
		c->leaving = true;
		(void)irc_proto_part(&l->proto, req->room, STR_EMPTY, 0, NULL);
	}
	rc = irc_proto_join(&l->proto, req->room, req->text,
	    irc_ref(IRC_REF_REQUEST, id), &err);
	if (rc < 0)
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_REFUSED,
		        .room = req->room,
		        .refusal =
		            err.kind == ERR_BAD_INPUT || err.kind == ERR_TOO_BIG
		            ? GW_REFUSED_NO_SUCH_ROOM
		            : GW_REFUSED_OTHER,
		        .err = err });
	finish(l, id, rc, &err);
}

void
irc_request_leave(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct irc_channel *c = irc_ranks_channel(&l->ranks, req->room);
	struct err err = ERR_INIT;
	int rc = irc_proto_part(&l->proto, req->room, req->text,
	    irc_ref(IRC_REF_REQUEST, id), &err);

	/* A reason that cannot be sent keeps nobody inside. */
	if (rc < 0 && req->text.len)
		rc = irc_proto_part(&l->proto, req->room, STR_EMPTY,
		    irc_ref(IRC_REF_REQUEST, id), &err);
	if (rc == 0 && c)
		c->leaving = true;
	finish(l, id, rc, &err);
}

void
irc_request_subject(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_topic(&l->proto, req->room, req->text,
	        irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_invite(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_invite(&l->proto, req->room, req->nick,
	        irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_directory(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_list(
	        &l->proto, req->limit, irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

/* ---- oneself ---------------------------------------------------------- */

void
irc_request_nick(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	char nick[IRC_NICK_BYTES];
	struct err err = ERR_INIT;
	size_t len = irc_nick_map(req->nick, irc_proto_nick(&l->proto),
	    irc_proto_isupport(&l->proto)->nicklen, nick);

	if (str_eq(str_of(nick, len), irc_proto_nick(&l->proto))) {
		/* Servers say nothing to that; nor would there be anything
		   to see. */
		if (str_eq(req->nick, str_of(nick, len)))
			answer(l, id, NULL, STR_EMPTY);
		else
			refuse(
			    l, id, ERR_BAD_INPUT, "IRC cannot carry that nick");
		return;
	}
	finish(l, id,
	    irc_proto_nick_change(&l->proto, str_of(nick, len),
	        irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_away(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_away(
	        &l->proto, req->text, irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_raw(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	const char *why =
	    req->text.len ? irc_script_why_not(req->text) : "it is empty";
	struct err err = ERR_INIT;

	if (why) {
		finish(l, id, err_set(&err, ERR_BAD_INPUT, "not sent: %s", why),
		    &err);
		return;
	}
	finish(l, id,
	    irc_proto_raw(
	        &l->proto, req->text, irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_react(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_react(&l->proto, req->room.len ? req->room : req->nick,
	        req->text, req->id, req->on, irc_ref(IRC_REF_REQUEST, id),
	        &err),
	    &err);
}

void
irc_request_redact(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct irc_task *t = irc_task_new(l, id);
	struct str to = req->room.len ? req->room : req->nick;
	struct str rest = req->parts, part = req->id;
	bool queued;

	do
		queued = irc_task_did(t,
		    irc_proto_redact(&l->proto, to, part, req->text,
		        irc_task_ref(t), &t->err));
	while (queued && rest.len && str_cut(&rest, '\n', &part) && part.len);
	irc_task_queued(l, t);
}

void
irc_request_typing(struct session *s, gw_req_id id, const struct gw_req *req)
{
	static const enum irc_typing what[] = {
		[GW_TYPING_NOT] = IRC_TYPING_DONE,
		[GW_TYPING_ACTIVE] = IRC_TYPING_ACTIVE,
		[GW_TYPING_PAUSED] = IRC_TYPING_PAUSED,
	};
	struct irc_link *l = irc_link_of(s);

	irc_proto_typing(&l->proto, req->room.len ? req->room : req->nick,
	    what[req->typing], now(l));
	irc_link_mark(l);
	answer(l, id, NULL, STR_EMPTY);
}

/* ---- watching people -------------------------------------------------- */

void
irc_request_watch(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct err err = ERR_INIT;
	int rc = irc_proto_watch(&l->proto, req->nick, &err);

	irc_link_mark(l);
	answer(l, id, rc < 0 ? &err : NULL, STR_EMPTY);
}

void
irc_request_unwatch(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);

	irc_proto_unwatch(&l->proto, req->nick);
	irc_link_mark(l);
	answer(l, id, NULL, STR_EMPTY);
}

/* ---- questions to other clients --------------------------------------- */

static void
query_free(struct irc_link *l, struct query *q)
{
	list_del(&q->node);
	l->nqueries--;
	free(q->nick);
	free(q);
}

/* The one way out. */
static void
query_end(
    struct irc_link *l, struct query *q, const struct err *err, struct str text)
{
	gw_req_id id = q->id;

	query_free(l, q);
	answer(l, id, err, text);
}

static void
query_add(struct irc_link *l, gw_req_id id, const struct gw_req *req)
{
	struct query *q = xcalloc(1, sizeof(*q));

	q->id = id;
	q->what = req->query;
	q->due_at = now(l) + IRC_QUERY_MS;
	q->nick = str_dup(req->nick);
	list_add(&l->queries, &q->node);
	l->nqueries++;
}

/* The one question that the server answers, not a client. */
static void
ask_server(struct irc_link *l, gw_req_id id, struct str nick)
{
	struct err err = ERR_INIT;

	finish(l, id,
	    irc_proto_whois(
	        &l->proto, nick, irc_ref(IRC_REF_REQUEST, id), &err),
	    &err);
}

void
irc_request_whois(struct session *s, gw_req_id id, struct str name,
    const struct gw_field *field, size_t nfield)
{
	(void)field;
	(void)nfield;
	ask_server(irc_link_of(s), id, name);
}

void
irc_request_query(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	const char *command = commands[req->query];
	struct err err = ERR_INIT;
	int rc;

	if (!command) {
		ask_server(l, id, req->nick);
		return;
	}
	if (l->nqueries == IRC_QUERIES_MAX) {
		refuse(l, id, ERR_BUSY, "too many questions are still open");
		return;
	}
	rc = irc_proto_ctcp(&l->proto, req->nick, str_c(command),
	    req->query == GW_QUERY_PING ? STR("1") : STR_EMPTY,
	    irc_ref(IRC_REF_QUERY, id), &err);
	if (rc == 0)
		query_add(l, id, req);
	finish(l, id, rc, &err);
}

static bool
is_answer(
    const struct irc_link *l, const struct query *q, const struct irc_event *ev)
{
	return str_eq_nocase(ev->ctcp, str_c(commands[q->what])) &&
	    irc_fold_eq(irc_proto_isupport(&l->proto)->casemap, ev->who.nick,
	        str_c(q->nick));
}

void
irc_query_answered(struct irc_link *l, const struct irc_event *ev)
{
	LIST_EACH(&l->queries, node)
	{
		struct query *q = QUERY(node);

		if (is_answer(l, q, ev)) {
			query_end(l, q, NULL,
			    q->what == GW_QUERY_PING ? STR_EMPTY : ev->text);
			return;
		}
	}
}

void
irc_query_failed(struct irc_link *l, gw_req_id id, const struct err *err)
{
	LIST_EACH(&l->queries, node)
	{
		if (QUERY(node)->id == id) {
			query_end(l, QUERY(node), err, STR_EMPTY);
			return;
		}
	}
}

int64_t
irc_queries_deadline(const struct irc_link *l)
{
	struct list *first = list_first(&l->queries);

	return first ? QUERY(first)->due_at : -1;
}

void
irc_queries_expire(struct irc_link *l)
{
	struct list *node;
	struct err err = ERR_INIT;

	for (node = list_first(&l->queries);
	     node && l->s && QUERY(node)->due_at <= now(l);
	     node = list_first(&l->queries)) {
		err_set(&err, ERR_TIMEOUT, "%s did not answer in time",
		    QUERY(node)->nick);
		query_end(l, QUERY(node), &err, STR_EMPTY);
	}
}

void
irc_queries_fail(struct irc_link *l, const struct err *err)
{
	while (l->s && !list_is_empty(&l->queries))
		query_end(l, QUERY(list_first(&l->queries)), err, STR_EMPTY);
}

void
irc_queries_drop(struct irc_link *l)
{
	while (!list_is_empty(&l->queries))
		query_free(l, QUERY(list_first(&l->queries)));
}

/* ---- messages --------------------------------------------------------- */

static const enum irc_msg_kind kinds[] = {
	[GW_MSG_NORMAL] = IRC_MSG_NORMAL,
	[GW_MSG_ACTION] = IRC_MSG_ACTION,
	[GW_MSG_NOTICE] = IRC_MSG_NOTICE,
	[GW_MSG_SYSTEM] = IRC_MSG_NOTICE,
};

/* Once for each backlog: a paste may take minutes. */
static void
tell_delay(struct irc_link *l)
{
	int64_t ms = irc_link_delay(l);
	struct buf text;

	if (ms < IRC_TELL_DELAY_MS / 2)
		l->told_delay = false;
	if (l->told_delay || ms < IRC_TELL_DELAY_MS)
		return;
	l->told_delay = true;
	buf_init(&text, 300);
	buf_addf(&text,
	    "%s takes only so many lines in a time: what you write waits "
	    "here, about %d s at the moment. Each message shows up when it "
	    "has left.",
	    irc_link_name(l), (int)(ms / 1000));
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_NOTICE, .text = buf_str(&text) });
	buf_release(&text);
}

/* Will others see which message it answers? */
static bool
is_tagged(const struct irc_link *l, const struct gw_message *m)
{
	return m->reply_to.len &&
	    (irc_proto_passes(&l->proto, IRC_TAG_REPLY) ||
	        irc_proto_passes(&l->proto, IRC_TAG_DRAFT_REPLY));
}

/* "nick: " in front tells people whom it answers; once is enough. */
static bool
needs_address(const struct irc_link *l, const struct gw_message *m)
{
	struct str to = m->reply_nick;

	return to.len && !is_tagged(l, m) && m->kind == GW_MSG_NORMAL &&
	    !str_eq_nocase(str_head(m->body, to.len), to);
}

/* NickServ, ChanServ: by their names, as every network has them. */
static bool
is_service(struct str nick)
{
	size_t n = sizeof("Serv") - 1;

	return nick.len > n &&
	    str_eq_nocase(str_skip(nick, nick.len - n), STR("Serv"));
}

/*
 * Channels of +c refuse, or strip, what has codes in it.  To services a code
 * in a password is a byte of it.
 */
static bool
takes_codes(const struct irc_link *l, const struct gw_message *m)
{
	const struct irc_channel *c =
	    m->to.len ? NULL : irc_ranks_channel(&l->ranks, m->room);

	return !is_service(m->to) && (!c || !irc_modes_has(&c->modes, 'c'));
}

static void
write_body(
    const struct irc_link *l, const struct gw_message *m, struct buf *out)
{
	static const enum irc_style style[] = { [GW_SPAN_STRONG] = IRC_BOLD,
		[GW_SPAN_EMPHASIS] = IRC_ITALIC,
		[GW_SPAN_CODE] = IRC_MONOSPACE,
		[GW_SPAN_DELETED] = IRC_STRIKE };
	struct irc_span span[IRC_SPANS_MAX];
	size_t i, n = takes_codes(l, m) ? m->nspan : 0;

	if (n > IRC_SPANS_MAX)
		n = IRC_SPANS_MAX;
	for (i = 0; i < n; i++)
		span[i] = (struct irc_span){ .style = style[m->span[i].kind],
			.start = (uint16_t)m->span[i].start,
			.end = (uint16_t)m->span[i].end };
	irc_format_write(m->body, span, n, out);
}

static int
send_message(struct irc_link *l, gw_ticket t, const struct gw_message *m,
    struct err *err)
{
	struct buf text;
	int rc;

	/* A code at each end of each span. */
	buf_init(&text, m->reply_nick.len + m->body.len + 2 + 2 * m->nspan);
	if (needs_address(l, m))
		buf_addf(&text, STR_FMT ": ", STR_ARG(m->reply_nick));
	write_body(l, m, &text);
	rc = irc_proto_reply(&l->proto, kinds[m->kind],
	    m->to.len ? m->to : m->room, buf_str(&text), m->reply_to,
	    irc_ref(IRC_REF_MESSAGE, t), err);
	buf_release(&text);
	return rc;
}

void
irc_request_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	struct irc_link *l = irc_link_of(s);
	struct gw_event ev = {
		.type = GW_EV_FATE, .ticket = t, .fate = GW_REFUSED
	};

	if (send_message(l, t, m, &ev.err) < 0)
		irc_link_emit(l, &ev);
	else {
		irc_link_mark(l);
		tell_delay(l);
	}
}
