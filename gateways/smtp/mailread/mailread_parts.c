#include "smtp/mailread/mailread_parts.h"
#include "smtp/mailread/mailread_body.h"
#include "smtp/mailread/mailread_content.h"
#include "smtp/mailread/mailread_dsn.h"
#include "smtp/mailread/mailread_files.h"
#include "smtp/mailread/mailread_pool.h"

enum {
	DEPTH_MAX = 20,
	REPORT_MAX = 256 * 1024, /* bytes of what software reads of a report */
};

struct walk {
	struct mail_record *r;
	struct mailread_pool *pool;
	struct mailread_body body;
	struct mailread_files files;
	unsigned depth;
	bool is_mute; /* texts of this branch are said elsewhere */
	bool in_page; /* this branch belongs to a page */
	bool in_report;
};

static void visit(struct walk *w, GMimeObject *o);

static void
note(struct walk *w, const char *text)
{
	struct mail_record *r = w->r;

	for (size_t i = 0; i < r->nnote; i++)
		if (str_is(r->note[i], text))
			return;
	if (r->nnote < MAIL_NOTES_MAX)
		r->note[r->nnote++] = str_c(text);
}

static bool
is_type(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);

	return t && g_mime_content_type_is_type(t, type, subtype);
}

/* ---- leaves ----------------------------------------------------------- */

static bool
is_attached(GMimeObject *o)
{
	GMimeContentDisposition *d = g_mime_object_get_content_disposition(o);

	return d && g_mime_content_disposition_is_attachment(d);
}

/* Is it something to be read, and not a file that somebody has sent? */
static bool
is_text(GMimeObject *o)
{
	return GMIME_IS_PART(o) && is_type(o, "text", "*") &&
	    !is_type(o, "text", "calendar") && !is_type(o, "text", "vcard") &&
	    !is_type(o, "text", "x-vcard") &&
	    !is_type(o, "text", "directory") && !is_attached(o) &&
	    !g_mime_part_get_filename(GMIME_PART(o));
}

typedef void report_fn(
    struct mail_record *r, struct mailread_pool *pool, struct str part);

static const struct {
	const char *type, *subtype;
	report_fn *fn;
} report_row[] = {
	{ "message", "delivery-status", mailread_dsn_status },
	{ "message", "global-delivery-status", mailread_dsn_status },
	{ "message", "disposition-notification", mailread_dsn_disposition },
	{ "message", "global-disposition-notification",
	    mailread_dsn_disposition },
	{ "message", "feedback-report", mailread_dsn_feedback },
	{ "text", "rfc822-headers", mailread_dsn_returned },
	{ "message", "global-headers", mailread_dsn_returned },
};

static report_fn *
report_of(GMimeObject *o)
{
	for (size_t i = 0; i < sizeof(report_row) / sizeof(report_row[0]); i++)
		if (is_type(o, report_row[i].type, report_row[i].subtype))
			return report_row[i].fn;
	return NULL;
}

static void
visit_report_part(struct walk *w, GMimePart *part, report_fn *fn)
{
	struct buf bytes;

	buf_init(&bytes, REPORT_MAX);
	mailread_content(part, true, &bytes);
	fn(w->r, w->pool, mailread_pool_take(w->pool, &bytes));
}

static void
visit_text(struct walk *w, GMimePart *part)
{
	if (w->is_mute)
		return;
	if (is_type(GMIME_OBJECT(part), "text", "html"))
		mailread_body_html(&w->body, part);
	else
		mailread_body_plain(&w->body, part);
}

static void
visit_part(struct walk *w, GMimePart *part)
{
	GMimeObject *o = GMIME_OBJECT(part);
	report_fn *report = w->in_report ? report_of(o) : NULL;

	if (is_type(o, "application", "pkcs7-mime") ||
	    is_type(o, "application", "x-pkcs7-mime"))
		note(w, "encrypted or signed (S/MIME), not opened");
	if (report)
		visit_report_part(w, part, report);
	else if (is_text(o))
		visit_text(w, part);
	else
		mailread_files_add(&w->files, part, w->in_page);
}

static void
visit_message(struct walk *w, GMimeMessagePart *part)
{
	struct buf bytes;

	if (!w->in_report) {
		mailread_files_add_message(&w->files, part);
		return;
	}
	buf_init(&bytes, REPORT_MAX);
	mailread_message(part, &bytes);
	mailread_dsn_returned(
	    w->r, w->pool, mailread_pool_take(w->pool, &bytes));
}

/* ---- groups of parts --------------------------------------------------- */

static void
visit_each(struct walk *w, GMimeMultipart *m)
{
	int n = g_mime_multipart_get_count(m);

	for (int i = 0; i < n; i++)
		visit(w, g_mime_multipart_get_part(m, i));
}

/* The first is what the others belong to. */
static void
visit_related(struct walk *w, GMimeMultipart *m)
{
	int n = g_mime_multipart_get_count(m);
	bool was_in_page = w->in_page;

	if (n > 0)
		visit(w, g_mime_multipart_get_part(m, 0));
	w->in_page = true;
	for (int i = 1; i < n; i++)
		visit(w, g_mime_multipart_get_part(m, i));
	w->in_page = was_in_page;
}

