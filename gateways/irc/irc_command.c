/*
 * What we say: each command is checked, built, and queued with an ask that
 * waits for its answer.  The lane is the target, so that a PART never
 * overtakes what was said before it.
 */
#include <stdio.h>

#include "irc/irc_handler.h"
#include "irc/irc_nick.h"
#include "irc/irc_split.h"
#include "irc/irc_text.h"
#include "lib/text.h"
#include "lib/utf8.h"

struct ask_for {
	enum irc_ask_kind kind;
	uint64_t ref;
	struct str target, other;
};

/* ---- checks ----------------------------------------------------------- */

static int
need_ready(const struct irc_proto *p, struct err *err)
{
	if (p->state == IRC_READY)
		return 0;
	return err_set(
	    err, ERR_UNREACHABLE, "there is no connection to the network");
}

/* One name: a comma would make two of it. */
static int
need_name(struct str name, const char *what, struct err *err)
{
	if (irc_is_middle(name) && !str_has(name, ','))
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "%s is empty or has a character that IRC cannot carry", what);
}

static int
need_channel(const struct irc_proto *p, struct str name, struct err *err)
{
	size_t max = p->is.channellen;

	if (need_name(name, "the channel name", err) < 0)
		return -1;
	if (!irc_is_channel(p, name) || str_has(name, '\a'))
		return err_set(err, ERR_BAD_INPUT,
		    "this network has no channels of that name");
	if (max && name.len > max)
		return err_set(err, ERR_TOO_BIG,
		    "channel names have at most %zu bytes here", max);
	return 0;
}

/* What of one line others will see. */
static size_t
budget(const struct irc_proto *p, const char *command, struct str target,
    bool action)
{
	struct irc_split_cost c = {
		.line_max = IRC_OUT_MAX,
		.nick = strlen(p->nick),
		.user = p->userlen,
		.host = p->hostlen,
		.command = strlen(command),
		.target = target.len,
		.action = action,
	};

	if (p->is.linelen && p->is.linelen < IRC_OUT_MAX)
		c.line_max = p->is.linelen;
	return irc_split_budget(&c);
}

/* NULL: UTF-8. */
static const char *
charset_out(struct irc_proto *p, struct str target)
{
	return p->charset && !p->is.utf8only
	    ? p->charset(p, irc_without_status(p, target), true)
	    : NULL;
}

/* Bytes of it on the wire; what cannot be written is refused elsewhere. */
static size_t
written_len(struct irc_proto *p, struct str channel, struct str text)
{
	const char *charset =
	    irc_is_channel(p, channel) ? charset_out(p, channel) : NULL;
	struct buf there;
	size_t len;

	if (!charset)
		return text.len;
	buf_init(&there, 4 * text.len + 16);
	len = text_from_utf8(charset, text, &there) ? there.len : text.len;
	buf_release(&there);
	return len;
}

/* Whole or not at all: nothing is cut. */
static int
need_short(struct irc_proto *p, struct str text, size_t limit,
    const char *command, struct str target, struct err *err)
{
	size_t max = budget(p, command, target, false), len;

	if (!utf8_is_valid(text))
		return err_set(err, ERR_BAD_INPUT, "this is not UTF-8");
	if (limit && limit < max)
		max = limit;
	len = written_len(p, target, text);
	if (len > max)
		return err_set(err, ERR_TOO_BIG,
		    "this is %zu bytes long; the network takes %zu", len, max);
	return 0;
}

/* ---- queueing --------------------------------------------------------- */

static int
busy(struct err *err)
{
	return err_set(err, ERR_BUSY,
	    "too much is waiting to be sent to the network already");
}

static uint64_t
lane_of(const struct irc_proto *p, struct str target)
{
	return irc_fold_hash(p->is.casemap, target);
}

static int
queue_at(struct irc_proto *p, enum irc_rank rank, struct irc_out *o,
    const struct ask_for *q, struct err *err)
{
	struct irc_line line = { .rank = rank };

	if (irc_out_end(o, &line.text, err) < 0)
		return -1;
	if (!irc_queue_has_room(&p->queue, line.rank, 1, line.text.len))
		return busy(err);
	line.cookie =
	    irc_ask_new(&p->asks, q->kind, q->ref, q->target, q->other);
	if (!line.cookie)
		return busy(err);
	((struct irc_ask *)line.cookie)->label = o->label;
	line.lane = lane_of(p, q->target);
	(void)irc_queue_add(&p->queue, &line); /* there is room */
	return 0;
}

