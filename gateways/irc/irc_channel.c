/*
 * Lines about channels: who comes and goes, topics, modes, names.
 *
 * RFC 2812 3.2	channel operations
 * IRCv3	draft/channel-rename, extended-join, multi-prefix, userhost-in-names
 */
#include "irc/irc_handler.h"

/* "*" is how lines say "no account". */
static struct str
account_of(struct str s)
{
	return str_is(s, "*") ? STR_EMPTY : s;
}

bool
irc_on_join(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_msg *m = &p->m;
	struct irc_ask *a;

	if (m->nick.len == 0)
		return false;
	ev->type = IRC_EV_JOIN;
	ev->channel = m->param[0];
	if (m->nparam > 2) {
		ev->account = account_of(m->param[1]);
		ev->text = irc_clean(p, m->param[2]);
	}
	ev->self = irc_from_self(p);
	if (!ev->self)
		return true;
	irc_learn_self(p);
	a = irc_asked(p, IRC_ASK_JOIN, ev->channel);
	if (a) {
		a->inside = true;
		p->nnames = 0;
		ev->ref = a->ref;
	}
	return true;
}

bool
irc_on_part(struct irc_proto *p, struct irc_event *ev)
{
	if (p->m.nick.len == 0)
		return false;
	ev->type = IRC_EV_PART;
	ev->channel = p->m.param[0];
	ev->text = irc_clean(p, p->m.param[1]);
	ev->self = irc_from_self(p);
	if (ev->self)
		ev->ref = irc_answer(p, IRC_ASK_PART, ev->channel);
	return true;
}

bool
irc_on_kick(struct irc_proto *p, struct irc_event *ev)
{
	ev->type = IRC_EV_KICK;
	ev->channel = p->m.param[0];
	ev->nick = p->m.param[1];
	ev->text = irc_clean(p, p->m.param[2]);
	ev->self = irc_proto_is_self(p, ev->nick);
	if (irc_from_self(p))
		ev->ref = irc_answer(p, IRC_ASK_KICK, ev->nick);
	return true;
}

/* RENAME #old #new :why.  The NAMES of a join go on under the new name. */
bool
irc_on_rename(struct irc_proto *p, struct irc_event *ev)
{
	struct str was = p->m.param[0], is = p->m.param[1];
	struct irc_ask *a = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_JOIN), p->is.casemap, was);

	if (!irc_is_channel(p, was) || !irc_is_channel(p, is))
		return false;
	if (a && a->inside)
		irc_ask_retarget(&p->asks, a, is, p->now_at);
	ev->type = IRC_EV_RENAME;
	ev->channel = was;
	ev->target = is;
	ev->is_server = irc_from_server(p);
	ev->text = irc_clean(p, p->m.param[2]);
	return true;
}

/* ---- NAMES ------------------------------------------------------------ */

/* 353 me = #channel :names; some leave the sign out. */
bool
irc_on_names(struct irc_proto *p, struct irc_event *ev)
{
	p->step = IRC_STEP_NAMES;
	p->rest = irc_last(p);
	return irc_step_names(p, ev);
}

/* Moves the signs before a name into modes. */
static struct str
take_prefixes(const struct irc_proto *p, struct str name, char *modes)
{
	size_t n = 0;

	while (name.len) {
		char letter = irc_isupport_prefix_letter(&p->is, *name.p);

		if (!letter)
			break;
		if (n < IRC_PREFIX_MAX)
			modes[n++] = letter;
		name = str_skip(name, 1);
	}
	modes[n] = '\0';
	return name;
}

/* "=" public, "@" secret, "*" private; 0: not told. */
static char
sign_of(const struct irc_proto *p)
{
	struct str sign =
	    p->m.nparam > 3 ? p->m.param[p->m.nparam - 3] : STR_EMPTY;

	return sign.len == 1 ? *sign.p : '\0';
}

bool
irc_step_names(struct irc_proto *p, struct irc_event *ev)
{
	struct str name;

	while (p->rest.len && str_cut(&p->rest, ' ', &name)) {
		name = take_prefixes(p, name, ev->modes);
		if (name.len == 0)
			continue;
		if (p->nnames < UINT16_MAX)
			p->nnames++;
		ev->type = IRC_EV_NAME;
		ev->channel = p->m.param[p->m.nparam - 2];
		ev->letter = sign_of(p);
		irc_msg_prefix(
		    name, &ev->who.nick, &ev->who.user, &ev->who.host);
		ev->self = irc_proto_is_self(p, ev->who.nick);
		return true;
	}
	p->step = IRC_STEP_NONE;
	return false;
}

bool
irc_on_names_end(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_asked(p, IRC_ASK_JOIN, p->m.param[1]);

	ev->type = IRC_EV_NAMES_END;
	ev->channel = p->m.param[1];
	if (a && a->inside) {
		ev->ref = a->ref;
		irc_ask_free(&p->asks, &a);
		irc_ask_who(p, ev->channel);
	}
	return true;
}

/* ---- topics ----------------------------------------------------------- */

bool
irc_on_topic(struct irc_proto *p, struct irc_event *ev)
{
	ev->type = IRC_EV_TOPIC;
	ev->channel = p->m.param[0];
	ev->text = irc_clean(p, p->m.param[1]);
	ev->on = true;
	if (irc_from_self(p))
		ev->ref = irc_answer(p, IRC_ASK_TOPIC, ev->channel);
	return true;
}

