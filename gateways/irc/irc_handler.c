/*
 * Every command and numeric we act on, with the parameters it must have, and
 * what their handlers share.  Numerics without a row are judged by
 * irc_on_numeric(): refusals by its own table, the others are shown to
 * people or passed over.
 */
#include "irc/irc_handler.h"
#include "irc/irc_regain.h"

#include <stdlib.h>

#include "irc/irc_text.h"
#include "lib/xalloc.h"

enum { TEXT_EXTRA = 1024 }; /* for names beside the text */

/* ---- the line at hand ------------------------------------------------- */

/*
 * Everything of one event lies in p->text at fixed places, so it gets all
 * its room at once: a charset makes at most three bytes of one.
 */
static void
reserve_text(struct irc_proto *p)
{
	if (p->text.len == 0)
		(void)buf_reserve(
		    &p->text, 3 * p->line_len + p->m.tags.len + TEXT_EXTRA);
}

/* Of a line that is about a channel: what is written there. */
static const char *
charset_of_line(struct irc_proto *p)
{
	size_t i, n = p->m.nparam < 2 ? p->m.nparam : 2;

	for (i = 0; i < n; i++) {
		struct str name = irc_without_status(p, p->m.param[i]);

		if (irc_is_channel(p, name))
			return irc_charset(p, name);
	}
	return irc_charset(p, STR_EMPTY);
}

struct str
irc_without_status(const struct irc_proto *p, struct str target)
{
	struct str rest = str_skip(target, 1);

	if (rest.len && *target.p && strchr(p->is.statusmsg, *target.p) &&
	    irc_is_channel(p, rest))
		return rest;
	return target;
}

const char *
irc_charset(struct irc_proto *p, struct str target)
{
	const char *name = p->charset ? p->charset(p, target, false) : NULL;

	return name ? name : "windows-1252";
}

struct str
irc_clean(struct irc_proto *p, struct str raw)
{
	if (irc_text_is_clean(raw))
		return raw;
	reserve_text(p);
	return irc_text_clean(raw, p->line_len, charset_of_line(p), &p->text);
}

/* The same of what somebody says; ev is told its styles. */
struct str
irc_styled(struct irc_proto *p, struct str raw, struct irc_event *ev)
{
	struct str text;

	if (irc_text_is_clean(raw))
		return raw;
	if (!p->spans)
		p->spans = xmalloc(sizeof(*p->spans));
	p->spans->n = 0;
	reserve_text(p);
	text = irc_text_styled(
	    raw, p->line_len, charset_of_line(p), &p->text, p->spans);
	ev->spans = p->spans->n ? p->spans : NULL;
	return text;
}

/* Without its escapes; what is then no clean word is unfit for an id. */
struct str
irc_tag_value(struct irc_proto *p, struct str raw)
{
	size_t start = p->text.len;

	if (str_has(raw, '\\')) {
		reserve_text(p);
		irc_tag_unescape(raw, &p->text);
		raw = str_skip(buf_str(&p->text), start);
	}
	return irc_text_is_clean(raw) ? raw : STR_EMPTY;
}

struct str
irc_keep(struct irc_proto *p, struct str s)
{
	size_t start = p->text.len;

	reserve_text(p);
	(void)buf_add_str(&p->text, str_head(s, TEXT_EXTRA / 2));
	return str_skip(buf_str(&p->text), start);
}

struct str
irc_last(const struct irc_proto *p)
{
	return p->m.nparam ? p->m.param[p->m.nparam - 1] : STR_EMPTY;
}

bool
irc_is_channel(const struct irc_proto *p, struct str name)
{
	return irc_isupport_is_channel(&p->is, name);
}

bool
irc_from_self(const struct irc_proto *p)
{
	return irc_proto_is_self(p, p->m.nick);
}

bool
irc_from_server(const struct irc_proto *p)
{
	const struct irc_msg *m = &p->m;

	return m->nick.len == 0 ||
	    (m->user.len == 0 && m->host.len == 0 && str_has(m->nick, '.'));
}

void
irc_learn_self(struct irc_proto *p)
{
	if (p->m.host.len)
		irc_set_mask(p, p->m.user, p->m.host);
}

static uint8_t
short_len(struct str s)
{
	return s.len < UINT8_MAX ? (uint8_t)s.len : UINT8_MAX;
}

/* Of "user@host"; empty: not known. */
static struct str
user_of(const char *mask)
{
	struct str rest = str_c(mask), user = STR_EMPTY;

	(void)str_cut(&rest, '@', &user);
	return user;
}

void
irc_set_mask(struct irc_proto *p, struct str user, struct str host)
{
	char mask[2 * UINT8_MAX + 2];

	if (user.len == 0)
		user = user_of(p->mask);
	else
		p->userlen = short_len(user);
	p->hostlen = short_len(host);
	user = str_head(user, UINT8_MAX);
	host = str_head(host, UINT8_MAX);
	snprintf(mask, sizeof(mask), STR_FMT "@" STR_FMT, STR_ARG(user),
	    STR_ARG(host));
	str_store(&p->mask, str_c(mask));
}

