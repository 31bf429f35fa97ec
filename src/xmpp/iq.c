/*
 * Every iq is answered once.
 *
 * RFC 6120 8.2.3	iq semantics: one child in a get or set, one answer
 * RFC 6120 8.4		a namespace that nobody knows: service-unavailable
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/idtab.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* How many questions of one user are kept. */
struct asker {
	char *bare;
	size_t nkept;
};

struct iq_ask {
	struct list node; /* table->kept; only if kept */
	struct iq_table *table;
	struct component *component;
	struct str from, to, id; /* borrowed, or copies if kept */
	bool answered;
	uint64_t token; /* 0: not kept */
	struct asker *asker;
	struct timer deadline;
};

/* A request of ours. */
struct sent {
	struct list node;
	struct iq_table *table;
	uint64_t id;
	char *to; /* normalised */
	iq_answer_fn *fn;
	void *arg;
	struct timer deadline;
};

struct iq_table {
	struct clock *clock;
	const struct log_ctx *log;
	const struct iq_row *rows;
	iq_admit_fn *admit;
	void *arg;
	struct idtab kept_ids, sent_ids;
	struct list kept, sent;
	struct map askers;
	/* Of our ids: answers to another process are not ours. */
	char prefix[9];

	/* Where a second answer is written, to be thrown away. */
	struct buf waste;
	struct xmlw waste_w;
};

/* An answer as long as this is no answer to anything. */
enum { WASTE_MAX = 64 * 1024 };

#define ASK(n)  LIST_ENTRY(n, struct iq_ask, node)
#define SENT(n) LIST_ENTRY(n, struct sent, node)

/* ---- answers ---------------------------------------------------------- */

static struct str
dup_str(struct str s)
{
	return str_of(str_dup(s), s.len);
}

static void
drop_copy(struct str s)
{
	free((char *)(uintptr_t)s.p);
}

static void
asker_done(struct iq_table *t, struct asker *a)
{
	if (!a || --a->nkept > 0)
		return;
	map_del(&t->askers, str_c(a->bare));
	free(a->bare);
	free(a);
}

static void
ask_free(struct iq_ask *ask)
{
	timer_cancel(&ask->deadline);
	list_del(&ask->node);
	idtab_del(&ask->table->kept_ids, ask->token);
	asker_done(ask->table, ask->asker);
	drop_copy(ask->from);
	drop_copy(ask->to);
	drop_copy(ask->id);
	free(ask);
}

static struct xmlw *
begin(struct iq_ask *ask, const char *type)
{
	struct iq_table *t = ask->table;

	if (!ask->answered)
		return component_begin(
		    ask->component, "iq", ask->to, ask->from, type, ask->id);
	log_error(t->log, "iq answered twice", "to=" STR_FMT " type=%s",
	    STR_ARG(ask->to), type);
	buf_clear(&t->waste);
	xmlw_init(&t->waste_w, &t->waste, WASTE_MAX);
	xmlw_fragment(&t->waste_w);
	return &t->waste_w;
}

/* 0: nothing more is to be done.  -1: not sent; err says why. */
static int
end(struct iq_ask *ask, struct err *err)
{
	if (ask->answered) {
		buf_clear(&ask->table->waste);
		return 0;
	}
	if (component_end(ask->component, err) < 0)
		return -1;
	ask->answered = true;
	if (ask->token)
		ask_free(ask); /* kept no longer */
	return 0;
}

/*
 * What cannot even be told is over too: the stream is down, or its buffer is
 * full and the server as good as gone.
 */
static void
end_error(struct iq_ask *ask)
{
	if (end(ask, NULL) == 0)
		return;
	ask->answered = true;
	if (ask->token)
		ask_free(ask);
}

struct xmlw *
iq_result(struct iq_ask *ask)
{
	return begin(ask, "result");
}

struct xmlw *
iq_error(struct iq_ask *ask)
{
	return begin(ask, "error");
}

void
iq_done(struct iq_ask *ask)
{
	struct err err = ERR_INIT;

	if (end(ask, &err) < 0)
		iq_fail(ask, &err);
}

void
iq_ok(struct iq_ask *ask)
{
	(void)iq_result(ask);
	iq_done(ask);
}

void
iq_fail(struct iq_ask *ask, const struct err *err)
{
	stanza_error_write(begin(ask, "error"), err);
	end_error(ask);
}

void
iq_fail_unknown(struct iq_ask *ask)
{
	struct xmlw *w = begin(ask, "error");

	xmlw_open(w, "error", NULL);
	xmlw_attr_c(w, "type", "cancel");
	xmlw_leaf(w, "service-unavailable", NS_STANZAS);
	xmlw_close(w);
	end_error(ask);
}

