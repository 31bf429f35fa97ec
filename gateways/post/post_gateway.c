/*
 * post - the smallest gateway that stores and forwards: the contract by
 * example, and a test double
 *
 * There is no network behind it.  Anybody can be written to, and so can several
 * with commas between their names, who are a room.  What becomes of a message
 * its words say:
 *
 *	refuse me           it is refused, until "mended"
 *	retry N             the first N tries fail, certainly
 *	perhaps N           the first N tries may have been read by the line
 *	after MS            ... and it is asked to wait so long each time
 *	throttle MS         the first try fails, and the line is to wait
 *	broken              the line does not work, until "mended"
 *	unsure              it may have been sent
 *	silent              there is no outcome, a report perhaps
 *	parts N             it takes N pieces
 *	wait MS             the outcome comes so late
 *	report FATE         a report behind the outcome: sent, delivered or
 *	                    refused
 *	report FATE in MS   ... so late
 *	early FATE          a report by its name in front of the outcome
 *	unroutable          it is refused before it is accepted
 *	ask                 it is refused once, to be said again
 *	by LINE             it goes by that line
 *	seat ROOM ...       and others about rooms: post_seats.h
 *	hold MS             it is held so long, three times that at most, and
 *	                    goes with what else is held in its thread
 *	now                 it goes with what is held, at once
 *
 * Logging in, "nobody" is refused and "slow" is never done.
 *
 * Several of them stand behind one another with a comma.  Its user is told of
 * each attempt: "sent 1/2 bob: words", and of what failed.  The lines are in
 * lines[].
 */
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "post/post_people.h"
#include "post/post_seats.h"

enum { POST_LATER_MAX = 10000 };

/* What was said so far about a ticket. */
struct
try {
	gw_ticket ticket;
	char key[sizeof(gw_ticket)];
	unsigned n;
};

struct post {
	struct post_people people;
	struct post_seats seats;
	struct map tries;
	struct list later;
	size_t nlater;
	bool mended;
};

struct post_session {
	bool online;
};

/* Something that comes later. */
struct later {
	struct list node;
	struct timer timer;
	struct gateway *gw;
	gw_ticket ticket;
	char line[GW_LINE_MAX + 1];
	enum gw_fate fate;
	bool is_report, by_name;
};

/* ---- addresses -------------------------------------------------------- */

static int
post_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	(void)gw;
	if (local.len > GW_NAME_MAX)
		return err_set(err, ERR_BAD_INPUT, "that is no address here");
	*out =
	    (struct gw_address){ .kind = str_has(local, ',') ? GW_ADDR_ROOM
		                                             : GW_ADDR_PERSON,
		    .network = STR_EMPTY,
		    .name = local };
	return 0;
}

static void
post_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	if (a->kind == GW_ADDR_PERSON || a->kind == GW_ADDR_ROOM)
		buf_add_str(out, a->name);
}

static void
post_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	buf_add_str(out, name);
}

static int
post_prompted(
    struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	(void)gw;
	if (str_trim(typed).len == 0)
		return err_set(err, ERR_BAD_INPUT, "type a name");
	buf_add_str(out, str_trim(typed));
	return 0;
}

static struct str
post_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

/* ---- lines ------------------------------------------------------------ */

#define NAME(name)                                                             \
	{                                                                      \
		name, sizeof(name) - 1                                         \
	}

static const struct gw_line lines[] = {
	{ .name = NAME("main"), .reports = true },
	{ .name = NAME("plain"), .parallel = 1 },
	{ .name = NAME("quick"), .stage = GW_STAGE_ACCEPTED },
	{ .name = NAME("slow"), .burst = 2, .interval_ms = 1000 },
	{ .name = NAME("short"), .expire_ms = 60000 },
	{ .name = NAME("again"), .dedups = true },
	{ .name = NAME("safe"), .fallback = NAME("spare"), .dedups = true },
	{ .name = NAME("first"), .fallback = NAME("spare") },
	{ .name = NAME("spare") },
	{ .name = NAME("wide"), .parallel = 100 },
};

static int
post_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct post *p = gateway_priv(gw);

	(void)conf;
	(void)err;
	post_people_open(&p->people, gw);
	post_seats_open(&p->seats);
	map_init(&p->tries);
	list_init(&p->later);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		gateway_line_put(gw, &lines[i]);
	return 0;
}

static void
later_free(struct post *p, struct later *l)
{
	timer_cancel(&l->timer);
	list_del(&l->node);
	p->nlater--;
	free(l);
}

static void
post_close(struct gateway *gw)
{
	struct post *p = gateway_priv(gw);
	struct map_iter it = { 0 };

	LIST_EACH(&p->later, n)
	later_free(p, LIST_ENTRY(n, struct later, node));
	while (map_next(&p->tries, &it))
		free(it.value);
	map_release(&p->tries);
	post_people_close(&p->people);
	post_seats_close(&p->seats);
}