/* ---- labels ----------------------------------------------------------- */

/* Of the next line or message; answers may then come in a batch. */
static uint32_t
new_label(struct irc_proto *p)
{
	if (!irc_proto_has_cap(p, IRC_CAP_LABELED_RESPONSE) ||
	    !irc_proto_has_cap(p, IRC_CAP_BATCH))
		return 0;
	if (++p->asks.last_label == 0)
		p->asks.last_label = 1;
	return p->asks.last_label;
}

/* Each line of a message has one of its own. */
static void
tag_label(struct irc_out *o, uint32_t label, size_t line)
{
	char text[48];

	if (label == 0)
		return;
	snprintf(text, sizeof(text), line > 1 ? "%u.%zu" : "%u",
	    (unsigned)label, line);
	irc_out_tag(o, "label", str_c(text));
	o->label = label;
}

/*
 * What several of may be open of one name, or of none.
 * COMPAT(inspircd 3.15, 2026-11): the answer to a NICK with a label comes
 * from the new nick, which is nobody we know: it has none.
 */
static bool
is_labeled(enum irc_ask_kind kind)
{
	return IRC_ASK_BIT(kind) &
	    (IRC_ASK_BIT(IRC_ASK_JOIN) | IRC_ASK_BIT(IRC_ASK_PART) |
	        IRC_ASK_BIT(IRC_ASK_KICK) | IRC_ASK_BIT(IRC_ASK_MODE) |
	        IRC_ASK_BIT(IRC_ASK_TOPIC) | IRC_ASK_BIT(IRC_ASK_INVITE) |
	        IRC_ASK_BIT(IRC_ASK_REDACT) | IRC_ASK_BIT(IRC_ASK_REACT));
}

static int
queue_line(struct irc_proto *p, struct irc_out *o, const struct ask_for *q,
    struct err *err)
{
	if (is_labeled(q->kind))
		tag_label(o, new_label(p), 1);
	return queue_at(p, IRC_RANK_USER, o, q, err);
}

/* ---- charsets --------------------------------------------------------- */

/* The last parameter, as those write who read it. */
static void
out_text(
    struct irc_proto *p, struct irc_out *o, struct str target, struct str text)
{
	irc_out_charset(o, charset_out(p, target));
	irc_out_trailing(o, text);
}

/* ---- channels --------------------------------------------------------- */

int
irc_proto_join(struct irc_proto *p, struct str channel, struct str key,
    uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0)
		return -1;
	if (key.len && need_name(key, "the room password", err) < 0)
		return -1;
	irc_out_init(&o, "JOIN");
	irc_out_middle(&o, channel);
	if (key.len)
		irc_out_middle(&o, key);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_JOIN, ref, channel, STR_EMPTY }, err);
}

int
irc_proto_part(struct irc_proto *p, struct str channel, struct str reason,
    uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0 ||
	    need_short(p, reason, 0, "PART", channel, err) < 0)
		return -1;
	irc_out_init(&o, "PART");
	irc_out_middle(&o, channel);
	if (reason.len)
		out_text(p, &o, channel, reason);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_PART, ref, channel, STR_EMPTY }, err);
}

int
irc_proto_topic(struct irc_proto *p, struct str channel, struct str text,
    uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0 ||
	    need_short(p, text, p->is.topiclen, "TOPIC", channel, err) < 0)
		return -1;
	irc_out_init(&o, "TOPIC");
	irc_out_middle(&o, channel);
	out_text(p, &o, channel, text);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_TOPIC, ref, channel, STR_EMPTY }, err);
}

int
irc_proto_kick(struct irc_proto *p, struct str channel, struct str nick,
    struct str reason, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0 ||
	    need_name(nick, "the nick", err) < 0 ||
	    need_short(p, reason, p->is.kicklen, "KICK", channel, err) < 0)
		return -1;
	irc_out_init(&o, "KICK");
	irc_out_middle(&o, channel);
	irc_out_middle(&o, nick);
	if (reason.len)
		out_text(p, &o, channel, reason);
	return queue_line(
	    p, &o, &(struct ask_for){ IRC_ASK_KICK, ref, channel, nick }, err);
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Behind all that users want, so one is enough for several.  If there is no
 * room the asks end by their deadline.
 */
