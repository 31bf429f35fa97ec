#include "irc/irc_regain.h"

#include <stdio.h>

#include "irc/irc_nick.h"

static bool
is_wanted(const struct irc_proto *p, struct str nick)
{
	return irc_fold_eq(p->is.casemap, nick, str_c(p->base));
}

/* What does not fit into the queue is tried again later. */
static void
send_nick(struct irc_proto *p)
{
	struct irc_line line = { .rank = IRC_RANK_HOUSE };
	struct irc_out o;

	irc_out_init(&o, "NICK");
	irc_out_middle(&o, str_c(p->base));
	if (irc_out_end(&o, &line.text, NULL) == 0)
		(void)irc_queue_add(&p->queue, &line);
}

/* No secret is in it, so whoever is called NickServ may read it. */
static void
tell_nickserv(struct irc_proto *p, const char *what)
{
	struct irc_line line = { .rank = IRC_RANK_HOUSE };
	char text[IRC_NICK_BYTES + 16];
	struct irc_out o;

	snprintf(text, sizeof(text), "%s %s", what, p->base);
	p->nickserv.due_at = p->now_at + IRC_REGAIN_SAY_MS;
	irc_out_init(&o, "PRIVMSG");
	irc_out_middle(&o, STR("NickServ"));
	irc_out_trailing(&o, str_c(text));
	if (irc_out_end(&o, &line.text, NULL) == 0)
		(void)irc_queue_add(&p->queue, &line);
}

void
irc_regain_logged_in(struct irc_proto *p)
{
	if (p->state != IRC_READY || p->regain.next_at < 0 ||
	    p->nickserv.regain)
		return;
	p->nickserv.regain = true;
	tell_nickserv(p, "REGAIN");
}

void
irc_regain_begin(struct irc_proto *p)
{
	struct irc_regain *r = &p->regain;
	bool fits = !p->is.nicklen || strlen(p->base) <= p->is.nicklen;

	r->next_at = -1;
	if (!r->on || !r->in_use || !fits ||
	    irc_proto_is_self(p, str_c(p->base)))
		return;
	r->wait_ms = IRC_REGAIN_MS;
	r->next_at = p->now_at + r->wait_ms;
	(void)irc_watch_holder(p, str_c(p->base), true);
	if (p->cap.sasl.state == IRC_SASL_DONE)
		irc_regain_logged_in(p);
}

static void try(struct irc_proto *p);

/* A list tells by itself; what it told before a refusal is tried again. */
static void
look(struct irc_proto *p)
{
	if (irc_watch_is_free(p, str_c(p->base)))
		try(p);
	else if (!irc_watch_holder(p, str_c(p->base), true))
		(void)irc_ison(p, str_c(p->base)); /* or the next time */
}

void
irc_regain_tick(struct irc_proto *p)
{
	struct irc_regain *r = &p->regain;

	if (p->state != IRC_READY || r->next_at < 0 || p->now_at < r->next_at)
		return;
	if (r->wait_ms < IRC_REGAIN_MAX_MS)
		r->wait_ms *= 2;
	r->next_at = p->now_at + r->wait_ms;
	r->tried = false;
	look(p);
}

/* Once between two questions: its holder may be playing with us. */
static void
try(struct irc_proto *p)
{
	if (p->state != IRC_READY || p->regain.tried)
		return;
	p->regain.tried = true;
	send_nick(p);
}

void
irc_regain_freed(struct irc_proto *p, struct str nick)
{
	if (p->regain.next_at >= 0 && is_wanted(p, nick))
		try(p);
}

void
irc_regain_asked(struct irc_proto *p, struct str nick, bool there)
{
	if (!there)
		irc_regain_freed(p, nick);
}

bool
irc_regain_refused(struct irc_proto *p)
{
	unsigned code = irc_msg_numeric(&p->m);
	struct str nick = p->m.nparam > 2 ? p->m.param[1] : STR_EMPTY;
	/* These name no nick on some servers: changed too often, +N. */
	bool by_code = code == 438 || code == 447;

	if (!p->regain.tried || code < 400 ||
	    irc_ask_find(&p->asks, IRC_ASK_BIT(IRC_ASK_NICK), p->is.casemap,
	        str_c(p->base)))
		return false;
	return by_code || (nick.len && is_wanted(p, nick));
}

/*
 * NickServs know different words: REGAIN of Atheme and OFTC changes our nick,
 * GHOST ends the other connection, and the nick is free.
 */
static bool
on_words(struct irc_proto *p, struct str text)
{
	static const char *const unknown[] = { "unknown", "invalid",
		"unrecognized", "unrecognised", "no such", NULL };
	static const char *const gone[] = { "ghosted", "has been killed",
		"has been released", "has been recovered", NULL };

	if (irc_text_has(text, "command") && irc_text_has_any(text, unknown)) {
		if (!p->nickserv.ghost)
			tell_nickserv(p, "GHOST");
		p->nickserv.ghost = true;
		return true;
	}
	if (!irc_text_has_any(text, gone))
		return false;
	try(p);
	return true;
}

bool
irc_regain_line(struct irc_proto *p)
{
	const struct irc_msg *m = &p->m;
	struct str nickserv = STR("NickServ");

	if (p->regain.next_at < 0 || p->now_at > p->nickserv.due_at ||
	    m->nparam < 2)
		return false;
	if (irc_msg_numeric(m) == 401)
		return irc_fold_eq(p->is.casemap, m->param[1], nickserv);
	return str_is(m->cmd, "NOTICE") &&
	    irc_fold_eq(p->is.casemap, m->nick, nickserv) &&
	    on_words(p, m->param[1]);
}

void
irc_regain_end(struct irc_proto *p)
{
	if (p->regain.next_at >= 0)
		(void)irc_watch_holder(p, str_c(p->base), false);
	p->regain.next_at = -1;
	p->regain.tried = false;
}
