/*
 * Paragraphs of format=flowed.  RFC 3676 4.1: first the quote marks are
 * counted, then one stuffed blank goes, then the end of the line is looked at.
 */
#include "smtp/mail_flowed.h"

struct line {
	size_t depth;
	struct str text;
	bool is_flowed; /* goes on in the next line */
	bool is_rule;   /* "-- " */
};

static struct line
read_line(struct str s, bool del_sp)
{
	struct line l = { 0 };

	if (str_ends(s, STR("\r")))
		s.len--;
	while (l.depth < s.len && s.p[l.depth] == '>')
		l.depth++;
	s = str_skip(s, l.depth);
	if (str_starts(s, STR(" ")))
		s = str_skip(s, 1);
	l.is_rule = str_is(s, "-- ");
	l.is_flowed = !l.is_rule && str_ends(s, STR(" "));
	if (l.is_flowed && del_sp)
		s.len--;
	l.text = s;
	return l;
}

static void
write_marks(size_t depth, struct buf *out)
{
	if (depth > MAIL_FLOWED_DEPTH_MAX)
		depth = MAIL_FLOWED_DEPTH_MAX;
	for (size_t i = 0; i < depth; i++)
		buf_addc(out, '>');
	if (depth)
		buf_addc(out, ' ');
}

void
mail_flowed(struct str text, bool del_sp, struct buf *out)
{
	struct line last = { 0 };
	struct str raw;
	bool is_first = true;

	while (str_cut(&text, '\n', &raw)) {
		struct line l = read_line(raw, del_sp);
		bool is_joined =
		    last.is_flowed && l.depth == last.depth && !l.is_rule;

		/* What ends in LF has no line behind it. */
		if (!text.p && raw.len == 0)
			break;
		if (!is_joined && !is_first)
			buf_addc(out, '\n');
		if (!is_joined)
			write_marks(l.depth, out);
		buf_add_str(out, l.text);
		is_first = false;
		last = l;
	}
	if (!is_first)
		buf_addc(out, '\n');
}
