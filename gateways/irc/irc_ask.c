#include "irc/irc_ask.h"

#include <stdlib.h>

#include "lib/map.h"
#include "lib/xalloc.h"

static struct irc_ask *
ask_of(struct list *node)
{
	return LIST_ENTRY(node, struct irc_ask, node);
}

/* What is only ever answered by a refusal, if at all. */
static bool
is_message(const struct irc_ask *a)
{
	return a->kind == IRC_ASK_MESSAGE || a->kind == IRC_ASK_RAW;
}

/* What must be answered in time; how a PING is late is for the link to say. */
static bool
is_request(const struct irc_ask *a)
{
	return !is_message(a) && a->kind != IRC_ASK_SETTLE;
}

void
irc_asks_init(struct irc_asks *t)
{
	list_init(&t->queued);
	list_init(&t->messages);
	list_init(&t->requests);
	list_init(&t->told);
	t->n = t->nsent_messages = 0;
	t->last_seq = t->last_label = 0;
}

static void
free_all(struct irc_asks *t, struct list *head)
{
	while (!list_is_empty(head)) {
		struct irc_ask *a = ask_of(list_first(head));

		irc_ask_free(t, &a);
	}
}

void
irc_asks_release(struct irc_asks *t)
{
	free_all(t, &t->queued);
	free_all(t, &t->messages);
	free_all(t, &t->requests);
	free_all(t, &t->told);
}

struct irc_ask *
irc_ask_new(struct irc_asks *t, enum irc_ask_kind kind, uint64_t ref,
    struct str target, struct str other)
{
	struct irc_ask *a;

	if (t->n >= IRC_ASK_MAX)
		return NULL;
	a = xcalloc(1, sizeof(*a) + target.len + other.len);
	a->kind = kind;
	a->ref = ref;
	a->sent_at = -1;
	a->nlines = a->npieces = 1;
	a->target_len = target.len;
	a->other_len = other.len;
	if (target.len)
		memcpy(a->names, target.p, target.len);
	if (other.len)
		memcpy(a->names + target.len, other.p, other.len);
	list_add(&t->queued, &a->node);
	t->n++;
	return a;
}

void
irc_ask_free(struct irc_asks *t, struct irc_ask **ap)
{
	struct irc_ask *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	if (a->sent_at >= 0 && is_message(a))
		t->nsent_messages--;
	list_del(&a->node);
	t->n--;
	irc_back_free(&a->back);
	free(a);
}

void
irc_back_free(struct irc_back **bp)
{
	if (*bp) {
		buf_release(&(*bp)->parts);
		buf_release(&(*bp)->text);
	}
	free(*bp);
	*bp = NULL;
}

/* Blanks at the ends do not count: servers drop them. */
void
irc_ask_words(uint64_t *sum, struct str text)
{
	*sum = *sum * 31 + map_hash(str_trim(text));
}

/* One line, and it alone, is the message. */
static void
add_back(struct irc_ask *a, struct str msgid, struct str text, bool first)
{
	if (a->npieces < 2)
		return;
	if (!a->back) {
		a->back = xmalloc(sizeof(*a->back));
		buf_init(&a->back->parts, IRC_ASK_PARTS);
		buf_init(&a->back->text, IRC_ASK_TEXT);
	}
	if (msgid.len && !first)
		buf_addf(&a->back->parts, STR_FMT "\n", STR_ARG(msgid));
	buf_addf(&a->back->text, first ? STR_FMT : "\n" STR_FMT, STR_ARG(text));
}

bool
irc_ask_echoed(struct irc_ask *a, struct str msgid, struct str text)
{
	bool first = a->nechoed++ == 0;

	if (msgid.len >= sizeof(a->msgid))
		msgid = STR_EMPTY;
	if (first && msgid.len)
		memcpy(a->msgid, msgid.p, msgid.len);
	irc_ask_words(&a->heard, text);
	add_back(a, msgid, text, first);
	return a->nechoed >= a->nlines;
}

struct str
irc_ask_target(const struct irc_ask *a)
{
	return str_of(a->names, a->target_len);
}

struct str
irc_ask_other(const struct irc_ask *a)
{
	return str_of(a->names + a->target_len, a->other_len);
}

void
irc_ask_sent(struct irc_asks *t, struct irc_ask *a, int64_t now_at)
{
	a->sent_at = now_at;
	list_del(&a->node);
	if (is_message(a)) {
		list_add(&t->told, &a->node);
		t->nsent_messages++;
		return;
	}
	a->seq = ++t->last_seq;
	list_add(&t->requests, &a->node);
}

void
irc_ask_told(struct irc_asks *t, struct irc_ask *a)
{
	list_del(&a->node);
	a->seq = ++t->last_seq;
	list_add(&t->messages, &a->node);
}

/* Numbers come round. */
static bool
is_older(const struct irc_ask *a, const struct irc_ask *b)
{
	return (int32_t)(a->seq - b->seq) < 0;
}

