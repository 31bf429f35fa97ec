/*
 * What the core asks: one row per kind of request.
 *
 * The number of a request is the engine's ref, so its answer finds its way
 * back by itself; only CTCP questions, which IRC answers with an ordinary
 * message, are matched here.
 */
#include <stdlib.h>

#include "irc/irc_link.h"
#include "irc/irc_nick.h"
#include "lib/xalloc.h"

#define QUERY(n) LIST_ENTRY(n, struct irc_query, node)

static void
fail(struct session *s, gw_req_id id, const struct err *err)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = id, .err = *err };

	(void)session_emit(s, &ev); /* the core's deadline answers else */
}

/* The command is on its way, or it was refused. */
static void
settle(struct session *s, gw_req_id id, int rc, const struct err *err)
{
	if (rc < 0)
		fail(s, id, err);
	else
		irc_link_touch(irc_session_of(s));
}

static void
join(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;

	settle(s, id, irc_proto_join(&is->proto, r->room, r->text, id, &err),
	    &err);
}

static void
leave(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;
	int rc = irc_proto_part(&is->proto, r->room, r->text, id, &err);

	/* A reason that cannot be sent is no reason to stay. */
	if (rc < 0)
		rc = irc_proto_part(&is->proto, r->room, STR_EMPTY, id, &err);
	settle(s, id, rc, &err);
}

static void
subject(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;

	settle(s, id, irc_proto_topic(&is->proto, r->room, r->text, id, &err),
	    &err);
}

static void
nick(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;
	char to[IRC_NICK_BYTES];

	irc_nick_map(r->nick, irc_proto_nick(&is->proto),
	    irc_proto_isupport(&is->proto)->nicklen, to);
	settle(s, id, irc_proto_nick_change(&is->proto, str_c(to), id, &err),
	    &err);
}

static void
mode(struct session *s, gw_req_id id, const struct gw_req *r, bool on,
    char letter)
{
	struct irc_session *is = irc_session_of(s);
	char change[3] = { on ? '+' : '-', letter, '\0' };
	struct err err = ERR_INIT;

	if (!irc_rank_bit(irc_proto_isupport(&is->proto), letter)) {
		err_set(&err, ERR_NOT_ALLOWED, "%s has no such rank (mode %c)",
		    is->network->name, letter);
		fail(s, id, &err);
		return;
	}
	settle(s, id,
	    irc_proto_mode(
	        &is->proto, r->room, str_c(change), r->nick, id, &err),
	    &err);
}

/* The highest rank somebody has, or 0. */
static char
highest(struct irc_session *is, struct str room, struct str who)
{
	const struct irc_isupport *sup = irc_proto_isupport(&is->proto);
	irc_ranks ranks = irc_member_ranks(
	    &is->channels, irc_channel_find(&is->channels, room), who);
	int i;

	for (i = 0; sup->prefix_letter[i]; i++)
		if (ranks & 1u << i)
			return sup->prefix_letter[i];
	return 0;
}

/* Down by one rank; nothing to do is done at once. */
static void
lower(struct session *s, gw_req_id id, const struct gw_req *r)
{
	char letter = highest(irc_session_of(s), r->room, r->nick);
	struct err none = ERR_INIT;

	if (letter)
		mode(s, id, r, false, letter);
	else
		fail(s, id, &none);
}

static void
kick(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;

	settle(s, id,
	    irc_proto_kick(&is->proto, r->room, r->nick, r->text, id, &err),
	    &err);
}

static void
role(struct session *s, gw_req_id id, const struct gw_req *r)
{
	char now = highest(irc_session_of(s), r->room, r->nick);

	switch (r->role) {
	case GW_ROLE_NONE:
		kick(s, id, r);
		break;
	case GW_ROLE_MODERATOR:
		mode(s, id, r, true, 'o');
		break;
	case GW_ROLE_MEMBER:
		if (now && now != 'v')
			lower(s, id, r);
		else
			mode(s, id, r, true, 'v');
		break;
	case GW_ROLE_VISITOR:
		lower(s, id, r);
		break;
	}
}

static void
standing(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct err err;

	switch (r->standing) {
	case GW_STANDING_OWNER:
		mode(s, id, r, true, 'q');
		break;
	case GW_STANDING_ADMIN:
		mode(s, id, r, true, 'o');
		break;
	case GW_STANDING_MEMBER:
		mode(s, id, r, true, 'v');
		break;
	case GW_STANDING_NONE:
		lower(s, id, r);
		break;
	case GW_STANDING_OUTCAST:
		err_set(
		    &err, ERR_UNSUPPORTED, "bans cannot be set from here yet");
		fail(s, id, &err);
		break;
	}
}

