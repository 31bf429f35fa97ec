/*
 * Growing bytes with a ceiling.
 *
 *	base            p           p + len        base + cap
 *	 |   dropped    |  content  |  NUL, room   |
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

enum { FIRST_CAP = 64 };

/* Shared by all empty buffers; never written to. */
static char nothing[1];

void
buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .p = nothing, .max = max_bytes };
}

void
buf_release(struct buf *b)
{
	free(b->base);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->base) {
		b->p = b->base;
		b->p[0] = '\0';
	}
}

void
buf_trim(struct buf *b)
{
	bool overflow = b->overflow;

	if (b->len == 0 && b->base) {
		buf_release(b);
		b->overflow = overflow;
	}
}

/* Room for n more and the NUL: moved to the front if that is enough. */
static void
make_room(struct buf *b, size_t n)
{
	size_t need = b->len + n + 1, cap = b->cap ? b->cap : FIRST_CAP;
	size_t gone = b->base ? (size_t)(b->p - b->base) : 0;
	char *base;

	if (b->base && need <= b->cap && gone >= b->len) {
		memcpy(b->base, b->p, b->len + 1);
		b->p = b->base;
		return;
	}
	while (cap < need)
		cap *= 2;
	base = xmalloc(cap);
	if (b->len)
		memcpy(base, b->p, b->len);
	base[b->len] = '\0';
	free(b->base);
	b->base = b->p = base;
	b->cap = cap;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (b->overflow || n > b->max || b->len > b->max - n) {
		b->overflow = true;
		return NULL;
	}
	if (!b->base || (size_t)(b->p - b->base) + b->len + n + 1 > b->cap)
		make_room(b, n);
	return b->p + b->len;
}

void
buf_added(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len += n;
	assert((size_t)(b->p - b->base) + b->len < b->cap);
	b->p[b->len] = '\0';
}

int
buf_add(struct buf *b, const void *data, size_t len)
{
	char *to;

	if (len == 0)
		return b->overflow ? -1 : 0;
	to = buf_reserve(b, len);
	if (!to)
		return -1;
	memcpy(to, data, len);
	buf_added(b, len);
	return 0;
}

int
buf_add_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.len);
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->overflow = true;
		return -1;
	}
	to = buf_reserve(b, (size_t)n);
	if (!to)
		return -1;
	if (n > 0)
		vsnprintf(to, (size_t)n + 1, fmt, ap);
	buf_added(b, (size_t)n);
	return 0;
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_addv(b, fmt, ap);
	va_end(ap);
	return rc;
}

void
buf_drop(struct buf *b, size_t n)
{
	bool overflow = b->overflow;

	assert(n <= b->len);
	if (n == b->len) {
		buf_clear(b);
		b->overflow = overflow;
		return;
	}
	b->p += n;
	b->len -= n;
}

void
buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->overflow = false;
	if (len == b->len)
		return;
	b->len = len;
	b->p[len] = '\0';
}
