/*
 * The client half of IRC as a state machine: bytes to lines, lines to
 * handlers, handlers to events; time and the end.
 *
 *	IDLE -start-> REGISTERING -001-> WELCOMED -376, 422, 2 s-> READY
 *	  (where NickServ is told who we are, with its answer or 3 s)
 *	  any of them -quit-> LEAVING -ERROR, eof, 2 s-> CLOSED
 *	  any of them -ERROR, eof, deadline, refusal-> CLOSED
 *
 * One line can give several events (353, MODE): what is left of it waits in
 * p->rest.  And one event can be due before the line that brought it about
 * (READY, a topic without its 333): then the line waits in p->held.
 */
#include "irc/irc_proto.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/xalloc.h"

#include "irc/irc_handler.h"
#include "irc/irc_nick.h"
#include "irc/irc_regain.h"

enum {
	OUT_MAX = 8192,       /* released by the flood control, not written */
	OUT_SOFT = 4096,      /* from here nothing more is released */
	TOPIC_MAX = 8192,     /* of 332 */
	TEXT_MAX = 64 * 1024, /* a line, converted: three times as long */
	CTCP_BURST = 3,
	CTCP_INTERVAL_MS = 3000,
};

/* ---- life ------------------------------------------------------------- */

static void
init_buffers(struct irc_proto *p)
{
	linebuf_init(&p->in, IRC_LINE_MAX);
	buf_init(&p->out, OUT_MAX);
	buf_init(&p->text, TEXT_MAX);
	buf_init(&p->motd, IRC_MOTD_MAX);
	buf_init(&p->topic, TOPIC_MAX);
}

static void
init_names(struct irc_proto *p, const struct irc_params *params)
{
	char nick[IRC_NICK_BYTES];

	irc_nick_map(
	    params->nick, params->nick_fallback, params->nick_max, nick);
	p->nick = xstrdup(nick);
	p->base = xstrdup(nick);
	p->fallback = str_dup(params->nick_fallback);
	p->user = str_dup(params->user);
	p->realname = str_dup(params->realname);
	p->version = str_dup(params->version);
}

static int
init_opening(struct irc_proto *p, const struct irc_params *params)
{
	const struct irc_webirc_params *w = &params->webirc;
	struct irc_opening *o = xcalloc(1, sizeof(*o));
	struct buf text;
	int rc = 0;

	p->opening = o;
	buf_init(&text, SECRET_MAX);
	if (w->password.len)
		rc = buf_addf(&text, STR_FMT " passerelle " STR_FMT " " STR_FMT,
		    STR_ARG(w->password), STR_ARG(w->host),
		    STR_ARG(w->address));
	if (rc < 0 || secret_set(&o->webirc, buf_str(&text)) < 0 ||
	    secret_set(&o->server_password, params->server_password) < 0)
		rc = -1;
	secret_wipe(text.p, text.len);
	buf_release(&text);
	return rc;
}

/* -1 cannot be told here: a secret that is too long is none. */
static void
init_secrets(struct irc_proto *p, const struct irc_params *params)
{
	p->bad_secret = irc_cap_init(&p->cap, &params->sasl) < 0 ||
	    init_opening(p, params) < 0;
}

void
irc_proto_init(struct irc_proto *p, const struct irc_params *params)
{
	*p = (struct irc_proto){
		.charset = params->charset,
		.max_lines = params->max_lines ? (uint32_t)params->max_lines
		                               : IRC_MAX_LINES,
		.nick_max = (uint32_t)params->nick_max,
		.sasl_required = params->sasl_required,
		.secrets_allowed = params->secrets_allowed,
		.tls = params->tls,
		.ping_at = -1,
		.lag_ms = -1,
		.relogin_at = -1,
		.regain = { .next_at = -1, .on = params->regain },
		.fence_at = -1,
	};
	init_buffers(p);
	init_names(p, params);
	init_secrets(p, params);
	irc_queue_init(&p->queue, params->burst, params->interval_ms);
	irc_isupport_init(&p->is);
	irc_asks_init(&p->asks);
	bucket_init(&p->ctcp, CTCP_BURST, CTCP_INTERVAL_MS);
}

