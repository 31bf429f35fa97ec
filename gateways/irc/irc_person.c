/*
 * Lines about people and what they say.
 *
 * RFC 2812 3.3	messages; 3.1.2 NICK, 3.1.7 QUIT
 * IRCv3	account-notify, away-notify, chghost, setname, invite-notify
 * CTCP		modern.ircdocs.horse/ctcp
 */
#include "irc/irc_handler.h"
#include "irc/irc_regain.h"
#include "irc/irc_text.h"

bool
irc_on_quit(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_QUIT;
	ev->text = irc_batch_reason(p);
	if (ev->text.len == 0)
		ev->text = irc_batch_reason_of(p, p->m.param[0]);
	if (ev->text.len == 0)
		ev->text = irc_clean(p, p->m.param[0]);
	ev->self = irc_from_self(p);
	if (!ev->self)
		irc_regain_freed(p, p->m.nick);
	irc_watch_seen(p, p->m.nick, false);
	return true;
}

/* Forced or asked for, the server's word is final. */
bool
irc_on_nick(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0 || p->m.param[0].len == 0)
		return false;
	ev->type = IRC_EV_NICK;
	ev->nick = p->m.param[0];
	ev->self = irc_from_self(p);
	if (ev->self) {
		irc_learn_self(p);
		irc_set_nick(p, ev->nick);
		irc_regain_end(p);
		ev->ref = irc_answer(p, IRC_ASK_NICK, ev->nick);
	} else {
		irc_regain_freed(p, p->m.nick);
	}
	irc_watch_seen(p, p->m.nick, false);
	irc_watch_seen(p, ev->nick, true);
	return true;
}

bool
irc_on_away(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_AWAY;
	ev->text = irc_clean(p, p->m.param[0]);
	ev->on = p->m.param[0].len > 0;
	ev->self = irc_from_self(p);
	return true;
}

/* 305 we are back, 306 we are away. */
bool
irc_on_away_self(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a;

	ev->type = IRC_EV_AWAY_SELF;
	ev->on = irc_msg_numeric(&p->m) == 306;
	a = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_AWAY), p->is.casemap, STR_EMPTY);
	if (!a)
		return true;
	/* As others see it: the ask goes, and it may have codes in it. */
	ev->text = irc_keep(p, irc_clean(p, irc_ask_other(a)));
	ev->ref = a->ref;
	irc_ask_free(&p->asks, &a);
	return true;
}

bool
irc_on_away_told(struct irc_proto *p, struct irc_event *ev)
{
	if (p->whois_comes)
		return irc_on_whois(p, ev);
	ev->type = IRC_EV_AWAY_TOLD;
	ev->nick = p->m.param[1];
	ev->text = irc_clean(p, p->m.param[2]);
	return true;
}

bool
irc_on_account(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_ACCOUNT;
	ev->account = p->m.param[0];
	if (str_is(ev->account, "*"))
		ev->account = STR_EMPTY;
	ev->self = irc_from_self(p);
	if (ev->self && ev->account.len)
		irc_logged_in(p);
	return true;
}

bool
irc_on_chghost(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_HOST;
	ev->user = p->m.param[0];
	ev->host = p->m.param[1];
	ev->self = irc_from_self(p);
	if (ev->self)
		irc_set_mask(p, ev->user, ev->host);
	return true;
}

/* 396 me host or user@host: how others see us from now on. */
bool
irc_on_own_host(struct irc_proto *p, struct irc_event *ev)
{
	struct str host = p->m.param[1], user = STR_EMPTY;

	(void)ev;
	if (str_has(host, '@'))
		str_cut(&host, '@', &user);
	irc_set_mask(p, user, host);
	return false;
}

bool
irc_on_setname(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_REALNAME;
	ev->text = irc_clean(p, p->m.param[0]);
	ev->self = irc_from_self(p);
	return true;
}

bool
irc_on_invite(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_INVITE;
	ev->nick = p->m.param[0];
	ev->channel = p->m.param[1];
	ev->self = irc_proto_is_self(p, ev->nick);
	return true;
}

