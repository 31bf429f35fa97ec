/*
 * buf.h - growing bytes with a ceiling
 *
 * p[0..len) is the content and is always followed by one NUL that is not
 * counted.  A buffer that has reached its ceiling refuses the whole addition
 * and stays `overflow` until cleared: add without checking, ask once.
 *
 *	buf_init(&b, 512);
 *	buf_addf(&b, "NICK %s\r\n", nick);
 *	if (buf_is_full(&b)) ...
 *	buf_drop(&b, nwritten);
 *	buf_release(&b);
 *
 * Ownership  What is added is copied; it must not lie in this buffer, which
 *            may move.
 * Limits     len <= max.  Memory grows by doubling, is kept by buf_clear()
 *            and given back by buf_release() and buf_trim().
 */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/str.h"

struct buf {
	char *p;       /* first byte not yet dropped; never NULL */
	size_t len;    /* bytes at p */
	size_t max;    /* ceiling of len */
	bool overflow; /* an addition was refused */
	char *base;    /* private: start of the allocation or NULL */
	size_t cap;    /* private: bytes allocated at base */
	size_t room;   /* private: what may be added without a question */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b); /* may be initialised again */
void buf_clear(struct buf *b);   /* empty, not overflown; memory kept */

/* Gives memory back when the buffer is empty. */
void buf_trim(struct buf *b);

/* 0, or -1 when it would pass the ceiling; nothing is added then. */
static inline int buf_add(struct buf *b, const void *data, size_t len);
static inline int buf_add_str(struct buf *b, struct str s);
static inline int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int buf_addv(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/*
 * Room for n more bytes at p + len, NULL over the ceiling; buf_added() says
 * how many were used.
 */
char *buf_reserve(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

/* Forget the first n bytes.  Cheap: nothing is moved until room is needed. */
void buf_drop(struct buf *b, size_t n);

/* Forget all but the first len bytes and the overflow: undo an addition. */
void buf_truncate(struct buf *b, size_t len);

static inline bool
buf_is_full(const struct buf *b)
{
	return b->overflow;
}

/* Borrowed until the next change of the buffer. */
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->len };
}

/* Private: no room, or nothing to add. */
int buf_add_slow(struct buf *b, const void *data, size_t len);

/*
 * Every byte of every stanza passes here: one comparison, which also sends
 * len == 0 the long way, where data may be NULL.
 */
static inline int
buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = b->p + b->len;

	if (len - 1 >= b->room)
		return buf_add_slow(b, data, len);
	memcpy(to, data, len);
	to[len] = '\0';
	b->len += len;
	b->room -= len;
	return 0;
}

static inline int
buf_add_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.len);
}

static inline int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

#endif
