#include "irc/irc_regain.h"

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
	(void)irc_ison(p, str_c(p->base)); /* or the next time */
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

void
irc_regain_end(struct irc_proto *p)
{
	p->regain.next_at = -1;
	p->regain.tried = false;
}
