/*
 * Events of the engine, as the core wants them: one row per type.
 */
#include "irc/irc_link.h"
#include "lib/log.h"

typedef void report_fn(struct irc_session *is, const struct irc_event *ev);

static void
emit(struct irc_session *is, const struct gw_event *ev)
{
	/* -1 comes only from inside an op, and only when thousands of events
	 * wait there; the next listing of the room puts it right. */
	if (session_emit(is->s, ev) < 0)
		log_warn(session_log(is->s), "event dropped", "type=%d",
		    (int)ev->type);
}

static struct gw_person
person(const struct irc_who *who)
{
	return (struct gw_person){
		.nick = who->nick, .user = who->user, .host = who->host
	};
}

/* The request or command with that number is done. */
static void
done(struct irc_session *is, uint64_t ref)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = ref };

	if (ref)
		emit(is, &ev);
}

/* ---- standing --------------------------------------------------------- */

static enum gw_standing
standing_of(const struct irc_isupport *is, irc_ranks r)
{
	if (irc_ranks_has(is, r, "q"))
		return GW_STANDING_OWNER;
	if (irc_ranks_has(is, r, "ao"))
		return GW_STANDING_ADMIN;
	if (irc_ranks_has(is, r, "hv"))
		return GW_STANDING_MEMBER;
	return GW_STANDING_NONE;
}

static enum gw_role
role_of(const struct irc_isupport *is, irc_ranks r)
{
	return irc_ranks_has(is, r, "qaoh") ? GW_ROLE_MODERATOR
	                                    : GW_ROLE_MEMBER;
}

static void
emit_member(struct irc_session *is, struct str channel,
    const struct gw_person *who, irc_ranks ranks)
{
	const struct irc_isupport *sup = irc_proto_isupport(&is->proto);
	struct gw_event ev = { .type = GW_EV_MEMBER,
		.room = channel,
		.person = *who,
		.role = role_of(sup, ranks),
		.standing = standing_of(sup, ranks) };

	emit(is, &ev);
}

/* ---- ourselves -------------------------------------------------------- */

static void
on_ready(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event on = { .type = GW_EV_ONLINE, .text = ev->nick };

	emit(is, &on);
}

/* What its servers say is remembered for the next session. */
static void
on_isupport(struct irc_session *is, const struct irc_event *ev)
{
	const struct irc_isupport *sup = irc_proto_isupport(&is->proto);
	struct gw_event fold = { .type = GW_EV_FOLD };
	struct irc_network *n = is->network;

	n->casemap = sup->casemap;
	n->nicklen = sup->nicklen;
	memcpy(n->chantypes, sup->chantypes, sizeof(n->chantypes));
	if (is->fold == sup->casemap && !ev->on)
		return;
	is->fold = is->channels.fold = sup->casemap;
	emit(is, &fold);
}

static void
on_server_text(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event n = {
		.type = GW_EV_NOTICE, .actor = ev->who.nick, .text = ev->text
	};

	emit(is, &n);
}

static void
on_away_self(struct irc_session *is, const struct irc_event *ev)
{
	done(is, ev->ref);
}

/* ---- rooms ------------------------------------------------------------ */

static void
on_join(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event in = { .type = GW_EV_JOINED, .room = ev->channel };
	struct gw_person who = person(&ev->who);

	if (ev->self) {
		irc_channel_drop(&is->channels, ev->channel);
		(void)irc_channel_get(&is->channels, ev->channel);
		emit(is, &in);
		return;
	}
	who.account = ev->account;
	who.realname = ev->text;
	emit_member(is, ev->channel, &who, 0);
}

static void
on_name(struct irc_session *is, const struct irc_event *ev)
{
	const struct irc_isupport *sup = irc_proto_isupport(&is->proto);
	struct irc_channel *c = irc_channel_find(&is->channels, ev->channel);
	irc_ranks ranks = irc_ranks_of(sup, ev->modes);
	struct gw_person who = person(&ev->who);

	irc_member_set(&is->channels, c, ev->who.nick, ranks);
	emit_member(is, ev->channel, &who, ranks);
}

static void
on_names_end(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event end = { .type = GW_EV_MEMBERS_END,
		.room = ev->channel };

	emit(is, &end);
	done(is, ev->ref);
}

/* They, or we, are out of a channel. */
static void
out(struct irc_session *is, const struct irc_event *ev, struct str nick,
    enum gw_left left, struct str actor)
{
	struct gw_event gone = { .type =
		                     ev->self ? GW_EV_LEFT : GW_EV_MEMBER_LEFT,
		.room = ev->channel,
		.person.nick = nick,
		.left = left,
		.actor = actor,
		.text = ev->text };

	if (ev->self)
		irc_channel_drop(&is->channels, ev->channel);
	else
		irc_member_set(&is->channels,
		    irc_channel_find(&is->channels, ev->channel), nick, 0);
	emit(is, &gone);
	done(is, ev->ref);
}