struct str
iq_from(const struct iq_ask *ask)
{
	return ask->from;
}

struct str
iq_to(const struct iq_ask *ask)
{
	return ask->to;
}

void *
iq_arg(const struct iq_ask *ask)
{
	return ask->table->arg;
}

/* ---- keeping ---------------------------------------------------------- */

static void
on_ask_deadline(struct timer *timer)
{
	struct iq_ask *ask = TIMER_OWNER(timer, struct iq_ask, deadline);
	struct err err;

	err_set(&err, ERR_TIMEOUT, "no answer from the other side in time");
	iq_fail(ask, &err);
}

/* NULL: he keeps us busy enough. */
static struct asker *
asker_of(struct iq_table *t, struct str from)
{
	ptrdiff_t slash = str_find(from, '/');
	struct str bare = slash < 0 ? from : str_head(from, (size_t)slash);
	struct asker *a = map_get(&t->askers, bare);

	if (!a) {
		a = xcalloc(1, sizeof(*a));
		a->bare = str_dup(bare);
		map_put(&t->askers, str_c(a->bare), a);
	}
	if (a->nkept >= IQ_KEPT_EACH)
		return NULL;
	a->nkept++;
	return a;
}

uint64_t
iq_keep(struct iq_ask *ask, int64_t deadline_ms)
{
	struct iq_table *t = ask->table;
	struct asker *a =
	    t->kept_ids.n < IQ_KEPT_MAX ? asker_of(t, ask->from) : NULL;
	struct iq_ask *k;
	struct err err;

	if (!a) {
		err_set(&err, ERR_BUSY, "too many questions are still open");
		iq_fail(ask, &err);
		return 0;
	}
	k = xcalloc(1, sizeof(*k));
	*k = (struct iq_ask){ .table = t,
		.component = ask->component,
		.from = dup_str(ask->from),
		.to = dup_str(ask->to),
		.id = dup_str(ask->id),
		.asker = a };
	list_add(&t->kept, &k->node);
	k->token = idtab_add(&t->kept_ids, k);
	timer_init(&k->deadline, on_ask_deadline);
	timer_set(&k->deadline, t->clock, t->clock->at + deadline_ms);
	ask->answered = true; /* is now k's to do */
	return k->token;
}

struct iq_ask *
iq_kept(struct iq_table *t, uint64_t token)
{
	return idtab_get(&t->kept_ids, token);
}

/* ---- questions that come in ------------------------------------------- */

static const struct iq_row *
row_of(const struct iq_table *t, struct str type, const struct stanza *child)
{
	const struct iq_row *r;

	for (r = t->rows; r->type; r++)
		if (str_is(type, r->type) && stanza_is(child, r->name, r->ns))
			return r;
	return NULL;
}

static void
refuse(struct iq_ask *ask, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	iq_fail(ask, &err);
}

static void
handle(struct iq_ask *ask, const struct iq_row *row, const struct stanza *s,
    const struct stanza *child)
{
	struct iq_table *t = ask->table;
	struct err err = ERR_INIT;

	if (t->admit && t->admit(s, t->arg, &err) < 0)
		iq_fail(ask, &err);
	else if (!row)
		iq_fail_unknown(ask);
	else
		row->fn(ask, child);
	if (t->admit)
		(void)t->admit(NULL, t->arg, NULL);
	if (ask->answered)
		return;
	log_error(t->log, "iq without an answer", "element=" STR_FMT,
	    STR_ARG(stanza_name(child)));
	refuse(ask, ERR_INTERNAL, "this was not handled; it is our fault");
}

static void
question(struct iq_table *t, struct component *c, const struct stanza *s,
    struct str type)
{
	const struct stanza *child = stanza_child(s, NULL, NULL);
	struct iq_ask ask = { .table = t,
		.component = c,
		.from = stanza_attr(s, "from"),
		.to = stanza_attr(s, "to"),
		.id = stanza_attr(s, "id") };

	list_init(&ask.node);
	if (ask.from.len == 0 || ask.to.len == 0)
		return; /* there is nowhere to send an answer */
	if (stanza_is_truncated(s))
		refuse(&ask, ERR_TOO_BIG,
		    "the stanza has more in it than is taken; send less");
	else if (ask.id.len == 0)
		refuse(&ask, ERR_BAD_INPUT, "an iq needs an id");
	else if (!child || stanza_next(child, NULL, NULL))
		refuse(&ask, ERR_BAD_INPUT, "an iq has one element inside");
	else
		handle(&ask, row_of(t, type, child), s, child);
}

/* ---- our own ---------------------------------------------------------- */

static void
sent_free(struct sent *q)
{
	timer_cancel(&q->deadline);
	list_del(&q->node);
	idtab_del(&q->table->sent_ids, q->id);
	free(q->to);
	free(q);
}