static void
queue_settle(struct irc_proto *p, enum irc_rank rank)
{
	struct irc_out o;

	if (irc_ask_is_queued(&p->asks, IRC_ASK_SETTLE))
		return;
	irc_out_init(&o, "PING");
	irc_out_trailing(&o, STR(IRC_SETTLE_TOKEN));
	(void)queue_at(p, rank, &o,
	    &(struct ask_for){ IRC_ASK_SETTLE, 0, STR_EMPTY, STR_EMPTY }, NULL);
}

static bool
has_sent(const struct irc_proto *p, unsigned kinds)
{
	return irc_ask_find(&p->asks, kinds, p->is.casemap, STR_EMPTY) != NULL;
}

/*
 * One PING settles all messages before it, and only one is under way.  It
 * waits for more of them, since it costs as much as a line of people's, but
 * not for ever.
 */
void
irc_fence(struct irc_proto *p)
{
	size_t n = p->asks.nsent_messages;

	if (p->state != IRC_READY || has_sent(p, IRC_ASK_BIT(IRC_ASK_SETTLE)))
		return;
	if (n >= IRC_FENCE_EVERY)
		queue_settle(p, IRC_RANK_USER);
	else if (n > 0 && p->fence_at < 0)
		p->fence_at = p->now_at + IRC_FENCE_MS;
	else if (n == 0 && has_sent(p, IRC_ASK_SETTLED))
		queue_settle(p, IRC_RANK_HOUSE);
}

void
irc_fence_tick(struct irc_proto *p)
{
	if (p->fence_at < 0 || p->now_at < p->fence_at)
		return;
	p->fence_at = -1;
	if (p->state == IRC_READY && p->asks.nsent_messages > 0 &&
	    !has_sent(p, IRC_ASK_BIT(IRC_ASK_SETTLE)))
		queue_settle(p, IRC_RANK_HOUSE);
}

/* "-o+vv": a sign for each run. */
static int
add_letters(struct buf *modes, const struct irc_change *change, size_t n,
    struct err *err)
{
	char sign = '\0';

	for (size_t i = 0; i < n; i++) {
		char wanted = change[i].on ? '+' : '-';

		if (!is_letter(change[i].letter))
			return err_set(err, ERR_BAD_INPUT,
			    "a mode change is + or - and one letter");
		if (wanted != sign)
			buf_addc(modes, wanted);
		buf_addc(modes, change[i].letter);
		sign = wanted;
	}
	return 0;
}

static int
queue_changes(struct irc_proto *p, struct str channel, struct str modes,
    const struct irc_change *change, size_t n, uint64_t ref, struct err *err)
{
	struct ask_for q = { IRC_ASK_MODE, ref, channel, change[0].arg };
	struct irc_out o;

	irc_out_init(&o, "MODE");
	irc_out_middle(&o, channel);
	irc_out_middle(&o, modes);
	for (size_t i = 0; i < n; i++)
		if (change[i].arg.len)
			irc_out_middle(&o, change[i].arg);
	if (queue_line(p, &o, &q, err) < 0)
		return -1;
	queue_settle(p, IRC_RANK_HOUSE);
	return 0;
}

int
irc_proto_change(struct irc_proto *p, struct str channel,
    const struct irc_change *change, size_t n, uint64_t ref, struct err *err)
{
	struct buf modes;
	int rc = -1;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0)
		return -1;
	if (n == 0 || n > IRC_CHANGES_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "a mode change is + or - and one letter");
	buf_init(&modes, 2 * IRC_CHANGES_MAX);
	if (add_letters(&modes, change, n, err) == 0)
		rc = queue_changes(
		    p, channel, buf_str(&modes), change, n, ref, err);
	buf_release(&modes);
	return rc;
}

int
irc_proto_mode(struct irc_proto *p, struct str channel, struct str modes,
    struct str arg, uint64_t ref, struct err *err)
{
	struct irc_change change = { .arg = arg };

	if (modes.len == 2 && (*modes.p == '+' || *modes.p == '-')) {
		change.on = *modes.p == '+';
		change.letter = modes.p[1];
	}
	return irc_proto_change(p, channel, &change, 1, ref, err);
}

/* MODE #channel, or of one list of it. */
static int
ask_mode(struct irc_proto *p, enum irc_rank rank, const struct ask_for *q,
    struct str list, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, q->target, err) < 0)
		return -1;
	irc_out_init(&o, "MODE");
	irc_out_middle(&o, q->target);
	if (list.len)
		irc_out_middle(&o, list);
	return queue_at(p, rank, &o, q, err);
}

