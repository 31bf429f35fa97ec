/*
 * A letter becomes a mail.
 *
 * RFC 5322	lines of at most 998 bytes, those of headers of 78
 * RFC 2045-2047	everything beyond ASCII is encoded, so that no server need
 *		know 8BITMIME (and libesmtp cannot ask for it without harm)
 * RFC 2231	names of files
 * RFC 3834	Auto-Submitted
 */
#include <gmime/gmime.h>

#include "lib/xalloc.h"
#include "smtp/mailout/mailout_render.h"

enum {
	LINE_MAX_BYTES = 998, /* RFC 5322 2.1.1 */
	PLAIN_LINE_MAX = 76,  /* longer ones are encoded */
	DEL = 0x7f,
};

#define UTF8 "utf-8"

void
mailout_render_begin(void)
{
	g_mime_init();
}

void
mailout_render_end(void)
{
	g_mime_shutdown();
}

/* ---- looking it through ----------------------------------------------- */

static int
check_line(struct str line, struct err *err)
{
	if (line.len > LINE_MAX_BYTES)
		return err_set(err, ERR_INTERNAL,
		    "the mail has a line of more than %d bytes",
		    LINE_MAX_BYTES);
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] == '\0' || line.p[i] == '\r' ||
		    (unsigned char)line.p[i] > '~')
			return err_set(err, ERR_INTERNAL,
			    "the mail has a byte that no server need take");
	return 0;
}

static const char *const needed[] = { "Date:", "From:", "To:", "Message-Id:",
	"MIME-Version:", "Content-Type:", NULL };

static unsigned
headers_in(struct str line)
{
	for (unsigned i = 0; needed[i]; i++) {
		struct str name = str_c(needed[i]);

		if (str_eq_nocase(str_head(line, name.len), name))
			return 1U << i;
	}
	return 0;
}

int
mailout_render_check(struct str bytes, struct err *err)
{
	unsigned found = 0;
	bool in_body = false;
	struct str line;

	if (!str_ends(bytes, STR("\r\n")))
		return err_set(
		    err, ERR_INTERNAL, "the mail does not end with a line");
	bytes.len--; /* the last LF is no separator */
	while (str_cut(&bytes, '\n', &line)) {
		if (line.len == 0 || line.p[line.len - 1] != '\r')
			return err_set(err, ERR_INTERNAL,
			    "the mail has a line that ends with LF alone");
		line.len--;
		if (check_line(line, err) < 0)
			return -1;
		in_body = in_body || line.len == 0;
		if (!in_body)
			found |= headers_in(line);
	}
	for (unsigned i = 0; needed[i]; i++)
		if (!(found & 1U << i))
			return err_set(
			    err, ERR_INTERNAL, "the mail has no %s", needed[i]);
	return in_body ? 0 : err_set(err, ERR_INTERNAL, "the mail has no body");
}

/* ---- the text --------------------------------------------------------- */

/* Will it arrive as it is, without encoding? */
static bool
is_plain_line(struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] >= DEL || line.p[i] == '\t')
			return false;
	return line.len <= PLAIN_LINE_MAX &&
	    (line.len == 0 || line.p[line.len - 1] != ' ') &&
	    !str_starts(line, STR("From "));
}

/*
 * Two dashes and a blank begin a signature, and what follows is hidden or cut
 * off by those who read and answer: nobody who chats means that.
 */
static struct str
protect(struct str line)
{
	return str_is(line, "-- ") ? str_head(line, 2) : line;
}

/* Ends each line with LF; false: it needs to be encoded. */
static bool
lay_out(struct str text, struct buf *out)
{
	bool is_plain = true;
	struct str line;

	if (str_ends(text, STR("\n")))
		text.len--;
	while (str_cut(&text, '\n', &line)) {
		line = protect(line);
		is_plain = is_plain && is_plain_line(line);
		buf_add_str(out, line);
		buf_addc(out, '\n');
	}
	return is_plain;
}

static void
fill(GMimePart *part, struct str bytes, GMimeContentEncoding encoding)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(
	    bytes.len ? bytes.p : "", bytes.len);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
	    stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, encoding);
	g_object_unref(content);
	g_object_unref(stream);
}

