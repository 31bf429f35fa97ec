#include "smtp/mail_caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/address.h"
#include "net/link.h"
#include "net/listener.h"
#include "smtp/mail_listen.h"
#include "smtp/mail_pending.h"
#include "smtp/mail_policy.h"
#include "smtp/mail_spool.h"
#include "smtp/smtp_proto.h"

enum {
	QUEUE_PAUSE = 32 * 1024, /* replies that the peer has not taken */
	RATE_STEP_MS = 10 * 1000,
	ERRORS_MAX = 10,
	MAILS_BY_LMTP = 1000,
	MAILS_BY_SMTP = 100,
};

struct mail_caller {
	struct list node;
	struct mail_place *place;
	struct link *link;
	struct smtp_proto *proto;
	struct log_ctx log;
	char address[ADDRESS_TEXT_MAX + 1]; /* empty: a unix socket */
	uint16_t port;
	bool is_trusted; /* the peer itself, whoever is behind it */
	bool is_target;  /* it has logged in as one */

	struct mail_spool *spool;
	struct err bad; /* why the mail could not be put aside */
	struct mail_pending *pending;
	size_t mail_bytes;

	struct timer timer; /* the next of these */
	int64_t greet_at, delay_at;
	int64_t idle_at, mail_since, answer_at;
	bool is_greeted, is_delayed, starts_tls, is_over;
};

#define CALLER(n) LIST_ENTRY(n, struct mail_caller, node)

static struct mail_gateway *
mail_gateway_of(const struct mail_caller *c)
{
	return c->place->all->mail;
}

static struct clock *
clock_of(const struct mail_caller *c)
{
	return gateway_clock(mail_gateway_of(c)->gw);
}

bool
mail_caller_is(struct list *node, struct str address)
{
	return str_is(address, CALLER(node)->address);
}

/* ---- who it is ------------------------------------------------------------ */

/* Of whoever is behind the peer, if it says so. */
static bool
is_trusted(const struct mail_caller *c, const struct smtp_origin *o)
{
	struct sockaddr_storage ss;

	if (!o->address[0])
		return c->is_trusted;
	return address_parse(str_c(o->address), &ss) &&
	    mail_ranges_have(
	        &c->place->as->trusted, (const struct sockaddr *)&ss);
}

static void
describe(const struct mail_caller *c, struct mail_client *client,
    struct mail_envelope *e)
{
	const struct smtp_origin *o = smtp_proto_origin(c->proto);
	bool is_other = o->address[0] != '\0';

	*client = (struct mail_client){
		.address = str_c(is_other ? o->address : c->address),
		.port = is_other ? o->port : c->port,
		.helo = smtp_proto_helo(c->proto),
		.user = smtp_proto_user(c->proto),
		.is_tls = smtp_proto_is_tls(c->proto),
		.is_unix = !is_other && !c->address[0],
		.is_trusted = is_trusted(c, o),
		.is_vouched = is_trusted(c, smtp_proto_client(c->proto)),
		.is_target = c->is_target,
		.block = c->place->as,
	};
	smtp_proto_envelope(c->proto, e);
	e->client = client;
}

/* ---- the end -------------------------------------------------------------- */

/* What is queued is still written. */
static void
hang_up(struct mail_caller *c)
{
	link_finish(&c->link);
	timer_cancel(&c->timer);
	mail_pending_leave(&c->pending);
	mail_spool_free(&c->spool);
	smtp_proto_free(&c->proto);
	if (list_is_linked(&c->node)) {
		list_del(&c->node);
		c->place->ncaller--;
	}
	free(c);
}

static void
flush(struct mail_caller *c)
{
	struct str out = smtp_proto_out(c->proto);

	if (out.len == 0)
		return;
	if (log_is_on(LOG_WIRE))
		log_wire(&c->log, "sent", "text=\"" STR_FMT "\"", STR_ARG(out));
	if (link_write(c->link, out.p, out.len) < 0)
		c->is_over = true;
	smtp_proto_wrote(c->proto, out.len);
	c->idle_at = clock_of(c)->at + MAIL_IDLE_MS;
}

void
mail_caller_end(struct list *node)
{
	struct mail_caller *c = CALLER(node);

	smtp_proto_turn_away(c->proto, 421, "shuts down");
	smtp_proto_go_on(c->proto);
	flush(c);
	hang_up(c);
}