/* The text of a branch: the first there is on the way down. */
static GMimeObject *
find_text(GMimeObject *o, const char *subtype, unsigned depth)
{
	GMimeMultipart *m;
	GMimeObject *found = NULL;
	int n;

	if (!GMIME_IS_MULTIPART(o))
		return is_text(o) && is_type(o, "text", subtype) ? o : NULL;
	m = GMIME_MULTIPART(o);
	n = g_mime_multipart_get_count(m);
	for (int i = 0; i < n && !found && depth < DEPTH_MAX; i++)
		found = find_text(
		    g_mime_multipart_get_part(m, i), subtype, depth + 1);
	return found;
}

/* Which branch is said; the last of its kind is the best (RFC 2046 5.1.4). */
static GMimeObject *
choose(GMimeMultipart *m)
{
	GMimeObject *plain = NULL, *html = NULL, *other = NULL;
	GMimeObject *plain_text = NULL;
	int n = g_mime_multipart_get_count(m);

	for (int i = 0; i < n; i++) {
		GMimeObject *o = g_mime_multipart_get_part(m, i), *text;

		if ((text = find_text(o, "plain", 0)) != NULL)
			plain = o, plain_text = text;
		else if (find_text(o, "html", 0))
			html = o;
		else if (find_text(o, "*", 0))
			other = o;
	}
	if (plain && html && mailread_body_is_stub(GMIME_PART(plain_text)))
		return html;
	return plain ? plain : html ? html : other;
}

static void
visit_alternative(struct walk *w, GMimeMultipart *m)
{
	GMimeObject *chosen = choose(m);
	int n = g_mime_multipart_get_count(m);
	bool was_mute = w->is_mute;

	for (int i = 0; i < n; i++) {
		GMimeObject *o = g_mime_multipart_get_part(m, i);

		w->is_mute = was_mute || o != chosen;
		visit(w, o);
	}
	w->is_mute = was_mute;
}

static void
visit_signed(struct walk *w, GMimeMultipart *m)
{
	note(w, "signed, not checked");
	if (g_mime_multipart_get_count(m) > 0)
		visit(w, g_mime_multipart_get_part(m, 0));
}

/* What is before the sealed part says only that it is sealed. */
static void
visit_encrypted(struct walk *w, GMimeMultipart *m)
{
	int n = g_mime_multipart_get_count(m);

	note(w, "encrypted, not opened");
	for (int i = n > 1 ? 1 : 0; i < n; i++)
		visit(w, g_mime_multipart_get_part(m, i));
}

static void
visit_report(struct walk *w, GMimeMultipart *m)
{
	bool was_in_report = w->in_report;

	w->in_report = true;
	visit_each(w, m);
	w->in_report = was_in_report;
}

static const struct {
	const char *subtype;
	void (*fn)(struct walk *w, GMimeMultipart *m);
} group_row[] = {
	{ "alternative", visit_alternative },
	{ "related", visit_related },
	{ "signed", visit_signed },
	{ "encrypted", visit_encrypted },
	{ "report", visit_report },
};

/* With two Content-Types it need not even say that it is one. */
static void
visit_group(struct walk *w, GMimeMultipart *m)
{
	for (size_t i = 0; i < sizeof(group_row) / sizeof(group_row[0]); i++)
		if (is_type(
		        GMIME_OBJECT(m), "multipart", group_row[i].subtype)) {
			group_row[i].fn(w, m);
			return;
		}
	visit_each(w, m);
}

static void
visit(struct walk *w, GMimeObject *o)
{
	if (!o || w->depth == DEPTH_MAX)
		return;
	w->depth++;
	if (GMIME_IS_MULTIPART(o))
		visit_group(w, GMIME_MULTIPART(o));
	else if (GMIME_IS_MESSAGE_PART(o))
		visit_message(w, GMIME_MESSAGE_PART(o));
	else if (GMIME_IS_PART(o))
		visit_part(w, GMIME_PART(o));
	w->depth--;
}

/* ---- all of it -------------------------------------------------------- */

static void
look_for_armour(struct walk *w)
{
	struct str text = w->r->text;

	if (str_starts(text, STR("-----BEGIN PGP MESSAGE-----")))
		note(w, "encrypted, not opened");
	else if (str_starts(text, STR("-----BEGIN PGP SIGNED MESSAGE-----")))
		note(w, "signed, not checked");
}

void
mailread_parts(
    struct mail_record *r, struct mailread_pool *pool, GMimeObject *top)
{
	struct walk *w = mailread_pool_get(pool, sizeof(*w));

	w->r = r;
	w->pool = w->files.pool = pool;
	mailread_body_init(&w->body);
	visit(w, top);
	mailread_body_end(&w->body, r, pool);
	mailread_body_release(&w->body);
	r->part = w->files.part;
	r->npart = w->files.n;
	look_for_armour(w);
}
