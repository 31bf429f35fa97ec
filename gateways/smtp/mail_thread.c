/*
 * A conversation as a fact of the gateway:
 *
 *	conv USER CONTACT ID = UTC LF XMPP LF SUBJECT (LF STANZA BLANK MSGID)*
 *
 * the mails in their order.  No part of it holds a LF, and no part but the
 * subject a blank.
 */
#include "smtp/mail_thread.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_record.h"
#include "smtp/mail_ref.h"
#include "smtp/mail_subject.h"

enum {
	NAME_MAX_BYTES = 4096,
	VALUE_MAX = 16 * 1024,
	KEEP_MS = 60 * 1000,
	MAIL_KEY = 16,
};
#define AGE_MAX_MS ((int64_t)MAIL_THREAD_DAYS * 24 * 3600 * 1000)

/* One mail of a conversation; in mail_threads.mails. */
struct entry {
	char key[MAIL_KEY]; /* of its user and its Message-ID */
	char *id, *stanza;  /* stanza: "" if clients do not know it */
	struct conv *conv;
};

struct conv {
	struct list by_age, of_user; /* the newest last */
	struct list unkept;          /* in mail_threads.unkept, or nowhere */
	struct owner *owner;
	char id[24];
	char *contact, *subject, *xmpp;
	struct entry *mail[MAIL_THREAD_MAILS];
	size_t nmail;
	int64_t utc, kept_at;
};

/* A user who has conversations. */
struct owner {
	char *user;
	struct list convs;
	size_t n;
};

struct mail_threads {
	struct gateway *gw;
	struct map owners, mails;
	struct list by_age, unkept;
	size_t n;
	bool unsorted; /* facts come in no order */
	struct timer keep;
	struct mail_thread shown; /* what was returned last */
	struct str reference[MAIL_THREAD_MAILS];
};

#define BY_AGE(n)  LIST_ENTRY(n, struct conv, by_age)
#define OF_USER(n) LIST_ENTRY(n, struct conv, of_user)
#define UNKEPT(n)  LIST_ENTRY(n, struct conv, unkept)

/* ---- the store -------------------------------------------------------- */

static void
name_of(const struct conv *c, struct buf *out)
{
	buf_addf(out, MAIL_THREADS_PREFIX "%s %s %s", c->owner->user,
	    c->contact, c->id);
}

