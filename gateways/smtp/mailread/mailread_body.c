#include "smtp/mailread/mailread_body.h"
#include "smtp/mail_flowed.h"
#include "smtp/mail_subject.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_content.h"
#include "smtp/mailread/mailread_html.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_text.h"

enum {
	/* A byte of an old charset takes three, at most. */
	UTF8_MAX = 3 * MAILREAD_PLAIN_MAX,
	STUB_LOOK = 4096,
};

void
mailread_body_init(struct mailread_body *b)
{
	*b = (struct mailread_body){ .is_html = false };
	buf_init(&b->text, MAIL_TEXT_MAX);
}

void
mailread_body_release(struct mailread_body *b)
{
	buf_release(&b->text);
}

/* The part as UTF-8, as far as its charset is known; true: not all of it. */
static bool
decode(GMimePart *part, size_t max, struct buf *out)
{
	struct str charset = mailread_param(GMIME_OBJECT(part), "charset");
	struct buf raw;
	bool cut;

	buf_init(&raw, max);
	cut = mailread_content(part, true, &raw) > raw.len;
	if (charset.len == 0 &&
	    g_mime_content_type_is_type(
	        g_mime_object_get_content_type(GMIME_OBJECT(part)), "text",
	        "html"))
		charset = mailread_html_charset(buf_str(&raw));
	mailread_to_utf8(buf_str(&raw), charset, out);
	buf_release(&raw);
	return cut;
}

static void
separate(struct mailread_body *b)
{
	if (b->text.len > 0)
		buf_add_str(&b->text, STR("\n\n"));
}

/* Appends what is clean already. */
static void
append(struct mailread_body *b, struct str text)
{
	size_t room;

	text = mailread_trim_lines(text);
	if (text.len == 0)
		return;
	separate(b);
	room = b->text.max - b->text.len;
	if (text.len > room)
		b->was_cut = true;
	mail_words_text(text, room, &b->text);
}

static bool
is_flowed(GMimePart *part)
{
	return str_eq_nocase(
	    mailread_param(GMIME_OBJECT(part), "format"), STR("flowed"));
}

static bool
is_del_sp(GMimePart *part)
{
	return str_eq_nocase(
	    mailread_param(GMIME_OBJECT(part), "delsp"), STR("yes"));
}

void
mailread_body_plain(struct mailread_body *b, GMimePart *part)
{
	struct buf utf8, flowed;

	buf_init(&utf8, UTF8_MAX);
	buf_init(&flowed, UTF8_MAX);
	b->was_cut |= decode(part, MAILREAD_PLAIN_MAX, &utf8);
	if (is_flowed(part))
		mail_flowed(buf_str(&utf8), is_del_sp(part), &flowed);
	append(b, flowed.len ? buf_str(&flowed) : buf_str(&utf8));
	buf_release(&utf8);
	buf_release(&flowed);
}

/*
 * What the page marks as quoted counts only where the page is all there is:
 * its marks are places in its own text.
 */
void
mailread_body_html(struct mailread_body *b, GMimePart *part)
{
	struct mailread_html_info info;
	struct buf utf8, text;

	buf_init(&utf8, UTF8_MAX);
	buf_init(&text, MAIL_TEXT_MAX);
	b->was_cut |= decode(part, MAILREAD_HTML_MAX, &utf8);
	if (mailread_html(buf_str(&utf8), NULL, &text, &info) < 0)
		abort();
	b->was_cut |= info.was_cut;
	b->is_html = true;
	while (text.len > 0 && text.p[text.len - 1] == '\n')
		buf_truncate(&text, text.len - 1);
	if (b->text.len == 0) {
		buf_add_str(&b->text, buf_str(&text));
		b->hint = (struct mail_trim_hint){ false, info.quote_at,
			info.quote_end, info.signature_at, info.signature_end };
	} else {
		append(b, buf_str(&text));
	}
	buf_release(&utf8);
	buf_release(&text);
}

bool
mailread_body_is_stub(GMimePart *part)
{
	struct buf utf8;
	bool is_stub;

	buf_init(&utf8, UTF8_MAX);
	decode(part, STUB_LOOK, &utf8);
	is_stub = mailread_is_stub(buf_str(&utf8));
	buf_release(&utf8);
	return is_stub;
}

void
mailread_body_end(
    struct mailread_body *b, struct mail_record *r, struct mailread_pool *pool)
{
	struct mail_trimmed t;

	r->text = mailread_pool_str(pool, buf_str(&b->text));
	r->is_html = b->is_html;
	r->was_cut = b->was_cut;
	b->hint.is_forward = mail_subject_is_forward(r->subject);
	mail_trim(r->text, &b->hint, &t);
	r->fresh = t.fresh;
	r->was_trimmed = t.was_trimmed;
}