int
irc_proto_ask_modes(
    struct irc_proto *p, struct str channel, uint64_t ref, struct err *err)
{
	return ask_mode(p, IRC_RANK_HOUSE,
	    &(struct ask_for){ IRC_ASK_MODES, ref, channel, STR_EMPTY },
	    STR_EMPTY, err);
}

int
irc_proto_ask_bans(
    struct irc_proto *p, struct str channel, uint64_t ref, struct err *err)
{
	return ask_mode(p, IRC_RANK_USER,
	    &(struct ask_for){ IRC_ASK_BANS, ref, channel, STR_EMPTY },
	    STR("+b"), err);
}

int
irc_proto_invite(struct irc_proto *p, struct str channel, struct str nick,
    uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_channel(p, channel, err) < 0 ||
	    need_name(nick, "the nick", err) < 0)
		return -1;
	irc_out_init(&o, "INVITE");
	irc_out_middle(&o, nick);
	irc_out_middle(&o, channel);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_INVITE, ref, channel, nick }, err);
}

/* ---- oneself ---------------------------------------------------------- */

int
irc_proto_nick_change(
    struct irc_proto *p, struct str nick, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0)
		return -1;
	if (!irc_nick_is_valid(nick))
		return err_set(err, ERR_BAD_INPUT, "not a nick for IRC");
	if (p->is.nicklen && nick.len > p->is.nicklen)
		return err_set(err, ERR_TOO_BIG,
		    "nicks have at most %u characters here", p->is.nicklen);
	irc_out_init(&o, "NICK");
	irc_out_middle(&o, nick);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_NICK, ref, nick, STR_EMPTY }, err);
}

int
irc_proto_away(
    struct irc_proto *p, struct str text, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 ||
	    need_short(p, text, p->is.awaylen, "AWAY", STR_EMPTY, err) < 0)
		return -1;
	irc_out_init(&o, "AWAY");
	if (text.len)
		irc_out_trailing(&o, text);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_AWAY, ref, STR_EMPTY, text }, err);
}

int
irc_proto_whois(
    struct irc_proto *p, struct str nick, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_name(nick, "the nick", err) < 0)
		return -1;
	irc_out_init(&o, "WHOIS");
	irc_out_middle(&o, nick);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_WHOIS, ref, nick, STR_EMPTY }, err);
}

/* Is one of that kind open, sent or not? */
static bool
has_ask(const struct irc_proto *p, enum irc_ask_kind kind)
{
	return has_sent(p, IRC_ASK_BIT(kind)) ||
	    irc_ask_is_queued(&p->asks, kind);
}

/*
 * Two people or fewer make most of the channels of a large network.  A server
 * without SAFELIST hangs up when more is queued for us than it likes.
 */
int
irc_proto_list(
    struct irc_proto *p, unsigned want, uint64_t ref, struct err *err)
{
	bool many = p->nchannels / 4 > want;
	struct irc_out o;

	if (need_ready(p, err) < 0)
		return -1;
	if (has_ask(p, IRC_ASK_LIST))
		return err_set(err, ERR_BUSY,
		    "the list of channels is still coming; try again later");
	if (!p->is.safelist && p->nchannels > IRC_LIST_UNSAFE &&
	    !p->is.elist_size)
		return err_set(err, ERR_TOO_BIG,
		    "%u channels are more than this server would list without "
		    "hanging up",
		    (unsigned)p->nchannels);
	irc_out_init(&o, "LIST");
	if (p->is.elist_size &&
	    (many || (!p->is.safelist && p->nchannels > IRC_LIST_UNSAFE)))
		irc_out_middle(&o, STR(">2"));
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_LIST, ref, STR_EMPTY, STR_EMPTY }, err);
}

/* ---- messages --------------------------------------------------------- */

/* One message, before it is cut into lines. */
struct letter {
	enum irc_msg_kind kind;
	struct str target, msgid; /* msgid: of what it answers, or empty */
	uint32_t label;           /* 0: none */
};

/* Clients know one name of that tag or the other. */
static void
tag_reply(const struct irc_proto *p, struct irc_out *o, struct str msgid)
{
	if (irc_proto_passes(p, IRC_TAG_REPLY))
		irc_out_tag(o, "+reply", msgid);
	if (irc_proto_passes(p, IRC_TAG_DRAFT_REPLY))
		irc_out_tag(o, "+draft/reply", msgid);
}