void
irc_proto_release(struct irc_proto *p)
{
	linebuf_release(&p->in);
	secret_wipe(p->out.p, p->out.len);
	buf_release(&p->out);
	buf_release(&p->text);
	buf_release(&p->motd);
	buf_release(&p->topic);
	irc_queue_release(&p->queue);
	irc_asks_release(&p->asks);
	irc_typing_release(p);
	irc_watch_free(&p->watch);
	irc_batches_free(&p->batches);
	free(p->nick);
	free(p->base);
	free(p->mask);
	free(p->fallback);
	free(p->user);
	free(p->realname);
	free(p->version);
	free(p->closing.text);
	irc_opening_free(&p->opening);
	free(p->spans);
	irc_back_free(&p->back);
	irc_cap_release(&p->cap);
	memset(p, 0, sizeof(*p));
}

int
irc_proto_start(struct irc_proto *p, int64_t now_at, struct err *err)
{
	if (p->state != IRC_IDLE)
		return err_set(err, ERR_INTERNAL, "started twice");
	if (p->bad_secret)
		return err_set(err, ERR_BAD_INPUT,
		    "a password is longer than %d bytes", SECRET_MAX);
	p->now_at = p->start_at = p->heard_at = now_at;
	if (irc_register(p, err) < 0)
		return -1;
	p->state = IRC_REGISTERING;
	return 0;
}

/* ---- bytes in, events out --------------------------------------------- */

void
irc_proto_feed(
    struct irc_proto *p, const void *data, size_t len, int64_t now_at)
{
	if (p->state == IRC_CLOSED || p->state == IRC_IDLE)
		return;
	p->now_at = now_at;
	p->heard_at = now_at;
	if (p->ping_at >= 0)
		p->lag_ms = (int32_t)(now_at - p->ping_at);
	p->ping_at = -1;
	p->heard = true;
	linebuf_feed(&p->in, data, len);
}

static bool
take_line(struct irc_proto *p, struct str *line)
{
	if (!p->held.p)
		return linebuf_next(&p->in, line);
	*line = p->held;
	p->held = (struct str){ NULL, 0 };
	return true;
}

/* What the tags say of any line. */
static void
read_tags(struct irc_proto *p, struct irc_event *ev)
{
	struct str rest = p->m.tags, key, raw;

	while (irc_tag_next(&rest, &key, &raw)) {
		if (str_is(key, "time")) {
			int64_t utc = irc_time_parse(raw);

			ev->at_utc = utc > 0 ? utc : 0;
		} else if (str_is(key, "account")) {
			ev->account = irc_tag_value(p, raw);
		} else if (str_is(key, "msgid")) {
			ev->msgid = irc_tag_value(p, raw);
		} else if (str_is(key, "+reply") ||
		    str_is(key, "+draft/reply")) {
			ev->reply = irc_tag_value(p, raw);
		} else if (str_is(key, "+channel-context") ||
		    str_is(key, "+draft/channel-context")) {
			ev->context = irc_tag_value(p, raw);
		} else if (str_is(key, "bot") || str_is(key, "draft/bot")) {
			ev->is_bot = true;
		}
	}
}

static void
begin_event(struct irc_proto *p, struct irc_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->who.nick = p->m.nick;
	ev->who.user = p->m.user;
	ev->who.host = p->m.host;
	if (p->m.tags.len)
		read_tags(p, ev);
}

/* Registration has used up the tokens; servers do not count it. */
static bool
become_ready(struct irc_proto *p, struct irc_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	p->state = IRC_READY;
	bucket_init(&p->queue.bucket, p->queue.bucket.burst,
	    p->queue.bucket.interval_ms);
	irc_regain_begin(p);
	ev->type = IRC_EV_READY;
	ev->nick = str_c(p->nick);
	return true;
}

