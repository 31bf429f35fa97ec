/*
 * From what a client wrote to what we owe.
 *
 * Until the row is committed nothing is promised: what goes wrong is an
 * error, and nothing is kept.  The same message again (the client did not
 * hear what became of it) is no new one: what was said of it is said again.
 */
#include <stdlib.h>

#include "core/announce.h"
#include "core/archive.h"
#include "core/arrival.h"
#include "core/backlog.h"
#include "core/draft.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_archive.h"
#include "core/outbox_draft.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/parties.h"
#include "core/room.h"
#include "core/router.h"
#include "core/sender.h"
#include "core/session.h"
#include "core/talk.h"
#include "core/tally.h"
#include "lib/crypto.h"
#include "lib/pack.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

enum {
	HEAD_MAX = 16 * 1024,
	SURE_MAX = 10000,
	REFUSED_MAX = 1000,
	ATTACHMENTS = 8
};

/* What a client wants to send, until it is known where it goes. */
struct draft_waiting {
	struct list node; /* in the sender; refused: in the outbox */
	struct outbox *box;
	struct sender *sender; /* NULL: refused, but for what is on disk */
	store_load_id load;
	struct err err;
	char *head, *body;
	size_t body_len;
	struct owed_head h; /* borrows from head */
	uint8_t key[CRYPTO_SHA256_BYTES];
	bool has_key;
};

#define WAITING(n) LIST_ENTRY(n, struct draft_waiting, node)

static struct clock *
clock_of(struct outbox *b)
{
	return core_clock(b->gw->core);
}

/* ---- answers ---------------------------------------------------------- */

static void
refuse(struct outbox *b, const struct owed_head *h, const struct err *err)
{
	struct xmlw *w = component_begin(
	    b->gw->component, "message", h->to, h->from, "error", h->id);

	stanza_error_write(w, err);
	(void)component_end(b->gw->component, NULL);
}

static void
waiting_free(struct draft_waiting *d)
{
	if (list_is_linked(&d->node)) {
		list_del(&d->node);
		if (d->sender)
			d->sender->ndraft--;
		else
			d->box->nrefused--;
	}
	free(d->head);
	free(d->body);
	free(d);
}

static void
refuse_waiting(struct draft_waiting *d, const struct err *err)
{
	log_info(&d->box->gw->log, "message refused",
	    "from=" STR_FMT " err=\"%s\"", STR_ARG(d->h.from), err->text);
	refuse(d->box, &d->h, err);
	waiting_free(d);
}

/* ---- the same again --------------------------------------------------- */

/* As if nobody had been told. */
static void
repeat(struct owed *o, struct str from)
{
	log_info(&o->box->gw->log, "message here already",
	    "ticket=%llu fate=%s from=" STR_FMT, (unsigned long long)o->id,
	    fate_name(o->fate), STR_ARG(from));
	owed_set_client(o, from);
	if (o->telling)
		return;
	o->told = 0;
	owed_tell(o);
}

/* The row of another run, or of an hour ago. */
struct again {
	struct outbox *box;
	char *from;
};

/* NULL: there is none. */
static struct owed *
found(struct outbox *b, const struct store_outs *v)
{
	struct owed *o;

	if (v->nmessage == 0)
		return NULL;
	o = owed_find(b, v->message[0].id);
	if (o)
		return o;
	o = owed_read(b, &v->message[0], v->piece, v->npiece);
	if (o)
		owed_add(o);
	return o;
}

static void
on_again(bool ok, const struct store_outs *v, void *arg)
{
	struct again *a = arg;
	struct owed *o = ok ? found(a->box, v) : NULL;

	if (o)
		repeat(o, str_c(a->from));
	free(a->from);
	free(a);
}

