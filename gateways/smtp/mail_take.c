/*
 * A mail from the end of its data to the answer.
 *
 * Nothing of it is on disk before its messages are, and none of them before
 * all that can refuse it has been asked.  Where the other end gives up waiting
 * and hands it in again, what has arrived is known by its hash.
 */
#include "smtp/mail_take.h"

#include <stdlib.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "smtp/mail_alert.h"
#include "smtp/mail_deliver.h"
#include "smtp/mail_files.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_inlet.h"
#include "smtp/mail_originals.h"
#include "smtp/mail_reader.h"
#include "smtp/mail_sets.h"
#include "smtp/mail_spool.h"
#include "smtp/mail_target.h"

struct mail_takings {
	struct list list;
	size_t n, nitem;
};

#define TAKE(x) LIST_ENTRY(x, struct mail_take, node)
#define ITEM(x) LIST_ENTRY(x, struct mail_item, node)

static void
item_free(struct mail_item *i)
{
	list_del(&i->node);
	i->slot->take->nitem--;
	i->slot->take->mail->takings->nitem--;
	mail_delivery_free(&i->delivery);
	mail_alert_free(&i->alert);
	free(i->attachment);
	free(i);
}

static void
drop_items(struct mail_take *t)
{
	LIST_EACH(&t->items, n)
	{
		item_free(ITEM(n));
	}
}

static void
take_free(struct mail_take *t)
{
	timer_cancel(&t->timer);
	mail_read_cancel(&t->reading);
	mail_files_free(&t->files);
	drop_items(t);
	mail_spool_free(&t->spool);
	if (list_is_linked(&t->node)) {
		list_del(&t->node);
		t->mail->takings->n--;
	}
	free(t->slot);
	free(t->recipient);
	free(t->words);
	free(t);
}

struct mail_item *
mail_take_item(struct mail_slot *slot, struct mail_delivery *delivery,
    struct mail_alert *alert)
{
	struct mail_take *t = slot->take;
	struct mail_item *i = xcalloc(1, sizeof(*i));

	i->slot = slot;
	i->delivery = delivery;
	i->alert = alert;
	i->rest = MAIL_ITEM_NONE;
	list_add(&t->items, &i->node);
	t->nitem++;
	t->mail->takings->nitem++;
	if (t->nitem <= MAIL_TAKE_ITEMS &&
	    t->mail->takings->nitem <= MAIL_TAKINGS_ITEMS)
		return i;
	item_free(i);
	mail_reply_set(&slot->reply, 452, "4.5.3", "Too many recipients");
	return NULL;
}

/* ---- answers -------------------------------------------------------------- */

static void
log_end(const struct mail_take *t, const struct mail_reply *r)
{
	log_info(gateway_log(t->mail->gw),
	    mail_reply_is_ok(r) ? "mail taken" : "mail refused",
	    "from=\"" STR_FMT "\" client=" STR_FMT
	    " recipients=%zu ms=%lld code=%d why=\"%s\"",
	    STR_ARG(t->envelope.sender), STR_ARG(t->client.address),
	    t->envelope.nrecipient,
	    (long long)(gateway_clock(t->mail->gw)->at - t->since_at), r->code,
	    r->text);
}

static int
severity(const struct mail_reply *r)
{
	return mail_reply_is_ok(r) ? 0 : r->code < 500 ? 1 : 2;
}

static size_t
worst_of(const struct mail_take *t)
{
	size_t worst = 0;

	for (size_t i = 1; i < t->envelope.nrecipient; i++)
		if (severity(&t->slot[i].reply) >
		    severity(&t->slot[worst].reply))
			worst = i;
	return worst;
}

static void
answer(struct mail_take *t)
{
	size_t n = t->envelope.nrecipient, worst = worst_of(t);
	struct mail_reply *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = t->slot[t->envelope.is_lmtp ? i : worst].reply;
	log_end(t, &t->slot[worst].reply);
	t->fn(t->arg, v, n);
	free(v);
}

static void
finish(struct mail_take *t)
{
	if (!t->is_given_up)
		answer(t);
	take_free(t);
}

