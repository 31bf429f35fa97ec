/*
 * libstrophe's context, its memory, and one function of its own we replace.
 */
#include <dlfcn.h>
#include <stddef.h>

#include <strophe.h>

#include "lib/xalloc.h"

#include "xmpp/expat_guard.h"
#include "xmpp/strophe.h"

/* ---- memory ----------------------------------------------------------- */

/*
 * A stanza is dozens of blocks below 100 bytes, taken and given back at
 * once.  Free blocks are kept by size; what a large stanza left behind beyond
 * KEEP_MAX goes back.  Address sanitizer must see each block, so with it the
 * pool is off.
 */
enum { STEP = 32, NCLASSES = 16, KEEP_MAX = 2048 };

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_ON 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_IS_ON 0
#endif
#endif
#ifndef POOL_IS_ON
#define POOL_IS_ON 1
#endif

union block {
	size_t size; /* in use: bytes behind it that may be used */
	union block *next;
	max_align_t align;
};

static struct {
	union block *free;
	size_t nfree;
} pool[NCLASSES];

/* Class k holds blocks of (k + 1) * STEP usable bytes. */
static size_t
class_of(size_t size)
{
	return size ? (size - 1) / STEP : 0;
}

static void *
mem_alloc(size_t size, void *arg)
{
	size_t k = class_of(size);
	union block *b;

	(void)arg;
	if (POOL_IS_ON && k < NCLASSES) {
		size = (k + 1) * STEP;
		b = pool[k].free;
		if (b) {
			pool[k].free = b->next;
			pool[k].nfree--;
			b->size = size;
			return b + 1;
		}
	}
	b = xmalloc(sizeof(*b) + size);
	b->size = size;
	return b + 1;
}

static void
mem_free(void *p, void *arg)
{
	union block *b = p;
	size_t k;

	(void)arg;
	if (!b)
		return;
	b--;
	k = class_of(b->size);
	if (!POOL_IS_ON || k >= NCLASSES || pool[k].nfree >= KEEP_MAX) {
		free(b);
		return;
	}
	b->next = pool[k].free;
	pool[k].free = b;
	pool[k].nfree++;
}

static void *
mem_realloc(void *p, size_t size, void *arg)
{
	union block *b = p;
	void *q;

	if (b && b[-1].size >= size)
		return p;
	q = mem_alloc(size, arg);
	if (b)
		memcpy(q, p, b[-1].size);
	mem_free(p, arg);
	return q;
}

/* ---- rendering -------------------------------------------------------- */

/*
 * libstrophe renders every stanza it received, for a debug line, also when
 * nothing is logged: half of its time, and recursive.  The executable's
 * definition is found first, so during delivery the answer is "could not";
 * it is its own xmpp_send() that needs the real one.
 */
int
xmpp_stanza_to_text(xmpp_stanza_t *stanza, char **buf, size_t *len)
{
	static int (*real)(xmpp_stanza_t *, char **, size_t *);
	void *p;

	if (expat_guard_is_delivering()) {
		*buf = NULL;
		*len = 0;
		return XMPP_EINVOP;
	}
	if (!real) {
		p = dlsym(RTLD_NEXT, "xmpp_stanza_to_text");
		memcpy(&real, &p, sizeof(real));
	}
	return real(stanza, buf, len);
}

/* ---- the context ------------------------------------------------------ */

struct _xmpp_ctx_t *
strophe_ctx(void)
{
	static xmpp_mem_t mem = {
		.alloc = mem_alloc,
		.free = mem_free,
		.realloc = mem_realloc,
	};
	static xmpp_ctx_t *ctx;

	if (!ctx) {
		xmpp_initialize();
		ctx = xmpp_ctx_new(&mem, NULL);
	}
	return ctx;
}

int
strophe_self_test(struct err *err)
{
	struct expat_guard_stats before, after;
	xmpp_stanza_t *s;

	expat_guard_stats(&before);
	s = xmpp_stanza_new_from_string(strophe_ctx(), "<a/>");
	expat_guard_stats(&after);
	if (s)
		(void)xmpp_stanza_release(s); /* 1: it is gone */
	if (!s || after.nstanzas != before.nstanzas + 1)
		return err_set(err, ERR_INTERNAL,
		    "libstrophe does not parse through our guard: it needs "
		    "expat (not libxml2), and this program -rdynamic");
	return 0;
}
