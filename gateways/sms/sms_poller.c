#include "sms/sms_poller.h"

#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "sms/sms_auth.h"
#include "sms/sms_gateway.h"
#include "sms/sms_http.h"
#include "sms/sms_in.h"
#include "sms/sms_known.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"
#include "sms/sms_token.h"

enum {
	FIRST_MS = 2000, /* after the start */
	TOKEN_MS = 1000, /* while one is being fetched */
	FACT_MAX = 32 * 1024,
	KEY_MAX = 128,
};

/* One that has come, and waits for the disk; in poller->waiting. */
struct arrival {
	struct list node;
	struct sms_poller *poller; /* NULL: it is gone meanwhile */
	uint64_t hash;
	char *id;
};

#define ARRIVAL(n) LIST_ENTRY(n, struct arrival, node)

struct sms_poller {
	struct sms_line *line;
	const struct sms_poll *poll;
	struct timer timer;
	struct http_call *call;
	struct sms_known known;
	uint64_t listed[SMS_KNOWN_MAX];
	size_t nlisted;
	char *todo[SMS_KNOWN_MAX]; /* ids: to be fetched, or acknowledged */
	size_t ntodo, at;
	bool fetched, acked;     /* todo[at]: it has been tried */
	enum sms_poll_step step; /* that call is for */
	bool reading;            /* an answer */
	int64_t round_utc;
	struct list waiting;
	bool failed; /* something of this round is not kept */
	bool complained;
};

static void go_on(struct sms_poller *p);

static const struct log_ctx *
log_of(const struct sms_poller *p)
{
	return gateway_log(p->line->sms->gw);
}

static struct clock *
clock_of(const struct sms_poller *p)
{
	return gateway_clock(p->line->sms->gw);
}

static void
come_back(struct sms_poller *p, int64_t ms)
{
	struct clock *c = clock_of(p);

	timer_set(&p->timer, c, c->at + ms);
}

/* ---- what is known ---------------------------------------------------- */

static void
write_known(struct sms_poller *p)
{
	char name[sizeof(SMS_POLLER_FACT) + GW_LINE_MAX];
	struct buf value;

	(void)snprintf(
	    name, sizeof(name), "%s%s", SMS_POLLER_FACT, p->line->name);
	buf_init(&value, FACT_MAX);
	sms_known_write(&p->known, &value);
	gateway_fact_put(
	    p->line->sms->gw, STR_EMPTY, str_c(name), buf_str(&value));
	buf_release(&value);
}

void
sms_poller_fact(struct sms_poller *p, struct str value)
{
	(void)sms_known_read(&p->known, value);
}

/* At the very first time, where nothing else tells old from new. */
static bool
all_is_old(const struct sms_poller *p)
{
	return p->known.since_utc == 0 && !sms_poll_has(p->poll, SMS_POLL_ACK);
}

static void
note_listed(struct sms_poller *p, uint64_t hash)
{
	if (p->nlisted < SMS_KNOWN_MAX)
		p->listed[p->nlisted++] = hash;
	if (all_is_old(p))
		sms_known_add(&p->known, hash);
}

/* ---- the end of a round ----------------------------------------------- */

static void
forget_todo(struct sms_poller *p)
{
	while (p->ntodo > 0)
		free(p->todo[--p->ntodo]);
	p->at = 0;
	p->fetched = p->acked = false;
}

static void
end_round(struct sms_poller *p)
{
	if (!p->failed) {
		sms_known_keep(&p->known, p->listed, p->nlisted);
		p->known.since_utc = p->round_utc;
		write_known(p);
	}
	forget_todo(p);
	come_back(p, sms_poll_every_ms(p->poll));
}

/* Once, until it is well again. */
static void
complain(struct sms_poller *p, const char *why)
{
	if (!p->complained)
		log_warn(log_of(p), "not polled",
		    "line=%s err=\"%s\" again_s=%lld", p->line->name, why,
		    (long long)(sms_poll_every_ms(p->poll) / 1000));
	p->complained = true;
	p->failed = true;
}

