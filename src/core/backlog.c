/*
 * The last messages of one room, as one session saw them.
 */
#include <stdlib.h>

#include "core/backlog.h"
#include "core/reaction.h"
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
	return sizeof(*l) + l->own_id.len + l->from.len + l->body.len +
	    l->reply_to.len + l->reply_nick.len + l->corrects.len +
	    l->identity.len + l->parts.len;
}

static void
drop(struct backlog *b, struct backlog_line *l)
{
	b->n--;
	b->bytes -= line_bytes(l);
	list_del(&l->node);
	reaction_release(&l->reactions);
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

/* Copied, texts behind it; in no list yet. */
static struct backlog_line *
line_new(const struct backlog_word *word)
{
	struct str id = str_head(word->id, BACKLOG_ID - 1);
	struct str parts = str_head(word->parts, BACKLOG_PARTS);
	size_t nspan =
	    word->nspan < BACKLOG_SPANS ? word->nspan : BACKLOG_SPANS;
	struct backlog_line *l = xmalloc(sizeof(*l) +
	    nspan * sizeof(struct gw_span) + word->own_id.len + word->from.len +
	    word->body.len + word->reply_to.len + word->reply_nick.len +
	    word->corrects.len + word->identity.len + parts.len);
	struct gw_span *span = (struct gw_span *)(void *)(l + 1);
	char *text = (char *)(span + nspan);

	*l = (struct backlog_line){ .kind = word->kind,
		.own = word->own,
		.is_network_id = word->is_network_id,
		.span = span,
		.nspan = nspan,
		.at_utc = word->at_utc };
	if (nspan)
		memcpy(span, word->span, nspan * sizeof(*span));
	if (id.len)
		memcpy(l->id, id.p, id.len);
	list_init(&l->reactions);
	l->own_id = str_put(&text, word->own_id);
	l->from = str_put(&text, word->from);
	l->body = str_put(&text, word->body);
	l->reply_to = str_put(&text, word->reply_to);
	l->reply_nick = str_put(&text, word->reply_nick);
	l->corrects = str_put(&text, word->corrects);
	l->identity = str_put(&text, word->identity);
	l->parts = str_put(&text, parts);
	return l;
}

uint64_t
backlog_add(struct backlog *b, const struct backlog_word *word)
{
	struct backlog_line *l = line_new(word);

	l->seq = ++b->last_seq;
	list_add(&b->lines, &l->node);
	b->n++;
	b->bytes += line_bytes(l);
	while (b->n > BACKLOG_MAX || b->bytes > BACKLOG_MAX_BYTES)
		drop_oldest(b);
	return b->last_seq;
}

bool
backlog_prepend(struct backlog *b, const struct backlog_word *word)
{
	struct list *first = list_first(&b->lines);
	uint64_t seq = first ? LINE(first)->seq : b->last_seq + 1;
	struct backlog_line *l = line_new(word);

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

static bool
has_part(const struct backlog_line *l, struct str id)
{
	struct str rest = l->parts, part;

	while (rest.len && str_cut(&rest, '\n', &part))
		if (str_eq(part, id))
			return true;
	return false;
}

struct backlog_line *
backlog_find(const struct backlog *b, struct str id)
{
	struct list *n;

	for (n = b->lines.prev; id.len && n != &b->lines; n = n->prev) {
		struct backlog_line *l = LINE(n);

		if (str_is(id, l->id) || str_eq(id, l->own_id) ||
		    has_part(l, id))
			return l;
	}
	return NULL;
}

struct str
backlog_network_id(const struct backlog_line *line)
{
	return line->is_network_id ? str_c(line->id) : STR_EMPTY;
}

const struct backlog_line *
backlog_newest(const struct backlog *b, struct str own_id)
{
	struct list *n;

	for (n = b->lines.prev; own_id.len && n != &b->lines; n = n->prev) {
		const struct backlog_line *l = LINE(n);

		if (l->own &&
		    (str_eq(own_id, l->own_id) || str_eq(own_id, l->corrects)))
			return l;
	}
	return NULL;
}

const struct backlog_line *
backlog_first(const struct backlog *b)
{
	return list_is_empty(&b->lines) ? NULL : LINE(b->lines.next);
}

const struct backlog_line *
backlog_last(const struct backlog *b)
{
	return list_is_empty(&b->lines) ? NULL : LINE(b->lines.prev);
}

const struct backlog_line *
backlog_next(const struct backlog *b, const struct backlog_line *line)
{
	struct list *n = line->node.next;

	return n == &b->lines ? NULL : LINE(n);
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

const struct backlog_line *
backlog_before(const struct backlog *b, const struct backlog_line *line)
{
	struct list *n = line->node.prev;

	return n == &b->lines ? NULL : LINE(n);
}
