/*
 * A map by key, and a list in the order of arrival: whoever is at its head is
 * the first to go.
 */
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "smtp/mail_seen.h"

struct seen {
	struct list node;
	int64_t until_at;
	uint8_t key[MAIL_SEEN_BYTES];
};

static struct str
key_str(const uint8_t key[MAIL_SEEN_BYTES])
{
	return str_of((const char *)key, MAIL_SEEN_BYTES);
}

void
mail_seen_init(struct mail_seen *s, size_t max)
{
	map_init(&s->by_key);
	list_init(&s->order);
	s->max = max ? max : MAIL_SEEN_MAX;
}

static void
forget(struct mail_seen *s, struct seen *one)
{
	map_del(&s->by_key, key_str(one->key));
	list_del(&one->node);
	free(one);
}

void
mail_seen_release(struct mail_seen *s)
{
	LIST_EACH(&s->order, n)
	forget(s, LIST_ENTRY(n, struct seen, node));
	map_release(&s->by_key);
}

void
mail_seen_key(struct str hash, struct str target, uint8_t key[MAIL_SEEN_BYTES])
{
	crypto_hmac_sha256(hash, target, key);
}

bool
mail_seen_has(const struct mail_seen *s, const uint8_t key[MAIL_SEEN_BYTES],
    int64_t now_at)
{
	const struct seen *one = map_get(&s->by_key, key_str(key));

	return one && one->until_at > now_at;
}

static void
make_room(struct mail_seen *s, int64_t now_at)
{
	LIST_EACH(&s->order, n)
	{
		struct seen *one = LIST_ENTRY(n, struct seen, node);

		if (one->until_at > now_at && s->by_key.n < s->max)
			return;
		forget(s, one);
	}
}

void
mail_seen_put(
    struct mail_seen *s, const uint8_t key[MAIL_SEEN_BYTES], int64_t now_at)
{
	struct seen *one = map_get(&s->by_key, key_str(key));

	if (one)
		forget(s, one);
	make_room(s, now_at);
	one = xcalloc(1, sizeof(*one));
	one->until_at = now_at + MAIL_SEEN_MS;
	memcpy(one->key, key, MAIL_SEEN_BYTES);
	list_add(&s->order, &one->node);
	map_put(&s->by_key, key_str(one->key), one);
}