static void
build_message(struct irc_proto *p, struct irc_out *o, const struct letter *l,
    const struct irc_split *s, struct str text, size_t line)
{
	char codes[IRC_NSTYLE];

	irc_out_init(o, l->kind == IRC_MSG_NOTICE ? "NOTICE" : "PRIVMSG");
	irc_out_middle(o, l->target);
	irc_out_charset(o, charset_out(p, l->target));
	irc_out_lead(o, str_of(codes, irc_split_lead(s, codes)));
	if (l->kind == IRC_MSG_ACTION)
		irc_out_ctcp(o, STR("ACTION"), text);
	else
		irc_out_trailing(o, text);
	tag_label(o, l->label, line);
	if (line == 1 && l->msgid.len)
		tag_reply(p, o, l->msgid);
}

/* The words of a line, as they will come back if the server leaves them. */
static void
note_words(struct irc_proto *p, struct irc_ask *a, struct str piece)
{
	struct buf scratch;

	if (!irc_proto_has_cap(p, IRC_CAP_ECHO_MESSAGE))
		return;
	buf_init(&scratch, IRC_LINE_MAX);
	irc_ask_words(&a->said,
	    irc_text_clean(
	        piece, 0, irc_charset(p, irc_ask_target(a)), &scratch));
	buf_release(&scratch);
}

/* Few charsets take more than UTF-8, and of few characters. */
static int
need_fit(const struct irc_split *s, struct str piece, const struct irc_out *o,
    struct err *err)
{
	if (o->grown == 0 || piece.len + o->grown <= s->budget)
		return 0;
	return err_set(err, ERR_TOO_BIG,
	    "a line of this would be too long in the character set that you "
	    "have set for what you write there");
}

/* All pieces can be built: found out before the first is queued. */
static int
check_message(struct irc_proto *p, const struct letter *l, struct irc_split s,
    size_t *n_out, size_t *nbytes_out, struct err *err)
{
	struct str piece, line;
	struct irc_out o;

	*n_out = *nbytes_out = 0;
	while (irc_split_next(&s, &piece)) {
		if (++*n_out > p->max_lines)
			return err_set(err, ERR_TOO_BIG,
			    "this message would take more than %u lines",
			    p->max_lines);
		build_message(p, &o, l, &s, piece, *n_out);
		if (irc_out_end(&o, &line, err) < 0 ||
		    need_fit(&s, piece, &o, err) < 0)
			return -1;
		*nbytes_out += line.len;
	}
	if (*n_out == 0)
		return err_set(err, ERR_BAD_INPUT, "the message is empty");
	return 0;
}

int
irc_proto_message(struct irc_proto *p, enum irc_msg_kind kind,
    struct str target, struct str text, uint64_t ref, struct err *err)
{
	return irc_proto_reply(p, kind, target, text, STR_EMPTY, ref, err);
}

int
irc_proto_reply(struct irc_proto *p, enum irc_msg_kind kind, struct str target,
    struct str text, struct str msgid, uint64_t ref, struct err *err)
{
	const struct letter letter = { kind, target, msgid, new_label(p) };
	struct irc_line line = { .rank = IRC_RANK_USER };
	struct irc_split s;
	struct irc_ask *a;
	struct irc_out o;
	struct str piece;
	size_t n, nbytes, i;

	if (need_ready(p, err) < 0 || need_name(target, "the name", err) < 0)
		return -1;
	if (!utf8_is_valid(text))
		return err_set(err, ERR_BAD_INPUT, "this is not UTF-8");
	irc_split_init(
	    &s, text, budget(p, "PRIVMSG", target, kind == IRC_MSG_ACTION));
	if (check_message(p, &letter, s, &n, &nbytes, err) < 0)
		return -1;
	if (!irc_queue_has_room(&p->queue, line.rank, n, nbytes))
		return busy(err);
	a = irc_ask_new(&p->asks, IRC_ASK_MESSAGE, ref, target, STR_EMPTY);
	if (!a)
		return busy(err);
	a->nlines = a->npieces = (unsigned)n;
	a->label = letter.label;
	irc_typing_said(p, target);
	line.cookie = a;
	line.lane = lane_of(p, target);
	for (i = 1; irc_split_next(&s, &piece); i++) {
		build_message(p, &o, &letter, &s, piece, i);
		(void)irc_out_end(&o, &line.text, NULL); /* checked above */
		(void)irc_queue_add(&p->queue, &line);   /* there is room */
		note_words(p, a, piece);
	}
	return 0;
}