/* Everything but what comes between 001 and the end of the MOTD. */
static bool
makes_ready(const struct irc_proto *p)
{
	static const char *const before[] = { "NOTICE", "PING", "PONG", "CAP",
		"AUTHENTICATE", "ERROR", "MODE", "KILL", "FAIL", "WARN", "NOTE",
		"CHGHOST", "ACCOUNT", "NICK", "BATCH" };
	unsigned code = irc_msg_numeric(&p->m);
	size_t i;

	if (code)
		return code == 376 || code == 422;
	if (irc_nickserv_is_open(p) && str_is(p->m.cmd, "PRIVMSG"))
		return false;
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (str_is(p->m.cmd, before[i]))
			return false;
	return true;
}

/* Of history only what people said is of use; all else is not so now. */
static bool
is_over(struct irc_proto *p, struct irc_event *ev)
{
	enum irc_tense tense;

	if (str_is(p->m.cmd, "BATCH"))
		return false;
	tense = irc_batch_tense(p);
	ev->is_past = tense == IRC_PAST;
	if (tense == IRC_PAST)
		return !str_is(p->m.cmd, "PRIVMSG") &&
		    !str_is(p->m.cmd, "NOTICE");
	return tense == IRC_PAST_TOO_MUCH;
}

static bool
dispatch(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_row *row = irc_row_find(p->m.cmd);
	bool registering = p->state == IRC_REGISTERING, told;

	begin_event(p, ev);
	if (is_over(p, ev))
		return false;
	if (irc_nickserv_is_open(p) && irc_nickserv_line(p, ev, &told))
		return told;
	if (p->nickserv.regain && irc_regain_line(p))
		return false;
	if (row && (row->early || !registering))
		return p->m.nparam >= row->nparam && row->fn(p, ev);
	if (row || registering || irc_msg_numeric(&p->m) == 0)
		return false;
	return irc_on_numeric(p, ev);
}

static bool
on_line(struct irc_proto *p, struct str line, struct irc_event *ev)
{
	buf_clear(&p->text);
	if (irc_msg_parse(&p->m, line) < 0)
		return false;
	p->line_len = (uint32_t)(line.len - p->m.tags.len);
	if (p->topic_waits && !str_is(p->m.cmd, "333")) {
		p->held = line;
		memset(ev, 0, sizeof(*ev));
		irc_topic_event(p, ev);
		return true;
	}
	if (p->state == IRC_WELCOMED && makes_ready(p)) {
		p->motd_over = true;
		if (!irc_nickserv_is_open(p) || !irc_msg_numeric(&p->m)) {
			p->held = line;
			return become_ready(p, ev);
		}
	}
	return dispatch(p, ev);
}

static bool
continue_line(struct irc_proto *p, struct irc_event *ev)
{
	if (p->step == IRC_STEP_NONE)
		return false;
	begin_event(p, ev);
	switch (p->step) {
	case IRC_STEP_NAMES:
		return irc_step_names(p, ev);
	case IRC_STEP_MODES:
		return irc_step_modes(p, ev);
	case IRC_STEP_SETTLE:
		return irc_step_settle(p, ev);
	case IRC_STEP_NONE:
		break;
	}
	return false;
}

static struct irc_ask *
first_ask(struct list *head)
{
	struct list *node = list_first(head);

	return node ? LIST_ENTRY(node, struct irc_ask, node) : NULL;
}

/* What will come back is news then. */
static bool
report_sent(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a;
	bool echo;

	do {
		a = first_ask(&p->asks.told);
		if (!a)
			return false;
		echo = a->echo;
		memset(ev, 0, sizeof(*ev));
		ev->type = IRC_EV_SENT;
		ev->ref = a->ref;
		irc_ask_told(&p->asks, a);
		irc_fence(p);
	} while (echo);
	return true;
}

static bool
report_overdue(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_ask_overdue(&p->asks, p->now_at, IRC_ANSWER_MS);

	if (!a)
		return false;
	memset(ev, 0, sizeof(*ev));
	if (a->inside) { /* a server that sends no end of NAMES */
		ev->type = IRC_EV_NAMES_END;
		ev->channel = irc_keep(p, irc_ask_target(a));
		ev->ref = a->ref;
		irc_ask_free(&p->asks, &a);
		return true;
	}
	/* Nobody waits for these. */
	if (a->kind == IRC_ASK_TYPING || a->kind == IRC_ASK_ISON) {
		irc_ask_free(&p->asks, &a);
		return report_overdue(p, ev);
	}
	ev->text = STR("the server did not answer in time");
	return irc_failed(p, a, ev, ERR_TIMEOUT, IRC_REFUSED_TIMEOUT);
}