static void
give_up(struct sms_poller *p, const char *why)
{
	complain(p, why);
	end_round(p);
}

/* ---- what has come ---------------------------------------------------- */

static void
remember_todo(struct sms_poller *p, struct str id)
{
	if (p->ntodo < SMS_KNOWN_MAX)
		p->todo[p->ntodo++] = str_dup(id);
}

static void
know(struct sms_poller *p, uint64_t hash)
{
	sms_known_add(&p->known, hash);
	write_known(p);
}

static void
on_kept(void *arg, bool ok)
{
	struct arrival *a = arg;
	struct sms_poller *p = a->poller;

	list_del(&a->node);
	if (p && ok) {
		know(p, a->hash);
		if (!sms_poll_has(p->poll, SMS_POLL_ITEM))
			remember_todo(p, str_c(a->id));
	} else if (p) {
		p->failed = true;
	}
	free(a->id);
	free(a);
	if (p && list_is_empty(&p->waiting) && !p->reading)
		go_on(p);
}

static void
deliver(struct sms_poller *p, const struct sms_event *ev, struct str id)
{
	struct arrival *a = xcalloc(1, sizeof(*a));

	a->poller = p;
	a->id = str_dup(id);
	a->hash = sms_known_hash(id);
	list_add(&p->waiting, &a->node);
	if (sms_in_event(p->line, ev, on_kept, a) < 0)
		on_kept(a, false);
}

/* Of a list that says all: what is known is known by id, else by what it
   says. */
static void
on_listed(const struct sms_event *ev, void *arg)
{
	struct sms_poller *p = arg;
	char key[KEY_MAX];
	struct str id = ev->nid ? ev->id[0] : STR_EMPTY;

	if (id.len == 0) {
		(void)snprintf(key, sizeof(key), "%lld %.40s %016llx",
		    (long long)ev->time_utc, ev->from.p,
		    (unsigned long long)sms_known_hash(ev->text));
		id = str_c(key);
	}
	note_listed(p, sms_known_hash(id));
	if (sms_known_has(&p->known, sms_known_hash(id)))
		remember_todo(p, id);
	else
		deliver(p, ev, id);
}

static void
on_item(struct str id, void *arg)
{
	struct sms_poller *p = arg;

	note_listed(p, sms_known_hash(id));
	remember_todo(p, id);
}

/* The id in the list counts, whatever the thing itself is called. */
static void
on_fetched(const struct sms_event *ev, void *arg)
{
	struct sms_poller *p = arg;
	struct sms_event own = *ev;

	own.id[0] = str_c(p->todo[p->at]);
	own.nid = 1;
	deliver(p, &own, own.id[0]);
}

/* ---- asking ----------------------------------------------------------- */

static int
read_answer(
    struct sms_poller *p, const struct http_response *r, struct err *err)
{
	const struct sms_number_format *in = sms_profile_in(p->line->profile);
	int n = 0;

	p->reading = true;
	if (p->step == SMS_POLL_ITEM)
		n = sms_poll_events(p->poll, r->body, in, on_fetched, p, err);
	else if (p->step == SMS_POLL_LIST)
		n = sms_poll_has(p->poll, SMS_POLL_ITEM)
		    ? sms_poll_items(p->poll, r->body, on_item, p, err)
		    : sms_poll_events(p->poll, r->body, in, on_listed, p, err);
	p->reading = false;
	/* One that is no message need not be fetched again. */
	if (p->step == SMS_POLL_ITEM && n == 0)
		know(p, sms_known_hash(str_c(p->todo[p->at])));
	return n;
}

/* -1: err. */
static int
judge(struct sms_poller *p, const struct http_response *r, struct err *err)
{
	struct sms_answer answer = sms_http_answer(r);
	struct sms_verdict v;
	int rc = 0;

	if (r->result != HTTP_ANSWERED) {
		*err = r->err;
		return -1;
	}
	sms_profile_judge_poll(p->line->profile, &answer, &v);
	if (v.cls == SMS_CLASS_AUTH)
		(void)sms_auth_token_refused(p->line->auth, clock_of(p)->utc);
	/* Our own words are about messages that are sent. */
	if (v.cls != SMS_CLASS_ACCEPTED)
		rc = err_set(err, sms_class_info(v.cls)->kind,
		    "%s answered %d%s" STR_FMT,
		    sms_profile_title(p->line->profile), r->status,
		    v.own_words ? "" : ": ",
		    STR_ARG(v.own_words ? STR_EMPTY : v.text));
	sms_verdict_release(&v);
	return rc;
}

