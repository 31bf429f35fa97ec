#include "irc/irc_ranks.h"

#include <stdlib.h>

#include "lib/xalloc.h"

/* Somebody with a sign. */
struct rank {
	irc_rank_mask mask;
	uint16_t len;
	char key[]; /* the folded nick, and behind it the nick */
};

enum { NAME_MAX_BYTES = 512 }; /* no line holds more */

static struct str
folded(const struct irc_ranks *r, struct str name, char out[NAME_MAX_BYTES])
{
	struct str s = str_head(name, NAME_MAX_BYTES);

	irc_fold(r->is->casemap, s, out);
	return str_of(out, s.len);
}

/* ---- letters ---------------------------------------------------------- */

irc_rank_mask
irc_ranks_bit(const struct irc_ranks *r, char letter)
{
	const char *at = letter ? strchr(r->is->prefix_letter, letter) : NULL;

	return at ? (irc_rank_mask)(1u << (at - r->is->prefix_letter)) : 0;
}

char
irc_ranks_highest(const struct irc_ranks *r, irc_rank_mask mask)
{
	for (size_t i = 0; r->is->prefix_letter[i]; i++)
		if (mask >> i & 1)
			return r->is->prefix_letter[i];
	return 0;
}

/* ---- people ----------------------------------------------------------- */

static struct str
rank_nick(const struct rank *k)
{
	return str_of(k->key + k->len, k->len);
}

static struct rank *
rank_of(const struct irc_ranks *r, const struct irc_channel *c, struct str nick)
{
	char key[NAME_MAX_BYTES];

	return map_get(&c->ranks, folded(r, nick, key));
}

static void
rank_add(struct irc_ranks *r, struct irc_channel *c, struct str nick,
    irc_rank_mask mask)
{
	struct str n = str_head(nick, NAME_MAX_BYTES);
	struct rank *k;

	if (r->nrank == IRC_RANKS_MAX || n.len == 0)
		return;
	k = xmalloc(sizeof(*k) + 2 * n.len);
	k->mask = mask;
	k->len = (uint16_t)n.len;
	irc_fold(r->is->casemap, n, k->key);
	memcpy(k->key + n.len, n.p, n.len);
	map_put(&c->ranks, str_of(k->key, n.len), k);
	r->nrank++;
}

static void
rank_del(struct irc_ranks *r, struct irc_channel *c, struct rank *k)
{
	map_del(&c->ranks, str_of(k->key, k->len));
	free(k);
	r->nrank--;
}

static irc_rank_mask
rank_store(struct irc_ranks *r, struct irc_channel *c, struct str nick,
    irc_rank_mask mask)
{
	struct rank *k = rank_of(r, c, nick);

	if (k && mask)
		k->mask = mask;
	else if (k)
		rank_del(r, c, k);
	else if (mask)
		rank_add(r, c, nick, mask);
	return mask;
}

irc_rank_mask
irc_ranks_get(
    const struct irc_ranks *r, const struct irc_channel *c, struct str nick)
{
	const struct rank *k = c->ranks.n ? rank_of(r, c, nick) : NULL;

	return k ? k->mask : 0;
}

irc_rank_mask
irc_ranks_put(struct irc_ranks *r, struct irc_channel *c, struct str nick,
    const char *letters)
{
	irc_rank_mask mask = 0;

	for (; *letters; letters++)
		mask |= irc_ranks_bit(r, *letters);
	if (mask || c->ranks.n)
		rank_store(r, c, nick, mask);
	return mask;
}

irc_rank_mask
irc_ranks_change(struct irc_ranks *r, struct irc_channel *c, struct str nick,
    char letter, bool on)
{
	irc_rank_mask mask = irc_ranks_get(r, c, nick);
	irc_rank_mask bit = irc_ranks_bit(r, letter);

	mask = (irc_rank_mask)(on ? mask | bit : mask & ~bit);
	return rank_store(r, c, nick, mask);
}