/* Always UTF-8: GMimeTextPart would choose the smallest charset that fits. */
static GMimeObject *
make_text(struct str body)
{
	GMimePart *part = g_mime_part_new_with_type("text", "plain");
	struct buf text;
	bool is_plain;

	buf_init(&text, body.len + 2);
	is_plain = lay_out(body, &text);
	g_mime_object_set_content_type_parameter(
	    GMIME_OBJECT(part), "charset", UTF8);
	fill(part, buf_str(&text),
	    is_plain ? GMIME_CONTENT_ENCODING_7BIT
	             : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	buf_release(&text);
	return GMIME_OBJECT(part);
}

/* ---- files ------------------------------------------------------------ */

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!g_ascii_isalnum(s.p[i]) && !strchr("!#$&-^_.+", s.p[i]))
			return false;
	return s.len > 0 && s.len <= 60;
}

/* What is to be base64 can be neither a mail nor made of parts. */
static GMimePart *
part_of_type(struct str mime)
{
	struct str type, subtype = mime;
	GMimePart *part;
	char *t, *s;

	if (!str_cut(&subtype, '/', &type) || !is_token(type) ||
	    !is_token(subtype) || str_eq_nocase(type, STR("multipart")) ||
	    str_eq_nocase(type, STR("message"))) {
		type = STR("application");
		subtype = STR("octet-stream");
	}
	t = str_dup(type);
	s = str_dup(subtype);
	part = g_mime_part_new_with_type(t, s);
	free(t);
	free(s);
	return part;
}

/* GMime would take the smallest charset here, too. */
static void
in_utf8(GMimeParamList *params, const char *name)
{
	GMimeParam *param = g_mime_param_list_get_parameter(params, name);

	if (param)
		g_mime_param_set_charset(param, UTF8);
}

static void
set_name(GMimePart *part, const char *name)
{
	GMimeObject *o = GMIME_OBJECT(part);

	g_mime_part_set_filename(part, name);
	in_utf8(g_mime_content_type_get_parameters(
	            g_mime_object_get_content_type(o)),
	    "name");
	in_utf8(g_mime_content_disposition_get_parameters(
	            g_mime_object_get_content_disposition(o)),
	    "filename");
}

static GMimeObject *
make_file(const struct mail_file *f)
{
	GMimePart *part = part_of_type(f->mime);
	char *name = str_dup(f->name);

	g_mime_object_set_disposition(
	    GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
	if (name[0])
		set_name(part, name);
	fill(part, f->body, GMIME_CONTENT_ENCODING_BASE64);
	free(name);
	return GMIME_OBJECT(part);
}

static GMimeObject *
make_content(const struct mail_letter *l)
{
	GMimeObject *text = make_text(l->body);
	GMimeMultipart *all;

	if (l->nfile == 0)
		return text;
	all = g_mime_multipart_new_with_subtype("mixed");
	g_mime_multipart_add(all, text);
	g_object_unref(text);
	for (size_t i = 0; i < l->nfile; i++) {
		GMimeObject *file = make_file(&l->file[i]);

		g_mime_multipart_add(all, file);
		g_object_unref(file);
	}
	return GMIME_OBJECT(all);
}

/* ---- the header ------------------------------------------------------- */

static void
add_person(
    GMimeMessage *m, GMimeAddressType type, struct str address, struct str name)
{
	char *a = str_dup(address), *n = str_dup(name);
	InternetAddress *who = internet_address_mailbox_new(n[0] ? n : NULL, a);

	internet_address_set_charset(who, UTF8);
	internet_address_list_add(g_mime_message_get_addresses(m, type), who);
	g_object_unref(who);
	free(a);
	free(n);
}

/* Those of a text that we made ourselves. */
static int
add_cc(GMimeMessage *m, struct str cc, struct err *err)
{
	InternetAddressList *all =
	    g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_CC);
	char *text = str_dup(cc);
	InternetAddressList *list = internet_address_list_parse(NULL, text);

	free(text);
	if (!list)
		return err_set(
		    err, ERR_BAD_INPUT, "Cc: these are no addresses");
	for (int i = 0; i < internet_address_list_length(list); i++)
		internet_address_set_charset(
		    internet_address_list_get_address(list, i), UTF8);
	internet_address_list_append(all, list);
	g_object_unref(list);
	return 0;
}

