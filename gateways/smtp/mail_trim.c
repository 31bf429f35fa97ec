/*
 * What somebody wrote, without what a program put around it.
 *
 * The text is taken as lines.  From the top the first line is looked for at
 * which an old mail begins:
 *
 *	passed on      ---- Forwarded message ----      all is kept
 *	unmarked       -----Original Message-----, or From: Sent: To: Subject:,
 *	               or "On ... wrote:" with nothing marked behind it, or
 *	               where the HTML said: all behind it goes
 *	marked         > lines, with or without "On ... wrote:" above: they go
 *	               if nothing but a signature follows, else all is kept
 *
 * From what is left, signatures go at its end.
 */
#include "smtp/mail_trim.h"

#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mail_quote.h"

enum {
	HEADER_LINES = 14, /* of an old mail's header that are looked at */
	HEADER_FIELDS = 3, /* different ones that make one */
	BROKEN_LINES = 3,  /* in which a line above a quote may be broken */
	LIST_LINES = 8,    /* of what a mailing list puts below */
	FOOTERS_MAX = 6,   /* things put below each other */
	DISCLAIMER_LINES = 40,
};

struct lines {
	struct str text;
	struct str *line;
	size_t n; /* those that still count; what lists put below does not */
	const struct mail_trim_hint *hint;
};

static bool
is_blank(const struct lines *l, size_t i)
{
	return str_trim(l->line[i]).len == 0;
}

/* Where line i begins in the text; behind its end for i == n. */
static size_t
offset(const struct lines *l, size_t i)
{
	return i < l->n ? (size_t)(l->line[i].p - l->text.p) : l->text.len;
}

/* The first line from i that is not blank, or n. */
static size_t
next_line(const struct lines *l, size_t i)
{
	while (i < l->n && is_blank(l, i))
		i++;
	return i;
}

/* How many lines are left without blank ones at the end. */
static size_t
used_lines(const struct lines *l, size_t end)
{
	while (end > 0 && is_blank(l, end - 1))
		end--;
	return end;
}

/*
 * Lines of a signature below "-- ", and below what is left of that where blanks
 * at line ends are lost, which may be something else; 0: no delimiter.
 */
static size_t
delimited_max(struct str s)
{
	if (str_is(s, "-- "))
		return MAIL_TRIM_SIGNATURE_MAX;
	if (str_is(s, "--") || str_is(s, "\xe2\x80\x94"))
		return MAIL_TRIM_SIGNATURE_MAX / 2;
	return 0;
}

static bool
is_part(size_t end)
{
	return end != 0 && end != SIZE_MAX;
}

/* Old mails. */

/* From: Sent: To: Subject:, in this order or another; From may be second. */
static bool
is_header(const struct lines *l, size_t i)
{
	unsigned got = mail_quote_field(l->line[i]), count = 0;
	size_t end = i + HEADER_LINES;

	if (got != MAIL_QUOTE_FROM && got != MAIL_QUOTE_DATE)
		return false;
	for (i++; i < l->n && i < end && !is_blank(l, i); i++)
		got |= mail_quote_field(l->line[i]);
	for (unsigned bit = got; bit; bit &= bit - 1)
		count++;
	return count >= HEADER_FIELDS && (got & MAIL_QUOTE_FROM);
}

/* The lines from i to k as one. */
static struct str
joined(const struct lines *l, size_t i, size_t k)
{
	const char *end = l->line[k].p + l->line[k].len;

	return str_of(l->line[i].p, (size_t)(end - l->line[i].p));
}

/* Does a line of that kind not end in this one? */
static bool
may_go_on(const struct lines *l, size_t i)
{
	struct str s = str_trim(l->line[i]);

	return s.len > 0 && !strchr(".!?", s.p[s.len - 1]) &&
	    mail_quote_may_begin(s);
}

/* Only the end of one that was broken: ">:". */
static bool
is_end_of_said(struct str line)
{
	return str_is(str_trim(line), ">:");
}

/* Does what begins in a later line, up to k, say as much? */
static bool
begins_later(
    const struct lines *l, size_t i, size_t k, enum mail_quote_said how)
{
	for (i++; i <= k; i++)
		if (mail_quote_may_begin(l->line[i]) &&
		    mail_quote_said(joined(l, i, k)) == how)
			return true;
	return false;
}

/*
 * The line above a quote that begins at i, with the lines that it is broken
 * into: behind its last line, or i.  What is in front of the last beginning
 * was written by somebody.
 */
