/*
 * confirm.h - what the XMPP server has taken of what we wrote
 *
 * XEP-0114 has no acknowledgements, but its streams are ordered: a ping to
 * our own domain comes back through the server after all that was written
 * before it.  One is under way at a time; it leaves CONFIRM_MS after the
 * first stanza that waits for it, or when the one before it was answered.
 *
 *	confirm_mark_init(&m->mark, on_taken);
 *	...
 *	if (component_end(c, &err) == 0)
 *		confirm_add(gw->confirm, &m->mark);
 *
 *	static void on_taken(struct confirm_mark *mark, bool taken) ...
 *
 * That the server took a stanza does not mean that anybody has it: it may
 * still come back as an error.
 *
 * Promise    fn is called once for each mark, in the order of the stanzas:
 *            true, the server has it; false, the stream died first and nobody
 *            knows.  Never from inside confirm_add().
 * Reentry    fn may add marks, its own too, drop any, and free what its mark
 *            lives in; it must not free the confirm.
 * Waits      An answer that is CONFIRM_ANSWER_MS late is asked for again, and
 *            logged once per stream.
 */
#ifndef CORE_CONFIRM_H
#define CORE_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"

struct clock;
struct component;
struct confirm;
struct iq_table;
struct log_ctx;

enum { CONFIRM_MS = 200, CONFIRM_ANSWER_MS = 30 * 1000 };

/* One stanza, inside the object of whoever wrote it. */
struct confirm_mark {
	struct list node;
	int64_t at; /* when it was added */
	void (*fn)(struct confirm_mark *m, bool taken);
};

/* iqs must outlive it. */
struct confirm *confirm_new(
    struct clock *clock, struct iq_table *iqs, const struct log_ctx *log);

/* Marks that are left are forgotten. */
void confirm_free(struct confirm **cp);

/* The stream is up; it is gone: all marks are told false. */
void confirm_up(struct confirm *c, struct component *stream);
void confirm_down(struct confirm *c);

void confirm_mark_init(
    struct confirm_mark *m, void (*fn)(struct confirm_mark *m, bool taken));

/* The stanza has just been written.  m waits for nothing else. */
void confirm_add(struct confirm *c, struct confirm_mark *m);

/* Ask at once what else would wait for CONFIRM_MS. */
void confirm_now(struct confirm *c);

/* fn is not called any more.  Harmless when it does not wait. */
void confirm_drop(struct confirm_mark *m);

static inline bool
confirm_waits(const struct confirm_mark *m)
{
	return list_is_linked(&m->node);
}

/* How long the oldest has waited; 0: nothing does. */
int64_t confirm_oldest_ms(const struct confirm *c);

#endif