static void
look_again(struct outbox *b, uint64_t id, struct str from)
{
	struct owed *o = owed_find(b, id);
	struct again *a;

	if (o) {
		repeat(o, from);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	a->box = b;
	a->from = str_dup(from);
	(void)store_out_find(
	    core_store(b->gw->core), gateway_domain(b->gw), id, on_again, a);
}

/* ---- kept ------------------------------------------------------------- */

/* To a room: those inside see it now, as they would on a live network. */
static void
reflect(struct owed *o)
{
	const struct announce_own own = { o->head.id, STR_EMPTY };
	struct session *s = o->head.is_room
	    ? session_find(o->box->gw, o->user, o->head.network)
	    : NULL;
	struct room *r = s ? room_find(s, o->head.contact) : NULL;
	struct backlog_word word = { .own = true, .own_id = o->head.id };
	struct letter l;

	if (!r)
		return;
	if (letter_read(&l, str_of(o->body, o->body_len), NULL) == 0) {
		word.kind = l.m.kind;
		word.from = str_c(s->nick);
		word.body = l.m.body;
		talk_line(r, &word, &own);
	}
	letter_release(&l);
}

static void
accepted(struct owed *o)
{
	o->box->naccepted++;
	log_info(&o->box->gw->log, "message accepted",
	    "ticket=%llu user=" STR_FMT " line=%s pieces=%u units=%llu",
	    (unsigned long long)o->id, STR_ARG(o->user), o->line->name,
	    o->head.npieces, (unsigned long long)o->nunits);
	reflect(o);
	outbox_archive_message(o);
	owed_add(o);
}

static void
born(struct owed *o, bool ok, uint64_t id)
{
	struct outbox *b = o->box;
	struct err err;

	o->nbusy--;
	if (ok && id == o->id && !o->is_forgotten) {
		accepted(o);
		return;
	}
	tallies_add(b->tallies, o, -1);
	if (o->is_forgotten) {
		err_set(&err, ERR_STRANGER,
		    "not sent: you have asked to be forgotten meanwhile");
		refuse(b, &o->head, &err);
	} else if (ok) {
		look_again(b, id, o->head.from);
	} else {
		err_set(&err, ERR_BUSY,
		    "not sent: the gateway cannot keep messages at the "
		    "moment; try again later");
		refuse(b, &o->head, &err);
	}
	owed_free(&o);
}

static void
on_kept(bool ok, uint64_t id, void *arg)
{
	struct owed *o = arg;
	struct outbox *b = o->box;
	struct sender *s = sender_get(b, o->user, o->head.network);

	s->held++;
	s->nnewborn--;
	b->nnewborn--;
	born(o, ok, id);
	s->held--;
	sender_check(s);
}

static void
keep(struct draft_waiting *d, const struct gw_route *r, struct line *l)
{
	struct outbox *b = d->box;
	int64_t now = clock_of(b)->utc;
	int64_t expire_ms = r->expire_ms ? r->expire_ms : l->expire_ms;
	struct owed_params p = { .id = core_next_message(b->gw->core),
		.user = d->sender->user,
		.head = &d->h,
		.body = str_of(d->body, d->body_len),
		.line = l,
		.nunits = r->nunits ? r->nunits : r->npieces,
		.price = r->price,
		.accepted_utc = now,
		.expire_utc = now + expire_ms };
	struct owed *o = owed_new(b, &p);
	struct store_out row;
	struct buf head;

	owed_row(o, &row);
	buf_init(&head, HEAD_MAX);
	owed_write_head(&o->head, &head);
	row.head = buf_str(&head);
	row.body = p.body;
	if (d->has_key)
		row.key = str_of((const char *)d->key, sizeof(d->key));
	tallies_add(b->tallies, o, 1);
	list_add(&b->newborn, &o->node);
	d->sender->nnewborn++;
	b->nnewborn++;
	o->nbusy++;
	(void)store_out_put(
	    core_store(b->gw->core), &row, now - OUTBOX_SAME_MS, on_kept, o);
	buf_release(&head);
}

/* ---- where it goes ---------------------------------------------------- */

/* Said twice within ten minutes: he means it.  Not so his client, which sends
   the same stanza again because it did not hear what became of it. */
struct sure {
	uint8_t key[CRYPTO_SHA256_BYTES];    /* of the words */
	uint8_t stanza[CRYPTO_SHA256_BYTES]; /* and of the id */
	int64_t at;
};

static void
forget_sure(struct outbox *b, int64_t before)
{
	struct map_iter it = { 0 };

	while (map_next(&b->sure, &it)) {
		struct sure *s = it.value;

		if (s->at >= before)
			continue;
		map_del(&b->sure, it.key);
		free(s);
	}
}

void
outbox_sure_clear(struct outbox *b)
{
	forget_sure(b, INT64_MAX);
}

static void
sure_key(const struct draft_waiting *d, uint8_t out[CRYPTO_SHA256_BYTES])
{
	struct letter l;
	struct buf b;

	buf_init(&b, LETTER_MAX + HEAD_MAX);
	pack_str(&b, d->sender->user);
	pack_str(&b, d->h.key);
	if (letter_read(&l, str_of(d->body, d->body_len), NULL) == 0) {
		l.m.id = STR_EMPTY; /* another one each time */
		letter_pack(&l.m, &b);
	}
	letter_release(&l);
	crypto_sha256(buf_str(&b), out);
	buf_release(&b);
}

static bool
is_sure(struct draft_waiting *d)
{
	struct outbox *b = d->box;
	int64_t now = clock_of(b)->at;
	struct sure *s;
	uint8_t key[CRYPTO_SHA256_BYTES];

	forget_sure(b, now - OUTBOX_SURE_MS);
	sure_key(d, key);
	s = map_get(&b->sure, str_of((const char *)key, sizeof(key)));
	if (s && d->has_key && memcmp(s->stanza, d->key, sizeof(d->key)) == 0)
		return false;
	if (s) {
		map_del(&b->sure, str_of((const char *)key, sizeof(key)));
		free(s);
		return true;
	}
	if (b->sure.n >= SURE_MAX)
		return false;
	s = xcalloc(1, sizeof(*s));
	memcpy(s->key, key, sizeof(key));
	memcpy(s->stanza, d->key, sizeof(d->key));
	s->at = now;
	map_put(&b->sure, str_of((const char *)s->key, sizeof(s->key)), s);
	return false;
}

/* It was accepted: it does not stand for what is asked. */
static void
not_sure(const struct draft_waiting *d)
{
	struct map_iter it = { 0 };

	while (map_next(&d->box->sure, &it)) {
		struct sure *s = it.value;

		if (memcmp(s->stanza, d->key, sizeof(d->key)) != 0)
			continue;
		map_del(&d->box->sure, it.key);
		free(s);
	}
}

static void
on_known(bool ok, const struct store_outs *v, void *arg)
{
	struct draft_waiting *d = arg;
	struct owed *o = ok ? found(d->box, v) : NULL;

	if (!o) {
		refuse_waiting(d, &d->err);
		return;
	}
	not_sure(d);
	repeat(o, d->h.from);
	waiting_free(d);
}

/* It cannot go now.  If it is one that went, that is what he wants to hear. */
static void
refuse_new(struct draft_waiting *d, const struct err *err)
{
	struct outbox *b = d->box;

	if (!d->has_key || b->nrefused >= REFUSED_MAX) {
		refuse_waiting(d, err);
		return;
	}
	d->err = *err;
	list_del(&d->node);
	d->sender->ndraft--;
	d->sender = NULL;
	list_add(&b->refused, &d->node);
	b->nrefused++;
	d->load = store_out_find_keyed(core_store(b->gw->core),
	    gateway_domain(b->gw), str_of((const char *)d->key, sizeof(d->key)),
	    clock_of(b)->utc - OUTBOX_SAME_MS, on_known, d);
}

void
outbox_refused_drop(struct outbox *b)
{
	while (!list_is_empty(&b->refused)) {
		struct draft_waiting *d = WAITING(list_first(&b->refused));

		store_cancel(core_store(b->gw->core), d->load);
		waiting_free(d);
	}
}

static int
ask_route(struct draft_waiting *d, struct session *s, struct gw_route *r,
    struct err *err)
{
	struct letter letter;
	int rc;

	*r = (struct gw_route){ .npieces = 1 };
	rc = letter_read(&letter, str_of(d->body, d->body_len), err);
	if (rc == 0) {
		session_enter(s);
		rc = d->box->gw->ops->route(s, &letter.m, r, err);
		session_leave(s);
		d->h.many = letter.m.nrecipient > 1 || r->many;
	}
	letter_release(&letter);
	if (r->repeats)
		return is_sure(d) ? 0 : -1;
	return rc;
}

static void
route(struct draft_waiting *d, struct session *s)
{
	struct err err = ERR_INIT;
	struct line *l = NULL;
	struct gw_route r;

	if (ask_route(d, s, &r, &err) < 0) {
		if (err.kind == ERR_NONE)
			err_set(&err, ERR_UNSUITABLE, "it cannot be sent");
		refuse_new(d, &err);
		return;
	}
	l = line_find(d->box, str_c(r.line));
	if (!l || !l->is_there || r.npieces == 0 || r.npieces > GW_PIECES_MAX) {
		err_set(&err, ERR_INTERNAL, "there is no line to send it by");
		refuse_waiting(d, &err);
		return;
	}
	d->h.npieces = r.npieces;
	if (r.npieces == 1 && d->box->gw->ops->send_all) {
		d->h.bundle = str_c(r.bundle);
		d->h.hold_ms = r.hold_ms;
		d->h.hold_max_ms =
		    r.hold_max_ms > r.hold_ms ? r.hold_max_ms : r.hold_ms;
	}
	keep(d, &r, l);
	waiting_free(d);
}

void
outbox_drafts_go(struct sender *s, struct session *is)
{
	while (!list_is_empty(&s->drafts))
		route(WAITING(list_first(&s->drafts)), is);
}

void
outbox_drafts_fail(struct sender *s, const struct err *err)
{
	while (!list_is_empty(&s->drafts))
		refuse_waiting(WAITING(list_first(&s->drafts)), err);
}

void
outbox_drafts_drop(struct sender *s)
{
	while (!list_is_empty(&s->drafts))
		waiting_free(WAITING(list_first(&s->drafts)));
}

/* ---- what a client wrote ---------------------------------------------- */

/* The same sender, recipient, id and body: the same message. */
static void
write_key(struct draft_waiting *d, const struct draft *is, struct str user)
{
	struct str id = is->p.origin.len ? is->p.origin : is->p.id;
	struct buf b;

	d->has_key = id.len > 0;
	buf_init(&b, LETTER_MAX + HEAD_MAX);
	pack_str(&b, user);
	pack_str(&b, d->h.to);
	pack_str(&b, id);
	pack_str(&b, is->payload.body);
	crypto_sha256(buf_str(&b), d->key);
	buf_release(&b);
}

/* XEP-0066: most clients repeat the address as the body. */
struct links {
	struct gw_attachment v[ATTACHMENTS];
	char *url[ATTACHMENTS];
	size_t n;
};

static void
links_read(struct links *l, struct inlet *in, struct str *body)
{
	const struct stanza *x = stanza_child(in->stanza, "x", NS_OOB);

	for (; x && l->n < ATTACHMENTS; x = stanza_next(x, "x", NS_OOB)) {
		struct str url =
		    stanza_child_text(x, "url", NULL, &in->scratch);

		if (url.len == 0)
			continue;
		if (str_eq(url, *body))
			*body = STR_EMPTY;
		l->url[l->n] = str_dup(url);
		l->v[l->n].url = str_c(l->url[l->n]);
		l->n++;
	}
}

static void
links_release(struct links *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->url[i]);
}

