/*
 * HTML without tags that are too long.  Where a tag ends is seen here as
 * libxml2 sees it (htmlParseStartTag): quotation marks count only as the first
 * byte behind an equals sign.  Comments and declarations go, too.
 */
#include "smtp/mailread/mailread_tags.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Behind the first what at or after at; the length if there is none. */
static size_t
behind(struct str s, size_t at, struct str what)
{
	const char *p =
	    at < s.len ? memmem(s.p + at, s.len - at, what.p, what.len) : NULL;

	return p ? (size_t)(p - s.p) + what.len : s.len;
}

/* Behind the ">" of the tag that begins at at. */
static size_t
tag_end(struct str s, size_t at)
{
	for (size_t i = at + 1; i < s.len; i++) {
		if (s.p[i] == '>')
			return i + 1;
		if (s.p[i] != '=')
			continue;
		while (i + 1 < s.len && is_blank(s.p[i + 1]))
			i++;
		if (i + 1 < s.len && (s.p[i + 1] == '"' || s.p[i + 1] == '\''))
			i = behind(s, i + 2, str_of(&s.p[i + 1], 1)) - 1;
	}
	return s.len;
}

/*
 * Behind the comment, the declaration or Word's `<![if ...]>` that begins at
 * at.  A comment without an end must not take all the rest, and is looked for
 * once only.
 */
static size_t
aside_end(struct str s, size_t at, bool *has_comments)
{
	size_t end;

	if (*has_comments && str_starts(str_skip(s, at), STR("<!--"))) {
		end = behind(s, at + 4, STR("-->"));
		if (end < s.len || str_ends(s, STR("-->")))
			return end;
		*has_comments = false;
	}
	return behind(s, at, STR(">"));
}

/* Behind the tag at at, which is written if it is not too long. */
static size_t
copy_tag(struct str s, size_t at, struct buf *out)
{
	size_t end = tag_end(s, at);

	if (end - at <= MAILREAD_TAGS_MAX)
		buf_add(out, s.p + at, end - at);
	else if (s.p[end - 1] != '>')
		/* Nor may a quotation mark that is missing. */
		end = behind(s, at, STR(">"));
	return end;
}

void
mailread_tags_flatten(struct str html, struct buf *out)
{
	bool has_comments = true;
	size_t at = 0;

	while (at < html.len) {
		struct str rest = str_skip(html, at);
		ptrdiff_t tag = str_find(rest, '<');
		size_t text = tag < 0 ? rest.len : (size_t)tag;
		char first = text + 1 < rest.len ? rest.p[text + 1] : '\0';

		buf_add(out, rest.p, text);
		at += text;
		if (first == '!' || first == '?') {
			at = aside_end(html, at, &has_comments);
		} else if (first == '/' || is_letter(first)) {
			at = copy_tag(html, at, out);
		} else if (at < html.len) {
			/* "a < b" */
			buf_add_str(out, STR("&lt;"));
			at++;
		}
	}
}
