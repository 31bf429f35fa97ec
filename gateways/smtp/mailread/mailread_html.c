/*
 * HTML as text that can be read: libxml2's HTML parser calls for each element
 * and each piece of text, no tree is made.
 */
#include "smtp/mailread/mailread_html.h"

#include <stdlib.h>
#include <strings.h>

#include <libxml/HTMLparser.h>

#include "lib/text.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_link.h"
#include "smtp/mailread/mailread_marks.h"
#include "smtp/mailread/mailread_page.h"
#include "smtp/mailread/mailread_tags.h"

enum {
	ALT_MAX = 200,  /* bytes of the words of a picture */
	CELL_MAX = 60,  /* a longer cell has a line of its own */
	NAMES_MAX = 16, /* open elements looked at for the one that ends */
};

enum kind {
	INLINE,
	SKIPPED,
	BREAK, /* a box */
	GAP,   /* a box with empty lines around it */
	PARAGRAPH,
	NEWLINE,
	LINK,
	IMAGE,
	QUOTE,
	KEPT,
	LIST,
	NUMBERED,
	ITEM,
	ROW,
	CELL,
	Q,
};

/* In the order of their names; what is not here stands in its line. */
static const struct element {
	const char *name;
	enum kind kind;
} elements[] = {
	{ "a", LINK },
	{ "address", BREAK },
	{ "applet", SKIPPED },
	{ "article", BREAK },
	{ "aside", BREAK },
	{ "audio", SKIPPED },
	{ "blockquote", QUOTE },
	{ "br", NEWLINE },
	{ "canvas", SKIPPED },
	{ "caption", BREAK },
	{ "center", BREAK },
	{ "dd", BREAK },
	{ "details", BREAK },
	{ "dir", LIST },
	{ "div", BREAK },
	{ "dl", GAP },
	{ "dt", BREAK },
	{ "embed", SKIPPED },
	{ "fieldset", BREAK },
	{ "figcaption", BREAK },
	{ "figure", BREAK },
	{ "footer", BREAK },
	{ "form", BREAK },
	{ "frameset", SKIPPED },
	{ "h1", GAP },
	{ "h2", GAP },
	{ "h3", GAP },
	{ "h4", GAP },
	{ "h5", GAP },
	{ "h6", GAP },
	{ "header", BREAK },
	{ "hr", GAP },
	{ "iframe", SKIPPED },
	{ "img", IMAGE },
	{ "legend", BREAK },
	{ "li", ITEM },
	{ "main", BREAK },
	{ "map", SKIPPED },
	{ "menu", LIST },
	{ "nav", BREAK },
	{ "object", SKIPPED },
	{ "ol", NUMBERED },
	{ "p", PARAGRAPH },
	{ "pre", KEPT },
	{ "q", Q },
	{ "script", SKIPPED },
	{ "section", BREAK },
	{ "select", SKIPPED },
	{ "style", SKIPPED },
	{ "summary", BREAK },
	{ "svg", SKIPPED },
	{ "table", BREAK },
	{ "tbody", BREAK },
	{ "td", CELL },
	{ "template", SKIPPED },
	{ "textarea", SKIPPED },
	{ "tfoot", BREAK },
	{ "th", CELL },
	{ "thead", BREAK },
	{ "title", SKIPPED },
	{ "tr", ROW },
	{ "ul", LIST },
	{ "video", SKIPPED },
	{ "xml", SKIPPED },
};

/* An element that is open. */
struct frame {
	const xmlChar *name; /* kept by libxml2 while it parses */
	enum kind kind;
	bool is_hidden, is_kept, is_quote, is_quoted, is_signature, is_tight;
	unsigned count;    /* of items */
	size_t cell_start; /* of a row: where its last cell began */
};

struct html {
	htmlParserCtxtPtr parser;
	struct mailread_page page;
	struct mailread_html_info *info;
	struct frame frame[MAILREAD_HTML_DEPTH];
	size_t nframe;
	unsigned hidden; /* open elements that are not shown */
	unsigned quoted; /* open elements that are quoted */
	bool is_mixed;   /* words stand between quoted ones */
	bool is_rest;    /* all that comes is quoted */
	bool skips_lf;   /* <pre> has just begun */
	struct buf text; /* what is written */
	struct mailread_link link;
};

