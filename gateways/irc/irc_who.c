/*
 * WHO: who those are that were in a channel before us.
 *
 * RFC 2812 3.6.1; WHOX as in ircu and its descendants (WHO #c %fields,token;
 * 354).
 *
 * Only where the server tells of changes afterwards (away-notify): what is
 * asked once and never told again would soon be wrong.  Large channels are
 * not asked about, since each answer is a line for each of them.
 */
#include "irc/irc_handler.h"

#define WHO_TOKEN "152"

/* channel, user, host, nick, flags, account, real name: in this order,
   whatever the order of the letters. */
#define WHO_FIELDS "%tcuhnfar," WHO_TOKEN

enum { WHO_PARAMS = 9 }; /* us, the token, and the fields */

void
irc_ask_who(struct irc_proto *p, struct str channel)
{
	struct irc_line line = { .rank = IRC_RANK_HOUSE };
	struct irc_out o;

	if (!p->is.whox || !irc_cap_has(&p->cap, IRC_CAP_AWAY_NOTIFY) ||
	    p->nnames > IRC_WHO_NAMES || p->state != IRC_READY)
		return;
	irc_out_init(&o, "WHO");
	irc_out_middle(&o, channel);
	irc_out_middle(&o, STR(WHO_FIELDS));
	line.lane = irc_fold_hash(p->is.casemap, channel);
	if (irc_out_end(&o, &line.text, NULL) == 0)
		(void)irc_queue_add(&p->queue, &line); /* or nobody is told */
}

/* "H": here, "G": gone; "*": an operator; then signs, and the mode of bots. */
static void
read_flags(const struct irc_proto *p, struct str flags, struct irc_event *ev)
{
	ev->on = str_has(flags, 'G');
	ev->is_oper = str_has(flags, '*');
	ev->is_bot = p->is.bot && str_has(flags, p->is.bot);
}

bool
irc_on_who(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_msg *m = &p->m;

	if (!str_is(m->param[1], WHO_TOKEN) || m->nparam < WHO_PARAMS)
		return irc_show_all(p, ev);
	ev->type = IRC_EV_WHO;
	ev->channel = m->param[2];
	ev->who = (struct irc_who){
		.nick = m->param[5], .user = m->param[3], .host = m->param[4]
	};
	read_flags(p, m->param[6], ev);
	if (!str_is(m->param[7], "0"))
		ev->account = m->param[7];
	ev->text = irc_clean(p, m->param[8]);
	ev->self = irc_proto_is_self(p, ev->who.nick);
	return ev->who.nick.len > 0;
}