static size_t
said_end(const struct lines *l, size_t i, enum mail_quote_said *how)
{
	for (size_t k = i; k < l->n && k < i + BROKEN_LINES; k++) {
		if (is_blank(l, k) || (k > i && !may_go_on(l, i)) ||
		    (mail_quote_is_marked(l->line[k]) &&
		        (k == i || !is_end_of_said(l->line[k]))))
			break;
		*how = mail_quote_said(joined(l, i, k));
		if (*how != MAIL_QUOTE_NO)
			return begins_later(l, i, k, *how) ? i : k + 1;
	}
	*how = MAIL_QUOTE_NO;
	return i;
}

/* Is what begins at i a signature, up to the end? */
static bool
is_signature(const struct lines *l, size_t i)
{
	size_t n = used_lines(l, l->n) - i;

	if (n > 2 * delimited_max(l->line[i]))
		return false;
	for (size_t k = i; k < l->n; k++)
		if (mail_quote_is_marked(l->line[k]))
			return false;
	return true;
}

static bool
is_footer(const struct lines *l, size_t i)
{
	return mail_quote_is_footer(l->line[i]) ||
	    mail_quote_is_rule(l->line[i]);
}

/* Are there, from i on, only quoted lines, and what programs put below? */
static bool
is_all_quoted(const struct lines *l, size_t i)
{
	for (i = next_line(l, i); i < l->n; i = next_line(l, i + 1)) {
		if (mail_quote_is_marked(l->line[i]) || is_footer(l, i))
			continue;
		return is_signature(l, i);
	}
	return true;
}

/* Nothing but a signature behind the part that the HTML said is quoted. */
static bool
is_hint_at(const struct lines *l, size_t i)
{
	const struct mail_trim_hint *h = l->hint;
	size_t begin = offset(l, i);

	return is_part(h->quote_end) && h->quote_at >= begin &&
	    h->quote_at < begin + l->line[i].len;
}

static bool
is_end_of_hint(const struct lines *l)
{
	size_t i = 0;

	while (i < l->n && offset(l, i) < l->hint->quote_end)
		i++;
	return is_all_quoted(l, i) ||
	    (is_part(l->hint->signature_end) &&
	        l->hint->signature_at >= l->hint->quote_end &&
	        next_line(l, i) < l->n &&
	        offset(l, next_line(l, i)) >= l->hint->signature_at);
}

enum old {
	OLD_NONE,
	OLD_KEPT,     /* begins here, and is to be kept */
	OLD_UNMARKED, /* begins here, goes on to the end */
	OLD_MARKED,   /* the same, with marks */
};

/* "On ... wrote:" and its like, with what follows. */
static enum old
old_said(const struct lines *l, size_t i)
{
	enum mail_quote_said how;
	size_t end = said_end(l, i, &how), next = next_line(l, end);

	if (end == i)
		return OLD_NONE;
	if (next == l->n)
		return how == MAIL_QUOTE_CERTAIN ? OLD_MARKED : OLD_NONE;
	if (mail_quote_is_marked(l->line[next]))
		return is_all_quoted(l, next) ? OLD_MARKED : OLD_KEPT;
	return how == MAIL_QUOTE_CERTAIN ? OLD_UNMARKED : OLD_NONE;
}

/* Without its first mark. */
static struct str
unmarked(struct str line)
{
	ptrdiff_t mark = str_find(line, '>');

	return str_trim(str_skip(line, mark < 0 ? 0 : (size_t)mark + 1));
}

/* From the first marked line. */
static enum old
old_marked(const struct lines *l, size_t i)
{
	if (mail_quote_is_forward(unmarked(l->line[i])))
		return OLD_KEPT;
	return is_all_quoted(l, i) ? OLD_MARKED : OLD_KEPT;
}

static enum old
old_mail(const struct lines *l, size_t i)
{
	struct str line = l->line[i];

	if (mail_quote_is_forward(line))
		return OLD_KEPT;
	if (mail_quote_is_original(line) || is_header(l, i))
		return OLD_UNMARKED;
	if (is_hint_at(l, i))
		return is_end_of_hint(l) ? OLD_UNMARKED : OLD_KEPT;
	if (mail_quote_is_marked(line))
		return old_marked(l, i);
	return is_blank(l, i) ? OLD_NONE : old_said(l, i);
}

/* Words of "my answers are inline" stand in front of what is quoted. */
static bool
says_inline(const struct lines *l, size_t end)
{
	return mail_quote_says_inline(str_head(l->text, offset(l, end)));
}

/* How many lines are in front of the old mail; n: none is to go. */
static size_t
cut_old_mail(const struct lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		enum old old = old_mail(l, i);

		if (old == OLD_NONE)
			continue;
		if (old == OLD_KEPT || used_lines(l, i) == 0 ||
		    (old == OLD_UNMARKED && says_inline(l, i)))
			return SIZE_MAX;
		return i;
	}
	return l->n;
}