static void
keep(struct mail_threads *all, struct conv *c, bool is_gone)
{
	struct buf name, value;

	buf_init(&name, NAME_MAX_BYTES);
	buf_init(&value, VALUE_MAX);
	name_of(c, &name);
	if (!is_gone)
		buf_addf(
		    &value, "%" PRId64 "\n%s\n%s", c->utc, c->xmpp, c->subject);
	for (size_t i = 0; !is_gone && i < c->nmail; i++)
		buf_addf(&value, "\n%s %s", c->mail[i]->stanza, c->mail[i]->id);
	if (!buf_is_full(&name) && !buf_is_full(&value))
		gateway_fact_put(
		    all->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
	list_del(&c->unkept);
	c->kept_at = gateway_clock(all->gw)->at;
}

static void
keep_later(struct mail_threads *all, struct conv *c)
{
	struct clock *clock = gateway_clock(all->gw);

	if (c->kept_at == 0 || clock->at - c->kept_at >= KEEP_MS) {
		keep(all, c, false);
		return;
	}
	if (!list_is_linked(&c->unkept))
		list_add(&all->unkept, &c->unkept);
	if (!timer_is_set(&all->keep))
		timer_set(&all->keep, clock, c->kept_at + KEEP_MS);
}

static void
keep_all(struct mail_threads *all)
{
	LIST_EACH(&all->unkept, n)
	{
		keep(all, UNKEPT(n), false);
	}
}

static void
on_keep(struct timer *t)
{
	keep_all(TIMER_OWNER(t, struct mail_threads, keep));
}

/* ---- mails ------------------------------------------------------------ */

/* Under the hash of this run; who finds one compares in full. */
static void
key_of(struct str user, struct str id, char out[MAIL_KEY])
{
	uint64_t half[2] = { map_hash(user), map_hash(id) };

	memcpy(out, half, MAIL_KEY);
}

static struct entry *
entry_find(const struct mail_threads *all, struct str user, struct str id)
{
	char key[MAIL_KEY];
	struct entry *e;

	if (id.len == 0)
		return NULL;
	key_of(user, id, key);
	e = map_get(&all->mails, str_of(key, MAIL_KEY));
	return e && str_is(id, e->id) && str_is(user, e->conv->owner->user)
	    ? e
	    : NULL;
}

static void
entry_free(struct mail_threads *all, struct entry *e)
{
	map_del_value(&all->mails, str_of(e->key, MAIL_KEY), e);
	free(e->id);
	free(e->stanza);
	free(e);
}

static struct entry *
conv_entry(const struct conv *c, struct str id)
{
	for (size_t i = 0; i < c->nmail; i++)
		if (str_is(id, c->mail[i]->id))
			return c->mail[i];
	return NULL;
}

/* The first stays: it is the root of what others show as a thread. */
static void
make_room(struct mail_threads *all, struct conv *c)
{
	if (c->nmail < MAIL_THREAD_MAILS)
		return;
	entry_free(all, c->mail[1]);
	c->nmail--;
	memmove(&c->mail[1], &c->mail[2], (c->nmail - 1) * sizeof(c->mail[0]));
}

static struct str
stanza_taken(struct str stanza)
{
	return stanza.len > MAIL_THREAD_STANZA_MAX || str_has(stanza, ' ') ||
	        str_has(stanza, '\n')
	    ? STR_EMPTY
	    : stanza;
}

static void
conv_add(
    struct mail_threads *all, struct conv *c, struct str id, struct str stanza)
{
	struct entry *e;

	if (id.len == 0 || id.len > MAIL_ID_MAX || str_has(id, '\n') ||
	    conv_entry(c, id))
		return;
	make_room(all, c);
	e = xcalloc(1, sizeof(*e));
	e->conv = c;
	e->id = str_dup(id);
	e->stanza = str_dup(stanza_taken(stanza));
	key_of(str_c(c->owner->user), id, e->key);
	map_put(&all->mails, str_of(e->key, MAIL_KEY), e);
	c->mail[c->nmail++] = e;
}

/* ---- conversations ---------------------------------------------------- */

static struct owner *
owner_get(struct mail_threads *all, struct str user)
{
	struct owner *o = map_get(&all->owners, user);

	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->user = str_dup(user);
	list_init(&o->convs);
	map_put(&all->owners, str_c(o->user), o);
	return o;
}

static void
owner_leave(struct mail_threads *all, struct conv *c)
{
	struct owner *o = c->owner;

	list_del(&c->of_user);
	if (--o->n > 0)
		return;
	map_del(&all->owners, str_c(o->user));
	free(o->user);
	free(o);
}

static void
conv_free(struct mail_threads *all, struct conv *c)
{
	for (size_t i = 0; i < c->nmail; i++)
		entry_free(all, c->mail[i]);
	list_del(&c->by_age);
	list_del(&c->unkept);
	owner_leave(all, c);
	all->n--;
	free(c->contact);
	free(c->subject);
	free(c->xmpp);
	free(c);
}

static void
conv_erase(struct mail_threads *all, struct conv *c)
{
	keep(all, c, true);
	conv_free(all, c);
}

static int
older(const void *a, const void *b)
{
	const struct conv *x = *(struct conv *const *)a;
	const struct conv *y = *(struct conv *const *)b;

	return x->utc < y->utc ? -1 : x->utc > y->utc;
}

static void
sort(struct mail_threads *all)
{
	struct conv **v = xcalloc(all->n + 1, sizeof(struct conv *));
	size_t n = 0;

	LIST_EACH(&all->by_age, node)
	{
		v[n++] = BY_AGE(node);
	}
	qsort(v, n, sizeof(struct conv *), older);
	for (size_t i = 0; i < n; i++) {
		list_del(&v[i]->by_age);
		list_add(&all->by_age, &v[i]->by_age);
		list_del(&v[i]->of_user);
		list_add(&v[i]->owner->convs, &v[i]->of_user);
	}
	free(v);
	all->unsorted = false;
}

/* Of all who are too old, and for one more of that user. */
static void
sweep(struct mail_threads *all, struct str user)
{
	int64_t now_utc = gateway_clock(all->gw)->utc;
	struct owner *o = map_get(&all->owners, user);

	if (o && o->n >= MAIL_THREADS_USER_MAX)
		conv_erase(all, OF_USER(list_first(&o->convs)));
	while (all->n > 0) {
		struct conv *c = BY_AGE(list_first(&all->by_age));

		if (all->n < MAIL_THREADS_MAX && now_utc - c->utc <= AGE_MAX_MS)
			break;
		conv_erase(all, c);
	}
}

static struct conv *
conv_new(struct mail_threads *all, struct str user, struct str contact,
    struct str id)
{
	struct conv *c = xcalloc(1, sizeof(*c));

	c->owner = owner_get(all, user);
	c->owner->n++;
	c->contact = str_dup(contact);
	(void)snprintf(c->id, sizeof(c->id), STR_FMT, STR_ARG(id));
	c->subject = str_dup(STR_EMPTY);
	c->xmpp = str_dup(id);
	list_init(&c->unkept);
	list_add(&all->by_age, &c->by_age);
	list_add(&c->owner->convs, &c->of_user);
	all->n++;
	return c;
}

/* Now the newest. */
static void
conv_touch(struct mail_threads *all, struct conv *c)
{
	list_del(&c->by_age);
	list_add(&all->by_age, &c->by_age);
	list_del(&c->of_user);
	list_add(&c->owner->convs, &c->of_user);
	c->utc = gateway_clock(all->gw)->utc;
	keep_later(all, c);
}

/* What says whether that one is meant; v is what it looks for. */
typedef bool conv_is(const struct conv *c, struct str v);

static struct conv *
owner_find(const struct owner *o, struct str contact, conv_is *is, struct str v)
{
	for (struct list *n = o->convs.prev; n != &o->convs; n = n->prev)
		if (str_eq_nocase(contact, str_c(OF_USER(n)->contact)) &&
		    is(OF_USER(n), v))
			return OF_USER(n);
	return NULL;
}

/* The newest with that contact. */
static struct conv *
conv_find(struct mail_threads *all, struct str user, struct str contact,
    conv_is *is, struct str v)
{
	struct owner *o;

	if (all->unsorted)
		sort(all);
	o = map_get(&all->owners, user);
	return o ? owner_find(o, contact, is, v) : NULL;
}

static bool
has_id(const struct conv *c, struct str v)
{
	return str_is(v, c->id);
}

static bool
has_xmpp(const struct conv *c, struct str v)
{
	return str_is(v, c->xmpp);
}

static bool
has_subject(const struct conv *c, struct str v)
{
	return str_eq_nocase(
	    mail_subject_base(v), mail_subject_base(str_c(c->subject)));
}

static struct entry *
stanza_entry(const struct conv *c, struct str stanza)
{
	for (size_t i = c->nmail; i-- > 0 && stanza.len;)
		if (str_is(stanza, c->mail[i]->stanza))
			return c->mail[i];
	return NULL;
}

static bool
has_stanza(const struct conv *c, struct str v)
{
	return stanza_entry(c, v) != NULL;
}

static bool
is_any(const struct conv *c, struct str v)
{
	(void)c;
	(void)v;
	return true;
}

static struct conv *
conv_get(struct mail_threads *all, struct str user, struct str contact,
    struct str id)
{
	struct conv *c = conv_find(all, user, contact, has_id, id);

	if (c)
		return c;
	sweep(all, user);
	return conv_new(all, user, contact, id);
}

/* ---- what callers see of one ------------------------------------------- */

/* As it was when n mails of it were there. */
static const struct mail_thread *
show(struct mail_threads *all, const struct conv *c, size_t n)
{
	struct mail_thread *t = &all->shown;

	*t = (struct mail_thread){ .subject = str_c(c->subject),
		.reference = all->reference,
		.nreference = n,
		.xmpp = str_c(c->xmpp),
		.contact = str_c(c->contact) };
	memcpy(t->id, c->id, sizeof(t->id));
	for (size_t i = 0; i < n; i++)
		all->reference[i] = str_c(c->mail[i]->id);
	t->last_id = n ? all->reference[n - 1] : STR_EMPTY;
	return t;
}

/* Nothing with that contact yet: it is called as the others call it. */
static const struct mail_thread *
show_new(struct mail_threads *all, struct str id, const struct conv *like)
{
	struct mail_thread *t = &all->shown;

	*t = (struct mail_thread){ .reference = all->reference };
	(void)snprintf(t->id, sizeof(t->id), STR_FMT, STR_ARG(id));
	t->xmpp = like ? str_c(like->xmpp) : str_c(t->id);
	return t;
}

static size_t
place_of(const struct conv *c, const struct entry *e)
{
	size_t i = 0;

	while (i < c->nmail && c->mail[i] != e)
		i++;
	return i;
}

/* ---- ids -------------------------------------------------------------- */

static void
id_write(const uint8_t *random, char out[MAIL_THREAD_ID_LEN + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (size_t i = 0; i < MAIL_THREAD_ID_LEN; i++)
		out[i] = letters[random[i] & 31];
	out[MAIL_THREAD_ID_LEN] = '\0';
}

void
mail_thread_new_id(char out[MAIL_THREAD_ID_LEN + 1])
{
	uint8_t random[MAIL_THREAD_ID_LEN];

	crypto_random(random, sizeof(random));
	id_write(random, out);
}

/* The same whoever of us gets a mail of that thread, and whenever. */
static void
id_of_root(struct str root, char out[MAIL_THREAD_ID_LEN + 1])
{
	uint8_t sum[CRYPTO_SHA256_BYTES];

	crypto_sha256(root, sum);
	id_write(sum, out);
}

static bool
id_is_taken(struct str id)
{
	if (id.len == 0 || id.len >= sizeof(((struct mail_thread *)0)->id))
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') ||
		        (id.p[i] >= '0' && id.p[i] <= '9')))
			return false;
	return true;
}