static void
on_part(struct irc_session *is, const struct irc_event *ev)
{
	out(is, ev, ev->who.nick, GW_LEFT_PART, STR_EMPTY);
}

static void
on_kick(struct irc_session *is, const struct irc_event *ev)
{
	out(is, ev, ev->nick, GW_LEFT_KICK, ev->who.nick);
}

static void
on_topic(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event s = { .type = GW_EV_SUBJECT,
		.room = ev->channel,
		.text = ev->text,
		.actor = ev->who.nick,
		.at_utc = ev->at_utc,
		.on = ev->on };

	emit(is, &s);
	done(is, ev->ref);
}

static const struct {
	char letter;
	unsigned flag;
} flags[] = {
	{ 'm', GW_ROOM_MODERATED },
	{ 'k', GW_ROOM_PASSWORD },
	{ 'i', GW_ROOM_MEMBERS_ONLY },
	{ 's', GW_ROOM_HIDDEN },
	{ 'p', GW_ROOM_HIDDEN },
	{ 't', GW_ROOM_SUBJECT_LOCKED },
};

static void
change_flag(struct irc_channel *c, char letter, bool on)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == letter)
			c->flags = on ? c->flags | flags[i].flag
			              : c->flags & ~flags[i].flag;
}

static void
on_mode(struct irc_session *is, const struct irc_event *ev)
{
	const struct irc_isupport *sup = irc_proto_isupport(&is->proto);
	struct irc_channel *c = irc_channel_find(&is->channels, ev->channel);
	struct gw_event room = { .type = GW_EV_ROOM, .room = ev->channel };
	struct gw_person who = { .nick = ev->nick };
	irc_ranks ranks, bit = irc_rank_bit(sup, ev->letter);

	if (c && ev->mode == IRC_MODE_MEMBER) {
		ranks = irc_member_ranks(&is->channels, c, ev->nick);
		ranks = ev->on ? (irc_ranks)(ranks | bit)
		               : (irc_ranks)(ranks & ~bit);
		irc_member_set(&is->channels, c, ev->nick, ranks);
		emit_member(is, ev->channel, &who, ranks);
	} else if (c) {
		change_flag(c, ev->letter, ev->on);
		room.flags = c->flags;
		if (ev->last)
			emit(is, &room);
	}
	if (ev->last)
		done(is, ev->ref);
}

static const enum gw_refusal refusals[] = {
	[IRC_REFUSED_OTHER] = GW_REFUSED_OTHER,
	[IRC_REFUSED_NO_SUCH] = GW_REFUSED_NO_SUCH_ROOM,
	[IRC_REFUSED_TOO_MANY] = GW_REFUSED_TOO_MANY,
	[IRC_REFUSED_LATER] = GW_REFUSED_UNREACHABLE,
	[IRC_REFUSED_FULL] = GW_REFUSED_FULL,
	[IRC_REFUSED_INVITE] = GW_REFUSED_MEMBERS_ONLY,
	[IRC_REFUSED_BANNED] = GW_REFUSED_BANNED,
	[IRC_REFUSED_KEY] = GW_REFUSED_PASSWORD,
	[IRC_REFUSED_REGISTERED] = GW_REFUSED_MEMBERS_ONLY,
	[IRC_REFUSED_TLS] = GW_REFUSED_POLICY,
	[IRC_REFUSED_POLICY] = GW_REFUSED_POLICY,
	[IRC_REFUSED_FORWARD] = GW_REFUSED_FORWARD,
	[IRC_REFUSED_TIMEOUT] = GW_REFUSED_TIMEOUT,
	[IRC_REFUSED_LINK] = GW_REFUSED_UNREACHABLE,
};

static void
on_refused(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event no = { .type = GW_EV_REFUSED,
		.room = ev->channel,
		.refusal = refusals[ev->refusal],
		.text = ev->forward };
	struct gw_event end = { .type = GW_EV_DONE, .req = ev->ref };

	err_set(&no.err, ev->err ? ev->err : ERR_NOT_ALLOWED,
	    STR_FMT ": " STR_FMT, STR_ARG(str_head(ev->channel, 60)),
	    STR_ARG(str_head(ev->text, 180)));
	end.err = no.err;
	emit(is, &no);
	if (ev->ref)
		emit(is, &end);
}

/* ---- people ----------------------------------------------------------- */

static void
on_quit(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event q = { .type = GW_EV_PERSON_QUIT,
		.person.nick = ev->who.nick,
		.text = ev->text };

	irc_member_quit(&is->channels, ev->who.nick);
	emit(is, &q);
}

static void
on_nick(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event n = { .type = GW_EV_PERSON_NICK,
		.person.nick = ev->who.nick,
		.text = ev->nick };

	irc_member_rename(&is->channels, ev->who.nick, ev->nick);
	emit(is, &n);
	done(is, ev->ref);
}