void
irc_set_nick(struct irc_proto *p, struct str nick)
{
	char *copy = str_dup(nick);

	free(p->nick);
	p->nick = copy;
}

/* ---- answers and ends ------------------------------------------------- */

struct irc_ask *
irc_asked(const struct irc_proto *p, enum irc_ask_kind kind, struct str name)
{
	struct irc_ask *a = irc_ask_labeled(&p->asks, irc_line_label(p));

	if (a && a->kind == kind)
		return a;
	return irc_ask_find(&p->asks, IRC_ASK_BIT(kind), p->is.casemap, name);
}

uint64_t
irc_answer(struct irc_proto *p, enum irc_ask_kind kind, struct str name)
{
	struct irc_ask *a = irc_asked(p, kind, name);
	uint64_t ref = a ? a->ref : 0;

	irc_ask_free(&p->asks, &a);
	return ref;
}

/* Each line of a message may be refused; the first one is reported. */
static bool
message_failed(struct irc_proto *p, struct irc_ask *a)
{
	bool first = !a->failed;

	a->failed = true;
	if (--a->nlines == 0)
		irc_ask_free(&p->asks, &a);
	return first;
}

bool
irc_failed(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev,
    enum err_kind kind, enum irc_refusal refusal)
{
	ev->type = IRC_EV_FAILED;
	ev->err = kind;
	if (!a)
		return true;
	/* Nobody of ours waits for these. */
	if (a->kind == IRC_ASK_TYPING || a->kind == IRC_ASK_ISON) {
		irc_ask_free(&p->asks, &a);
		return false;
	}
	ev->ask = a->kind;
	ev->ref = a->ref;
	if (ev->target.len == 0)
		ev->target = irc_keep(p, irc_ask_target(a));
	if (a->kind == IRC_ASK_JOIN) {
		ev->type = IRC_EV_REFUSED;
		ev->channel = irc_keep(p, irc_ask_target(a));
		ev->refusal = refusal;
	}
	if (a->kind == IRC_ASK_MESSAGE && a->nleft > 0)
		return message_failed(p, a);
	irc_ask_free(&p->asks, &a);
	return true;
}

void
irc_note_end(
    struct irc_proto *p, enum err_kind kind, bool permanent, struct str text)
{
	if (p->closing.known)
		return;
	p->closing = (struct irc_closing){
		.known = true,
		.permanent = permanent,
		.kind = kind,
		.text = str_dup(text),
	};
}

void
irc_end(
    struct irc_proto *p, enum err_kind kind, bool permanent, struct str text)
{
	irc_note_end(p, kind, permanent, text);
	p->state = IRC_CLOSED;
	p->step = IRC_STEP_NONE;
	p->held = (struct str){ NULL, 0 };
}

static void
send_urgent(struct irc_proto *p, struct str line, bool secret)
{
	struct irc_line l = {
		.rank = IRC_RANK_URGENT, .text = line, .secret = secret
	};

	p->secrets_out = p->secrets_out || secret;
	if (irc_queue_add(&p->queue, &l) < 0)
		irc_end(p, ERR_PROTOCOL, false,
		    STR("the server asks much and reads nothing"));
}

void
irc_send_urgent(struct irc_proto *p, struct irc_out *o)
{
	struct str line;

	if (irc_out_end(o, &line, NULL) == 0)
		send_urgent(p, line, false);
}

void
irc_send_secret(struct irc_proto *p, struct str line)
{
	send_urgent(p, line, true);
}

void
irc_send_lines(struct irc_proto *p, struct buf *lines, bool secret)
{
	struct str rest = buf_str(lines), line;

	while (rest.len && str_cut(&rest, '\n', &line))
		send_urgent(p, str_of(line.p, line.len + 1), secret);
	if (secret)
		secret_wipe(lines->p, lines->len);
}

/* ---- the table -------------------------------------------------------- */

