/*
 * Memory that is let go of at once: a list of blocks.
 */
#include "sms/sms_pool.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/secret.h"
#include "lib/xalloc.h"

enum { BLOCK_BYTES = 4096 };

struct sms_pool_block {
	struct sms_pool_block *before;
	size_t size, used;
	_Alignas(max_align_t) char bytes[];
};

void
sms_pool_init(struct sms_pool *p, size_t max_bytes)
{
	*p = (struct sms_pool){ .max = max_bytes };
}

void
sms_pool_release(struct sms_pool *p)
{
	while (p->last) {
		struct sms_pool_block *b = p->last;

		p->last = b->before;
		secret_wipe(b->bytes, b->used);
		free(b);
	}
	sms_pool_init(p, p->max);
}

static void
add_block(struct sms_pool *p, size_t least)
{
	size_t size = least > BLOCK_BYTES ? least : BLOCK_BYTES;
	struct sms_pool_block *b =
	    xcalloc(1, sizeof(struct sms_pool_block) + size);

	b->size = size;
	b->before = p->last;
	p->last = b;
}

void *
sms_pool_alloc(struct sms_pool *p, size_t size)
{
	const size_t unit = _Alignof(max_align_t);
	size_t need;
	void *out;

	if (p->full || size >= p->max - p->used) {
		p->full = true;
		return NULL;
	}
	need = size ? (size + unit - 1) / unit * unit : unit;
	if (!p->last || p->last->size - p->last->used < need)
		add_block(p, need);
	out = p->last->bytes + p->last->used;
	p->last->used += need;
	p->used += size;
	return out;
}

void *
sms_pool_array(struct sms_pool *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size) {
		p->full = true;
		return NULL;
	}
	return sms_pool_alloc(p, n * size);
}

struct str
sms_pool_copy(struct sms_pool *p, struct str s)
{
	char *out = sms_pool_alloc(p, s.len + 1);

	if (!out)
		return STR_EMPTY;
	if (s.len)
		memcpy(out, s.p, s.len);
	return str_of(out, s.len);
}

struct str
sms_pool_take(struct sms_pool *p, struct buf *b)
{
	struct str s = sms_pool_copy(p, buf_str(b));

	if (buf_is_full(b))
		p->full = true;
	buf_release(b);
	return s;
}