static void
set_all(struct mail_take *t, const struct mail_reply *reply)
{
	for (size_t i = 0; i < t->envelope.nrecipient; i++)
		t->slot[i].reply = *reply;
}

/* Without LMTP it is taken for all of them or for none. */
static bool
is_for_all(const struct mail_take *t)
{
	return mail_reply_is_ok(&t->slot[worst_of(t)].reply);
}

static void
slot_done(struct mail_slot *s)
{
	s->pending--;
	if (--s->take->pending == 0)
		finish(s->take);
}

/* ---- on disk ---------------------------------------------------------------- */

static void
not_kept(struct mail_slot *s)
{
	mail_reply_set(&s->reply, 451, "4.3.0",
	    "It could not be written to disk: try again later");
}

static void
on_item_kept(void *arg, bool ok)
{
	struct mail_item *i = arg;
	struct mail_slot *s = i->slot;

	if (!ok)
		not_kept(s);
	else if (i->alert)
		mail_target_kept(s->take->mail, i->alert);
	slot_done(s);
}

static void
on_report_kept(void *arg, bool ok)
{
	struct mail_slot *s = arg;

	if (!ok)
		not_kept(s);
	slot_done(s);
}

static void
arrive(struct mail_item *i)
{
	struct mail_slot *s = i->slot;
	struct mail_gateway *mail = s->take->mail;
	const struct gw_arrival *v =
	    i->alert ? &i->alert->arrival : &i->delivery->arrival;

	s->pending++;
	s->take->pending++;
	if (gateway_arrive(mail->gw, v, 1, on_item_kept, i) == 0)
		return;
	if (!v->is_post)
		mail_inlet_full(mail, v->user);
	mail_reply_set(&s->reply, 452, v->is_post ? "4.3.1" : "4.2.2",
	    "Too much waits there already: try again later");
	slot_done(s);
}

static void
report_one(struct mail_slot *s, gw_ticket t)
{
	struct gw_report r = s->report;

	r.ticket = t;
	s->pending++;
	s->take->pending++;
	if (gateway_report(s->take->mail->gw, &r, on_report_kept, s) == 0)
		return;
	mail_reply_set(
	    &s->reply, 451, "4.3.1", "Too many reports: try again later");
	slot_done(s);
}

/* For all the messages that the mail was made of. */
static void
report(struct mail_slot *s)
{
	gw_ticket t[GW_BUNDLED_MAX];
	size_t n = mail_sets_get(s->take->mail, s->report.ticket, t);

	for (size_t i = 0; i < n; i++)
		report_one(s, t[i]);
}

static void
keep_count(struct mail_slot *s)
{
	s->pending++;
	s->take->pending++;
	if (!mail_target_count_kept(
	        s->take->mail, &s->where, on_report_kept, s))
		slot_done(s);
}

/* One for the while in which the others are begun. */
static void
commit(struct mail_take *t)
{
	bool may = t->envelope.is_lmtp || is_for_all(t);

	t->pending++;
	LIST_EACH(&t->items, n)
	{
		if (may && mail_reply_is_ok(&ITEM(n)->slot->reply))
			arrive(ITEM(n));
	}
	for (size_t i = 0; may && i < t->envelope.nrecipient; i++)
		if (t->slot[i].has_report &&
		    mail_reply_is_ok(&t->slot[i].reply))
			report(&t->slot[i]);
	for (size_t i = 0; i < t->envelope.nrecipient; i++)
		if (t->slot[i].is_counted)
			keep_count(&t->slot[i]);
	if (--t->pending == 0)
		finish(t);
}

/* ---- files ------------------------------------------------------------------ */

static bool
wants_files(const struct mail_item *i)
{
	return i->alert ? i->alert->wants_files : i->delivery->wants_files;
}

static void
note(struct mail_item *i, struct str name, struct str type, uint64_t size,
    const char *why)
{
	if (i->delivery)
		mail_delivery_note(i->delivery, name, type, size, why);
	else
		mail_alert_note(i->alert, name, type, size, why);
}