bool
mail_caller_wind_up(struct list *node)
{
	struct mail_caller *c = CALLER(node);

	if (!c->pending && !smtp_proto_is_in_mail(c->proto)) {
		mail_caller_end(node);
		return false;
	}
	smtp_proto_shut_down(c->proto);
	return true;
}

/* ---- the mail ------------------------------------------------------------- */

static void
begin_mail(struct mail_caller *c)
{
	c->spool = mail_spool_new(c->place->as->size_max);
	c->bad = ERR_INIT;
	c->mail_since = clock_of(c)->at;
	c->mail_bytes = 0;
}

static void
add_to_mail(struct mail_caller *c, struct str bytes)
{
	if (c->bad.kind == ERR_NONE)
		(void)mail_spool_add(c->spool, bytes, &c->bad);
}

static void run(struct mail_caller *c);

static void
on_taken(void *arg, const struct mail_reply *reply, size_t n)
{
	struct mail_caller *c = arg;

	c->pending = NULL;
	smtp_proto_taken(c->proto, reply, n);
	run(c);
}

/* It will come again; what is here of it is worth nothing. */
static void
give_up_mail(struct mail_caller *c, const char *why)
{
	struct mail_reply r;

	mail_reply_set(&r, 452, "4.3.1", "the mail cannot be kept now");
	log_warn(&c->log, "mail not kept", "err=\"%s\"", why);
	mail_spool_free(&c->spool);
	smtp_proto_taken(c->proto, &r, 1);
}

static void
end_mail(struct mail_caller *c)
{
	struct mail_client client;
	struct mail_envelope e;

	if (c->bad.kind != ERR_NONE) {
		give_up_mail(c, c->bad.text);
		return;
	}
	describe(c, &client, &e);
	c->answer_at = clock_of(c)->at + MAIL_ANSWER_MS;
	c->pending = mail_pending_new(&c->place->all->pending,
	    mail_gateway_of(c), &e, &c->spool, on_taken, c);
}

/* ---- what is asked -------------------------------------------------------- */

static void
answer_sender(struct mail_caller *c)
{
	struct mail_client client;
	struct mail_envelope e;
	struct mail_reply r;

	describe(c, &client, &e);
	mail_policy_sender(mail_gateway_of(c), &e, &r);
	smtp_proto_answer(c->proto, &r);
}

static void
answer_recipient(struct mail_caller *c, struct str recipient)
{
	struct mail_client client;
	struct mail_envelope e;
	struct mail_reply r;

	describe(c, &client, &e);
	mail_policy_recipient(mail_gateway_of(c), &e, recipient, &r);
	smtp_proto_answer(c->proto, &r);
}

static void
answer_login(struct mail_caller *c, struct str user, struct str password)
{
	bool ok = mail_receive_login(c->place->as, user, password);
	struct mail_reply r;

	if (!mail_policy_login(mail_gateway_of(c), user, password) && !ok)
		mail_reply_set(&r, 535, "5.7.8", "that is not right");
	else
		mail_reply_set(&r, 235, "2.7.0", "welcome");
	c->is_target = !ok;
	log_at(r.code == 235 ? LOG_DEBUG : LOG_INFO, &c->log,
	    r.code == 235 ? "mail login" : "mail login refused",
	    "user=\"" STR_FMT "\"", STR_ARG(user));
	smtp_proto_answer(c->proto, &r);
}

static void
answer_starttls(struct mail_caller *c)
{
	struct mail_reply r;

	c->starts_tls = mail_receive_tls(c->place->as, &c->log) != NULL;
	if (c->starts_tls)
		mail_reply_set(&r, 220, "2.0.0", "go on");
	else
		mail_reply_set(&r, 454, "4.7.0", "TLS does not work now");
	smtp_proto_answer(c->proto, &r);
}