static void
on_away(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event a = { .type = GW_EV_PERSON_AWAY,
		.person.nick = ev->who.nick,
		.on = ev->on,
		.text = ev->text };

	emit(is, &a);
}

static void
on_person(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event p = { .type = GW_EV_PERSON,
		.person.nick = ev->who.nick,
		.person.account = ev->account,
		.person.user = ev->user,
		.person.host = ev->host };

	if (ev->type == IRC_EV_REALNAME)
		p.person.realname = ev->text;
	emit(is, &p);
}

static void
on_invite(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event i = {
		.type = GW_EV_INVITE, .room = ev->channel, .actor = ev->who.nick
	};

	if (ev->self)
		emit(is, &i);
}

static void
on_invited(struct irc_session *is, const struct irc_event *ev)
{
	done(is, ev->ref);
}

static void
on_away_told(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_message m = { .kind = GW_MSG_NOTICE, .from = ev->nick };
	struct gw_event n = { .type = GW_EV_MESSAGE, .message = &m };
	struct buf text;

	buf_init(&text, 1024);
	buf_addf(&text, "[away] ");
	buf_add_str(&text, ev->text);
	m.body = buf_str(&text);
	emit(is, &n);
	buf_release(&text);
}

/* ---- messages --------------------------------------------------------- */

static const enum gw_msg_kind kinds[] = {
	[IRC_MSG_NORMAL] = GW_MSG_NORMAL,
	[IRC_MSG_ACTION] = GW_MSG_ACTION,
	[IRC_MSG_NOTICE] = GW_MSG_NOTICE,
};

static void
on_message(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_message m = { .room = ev->channel,
		.from = ev->who.nick,
		.body = ev->text,
		.network_id = ev->msgid,
		.account = ev->account,
		.host = ev->who.host,
		.sent_utc = ev->at_utc };
	struct gw_event say = { .type = GW_EV_MESSAGE, .message = &m };

	if (ev->kind == IRC_MSG_CTCP_REPLY) {
		irc_request_reply(is, ev);
	} else if (ev->kind == IRC_MSG_CTCP) {
		return; /* the engine answers what is to be answered */
	} else if (ev->is_server || ev->who.nick.len == 0) {
		on_server_text(is, ev);
	} else if (!ev->self || ev->channel.len) {
		m.kind = kinds[ev->kind];
		emit(is, &say);
	}
}

static void
on_sent(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event f = {
		.type = GW_EV_FATE, .ticket = ev->ref, .fate = GW_SENT
	};

	if (ev->ref)
		emit(is, &f);
}

static void
on_failed(struct irc_session *is, const struct irc_event *ev)
{
	struct gw_event f = { .type = GW_EV_DONE, .req = ev->ref };

	if (ev->ref == 0) {
		on_server_text(is, ev);
		return;
	}
	if (ev->ask == IRC_ASK_MESSAGE && !irc_request_forget(is, ev->ref)) {
		f.type = GW_EV_FATE;
		f.ticket = ev->ref;
		f.fate = GW_REFUSED;
	}
	err_set(&f.err, ev->err, "%s%s" STR_FMT, is->network->name,
	    ev->text.len ? ": " : "", STR_ARG(str_head(ev->text, 180)));
	emit(is, &f);
}

static report_fn *const rows[] = {
	[IRC_EV_READY] = on_ready,
	[IRC_EV_ISUPPORT] = on_isupport,
	[IRC_EV_JOIN] = on_join,
	[IRC_EV_PART] = on_part,
	[IRC_EV_QUIT] = on_quit,
	[IRC_EV_KICK] = on_kick,
	[IRC_EV_NICK] = on_nick,
	[IRC_EV_NAME] = on_name,
	[IRC_EV_NAMES_END] = on_names_end,
	[IRC_EV_TOPIC] = on_topic,
	[IRC_EV_MODE] = on_mode,
	[IRC_EV_MESSAGE] = on_message,
	[IRC_EV_AWAY] = on_away,
	[IRC_EV_AWAY_SELF] = on_away_self,
	[IRC_EV_AWAY_TOLD] = on_away_told,
	[IRC_EV_ACCOUNT] = on_person,
	[IRC_EV_HOST] = on_person,
	[IRC_EV_REALNAME] = on_person,
	[IRC_EV_INVITE] = on_invite,
	[IRC_EV_INVITED] = on_invited,
	[IRC_EV_REFUSED] = on_refused,
	[IRC_EV_SENT] = on_sent,
	[IRC_EV_FAILED] = on_failed,
	[IRC_EV_SERVER_TEXT] = on_server_text,
};

void
irc_event_report(struct irc_session *is, const struct irc_event *ev)
{
	rows[ev->type](is, ev);
}
