/*
 * The prefixes of members of our channels.
 */
#include <stdlib.h>

#include "irc/irc_member.h"
#include "lib/xalloc.h"

struct ranked {
	irc_ranks ranks;
	char key[];
};

/* The folded name, the caller's to free(). */
static char *
folded(const struct irc_channels *cs, struct str name)
{
	char *key = str_dup(name);

	irc_fold(cs->fold, name, key);
	return key;
}

void
irc_channels_init(struct irc_channels *cs, enum irc_casemap fold)
{
	map_init(&cs->map);
	cs->fold = fold;
}

static void
channel_free(struct irc_channel *c)
{
	struct map_iter it = { 0 };

	while (map_next(&c->ranked, &it))
		free(it.value);
	map_release(&c->ranked);
	free(c->key);
	free(c->name);
	free(c);
}

void
irc_channels_release(struct irc_channels *cs)
{
	struct map_iter it = { 0 };

	while (map_next(&cs->map, &it))
		channel_free(it.value);
	map_release(&cs->map);
}

struct irc_channel *
irc_channel_find(struct irc_channels *cs, struct str name)
{
	char *key = folded(cs, name);
	struct irc_channel *c = map_get(&cs->map, str_c(key));

	free(key);
	return c;
}

struct irc_channel *
irc_channel_get(struct irc_channels *cs, struct str name)
{
	struct irc_channel *c = irc_channel_find(cs, name);

	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->key = folded(cs, name);
	c->name = str_dup(name);
	map_init(&c->ranked);
	map_put(&cs->map, str_c(c->key), c);
	return c;
}

void
irc_channel_drop(struct irc_channels *cs, struct str name)
{
	struct irc_channel *c = irc_channel_find(cs, name);

	if (!c)
		return;
	map_del(&cs->map, str_c(c->key));
	channel_free(c);
}

irc_ranks
irc_member_ranks(
    struct irc_channels *cs, struct irc_channel *c, struct str nick)
{
	char *key;
	struct ranked *r;

	if (!c || c->ranked.n == 0)
		return 0;
	key = folded(cs, nick);
	r = map_get(&c->ranked, str_c(key));
	free(key);
	return r ? r->ranks : 0;
}

static void
set_key(struct irc_channel *c, const char *key, irc_ranks ranks)
{
	struct ranked *r = map_get(&c->ranked, str_c(key));
	size_t len = strlen(key);

	if (r && ranks == 0) {
		map_del(&c->ranked, str_c(key));
		free(r);
	} else if (r) {
		r->ranks = ranks;
	} else if (ranks) {
		r = xmalloc(sizeof(*r) + len + 1);
		r->ranks = ranks;
		memcpy(r->key, key, len + 1);
		map_put(&c->ranked, str_c(r->key), r);
	}
}

void
irc_member_set(struct irc_channels *cs, struct irc_channel *c, struct str nick,
    irc_ranks ranks)
{
	char *key;

	if (!c || (ranks == 0 && c->ranked.n == 0))
		return;
	key = folded(cs, nick);
	set_key(c, key, ranks);
	free(key);
}

void
irc_member_rename(struct irc_channels *cs, struct str nick, struct str is)
{
	char *was_key = folded(cs, nick), *is_key = folded(cs, is);
	struct map_iter it = { 0 };

	while (map_next(&cs->map, &it)) {
		struct irc_channel *c = it.value;
		struct ranked *r = map_get(&c->ranked, str_c(was_key));
		irc_ranks ranks = r ? r->ranks : 0;

		if (!r)
			continue;
		set_key(c, was_key, 0);
		set_key(c, is_key, ranks);
	}
	free(was_key);
	free(is_key);
}

void
irc_member_quit(struct irc_channels *cs, struct str nick)
{
	char *key = folded(cs, nick);
	struct map_iter it = { 0 };

	while (map_next(&cs->map, &it))
		set_key(it.value, key, 0);
	free(key);
}

irc_ranks
irc_rank_bit(const struct irc_isupport *is, char letter)
{
	const char *at = letter ? strchr(is->prefix_letter, letter) : NULL;

	return at ? (irc_ranks)(1u << (at - is->prefix_letter)) : 0;
}

irc_ranks
irc_ranks_of(const struct irc_isupport *is, const char *letters)
{
	irc_ranks ranks = 0;

	for (; *letters; letters++)
		ranks |= irc_rank_bit(is, *letters);
	return ranks;
}

bool
irc_ranks_has(
    const struct irc_isupport *is, irc_ranks ranks, const char *letters)
{
	return (ranks & irc_ranks_of(is, letters)) != 0;
}
