#include "smtp/mailread/mailread_files.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_content.h"
#include "smtp/mailread/mailread_ids.h"
#include "smtp/mailread/mailread_pool.h"

/* How much of the next one may be carried. */
static size_t
room(const struct mailread_files *f)
{
	size_t left = MAIL_CARRIED_MAX - f->carried;

	if (f->ncarried == MAIL_PARTS_CARRIED)
		return 0;
	return left < MAIL_PART_MAX ? left : MAIL_PART_MAX;
}

static struct str
file_name(struct mailread_files *f, const char *said, struct str mime)
{
	struct buf b;

	buf_init(&b, MAIL_WORDS_FILE_MAX);
	mail_words_file(str_c(said), mime, &b);
	return mailread_pool_take(f->pool, &b);
}

/* total is how many there are; body has them all, or a part of them. */
static void
keep(struct mailread_files *f, struct mail_part *p, uint64_t total,
    struct buf *body)
{
	p->size = total;
	if (total == body->len && f->ncarried < MAIL_PARTS_CARRIED) {
		p->is_carried = true;
		f->ncarried++;
		f->carried += body->len;
		p->body = mailread_pool_str(f->pool, buf_str(body));
	}
	f->part[f->n++] = *p;
}

static bool
is_attached(GMimePart *part)
{
	GMimeContentDisposition *d =
	    g_mime_object_get_content_disposition(GMIME_OBJECT(part));

	return d && g_mime_content_disposition_is_attachment(d);
}

void
mailread_files_add(struct mailread_files *f, GMimePart *part, bool in_page)
{
	struct mail_part p = {
		.mime = mailread_mime(GMIME_OBJECT(part), f->pool),
		.cid = mailread_pool_str(f->pool,
		    mailread_id(str_c(g_mime_part_get_content_id(part)))),
		.is_inline = in_page && !is_attached(part),
	};
	struct buf body;
	uint64_t total;

	if (f->n == MAIL_PARTS_MAX)
		return;
	if (!mail_is_word(p.mime))
		p.mime = STR("application/octet-stream");
	buf_init(&body, room(f));
	total = mailread_content(part, false, &body);
	p.name = file_name(f, g_mime_part_get_filename(part), p.mime);
	if (!p.is_inline || total >= MAILREAD_PICTURE_MIN)
		keep(f, &p, total, &body);
	buf_release(&body);
}

static struct str
message_name(struct mailread_files *f, GMimeMessagePart *part)
{
	GMimeMessage *m = g_mime_message_part_get_message(part);
	const char *subject = m ? g_mime_message_get_subject(m) : NULL;
	struct buf b;
	struct str name;

	buf_init(&b, MAIL_LINE_MAX);
	mail_words_line(str_c(subject), MAIL_WORDS_FILE_MAX - 4, &b);
	if (b.len > 0)
		buf_add_str(&b, STR(".eml"));
	name = file_name(f, b.p, STR("message/rfc822"));
	buf_release(&b);
	return name;
}

void
mailread_files_add_message(struct mailread_files *f, GMimeMessagePart *part)
{
	struct mail_part p = { .mime = STR("message/rfc822") };
	struct buf body;
	uint64_t total;

	if (f->n == MAIL_PARTS_MAX)
		return;
	p.name = message_name(f, part);
	buf_init(&body, room(f));
	total = mailread_message(part, &body);
	keep(f, &p, total, &body);
	buf_release(&body);
}