/* "t.ID.": how mail_ref.h writes the Message-IDs that are ours. */
static struct str
id_in(struct str message_id, char fresh[MAIL_THREAD_ID_LEN + 1])
{
	struct str rest = str_skip(message_id, 2), id;

	if (str_starts(message_id, STR("t.")) && str_cut(&rest, '.', &id) &&
	    id_is_taken(id))
		return id;
	mail_thread_new_id(fresh);
	return str_c(fresh);
}

/* ---- outward ---------------------------------------------------------- */

static struct conv *
pick(struct mail_threads *all, struct str user, struct str contact,
    const struct gw_message *m, bool *by_reply)
{
	struct conv *c = NULL;

	if (m->reply_to.len)
		c = conv_find(all, user, contact, has_stanza, m->reply_to);
	*by_reply = c != NULL;
	if (!c && m->thread.len && m->thread.len <= MAIL_THREAD_XMPP_MAX)
		return conv_find(all, user, contact, has_xmpp, m->thread);
	if (!c && m->subject.len)
		return conv_find(all, user, contact, has_subject,
		    str_head(m->subject,
		        utf8_cut(m->subject, MAIL_THREAD_SUBJECT_MAX)));
	return c ? c : conv_find(all, user, contact, is_any, STR_EMPTY);
}