int
irc_proto_react(struct irc_proto *p, struct str target, struct str text,
    struct str msgid, bool on, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_name(target, "the name", err) < 0)
		return -1;
	if (!irc_proto_passes(p, IRC_TAG_REACT))
		return err_set(
		    err, ERR_UNSUPPORTED, "there are no reactions here");
	irc_out_init(&o, "TAGMSG");
	irc_out_middle(&o, target);
	irc_out_tag(&o, on ? "+draft/react" : "+draft/unreact", text);
	tag_reply(p, &o, msgid);
	if (queue_line(p, &o,
	        &(struct ask_for){ IRC_ASK_REACT, ref, target, STR_EMPTY },
	        err) < 0)
		return -1;
	queue_settle(p, IRC_RANK_HOUSE);
	return 0;
}

int
irc_proto_redact(struct irc_proto *p, struct str target, struct str msgid,
    struct str reason, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_name(target, "the name", err) < 0)
		return -1;
	if (!irc_cap_has(&p->cap, IRC_CAP_MESSAGE_REDACTION))
		return err_set(err, ERR_UNSUPPORTED,
		    "the others have read it; this network cannot take it "
		    "back");
	irc_out_init(&o, "REDACT");
	irc_out_middle(&o, target);
	irc_out_middle(&o, msgid);
	if (reason.len)
		out_text(p, &o, target, reason);
	if (queue_line(p, &o,
	        &(struct ask_for){ IRC_ASK_REDACT, ref, target, msgid },
	        err) < 0)
		return -1;
	queue_settle(p, IRC_RANK_HOUSE);
	return 0;
}

int
irc_tag_typing(struct irc_proto *p, struct str target, const char *word)
{
	struct irc_out o;

	irc_out_init(&o, "TAGMSG");
	irc_out_middle(&o, target);
	irc_out_tag(&o, "+typing", str_c(word));
	return queue_at(p, IRC_RANK_DROPPABLE, &o,
	    &(struct ask_for){ IRC_ASK_TYPING, 0, target, STR_EMPTY }, NULL);
}

void
irc_proto_typing(struct irc_proto *p, struct str target, enum irc_typing what,
    int64_t now_at)
{
	p->now_at = now_at;
	if (need_name(target, "the name", NULL) == 0)
		irc_typing_want(p, target, what);
}

int
irc_proto_ctcp(struct irc_proto *p, struct str target, struct str command,
    struct str text, uint64_t ref, struct err *err)
{
	uint32_t label = new_label(p);
	struct irc_out o;

	if (need_ready(p, err) < 0 || need_name(target, "the name", err) < 0 ||
	    need_short(p, text, 0, "PRIVMSG", target, err) < 0)
		return -1;
	irc_out_init(&o, "PRIVMSG");
	irc_out_middle(&o, target);
	irc_out_ctcp(&o, command, text);
	tag_label(&o, label, 1);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_MESSAGE, ref, target, STR_EMPTY }, err);
}

int
irc_proto_raw(
    struct irc_proto *p, struct str line, uint64_t ref, struct err *err)
{
	struct irc_out o;

	if (need_ready(p, err) < 0)
		return -1;
	irc_out_raw(&o, line);
	return queue_line(p, &o,
	    &(struct ask_for){ IRC_ASK_RAW, ref, STR_EMPTY, STR_EMPTY }, err);
}

/* ---- leaving ---------------------------------------------------------- */

static void
build_quit(const struct irc_proto *p, struct irc_out *o, struct str reason)
{
	struct str line;

	irc_out_init(o, "QUIT");
	if (reason.len)
		irc_out_trailing(o, reason);
	if (irc_out_end(o, &line, NULL) == 0 &&
	    reason.len <= budget(p, "QUIT", STR_EMPTY, false))
		return;
	irc_out_init(o, "QUIT");
}

void
irc_proto_quit(struct irc_proto *p, struct str reason)
{
	struct irc_out o;

	if (p->state == IRC_CLOSED || p->state == IRC_LEAVING)
		return;
	irc_note_end(p, ERR_NONE, false, STR_EMPTY);
	if (p->state == IRC_IDLE) {
		irc_end(p, ERR_NONE, false, STR_EMPTY);
		return;
	}
	build_quit(p, &o, reason);
	irc_send_urgent(p, &o);
	if (p->state == IRC_CLOSED)
		return;
	p->state = IRC_LEAVING;
	p->start_at = -1; /* from when it leaves */
}
