/*
 * Answers of a room's members, mailed to who sent the notification.
 *
 * A room answers a post, not a mail: so what a post was of is remembered for a
 * week, on disk.  An answer on its way is in memory only: the room is told of
 * one that fails, and of nothing else.
 *
 *	target SLUG said ID	whom an answer to that post goes to, and about
 *				what, in lines of `word value`
 */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "smtp/mail_envelope.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_record.h"
#include "smtp/mail_sender.h"
#include "smtp/mail_smarthost.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_target_base.h"
#include "smtp/mail_words.h"

enum {
	ANSWERABLE_MAX = 1000, /* posts, of all targets */
	SENDING_MAX = 100,
	TRIES_MAX = 5,
	RETRY_MS = 60 * 1000,
	BURST = 10,
	INTERVAL_MS = 2 * 60 * 1000,
	TEXT_MAX = 8 * 1024,
};
#define ANSWERABLE_MS ((int64_t)7 * 24 * 3600 * 1000)

/* A post that can be answered. */
struct answerable {
	struct list node;
	char id[GW_ID_MAX + 1];
	char slug[MAIL_SLUG_MAX + 1];
	char *to, *subject, *message_id;
	int64_t at_utc;
};

/* An answer on its way. */
struct sending {
	struct list node;
	struct timer timer;
	struct mail_gateway *mail;
	char slug[MAIL_SLUG_MAX + 1];
	char *nick;
	struct buf letter; /* packed */
	unsigned tries;
};

/* ---- what was said ---------------------------------------------------- */

static void
put(struct mail_gateway *mail, const struct answerable *a, struct str value)
{
	struct buf name;

	buf_init(&name, 256);
	buf_addf(
	    &name, "%s%s said %s", mail_targets_noun.prefix, a->slug, a->id);
	gateway_fact_put(mail->gw, STR_EMPTY, buf_str(&name), value);
	buf_release(&name);
}

static void
keep(struct mail_gateway *mail, const struct answerable *a)
{
	struct buf value;

	buf_init(&value, 4096);
	buf_addf(&value, "to %s\nat %" PRId64 "\nsubject %s\nid %s\n", a->to,
	    a->at_utc, a->subject, a->message_id);
	put(mail, a, buf_str(&value));
	buf_release(&value);
}

static void
answerable_free(struct mail_targets *all, struct answerable *a)
{
	list_del(&a->node);
	all->nanswerable--;
	free(a->to);
	free(a->subject);
	free(a->message_id);
	free(a);
}

static void
forget(struct mail_gateway *mail, struct answerable *a)
{
	put(mail, a, STR_EMPTY);
	answerable_free(mail->targets, a);
}

/* The oldest are at the head: what is over, and what is too much. */
static void
make_room(struct mail_gateway *mail)
{
	struct mail_targets *all = mail->targets;
	int64_t now = gateway_clock(mail->gw)->utc;

	LIST_EACH(&all->answerable, n)
	{
		struct answerable *a = LIST_ENTRY(n, struct answerable, node);

		if (a->at_utc + ANSWERABLE_MS > now &&
		    all->nanswerable < ANSWERABLE_MAX)
			return;
		forget(mail, a);
	}
}

static struct answerable *
answerable_new(struct mail_targets *all, const char *slug, struct str id)
{
	struct answerable *a = xcalloc(1, sizeof(*a));

	memcpy(a->slug, slug, strlen(slug));
	memcpy(a->id, id.p, id.len < GW_ID_MAX ? id.len : GW_ID_MAX);
	list_add(&all->answerable, &a->node);
	all->nanswerable++;
	return a;
}

/* Where an answer to it goes; empty: nowhere. */
static struct str
answers_to(const struct mail_record *r)
{
	struct str to = r->nreply_to ? r->reply_to[0].address : r->from.address;

	return str_has(to, '@') ? to : STR_EMPTY;
}

void
mail_target_answerable(struct mail_target *t, const struct mail_record *r,
    const struct mail_alert *alert)
{
	struct answerable *a;

	if (!t->wish.replies || !t->wish.is_room || answers_to(r).len == 0)
		return;
	make_room(t->mail);
	a = answerable_new(t->mail->targets, t->slug, str_c(alert->id));
	a->at_utc = gateway_clock(t->mail->gw)->utc;
	a->to = str_dup(answers_to(r));
	a->subject = str_dup(r->subject);
	a->message_id = str_dup(r->message_id);
	keep(t->mail, a);
}