void
irc_ranks_part(struct irc_ranks *r, struct irc_channel *c, struct str nick)
{
	if (c->ranks.n)
		rank_store(r, c, nick, 0);
}

void
irc_ranks_quit(struct irc_ranks *r, struct str nick)
{
	struct map_iter it = { 0 };

	while (map_next(&r->channels, &it))
		irc_ranks_part(r, it.value, nick);
}

void
irc_ranks_rename(struct irc_ranks *r, struct str was, struct str nick)
{
	struct map_iter it = { 0 };

	while (map_next(&r->channels, &it)) {
		struct irc_channel *c = it.value;
		irc_rank_mask mask = irc_ranks_get(r, c, was);

		if (mask) {
			rank_store(r, c, was, 0);
			rank_store(r, c, nick, mask);
		}
	}
}

/* ---- channels --------------------------------------------------------- */

static void
forget_ranks(struct irc_ranks *r, struct irc_channel *c)
{
	struct map_iter it = { 0 };

	while (map_next(&c->ranks, &it))
		rank_del(r, c, it.value);
	map_release(&c->ranks);
	map_init(&c->ranks);
}

struct irc_channel *
irc_ranks_channel(const struct irc_ranks *r, struct str channel)
{
	char key[NAME_MAX_BYTES];

	return map_get(&r->channels, folded(r, channel, key));
}

struct irc_channel *
irc_ranks_enter(struct irc_ranks *r, struct str channel)
{
	struct irc_channel *c = irc_ranks_channel(r, channel);
	char key[NAME_MAX_BYTES];

	if (!c && r->channels.n == IRC_RANKS_CHANNELS)
		return NULL;
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->key = str_dup(folded(r, channel, key));
		map_init(&c->ranks);
		map_put(&r->channels, str_c(c->key), c);
	}
	forget_ranks(r, c);
	str_store(&c->name, channel);
	c->flags = 0;
	c->modes = c->told = (struct irc_modes){ .limit = 0 };
	c->listed = c->leaving = c->rekeyed = false;
	return c;
}

void
irc_ranks_move(struct irc_ranks *r, struct irc_channel *c, struct str name)
{
	char key[NAME_MAX_BYTES];

	map_del_value(&r->channels, str_c(c->key), c);
	str_store(&c->name, name);
	str_store(&c->key, folded(r, name, key));
	map_put(&r->channels, str_c(c->key), c);
}

void
irc_ranks_exit(struct irc_ranks *r, struct irc_channel *c)
{
	forget_ranks(r, c);
	map_del_value(&r->channels, str_c(c->key), c);
	free(c->key);
	free(c->name);
	free(c);
}

void
irc_ranks_init(struct irc_ranks *r, const struct irc_isupport *is)
{
	r->is = is;
	r->nrank = 0;
	map_init(&r->channels);
}

void
irc_ranks_release(struct irc_ranks *r)
{
	struct map_iter it = { 0 };

	while (map_next(&r->channels, &it))
		irc_ranks_exit(r, it.value);
	map_release(&r->channels);
}

/* ---- another case mapping --------------------------------------------- */

static void
refold_ranks(struct irc_ranks *r, struct irc_channel *c)
{
	struct map old = c->ranks;
	struct map_iter it = { 0 };

	map_init(&c->ranks);
	while (map_next(&old, &it)) {
		struct rank *k = it.value;

		r->nrank--;
		rank_store(r, c, rank_nick(k), k->mask);
		free(k);
	}
	map_release(&old);
}

void
irc_ranks_refold(struct irc_ranks *r)
{
	struct map old = r->channels;
	struct map_iter it = { 0 };
	char key[NAME_MAX_BYTES];

	map_init(&r->channels);
	while (map_next(&old, &it)) {
		struct irc_channel *c = it.value, *twin;

		str_store(&c->key, folded(r, str_c(c->name), key));
		refold_ranks(r, c);
		twin = map_put(&r->channels, str_c(c->key), c);
		if (twin)
			irc_ranks_exit(r, twin);
	}
	map_release(&old);
}