/* What is below. */

static bool
is_list_rule(struct str line)
{
	struct str s = str_trim(line);

	return mail_quote_is_rule(s) || delimited_max(line) ||
	    str_is(s, "---") || str_is(s, "__");
}

/* A mailing list's: a rule, some lines, one of them with its words. */
static size_t
cut_list_footer(const struct lines *l, size_t end)
{
	bool is_one = false;
	size_t i = end;

	while (i > 0 && end - i <= LIST_LINES) {
		i--;
		if (mail_quote_is_list_footer(l->line[i]))
			is_one = true;
		if (is_one && is_list_rule(l->line[i]))
			return i;
	}
	return end;
}

static size_t
cut_phone(const struct lines *l, size_t end)
{
	while (end > 0 && (is_blank(l, end - 1) || is_footer(l, end - 1)))
		end--;
	return end;
}

/* The last paragraph, if lawyers wrote it. */
static size_t
cut_disclaimer(const struct lines *l, size_t end)
{
	size_t i = end;
	while (i > 0 && end - i < DISCLAIMER_LINES && !is_blank(l, i - 1))
		i--;
	if (i == end)
		return end;
	return mail_quote_is_disclaimer(joined(l, i, end - 1)) ? i : end;
}

/* Behind a delimiter of its own. */
static size_t
cut_delimited(const struct lines *l, size_t end)
{
	for (size_t i = end; i > 0 && end - i <= MAIL_TRIM_SIGNATURE_MAX; i--)
		if (end - i < delimited_max(l->line[i - 1]))
			return i - 1;
	return end;
}

/* Where the HTML says that it is. */
static size_t
cut_hinted(const struct lines *l, size_t end)
{
	size_t at = l->hint->signature_at, i = end;

	if (!is_part(l->hint->signature_end) || end == 0)
		return end;
	/* It must reach to the end of what is left. */
	if (offset(l, end - 1) >= l->hint->signature_end)
		return end;
	while (i > 0 && offset(l, i - 1) >= at)
		i--;
	return i > 0 && end - i <= 2 * MAIL_TRIM_SIGNATURE_MAX ? i : end;
}

typedef size_t cut_fn(const struct lines *l, size_t end);

static size_t
cut_below(const struct lines *l, size_t end)
{
	static cut_fn *const cuts[] = { cut_phone, cut_list_footer,
		cut_disclaimer, cut_hinted, cut_delimited };

	for (int round = 0; round < FOOTERS_MAX; round++) {
		size_t was = end;

		for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
			end = used_lines(l, end);
			end = cuts[i](l, end);
		}
		if (end == was)
			break;
	}
	return used_lines(l, end);
}

/* The whole. */

/* False: there are too many. */
static bool
read_lines(struct lines *l)
{
	struct str rest = l->text, line;
	size_t n = 1;

	for (size_t i = 0; i < rest.len; i++)
		n += rest.p[i] == '\n';
	if (n > MAIL_TRIM_LINES_MAX)
		return false;
	l->line = xcalloc(n, sizeof(*l->line));
	while (str_cut(&rest, '\n', &line))
		l->line[l->n++] = line;
	return true;
}

/* Of the lines up to end, without blank ones around. */
static struct str
taken(const struct lines *l, size_t end)
{
	size_t first = next_line(l, 0);

	end = used_lines(l, end);
	return first < end ? joined(l, first, end - 1) : STR_EMPTY;
}

static struct str
trimmed(struct lines *l)
{
	size_t all = l->n, end;
	struct str fresh;

	/* What a list put below is behind the old mail, too. */
	l->n = cut_list_footer(l, used_lines(l, l->n));
	end = cut_old_mail(l);
	if (end == SIZE_MAX) {
		l->n = all;
		return l->text;
	}
	fresh = taken(l, cut_below(l, end));
	l->n = all;
	return fresh;
}

void
mail_trim(struct str text, const struct mail_trim_hint *hint,
    struct mail_trimmed *out)
{
	static const struct mail_trim_hint nothing;
	struct lines l = { .text = text, .hint = hint ? hint : &nothing };
	struct str fresh = STR_EMPTY;

	if (text.len > 0 && !l.hint->is_forward && read_lines(&l)) {
		fresh = trimmed(&l);
		free(l.line);
	}
	if (fresh.len == 0)
		fresh = text;
	out->was_trimmed = !str_eq(str_trim(fresh), str_trim(text));
	out->fresh = out->was_trimmed ? fresh : text;
}
