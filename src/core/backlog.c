/*
 * The last messages of one room, as one session saw them.
 */
#include <stdlib.h>

#include "core/backlog.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

#define LINE(n) LIST_ENTRY(n, struct backlog_line, node)

void
backlog_init(struct backlog *b)
{
	*b = (struct backlog){ .last_seq = BACKLOG_MAX };
	list_init(&b->lines);
}

static size_t
line_bytes(const struct backlog_line *l)
{
	return sizeof(*l) + l->from.len + l->body.len;
}

static void
drop(struct backlog *b, struct backlog_line *l)
{
	b->n--;
	b->bytes -= line_bytes(l);
	list_del(&l->node);
	free(l);
}

static void
drop_oldest(struct backlog *b)
{
	drop(b, LINE(list_first(&b->lines)));
}

void
backlog_forget(struct backlog *b, struct str id)
{
	LIST_EACH(&b->lines, n)
	{
		if (str_is(id, LINE(n)->id)) {
			drop(b, LINE(n));
			return;
		}
	}
}

void
backlog_release(struct backlog *b)
{
	while (!list_is_empty(&b->lines))
		drop_oldest(b);
}

/* Copied; in no list yet. */
static struct backlog_line *
line_new(enum gw_msg_kind kind, struct str id, struct str from, struct str body,
    int64_t at_utc)
{
	size_t idlen = id.len < BACKLOG_ID ? id.len : BACKLOG_ID - 1;
	struct backlog_line *l = xmalloc(sizeof(*l) + from.len + body.len);
	char *text = (char *)(l + 1);

	*l = (struct backlog_line){ .kind = kind, .at_utc = at_utc };
	if (idlen)
		memcpy(l->id, id.p, idlen);
	if (from.len)
		memcpy(text, from.p, from.len);
	if (body.len)
		memcpy(text + from.len, body.p, body.len);
	l->from = str_of(text, from.len);
	l->body = str_of(text + from.len, body.len);
	return l;
}

uint64_t
backlog_add(struct backlog *b, enum gw_msg_kind kind, struct str id,
    struct str from, struct str body, int64_t at_utc)
{
	struct backlog_line *l = line_new(kind, id, from, body, at_utc);

	l->seq = ++b->last_seq;
	list_add(&b->lines, &l->node);
	b->n++;
	b->bytes += line_bytes(l);
	while (b->n > BACKLOG_MAX || b->bytes > BACKLOG_MAX_BYTES)
		drop_oldest(b);
	return b->last_seq;
}

bool
backlog_prepend(struct backlog *b, enum gw_msg_kind kind, struct str id,
    struct str from, struct str body, int64_t at_utc)
{
	struct list *first = list_first(&b->lines);
	uint64_t seq = first ? LINE(first)->seq : b->last_seq + 1;
	struct backlog_line *l = line_new(kind, id, from, body, at_utc);

	if (seq <= 1 || b->n == BACKLOG_MAX ||
	    b->bytes + line_bytes(l) > BACKLOG_MAX_BYTES) {
		free(l);
		return false;
	}
	l->seq = seq - 1;
	/* Before the first is behind the head of the list. */
	list_add(first ? first : &b->lines, &l->node);
	b->n++;
	b->bytes += line_bytes(l);
	return true;
}

const struct backlog_line *
backlog_last(const struct backlog *b)
{
	return list_is_empty(&b->lines) ? NULL : LINE(b->lines.prev);
}

const struct backlog_line *
backlog_next(const struct backlog *b, const struct backlog_line *line)
{
	const struct list *n = line->node.next;

	return n == &b->lines
	    ? NULL
	    : (const struct backlog_line *)(const void *)((const char *)n -
	          offsetof(struct backlog_line, node));
}

const struct backlog_line *
backlog_from(const struct backlog *b, const struct backlog_wish *w)
{
	int64_t lines = w->max_lines < 0 ? BACKLOG_DEFAULT_LINES : w->max_lines;
	int64_t chars = w->max_chars < 0 ? INT64_MAX : w->max_chars;
	const struct backlog_line *first = NULL;
	struct list *n;

	if (w->max_lines < 0 && (w->after_seq || w->since_utc >= 0))
		lines = BACKLOG_MAX;
	for (n = b->lines.prev; n != &b->lines && lines > 0; n = n->prev) {
		const struct backlog_line *l = LINE(n);

		if (l->seq <= w->after_seq ||
		    (w->since_utc >= 0 && l->at_utc < w->since_utc))
			break;
		chars -= (int64_t)utf8_count(l->body);
		if (chars < 0)
			break;
		first = l;
		lines--;
	}
	return first;
}