/* ---- logging in ------------------------------------------------------- */

static int
post_login(struct session *s, struct str nick, struct err *err)
{
	struct gw_event ev = { .type = GW_EV_ONLINE, .text = STR("you") };

	(void)nick;
	(void)err;
	if (str_starts(session_user(s), STR("slow@")))
		return 0;
	if (str_starts(session_user(s), STR("nobody@"))) {
		ev = (struct gw_event){ .type = GW_EV_OFFLINE,
			.permanent = true };
		err_set(&ev.err, ERR_DENIED, "you are not registered here");
	}
	((struct post_session *)session_priv(s))->online =
	    ev.type == GW_EV_ONLINE;
	(void)session_emit(s, &ev);
	return 0;
}

static void
post_drop(struct session *s)
{
	((struct post_session *)session_priv(s))->online = false;
}

static void
post_logout(struct session *s, enum gw_bye why, struct str text)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE };

	(void)why;
	(void)text;
	post_drop(s);
	(void)session_emit(s, &ev);
}

/* ---- words ------------------------------------------------------------ */

/* What stands behind a word of the body; false: it is not there. */
static bool
said(struct str body, const char *word, struct str *arg_out)
{
	struct str rest = body, part, w = str_c(word);

	while (str_cut(&rest, ',', &part)) {
		part = str_trim(part);
		if (!str_starts(part, w) ||
		    (part.len > w.len && part.p[w.len] != ' '))
			continue;
		if (arg_out)
			*arg_out = str_trim(str_skip(part, w.len));
		return true;
	}
	return false;
}

static int64_t
number(struct str body, const char *word)
{
	struct str arg, n;
	uint64_t out = 0;

	if (!said(body, word, &arg))
		return 0;
	(void)str_cut(&arg, ' ', &n);
	(void)str_to_uint(n, 1000000, &out);
	return (int64_t)out;
}

static enum gw_fate
fate_of(struct str word)
{
	return str_starts(word, STR("delivered")) ? GW_DELIVERED
	    : str_starts(word, STR("refused"))    ? GW_REFUSED
	                                          : GW_SENT;
}

static unsigned
count_try(struct gateway *gw, gw_ticket t)
{
	struct post *p = gateway_priv(gw);
	struct try *is;

	is = map_get(&p->tries, str_of((char *)&t, sizeof(t)));
	if (!is) {
		is = xcalloc(1, sizeof(*is));
		is->ticket = t;
		memcpy(is->key, &t, sizeof(t));
		map_put(&p->tries, str_of(is->key, sizeof(is->key)), is);
	}
	return ++is->n;
}

/* ---- what comes back -------------------------------------------------- */

/* What the network calls it. */
static struct str
id_of(gw_ticket t, char out[32])
{
	snprintf(out, 32, "post-%llu-%u", (unsigned long long)(t >> 8),
	    (unsigned)(t & 0xff));
	return str_c(out);
}

static void
outcome(struct gateway *gw, gw_ticket t, enum gw_fate fate)
{
	char id[32];
	struct gw_outcome o = { .ticket = t, .fate = fate };

	if (fate == GW_SENT || fate == GW_DELIVERED)
		o.network_id = id_of(t, id);
	else if (fate == GW_REFUSED)
		err_set(&o.err, ERR_POLICY, "refused, as you wish");
	else
		err_set(&o.err, ERR_TIMEOUT, "no answer");
	gateway_outcome(gw, &o);
}

static void
report(struct gateway *gw, struct str line, gw_ticket t, enum gw_fate fate,
    bool by_name)
{
	char id[32];
	struct gw_report r = { .line = line, .fate = fate };

	if (by_name)
		r.network_id = id_of(t, id);
	else
		r.ticket = t;
	if (fate == GW_REFUSED)
		err_set(&r.err, ERR_ABSENT, "the phone is off");
	(void)gateway_report(gw, &r, NULL, NULL);
}

static void
on_later(struct timer *timer)
{
	struct later *l = TIMER_OWNER(timer, struct later, timer);
	struct later is = *l;

	later_free(gateway_priv(l->gw), l);
	if (is.is_report)
		report(is.gw, str_c(is.line), is.ticket, is.fate, is.by_name);
	else
		outcome(is.gw, is.ticket, is.fate);
}

static void
later(struct gateway *gw, struct str line, gw_ticket t, enum gw_fate fate,
    bool is_report, bool by_name, int64_t ms)
{
	struct post *p = gateway_priv(gw);
	struct clock *c = gateway_clock(gw);
	struct later *l;

	if (p->nlater == POST_LATER_MAX)
		return;
	l = xcalloc(1, sizeof(*l));
	l->gw = gw;
	l->ticket = t;
	l->fate = fate;
	l->is_report = is_report;
	l->by_name = by_name;
	snprintf(l->line, sizeof(l->line), STR_FMT, STR_ARG(line));
	timer_init(&l->timer, on_later);
	timer_set(&l->timer, c, c->at + ms);
	list_add(&p->later, &l->node);
	p->nlater++;
}