const struct mail_thread *
mail_thread_out(struct mail_threads *all, struct str user, struct str contact,
    const struct gw_message *m)
{
	struct entry *own;
	bool by_reply;
	struct conv *c = conv_find(all, user, contact, has_stanza, m->id);
	size_t n;

	/* It is tried again: as the first time, whatever came since. */
	own = c ? stanza_entry(c, m->id) : NULL;
	if (!c)
		c = pick(all, user, contact, m, &by_reply);
	else
		by_reply = has_stanza(c, m->reply_to);
	if (!c)
		return NULL;
	n = own ? place_of(c, own) : c->nmail;
	if (by_reply) {
		size_t at = place_of(c, stanza_entry(c, m->reply_to)) + 1;

		n = at < n ? at : n;
	}
	return show(all, c, n);
}

static void
set_subject(struct conv *c, struct str subject)
{
	char *p;

	if (subject.len == 0)
		return;
	str_store(&c->subject,
	    str_head(subject, utf8_cut(subject, MAIL_THREAD_SUBJECT_MAX)));
	for (p = c->subject; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
}

static bool
xmpp_is_taken(struct str xmpp)
{
	return xmpp.len > 0 && xmpp.len <= MAIL_THREAD_XMPP_MAX &&
	    !str_has(xmpp, '\n');
}

/* What is behind t may be what is replaced: it is looked up by its id. */
static struct conv *
conv_of(struct mail_threads *all, struct str user, struct str contact,
    const struct mail_thread *t)
{
	char id[sizeof(t->id)];
	char *xmpp = str_dup(t->xmpp);
	struct conv *c;

	memcpy(id, t->id, sizeof(id));
	c = conv_get(all, user, contact, str_c(id));
	if (c->nmail == 0 && xmpp[0])
		str_store(&c->xmpp, str_c(xmpp));
	free(xmpp);
	return c;
}

void
mail_thread_sent(struct mail_threads *all, struct str user, struct str contact,
    const struct mail_thread *t, struct str subject, struct str message_id,
    struct str stanza_id, struct str xmpp)
{
	char fresh[MAIL_THREAD_ID_LEN + 1];
	struct conv *c = t
	    ? conv_of(all, user, contact, t)
	    : conv_get(all, user, contact, id_in(message_id, fresh));

	if (!t && c->nmail == 0 && xmpp_is_taken(xmpp))
		str_store(&c->xmpp, xmpp);
	set_subject(c, subject);
	conv_add(all, c, message_id, stanza_id);
	conv_touch(all, c);
}

/* ---- inward ----------------------------------------------------------- */

/* What it answers first, then the others, the newest first. */
static struct str
ref_at(const struct mail_record *r, size_t i)
{
	if (i == 0)
		return r->in_reply_to;
	return i <= r->nreference ? r->reference[r->nreference - i] : STR_EMPTY;
}

static struct entry *
find_known(const struct mail_threads *all, struct str user,
    const struct mail_record *r)
{
	struct entry *e = entry_find(all, user, r->message_id);

	for (size_t i = 0; !e && i <= r->nreference; i++)
		e = entry_find(all, user, ref_at(r, i));
	return e;
}

static struct str
root_of(const struct mail_record *r)
{
	if (r->nreference)
		return r->reference[0];
	return r->in_reply_to.len ? r->in_reply_to : r->message_id;
}

static void
id_for(const struct mail_record *r, const struct entry *known,
    struct str own_id, char out[24])
{
	char fresh[MAIL_THREAD_ID_LEN + 1];

	if (known)
		own_id = str_c(known->conv->id);
	if (!id_is_taken(own_id)) {
		if (root_of(r).len)
			id_of_root(root_of(r), fresh);
		else
			mail_thread_new_id(fresh);
		own_id = str_c(fresh);
	}
	(void)snprintf(out, 24, STR_FMT, STR_ARG(own_id));
}

static struct str
answered(const struct conv *c, const struct mail_record *r)
{
	struct str parent = r->in_reply_to.len ? r->in_reply_to : ref_at(r, 1);
	struct entry *e = parent.len ? conv_entry(c, parent) : NULL;

	return e ? str_c(e->stanza) : STR_EMPTY;
}

/* It comes again: nothing before it was seen by clients. */
static bool
begins(const struct conv *c, const struct entry *e)
{
	size_t i = 0;

	while (c->mail[i] != e && !c->mail[i]->stanza[0])
		i++;
	return c->mail[i] == e;
}

const struct mail_thread *
mail_thread_in(struct mail_threads *all, struct str user, struct str contact,
    const struct mail_record *r, struct str own_id, bool *is_new,
    struct str *answers)
{
	struct entry *known = find_known(all, user, r);
	struct entry *own;
	struct conv *c;
	char id[24];

	id_for(r, known, own_id, id);
	c = conv_find(all, user, contact, has_id, str_c(id));
	own = c ? conv_entry(c, r->message_id) : NULL;
	*is_new = !c || (own && begins(c, own));
	*answers = c ? answered(c, r) : STR_EMPTY;
	if (!c)
		return show_new(all, str_c(id), known ? known->conv : NULL);
	return show(all, c, own ? place_of(c, own) : c->nmail);
}

void
mail_thread_came(struct mail_threads *all, struct str user, struct str contact,
    const struct mail_thread *t, const struct mail_record *r,
    struct str stanza_id)
{
	struct conv *c = conv_of(all, user, contact, t);
	bool is_new = c->nmail == 0;

	/* What was said before we were told is part of the chain. */
	for (size_t i = 0; i < r->nreference && is_new; i++)
		conv_add(all, c, r->reference[i], STR_EMPTY);
	if (is_new)
		conv_add(all, c, r->in_reply_to, STR_EMPTY);
	conv_add(all, c, r->message_id, stanza_id);
	set_subject(c, r->subject);
	conv_touch(all, c);
}

/* ---- asked by others ---------------------------------------------------- */

bool
mail_thread_knows(struct mail_threads *all, struct str user, struct str contact)
{
	return conv_find(all, user, contact, is_any, STR_EMPTY) != NULL;
}

/* "t.THREAD.NUMBER.MAC": whether it has that number is cheap to see. */
static bool
has_number(struct str id, struct str number)
{
	struct str part;

	for (int i = 0; i < 2; i++)
		if (!str_cut(&id, '.', &part))
			return false;
	return str_cut(&id, '.', &part) && str_eq_nocase(part, number);
}

static bool
is_sent_as(const struct entry *e, const struct mail_refs *refs,
    struct str number, uint64_t ticket)
{
	char thread[MAIL_REF_ID_MAX + 1];
	uint64_t n;

	return has_number(str_c(e->id), number) &&
	    mail_ref_message_read(refs, str_c(e->id), thread, &n) &&
	    n == ticket;
}

static bool
conv_has_sent(const struct conv *c, const struct mail_refs *refs,
    struct str number, uint64_t ticket)
{
	for (size_t i = 0; i < c->nmail; i++)
		if (is_sent_as(c->mail[i], refs, number, ticket))
			return true;
	return false;
}

bool
mail_thread_whose(struct mail_threads *all, const struct mail_refs *refs,
    uint64_t ticket, struct mail_thread_owner *out)
{
	struct str rest, number = STR_EMPTY;
	mail_ref_text bounce;

	mail_ref_bounce(refs, ticket, 0, bounce); /* b.NUMBER.MAC */
	rest = str_skip(str_c(bounce), 2);
	(void)str_cut(&rest, '.', &number);
	LIST_EACH(&all->by_age, n)
	{
		const struct conv *c = BY_AGE(n);

		if (!conv_has_sent(c, refs, number, ticket))
			continue;
		out->user = str_c(c->owner->user);
		out->contact = str_c(c->contact);
		return true;
	}
	return false;
}

/* ---- life ------------------------------------------------------------- */

struct mail_threads *
mail_threads_new(struct gateway *gw)
{
	struct mail_threads *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->owners);
	map_init(&all->mails);
	list_init(&all->by_age);
	list_init(&all->unkept);
	timer_init(&all->keep, on_keep);
	return all;
}

