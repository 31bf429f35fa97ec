/*
 * Whom the administrators keep out of a gateway.
 */
#include <stdlib.h>

#include "core/access.h"
#include "core/account.h"
#include "core/block.h"
#include "core/instance.h"
#include "core/roster.h"
#include "core/session.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"

/* Of the name of a fact; the rest of it is the address. */
#define FACT "blocked "

enum { FACT_MAX = JID_MAX + 16 };

struct blocks {
	struct gateway *gw;
	struct map map; /* by jid */
};

static void
block_free(struct block *b)
{
	free(b->jid);
	free(b->reason);
	free(b);
}

struct blocks *
blocks_new(struct gateway *gw)
{
	struct blocks *bs = xcalloc(1, sizeof(*bs));

	bs->gw = gw;
	map_init(&bs->map);
	return bs;
}

void
blocks_free(struct blocks **bp)
{
	struct blocks *bs = *bp;
	struct map_iter it = { 0 };

	*bp = NULL;
	if (!bs)
		return;
	while (map_next(&bs->map, &it))
		block_free(it.value);
	map_release(&bs->map);
	free(bs);
}

const struct block *
blocks_match(const struct blocks *bs, const struct jid *who)
{
	const struct block *b = map_get(&bs->map, jid_bare(who));

	return b ? b : map_get(&bs->map, jid_domain(who));
}

static void
keep(struct blocks *bs, struct str jid, struct str reason)
{
	struct block *b = map_get(&bs->map, jid);

	if (!b) {
		b = xcalloc(1, sizeof(*b));
		b->jid = str_dup(jid);
		map_put(&bs->map, str_c(b->jid), b);
	}
	str_store(
	    &b->reason, str_head(reason, utf8_cut(reason, BLOCK_REASON_MAX)));
}

/* An empty value would delete it: so a mark stands before the reason. */
static void
store(struct blocks *bs, struct str jid, const struct block *b,
    store_done_fn *done, void *arg)
{
	struct buf name, value;

	buf_init(&name, FACT_MAX);
	buf_init(&value, BLOCK_REASON_MAX + 16);
	buf_addf(&name, FACT STR_FMT, STR_ARG(jid));
	if (b)
		buf_addf(&value, "=%s", b->reason);
	store_fact_put(core_store(bs->gw->core), gateway_domain(bs->gw),
	    STR_EMPTY, buf_str(&name), buf_str(&value), done, arg);
	buf_release(&name);
	buf_release(&value);
}

int
blocks_put(struct blocks *bs, struct str jid, struct str reason,
    store_done_fn *done, void *arg, struct err *err)
{
	if (bs->map.n >= BLOCKS_MAX && !map_get(&bs->map, jid))
		return err_set(err, ERR_BUSY,
		    "%d are blocked already; lift one first, or use access "
		    "in the configuration",
		    BLOCKS_MAX);
	keep(bs, jid, reason);
	store(bs, jid, map_get(&bs->map, jid), done, arg);
	return 0;
}

int
blocks_lift(struct blocks *bs, struct str jid, store_done_fn *done, void *arg)
{
	struct block *b = map_del(&bs->map, jid);

	if (!b)
		return -1;
	block_free(b);
	store(bs, jid, NULL, done, arg);
	rosters_review(bs->gw->rosters);
	return 0;
}

bool
blocks_on_fact(struct blocks *bs, struct str name, struct str value)
{
	struct str prefix = STR(FACT);

	if (!str_starts(name, prefix))
		return false;
	/* What was changed while it was being read is newer. */
	if (bs->map.n < BLOCKS_MAX &&
	    !map_get(&bs->map, str_skip(name, prefix.len)))
		keep(bs, str_skip(name, prefix.len), str_skip(value, 1));
	return true;
}

void
blocks_enforce(struct blocks *bs)
{
	struct map_iter it = { 0 };
	struct err err;
	struct jid who;

	while (bs->map.n > 0 && map_next(&bs->gw->accounts, &it)) {
		struct account *a = it.value;

		if (jid_parse(&who, str_c(a->user), NULL) == 0 &&
		    blocks_match(bs, &who) &&
		    access_check(bs->gw, &who, &err) < 0)
			(void)account_end_sessions(
			    a, STR_EMPTY, GW_BYE_ADMIN, str_c(err.text));
	}
	rosters_review(bs->gw->rosters);
}

static int
by_jid(const void *a, const void *b)
{
	const struct block *const *x = a, *const *y = b;

	return str_cmp(str_c((*x)->jid), str_c((*y)->jid));
}

void
blocks_write(const struct blocks *bs, size_t max, struct buf *out)
{
	const struct block **v = xcalloc(bs->map.n + 1, sizeof(struct block *));
	struct map_iter it = { 0 };
	size_t n = 0, i;

	while (map_next(&bs->map, &it))
		v[n++] = it.value;
	qsort(v, n, sizeof(*v), by_jid);
	for (i = 0; i < n && i < max; i++)
		buf_addf(out, "%s%s%s\n", v[i]->jid,
		    v[i]->reason[0] ? ": " : "", v[i]->reason);
	if (n > i)
		buf_addf(out, "and %zu more\n", n - i);
	free(v);
}