/* What people learn of a file that is not passed on. */
static void
name_it(struct mail_take *t, const struct mail_part *part, bool is_added)
{
	LIST_EACH(&t->items, n)
	{
		struct mail_item *i = ITEM(n);

		if (!wants_files(i))
			note(i, part->name, part->mime, part->size,
			    "not passed on");
		else if (!is_added)
			note(i, part->name, part->mime, part->size,
			    "too much for one mail");
	}
}

static void
add_own(struct mail_take *t, const struct mail_record *r, bool wanted)
{
	for (size_t p = 0; p < r->npart; p++) {
		const struct mail_part *part = &r->part[p];
		struct gw_file file = { .name = part->name,
			.type = part->mime,
			.body = part->body };
		bool is_added =
		    wanted && part->is_carried && t->nown < MAIL_PARTS_CARRIED;

		if (!mail_files_is_wanted(part))
			continue;
		if (is_added)
			t->own[t->nown++] = mail_files_add(t->files, &file);
		name_it(t, part, is_added);
	}
}

/* All of its text once, whoever is to have it. */
static size_t
add_whole(struct mail_take *t, const struct mail_record *r)
{
	struct gw_file file = { .name = STR("mail.txt"),
		.type = STR("text/plain; charset=utf-8"),
		.body = r->text };

	if (t->whole == MAIL_ITEM_NONE)
		t->whole = mail_files_add(t->files, &file);
	return t->whole;
}

static void
add_rest(struct mail_item *i, const struct mail_record *r)
{
	struct mail_take *t = i->slot->take;

	if (i->delivery && i->delivery->wants_whole)
		i->rest = add_whole(t, r);
	else if (i->alert && i->alert->rest.body.len &&
	    mail_files_count(t->files) < MAIL_FILES_MAX - 1)
		i->rest = mail_files_add(t->files, &i->alert->rest);
	if (i->alert)
		mail_alert_drop_rest(i->alert);
}

static void
add_files(struct mail_take *t, const struct mail_record *r)
{
	bool wanted = false;

	t->whole = MAIL_ITEM_NONE;
	LIST_EACH(&t->items, n)
	{
		wanted |= wants_files(ITEM(n));
	}
	add_own(t, r, wanted);
	LIST_EACH(&t->items, n)
	{
		add_rest(ITEM(n), r);
	}
}

/* What the XMPP server will not have, people are told of in words. */
/* An alert does not wait for its files: it may say why nothing works. */
static void
attach(struct mail_item *i, size_t at)
{
	struct gw_message *m =
	    i->alert ? &i->alert->message : &i->delivery->message;
	struct mail_file_state f = mail_files_get(i->slot->take->files, at);

	if (f.url.len) {
		i->attachment[m->nattachment++] =
		    (struct gw_attachment){ .url = f.url,
			    .name = f.name,
			    .mime = f.type,
			    .size_bytes = f.size };
		m->attachment = i->attachment;
	} else if (f.is_passing && !i->alert) {
		mail_reply_set(&i->slot->reply, 451, "4.3.0",
		    "Its files cannot be passed on just now: %s", f.err->text);
	} else {
		note(i, f.name, f.type, f.size, f.err->text);
	}
}

static void
attach_all(struct mail_item *i)
{
	struct mail_take *t = i->slot->take;

	i->attachment = xcalloc(t->nown + 1, sizeof(*i->attachment));
	if (i->rest != MAIL_ITEM_NONE)
		attach(i, i->rest);
	for (size_t k = 0; k < t->nown && wants_files(i); k++)
		attach(i, t->own[k]);
}

static void
on_files(void *arg)
{
	struct mail_take *t = arg;

	LIST_EACH(&t->items, n)
	{
		attach_all(ITEM(n));
	}
	commit(t);
}

/* ---- what it is ------------------------------------------------------------- */

static void
on_read(void *arg, const struct mail_read_result *result)
{
	struct mail_take *t = arg;

	t->reading = NULL;
	mail_spool_free(&t->spool);
	if (!result->record) {
		set_all(t, &result->reply);
		finish(t);
		return;
	}
	mail_dispatch(t, result->record);
	t->files = mail_files_new(t->mail->gw, on_files, t);
	if (t->envelope.is_lmtp || is_for_all(t))
		add_files(t, result->record);
	if (mail_files_count(t->files) == 0)
		commit(t);
	else
		mail_files_go(
		    t->files, gateway_clock(t->mail->gw)->at + MAIL_UPLOAD_MS);
}