/*
 * A server that leaves PING unanswered, but lives: it has had a minute to
 * refuse.  While nothing is heard the link may be dead, and nothing known.
 */
static bool
report_unfenced(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = irc_ask_find(
	    &p->asks, IRC_ASK_BIT(IRC_ASK_SETTLE), p->is.casemap, STR_EMPTY);

	if (!a || p->heard_at - a->sent_at < IRC_ANSWER_MS)
		return false;
	memset(ev, 0, sizeof(*ev));
	p->step = IRC_STEP_SETTLE;
	/* It goes on without a line; the last one's bytes are gone. */
	p->m = (struct irc_msg){ 0 };
	return irc_step_settle(p, ev);
}

/* Nobody waits for it, or it has its answer already. */
static bool
is_silent(const struct irc_ask *a)
{
	return a->kind == IRC_ASK_SETTLE || a->kind == IRC_ASK_TYPING ||
	    a->kind == IRC_ASK_ISON ||
	    (a->sent_at >= 0 && a->kind == IRC_ASK_RAW) || a->failed;
}

/* The oldest of what is open and must be told; NULL: nothing. */
static struct irc_ask *
next_open(struct irc_proto *p)
{
	struct irc_ask *a;

	for (;;) {
		a = first_ask(&p->asks.queued);
		if (!a)
			a = irc_ask_oldest(&p->asks);
		if (!a || !is_silent(a))
			return a;
		irc_ask_free(&p->asks, &a);
	}
}

/* A message of which something has left may have arrived. */
static bool
message_lost(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev)
{
	ev->type = IRC_EV_FAILED;
	ev->err = ERR_UNREACHABLE;
	ev->ask = a->kind;
	ev->ref = a->ref;
	ev->target = irc_keep(p, irc_ask_target(a));
	ev->unsure = a->nleft > 0;
	if (ev->unsure)
		ev->text = STR("the connection ended before the server has "
		               "confirmed this; it may have arrived");
	irc_ask_free(&p->asks, &a);
	return true;
}

/* The server has answered our QUIT, hence read all before it. */
static bool
message_taken(struct irc_proto *p, struct irc_ask *a, struct irc_event *ev)
{
	ev->type = IRC_EV_ACCEPTED;
	ev->ref = a->ref;
	ev->text = STR_EMPTY;
	irc_ask_free(&p->asks, &a);
	return true;
}

/* What is open fails, one by one, then comes the last event of all. */
static bool
report_end(struct irc_proto *p, struct irc_event *ev)
{
	struct irc_ask *a = next_open(p);

	memset(ev, 0, sizeof(*ev));
	ev->text = STR("the connection to the server has ended");
	if (a && a->kind == IRC_ASK_MESSAGE && p->closing.after_quit &&
	    a->sent_at >= 0 && !a->echo)
		return message_taken(p, a, ev);
	if (a && a->kind == IRC_ASK_MESSAGE)
		return message_lost(p, a, ev);
	if (a)
		return irc_failed(p, a, ev, ERR_UNREACHABLE, IRC_REFUSED_LINK);
	ev->text = STR_EMPTY;
	if (p->closing.reported)
		return false;
	p->closing.reported = true;
	ev->type = IRC_EV_CLOSED;
	ev->err = p->closing.kind;
	ev->text = str_c(p->closing.text);
	ev->permanent = p->closing.permanent;
	ev->turned_away = p->turned_away;
	return true;
}

/* Nothing is borrowed any more: an idle connection keeps no buffers. */
static void
give_memory_back(struct irc_proto *p)
{
	buf_clear(&p->text);
	buf_trim(&p->text);
	free(p->spans);
	p->spans = NULL;
	irc_back_free(&p->back);
	if (!p->topic_waits) {
		buf_clear(&p->topic);
		buf_trim(&p->topic);
	}
	if (!p->motd_comes && !p->whois_comes) {
		buf_clear(&p->motd);
		buf_trim(&p->motd);
	}
}

