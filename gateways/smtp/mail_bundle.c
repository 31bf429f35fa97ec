#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_bundle.h"

enum { KEY_MAX = 8192 };

struct bundle {
	struct list node;
	char *key; /* "USER ADDRESS" */
	char *subject, *thread, *conv;
	char name[MAIL_BUNDLE_NAME + 1];
	int64_t first_at, last_at;
	size_t n; /* messages */
	bool is_gone;
};

#define BUNDLE(n) LIST_ENTRY(n, struct bundle, node)

void
mail_bundles_init(struct mail_bundles *all)
{
	map_init(&all->map);
	list_init(&all->list);
	all->last = 0;
	crypto_random(&all->seed, sizeof(all->seed));
}

static void
bundle_free(struct mail_bundles *all, struct bundle *b)
{
	map_del_value(&all->map, str_c(b->key), b);
	list_del(&b->node);
	free(b->key);
	free(b->subject);
	free(b->thread);
	free(b->conv);
	free(b);
}

void
mail_bundles_release(struct mail_bundles *all)
{
	LIST_EACH(&all->list, n)
	{
		bundle_free(all, BUNDLE(n));
	}
	map_release(&all->map);
}

static bool
takes(const struct bundle *b, const struct mail_bundle_in *in)
{
	if (b->is_gone || b->n >= GW_BUNDLED_MAX ||
	    in->now_at - b->first_at >= in->max_ms)
		return false;
	if (in->subject.len && !str_is(in->subject, b->subject))
		return false;
	if (in->thread.len && !str_is(in->thread, b->thread))
		return false;
	return !in->answers || str_is(in->conv, b->conv);
}

static struct bundle *
bundle_new(
    struct mail_bundles *all, const struct mail_bundle_in *in, struct str key)
{
	struct bundle *b = xcalloc(1, sizeof(*b));

	if (all->map.n == MAIL_BUNDLES_MAX)
		bundle_free(all, BUNDLE(list_first(&all->list)));
	b->key = str_dup(key);
	b->subject = str_dup(in->subject);
	b->thread = str_dup(in->thread);
	b->conv = str_dup(in->conv);
	b->first_at = in->now_at;
	(void)snprintf(
	    b->name, sizeof(b->name), "%016" PRIx64, all->seed + ++all->last);
	map_put(&all->map, str_c(b->key), b);
	list_add(&all->list, &b->node);
	return b;
}

static struct bundle *
find(const struct mail_bundles *all, const struct mail_bundle_in *in,
    struct buf *key)
{
	buf_addf(key, STR_FMT " ", STR_ARG(in->user));
	mail_address_fold(in->to, key);
	return map_get(&all->map, buf_str(key));
}

bool
mail_bundle_joins(
    const struct mail_bundles *all, const struct mail_bundle_in *in)
{
	const struct bundle *b;
	struct buf key;

	buf_init(&key, KEY_MAX);
	b = find(all, in, &key);
	buf_release(&key);
	return b && takes(b, in) && in->now_at - b->last_at < in->hold_ms;
}

void
mail_bundle_pick(struct mail_bundles *all, const struct mail_bundle_in *in,
    char out[MAIL_BUNDLE_NAME + 1])
{
	struct bundle *b;
	struct buf key;

	buf_init(&key, KEY_MAX);
	b = find(all, in, &key);
	if (b && !takes(b, in)) {
		bundle_free(all, b);
		b = NULL;
	}
	if (!b)
		b = bundle_new(all, in, buf_str(&key));
	b->n++;
	b->last_at = in->now_at;
	b->is_gone = in->hold_ms == 0;
	memcpy(out, b->name, MAIL_BUNDLE_NAME + 1);
	buf_release(&key);
}