/* 341 me nick #channel; RFC 1459 has the two the other way round. */
bool
irc_on_invited(struct irc_proto *p, struct irc_event *ev)
{
	bool swapped = irc_is_channel(p, p->m.param[1]);

	ev->type = IRC_EV_INVITED;
	ev->nick = p->m.param[swapped ? 2 : 1];
	ev->channel = p->m.param[swapped ? 1 : 2];
	ev->ref = irc_answer(p, IRC_ASK_INVITE, ev->nick);
	return true;
}

/* ---- messages --------------------------------------------------------- */

bool
irc_find_target(struct irc_proto *p, struct irc_event *ev)
{
	struct str target = p->m.param[0];
	struct str rest = irc_without_status(p, target);

	if (rest.len < target.len) {
		ev->status = *target.p;
		ev->channel = rest;
		return true;
	}
	if (irc_is_channel(p, target)) {
		ev->channel = target;
		return true;
	}
	ev->nick = target;
	return ev->self || irc_proto_is_self(p, target);
}

void
irc_proto_ctcp_answer(
    struct irc_proto *p, struct str nick, struct str command, struct str text)
{
	struct irc_line line = { .rank = IRC_RANK_DROPPABLE };
	struct irc_out o;

	if (p->state != IRC_READY || !bucket_take(&p->ctcp, p->now_at, 1))
		return;
	irc_out_init(&o, "NOTICE");
	irc_out_middle(&o, nick);
	irc_out_ctcp(&o, command, text);
	if (irc_out_end(&o, &line.text, NULL) == 0)
		(void)irc_queue_add(&p->queue, &line); /* or it is dropped */
}

static void
answer_ctcp(struct irc_proto *p, struct str command, struct str text)
{
	irc_proto_ctcp_answer(p, p->m.nick, command, text);
}

/*
 * Asked of us alone, by a person: a channel full of answers would be a flood,
 * and two programs could go on for ever.
 */
static void
consider_ctcp(
    struct irc_proto *p, const struct irc_event *ev, struct irc_ctcp *c)
{
	if (ev->channel.len || ev->self || ev->is_server || ev->is_past ||
	    p->state != IRC_READY)
		return;
	if (str_eq_nocase(c->command, STR("PING")) && c->text.len)
		answer_ctcp(p, STR("PING"), c->text);
	else if (str_eq_nocase(c->command, STR("VERSION")) && p->version[0])
		answer_ctcp(p, STR("VERSION"), str_c(p->version));
	else if (str_eq_nocase(c->command, STR("USERINFO")) && p->version[0])
		answer_ctcp(p, STR("USERINFO"), str_c(p->version));
	else if (str_eq_nocase(c->command, STR("CLIENTINFO")))
		answer_ctcp(p, STR("CLIENTINFO"),
		    STR("ACTION CLIENTINFO PING TIME USERINFO VERSION"));
}

/* False: there is nothing in it to show. */
static bool
fill_message(struct irc_proto *p, struct irc_event *ev, bool notice)
{
	struct irc_ctcp c;

	ev->kind = notice ? IRC_MSG_NOTICE : IRC_MSG_NORMAL;
	if (!irc_ctcp_parse(p->m.param[1], &c)) {
		ev->text = irc_styled(p, p->m.param[1], ev);
		return ev->text.len > 0;
	}
	ev->text = irc_styled(p, c.text, ev);
	if (!notice && str_eq_nocase(c.command, STR("ACTION"))) {
		ev->kind = IRC_MSG_ACTION;
		return true;
	}
	ev->kind = notice ? IRC_MSG_CTCP_REPLY : IRC_MSG_CTCP;
	ev->ctcp = irc_clean(p, c.command);
	if (!notice)
		consider_ctcp(p, ev, &c);
	return ev->ctcp.len > 0;
}

/*
 * What we said, that is back.  Who labels one echo labels all of them: those
 * without are then of our user, from another place.
 */
static struct irc_ask *
find_echoed(struct irc_proto *p)
{
	uint32_t label = irc_line_label(p);
	struct irc_ask *a;

	if (label) {
		a = irc_ask_labeled(&p->asks, label);
		p->labels_echoes |= a != NULL;
		return a;
	}
	a = irc_ask_find(&p->asks, IRC_ASK_BIT(IRC_ASK_MESSAGE), p->is.casemap,
	    p->m.param[0]);
	return a && a->label && p->labels_echoes ? NULL : a;
}

