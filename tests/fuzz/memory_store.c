/*
 * The store's interface without a disk.
 */
#include <stdlib.h>

#include "core/store.h"
#include "core/store_inbox.h"
#include "lib/list.h"
#include "lib/xalloc.h"
#include "memory_store.h"

struct row {
	struct list node;
	char *gateway, *jid, *room, *nick, *password;
};

enum op_kind {
	OP_NOTHING,
	OP_PUT,
	OP_DEL,
	OP_OCCUPANTS,
	OP_SETTINGS,
	OP_LINES,
	OP_FACTS,
	OP_CONTACTS,
	OP_TALKS,
	OP_ARRIVED,
	OP_ARRIVALS
};

/* One call, done when the store is settled. */
struct op {
	struct list node;
	enum op_kind kind;
	store_load_id id;
	struct row row; /* its strings only */
	store_done_fn *done;
	store_occupants_fn *occupants;
	store_settings_fn *settings;
	store_lines_fn *lines;
	store_facts_fn *facts;
	store_contacts_fn *contacts;
	store_talks_fn *talks;
	store_arrived_fn *arrived;
	store_arrivals_fn *arrivals;
	void *arg;
};

struct store {
	struct list rows, ops;
	store_load_id last;
};

enum { OCCUPANTS_MAX = 256 };

#define ROW(n) LIST_ENTRY(n, struct row, node)
#define OP(n)  LIST_ENTRY(n, struct op, node)

static void
row_clear(struct row *r)
{
	free(r->gateway);
	free(r->jid);
	free(r->room);
	free(r->nick);
	free(r->password);
}

static void
row_free(struct row *r)
{
	list_del(&r->node);
	row_clear(r);
	free(r);
}

static void
op_free(struct op *o)
{
	list_del(&o->node);
	row_clear(&o->row);
	free(o);
}

struct store *
memory_store_new(void)
{
	struct store *st = xcalloc(1, sizeof(*st));

	list_init(&st->rows);
	list_init(&st->ops);
	return st;
}

void
memory_store_free(struct store **sp)
{
	LIST_EACH(&(*sp)->ops, n)
	{
		op_free(OP(n));
	}
	LIST_EACH(&(*sp)->rows, n)
	{
		row_free(ROW(n));
	}
	memory_queue_clear();
	free(*sp);
	*sp = NULL;
}

static struct op *
op_new(struct store *st, enum op_kind kind, void *arg)
{
	struct op *o = xcalloc(1, sizeof(*o));

	o->kind = kind;
	o->arg = arg;
	list_add(&st->ops, &o->node);
	return o;
}

/* ---- doing ------------------------------------------------------------ */

static bool
is_same(const struct row *a, const struct row *b)
{
	return strcmp(a->gateway, b->gateway) == 0 &&
	    strcmp(a->jid, b->jid) == 0 && strcmp(a->room, b->room) == 0;
}

static void
del(struct store *st, const struct row *key)
{
	LIST_EACH(&st->rows, n)
	{
		if (is_same(ROW(n), key))
			row_free(ROW(n));
	}
}

static void
put(struct store *st, struct op *o)
{
	struct row *r = xcalloc(1, sizeof(*r));

	del(st, &o->row);
	*r = o->row;
	o->row = (struct row){ .gateway = NULL };
	list_init(&r->node);
	list_add(&st->rows, &r->node);
}

static void
load(struct store *st, const struct op *o)
{
	struct store_occupant v[OCCUPANTS_MAX];
	size_t n = 0;

	LIST_EACH(&st->rows, node)
	{
		const struct row *r = ROW(node);

		if (n < OCCUPANTS_MAX &&
		    strcmp(r->gateway, o->row.gateway) == 0)
			v[n++] = (struct store_occupant){ str_c(r->gateway),
				str_c(r->jid), str_c(r->room), str_c(r->nick),
				str_c(r->password) };
	}
	o->occupants(true, v, n, o->arg);
}

