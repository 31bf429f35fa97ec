/*
 * Growing bytes with a ceiling.
 *
 *	base            p           p + len        base + cap
 *	 |   dropped    |  content  |  NUL, room   |
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

enum { FIRST_CAP = 64 };

/* Shared by all empty buffers; never written to. */
static char nothing[1];

/* Bytes in front of the content. */
static size_t
dropped(const struct buf *b)
{
	return b->base ? (size_t)(b->p - b->base) : 0;
}

static void
count_room(struct buf *b)
{
	size_t allowed = b->max - b->len, there;

	if (b->overflow || !b->base) {
		b->room = 0;
		return;
	}
	there = b->cap - dropped(b) - b->len - 1;
	b->room = there < allowed ? there : allowed;
}

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

/* No content; memory and overflow stay. */
static void
empty(struct buf *b)
{
	b->len = 0;
	if (b->base) {
		b->p = b->base;
		b->p[0] = '\0';
	}
	count_room(b);
}

void
buf_clear(struct buf *b)
{
	b->overflow = false;
	empty(b);
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

static size_t
doubled(size_t cap, size_t need)
{
	if (cap == 0)
		cap = FIRST_CAP;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	return cap;
}

/*
 * Room for n more and the NUL behind the content.  Moving the content to the
 * front is enough only if that wins about as many bytes as it moves: a long
 * queue that is filled and drained byte by byte would move all of it each
 * time otherwise.
 */
static void
make_room(struct buf *b, size_t n)
{
	size_t need = b->len + n + 1, won = dropped(b);

	if (won > 0) {
		memmove(b->base, b->p, b->len + 1);
		b->p = b->base;
		if (need <= b->cap && won < b->len / 2)
			need = b->cap + 1;
	}
	if (need <= b->cap)
		return;
	b->cap = doubled(b->cap, need);
	b->p = b->base = xrealloc(b->base, b->cap);
	b->p[b->len] = '\0';
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (b->overflow || n > b->max - b->len) {
		b->overflow = true;
		b->room = 0;
		return NULL;
	}
	if (!b->base || n >= b->cap - dropped(b) - b->len)
		make_room(b, n);
	count_room(b);
	return b->p + b->len;
}

void
buf_added(struct buf *b, size_t n)
{
	assert(n <= b->room);
	b->len += n;
	b->room -= n;
	if (b->base)
		b->p[b->len] = '\0';
}

int
buf_add_slow(struct buf *b, const void *data, size_t len)
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

/* Tried in the room that is there; told how much is needed, once more. */
int
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	char *to = b->p + b->len;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(b->base ? to : NULL, b->base ? b->room + 1 : 0, fmt, ap);
	if (n > 0 && (size_t)n > b->room) {
		if (b->base)
			to[0] = '\0';
		to = buf_reserve(b, (size_t)n);
		if (to)
			vsnprintf(to, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (n < 0)
		b->overflow = true;
	if (b->overflow) {
		count_room(b);
		return -1;
	}
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

/* The room that was counted is still there: it lies behind the content. */
void
buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == b->len) {
		empty(b);
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
	b->len = len;
	if (b->base)
		b->p[len] = '\0';
	count_room(b);
}