static void
invite(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;

	settle(s, id, irc_proto_invite(&is->proto, r->room, r->nick, id, &err),
	    &err);
}

static void
away(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	struct err err = ERR_INIT;

	settle(s, id, irc_proto_away(&is->proto, r->text, id, &err), &err);
}

/* ---- CTCP ------------------------------------------------------------- */

static const char *const commands[] = {
	[GW_QUERY_VERSION] = "VERSION",
	[GW_QUERY_PING] = "PING",
	[GW_QUERY_TIME] = "TIME",
	[GW_QUERY_WHOIS] = NULL,
};

static void
query_free(struct irc_session *is, struct irc_query *q)
{
	list_del(&q->node);
	is->nquery--;
	free(q->nick);
	free(q);
}

static void
query(struct session *s, gw_req_id id, const struct gw_req *r)
{
	struct irc_session *is = irc_session_of(s);
	const char *command = commands[r->query];
	struct err err = ERR_INIT;
	struct irc_query *q;

	if (!command || is->nquery >= IRC_QUERIES_MAX) {
		err_set(&err, command ? ERR_BUSY : ERR_UNSUPPORTED,
		    command ? "too many questions are still open"
		            : "that cannot be asked here");
		fail(s, id, &err);
		return;
	}
	if (irc_proto_ctcp(&is->proto, r->nick, str_c(command),
	        r->query == GW_QUERY_PING ? STR("passerelle") : STR_EMPTY, id,
	        &err) < 0) {
		fail(s, id, &err);
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->id = id;
	q->nick = str_dup(r->nick);
	q->command = command;
	list_add(&is->queries, &q->node);
	is->nquery++;
	irc_link_touch(is);
}

void
irc_request_reply(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event ans = { .type = GW_EV_DONE, .text = ev->text };

	LIST_EACH(&is->queries, n)
	{
		struct irc_query *q = QUERY(n);

		if (!str_eq_nocase(ev->ctcp, str_c(q->command)) ||
		    !irc_fold_eq(is->fold, ev->who.nick, str_c(q->nick)))
			continue;
		ans.req = q->id;
		query_free(is, q);
		(void)session_emit(is->s, &ans); /* else its deadline answers */
		return;
	}
}

bool
irc_request_forget(struct irc_session *is, gw_req_id id)
{
	LIST_EACH(&is->queries, n)
	{
		if (QUERY(n)->id == id) {
			query_free(is, QUERY(n));
			return true;
		}
	}
	return false;
}

/* The core answers them itself when it hears OFFLINE. */
void
irc_request_fail_queries(struct irc_session *is)
{
	struct list *n;

	for (n = list_first(&is->queries); n; n = list_first(&is->queries))
		query_free(is, QUERY(n));
}

/* ---- messages --------------------------------------------------------- */

void
irc_request_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	static const enum irc_msg_kind kind[] = {
		[GW_MSG_NORMAL] = IRC_MSG_NORMAL,
		[GW_MSG_ACTION] = IRC_MSG_ACTION,
		[GW_MSG_NOTICE] = IRC_MSG_NOTICE,
		[GW_MSG_SYSTEM] = IRC_MSG_NOTICE,
	};
	struct irc_session *is = irc_session_of(s);
	struct gw_event ev = {
		.type = GW_EV_FATE, .ticket = t, .fate = GW_REFUSED
	};

	if (irc_proto_message(&is->proto, kind[m->kind],
	        m->room.len ? m->room : m->to, m->body, t, &ev.err) < 0)
		(void)session_emit(s, &ev); /* full: nothing more can be done */
	else
		irc_link_touch(is);
}

gw_request_fn *const irc_requests[GW_NREQ] = {
	[GW_REQ_JOIN] = join,
	[GW_REQ_LEAVE] = leave,
	[GW_REQ_SUBJECT] = subject,
	[GW_REQ_NICK] = nick,
	[GW_REQ_ROLE] = role,
	[GW_REQ_STANDING] = standing,
	[GW_REQ_INVITE] = invite,
	[GW_REQ_QUERY] = query,
	[GW_REQ_AWAY] = away,
};