static void
read_line(struct answerable *a, struct str line)
{
	struct str word;
	uint64_t n = 0;

	(void)str_cut(&line, ' ', &word);
	if (str_is(word, "to"))
		str_store(&a->to, line);
	else if (str_is(word, "subject"))
		str_store(&a->subject, line);
	else if (str_is(word, "id"))
		str_store(&a->message_id, line);
	else if (str_is(word, "at") && str_to_uint(line, INT64_MAX, &n))
		a->at_utc = (int64_t)n;
}

/* In the order of their times, which is not that of the facts. */
static void
sort_in(struct mail_targets *all, struct answerable *a)
{
	struct list *before;

	list_del(&a->node);
	before = all->answerable.prev;
	for (; before != &all->answerable; before = before->prev)
		if (LIST_ENTRY(before, struct answerable, node)->at_utc <=
		    a->at_utc)
			break;
	list_add(before->next, &a->node);
}

void
mail_target_on_said(struct mail_target *t, struct str id, struct str value)
{
	struct mail_targets *all = t->mail->targets;
	struct answerable *a;
	struct str line;

	if (all->nanswerable >= ANSWERABLE_MAX || id.len > GW_ID_MAX)
		return;
	a = answerable_new(all, t->slug, id);
	while (str_cut(&value, '\n', &line))
		read_line(a, line);
	if (!a->to || !a->subject || !a->message_id) {
		answerable_free(all, a);
		return;
	}
	sort_in(all, a);
}

static const struct answerable *
find(const struct mail_target *t, struct str id)
{
	int64_t now = gateway_clock(t->mail->gw)->utc;

	LIST_EACH(&t->mail->targets->answerable, n)
	{
		const struct answerable *a =
		    LIST_ENTRY(n, struct answerable, node);

		if (str_is(id, a->id) && strcmp(a->slug, t->slug) == 0)
			return a->at_utc + ANSWERABLE_MS > now ? a : NULL;
	}
	return NULL;
}

/* ---- sending ---------------------------------------------------------- */

static void
sending_free(struct sending *s)
{
	timer_cancel(&s->timer);
	list_del(&s->node);
	s->mail->targets->nsending--;
	buf_release(&s->letter);
	free(s->nick);
	free(s);
}

static void
say_in_room(struct mail_target *t, struct str nick, const char *why)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_addf(&text, STR_FMT ": not mailed: %s", STR_ARG(nick), why);
	(void)mail_target_say(t, STR_EMPTY, buf_str(&text), NULL, NULL);
	buf_release(&text);
}

static void
failed(struct sending *s, const char *why)
{
	struct mail_target *t = mail_target_find(s->mail, str_c(s->slug));

	if (t)
		say_in_room(t, str_c(s->nick), why);
	sending_free(s);
}

static void
on_sent(void *arg, const struct mail_result *r)
{
	struct sending *s = arg;
	struct clock *clock = gateway_clock(s->mail->gw);
	int64_t wait = r->retry_after_ms ? r->retry_after_ms : RETRY_MS;

	if (r->fate == GW_SENT || r->fate == GW_DELIVERED)
		sending_free(s);
	else if (r->fate == GW_RETRY && s->tries < TRIES_MAX)
		timer_set(
		    &s->timer, clock, clock->at + wait * (int64_t)s->tries);
	else
		failed(s, r->err.text);
}

static void
try_now(struct sending *s)
{
	struct mail_sender *sender = mail_smarthost_sender(s->mail);
	struct mail_letter_copy copy;
	struct err err = ERR_INIT;

	s->tries++;
	if (!sender)
		failed(s, "no mail is sent from here");
	else if (mail_letter_read(&copy, buf_str(&s->letter), &err) < 0)
		failed(s, err.text);
	else
		mail_send(sender, &copy.letter, on_sent, s);
}

static void
on_again(struct timer *timer)
{
	try_now(TIMER_OWNER(timer, struct sending, timer));
}

static void
send_off(struct mail_target *t, struct str nick, const struct mail_letter *l)
{
	struct sending *s = xcalloc(1, sizeof(*s));

	s->mail = t->mail;
	memcpy(s->slug, t->slug, sizeof(s->slug));
	s->nick = str_dup(nick);
	buf_init(&s->letter, MAIL_LETTER_MAX);
	timer_init(&s->timer, on_again);
	list_add(&t->mail->targets->sendings, &s->node);
	t->mail->targets->nsending++;
	mail_letter_pack(l, &s->letter);
	try_now(s);
}

/* ---- hearing ---------------------------------------------------------- */

/* The texts that a letter points into. */
struct draft {
	struct buf from, name, subject, id, bounce;
};

