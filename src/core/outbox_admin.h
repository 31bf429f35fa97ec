/*
 * outbox_admin.h - what people can do about messages on their way
 *
 * The same words by the control socket (`passerelle queue ...`), by ad-hoc
 * command and by users for what is theirs:
 *
 *	queue list [GATEWAY]	what moves, oldest first
 *	queue show ID		one message and its pieces
 *	queue hold [ID|GATEWAY]	it is not tried until released; kept over
 *				restarts
 *	queue release [ID|GATEWAY]
 *	queue retry ID		now; also what is unsure or did not get there
 *	queue cancel ID		what of it was not tried
 *	queue dead [GATEWAY]	what is unsure or did not get there, newest first
 *	line list [GATEWAY]
 *	line pause NAME [WHY...]
 *	line resume NAME	NAME may be GATEWAY/NAME
 */
#ifndef CORE_OUTBOX_ADMIN_H
#define CORE_OUTBOX_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "core/owed.h"
#include "lib/err.h"
#include "lib/str.h"

struct core;

enum { OUTBOX_LIST_MAX = 200, OUTBOX_TEXT_MAX = 256 * 1024 };

struct outbox_verb {
	const char *noun, *verb;
	const char *args; /* "ID", "[GATEWAY]" ...: for people */
	size_t nmin, nmax;
	const char *help;
};

/* All of them; ends with verb NULL. */
extern const struct outbox_verb outbox_verbs[];

/* err of kind ERR_NONE: done; text is for people, and may be empty. */
typedef void outbox_said_fn(const struct err *err, struct str text, void *arg);

/*
 * argv[0] is the noun, argv[1] the verb.  by: who wants it, for the log.  fn
 * is called once, perhaps before the return; what is on disk is waited for.
 */
void outbox_command(struct core *c, struct str by, const struct str *argv,
    size_t n, outbox_said_fn *fn, void *arg);

/* Not if the core ends first. */
void outbox_command_drop_all(struct outbox *b);

/* ---- of one user ------------------------------------------------------- */

/* A line for each of his, oldest first: what moves, and what is unsure. */
typedef void outbox_each_fn(const struct owed *o, void *arg);
void outbox_each_of(
    struct outbox *b, struct str user, outbox_each_fn *fn, void *arg);

/* "12 queued to bob: the first words" */
void outbox_write_line(const struct owed *o, struct buf *out);

/* -1: it is not his, or not like that any more. */
int outbox_cancel(struct owed *o, bool own_wish, struct err *err);
int outbox_resend(struct owed *o, bool unsure_only, struct err *err);

#endif