/* Sorted by cmd; tests/unit/test_irc_proto.c checks that it is. */
static const struct irc_row rows[] = {
	{ "001", 1, irc_on_welcome, true },
	{ "005", 2, irc_on_isupport, false },
	{ "254", 2, irc_on_channels, false },
	{ "276", 3, irc_on_whois, false },
	{ "301", 3, irc_on_away_told, false },
	{ "303", 1, irc_on_ison, false },
	{ "305", 1, irc_on_away_self, false },
	{ "306", 1, irc_on_away_self, false },
	{ "307", 3, irc_on_whois, false },
	{ "310", 3, irc_on_whois, false },
	{ "311", 6, irc_on_whois_begin, false },
	{ "312", 3, irc_on_whois, false },
	{ "313", 3, irc_on_whois, false },
	{ "317", 4, irc_on_whois, false },
	{ "318", 2, irc_on_whois_end, false },
	{ "319", 3, irc_on_whois, false },
	{ "320", 3, irc_on_whois, false },
	{ "321", 1, irc_on_list_start, false },
	{ "322", 3, irc_on_listed, false },
	{ "323", 1, irc_on_list_end, false },
	{ "324", 3, irc_on_mode_is, false },
	{ "330", 3, irc_on_whois, false },
	{ "331", 2, irc_on_topic_none, false },
	{ "332", 3, irc_on_topic_is, false },
	{ "333", 3, irc_on_topic_who, false },
	{ "335", 3, irc_on_whois, false },
	{ "338", 3, irc_on_whois, false },
	{ "341", 3, irc_on_invited, false },
	{ "353", 3, irc_on_names, false },
	{ "354", 2, irc_on_who, false },
	{ "366", 2, irc_on_names_end, false },
	{ "367", 3, irc_on_ban, false },
	{ "368", 2, irc_on_bans_end, false },
	{ "372", 2, irc_on_motd, false },
	{ "375", 1, irc_on_motd_start, false },
	{ "376", 1, irc_on_motd_end, false },
	{ "378", 3, irc_on_whois, false },
	{ "379", 3, irc_on_whois, false },
	{ "381", 1, irc_on_oper, false },
	{ "396", 2, irc_on_own_host, false },
	{ "422", 1, irc_on_motd_end, false },
	{ "432", 1, irc_on_nick_refused, true },
	{ "433", 1, irc_on_nick_refused, true },
	{ "436", 1, irc_on_nick_refused, true },
	{ "437", 1, irc_on_nick_refused, true },
	{ "464", 1, irc_on_password, true },
	{ "465", 1, irc_on_banned, true },
	{ "470", 3, irc_on_forward, false },
	{ "512", 2, irc_on_list_full, false },
	{ "600", 2, irc_on_watch, false },
	{ "601", 2, irc_on_watch, false },
	{ "602", 2, irc_on_watch_off, false },
	{ "604", 2, irc_on_watch, false },
	{ "605", 2, irc_on_watch, false },
	{ "671", 3, irc_on_whois, false },
	{ "730", 2, irc_on_monitor, false },
	{ "731", 2, irc_on_monitor, false },
	{ "734", 2, irc_on_list_full, false },
	{ "900", 1, irc_on_logged_in, true },
	{ "902", 1, irc_on_sasl, true },
	{ "903", 1, irc_on_sasl, true },
	{ "904", 1, irc_on_sasl, true },
	{ "905", 1, irc_on_sasl, true },
	{ "906", 1, irc_on_sasl, true },
	{ "907", 1, irc_on_sasl, true },
	{ "908", 1, irc_on_sasl, true },
	{ "ACCOUNT", 1, irc_on_account, false },
	{ "ACK", 0, irc_on_ack, false },
	{ "AUTHENTICATE", 1, irc_on_authenticate, true },
	{ "AWAY", 0, irc_on_away, false },
	{ "BATCH", 1, irc_on_batch, false },
	{ "CAP", 2, irc_on_cap, true },
	{ "CHGHOST", 2, irc_on_chghost, false },
	{ "ERROR", 0, irc_on_error, true },
	{ "FAIL", 2, irc_on_fail, true },
	{ "INVITE", 2, irc_on_invite, false },
	{ "JOIN", 1, irc_on_join, false },
	{ "KICK", 2, irc_on_kick, false },
	{ "KILL", 1, irc_on_kill, true },
	{ "MODE", 2, irc_on_mode, false },
	{ "NICK", 1, irc_on_nick, false },
	{ "NOTE", 2, irc_on_note, true },
	{ "NOTICE", 2, irc_on_notice, true },
	{ "PART", 1, irc_on_part, false },
	{ "PING", 0, irc_on_ping, true },
	{ "PONG", 0, irc_on_pong, true },
	{ "PRIVMSG", 2, irc_on_privmsg, false },
	{ "QUIT", 0, irc_on_quit, false },
	{ "REDACT", 2, irc_on_redact, false },
	{ "RENAME", 2, irc_on_rename, false },
	{ "SETNAME", 1, irc_on_setname, false },
	{ "TAGMSG", 1, irc_on_tagmsg, false },
	{ "TOPIC", 1, irc_on_topic, false },
	{ "WALLOPS", 1, irc_on_wallops, false },
	{ "WARN", 2, irc_on_note, true },
};

enum { NROW = sizeof(rows) / sizeof(rows[0]) };

static int
row_cmp(const void *key, const void *row)
{
	const struct str *cmd = key;

	return str_cmp(*cmd, str_c(((const struct irc_row *)row)->cmd));
}

const struct irc_row *
irc_row_find(struct str cmd)
{
	return bsearch(&cmd, rows, NROW, sizeof(rows[0]), row_cmp);
}

const struct irc_row *
irc_row_at(size_t i)
{
	return i < NROW ? &rows[i] : NULL;
}