static void
act(struct mail_caller *c, const struct smtp_event *ev)
{
	switch (ev->type) {
	case SMTP_EV_NONE:
		break;
	case SMTP_EV_SENDER:
		answer_sender(c);
		break;
	case SMTP_EV_RECIPIENT:
		answer_recipient(c, ev->text);
		break;
	case SMTP_EV_DATA:
		begin_mail(c);
		break;
	case SMTP_EV_BYTES:
		add_to_mail(c, ev->text);
		break;
	case SMTP_EV_END:
		end_mail(c);
		break;
	case SMTP_EV_VOID:
		mail_spool_free(&c->spool);
		break;
	case SMTP_EV_LOGIN:
		answer_login(c, ev->text, ev->password);
		break;
	case SMTP_EV_STARTTLS:
		answer_starttls(c);
		break;
	case SMTP_EV_DELAY:
		c->is_delayed = true;
		c->delay_at = clock_of(c)->at + MAIL_DELAY_MS;
		break;
	case SMTP_EV_CLOSE:
		c->is_over = true;
		break;
	}
}

/* ---- time ----------------------------------------------------------------- */

static int64_t
min_at(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* While a mail comes: when its speed is looked at next. */
static int64_t
rate_due(const struct mail_caller *c)
{
	int64_t at = clock_of(c)->at;
	int64_t from = c->mail_since + MAIL_RATE_FROM_MS;

	return at < from ? from : at + RATE_STEP_MS;
}

static int64_t
next_due(const struct mail_caller *c)
{
	if (!c->is_greeted)
		return c->greet_at;
	if (c->is_delayed)
		return c->delay_at;
	if (c->pending)
		return c->answer_at;
	if (smtp_proto_is_in_mail(c->proto))
		return min_at(rate_due(c), c->mail_since + MAIL_WHOLE_MS);
	return c->idle_at;
}

static bool
is_too_slow(const struct mail_caller *c)
{
	int64_t took = clock_of(c)->at - c->mail_since;

	if (took >= MAIL_WHOLE_MS)
		return true;
	return took >= MAIL_RATE_FROM_MS &&
	    c->mail_bytes < (size_t)(took / 1000) * MAIL_RATE_BYTES;
}

/* An answer that comes later than its asker waits: it will ask again. */
static void
answer_in_time(struct mail_caller *c)
{
	struct mail_reply r;

	mail_pending_leave(&c->pending);
	mail_reply_set(&r, 451, "4.3.0", "it takes too long, come again");
	log_warn(&c->log, "mail not answered in time", "s=%d",
	    MAIL_ANSWER_MS / 1000);
	smtp_proto_taken(c->proto, &r, 1);
}

static void
on_timer(struct timer *t)
{
	struct mail_caller *c = TIMER_OWNER(t, struct mail_caller, timer);

	if (!c->is_greeted) {
		c->is_greeted = true;
		smtp_proto_greet(c->proto);
	} else if (c->is_delayed) {
		c->is_delayed = false;
		smtp_proto_go_on(c->proto);
		flush(c); /* before the next mistake */
	} else if (c->pending) {
		answer_in_time(c);
	} else if (!smtp_proto_is_in_mail(c->proto)) {
		if (clock_of(c)->at >= c->idle_at)
			smtp_proto_expire(c->proto, "nothing was said");
	} else if (is_too_slow(c)) {
		smtp_proto_expire(c->proto, "the mail comes too slowly");
	}
	run(c);
}

/* ---- turning -------------------------------------------------------------- */

static void
take_events(struct mail_caller *c)
{
	struct smtp_event ev;

	while (!c->is_over && smtp_proto_next(c->proto, &ev))
		act(c, &ev);
	flush(c);
}

/* The last thing done with c. */
static void
run(struct mail_caller *c)
{
	size_t queued;

	do {
		take_events(c);
		queued = link_queued(c->link);
	} while (!c->is_over && queued < QUEUE_PAUSE &&
	    smtp_proto_has_more(c->proto));
	if (c->is_over) {
		hang_up(c);
		return;
	}
	if (c->starts_tls)
		link_start_tls(c->link, c->place->as->tls);
	c->starts_tls = false;
	link_pause(c->link,
	    queued >= QUEUE_PAUSE || !smtp_proto_wants_input(c->proto));
	timer_set(&c->timer, clock_of(c), next_due(c));
}

static void
on_data(struct mail_caller *c, struct str bytes)
{
	if (log_is_on(LOG_WIRE) && !smtp_proto_is_in_mail(c->proto))
		log_wire(&c->log, "came", "bytes=%zu", bytes.len);
	c->mail_bytes += bytes.len;
	smtp_proto_feed(c->proto, bytes);
	run(c);
}

static void
on_link(struct link *l, const struct link_event *ev, void *arg)
{
	struct mail_caller *c = arg;

	(void)l;
	switch (ev->type) {
	case LINK_UP:
		smtp_proto_tls_is_on(c->proto);
		c->idle_at = clock_of(c)->at + MAIL_IDLE_MS;
		run(c);
		break;
	case LINK_DATA:
		on_data(c, str_of(ev->data, ev->len));
		break;
	case LINK_DRAINED:
		run(c);
		break;
	case LINK_DOWN:
		log_debug(
		    &c->log, "mail caller gone", "err=\"%s\"", ev->err.text);
		hang_up(c);
		break;
	}
}

/* ---- coming --------------------------------------------------------------- */

static struct smtp_proto *
proto_for(
    const struct mail_receive *as, const struct sockaddr *sa, bool is_trusted)
{
	struct smtp_params p = { .host = str_c(as->host),
		.size_max = as->size_max,
		.recipients_max = as->recipients_max,
		.mails_max = as->is_lmtp ? MAILS_BY_LMTP : MAILS_BY_SMTP,
		.errors_max = ERRORS_MAX,
		.is_lmtp = as->is_lmtp,
		.is_strict = !as->is_lmtp && !is_trusted,
		.has_tls = as->tls != NULL,
		.needs_tls = as->needs_tls,
		.has_auth = as->has_auth,
		.needs_auth = as->needs_auth,
		.clear_auth = mail_ranges_have(&as->local, sa),
		.may_xforward = mail_ranges_have(&as->xforward, sa),
		.may_xclient = mail_ranges_have(&as->xclient, sa) };

	return smtp_proto_new(&p);
}

static unsigned
count_from(const struct mail_place *place, struct str address)
{
	unsigned n = 0;

	LIST_EACH(&place->callers, node)
	{
		n += mail_caller_is(node, address);
	}
	return n;
}

static bool
is_full(const struct mail_place *place, struct str address)
{
	const struct mail_receive *as = place->as;

	return place->ncaller >= as->connections_max ||
	    (address.len > 0 &&
	        count_from(place, address) >= as->per_address_max);
}

/* True: it is told so, and gone. */
static bool
turn_away(struct mail_caller *c, const struct sockaddr *sa)
{
	struct mail_place *place = c->place;
	bool may = mail_ranges_have(&place->as->allow, sa);

	if (may && !is_full(place, str_c(c->address))) {
		place->says_full = false;
		return false;
	}
	if (!may && !place->says_stranger)
		log_warn(&c->log, "mail caller not allowed", "n=%zu",
		    place->ncaller);
	if (may && !place->says_full)
		log_warn(
		    &c->log, "too many mail callers", "n=%zu", place->ncaller);
	if (may)
		place->says_full = true;
	else
		place->says_stranger = true;
	smtp_proto_turn_away(c->proto, may ? 421 : 554,
	    may ? "has too many callers now" : "does not take mail from you");
	flush(c);
	hang_up(c);
	return true;
}

static void
note_address(struct mail_caller *c, const struct sockaddr *sa)
{
	if (!sa)
		return;
	address_format(sa, c->address);
	c->port = address_port(sa);
}

void
mail_caller_new(struct mail_place *place, struct link *link,
    const struct listener_peer *peer)
{
	struct mail_caller *c = xcalloc(1, sizeof(*c));

	c->place = place;
	c->link = link;
	list_init(&c->node);
	timer_init(&c->timer, on_timer);
	link_attach(link, on_link, c);
	note_address(c, peer->address);
	log_ctx_init(&c->log, gateway_log(mail_gateway_of(c)->gw),
	    "receive=%s peer=%s", place->as->name,
	    c->address[0] ? c->address : "unix");
	c->is_trusted = mail_ranges_have(&place->as->trusted, peer->address);
	c->proto = proto_for(place->as, peer->address, c->is_trusted);
	if (turn_away(c, peer->address))
		return;
	list_add(&place->callers, &c->node);
	place->ncaller++;
	c->idle_at = clock_of(c)->at + MAIL_IDLE_MS;
	c->is_greeted = place->as->is_lmtp || c->is_trusted;
	c->greet_at = clock_of(c)->at + MAIL_GREET_MS;
	if (c->is_greeted)
		smtp_proto_greet(c->proto);
	run(c);
}