static void
on_answer(const struct http_response *r, void *arg)
{
	struct sms_poller *p = arg;
	struct err err = ERR_INIT;

	p->call = NULL;
	/* What cannot be had is tried again the next time. */
	if (judge(p, r, &err) < 0 || read_answer(p, r, &err) < 0)
		complain(p, err.text);
	if (list_is_empty(&p->waiting))
		go_on(p);
}

static void
ask(struct sms_poller *p, enum sms_poll_step step, struct str id)
{
	struct sms_message_vars m = { .from = sms_number_str(&p->line->number),
		.now_utc = clock_of(p)->utc,
		.since_utc = p->known.since_utc };
	const struct sms_auth *auth = sms_profile_auth(p->line->profile);
	struct err err = ERR_INIT;
	struct sms_request r;

	sms_message_vars_init(&m, &p->line->vars.vars);
	if (sms_profile_poll_render(
	        p->line->profile, step, id, &m.vars, &r, &err) < 0) {
		give_up(p, err.text);
		return;
	}
	p->step = step;
	if (sms_auth_add(auth, p->line->auth, &m.vars, m.now_utc, &r, &err) < 0)
		give_up(p, err.text);
	else
		p->call = sms_http_call(p->line, &r, false, on_answer, p);
	sms_request_release(&r);
}

/* What is to be asked about todo[at] now.  False: nothing more. */
static bool
next_step(struct sms_poller *p, enum sms_poll_step *step)
{
	bool known =
	    sms_known_has(&p->known, sms_known_hash(str_c(p->todo[p->at])));
	bool *tried = known ? &p->acked : &p->fetched;

	*step = known ? SMS_POLL_ACK : SMS_POLL_ITEM;
	if (*tried || !sms_poll_has(p->poll, *step))
		return false;
	*tried = true;
	return true;
}

/* Each is fetched, kept and acknowledged before the next. */
static void
go_on(struct sms_poller *p)
{
	enum sms_poll_step step;

	for (; p->at < p->ntodo; p->at++) {
		if (next_step(p, &step)) {
			ask(p, step, str_c(p->todo[p->at]));
			return;
		}
		p->fetched = p->acked = false;
	}
	p->complained &= p->failed;
	end_round(p);
}

static void
on_time(struct timer *t)
{
	struct sms_poller *p = LIST_ENTRY(t, struct sms_poller, timer);
	struct gw_outcome o = { 0 };

	if (!sms_token_has(p->line, &o)) {
		come_back(p, TOKEN_MS);
		return;
	}
	p->failed = false;
	p->nlisted = 0;
	p->round_utc = clock_of(p)->utc;
	ask(p, SMS_POLL_LIST, STR_EMPTY);
}

/* ---- life ------------------------------------------------------------- */

struct sms_poller *
sms_poller_new(struct sms_line *l)
{
	struct sms_poller *p;

	if (!sms_profile_poll(l->profile))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->line = l;
	p->poll = sms_profile_poll(l->profile);
	list_init(&p->waiting);
	timer_init(&p->timer, on_time);
	return p;
}

void
sms_poller_start(struct sms_poller *p)
{
	come_back(p, FIRST_MS);
}

void
sms_poller_free(struct sms_poller **pp)
{
	struct sms_poller *p = *pp;

	if (!p)
		return;
	timer_cancel(&p->timer);
	http_call_cancel(&p->call);
	LIST_EACH(&p->waiting, n)
	{
		ARRIVAL(n)->poller = NULL;
	}
	while (!list_is_empty(&p->waiting))
		list_del(list_first(&p->waiting));
	forget_todo(p);
	free(p);
	*pp = NULL;
}
