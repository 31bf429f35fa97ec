/*
 * A link in a page, as `words <url>`.
 */
#include "smtp/mailread/mailread_link.h"

void
mailread_link_init(struct mailread_link *l, struct mailread_page *page)
{
	*l = (struct mailread_link){ .page = page, .at = SIZE_MAX };
	/* Each byte may have to be escaped. */
	buf_init(&l->url, 3 * MAILREAD_LINK_URL_MAX);
	buf_init(&l->last, 3 * MAILREAD_LINK_URL_MAX);
}

void
mailread_link_release(struct mailread_link *l)
{
	buf_release(&l->url);
	buf_release(&l->last);
}

static bool
is_plain_url_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("<>\"\\^`{|}", c);
}

/* Appends url so that it has no blanks and does not end before its end. */
static void
write_url(struct str url, struct buf *out)
{
	for (size_t i = 0; i < url.len; i++) {
		unsigned char c = (unsigned char)url.p[i];

		if (c == '\n' || c == '\r' || c == '\t')
			continue;
		if (is_plain_url_byte(c))
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static const char *const schemes[] = { "https://", "http://",
	"mailto:", "xmpp:", "tel:" };

/* Without its scheme, if it has one that is shown. */
static struct str
without_scheme(struct str s)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct str scheme = str_c(schemes[i]);

		if (str_eq_nocase(str_head(s, scheme.len), scheme))
			return str_skip(s, scheme.len);
	}
	return s;
}

static bool
is_shown(struct str url)
{
	struct str rest = without_scheme(url);

	return rest.len > 0 && rest.len < url.len;
}

/* What is left when two that mean the same are to be equal. */
static struct str
bare_url(struct str s)
{
	s = without_scheme(s);
	if (str_eq_nocase(str_head(s, 4), STR("www.")))
		s = str_skip(s, 4);
	if (str_ends(s, STR("/")))
		s.len--;
	return s;
}

static bool
says_itself(struct mailread_link *l)
{
	struct str words = str_skip(buf_str(l->page->out), l->at);

	return str_eq_nocase(
	    bare_url(str_trim(words)), bare_url(buf_str(&l->url)));
}

/* The same link is not shown twice in a row. */
static bool
is_new_url(struct mailread_link *l)
{
	if (str_eq(buf_str(&l->url), buf_str(&l->last)))
		return false;
	buf_clear(&l->last);
	buf_add_str(&l->last, buf_str(&l->url));
	return true;
}

void
mailread_link_begin(struct mailread_link *l, struct str href)
{
	href = str_trim(href);
	buf_clear(&l->url);
	l->has_image = false;
	l->at = SIZE_MAX;
	if (href.len <= MAILREAD_LINK_URL_MAX && is_shown(href)) {
		write_url(href, &l->url);
		mailread_page_watch(l->page, MAILREAD_PAGE_FOR_LINK, &l->at);
	}
}

void
mailread_link_end(struct mailread_link *l)
{
	bool has_words = l->at != SIZE_MAX;
	struct buf shown;

	mailread_page_watch(l->page, MAILREAD_PAGE_FOR_LINK, NULL);
	/* Of a picture without words the link is all there is. */
	if (l->url.len && (has_words ? !says_itself(l) : l->has_image) &&
	    is_new_url(l)) {
		buf_init(&shown, l->url.max + 3);
		buf_addf(&shown, "%s<%s>", has_words ? " " : "", l->url.p);
		if (has_words)
			mailread_page_append(l->page, buf_str(&shown));
		else
			mailread_page_text(l->page, buf_str(&shown));
		buf_release(&shown);
	}
	buf_clear(&l->url);
}
