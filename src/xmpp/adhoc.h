/*
 * adhoc.h - ad-hoc commands (XEP-0050 1.3.0) of one gateway
 *
 * Knows sessions, stages and actions; what a command does, where it exists
 * and who may run it is told by its owner.
 *
 *	static void
 *	on_nick(struct adhoc_call *call)
 *	{
 *		if (!call->answer) {
 *			w = adhoc_show(call, &(struct adhoc_form){
 *			    .stage = 0, .last = true });
 *			form_write(w, "form", "Your nick", NULL, field, 1);
 *			adhoc_shown(call);
 *			return;
 *		}
 *		... form_value(call->answer, "nick") ...
 *		adhoc_finish(call, ADHOC_INFO, STR("Done."));
 *	}
 *
 *	adhoc = adhoc_new(clock, iqs, 0, may);
 *	adhoc_add(adhoc, &nick_command);
 *	adhoc_call(adhoc, ask, command, where, user);    // an iq set came
 *
 * Rights     may() is asked before every step and for every list, so a right
 *            that was taken away ends a command in the middle.  A session
 *            belongs to one full JID, one address and one node.
 * Limits     ADHOC_MAX sessions, ADHOC_USER_MAX of one bare JID (his oldest
 *            goes); ADHOC_SESSION_MS without a step; ADHOC_KEEP_MAX values
 *            of FORM_VALUE_MAX bytes kept per session, wiped in the end.
 */
#ifndef XMPP_ADHOC_H
#define XMPP_ADHOC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct adhoc;
struct adhoc_session;
struct clock;
struct iq_ask;
struct iq_table;
struct stanza;
struct xmlw;

enum {
	ADHOC_MAX = 1000,
	ADHOC_USER_MAX = 5,
	ADHOC_SESSION_MS = 10 * 60 * 1000,
	ADHOC_KEEP_MAX = 32,
};

struct adhoc_call;

struct adhoc_command {
	const char *node, *name;
	unsigned where; /* kinds of address that have it: bits of the owner's */
	void (*fn)(struct adhoc_call *call);
	const void *arg; /* the owner's */
};

/* One step: borrowed for the call of fn. */
struct adhoc_call {
	const struct adhoc_command *command;
	struct iq_ask
	    *ask;   /* for iq_from(), iq_to(), iq_arg(); do not answer it */
	void *user; /* as given to adhoc_call(); NULL once kept */

	/*
	 * Show form number `stage`; or take `answer`, which is of form
	 * stage - 1 and was submitted.  It is NULL at the start and after
	 * "prev".
	 */
	unsigned stage;
	const struct stanza *answer;

	struct adhoc_session *session; /* private */
};

/* May this user of adhoc_call() run or see it now? */
typedef bool adhoc_may_fn(const struct adhoc_command *command, void *user);

/* user_max: sessions of one bare JID, 0: ADHOC_USER_MAX. */
struct adhoc *adhoc_new(struct clock *clock, struct iq_table *iqs,
    unsigned user_max, adhoc_may_fn *may);
void adhoc_free(struct adhoc **ap);

/* Borrowed for the life of adhoc.  Nodes are unique per kind of address. */
void adhoc_add(struct adhoc *a, const struct adhoc_command *command);

/* An iq set holding <command/> came to an address of that kind (one bit). */
void adhoc_call(struct adhoc *a, struct iq_ask *ask,
    const struct stanza *command, unsigned where, void *user);

/* NULL: no such command there, or not for this user. */
const struct adhoc_command *adhoc_find(
    const struct adhoc *a, struct str node, unsigned where, void *user);

/* The items of disco#items with node NS_COMMANDS, of address jid. */
void adhoc_write_items(const struct adhoc *a, struct xmlw *w, struct str jid,
    unsigned where, void *user);

/* ---- what fn does: exactly one of these -------------------------------- */

enum adhoc_note { ADHOC_INFO, ADHOC_WARN, ADHOC_ERROR };

struct adhoc_form {
	unsigned stage; /* its number: the answer comes with stage + 1 */
	bool last;      /* the button says "complete", not "next" */
	enum adhoc_note note_type;
	const char
	    *note; /* over the form, for example what was wrong; or NULL */
};

/* A form: write the <x/>, then adhoc_shown(). */
struct xmlw *adhoc_show(struct adhoc_call *call, const struct adhoc_form *f);
void adhoc_shown(struct adhoc_call *call);

/* The end, with something to read. */
void adhoc_finish(
    struct adhoc_call *call, enum adhoc_note type, struct str text);

/* The end, with a result form: write it, then adhoc_done(). */
struct xmlw *adhoc_result(struct adhoc_call *call);
void adhoc_done(struct adhoc_call *call);

/* An error.  ERR_BAD_INPUT leaves the form open for another try. */
void adhoc_fail(struct adhoc_call *call, const struct err *err);

/*
 * The outcome comes later; past deadline_ms the iq is answered
 * remote-server-timeout.  0: too much is kept already; that was answered.
 */
uint64_t adhoc_keep(struct adhoc_call *call, int64_t deadline_ms);

/*
 * The kept step, for one of the functions above; NULL: nobody waits any more.
 * Its stage and answer are gone, values of adhoc_set() are not.
 */
struct adhoc_call *adhoc_kept(struct adhoc *a, uint64_t token);

/* ---- values from step to step ------------------------------------------ */

/* Replaces.  -1: over a limit. */
int adhoc_set(struct adhoc_call *call, const char *name, struct str value);
struct str adhoc_get(const struct adhoc_call *call, const char *name);

#endif