static int
compare_element(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

static enum kind
kind_of(const char *name)
{
	const struct element *e =
	    bsearch(name, elements, sizeof(elements) / sizeof(elements[0]),
	        sizeof(elements[0]), compare_element);

	return e ? e->kind : INLINE;
}

static struct frame *
top(struct html *h)
{
	return h->nframe ? &h->frame[h->nframe - 1] : NULL;
}

/* The nearest open element of that kind, not counting the top one. */
static struct frame *
around(struct html *h, enum kind kind, enum kind other)
{
	size_t deepest = h->nframe > NAMES_MAX ? h->nframe - NAMES_MAX : 0;

	for (size_t i = h->nframe - 1; i-- > deepest;)
		if (h->frame[i].kind == kind || h->frame[i].kind == other)
			return &h->frame[i];
	return NULL;
}

/* Pictures. */

/* Words of a picture that a person wrote: not "image001.png". */
static bool
is_wordy(struct str alt)
{
	static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".gif",
		".bmp", ".webp" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct str e = str_c(endings[i]);

		if (alt.len >= e.len &&
		    str_eq_nocase(str_skip(alt, alt.len - e.len), e))
			return false;
	}
	return alt.len > 0;
}

static void
show_image(struct html *h, const char *const *attr)
{
	struct str alt = str_trim(mailread_marks_value(attr, "alt"));

	h->link.has_image = true;
	if (!is_wordy(alt))
		return;
	alt = str_head(alt, utf8_cut(alt, ALT_MAX));
	mailread_page_text(&h->page, alt);
}

/* Lists and tables. */

static void
begin_item(struct html *h)
{
	struct frame *list = around(h, LIST, NUMBERED);
	char marker[16] = "- ";

	if (list && list->kind == NUMBERED)
		snprintf(marker, sizeof(marker), "%u. ", ++list->count);
	mailread_page_marker(&h->page, marker);
}

/* What the last cell of that row has so far; empty: it has no word. */
static struct str
cell_of(const struct html *h, const struct frame *row)
{
	if (row->cell_start == MAILREAD_HTML_NOWHERE)
		return STR_EMPTY;
	return str_skip(buf_str(h->page.out), row->cell_start);
}

static bool
is_short(struct str cell)
{
	return cell.len > 0 && cell.len <= CELL_MAX && !str_has(cell, '\n');
}

static void
begin_cell(struct html *h)
{
	struct frame *row = around(h, ROW, ROW);

	if (row && is_short(cell_of(h, row)))
		mailread_page_cell(&h->page);
	else
		mailread_page_break(&h->page);
	if (row)
		mailread_page_watch(
		    &h->page, MAILREAD_PAGE_FOR_CELL, &row->cell_start);
}

/* Rows of several lines are set apart. */
static void
end_row(struct html *h, const struct frame *row)
{
	bool is_long = str_has(cell_of(h, row), '\n');

	mailread_page_watch(&h->page, MAILREAD_PAGE_FOR_CELL, NULL);
	if (is_long)
		mailread_page_gap(&h->page);
	else
		mailread_page_break(&h->page);
}

/*
 * In a list there are no empty lines between paragraphs; in a cell only where
 * one follows another.
 */
static bool
is_set_apart(struct html *h, const struct frame *f, bool is_begin)
{
	struct frame *box, *row;

	if (f->is_tight)
		return false;
	box = around(h, ITEM, CELL);
	if (!box || box->kind == ITEM)
		return !box;
	row = around(h, ROW, ROW);
	return is_begin && row && row->cell_start != MAILREAD_HTML_NOWHERE;
}

static void
paragraph(struct html *h, const struct frame *f, bool is_begin)
{
	if (is_set_apart(h, f, is_begin))
		mailread_page_gap(&h->page);
	else
		mailread_page_break(&h->page);
}

/* Quoted mails and signatures. */

static void
begin_quoted(struct html *h)
{
	if (h->quoted++ > 0)
		return;
	if (h->info->quote_at == MAILREAD_HTML_NOWHERE)
		mailread_page_watch(
		    &h->page, MAILREAD_PAGE_FOR_QUOTE, &h->info->quote_at);
	else if (h->page.out->len > h->info->quote_end)
		h->is_mixed = true;
}

static void
end_quoted(struct html *h)
{
	if (--h->quoted > 0)
		return;
	mailread_page_watch(&h->page, MAILREAD_PAGE_FOR_QUOTE, NULL);
	if (h->info->quote_at != MAILREAD_HTML_NOWHERE)
		h->info->quote_end = h->page.out->len;
}

static void
begin_signature(struct html *h)
{
	mailread_page_watch(
	    &h->page, MAILREAD_PAGE_FOR_SIGNATURE, &h->info->signature_at);
}

static void
end_signature(struct html *h)
{
	mailread_page_watch(&h->page, MAILREAD_PAGE_FOR_SIGNATURE, NULL);
	h->info->signature_end = h->page.out->len;
}