bool
irc_on_topic_none(struct irc_proto *p, struct irc_event *ev)
{
	ev->type = IRC_EV_TOPIC;
	ev->channel = p->m.param[1];
	ev->who = (struct irc_who){ .nick = STR_EMPTY };
	return true;
}

/* Waits for the next line: if that is its 333, both are one event. */
bool
irc_on_topic_is(struct irc_proto *p, struct irc_event *ev)
{
	(void)ev;
	buf_clear(&p->topic);
	buf_add_str(&p->topic, p->m.param[1]);
	buf_addc(&p->topic, '\0');
	buf_add_str(&p->topic, irc_clean(p, p->m.param[2]));
	p->topic_waits = !buf_is_full(&p->topic);
	return false;
}

/* The topic that waits, on its own. */
void
irc_topic_event(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = buf_str(&p->topic);

	p->topic_waits = false;
	ev->type = IRC_EV_TOPIC;
	ev->who = (struct irc_who){ .nick = STR_EMPTY };
	ev->at_utc = 0;
	str_cut(&text, '\0', &ev->channel);
	ev->text = text;
}

/* 333 me #channel setter time.  Alone it says nothing new. */
bool
irc_on_topic_who(struct irc_proto *p, struct irc_event *ev)
{
	uint64_t seconds = 0;

	if (!p->topic_waits)
		return false;
	irc_topic_event(p, ev);
	if (!irc_fold_eq(p->is.casemap, ev->channel, p->m.param[1]))
		return true;
	irc_msg_prefix(
	    p->m.param[2], &ev->who.nick, &ev->who.user, &ev->who.host);
	if (str_to_uint(p->m.param[3], UINT32_MAX, &seconds))
		ev->at_utc = (int64_t)seconds * 1000;
	return true;
}

/* ---- modes ------------------------------------------------------------ */

/* The next change of the line; false: there is none. */
static bool
next_change(struct irc_proto *p, struct irc_event *ev)
{
	while (p->rest.len) {
		char letter = *p->rest.p;
		enum irc_chanmode kind = irc_isupport_mode(&p->is, letter);

		p->rest = str_skip(p->rest, 1);
		if (letter == '+' || letter == '-') {
			p->adding = letter == '+';
			continue;
		}
		ev->letter = letter;
		ev->mode = kind;
		ev->on = p->adding;
		ev->text = STR_EMPTY;
		if (kind == IRC_MODE_FLAG || (kind == IRC_MODE_SET && !ev->on))
			return true;
		if (p->arg < p->m.nparam)
			ev->text = p->m.param[p->arg++];
		/* Nobody is no member. */
		if (kind != IRC_MODE_MEMBER || ev->text.len)
			return true;
	}
	return false;
}

/* Also where none is set. */
static bool
end_of_modes(struct irc_proto *p, struct irc_event *ev)
{
	ev->type = IRC_EV_MODES_END;
	ev->channel = p->m.param[1];
	ev->ref = irc_answer(p, IRC_ASK_MODES, ev->channel);
	return true;
}

bool
irc_step_modes(struct irc_proto *p, struct irc_event *ev)
{
	bool is_reply = irc_msg_numeric(&p->m) != 0, adding;
	struct irc_event after = { .type = IRC_EV_MODE };
	struct str rest;
	uint32_t arg;

	if (!next_change(p, ev)) {
		p->step = IRC_STEP_NONE;
		return is_reply && end_of_modes(p, ev);
	}
	rest = p->rest;
	arg = p->arg;
	adding = p->adding;
	ev->type = IRC_EV_MODE;
	ev->channel = p->m.param[is_reply ? 1 : 0];
	ev->is_reply = is_reply;
	ev->last = !is_reply && !next_change(p, &after);
	p->rest = rest;
	p->arg = (uint32_t)arg;
	p->adding = adding;
	if (ev->mode == IRC_MODE_MEMBER) {
		ev->nick = ev->text;
		ev->text = STR_EMPTY;
		ev->self = irc_proto_is_self(p, ev->nick);
	} else {
		ev->text = irc_clean(p, ev->text);
	}
	if (ev->last && irc_from_self(p))
		ev->ref = irc_answer(p, IRC_ASK_MODE, ev->channel);
	return true;
}

static bool
begin_modes(struct irc_proto *p, struct irc_event *ev, uint32_t first)
{
	p->step = IRC_STEP_MODES;
	p->rest = p->m.param[first];
	p->arg = (uint32_t)(first + 1);
	p->adding = true;
	return irc_step_modes(p, ev);
}

/* Our own user modes are nobody's business, but for what they let us see. */
bool
irc_on_mode(struct irc_proto *p, struct irc_event *ev)
{
	if (!irc_is_channel(p, p->m.param[0])) {
		if (irc_proto_is_self(p, p->m.param[0]) &&
		    (str_has(p->m.param[1], 'o') ||
		        str_has(p->m.param[1], 'O')))
			p->oper = true;
		return false;
	}
	return begin_modes(p, ev, 1);
}

bool
irc_on_mode_is(struct irc_proto *p, struct irc_event *ev)
{
	return begin_modes(p, ev, 2);
}