void
mail_threads_free(struct mail_threads **tp)
{
	struct mail_threads *all = *tp;

	*tp = NULL;
	if (!all)
		return;
	timer_cancel(&all->keep);
	keep_all(all);
	LIST_EACH(&all->by_age, n)
	{
		conv_free(all, BY_AGE(n));
	}
	map_release(&all->owners);
	map_release(&all->mails);
	free(all);
}

void
mail_threads_forget(struct mail_threads *all, struct str user)
{
	struct owner *o;

	while ((o = map_get(&all->owners, user)) != NULL)
		conv_erase(all, OF_USER(list_first(&o->convs)));
}

/* ---- what the store has ----------------------------------------------- */

static void
read_value(struct mail_threads *all, struct conv *c, struct str value)
{
	struct str utc = STR_EMPTY, xmpp = STR_EMPTY, subject = STR_EMPTY;
	struct str line, stanza;
	uint64_t n;

	(void)str_cut(&value, '\n', &utc);
	(void)str_cut(&value, '\n', &xmpp);
	(void)str_cut(&value, '\n', &subject);
	if (str_to_uint(utc, INT64_MAX, &n))
		c->utc = (int64_t)n;
	if (xmpp_is_taken(xmpp))
		str_store(&c->xmpp, xmpp);
	set_subject(c, subject);
	while (c->nmail < MAIL_THREAD_MAILS && str_cut(&value, '\n', &line))
		if (str_cut(&line, ' ', &stanza))
			conv_add(all, c, line, stanza);
}

void
mail_threads_fact(struct mail_threads *all, struct str name, struct str value)
{
	struct str rest = name, user, contact;
	struct owner *o;

	if (!str_cut(&rest, ' ', &user) || !str_cut(&rest, ' ', &contact) ||
	    !id_is_taken(rest) || all->n >= MAIL_THREADS_MAX)
		return;
	o = map_get(&all->owners, user);
	if (o &&
	    (o->n >= MAIL_THREADS_USER_MAX ||
	        owner_find(o, contact, has_id, rest)))
		return;
	read_value(all, conv_new(all, user, contact, rest), value);
	all->unsorted = true;
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_threads(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->threads = mail_threads_new(mail->gw);
	return 0;
}

static void
close_threads(struct mail_gateway *mail)
{
	mail_threads_free(&mail->threads);
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	mail_threads_fact(mail->threads, name, value);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	mail_threads_forget(mail->threads, user);
}

const struct mail_noun mail_threads_noun = {
	.open = open_threads,
	.close = close_threads,
	.prefix = MAIL_THREADS_PREFIX,
	.on_fact = on_fact,
	.forget = forget,
};