static void
run(struct store *st, struct op *o)
{
	switch (o->kind) {
	case OP_PUT:
		put(st, o);
		break;
	case OP_DEL:
		del(st, &o->row);
		break;
	case OP_OCCUPANTS:
		load(st, o);
		break;
	case OP_SETTINGS:
		o->settings(true, NULL, 0, o->arg);
		break;
	case OP_FACTS:
		o->facts(true, NULL, 0, o->arg);
		break;
	case OP_CONTACTS:
		o->contacts(true, NULL, 0, o->arg);
		break;
	case OP_TALKS:
		o->talks(true, NULL, 0, o->arg);
		break;
	case OP_LINES:
		o->lines(true, &(struct store_lines){ .known = true }, o->arg);
		break;
	case OP_ARRIVED:
		o->arrived(true, true, o->arg);
		break;
	case OP_ARRIVALS:
		o->arrivals(true, NULL, 0, o->arg);
		break;
	case OP_NOTHING:
		break;
	}
	if (o->done)
		o->done(true, o->arg);
}

void
store_settle(struct store *st)
{
	struct list *n;

	do {
		for (n = list_first(&st->ops); n; n = list_first(&st->ops)) {
			struct op *o = OP(n);

			/* Out of the list: what it calls may cancel it. */
			list_del(n);
			list_init(n);
			run(st, o);
			op_free(o);
		}
	} while (memory_queue_settle());
}

void
store_poll(struct store *st)
{
	store_settle(st);
}

/* ---- the interface ---------------------------------------------------- */

void
store_derive(
    const struct store *st, struct str purpose, uint8_t out[CRYPTO_KEY_BYTES])
{
	(void)st;
	crypto_sha256(purpose, out);
}

bool
store_is_ok(const struct store *st)
{
	(void)st;
	return true;
}

void
store_cancel(struct store *st, store_load_id id)
{
	if (id == 0)
		return;
	memory_queue_cancel(id);
	LIST_EACH(&st->ops, n)
	{
		if (OP(n)->id == id)
			op_free(OP(n));
	}
}

store_load_id
store_settings_load(struct store *st, struct str user, struct str gateway,
    store_settings_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_SETTINGS, arg);

	(void)user;
	(void)gateway;
	o->settings = fn;
	o->id = ++st->last;
	return o->id;
}

void
store_setting_put(struct store *st, struct str user, struct str gateway,
    struct str network, struct str room, struct str name, struct str value,
    bool secret, store_done_fn *done, void *arg)
{
	(void)user;
	(void)gateway;
	(void)network;
	(void)room;
	(void)name;
	(void)value;
	(void)secret;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_forget(struct store *st, struct str user, struct str gateway,
    store_done_fn *done, void *arg)
{
	(void)user;
	(void)gateway;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_occupant_put(struct store *st, const struct store_occupant *occupant,
    store_done_fn *done, void *arg)
{
	struct op *o = op_new(st, OP_PUT, arg);

	o->done = done;
	o->row.gateway = str_dup(occupant->gateway);
	o->row.jid = str_dup(occupant->jid);
	o->row.room = str_dup(occupant->room);
	o->row.nick = str_dup(occupant->nick);
	o->row.password = str_dup(occupant->password);
}

void
store_occupant_del(struct store *st, struct str gateway, struct str jid,
    struct str room, store_done_fn *done, void *arg)
{
	struct op *o = op_new(st, OP_DEL, arg);

	o->done = done;
	o->row.gateway = str_dup(gateway);
	o->row.jid = str_dup(jid);
	o->row.room = str_dup(room);
}

store_load_id
store_occupants_load(
    struct store *st, struct str gateway, store_occupants_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_OCCUPANTS, arg);

	o->occupants = fn;
	o->row.gateway = str_dup(gateway);
	o->id = ++st->last;
	return o->id;
}

void
store_line_put(struct store *st, const struct store_talk *t,
    const struct store_line *l, store_done_fn *done, void *arg)
{
	(void)t;
	(void)l;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_line_del(struct store *st, const struct store_talk *t, struct str id,
    store_done_fn *done, void *arg)
{
	(void)t;
	(void)id;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_talk_move(struct store *st, const struct store_talk *t, struct str name,
    store_done_fn *done, void *arg)
{
	(void)t;
	(void)name;
	op_new(st, OP_NOTHING, arg)->done = done;
}

store_load_id
store_lines_load(struct store *st, const struct store_talk *t,
    const struct store_lines_wish *wish, store_lines_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_LINES, arg);

	(void)t;
	(void)wish;
	o->lines = fn;
	o->id = ++st->last;
	return o->id;
}

/* None is ever known again. */
void
store_fact_put(struct store *st, struct str gateway, struct str network,
    struct str name, struct str value, store_done_fn *done, void *arg)
{
	(void)gateway;
	(void)network;
	(void)name;
	(void)value;
	op_new(st, OP_NOTHING, arg)->done = done;
}

store_load_id
store_facts_load(
    struct store *st, struct str gateway, store_facts_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_FACTS, arg);

	(void)gateway;
	o->facts = fn;
	o->id = ++st->last;
	return o->id;
}

/* Nothing is archived here. */
store_load_id
store_talks_load(struct store *st, struct str gateway, struct str user,
    store_talks_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_TALKS, arg);

	(void)gateway;
	(void)user;
	o->talks = fn;
	o->id = ++st->last;
	return o->id;
}

