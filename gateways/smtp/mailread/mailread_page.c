/*
 * Text set in lines.
 */
#include "smtp/mailread/mailread_page.h"

#include "lib/utf8.h"
#include "smtp/mail_words.h"

enum { NBSP = 0xa0, ZWNJ = 0x200c, TAB = 4 };

void
mailread_page_init(struct mailread_page *p, struct buf *out)
{
	*p = (struct mailread_page){ .out = out, .start = out->len };
}

static bool
is_empty(const struct mailread_page *p)
{
	return p->out->len == p->start;
}

static void
write_marks(struct mailread_page *p, unsigned depth)
{
	if (depth > MAILREAD_PAGE_QUOTES_MAX)
		depth = MAILREAD_PAGE_QUOTES_MAX;
	for (unsigned i = 0; i < depth; i++)
		buf_addc(p->out, '>');
}

/*
 * The breaks that are owed.  An empty line is as deep as the less deep of its
 * neighbours.
 */
static void
begin_line(struct mailread_page *p)
{
	unsigned between = p->depth < p->written ? p->depth : p->written;

	if (is_empty(p))
		p->owed = 0;
	for (unsigned i = 0; i < p->owed; i++) {
		if (i > 0)
			write_marks(p, between);
		buf_addc(p->out, '\n');
	}
	if (p->owed || is_empty(p)) {
		write_marks(p, p->depth);
		if (p->depth)
			buf_addc(p->out, ' ');
		p->written = p->depth;
		p->is_spaced = false;
		p->is_celled = false;
	}
	p->owed = 0;
}

static void
tell_watches(struct mailread_page *p)
{
	for (size_t i = 0; i < MAILREAD_PAGE_NWATCH; i++) {
		if (p->watch[i])
			*p->watch[i] = p->out->len;
		p->watch[i] = NULL;
	}
	p->is_watched = false;
}

static void
begin_word(struct mailread_page *p)
{
	if (p->owed || is_empty(p))
		begin_line(p);
	if (p->is_celled)
		buf_add_str(p->out, STR(" | "));
	else if (p->is_spaced)
		buf_addc(p->out, ' ');
	p->is_spaced = false;
	p->is_celled = false;
	tell_watches(p);
	if (p->marker[0])
		buf_add_str(p->out, str_c(p->marker));
	p->marker[0] = '\0';
	p->has_line = true;
	p->has_filler = false;
}

static bool
is_blank(int32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029;
}

/* What fills the first lines of newsletters, and what cannot be seen. */
static bool
is_nothing(const struct mailread_page *p, int32_t c)
{
	return c == UTF8_BAD || c < 0x20 || c == 0x7f || !utf8_is_xml_char(c) ||
	    c == 0xad || c == 0x34f || c == 0x200b || c == 0x2060 ||
	    c == 0xfeff || (c == ZWNJ && p->last < 0x80) ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void
put(struct mailread_page *p, int32_t c)
{
	if (is_nothing(p, c))
		return;
	if (p->owed || p->is_spaced || p->is_celled || p->is_watched ||
	    !p->has_line)
		begin_word(p);
	utf8_put(p->out, c);
	p->last = c;
}

static void
blank(struct mailread_page *p)
{
	p->is_spaced = p->has_line;
	p->last = ' ';
}

void
mailread_page_text(struct mailread_page *p, struct str text)
{
	while (text.len && !buf_is_full(p->out)) {
		int32_t c = mail_words_meant(utf8_next(&text));

		if (c == NBSP) {
			p->has_filler = p->has_filler || !p->has_line;
			blank(p);
		} else if (is_blank(c)) {
			blank(p);
		} else {
			put(p, c);
		}
	}
}

static void
tab(struct mailread_page *p)
{
	for (int i = 0; i < TAB; i++)
		put(p, ' ');
}

void
mailread_page_kept(struct mailread_page *p, struct str text)
{
	while (text.len && !buf_is_full(p->out)) {
		int32_t c = mail_words_meant(utf8_next(&text));

		if (c == '\n')
			mailread_page_newline(p);
		else if (c == '\t')
			tab(p);
		else if (c == NBSP)
			put(p, ' ');
		else
			put(p, c);
	}
}

void
mailread_page_append(struct mailread_page *p, struct str text)
{
	if (is_empty(p))
		begin_word(p);
	buf_add_str(p->out, text);
	p->last = ' ';
}

static void
owe(struct mailread_page *p, unsigned breaks)
{
	/* A line that has only a filler is an empty line that is meant. */
	if (p->has_filler && !p->has_line && p->owed < MAILREAD_PAGE_GAP)
		p->owed++;
	p->has_filler = false;
	if (p->owed < breaks)
		p->owed = breaks;
	p->has_line = false;
	p->is_spaced = false;
	p->last = ' ';
}

void
mailread_page_break(struct mailread_page *p)
{
	/* The first box in a cell stands beside the last cell. */
	if (p->is_celled && !p->has_line)
		return;
	owe(p, 1);
}

void
mailread_page_gap(struct mailread_page *p)
{
	if (p->is_celled && !p->has_line)
		return;
	owe(p, MAILREAD_PAGE_GAP);
}

void
mailread_page_newline(struct mailread_page *p)
{
	bool was_begun = p->has_line;

	p->is_celled = false;
	p->has_filler = false;
	owe(p, 1);
	/* Alone on its line it is an empty one. */
	if (!was_begun && p->owed < MAILREAD_PAGE_GAP)
		p->owed++;
}

void
mailread_page_cell(struct mailread_page *p)
{
	if (is_empty(p) || p->written != p->depth) {
		mailread_page_break(p);
		return;
	}
	p->owed = 0;
	p->is_celled = true;
	p->has_line = false;
	p->has_filler = false;
	p->last = ' ';
}

void
mailread_page_marker(struct mailread_page *p, const char *marker)
{
	mailread_page_break(p);
	snprintf(p->marker, sizeof(p->marker), "%s", marker);
}

void
mailread_page_quote(struct mailread_page *p, int by)
{
	mailread_page_break(p);
	p->is_celled = false;
	if (p->owed == 0)
		p->owed = 1;
	p->marker[0] = '\0';
	if (by > 0)
		p->depth++;
	else if (p->depth > 0)
		p->depth--;
}

void
mailread_page_unmark(struct mailread_page *p)
{
	p->marker[0] = '\0';
}

void
mailread_page_watch(
    struct mailread_page *p, enum mailread_page_watch who, size_t *at)
{
	p->watch[who] = at;
	p->is_watched = p->is_watched || at;
}

void
mailread_page_end(struct mailread_page *p)
{
	if (!is_empty(p))
		buf_addc(p->out, '\n');
}