static int
pack(struct draft_waiting *d, const struct gw_message *m, struct err *err)
{
	struct buf out;

	buf_init(&out, LETTER_MAX);
	letter_pack(m, &out);
	if (!letter_fits(m) || buf_is_full(&out)) {
		buf_release(&out);
		return err_set(err, ERR_TOO_BIG,
		    "not sent: a message has %d bytes at most", LETTER_MAX);
	}
	d->body = str_dup(buf_str(&out));
	d->body_len = out.len;
	buf_release(&out);
	return 0;
}

static int
write_letter(struct draft_waiting *d, const struct draft *is, struct err *err)
{
	struct inlet *in = is->in;
	struct links links = { .n = 0 };
	struct parties parties;
	struct gw_message m = { .kind = is->p.kind,
		.room = is->p.room,
		.to = is->p.nick,
		.body = is->p.body,
		.reply_to = arrival_name_of(is->p.reply_to),
		.id = is->p.origin.len ? is->p.origin : is->p.id,
		.reply_nick = is->p.reply_nick,
		.span = is->p.span,
		.nspan = is->p.nspan };
	struct buf scratch;
	int rc;

	links_read(&links, in, &m.body);
	m.attachment = links.v;
	m.nattachment = links.n;
	if (m.body.len != is->p.body.len)
		m.nspan = 0;
	buf_init(&scratch, LETTER_MAX);
	m.thread = stanza_child_text(in->stanza, "thread", NULL, &in->scratch);
	m.subject = stanza_child_text(in->stanza, "subject", NULL, &scratch);
	rc = parties_read(&parties, in, err);
	m.party = parties.v;
	m.nparty = parties.n;
	if (rc == 0)
		rc = pack(d, &m, err);
	parties_release(&parties);
	buf_release(&scratch);
	links_release(&links);
	return rc;
}

