#include <gmime/gmime.h>

#include "smtp/mail_hash.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_auth.h"
#include "smtp/mailread/mailread_class.h"
#include "smtp/mailread/mailread_dsn.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_ids.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_parts.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_record.h"
#include "smtp/mailread/mailread_scan.h"
#include "smtp/mailread/mailread_text.h"

struct reading {
	struct mail_record *r;
	struct mailread_pool *pool;
	struct mailread_headers headers;
	const struct mail_reader_options *options;
};

/* ---- headers ---------------------------------------------------------- */

static struct str
value(const struct reading *m, const char *name)
{
	return mailread_header(&m->headers, name);
}

static struct mail_name
first_name(const struct reading *m, const char *header)
{
	struct mail_name name = { STR_EMPTY, STR_EMPTY };

	mailread_names(m->pool, value(m, header), &name, 1);
	return name;
}

static size_t
read_parties(const struct reading *m, const char *header,
    enum mail_party_kind kind, struct mail_party *out, size_t max)
{
	struct mail_name name[MAIL_PARTIES_MAX];
	size_t n = mailread_names(m->pool, value(m, header), name, max);

	for (size_t i = 0; i < n; i++)
		out[i] = (struct mail_party){ kind, name[i] };
	return n;
}

static void
read_people(struct reading *m)
{
	struct mail_record *r = m->r;
	struct mail_party *party =
	    mailread_pool_get(m->pool, MAIL_PARTIES_MAX * sizeof(party[0]));

	r->from = first_name(m, "From");
	r->sender = first_name(m, "Sender");
	r->nreply_to = mailread_names(
	    m->pool, value(m, "Reply-To"), r->reply_to, MAIL_REPLY_TO_MAX);
	r->party = party;
	r->nparty = read_parties(m, "To", MAIL_TO, party, MAIL_PARTIES_MAX);
	r->nparty += read_parties(
	    m, "Cc", MAIL_CC, party + r->nparty, MAIL_PARTIES_MAX - r->nparty);
}

static void
read_thread(struct reading *m)
{
	struct mail_record *r = m->r;
	struct str *reference = mailread_pool_get(
	    m->pool, MAIL_REFERENCES_MAX * sizeof(reference[0]));

	r->message_id = mailread_id(value(m, "Message-ID"));
	r->in_reply_to = mailread_id(value(m, "In-Reply-To"));
	r->nreference = mailread_ids(
	    value(m, "References"), reference, MAIL_REFERENCES_MAX);
	r->reference = reference;
}

static void
read_auth(struct reading *m)
{
	struct str from = m->r->from.address;
	ptrdiff_t at = str_find(from, '@');

	mailread_auth(&m->r->auth, m->pool, &m->headers,
	    &(struct mailread_auth_params){
	        .authserv_id = m->options->authserv_id,
	        .hops = m->options->hops,
	        .from_domain =
	            at < 0 ? STR_EMPTY : str_skip(from, (size_t)at + 1),
	    });
}

static void
read_headers(struct reading *m)
{
	struct mail_record *r = m->r;

	r->subject = mailread_words(m->pool, value(m, "Subject"));
	r->date_utc = mailread_date(m->pool, value(m, "Date"));
	read_people(m);
	read_thread(m);
	mailread_class(r, m->pool, &m->headers, m->options->own_domain);
	read_auth(m);
}

/* ---- parts ------------------------------------------------------------ */

/* What GMime makes of it, which borrows from array; NULL: nothing. */
static GMimeMessage *
parse(GByteArray *array)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GMimeParser *parser;
	GMimeMessage *message;

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), array);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

/* What cannot be parsed is a text, as it stands. */
static void
read_bare(struct reading *m, struct str text)
{
	struct buf b;

	buf_init(&b, MAIL_TEXT_MAX);
	m->r->was_cut = text.len > MAIL_TEXT_MAX;
	mail_words_text(text, MAIL_TEXT_MAX, &b);
	m->r->text = mailread_trim_lines(mailread_pool_take(m->pool, &b));
	m->r->fresh = m->r->text;
}

/* What a report says below a rule, or quotes, is what it is about. */
static void
keep_whole(struct mail_record *r)
{
	r->fresh = r->text;
	r->was_trimmed = false;
}

/* body: what is behind the headers. */
static void
read_parts(struct reading *m, char *bytes, size_t len, struct str body)
{
	GByteArray *array = g_byte_array_new_take((guint8 *)bytes, len);
	GMimeMessage *message = parse(array);

	if (message) {
		mailread_parts(
		    m->r, m->pool, g_mime_message_get_mime_part(message));
		g_object_unref(message);
	} else {
		read_bare(m, body);
	}
	g_byte_array_free(array, FALSE); /* the bytes are the caller's */
	mailread_dsn_text(m->r, m->pool, &m->headers);
	if (m->r->class >= MAIL_DSN)
		keep_whole(m->r);
}

/* ---- all of it -------------------------------------------------------- */

static int
check(struct reading *m, const struct mailread_scan *scan, struct err *err)
{
	if (scan->refused)
		return err_set(err, ERR_BAD_INPUT, "%s", scan->refused);
	/* What one program shows and another one checks must be the same. */
	if (mailread_header_count(&m->headers, "From") > 1)
		return err_set(err, ERR_BAD_INPUT, "it has two From headers");
	if (scan->noverwritten > 0 && m->r->nnote < MAIL_NOTES_MAX)
		m->r->note[m->r->nnote++] =
		    STR("a header was too long to be read");
	return 0;
}

static void
hash(struct reading *m, struct str mail)
{
	char *to = mailread_pool_get(m->pool, MAIL_HASH_BYTES);

	mail_hash(mail, (uint8_t *)to);
	m->r->hash = str_of(to, MAIL_HASH_BYTES);
}

int
mailread_record(struct mail_record *r, struct mailread_pool *pool, char *bytes,
    size_t len, const struct mail_reader_options *o, struct err *err)
{
	struct reading m = { .r = r, .pool = pool, .options = o };
	struct str rest = str_of(bytes, len);
	struct mailread_scan scan;

	*r = (struct mail_record){ .class = MAIL_ORDINARY };
	hash(&m, rest);
	mailread_scan(&scan, bytes, len);
	if (!scan.has_headers && !scan.refused) {
		read_bare(&m, rest);
		return 0;
	}
	mailread_headers_read(&m.headers, pool, &rest);
	if (check(&m, &scan, err) < 0)
		return -1;
	read_headers(&m);
	read_parts(&m, bytes, len, rest);
	return 0;
}
