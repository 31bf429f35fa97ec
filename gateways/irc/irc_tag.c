/*
 * Messages that are tags only: what clients tell each other without words.
 *
 * IRCv3	message-tags, client-tags/reply, client-tags/react,
 *		client-tags/typing
 */
#include "irc/irc_handler.h"

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