/* Strings of the head into memory of its own. */
static void
write_head(struct draft_waiting *d, const struct draft *is, struct session *s)
{
	const struct inlet *in = is->in;
	bool is_room = is->p.room.len > 0;
	struct str contact = is_room ? is->p.room : is->p.nick;
	struct owed_head h = { .from = jid_full(&in->from),
		.to = jid_bare(&in->to),
		.id = in->id,
		.network = session_network(s),
		.contact = contact,
		.key = session_key(s, contact),
		.is_room = is_room,
		.asks = !str_is(in->type, "groupchat") &&
		    stanza_child(in->stanza, "request", NS_RECEIPTS) };

	d->h = owed_head_dup(&h, &d->head);
}

static int
check_room_for(struct outbox *b, const struct sender *s, struct err *err)
{
	if (outbox_check_loaded(b, err) < 0)
		return -1;
	if (!store_is_ok(core_store(b->gw->core)))
		return err_set(err, ERR_BUSY,
		    "not sent: the gateway cannot keep messages at the "
		    "moment; try again later");
	if (b->nmoving + b->nnewborn >= OUTBOX_MAX ||
	    s->nmoving + s->nnewborn >= OUTBOX_USER_MAX ||
	    s->ndraft >= OUTBOX_DRAFTS_MAX)
		return err_set(
		    err, ERR_BUSY, "not sent: too many messages are waiting");
	return 0;
}