/* What a box is, whatever its kind. */
static void
begin_marked(struct html *h, struct frame *f, const struct mailread_marks *m)
{
	f->is_quote = m->is_quote || (f->kind == QUOTE && !m->is_indent);
	f->is_quoted = m->is_quoted || m->is_quote || m->is_cited;
	f->is_signature = m->is_signature && h->quoted == 0 &&
	    h->info->signature_at == MAILREAD_HTML_NOWHERE;
	if (m->is_rest && h->quoted == 0) {
		h->is_rest = true;
		f->is_quoted = false;
		begin_quoted(h);
	}
	if (f->is_quoted)
		begin_quoted(h);
	if (f->is_quote)
		mailread_page_quote(&h->page, 1);
	if (f->is_signature)
		begin_signature(h);
}

static void
end_marked(struct html *h, const struct frame *f)
{
	if (f->is_signature)
		end_signature(h);
	if (f->is_quote)
		mailread_page_quote(&h->page, -1);
	if (f->is_quoted)
		end_quoted(h);
}

/* Elements. */

static void
begin_shown(struct html *h, struct frame *f, const char *const *attr)
{
	switch (f->kind) {
	case BREAK:
	case ROW:
		mailread_page_break(&h->page);
		break;
	case GAP:
	case QUOTE:
		mailread_page_gap(&h->page);
		break;
	case LIST:
	case NUMBERED:
	case PARAGRAPH:
		paragraph(h, f, true);
		break;
	case NEWLINE:
		mailread_page_newline(&h->page);
		break;
	case LINK:
		mailread_link_begin(
		    &h->link, mailread_marks_value(attr, "href"));
		break;
	case IMAGE:
		show_image(h, attr);
		break;
	case KEPT:
		mailread_page_gap(&h->page);
		h->skips_lf = true;
		break;
	case ITEM:
		begin_item(h);
		break;
	case CELL:
		begin_cell(h);
		break;
	case Q:
		mailread_page_text(&h->page, STR("\""));
		break;
	case INLINE:
	case SKIPPED:
		break;
	}
}

static void
end_shown(struct html *h, const struct frame *f)
{
	switch (f->kind) {
	case BREAK:
		mailread_page_break(&h->page);
		break;
	case ROW:
		end_row(h, f);
		break;
	case GAP:
	case QUOTE:
	case KEPT:
		mailread_page_gap(&h->page);
		break;
	case LIST:
	case NUMBERED:
	case PARAGRAPH:
		paragraph(h, f, false);
		break;
	case LINK:
		mailread_link_end(&h->link);
		break;
	case ITEM:
		mailread_page_unmark(&h->page);
		mailread_page_break(&h->page);
		break;
	case Q:
		mailread_page_append(&h->page, STR("\""));
		break;
	case NEWLINE:
	case IMAGE:
	case CELL:
	case INLINE:
	case SKIPPED:
		break;
	}
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar **attr)
{
	const char *const *a = (const char *const *)attr;
	struct html *h = arg;
	struct mailread_marks m;
	struct frame *f, *parent = top(h);

	if (h->nframe == MAILREAD_HTML_DEPTH || buf_is_full(h->page.out)) {
		h->info->was_cut = true;
		xmlStopParser(h->parser);
		return;
	}
	mailread_marks_read(a, &m);
	f = &h->frame[h->nframe++];
	*f = (struct frame){ .name = name,
		.kind = kind_of((const char *)name),
		.cell_start = MAILREAD_HTML_NOWHERE };
	f->is_tight = m.is_tight;
	f->is_kept = f->kind == KEPT || m.kept > 0 ||
	    (parent && parent->is_kept && m.kept == 0);
	f->is_hidden = f->kind == SKIPPED || m.is_hidden ||
	    (f->kind == IMAGE && m.is_pixel);
	h->hidden += f->is_hidden;
	if (h->hidden)
		return;
	begin_shown(h, f, a);
	begin_marked(h, f, &m);
}

static void
end_top(struct html *h)
{
	struct frame *f = top(h);

	if (h->hidden == 0) {
		end_marked(h, f);
		end_shown(h, f);
	}
	h->hidden -= f->is_hidden;
	h->nframe--;
}