static void
tell(struct sent *q, const struct stanza *answer)
{
	iq_answer_fn *fn = q->fn;
	void *arg = q->arg;

	sent_free(q);
	fn(answer, arg);
}

static void
on_sent_deadline(struct timer *timer)
{
	tell(TIMER_OWNER(timer, struct sent, deadline), NULL);
}

uint64_t
iq_send(struct iq_table *t, struct component *c, const char *type,
    struct str from, struct str to, int64_t deadline_ms, iq_answer_fn *fn,
    void *arg, struct xmlw **w_out)
{
	char id[40];
	struct sent *q;
	struct jid jid;

	if (!component_is_up(c) || t->sent_ids.n >= IQ_SENT_MAX ||
	    jid_parse(&jid, to, NULL) < 0)
		return 0;
	q = xcalloc(1, sizeof(*q));
	*q = (struct sent){
		.table = t, .to = str_dup(jid_full(&jid)), .fn = fn, .arg = arg
	};
	q->id = idtab_add(&t->sent_ids, q);
	list_add(&t->sent, &q->node);
	timer_init(&q->deadline, on_sent_deadline);
	timer_set(&q->deadline, t->clock, t->clock->at + deadline_ms);
	snprintf(
	    id, sizeof(id), "%s-%llu", t->prefix, (unsigned long long)q->id);
	*w_out = component_begin(c, "iq", from, to, type, str_c(id));
	return q->id;
}

void
iq_send_done(struct component *c)
{
	(void)component_end(c, NULL);
}

void
iq_cancel(struct iq_table *t, uint64_t id)
{
	struct sent *q = idtab_get(&t->sent_ids, id);

	if (q)
		sent_free(q);
}

/* The id says which, the sender proves it. */
static void
answer(struct iq_table *t, const struct stanza *s)
{
	struct str id = stanza_attr(s, "id"), prefix;
	struct sent *q;
	struct jid from;
	uint64_t n;

	if (!str_cut(&id, '-', &prefix) || !str_is(prefix, t->prefix) ||
	    !str_to_uint(id, UINT64_MAX, &n))
		return;
	q = idtab_get(&t->sent_ids, n);
	if (!q || jid_parse(&from, stanza_attr(s, "from"), NULL) < 0 ||
	    !str_is(jid_full(&from), q->to))
		return;
	tell(q, s);
}

void
iq_stanza(struct iq_table *t, struct component *c, const struct stanza *s)
{
	struct str type = stanza_attr(s, "type");
	struct iq_ask ask = { .table = t,
		.component = c,
		.from = stanza_attr(s, "from"),
		.to = stanza_attr(s, "to"),
		.id = stanza_attr(s, "id") };

	list_init(&ask.node);
	if (str_is(type, "get") || str_is(type, "set"))
		question(t, c, s, type);
	else if (str_is(type, "result") || str_is(type, "error"))
		answer(t, s);
	else if (ask.from.len && ask.to.len)
		refuse(&ask, ERR_BAD_INPUT, "an iq is a get or a set");
}

/* ---- life ------------------------------------------------------------- */

void
iq_stream_down(struct iq_table *t)
{
	struct list *n;

	for (n = list_first(&t->kept); n; n = list_first(&t->kept))
		ask_free(ASK(n));
	for (n = list_first(&t->sent); n; n = list_first(&t->sent))
		tell(SENT(n), NULL);
}

struct iq_table *
iq_new(struct clock *clock, const struct log_ctx *log,
    const struct iq_row *rows, iq_admit_fn *admit, void *arg)
{
	struct iq_table *t = xcalloc(1, sizeof(*t));

	t->clock = clock;
	t->log = log;
	t->rows = rows;
	t->admit = admit;
	t->arg = arg;
	idtab_init(&t->kept_ids, IQ_KEPT_MAX);
	idtab_init(&t->sent_ids, IQ_SENT_MAX);
	list_init(&t->kept);
	list_init(&t->sent);
	map_init(&t->askers);
	buf_init(&t->waste, WASTE_MAX);
	crypto_random_hex(t->prefix, 4);
	return t;
}

void
iq_free(struct iq_table **tp)
{
	struct iq_table *t = *tp;
	struct list *n;

	*tp = NULL;
	if (!t)
		return;
	for (n = list_first(&t->kept); n; n = list_first(&t->kept))
		ask_free(ASK(n));
	for (n = list_first(&t->sent); n; n = list_first(&t->sent))
		sent_free(SENT(n));
	idtab_release(&t->kept_ids);
	idtab_release(&t->sent_ids);
	map_release(&t->askers);
	buf_release(&t->waste);
	free(t);
}
