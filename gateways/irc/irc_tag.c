/*
 * Messages about messages: those that are tags only, and redactions.
 *
 * IRCv3	message-tags, client-tags/reply, client-tags/react,
 *		client-tags/typing, draft/message-redaction
 */
#include "irc/irc_handler.h"
#include "irc/irc_text.h"

enum { REACTION_MAX = 64 }; /* bytes; longer ones are texts */

/* The value of one of our tags, or an empty slice. */
static struct str
tag(struct irc_proto *p, const char *name)
{
	struct str rest = p->m.tags, key, raw, value = STR_EMPTY;

	while (irc_tag_next(&rest, &key, &raw))
		if (str_is(key, name))
			value = irc_tag_value(p, raw);
	return value;
}

static bool
on_reaction(struct irc_proto *p, struct irc_event *ev)
{
	struct str came = tag(p, "+draft/react");
	struct str went = tag(p, "+draft/unreact");

	ev->type = IRC_EV_REACT;
	ev->on = came.len > 0;
	ev->text = ev->on ? came : went;
	return ev->text.len > 0 && ev->text.len <= REACTION_MAX &&
	    ev->reply.len > 0;
}

bool
irc_on_tagmsg(struct irc_proto *p, struct irc_event *ev)
{
	struct str typing = tag(p, "+typing");

	if (p->m.nick.len == 0)
		return false;
	ev->self = irc_from_self(p);
	if (!irc_find_target(p, ev))
		return false;
	if (typing.len)
		return irc_typing_heard(p, typing, ev);
	return on_reaction(p, ev);
}

/* REDACT target msgid [:reason].  Our own may come back. */
bool
irc_on_redact(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a;

	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_REDACT;
	ev->self = irc_from_self(p);
	ev->reply = p->m.param[1];
	ev->text = irc_clean(p, p->m.param[2]);
	if (!irc_find_target(p, ev) || !irc_text_is_clean(ev->reply))
		return false;
	a = ev->self ? irc_asked(p, IRC_ASK_REDACT, ev->reply) : NULL;
	ev->ref = a ? a->ref : 0;
	irc_ask_free(&p->asks, &a);
	return true;
}