static void
on_end(void *arg, const xmlChar *name)
{
	struct html *h = arg;
	size_t n;

	/* What libxml2 ends is the element that is open; but be sure. */
	for (n = 1; n <= h->nframe && n <= NAMES_MAX; n++)
		if (strcmp((const char *)h->frame[h->nframe - n].name,
		        (const char *)name) == 0)
			break;
	if (n > h->nframe || n > NAMES_MAX)
		return;
	while (n-- > 0)
		end_top(h);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct str s = str_of((const char *)text, len > 0 ? (size_t)len : 0);
	struct html *h = arg;

	if (h->hidden)
		return;
	if (!h->nframe || !top(h)->is_kept) {
		mailread_page_text(&h->page, s);
		return;
	}
	if (h->skips_lf && str_starts(s, STR("\n")))
		s = str_skip(s, 1);
	h->skips_lf = false;
	mailread_page_kept(&h->page, s);
}

/* The whole. */

/* As UTF-8 without controls. */
static void
decode(struct str html, const char *charset, struct buf *out)
{
	struct buf decoded;

	buf_init(&decoded, MAILREAD_HTML_MAX);
	if (charset && strcasecmp(charset, "utf-8") != 0 &&
	    text_to_utf8(charset, html, &decoded))
		html = buf_str(&decoded);
	mail_words_text(html, MAILREAD_HTML_MAX, out);
	buf_release(&decoded);
}

static int
parse(struct html *h, struct str clean)
{
	static const xmlSAXHandler sax = {
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
	};
	static const struct str body = { "<html><body>", 12 };
	xmlSAXHandler handler = sax;

	h->parser = htmlCreatePushParserCtxt(
	    &handler, h, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	if (!h->parser)
		return -1;
	(void)htmlCtxtUseOptions(h->parser,
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
	        HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	/*
	 * Text that stands nowhere would be given a paragraph.  What it finds
	 * wrong in the page is no matter to us.
	 */
	(void)htmlParseChunk(h->parser, body.p, (int)body.len, 0);
	(void)htmlParseChunk(h->parser, clean.p, (int)clean.len, 1);
	htmlFreeParserCtxt(h->parser);
	return 0;
}

/* Marks at the head of a line belong to what begins behind them. */
static size_t
line_start(struct str text, size_t at)
{
	while (at != MAILREAD_HTML_NOWHERE && at > 0 &&
	    (text.p[at - 1] == '>' || text.p[at - 1] == ' '))
		at--;
	return at;
}

/* One part of the text: no end without a beginning, and the other way round. */
static void
place(struct html *h, size_t base, size_t *at, size_t *end)
{
	if (*at == MAILREAD_HTML_NOWHERE) {
		*end = MAILREAD_HTML_NOWHERE;
		return;
	}
	if (*end == MAILREAD_HTML_NOWHERE)
		*end = h->text.len;
	*at = base + line_start(buf_str(&h->text), *at);
	*end += base;
}

static void
finish(struct html *h, struct buf *out)
{
	struct mailread_html_info *i = h->info;
	size_t base = out->len;

	i->was_cut = i->was_cut || buf_is_full(&h->text);
	mailread_page_end(&h->page);
	if (h->is_rest)
		i->quote_end = MAILREAD_HTML_NOWHERE;
	if (h->is_mixed)
		i->quote_at = MAILREAD_HTML_NOWHERE;
	place(h, base, &i->quote_at, &i->quote_end);
	place(h, base, &i->signature_at, &i->signature_end);
	buf_add_str(out, buf_str(&h->text));
	if (h->text.len && h->text.p[h->text.len - 1] != '\n')
		buf_addc(out, '\n');
}

int
mailread_html(struct str html, const char *charset, struct buf *out,
    struct mailread_html_info *info)
{
	size_t room = out->max - out->len;
	struct html *h;
	struct buf clean, flat;
	int rc;

	*info = (struct mailread_html_info){ html.len > MAILREAD_HTML_MAX,
		MAILREAD_HTML_NOWHERE, MAILREAD_HTML_NOWHERE,
		MAILREAD_HTML_NOWHERE, MAILREAD_HTML_NOWHERE };
	h = xcalloc(1, sizeof(*h));
	h->info = info;
	buf_init(&clean, MAILREAD_HTML_MAX + 8);
	buf_init(&flat, 4 * MAILREAD_HTML_MAX);
	buf_init(&h->text, room ? room - 1 : 0);
	mailread_page_init(&h->page, &h->text);
	mailread_link_init(&h->link, &h->page);
	decode(str_head(html, MAILREAD_HTML_MAX), charset, &clean);
	mailread_tags_flatten(buf_str(&clean), &flat);
	rc = parse(h, buf_str(&flat));
	finish(h, out);
	mailread_link_release(&h->link);
	buf_release(&h->text);
	buf_release(&flat);
	buf_release(&clean);
	free(h);
	return rc;
}
