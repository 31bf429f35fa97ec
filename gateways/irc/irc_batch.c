/*
 * Which batches are open.  Few are at a time, so they stand in a small table
 * that is there only as long as one is open.
 */
#include "irc/irc_batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "irc/irc_handler.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

struct batch {
	char ref[IRC_BATCH_REF + 1];
	char parent[IRC_BATCH_REF + 1]; /* empty: none */
	char reason[IRC_BATCH_TEXT];    /* netsplit; empty: any other */
	uint32_t label;                 /* labeled-response; 0: none */
	bool is_crowd;                  /* netsplit or netjoin */
	bool is_past;                   /* history, */
	unsigned npast;                 /* and so many lines of it */
	int64_t begun_at;
};

/* In no order; v[0..n) are open. */
struct irc_batches {
	size_t n;
	struct batch v[IRC_BATCHES];
};

void
irc_batches_free(struct irc_batches **bp)
{
	free(*bp);
	*bp = NULL;
}

static void
forget(struct irc_proto *p, size_t i)
{
	struct irc_batches *b = p->batches;

	b->v[i] = b->v[--b->n];
	if (b->n == 0)
		irc_batches_free(&p->batches);
}

/* Those whose end does not come. */
static void
forget_old(struct irc_proto *p)
{
	size_t i = 0;

	while (p->batches && i < p->batches->n)
		if (p->now_at - p->batches->v[i].begun_at >= IRC_BATCH_MS)
			forget(p, i);
		else
			i++;
}

static struct batch *
find(const struct irc_proto *p, struct str ref)
{
	struct irc_batches *b = p->batches;

	for (size_t i = 0; b && ref.len && i < b->n; i++)
		if (str_is(ref, b->v[i].ref))
			return &b->v[i];
	return NULL;
}

static struct str
tag_of(const struct irc_proto *p, const char *name)
{
	struct str rest = p->m.tags, key, raw, value = STR_EMPTY;

	while (irc_tag_next(&rest, &key, &raw))
		if (str_is(key, name))
			value = raw;
	return value;
}

/* The batch that the line at hand says it is in; empty: none. */
static struct str
tagged(const struct irc_proto *p)
{
	return tag_of(p, "batch");
}

/* "7", or "7.2" of the second line of a message. */
static uint32_t
own_label(const struct irc_proto *p)
{
	struct str rest = tag_of(p, "label"), number;
	uint64_t label = 0;

	if (rest.len == 0)
		return 0;
	str_cut(&rest, '.', &number);
	return str_to_uint(number, UINT32_MAX, &label) ? (uint32_t)label : 0;
}

static void
copy_ref(char out[IRC_BATCH_REF + 1], struct str ref)
{
	memcpy(out, ref.p, ref.len);
	out[ref.len] = '\0';
}

/* "*.net" and "*.split" are no names: the server does not want to tell. */
static bool
is_server_name(struct str s)
{
	return s.len > 0 && s.len <= IRC_BATCH_TEXT / 4 && *s.p != '*' &&
	    str_has(s, '.') && irc_text_is_clean(s);
}

/* Of the servers that have lost each other, as they are named. */
static void
explain(struct str one, struct str two, char out[IRC_BATCH_TEXT])
{
	if (is_server_name(one) && is_server_name(two))
		snprintf(out, IRC_BATCH_TEXT,
		    "the servers " STR_FMT " and " STR_FMT
		    " have lost each other (netsplit)",
		    STR_ARG(one), STR_ARG(two));
	else
		snprintf(out, IRC_BATCH_TEXT,
		    "two servers of the network have lost each other "
		    "(netsplit)");
}

static bool
is_history(struct str type)
{
	return str_eq_nocase(type, STR("chathistory")) ||
	    str_eq_nocase(type, STR("draft/chathistory")) ||
	    str_eq_nocase(type, STR("znc.in/playback"));
}