/* It lasts as long as the event. */
static void
lend_back(struct irc_proto *p, struct irc_ask *a)
{
	irc_back_free(&p->back);
	p->back = a->back;
	a->back = NULL;
}

/* IRCv3 echo-message: one line of what we said; true: all of it is back. */
static bool
is_taken(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev)
{
	bool is_news = a->ref && !a->failed;

	if (!irc_ask_echoed(a, ev->msgid, ev->text))
		return false;
	lend_back(p, a);
	if (!a->said || a->heard == a->said)
		ev->text = STR_EMPTY;
	else if (p->back)
		ev->text = buf_str(&p->back->text);
	ev->parts = p->back ? buf_str(&p->back->parts) : STR_EMPTY;
	ev->type = IRC_EV_ACCEPTED;
	ev->ref = a->ref;
	ev->msgid = irc_keep(p, str_c(a->msgid));
	irc_ask_free(&p->asks, &a);
	return is_news;
}

/*
 * IRCv3 labeled-response: there is nothing else to answer to that line.  Where
 * an echo is due that is no good news; the PING behind it will tell.
 */
bool
irc_on_ack(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_ask_labeled(&p->asks, irc_line_label(p));

	return a && a->kind == IRC_ASK_MESSAGE && !a->echo &&
	    is_taken(p, a, ev);
}

static bool
on_message(struct irc_proto *p, struct irc_event *ev, bool notice)
{
	struct irc_ask *a = NULL;

	ev->type = IRC_EV_MESSAGE;
	ev->self = irc_from_self(p);
	ev->is_server = irc_from_server(p);
	if (ev->self && !ev->is_past &&
	    irc_proto_has_cap(p, IRC_CAP_ECHO_MESSAGE))
		a = find_echoed(p);
	if (a && a->echo) {
		(void)fill_message(p, ev, notice);
		return is_taken(p, a, ev);
	}
	if (!irc_find_target(p, ev) || !fill_message(p, ev, notice))
		return false;
	if (ev->is_past)
		return ev->kind != IRC_MSG_CTCP &&
		    ev->kind != IRC_MSG_CTCP_REPLY;
	irc_typing_spoke(p, ev);
	/* Our own questions and answers. */
	return !ev->self ||
	    (ev->kind != IRC_MSG_CTCP && ev->kind != IRC_MSG_CTCP_REPLY);
}

bool
irc_on_privmsg(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	return on_message(p, ev, false);
}

/* "*** Looking up your hostname", "Connection statistics": no news. */
static bool
is_chatter(struct irc_proto *p)
{
	if (p->state == IRC_LEAVING)
		return true;
	return p->state == IRC_REGISTERING &&
	    str_starts(p->m.param[1], STR("***"));
}

/* From a server and to no channel: for the user's eyes, whoever it names. */
bool
irc_on_notice(struct irc_proto *p, struct irc_event *ev)
{
	if (!irc_from_server(p) || irc_is_channel(p, p->m.param[0]))
		return on_message(p, ev, true);
	if (is_chatter(p))
		return false;
	ev->type = IRC_EV_SERVER_TEXT;
	ev->is_server = true;
	ev->text = irc_clean(p, p->m.param[1]);
	return ev->text.len > 0;
}

/* From operators to all who want it: who says so stands in front. */
bool
irc_on_wallops(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = irc_clean(p, p->m.param[0]);
	struct str nick = irc_clean(p, p->m.nick);
	size_t start = p->text.len;

	if (text.len == 0)
		return false;
	(void)irc_keep(p, STR("[wallops] "));
	if (nick.len && !irc_from_server(p)) {
		(void)irc_keep(p, nick);
		(void)irc_keep(p, STR(": "));
	}
	(void)irc_keep(p, text);
	ev->type = IRC_EV_SERVER_TEXT;
	ev->is_server = true;
	ev->text = str_skip(buf_str(&p->text), start);
	return true;
}
