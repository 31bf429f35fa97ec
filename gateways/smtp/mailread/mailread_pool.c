#include <stdalign.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mailread/mailread_pool.h"

enum { CHUNK_BYTES = 16 * 1024 };

struct mailread_chunk {
	struct mailread_chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void
mailread_pool_init(struct mailread_pool *p)
{
	p->chunk = NULL;
}

void
mailread_pool_release(struct mailread_pool *p)
{
	while (p->chunk) {
		struct mailread_chunk *c = p->chunk;

		p->chunk = c->next;
		free(c);
	}
}

static struct mailread_chunk *
chunk_new(struct mailread_pool *p, size_t n)
{
	size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
	struct mailread_chunk *c = xcalloc(1, sizeof(*c) + size);

	c->size = size;
	/* One that is used up at once leaves the room of the one before. */
	if (n >= CHUNK_BYTES && p->chunk) {
		c->next = p->chunk->next;
		p->chunk->next = c;
	} else {
		c->next = p->chunk;
		p->chunk = c;
	}
	return c;
}

void *
mailread_pool_get(struct mailread_pool *p, size_t n)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct mailread_chunk *c = p->chunk;
	size_t size = (n + mask) & ~mask;
	void *at;

	if (!c || c->size - c->used < size)
		c = chunk_new(p, size);
	at = c->bytes + c->used;
	c->used += size;
	return at;
}

struct str
mailread_pool_str(struct mailread_pool *p, struct str s)
{
	char *to;

	if (s.len == 0)
		return STR_EMPTY;
	to = mailread_pool_get(p, s.len);
	memcpy(to, s.p, s.len);
	return str_of(to, s.len);
}

struct str
mailread_pool_lower(struct mailread_pool *p, struct str s)
{
	char *to;

	if (s.len == 0)
		return STR_EMPTY;
	to = mailread_pool_get(p, s.len);
	for (size_t i = 0; i < s.len; i++)
		to[i] = s.p[i] >= 'A' && s.p[i] <= 'Z'
		    ? (char)(s.p[i] - 'A' + 'a')
		    : s.p[i];
	return str_of(to, s.len);
}

struct str
mailread_pool_take(struct mailread_pool *p, struct buf *b)
{
	struct str s = mailread_pool_str(p, buf_str(b));

	buf_release(b);
	return s;
}
