#include "irc/irc_typing.h"

#include <stdlib.h>

#include "irc/irc_handler.h"
#include "lib/xalloc.h"

/* One target of ours, or one of them in one channel or, "", to us. */
struct typist {
	struct list node;
	enum irc_typing what;
	enum irc_typing told; /* ours: what was said last */
	int64_t wanted_at;    /* ours: our user did so last */
	int64_t due_at;       /* ours: may be said again; theirs: is over */
	char *channel, *nick; /* ours: channel is the target */
};

#define TYPIST(n) LIST_ENTRY(n, struct typist, node)

static const char *const words[] = {
	[IRC_TYPING_DONE] = "done",
	[IRC_TYPING_ACTIVE] = "active",
	[IRC_TYPING_PAUSED] = "paused",
};

/* ---- the lists -------------------------------------------------------------- */

static void
typist_free(struct typist *t, size_t *n)
{
	list_del(&t->node);
	--*n;
	free(t->channel);
	free(t->nick);
	free(t);
}

static struct typist *
typist_new(struct list *all, size_t *n, struct str channel, struct str nick)
{
	struct typist *t = xcalloc(1, sizeof(*t));

	t->channel = str_dup(channel);
	t->nick = str_dup(nick);
	list_add(all, &t->node);
	++*n;
	return t;
}

static struct typist *
find(const struct irc_proto *p, const struct list *all, struct str channel,
    struct str nick)
{
	struct list *n;

	for (n = all->next; n != all; n = n->next)
		if (irc_fold_eq(
		        p->is.casemap, channel, str_c(TYPIST(n)->channel)) &&
		    irc_fold_eq(p->is.casemap, nick, str_c(TYPIST(n)->nick)))
			return TYPIST(n);
	return NULL;
}

/* Most connections have none. */
static void
need(struct irc_proto *p)
{
	if (p->typing)
		return;
	p->typing = xcalloc(1, sizeof(*p->typing));
	list_init(&p->typing->ours);
	list_init(&p->typing->theirs);
}

void
irc_typing_release(struct irc_proto *p)
{
	struct irc_typings *t = p->typing;

	if (!t)
		return;
	while (!list_is_empty(&t->ours))
		typist_free(TYPIST(list_first(&t->ours)), &t->nours);
	while (!list_is_empty(&t->theirs))
		typist_free(TYPIST(list_first(&t->theirs)), &t->ntheirs);
	free(t);
	p->typing = NULL;
}

/* ---- ours ------------------------------------------------------------------- */

/* A moment later it would be wrong, so it does not wait behind lines. */
static void
say(struct irc_proto *p, struct typist *t)
{
	bool now = irc_queue_delay(&p->queue, p->now_at) == 0;

	t->due_at = p->now_at + IRC_TYPING_EACH_MS;
	if (now && irc_tag_typing(p, str_c(t->channel), words[t->what]) == 0)
		t->told = t->what;
}

/* It has been said, or there is no more sense in it. */
static bool
is_finished(const struct irc_proto *p, const struct typist *t)
{
	if (t->what == IRC_TYPING_ACTIVE)
		return p->now_at - t->wanted_at >= IRC_TYPING_LONG_MS;
	return t->told == t->what || t->told == IRC_TYPING_DONE;
}

static void
turn_of(struct irc_proto *p, struct typist *t)
{
	if (p->now_at < t->due_at)
		return;
	if (!is_finished(p, t))
		say(p, t);
	if (is_finished(p, t) || t->what == IRC_TYPING_DONE)
		typist_free(t, &p->typing->nours);
}

void
irc_typing_want(struct irc_proto *p, struct str target, enum irc_typing what)
{
	struct typist *t;

	need(p);
	t = find(p, &p->typing->ours, target, STR_EMPTY);
	if (p->state != IRC_READY || !irc_proto_passes(p, IRC_TAG_TYPING))
		return;
	if (!t && what == IRC_TYPING_ACTIVE &&
	    p->typing->nours < IRC_TYPING_OURS)
		t = typist_new(
		    &p->typing->ours, &p->typing->nours, target, STR_EMPTY);
	if (!t)
		return;
	t->what = what;
	t->wanted_at = p->now_at;
	turn_of(p, t);
}

void
irc_typing_said(struct irc_proto *p, struct str target)
{
	struct typist *t =
	    p->typing ? find(p, &p->typing->ours, target, STR_EMPTY) : NULL;

	if (t)
		typist_free(t, &p->typing->nours);
}

void
irc_typing_tick(struct irc_proto *p)
{
	if (p->state != IRC_READY || !p->typing)
		return;
	LIST_EACH(&p->typing->ours, n)
	{
		turn_of(p, TYPIST(n));
	}
}

/* ---- theirs ----------------------------------------------------------------- */

static bool
parse(struct str value, enum irc_typing *what)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(value, words[i])) {
			*what = (enum irc_typing)i;
			return true;
		}
	return false;
}

/* True: they did something else before. */
static bool
remember(struct irc_proto *p, const struct irc_event *ev)
{
	struct irc_typings *all = p->typing;
	struct typist *t = find(p, &all->theirs, ev->channel, ev->who.nick);
	enum irc_typing was = t ? t->what : IRC_TYPING_DONE;

	if (ev->typing == IRC_TYPING_DONE) {
		if (t)
			typist_free(t, &all->ntheirs);
		return t != NULL;
	}
	if (!t && all->ntheirs == IRC_TYPING_THEIRS)
		return false;
	if (!t)
		t = typist_new(
		    &all->theirs, &all->ntheirs, ev->channel, ev->who.nick);
	t->what = ev->typing;
	t->due_at = p->now_at +
	    (t->what == IRC_TYPING_ACTIVE ? IRC_TYPING_ACTIVE_MS
	                                  : IRC_TYPING_PAUSED_MS);
	return t->what != was;
}

bool
irc_typing_heard(struct irc_proto *p, struct str value, struct irc_event *ev)
{
	need(p);
	ev->type = IRC_EV_TYPING;
	return !ev->self && parse(value, &ev->typing) && remember(p, ev);
}

void
irc_typing_spoke(struct irc_proto *p, const struct irc_event *ev)
{
	struct typist *t = p->typing
	    ? find(p, &p->typing->theirs, ev->channel, ev->who.nick)
	    : NULL;

	if (t)
		typist_free(t, &p->typing->ntheirs);
}

bool
irc_typing_over(struct irc_proto *p, struct irc_event *ev)
{
	if (!p->typing)
		return false;
	LIST_EACH(&p->typing->theirs, n)
	{
		struct typist *t = TYPIST(n);

		if (t->due_at > p->now_at)
			continue;
		memset(ev, 0, sizeof(*ev));
		ev->type = IRC_EV_TYPING;
		ev->typing = IRC_TYPING_DONE;
		ev->channel = irc_keep(p, str_c(t->channel));
		ev->who.nick = irc_keep(p, str_c(t->nick));
		typist_free(t, &p->typing->ntheirs);
		return true;
	}
	return false;
}

/* ---- time ------------------------------------------------------------------- */

static int64_t
earliest(const struct list *all, int64_t at)
{
	struct list *n;

	for (n = all->next; n != all; n = n->next)
		if (at < 0 || TYPIST(n)->due_at < at)
			at = TYPIST(n)->due_at;
	return at;
}

int64_t
irc_typing_due_at(const struct irc_proto *p)
{
	if (!p->typing)
		return -1;
	return earliest(&p->typing->ours, earliest(&p->typing->theirs, -1));
}
