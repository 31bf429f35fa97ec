#include "core/styling.h"
#include "lib/utf8.h"

#define FENCE STR("```")

enum {
	DEPTH_MAX = 4,  /* as many as there are signs */
	SIGNS_MAX = 64, /* of one line; what is behind them is plain */
	FENCES_MAX = 8, /* that open no block; behind them no block is sought */
};

struct reading {
	struct str body;
	struct gw_span *out;
	size_t n, max;
	size_t nsigns;  /* of the line at hand */
	size_t nfences; /* blocks that were none */
};

/* A part of a line; the byte before it is a sign that opens, or none. */
struct stretch {
	size_t at, end;
	unsigned depth;
};

/* ---- characters ---------------------------------------------------------- */

static bool
kind_of(char c, enum gw_span_kind *kind)
{
	switch (c) {
	case '*':
		*kind = GW_SPAN_STRONG;
		return true;
	case '_':
		*kind = GW_SPAN_EMPHASIS;
		return true;
	case '`':
		*kind = GW_SPAN_CODE;
		return true;
	case '~':
		*kind = GW_SPAN_DELETED;
		return true;
	default:
		return false;
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_sign(char c)
{
	enum gw_span_kind kind;

	return kind_of(c, &kind);
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* May a span begin with it? */
static bool
is_beginning(char c)
{
	return is_word(c) || is_sign(c) || (c && strchr("(['\"#@", c));
}

/* Punctuation beyond ASCII: of the West, of the East, and its wide forms. */
static bool
is_wide_punctuation(int32_t c)
{
	return c == 0xA0 || c == 0xBB || (c >= 0x2000 && c <= 0x205E) ||
	    (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF01 && c <= 0xFF0F) ||
	    (c >= 0xFF1A && c <= 0xFF20);
}

/* Does a word end before this? */
static bool
is_behind(struct str rest)
{
	if (rest.len == 0 || is_blank(*rest.p))
		return true;
	if (*rest.p && strchr(".,;:!?)]}\"'", *rest.p))
		return true;
	return is_wide_punctuation(utf8_next(&rest));
}

/* ---- spans of one line ----------------------------------------------------- */

static void
add(struct reading *r, enum gw_span_kind kind, size_t start, size_t end)
{
	if (r->n < r->max)
		r->out[r->n++] = (struct gw_span){
			.kind = kind, .start = start, .end = end
		};
}

/* Where the span that opens at s ends (XEP-0393 6.2.1); 0: nowhere. */
static size_t
closing(const struct reading *r, const struct stretch *in, size_t s)
{
	const char *p = r->body.p;
	const char *c = p + s + 1;

	if (s + 2 >= in->end || is_blank(p[s + 1]))
		return 0;
	for (; (c = memchr(c, p[s], (size_t)(p + in->end - c))); c++)
		if (c > p + s + 1 && !is_blank(c[-1]))
			return (size_t)(c - p);
	return 0;
}

/* "*_*" has none. */
static bool
has_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_word(s.p[i]))
			return true;
	return false;
}

/* Can nothing else be meant? */
static bool
is_sure(const struct reading *r, const struct stretch *in, size_t s, size_t e)
{
	const char *p = r->body.p;

	if (memchr(p + s + 1, p[s], e - s - 1) ||
	    (e + 1 < r->body.len && p[e + 1] == p[s]))
		return false;
	if (p[s] != '`' &&
	    (!is_beginning(p[s + 1]) ||
	        !has_word(str_of(p + s + 1, e - s - 1))))
		return false;
	return is_behind(str_of(p + e + 1, in->end - e - 1));
}

static void read_spans(struct reading *r, struct stretch in);

/* At a sign.  Where to go on. */
static size_t
read_span(struct reading *r, const struct stretch *in, size_t s)
{
	size_t e = closing(r, in, s);
	enum gw_span_kind kind = GW_SPAN_STRONG;

	if (e == 0)
		return s + 1;
	if (!is_sure(r, in, s, e))
		return e + 1;
	(void)kind_of(r->body.p[s], &kind);
	add(r, kind, s, e + 1);
	if (kind != GW_SPAN_CODE && in->depth < DEPTH_MAX)
		read_spans(r, (struct stretch){ s + 1, e, in->depth + 1 });
	return e + 1;
}

static void
read_spans(struct reading *r, struct stretch in)
{
	const char *p = r->body.p;
	size_t i = in.at;

	while (i < in.end) {
		bool opens = i == in.at || is_blank(p[i - 1]);

		if (is_sign(p[i]) && opens && r->nsigns++ < SIGNS_MAX)
			i = read_span(r, &in, i);
		else
			i++;
	}
}

/* ---- lines and blocks ------------------------------------------------------ */

struct line {
	size_t start, text, end; /* text: behind its quotation signs */
	unsigned quoted;
};

static bool
next_line(struct str body, size_t *at, struct line *l)
{
	const char *newline;

	if (*at >= body.len)
		return false;
	*l = (struct line){ .start = *at, .text = *at, .end = body.len };
	newline = memchr(body.p + *at, '\n', body.len - *at);
	if (newline)
		l->end = (size_t)(newline - body.p);
	while (l->text < l->end && body.p[l->text] == '>') {
		l->quoted++;
		for (l->text++; l->text < l->end && is_blank(body.p[l->text]);)
			l->text++;
	}
	*at = l->end + 1;
	return true;
}

static struct str
text_of(struct str body, const struct line *l)
{
	return str_of(body.p + l->text, l->end - l->text);
}

/* Of a block that is closed and has something in it: its last line. */
static bool
find_fence(
    struct str body, const struct line *open, size_t *at, struct line *close)
{
	bool has_words = false;

	while (next_line(body, at, close) && close->quoted >= open->quoted) {
		struct str text = str_trim(text_of(body, close));

		if (close->quoted == open->quoted && str_eq(text, FENCE))
			return has_words;
		has_words = has_words || text.len > 0;
	}
	return false;
}

/* True: it was one, and *at is behind it. */
static bool
read_block(struct reading *r, const struct line *open, size_t *at)
{
	struct line close;
	size_t behind = *at;

	if (!str_starts(text_of(r->body, open), FENCE) ||
	    r->nfences == FENCES_MAX)
		return false;
	if (!find_fence(r->body, open, &behind, &close)) {
		r->nfences++;
		return false;
	}
	add(r, GW_SPAN_CODE, open->start, close.end);
	*at = behind;
	return true;
}

static bool
has_signs(struct str body)
{
	for (size_t i = 0; i < body.len; i++)
		if (is_sign(body.p[i]))
			return true;
	return false;
}

size_t
styling_read(struct str body, struct gw_span *out, size_t max)
{
	struct reading r = { .body = body, .out = out, .max = max };
	struct line l;
	size_t at = 0;

	if (!has_signs(body))
		return 0;
	while (r.n < max && next_line(body, &at, &l)) {
		r.nsigns = 0;
		if (!read_block(&r, &l, &at))
			read_spans(&r, (struct stretch){ l.text, l.end, 0 });
	}
	return r.n;
}
