/*
 * What comes in for our users, until it is on disk and said to be.
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/inbox_base.h"
#include "core/letter.h"
#include "core/seat.h"
#include "core/unwanted.h"
#include "lib/crypto.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { KEY_MAX = 200 }; /* bytes; longer ones are hashed */

/* ---- the archive ------------------------------------------------------ */

static void
on_account(struct account *account, void *arg)
{
	struct inbox *in = arg;

	LIST_EACH(&in->fresh, n)
	{
		struct arrival *a = LIST_ENTRY(n, struct arrival, fresh);

		if (a->state >= ARRIVAL_DEAD ||
		    strcmp(a->to->user, account->user) != 0)
			continue;
		list_del(n);
		arrival_archive(in->gw, str_c(account->user), a);
	}
}

/* Whether he wants it is among his settings. */
static void
keep_in_archive(struct inbox *in, struct arrival *a)
{
	struct err err = ERR_INIT;
	struct account *account;

	if (!a->contact[0] || a->is_post)
		return;
	account = account_get(in->gw, str_c(a->to->user), &err);
	if (!account) {
		log_debug(&in->gw->log, "message not archived", "err=\"%s\"",
		    err.text);
		return;
	}
	list_add(&in->fresh, &a->fresh);
	account_wait(account, on_account, in);
}

/* ---- keeping ---------------------------------------------------------- */

/* Neither the store nor a stanza takes more; the start is better than none. */
static void
pack(struct inbox *in, const struct gw_message *m, struct buf *out)
{
	struct gw_message copy = *m;
	size_t max = LETTER_ATTACHMENTS_MAX;

	copy.body = str_head(m->body, utf8_cut(m->body, ARRIVAL_BODY_MAX));
	if (copy.body.len < m->body.len)
		copy.nspan = 0;
	if (copy.nspan > LETTER_SPANS_MAX)
		copy.nspan = 0;
	copy.nrecipient =
	    copy.nrecipient > LETTER_RECIPIENTS_MAX ? 0 : copy.nrecipient;
	do {
		copy.nattachment = m->nattachment < max ? m->nattachment : max;
		buf_clear(out);
		arrival_pack(&copy, out);
		max /= 2;
	} while (buf_is_full(out) && copy.nattachment > 0);
	if (copy.body.len < m->body.len || copy.nattachment < m->nattachment)
		log_warn(&in->gw->log, "message cut",
		    "from=\"" STR_FMT "\" bytes=%zu attachments=%zu "
		    "kept_bytes=%zu kept_attachments=%zu",
		    STR_ARG(m->from), m->body.len, m->nattachment,
		    copy.body.len, copy.nattachment);
}

static uint64_t
new_id(struct inbox *in)
{
	uint64_t now = (uint64_t)inbox_clock(in)->utc * 1000;

	in->last_id = now > in->last_id ? now : in->last_id + 1;
	return in->last_id;
}

static struct arrival *
make(struct inbox *in, const struct gw_arrival *v)
{
	const struct gw_message *m = v->message;
	struct buf letter;
	struct arrival *a;

	buf_init(&letter, LETTER_MAX);
	pack(in, m, &letter);
	a = arrival_new(
	    new_id(in), m->room.len ? m->room : m->from, buf_str(&letter));
	buf_release(&letter);
	a->at_utc = a->changed_utc = inbox_clock(in)->utc;
	confirm_mark_init(&a->mark, delivery_on_taken);
	inbox_join(in, a, inbox_addressee(in, v->user), ARRIVAL_KEEPING);
	return a;
}

/* On disk: the network is told before anybody sees it. */
static void
kept(struct inbox *in, struct batch *b)
{
	list_del(&b->node);
	if (b->fn)
		b->fn(b->arg, b->ok);
	for (size_t i = 0; i < b->n; i++) {
		struct arrival *a = b->v[i];

		if (!a)
			continue; /* its user was forgotten meanwhile */
		a->batch = NULL;
		if (!b->ok || !b->is_new[i]) {
			inbox_forget_one(in, a);
			continue;
		}
		if (b->is_unwanted[i]) {
			log_info(&in->gw->log, "message dropped",
			    "user=%s contact=\"%s\" why=blocked", a->to->user,
			    a->contact);
			inbox_erase(in, a);
			continue;
		}
		inbox_set_state(in, a, ARRIVAL_WAITING);
		inbox_insert(&a->to->waiting, a);
		keep_in_archive(in, a);
		inbox_line_up(a->to);
	}
	free(b);
	inbox_go(in);
}

/* The answers come in order, and all alike. */
static void
on_arrived(bool ok, bool is_new, void *arg)
{
	struct batch *b = arg;
	size_t i = b->ndone++;

	b->ok = ok;
	b->is_new[i] = is_new;
	b->load[i] = 0;
	if (b->ndone == b->n)
		kept(b->in, b);
}