/* ---- sending ---------------------------------------------------------- */

static struct str
line_of(struct str body)
{
	struct str line;

	return said(body, "by", &line) ? line : lines[0].name;
}

static int
post_route(struct session *s, const struct gw_message *m, struct gw_route *out,
    struct err *err)
{
	struct str line = line_of(m->body);
	int64_t n = number(m->body, "parts");

	(void)s;
	if (said(m->body, "unroutable", NULL))
		return err_set(err, ERR_UNSUITABLE, "that cannot be sent");
	snprintf(out->line, sizeof(out->line), STR_FMT, STR_ARG(line));
	out->npieces = n > 0 ? (unsigned)n : 1;
	out->hold_ms = number(m->body, "hold");
	out->hold_max_ms = 3 * out->hold_ms;
	if (out->hold_ms || said(m->body, "now", NULL))
		snprintf(out->bundle, sizeof(out->bundle), "b" STR_FMT,
		    STR_ARG(str_head(m->thread, GW_BUNDLE_MAX - 1)));
	out->nunits = out->npieces;
	out->price = 1000 * (int64_t)out->npieces;
	out->repeats = said(m->body, "ask", NULL);
	if (out->repeats)
		return err_set(err, ERR_UNSUITABLE,
		    "this costs much; send it again to mean it");
	return 0;
}

static void
show(struct session *s, const struct gw_message *m, bool is_failure)
{
	struct gw_event ev = { .type = GW_EV_NOTICE };
	struct buf text;

	buf_init(&text, 1000);
	buf_addf(&text, "%s %u/%u " STR_FMT ": ",
	    is_failure ? "failed" : "sent", m->part, m->nparts,
	    STR_ARG(m->room.len ? m->room : m->to));
	buf_add_str(&text, str_head(m->body, 500));
	if (m->reply_to.len)
		buf_addf(&text, " (answers " STR_FMT ")", STR_ARG(m->reply_to));
	for (size_t i = 0; i < m->nparty; i++)
		buf_addf(&text, " (%s " STR_FMT ")",
		    m->party[i].kind == GW_PARTY_CC ? "copy to" : "and to",
		    STR_ARG(m->party[i].name));
	ev.text = buf_str(&text);
	(void)session_emit(s, &ev);
	buf_release(&text);
}

/* True: it failed, certainly, and has been told so. */
static bool
fails(struct session *s, gw_ticket t, const struct gw_message *m)
{
	struct gateway *gw = session_gateway(s);
	struct post *p = gateway_priv(gw);
	unsigned n = count_try(gw, t);
	struct gw_outcome o = { .ticket = t, .fate = GW_RETRY };

	if (said(m->body, "mended", NULL))
		p->mended = true;
	o.is_throttle = n == 1 && said(m->body, "throttle", NULL);
	o.is_line_broken = !p->mended && said(m->body, "broken", NULL);
	o.retry_after_ms = number(m->body, "after");
	if (o.is_throttle)
		o.retry_after_ms = number(m->body, "throttle");
	o.maybe_sent = n <= (unsigned)number(m->body, "perhaps");
	if (!o.is_throttle && !o.is_line_broken && !o.maybe_sent &&
	    n > (unsigned)number(m->body, "retry"))
		return false;
	err_set(&o.err, o.is_line_broken ? ERR_AUTH : ERR_UNREACHABLE, "%s",
	    o.is_line_broken ? "wrong password" : "not now");
	show(s, m, true);
	gateway_outcome(gw, &o);
	return true;
}

/* True: its outcome follows. */
static bool
sits(struct session *s, gw_ticket t, const struct gw_message *m)
{
	static const char *const word[] = { "seat", "unseat", "seated",
		"post" };
	struct gw_event ev = { .type = GW_EV_NOTICE };
	struct buf text;
	struct str arg;
	bool follows = false;

	buf_init(&text, 1000);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		if (!follows && said(m->body, word[i], &arg))
			follows = post_seats_said(session_gateway(s), t,
			    str_c(word[i]), arg, m, &text);
	ev.text = buf_str(&text);
	if (text.len)
		(void)session_emit(s, &ev);
	buf_release(&text);
	return follows;
}

static enum gw_fate
fate_said(const struct post *p, struct str body)
{
	if (!p->mended && said(body, "refuse me", NULL))
		return GW_REFUSED;
	return said(body, "unsure", NULL) ? GW_UNSURE : GW_SENT;
}

