#include <stdlib.h>

#include "core/outbox_line.h"
#include "core/owed.h"
#include "core/tally.h"
#include "lib/map.h"
#include "lib/xalloc.h"

struct entry {
	char *key; /* user NUL line */
	size_t len;
	int64_t day[TALLY_DAYS]; /* which each place is for */
	struct tally v[TALLY_DAYS];
};

struct tallies {
	struct map entries;
};

struct tallies *
tallies_new(void)
{
	struct tallies *t = xcalloc(1, sizeof(*t));

	map_init(&t->entries);
	return t;
}

static void
entry_free(struct tallies *t, struct entry *e)
{
	map_del(&t->entries, str_of(e->key, e->len));
	free(e->key);
	free(e);
}

void
tallies_free(struct tallies **tp)
{
	struct tallies *t = *tp;
	struct map_iter it = { 0 };

	*tp = NULL;
	if (!t)
		return;
	while (map_next(&t->entries, &it))
		entry_free(t, it.value);
	map_release(&t->entries);
	free(t);
}

static char *
key_of(struct str user, struct str line, size_t *len_out)
{
	char *key = xmalloc(user.len + 1 + line.len + 1);

	if (user.len)
		memcpy(key, user.p, user.len);
	key[user.len] = '\0';
	if (line.len)
		memcpy(key + user.len + 1, line.p, line.len);
	*len_out = user.len + 1 + line.len;
	return key;
}

static struct entry *
entry_find(const struct tallies *t, struct str user, struct str line)
{
	size_t len;
	char *key = key_of(user, line, &len);
	struct entry *e = map_get(&t->entries, str_of(key, len));

	free(key);
	return e;
}

static struct entry *
entry_get(struct tallies *t, struct str user, struct str line)
{
	struct entry *e = entry_find(t, user, line);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->key = key_of(user, line, &e->len);
	map_put(&t->entries, str_of(e->key, e->len), e);
	return e;
}

static void
count(struct entry *e, int64_t day, const struct tally *what)
{
	size_t i = (size_t)(day % TALLY_DAYS);
	struct tally *v = &e->v[i];

	if (day < e->day[i])
		return;
	if (day > e->day[i])
		*v = (struct tally){ .nmessages = 0 };
	e->day[i] = day;
	v->nmessages += what->nmessages;
	v->nunits += what->nunits;
	v->price += what->price;
}

void
tallies_put(struct tallies *t, struct str user, struct str line, int64_t day,
    const struct tally *what)
{
	if (day < 0)
		return;
	count(entry_get(t, user, line), day, what);
	count(entry_get(t, STR_EMPTY, line), day, what);
	count(entry_get(t, user, STR_EMPTY), day, what);
}

void
tallies_add(struct tallies *t, const struct owed *o, int times)
{
	struct tally one = { times * (int64_t)o->head.npieces,
		times * (int64_t)o->nunits, times * o->price };

	tallies_put(t, o->user, str_c(o->line->name),
	    o->accepted_utc / TALLY_DAY_MS, &one);
}

static uint64_t
not_negative(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

void
tallies_sum(const struct tallies *t, struct str user, struct str line,
    int64_t day, struct gw_spent *out)
{
	const struct entry *e = entry_find(t, user, line);
	struct tally sum = { 0, 0, 0 };

	for (int i = 0; e && i < TALLY_DAYS; i++) {
		if (e->day[i] < day)
			continue;
		sum.nmessages += e->v[i].nmessages;
		sum.nunits += e->v[i].nunits;
		sum.price += e->v[i].price;
	}
	*out = (struct gw_spent){ .nmessages = not_negative(sum.nmessages),
		.nunits = not_negative(sum.nunits),
		.price = sum.price > 0 ? sum.price : 0 };
}

static bool
is_old(const struct entry *e, int64_t day)
{
	for (int i = 0; i < TALLY_DAYS; i++)
		if (e->day[i] >= day)
			return false;
	return true;
}

void
tallies_prune(struct tallies *t, int64_t day)
{
	struct map_iter it = { 0 };

	while (map_next(&t->entries, &it))
		if (is_old(it.value, day))
			entry_free(t, it.value);
}