static struct str
short_key(struct str key, char out[2 * CRYPTO_SHA256_BYTES + 1])
{
	uint8_t sum[CRYPTO_SHA256_BYTES];

	if (key.len <= KEY_MAX)
		return key;
	crypto_sha256(key, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
	return str_c(out);
}

static void
put(struct inbox *in, struct batch *b, const struct gw_arrival *v)
{
	char keys[GW_ARRIVALS_MAX][2 * CRYPTO_SHA256_BYTES + 1];
	struct store_arrival row[GW_ARRIVALS_MAX];
	void *arg[GW_ARRIVALS_MAX];

	for (size_t i = 0; i < b->n; i++) {
		struct arrival *a = b->v[i];

		arg[i] = b;
		row[i] = (struct store_arrival){ .id = a->id,
			.gateway = gateway_domain(in->gw),
			.user = v[i].user,
			.line = v[i].line,
			.key = short_key(v[i].key, keys[i]),
			.contact = str_c(a->contact),
			.letter = str_of(a->letter, a->nletter),
			.at_utc = a->at_utc };
	}
	store_arrivals_put(
	    inbox_store(in), row, b->n, b->v[0]->id, on_arrived, arg, b->load);
}

static size_t
count(const struct inbox *in)
{
	size_t n = 0;

	for (enum arrival_state s = ARRIVAL_KEEPING; s <= ARRIVAL_HANDED; s++)
		n += in->n[s];
	return n;
}

/* One line in the log for each time that it gets full. */
static void
complain(struct inbox *in, struct str user, size_t waiting, bool *told)
{
	if (!*told)
		log_warn(&in->gw->log, "inbox full",
		    "user=" STR_FMT " waiting=%zu in_all=%zu "
		    "action=\"the network is to tell it again\"",
		    STR_ARG(user), waiting, count(in));
	*told = true;
}

/* NULL: he has room. */
static struct addressee *
who_is_full(struct inbox *in, struct str user)
{
	struct addressee *u = map_get(&in->users, user);

	return u && u->nowed >= INBOX_USER_MAX ? u : NULL;
}

/* The network cannot tell them alone: it would tell all the others again. */
static void
leave_out(struct inbox *in, const struct gw_arrival *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct addressee *u = who_is_full(in, v[i].user);

		if (u)
			log_warn(&in->gw->log, "message left out",
			    "user=" STR_FMT " from=\"" STR_FMT "\" waiting=%zu",
			    STR_ARG(v[i].user), STR_ARG(v[i].message->from),
			    u->nowed);
	}
}

/* A post is the seat's; false: there is none. */
static bool
address(struct inbox *in, const struct gw_arrival *v, struct gw_arrival *out)
{
	const struct seat *s;

	*out = *v;
	if (!v->is_post)
		return true;
	s = seats_find(in->gw->seats, v->user, v->message->from);
	if (s)
		out->user = seat_key(s);
	else
		log_warn(&in->gw->log, "post without a seat",
		    "room=" STR_FMT " seat=\"" STR_FMT "\"", STR_ARG(v->user),
		    STR_ARG(v->message->from));
	return s != NULL;
}

/*
 * Which of them to keep, how many: one who has let his inbox fill up is left
 * out, else he would keep it from the others.  0: none, and that was said.
 */
static size_t
choose(struct inbox *in, const struct gw_arrival *v, size_t n,
    struct gw_arrival out[GW_ARRIVALS_MAX])
{
	struct gw_arrival all[GW_ARRIVALS_MAX];
	size_t kept = 0, nall = 0;

	if (count(in) + n > INBOX_MAX) {
		complain(in, v[0].user, 0, &in->is_full);
		return 0;
	}
	in->is_full = false;
	for (size_t i = 0; i < n; i++)
		nall += address(in, &v[i], &all[nall]);
	for (size_t i = 0; i < nall; i++)
		if (!who_is_full(in, all[i].user))
			out[kept++] = all[i];
	if (kept == 0 && nall > 0) {
		struct addressee *u = who_is_full(in, all[0].user);

		complain(in, all[0].user, u->nowed, &u->is_full);
	} else if (kept < nall) {
		leave_out(in, all, nall);
	}
	return kept;
}

/* Of a group its address counts, and that of who speaks. */
static bool
is_unwanted(const struct gateway *gw, const struct gw_arrival *v)
{
	const struct gw_message *m = v->message;

	if (v->is_post)
		return false;
	return unwanted_has(gw->unwanted, v->user, m->from) ||
	    unwanted_has(gw->unwanted, v->user, m->room);
}

int
gateway_arrive(struct gateway *gw, const struct gw_arrival *v, size_t n,
    gw_kept_fn *fn, void *arg)
{
	struct gw_arrival kept[GW_ARRIVALS_MAX];
	struct inbox *in = gw->inbox;
	struct batch *b;

	if (n == 0 || n > GW_ARRIVALS_MAX || !in->is_loaded)
		return -1;
	n = choose(in, v, n, kept);
	if (n == 0)
		return -1;
	v = kept;
	b = xcalloc(1, sizeof(*b));
	b->in = in;
	b->n = n;
	b->fn = fn;
	b->arg = arg;
	list_add(&in->batches, &b->node);
	for (size_t i = 0; i < n; i++) {
		b->v[i] = make(in, &v[i]);
		b->v[i]->batch = b;
		b->is_unwanted[i] = is_unwanted(gw, &v[i]);
		b->v[i]->place = i;
	}
	put(in, b, v);
	return 0;
}