static void
post_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	struct gateway *gw = session_gateway(s);
	struct str line = m->line, arg;
	int64_t wait_ms = number(m->body, "wait");
	bool is_silent = said(m->body, "silent", NULL);
	enum gw_fate fate = fate_said(gateway_priv(gw), m->body);

	if (fails(s, t, m))
		return;
	show(s, m, false);
	if (sits(s, t, m))
		return;
	if (said(m->body, "early", &arg))
		report(gw, line, t, fate_of(arg), true);
	if (!is_silent && wait_ms)
		later(gw, line, t, fate, false, false, wait_ms);
	else if (!is_silent)
		outcome(gw, t, fate);
	if (said(m->body, "report", &arg)) {
		struct str in = arg, word;
		uint64_t ms = 0;

		while (str_cut(&in, ' ', &word))
			(void)str_to_uint(word, 100000000, &ms);
		if (ms)
			later(gw, line, t, fate_of(arg), true,
			    !is_silent && fate == GW_SENT, (int64_t)ms);
		else
			report(gw, line, t, fate_of(arg), false);
	}
}

/* Each has its own outcome; how many there are is said first. */
static void
post_send_all(struct session *s, const gw_ticket *t,
    const struct gw_message *const *m, size_t n)
{
	struct gw_event ev = { .type = GW_EV_NOTICE };
	struct buf text;

	buf_init(&text, 100);
	buf_addf(&text, "%zu as one", n);
	ev.text = buf_str(&text);
	(void)session_emit(s, &ev);
	buf_release(&text);
	for (size_t i = 0; i < n; i++)
		post_send(s, t[i], m[i]);
}

/* ---- rooms ------------------------------------------------------------ */

static void
emit(struct session *s, struct gw_event ev)
{
	(void)session_emit(s, &ev);
}

static void
member(struct session *s, struct str room, struct str nick)
{
	emit(s,
	    (struct gw_event){ .type = GW_EV_MEMBER,
	        .room = room,
	        .person.nick = nick,
	        .role = GW_ROLE_MEMBER });
}

/* Everybody who is named, and the user. */
static void
post_join(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct str rest = req->room, nick;

	emit(s,
	    (struct gw_event){
	        .type = GW_EV_JOINED, .room = req->room, .req = id });
	member(s, req->room, STR("you"));
	while (str_cut(&rest, ',', &nick))
		if (nick.len > 0)
			member(s, req->room, nick);
	emit(s,
	    (struct gw_event){ .type = GW_EV_MEMBERS_END, .room = req->room });
	emit(s, (struct gw_event){ .type = GW_EV_DONE, .req = id });
}

static void
post_leave(struct session *s, gw_req_id id, const struct gw_req *req)
{
	emit(s,
	    (struct gw_event){ .type = GW_EV_LEFT,
	        .room = req->room,
	        .left = GW_LEFT_PART,
	        .text = req->text });
	emit(s, (struct gw_event){ .type = GW_EV_DONE, .req = id });
}

/* ---- the table -------------------------------------------------------- */

static gw_request_fn *const requests[GW_NREQ] = {
	[GW_REQ_JOIN] = post_join,
	[GW_REQ_LEAVE] = post_leave,
};

/* ---- settings --------------------------------------------------------- */

static const struct gw_setting settings[] = {
	{ "corrections", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Send corrections",
	    "When you correct a message a short one says what has changed", "1",
	    NULL },
	{ "reactions", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Send reactions",
	    "What you react with is sent as a short message", "1", NULL },
	{ "replies", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Quote what is answered",
	    "An answer begins with the beginning of what it answers", "1",
	    NULL },
	{ .name = NULL },
};

/* ---- what was kept ---------------------------------------------------- */

static void
post_fact(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	struct post *p = gateway_priv(gw);

	if (!post_seats_fact(&p->seats, name, value))
		post_people_fact(gw, network, name, value);
}

static void
post_ready(struct gateway *gw)
{
	post_seats_ready(gw, &((struct post *)gateway_priv(gw))->seats);
}

/* For gateways/registry.c; no header stands between. */
extern const struct gateway_ops post_gateway;

const struct gateway_ops post_gateway = {
	.kind = "post",
	.title = "Post",
	.gateway_size = sizeof(struct post),
	.session_size = sizeof(struct post_session),
	.settings = settings,
	.registration = &post_registration,
	.fact = post_fact,
	.ready = post_ready,
	.prompt = "Name",
	.prompt_desc = "Anybody.",
	.open = post_open,
	.close = post_close,
	.split = post_split,
	.local = post_local,
	.fold = post_fold,
	.prompted = post_prompted,
	.network_at = post_network_at,
	.login = post_login,
	.logout = post_logout,
	.drop = post_drop,
	.send = post_send,
	.send_all = post_send_all,
	.route = post_route,
	.request = requests,
	.seat_heard = post_seats_heard,
};