static struct irc_ask *
older(struct irc_ask *a, struct irc_ask *b)
{
	if (!a || !b)
		return a ? a : b;
	return is_older(a, b) ? a : b;
}

static struct irc_ask *
first_of(const struct list *head)
{
	struct list *n = list_first(head);

	return n ? ask_of(n) : NULL;
}

struct irc_ask *
irc_ask_oldest(const struct irc_asks *t)
{
	return older(first_of(&t->messages), first_of(&t->requests));
}

/* Some lines of it have left, and fewer have been answered: not all of it. */
static bool
is_under_way(const struct irc_ask *a)
{
	return a->kind == IRC_ASK_MESSAGE &&
	    a->nechoed + (a->npieces - a->nlines) < a->nleft;
}

static struct irc_ask *
find_under_way(const struct irc_asks *t, enum irc_casemap map, struct str name)
{
	LIST_EACH(&t->queued, node)
	{
		struct irc_ask *a = ask_of(node);

		if (is_under_way(a) &&
		    irc_fold_eq(map, irc_ask_target(a), name))
			return a;
	}
	return NULL;
}

static struct irc_ask *
find_in(const struct list *head, unsigned kinds, enum irc_casemap map,
    struct str name)
{
	LIST_EACH(head, node)
	{
		struct irc_ask *a = ask_of(node);

		if (!(kinds & IRC_ASK_BIT(a->kind)))
			continue;
		if (name.len == 0 ||
		    irc_fold_eq(map, irc_ask_target(a), name) ||
		    (a->other_len && irc_fold_eq(map, irc_ask_other(a), name)))
			return a;
	}
	return NULL;
}

#define MESSAGES (IRC_ASK_BIT(IRC_ASK_MESSAGE) | IRC_ASK_BIT(IRC_ASK_RAW))

struct irc_ask *
irc_ask_find(const struct irc_asks *t, unsigned kinds, enum irc_casemap map,
    struct str name)
{
	struct irc_ask *message = NULL, *request = NULL;

	if (kinds & MESSAGES)
		message = find_in(&t->messages, kinds, map, name);
	if (kinds & ~MESSAGES)
		request = find_in(&t->requests, kinds, map, name);
	if (!message && !request && name.len &&
	    kinds & IRC_ASK_BIT(IRC_ASK_MESSAGE))
		return find_under_way(t, map, name);
	return older(message, request);
}

static struct irc_ask *
find_label(const struct list *head, uint32_t label)
{
	LIST_EACH(head, node)
	{
		if (ask_of(node)->label == label)
			return ask_of(node);
	}
	return NULL;
}

struct irc_ask *
irc_ask_labeled(const struct irc_asks *t, uint32_t label)
{
	struct irc_ask *a = label ? find_label(&t->messages, label) : NULL;

	if (!a && label)
		a = find_label(&t->requests, label);
	if (a)
		return a;
	LIST_EACH(&t->queued, node)
	{
		if (label && ask_of(node)->label == label &&
		    is_under_way(ask_of(node)))
			return ask_of(node);
	}
	return NULL;
}

struct irc_ask *
irc_ask_before(
    const struct irc_asks *t, unsigned kinds, const struct irc_ask *mark)
{
	struct irc_ask *a = irc_ask_find(t, kinds, IRC_FOLD_ASCII, STR_EMPTY);

	return a && is_older(a, mark) ? a : NULL;
}

bool
irc_ask_is_queued(const struct irc_asks *t, enum irc_ask_kind kind)
{
	LIST_EACH(&t->queued, node)
	{
		if (ask_of(node)->kind == kind)
			return true;
	}
	return false;
}

/* At the end, as the list is in the order of time. */
void
irc_ask_touch(struct irc_asks *t, struct irc_ask *a, int64_t now_at)
{
	a->sent_at = now_at;
	list_del(&a->node);
	a->seq = ++t->last_seq;
	list_add(&t->requests, &a->node);
}

void
irc_ask_retarget(
    struct irc_asks *t, struct irc_ask *a, struct str target, int64_t now_at)
{
	struct irc_ask *b =
	    irc_ask_new(t, a->kind, a->ref, target, irc_ask_other(a));

	if (!b)
		return;
	b->inside = a->inside;
	irc_ask_sent(t, b, now_at);
	irc_ask_free(t, &a);
}

static struct irc_ask *
oldest_request(const struct irc_asks *t)
{
	LIST_EACH(&t->requests, node)
	{
		if (is_request(ask_of(node)))
			return ask_of(node);
	}
	return NULL;
}

struct irc_ask *
irc_ask_overdue(const struct irc_asks *t, int64_t now_at, int64_t wait_ms)
{
	struct irc_ask *a = oldest_request(t);

	return a && now_at - a->sent_at >= wait_ms ? a : NULL;
}

int64_t
irc_ask_due_at(const struct irc_asks *t, int64_t wait_ms)
{
	const struct irc_ask *a = oldest_request(t);

	return a ? a->sent_at + wait_ms : -1;
}