static void
begin(struct irc_proto *p, struct str ref)
{
	struct str parent = tagged(p);
	struct batch *b;

	if (ref.len == 0 || ref.len > IRC_BATCH_REF || find(p, ref))
		return;
	if (!p->batches)
		p->batches = xcalloc(1, sizeof(*p->batches));
	if (p->batches->n == IRC_BATCHES)
		return;
	b = &p->batches->v[p->batches->n++];
	*b = (struct batch){ .begun_at = p->now_at, .label = own_label(p) };
	copy_ref(b->ref, ref);
	if (parent.len > 0 && parent.len <= IRC_BATCH_REF)
		copy_ref(b->parent, parent);
	/* BATCH +ref netsplit one two */
	if (str_eq_nocase(p->m.param[1], STR("netsplit"))) {
		explain(p->m.param[2], p->m.param[3], b->reason);
		b->is_crowd = true;
	} else if (str_eq_nocase(p->m.param[1], STR("netjoin"))) {
		b->is_crowd = true;
	}
	b->is_past = is_history(p->m.param[1]);
}

static bool
has_crowd(const struct irc_proto *p)
{
	const struct irc_batches *b = p->batches;
	size_t i;

	for (i = 0; b && i < b->n; i++)
		if (b->v[i].is_crowd)
			return true;
	return false;
}

bool
irc_on_batch(struct irc_proto *p, struct irc_event *ev)
{
	struct str ref = p->m.param[0];
	bool was = has_crowd(p);
	struct batch *b;

	forget_old(p);
	if (ref.len == 0)
		return false;
	if (*ref.p == '+') {
		begin(p, str_skip(ref, 1));
	} else if (*ref.p == '-') {
		b = find(p, str_skip(ref, 1));
		if (b)
			forget(p, (size_t)(b - p->batches->v));
	}
	ev->type = IRC_EV_CROWD;
	ev->on = has_crowd(p);
	return ev->on != was;
}

/* The innermost batch around the line at hand that is so; or NULL. */
static struct batch *
enclosing(const struct irc_proto *p, bool (*is_so)(const struct batch *b))
{
	struct batch *b = find(p, tagged(p));
	unsigned depth;

	for (depth = 1; b && !is_so(b) && depth < IRC_BATCH_DEPTH; depth++)
		b = find(p, str_c(b->parent));
	return b && is_so(b) ? b : NULL;
}

static bool
has_reason(const struct batch *b)
{
	return b->reason[0] != '\0';
}

static bool
is_past(const struct batch *b)
{
	return b->is_past;
}

static bool
has_label(const struct batch *b)
{
	return b->label != 0;
}

struct str
irc_batch_reason(struct irc_proto *p)
{
	const struct batch *b;

	if (!p->batches)
		return STR_EMPTY;
	forget_old(p);
	b = enclosing(p, has_reason);
	return b ? str_c(b->reason) : STR_EMPTY;
}

/* Put together without printf: thousands of them come at once. */
static struct str
join_names(struct irc_proto *p, struct str one, struct str two)
{
	const struct str part[] = { STR("the servers "), one, STR(" and "), two,
		STR(" have lost each other (netsplit)") };
	size_t start = p->text.len, i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		(void)irc_keep(p, part[i]);
	return str_skip(buf_str(&p->text), start);
}

/* COMPAT(inspircd 3.15, 2026-11): no batch; people cannot say it so. */
struct str
irc_batch_reason_of(struct irc_proto *p, struct str text)
{
	struct str one;

	if (str_is(text, "*.net *.split"))
		return STR("two servers of the network have lost each other "
		           "(netsplit)");
	if (!str_cut(&text, ' ', &one) || str_has(text, ' ') ||
	    !is_server_name(one) || !is_server_name(text))
		return STR_EMPTY;
	return join_names(p, one, text);
}

enum irc_tense
irc_batch_tense(struct irc_proto *p)
{
	struct batch *b;

	if (!p->batches || p->m.tags.len == 0)
		return IRC_NOW;
	b = enclosing(p, is_past);
	if (!b)
		return IRC_NOW;
	return b->npast++ < IRC_BATCH_PAST ? IRC_PAST : IRC_PAST_TOO_MUCH;
}

uint32_t
irc_line_label(const struct irc_proto *p)
{
	const struct batch *b;
	uint32_t label;

	if (p->m.tags.len == 0)
		return 0;
	label = own_label(p);
	b = label ? NULL : enclosing(p, has_label);
	return b ? b->label : label;
}