/* The other end will wait no longer; what is at the disk ends by itself. */
static void
give_up(struct mail_take *t)
{
	struct mail_reply late;

	mail_reply_set(
	    &late, 451, "4.3.0", "It takes too long: try again later");
	set_all(t, &late);
	answer(t);
	t->is_given_up = true;
	if (t->pending == 0)
		take_free(t);
}

/* Before it was read: there is no room, or no worker. */
static void
turn_away(struct mail_take *t)
{
	struct mail_reply busy;

	mail_reply_set(&busy, 451, "4.3.2",
	    "Too many mails are under way: try again later");
	set_all(t, &busy);
	finish(t);
}

static void
on_timer(struct timer *timer)
{
	struct mail_take *t = TIMER_OWNER(timer, struct mail_take, timer);

	if (t->spool && !t->reading)
		turn_away(t);
	else
		give_up(t);
}

/* ---- a copy of the envelope --------------------------------------------------- */

static size_t
length_of(const struct mail_envelope *e)
{
	const struct mail_client *c = e->client;
	size_t n = e->sender.len + c->address.len + c->helo.len + c->user.len;

	for (size_t i = 0; i < e->nrecipient; i++)
		n += e->recipient[i].len;
	return n;
}

static void
copy_envelope(struct mail_take *t, const struct mail_envelope *e)
{
	char *at = t->words = xmalloc(length_of(e) + 1);

	t->client = *e->client;
	t->client.address = str_put(&at, t->client.address);
	t->client.helo = str_put(&at, t->client.helo);
	t->client.user = str_put(&at, t->client.user);
	t->envelope = *e;
	t->envelope.client = &t->client;
	t->envelope.sender = str_put(&at, e->sender);
	t->slot = xcalloc(e->nrecipient + 1, sizeof(*t->slot));
	t->recipient = xcalloc(e->nrecipient + 1, sizeof(*t->recipient));
	t->envelope.recipient = t->recipient;
	for (size_t i = 0; i < e->nrecipient; i++) {
		t->recipient[i] = str_put(&at, e->recipient[i]);
		t->slot[i].take = t;
		t->slot[i].recipient = t->recipient[i];
		mail_reply_set(&t->slot[i].reply, 250, "2.0.0", "Taken");
	}
}

void
mail_take(struct mail_gateway *mail, const struct mail_envelope *e,
    struct mail_spool **body, mail_taken_fn *fn, void *arg)
{
	struct mail_take *t = xcalloc(1, sizeof(*t));
	struct clock *clock = gateway_clock(mail->gw);

	t->mail = mail;
	t->fn = fn;
	t->arg = arg;
	t->since_at = clock->at;
	t->spool = *body;
	*body = NULL;
	list_init(&t->items);
	timer_init(&t->timer, on_timer);
	copy_envelope(t, e);
	list_add(&mail->takings->list, &t->node);
	if (mail->reader && mail->takings->n < MAIL_TAKINGS_MAX)
		t->reading = mail_read(mail->reader, t->spool, on_read, t);
	mail->takings->n++;
	timer_set(&t->timer, clock,
	    t->reading ? clock->at + MAIL_TAKE_MS : clock->at);
}

/* ---- life ------------------------------------------------------------- */

static int
takings_open(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->originals = mail_originals_new();
	mail->takings = xcalloc(1, sizeof(*mail->takings));
	list_init(&mail->takings->list);
	return 0;
}

/* Nobody is answered any more, nor hears of what was given to the core. */
static void
takings_close(struct mail_gateway *mail)
{
	LIST_EACH(&mail->takings->list, n)
	{
		take_free(TAKE(n));
	}
	free(mail->takings);
	mail->takings = NULL;
	mail_originals_free(&mail->originals);
}

static void
takings_forget(struct mail_gateway *mail, struct str user)
{
	mail_originals_forget(mail->originals, user);
}

const struct mail_noun mail_takings_noun = {
	.open = takings_open,
	.close = takings_close,
	.forget = takings_forget,
};