static void
add_header(GMimeMessage *m, const char *name, struct str value)
{
	char *v = str_dup(value);

	if (v[0])
		g_mime_object_append_header(GMIME_OBJECT(m), name, v, UTF8);
	free(v);
}

static void
add_date(GMimeMessage *m, int64_t utc)
{
	GDateTime *date = g_date_time_new_from_unix_utc(utc / 1000);

	if (!date)
		date = g_date_time_new_now_utc();
	g_mime_message_set_date(m, date);
	g_date_time_unref(date);
}

static void
add_subject(GMimeMessage *m, struct str subject)
{
	char *text = str_dup(subject);

	g_mime_message_set_subject(m, text, UTF8);
	free(text);
}

static void
add_message_id(GMimeMessage *m, struct str id)
{
	char *text = str_dup(id);

	g_mime_message_set_message_id(m, text);
	free(text);
}

/* Ids have no blanks and no brackets: mail_letter_check(). */
static void
add_ids(GMimeMessage *m, const char *name, const struct str *id, size_t n)
{
	struct buf text;

	buf_init(&text, (MAIL_ID_MAX + 3) * MAIL_REFERENCES_MAX);
	for (size_t i = 0; i < n; i++)
		buf_addf(
		    &text, "%s<" STR_FMT ">", i ? " " : "", STR_ARG(id[i]));
	add_header(m, name, buf_str(&text));
	buf_release(&text);
}

/* In the order in which they stand. */
static int
add_headers(GMimeMessage *m, const struct mail_letter *l, struct err *err)
{
	add_date(m, l->date_utc);
	add_person(m, GMIME_ADDRESS_TYPE_FROM, l->from, l->from_name);
	if (l->reply_to.len)
		add_person(
		    m, GMIME_ADDRESS_TYPE_REPLY_TO, l->reply_to, STR_EMPTY);
	add_person(m, GMIME_ADDRESS_TYPE_TO, l->to, l->to_name);
	if (l->cc.len && add_cc(m, l->cc, err) < 0)
		return -1;
	add_subject(m, l->subject);
	add_message_id(m, l->message_id);
	if (l->in_reply_to.len)
		add_ids(m, "In-Reply-To", &l->in_reply_to, 1);
	add_ids(m, "References", l->reference, l->nreference);
	if (l->is_automatic)
		add_header(m, "Auto-Submitted", STR("auto-generated"));
	add_header(m, "Jabber-ID", l->jabber_id);
	return 0;
}

/* ---- all of it -------------------------------------------------------- */

static int
write_out(GMimeMessage *m, struct buf *out, struct err *err)
{
	GMimeFormatOptions *o = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	int rc = 0;

	g_mime_format_options_set_newline_format(o, GMIME_NEWLINE_FORMAT_DOS);
	if (g_mime_object_write_to_stream(GMIME_OBJECT(m), o, stream) < 0)
		rc = err_set(err, ERR_INTERNAL, "the mail was not written");
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	if (rc == 0 && buf_add(out, bytes->data, bytes->len) < 0)
		rc = err_set(err, ERR_TOO_BIG, "the mail is too large");
	g_object_unref(stream);
	g_mime_format_options_free(o);
	return rc;
}

int
mailout_render(const struct mail_letter *l, struct buf *out, struct err *err)
{
	GMimeMessage *m = g_mime_message_new(FALSE);
	GMimeObject *content = make_content(l);
	size_t was = out->len;
	int rc = add_headers(m, l, err);

	g_mime_message_set_mime_part(m, content);
	g_object_unref(content);
	if (rc == 0)
		rc = write_out(m, out, err);
	g_object_unref(m);
	if (rc == 0)
		rc = mailout_render_check(str_skip(buf_str(out), was), err);
	return rc;
}