/* After the login to NickServ, the MOTD, or a while. */
static bool
is_let_in(const struct irc_proto *p)
{
	return p->state == IRC_WELCOMED && !irc_nickserv_is_open(p) &&
	    (p->motd_over || p->now_at - p->start_at >= IRC_MOTD_WAIT_MS);
}

bool
irc_proto_next(struct irc_proto *p, struct irc_event *ev)
{
	struct str line;

	buf_clear(&p->text);
	if (report_sent(p, ev))
		return true;
	if (irc_watch_next(p, ev) || continue_line(p, ev))
		return true;
	while (p->state != IRC_CLOSED && take_line(p, &line))
		if (on_line(p, line, ev))
			return true;
	if (p->state != IRC_CLOSED && irc_nickserv_overdue(p, ev))
		return true;
	if (p->state == IRC_CLOSED)
		return report_end(p, ev);
	if (is_let_in(p))
		return become_ready(p, ev);
	if (report_overdue(p, ev) || report_unfenced(p, ev) ||
	    irc_typing_over(p, ev))
		return true;
	give_memory_back(p);
	return false;
}

void
irc_proto_eof(struct irc_proto *p, struct str why)
{
	/* A throttle may hang up without a word (QUIRKS.md). */
	bool silent = p->state == IRC_REGISTERING && !p->heard;

	if (p->state != IRC_CLOSED)
		irc_end(p, ERR_UNREACHABLE, false, why);
	if (silent)
		p->turned_away = true;
}

/* ---- bytes out -------------------------------------------------------- */

static bool
may_release(const struct irc_proto *p)
{
	if (p->out.len >= OUT_SOFT)
		return false;
	return p->state != IRC_LEAVING || p->queue.nrank[IRC_RANK_URGENT] > 0;
}

/* One line of what was asked; a message is sent with its last. */
static void
has_left(struct irc_proto *p, struct irc_ask *a, int64_t now_at)
{
	if (a->nleft++ == 0)
		a->echo = a->kind == IRC_ASK_MESSAGE &&
		    irc_proto_has_cap(p, IRC_CAP_ECHO_MESSAGE);
	if (a->nleft < a->npieces)
		return;
	irc_ask_sent(&p->asks, a, now_at);
}

struct str
irc_proto_out(struct irc_proto *p, int64_t now_at)
{
	void *cookie;

	if (p->state == IRC_CLOSED)
		return STR_EMPTY;
	p->now_at = now_at;
	if (p->state == IRC_LEAVING && p->start_at < 0)
		p->start_at = now_at;
	irc_watch_work(p);
	while (may_release(p) &&
	    irc_queue_pop(&p->queue, now_at, &p->out, &cookie))
		if (cookie)
			has_left(p, cookie, now_at);
	return buf_str(&p->out);
}

void
irc_proto_wrote(struct irc_proto *p, size_t n)
{
	if (p->state == IRC_REGISTERING || p->secrets_out)
		secret_wipe(p->out.p, n);
	buf_drop(&p->out, n);
	buf_trim(&p->out);
	if (p->out.len == 0 && p->queue.nrank[IRC_RANK_URGENT] == 0)
		p->secrets_out = false;
}

/* ---- time ------------------------------------------------------------- */

static void
earliest(int64_t *at, int64_t other)
{
	if (other >= 0 && (*at < 0 || other < *at))
		*at = other;
}

/* The deadline of the state itself, or -1. */
static int64_t
state_deadline(const struct irc_proto *p)
{
	switch (p->state) {
	case IRC_REGISTERING:
		return p->start_at + IRC_REGISTER_MS;
	case IRC_WELCOMED:
		return irc_nickserv_is_open(p) ? -1
		                               : p->start_at + IRC_MOTD_WAIT_MS;
	case IRC_READY:
		return p->ping_at >= 0 ? p->ping_at + IRC_PONG_MS
		                       : p->heard_at + IRC_SILENCE_MS;
	case IRC_LEAVING:
		return p->start_at < 0 ? p->now_at : p->start_at + IRC_QUIT_MS;
	case IRC_IDLE:
	case IRC_CLOSED:
		break;
	}
	return -1;
}

