/*
 * LIST: the channels of a network.
 *
 * RFC 2812 3.2.6	LIST; 5.1 321, 322, 323
 * modern.ircdocs.horse: SAFELIST, ELIST
 *
 * What we asked for is told line by line and nothing of it is kept here; what
 * somebody asked for by hand is shown as text, as far as that is bearable.
 */
#include "irc/irc_handler.h"

#include <stdio.h>

enum { MODES_MAX = 64 }; /* "[+nt] " in front of a topic */

/* 381: from now on we are shown more than others. */
bool
irc_on_oper(struct irc_proto *p, struct irc_event *ev)
{
	p->oper = true;
	return irc_on_numeric(p, ev);
}

/* 254 me 20000 :channels formed */
bool
irc_on_channels(struct irc_proto *p, struct irc_event *ev)
{
	uint64_t n = 0;

	(void)ev;
	if (str_to_uint(p->m.param[1], UINT32_MAX, &n))
		p->nchannels = (uint32_t)n;
	return false;
}

static struct irc_ask *
asked(const struct irc_proto *p)
{
	return irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_LIST), p->is.casemap, STR_EMPTY);
}

bool
irc_on_list_start(struct irc_proto *p, struct irc_event *ev)
{
	(void)ev;
	p->nlisted = 0;
	return false;
}

/* COMPAT(inspircd 3, unrealircd 6, 2026-11): "[+nt] the topic". */
static struct str
without_modes(struct str topic)
{
	struct str head = str_head(topic, MODES_MAX);
	ptrdiff_t end = str_find(head, ']');

	if (!str_starts(topic, STR("[+")) || end < 0)
		return topic;
	return str_trim(str_skip(topic, (size_t)end + 1));
}

/* 322 me #channel people :topic; "*" hides the name of a private one. */
bool
irc_on_listed(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = asked(p);
	uint64_t n = 0;

	if (!a)
		return p->nlisted++ < IRC_LIST_SHOWN && irc_show_all(p, ev);
	irc_ask_touch(&p->asks, a, p->now_at);
	if (!irc_is_channel(p, p->m.param[1]) ||
	    !str_to_uint(p->m.param[2], UINT32_MAX, &n))
		return false;
	ev->type = IRC_EV_LISTED;
	ev->channel = p->m.param[1];
	ev->n = (uint32_t)n;
	ev->ref = a->ref;
	ev->text = irc_clean(p, without_modes(p->m.param[3]));
	return true;
}

static bool
tell_rest(struct irc_proto *p, struct irc_event *ev)
{
	char text[120];

	if (p->nlisted <= IRC_LIST_SHOWN)
		return false;
	snprintf(text, sizeof(text),
	    "and %u more; the largest are in the list of rooms of this "
	    "network",
	    (unsigned)(p->nlisted - IRC_LIST_SHOWN));
	ev->type = IRC_EV_SERVER_TEXT;
	ev->is_server = true;
	ev->text = irc_keep(p, str_c(text));
	return true;
}

bool
irc_on_list_end(struct irc_proto *p, struct irc_event *ev)
{
	bool is_text;

	if (asked(p)) {
		ev->type = IRC_EV_LIST_END;
		ev->ref = irc_answer(p, IRC_ASK_LIST, STR_EMPTY);
		return true;
	}
	is_text = tell_rest(p, ev);
	p->nlisted = 0;
	return is_text;
}
