/*
 * verb.h - what operators can say: on the command line, and as commands
 *
 * One table (verbs.c) for both ways in: control.c hears the words that
 * `passerelle queue hold` sends, verb_form.c shows administrators a form with
 * the same arguments at the gateway.
 *
 *	static void
 *	run_hold(struct verb_call *call)
 *	{
 *		...
 *		buf_addf(&call->out, "Nothing is sent any more.\n");
 *		verb_end(&call, NULL);          // now or later
 *	}
 *
 * Rights     Whoever may open the socket may say all of it; of XMPP users
 *            those who are access.admins, asked for by commands.c.
 */
#ifndef CORE_VERB_H
#define CORE_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/str.h"
#include "xmpp/adhoc.h"

struct core;
struct gateway;
struct verb_call;

enum { VERB_ARGS_MAX = 3, VERB_TEXT_MAX = 900 * 1024 };

struct verb_arg {
	const char *name, *label;
	bool required;
	bool rest;     /* the last one: takes all words that are left */
	bool in_words; /* not in a form, which is at a gateway already */
};

typedef void verb_fn(struct verb_call *call);

struct verb {
	struct adhoc_command adhoc; /* first; node NULL: not as a command */
	const char *name;           /* "queue hold": one word or two */
	const char *help;           /* a sentence */
	bool stores; /* about gateways that store and forward, no others */
	struct verb_arg arg[VERB_ARGS_MAX];
	verb_fn *fn;
};

/* Ended by a verb without name. */
extern const struct verb verbs[];

/* One request under way; its strings are its own. */
struct verb_call {
	const struct verb *verb;
	struct core *core;
	struct gateway *gw;            /* NULL: none was named */
	struct str arg[VERB_ARGS_MAX]; /* as in the table; empty: not given */
	struct str by;                 /* who says it, for logs */
	struct buf out;                /* VERB_TEXT_MAX */
	struct list node;              /* private: in the core */
	struct verb_asker *asker;      /* private */
};

/* err, or NULL: it is done, and out is the answer.  Exactly once. */
void verb_end(struct verb_call **callp, const struct err *err);

/* Those that are open are told that the program ends; before it does. */
void verb_end_all(struct core *c);

/* ---- who asks --------------------------------------------------------- */

struct verb_ask {
	struct core *core;
	struct gateway *gw; /* NULL: the words may name one by "-g DOMAIN" */
	const struct str *word;
	size_t nword;
	struct str by;
	/* Once, now or later; borrowed. */
	void (*done)(struct str text, const struct err *err, void *arg);
	void *arg;
};

/* What cannot be understood is an end, too: ERR_BAD_INPUT. */
void verb_run(const struct verb_ask *ask);

/* The same, of a verb whose arguments are there already. */
void verb_run_args(const struct verb_ask *ask, const struct verb *v,
    const struct str arg[VERB_ARGS_MAX]);

/*
 * The verb that words begin with, and how many of them are its name.  NULL:
 * err says what there is instead.
 */
const struct verb *verb_find(
    const struct str *word, size_t n, size_t *nname_out, struct err *err);

/* "queue hold [WHY...]" */
void verb_write_usage(const struct verb *v, struct buf *out);

/* All of them, a line each with what it does. */
void verb_write_help(struct buf *out);

/* ---- as commands at a gateway ------------------------------------------ */

void verb_add_commands(struct adhoc *a);

/* Is it one of these?  Then gw decides whether it is there. */
bool verb_owns(const struct adhoc_command *command);
bool verb_fits(const struct adhoc_command *command, struct gateway *gw);

/* adhoc_command.fn of all of them. */
void verb_on_call(struct adhoc_call *call);

#endif