/* No roster outlives a restart here. */
void
store_contact_put(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg)
{
	(void)gateway;
	(void)user;
	(void)address;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_contact_del(struct store *st, struct str gateway, struct str user,
    struct str address, store_done_fn *done, void *arg)
{
	(void)gateway;
	(void)user;
	(void)address;
	op_new(st, OP_NOTHING, arg)->done = done;
}

store_load_id
store_contacts_load(
    struct store *st, struct str gateway, store_contacts_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_CONTACTS, arg);

	(void)gateway;
	o->contacts = fn;
	o->id = ++st->last;
	return o->id;
}

void
store_lines_prune(struct store *st, struct str gateway, int64_t oldest_utc,
    int64_t max_lines, store_done_fn *done, void *arg)
{
	(void)gateway;
	(void)oldest_utc;
	(void)max_lines;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_stats_get(struct store *st, struct store_stats *out)
{
	(void)st;
	*out = (struct store_stats){ .nqueued = 0 };
}

/* Everything that comes in is new, and gone with a restart. */
void
store_arrivals_put(struct store *st, const struct store_arrival *v, size_t n,
    uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out)
{
	(void)v;
	(void)batch;
	for (size_t i = 0; i < n; i++) {
		struct op *o = op_new(st, OP_ARRIVED, arg[i]);

		o->arrived = fn;
		o->id = ++st->last;
		if (id_out)
			id_out[i] = o->id;
	}
}

static store_load_id
no_arrivals(struct store *st, store_arrivals_fn *fn, void *arg)
{
	struct op *o = op_new(st, OP_ARRIVALS, arg);

	o->arrivals = fn;
	o->id = ++st->last;
	return o->id;
}

store_load_id
store_arrivals_load(
    struct store *st, struct str gateway, store_arrivals_fn *fn, void *arg)
{
	(void)gateway;
	return no_arrivals(st, fn, arg);
}

store_load_id
store_arrival_load(struct store *st, struct str gateway, uint64_t id,
    store_arrivals_fn *fn, void *arg)
{
	(void)gateway;
	(void)id;
	return no_arrivals(st, fn, arg);
}

void
store_arrival_set(struct store *st, const struct store_arrival *a,
    store_done_fn *done, void *arg)
{
	(void)a;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_arrival_del(struct store *st, struct str gateway, uint64_t id,
    store_done_fn *done, void *arg)
{
	(void)gateway;
	(void)id;
	op_new(st, OP_NOTHING, arg)->done = done;
}

void
store_arrivals_prune(struct store *st, struct str gateway,
    int64_t dead_before_utc, int64_t keys_before_utc, store_done_fn *done,
    void *arg)
{
	(void)gateway;
	(void)dead_before_utc;
	(void)keys_before_utc;
	op_new(st, OP_NOTHING, arg)->done = done;
}