int64_t
irc_proto_deadline(const struct irc_proto *p)
{
	int64_t at = state_deadline(p);

	if (p->state == IRC_IDLE || p->state == IRC_CLOSED)
		return -1;
	if (may_release(p))
		earliest(&at, irc_queue_ready_at(&p->queue, p->now_at));
	earliest(&at, irc_ask_due_at(&p->asks, IRC_ANSWER_MS));
	if (p->state == IRC_READY)
		earliest(&at, p->regain.next_at);
	earliest(&at, irc_watch_deadline(p));
	earliest(&at, p->fence_at);
	earliest(&at, p->relogin_at);
	if (irc_nickserv_is_open(p))
		earliest(&at, p->nickserv.due_at);
	if (p->state == IRC_READY)
		earliest(&at, irc_typing_due_at(p));
	return at;
}

/* One token, no spaces: servers answer two in three ways (QUIRKS.md). */
static void
send_ping(struct irc_proto *p)
{
	struct irc_out o;
	char token[24];

	snprintf(token, sizeof(token), "alive-%u", (unsigned)++p->nping);
	irc_out_init(&o, "PING");
	irc_out_trailing(&o, str_c(token));
	irc_send_urgent(p, &o);
	p->ping_at = p->now_at;
}

static void
on_state_deadline(struct irc_proto *p)
{
	switch (p->state) {
	case IRC_REGISTERING:
		irc_end(p, ERR_TIMEOUT, false,
		    STR("the server did not let us in within a minute"));
		return;
	case IRC_READY:
		if (p->ping_at < 0)
			send_ping(p);
		else
			irc_end(p, ERR_TIMEOUT, false,
			    STR("the server no longer answers"));
		return;
	case IRC_LEAVING:
		if (p->start_at >= 0)
			irc_end(p, ERR_NONE, false, STR_EMPTY);
		return;
	case IRC_WELCOMED: /* irc_proto_next() sees it */
	case IRC_IDLE:
	case IRC_CLOSED:
		return;
	}
}

void
irc_proto_tick(struct irc_proto *p, int64_t now_at)
{
	int64_t at = state_deadline(p);

	p->now_at = now_at;
	irc_regain_tick(p);
	irc_relogin_tick(p);
	irc_watch_tick(p);
	irc_fence_tick(p);
	irc_typing_tick(p);
	if (at >= 0 && now_at >= at)
		on_state_deadline(p);
}

/* ---- questions -------------------------------------------------------- */

struct str
irc_proto_nick(const struct irc_proto *p)
{
	return str_c(p->nick);
}

const struct irc_isupport *
irc_proto_isupport(const struct irc_proto *p)
{
	return &p->is;
}

bool
irc_proto_is_self(const struct irc_proto *p, struct str nick)
{
	return nick.len && irc_fold_eq(p->is.casemap, nick, str_c(p->nick));
}

bool
irc_proto_is_oper(const struct irc_proto *p)
{
	return p->oper;
}

bool
irc_proto_has_cap(const struct irc_proto *p, enum irc_cap_id id)
{
	return irc_cap_has(&p->cap, id);
}

bool
irc_proto_passes(const struct irc_proto *p, enum irc_tag tag)
{
	return irc_cap_has(&p->cap, IRC_CAP_MESSAGE_TAGS) &&
	    irc_isupport_passes(&p->is, tag);
}

int64_t
irc_proto_delay(const struct irc_proto *p, int64_t now_at)
{
	return irc_queue_delay(&p->queue, now_at);
}

size_t
irc_proto_queued(const struct irc_proto *p)
{
	return p->queue.n;
}

int64_t
irc_proto_lag(const struct irc_proto *p)
{
	return p->lag_ms;
}

bool
irc_proto_mask(const struct irc_proto *p, struct buf *out)
{
	if (!p->mask || p->mask[0] == '@')
		return false;
	buf_addf(out, "%s!%s", p->nick, p->mask);
	return true;
}