static void
write_draft(struct draft *d, const struct mail_target *t,
    const struct answerable *a, const struct gw_message *m)
{
	struct gateway *gw = t->mail->gw;
	const char *domain = t->mail->opt.domain;
	mail_ref_text bounce;
	char random[25];

	buf_init(&d->from, MAIL_ADDRESS_MAX);
	buf_init(&d->name, MAIL_LINE_MAX);
	buf_init(&d->subject, MAIL_LINE_MAX);
	buf_init(&d->id, MAIL_ID_MAX);
	buf_init(&d->bounce, MAIL_ADDRESS_MAX);
	buf_addf(&d->from, "%s@%s", t->slug, domain);
	mail_words_name(m->from, &d->name);
	buf_addf(&d->subject, "Re: " STR_FMT,
	    STR_ARG(mail_subject_plain(str_c(a->subject))));
	crypto_random_hex(random, 12);
	buf_addf(&d->id, "a.%s@%s", random, domain);
	/* Of no ticket: what bounces there is known for ours, and ends. */
	mail_ref_bounce(&t->mail->refs, 0, gateway_clock(gw)->utc, bounce);
	buf_addf(&d->bounce, "%s@%s", bounce, domain);
}

static void
draft_release(struct draft *d)
{
	buf_release(&d->from);
	buf_release(&d->name);
	buf_release(&d->subject);
	buf_release(&d->id);
	buf_release(&d->bounce);
}

static void
mail_it(struct mail_target *t, const struct answerable *a,
    const struct gw_message *m)
{
	struct str parent = str_c(a->message_id);
	struct err err = ERR_INIT;
	struct draft d;
	struct mail_letter l;

	write_draft(&d, t, a, m);
	l = (struct mail_letter){ .env_from = buf_str(&d.bounce),
		.env_to = str_c(a->to),
		.from = buf_str(&d.from),
		.from_name = buf_str(&d.name),
		.to = str_c(a->to),
		.subject = buf_str(&d.subject),
		.message_id = buf_str(&d.id),
		.in_reply_to = parent,
		.reference = &parent,
		.nreference = parent.len > 0,
		.date_utc = gateway_clock(t->mail->gw)->utc,
		.body = m->body };
	if (mail_letter_check(&l, &err) < 0)
		say_in_room(t, m->from, err.text);
	else
		send_off(t, m->from, &l);
	draft_release(&d);
}

/* NULL: it may be mailed. */
static const char *
objection(struct mail_target *t, const struct gw_message *m,
    enum gw_standing standing)
{
	int64_t now = gateway_clock(t->mail->gw)->at;

	if (standing < GW_STANDING_MEMBER)
		return "only members of this room answer by mail";
	if (m->body.len > TEXT_MAX)
		return "that is too long";
	if (!mail_smarthost_sender(t->mail))
		return "no mail is sent from here";
	if (t->mail->targets->nsending >= SENDING_MAX ||
	    !bucket_take(&t->answers, now, 1))
		return "too many answers; try again later";
	return NULL;
}

void
mail_target_answers_init(struct mail_target *t)
{
	bucket_init(&t->answers, BURST, INTERVAL_MS);
	bucket_init(&t->refusals, BURST, INTERVAL_MS);
}

void
mail_target_heard(struct gateway *gw, struct str room, struct str name,
    const struct gw_message *m, enum gw_standing standing)
{
	struct mail_target *t = mail_target_find(mail_of(gw), name);
	const struct answerable *a;
	const char *why;

	if (!t || !t->wish.replies || t->is_off || !str_is(room, t->wish.to) ||
	    m->to.len || m->body.len == 0 || m->reply_to.len == 0)
		return;
	a = find(t, m->reply_to);
	if (!a)
		return;
	why = objection(t, m, standing);
	if (!why)
		mail_it(t, a, m);
	else if (bucket_take(&t->refusals, gateway_clock(gw)->at, 1))
		say_in_room(t, m->from, why);
}

/* ---- the end ---------------------------------------------------------- */

/* With the target they are gone, on disk as well. */
void
mail_target_answers_forget(struct mail_target *t)
{
	LIST_EACH(&t->mail->targets->answerable, n)
	{
		struct answerable *a = LIST_ENTRY(n, struct answerable, node);

		if (strcmp(a->slug, t->slug) == 0)
			forget(t->mail, a);
	}
}

void
mail_target_answers_close(struct mail_targets *all)
{
	LIST_EACH(&all->answerable, n)
	answerable_free(all, LIST_ENTRY(n, struct answerable, node));
	LIST_EACH(&all->sendings, n)
	sending_free(LIST_ENTRY(n, struct sending, node));
}