static void
take(struct draft_waiting *d, struct session *s)
{
	struct sender *to = d->sender;

	list_add(&to->drafts, &d->node);
	to->ndraft++;
	to->held++;
	if (d->box->is_loaded && s->state == SESSION_ONLINE)
		outbox_drafts_go(to, s);
	else
		outbox_drafts_wait(to);
	to->held--;
	sender_check(to);
}

/* For what speaks of it later: corrections, replies, reactions. */
static void
remember(struct session *s, const struct draft *is)
{
	const struct outgoing_params *p = &is->p;
	const struct backlog_word word = { .kind = p->kind,
		.own = true,
		.own_id = p->id,
		.from = p->nick,
		.body = p->shown.len ? p->shown : p->body,
		.corrects = p->corrects };

	if (p->room.len == 0 && p->id.len > 0 &&
	    !backlog_find(&s->words, p->id))
		(void)backlog_add(&s->words, &word);
}

void
outbox_accept(struct inlet *in, struct session *s, struct draft *is)
{
	struct outbox *b = in->gw->outbox;
	struct draft_waiting *d = xcalloc(1, sizeof(*d));
	struct err err = ERR_INIT;

	d->box = b;
	list_init(&d->node);
	d->sender = sender_get(b, session_user(s), session_network(s));
	if (check_room_for(b, d->sender, &err) < 0 ||
	    write_letter(d, is, &err) < 0) {
		inlet_error(in, &err);
		sender_check(d->sender);
		waiting_free(d);
		return;
	}
	write_head(d, is, s);
	write_key(d, is, session_user(s));
	remember(s, is);
	take(d, s);
}
