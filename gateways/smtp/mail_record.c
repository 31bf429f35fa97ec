/*
 * The record is written and read by the same table of fields, so that the two
 * cannot differ: what a field is called, where it is, what form it has.
 */
#include <stdlib.h>

#include "lib/pack.h"
#include "lib/utf8.h"
#include "smtp/mail_record.h"

enum { RECORD_VERSION = 1 };

/* ---- forms ------------------------------------------------------------ */

/* Printable ASCII, without the bytes in `not`. */
static bool
is_printable(struct str s, const char * not )
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr(not, s.p[i]))
			return false;
	return true;
}

static bool
has_controls(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

bool
mail_is_line(struct str s)
{
	return s.len <= MAIL_LINE_MAX && !has_controls(s) && utf8_is_xml(s);
}

bool
mail_is_word(struct str s)
{
	return s.len <= MAIL_WORD_MAX && is_printable(s, "");
}

bool
mail_is_id(struct str s)
{
	return s.len > 0 && s.len <= MAIL_ID_MAX && is_printable(s, "<>");
}

bool
mail_is_address(struct str s)
{
	struct str local = s;
	ptrdiff_t at = str_find(s, '@');

	if (s.len == 0 || s.len > MAIL_ADDRESS_MAX || !utf8_is_xml(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr("<>()[],;:\\\"", s.p[i]))
			return false;
	if (at < 0)
		return true;
	local.len = (size_t)at;
	s = str_skip(s, (size_t)at + 1);
	return local.len > 0 && s.len > 0 && !str_has(s, '@');
}

static bool
is_address_or_none(struct str s)
{
	return s.len == 0 || mail_is_address(s);
}

static bool
is_id_or_none(struct str s)
{
	return s.len == 0 || mail_is_id(s);
}

static bool
is_text(struct str s)
{
	if (s.len > MAIL_TEXT_MAX || !utf8_is_xml(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' &&
		        s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return false;
	return true;
}

bool
mail_is_url(struct str s)
{
	return s.len <= MAIL_URL_MAX && is_printable(s, "<>\"") &&
	    (str_eq_nocase(str_head(s, 8), STR("https://")) ||
	        str_eq_nocase(str_head(s, 7), STR("mailto:")));
}

static bool
is_url_or_none(struct str s)
{
	return s.len == 0 || mail_is_url(s);
}

bool
mail_is_file(struct str s)
{
	return s.len > 0 && s.len <= MAIL_WORD_MAX && s.p[0] != '.' &&
	    !str_has(s, '/') && !has_controls(s) && utf8_is_xml(s);
}

static bool
is_body(struct str s)
{
	return s.len <= MAIL_PART_MAX;
}

static bool
is_hash(struct str s)
{
	return s.len == MAIL_HASH_BYTES;
}

/* ---- fields ----------------------------------------------------------- */

enum field_kind { FIELD_STR, FIELD_BOOL, FIELD_I64, FIELD_U64 };

struct field {
	const char *name;
	enum field_kind kind;
	size_t at; /* in its struct */
	bool (*is_form)(struct str s);
};

#define TEXT(type, member, form)                                               \
	{                                                                      \
#member, FIELD_STR, offsetof(struct type, member), form        \
	}
#define PLAIN(type, member, kind)                                              \
	{                                                                      \
#member, kind, offsetof(struct type, member), NULL             \
	}

static const struct field record_field[] = {
	TEXT(mail_record, from.address, is_address_or_none),
	TEXT(mail_record, from.name, mail_is_line),
	TEXT(mail_record, sender.address, is_address_or_none),
	TEXT(mail_record, sender.name, mail_is_line),
	TEXT(mail_record, subject, mail_is_line),
	TEXT(mail_record, message_id, is_id_or_none),
	TEXT(mail_record, in_reply_to, is_id_or_none),
	PLAIN(mail_record, date_utc, FIELD_I64),
	TEXT(mail_record, text, is_text),
	PLAIN(mail_record, was_trimmed, FIELD_BOOL),
	PLAIN(mail_record, was_cut, FIELD_BOOL),
	PLAIN(mail_record, is_html, FIELD_BOOL),
	PLAIN(mail_record, is_auto, FIELD_BOOL),
	TEXT(mail_record, auto_kind, mail_is_word),
	TEXT(mail_record, list_id, mail_is_word),
	TEXT(mail_record, list_post, is_address_or_none),
	TEXT(mail_record, unsubscribe, is_url_or_none),
	PLAIN(mail_record, one_click, FIELD_BOOL),
	TEXT(mail_record, feedback, mail_is_word),
	TEXT(mail_record, dsn_envid, mail_is_word),
	TEXT(mail_record, returned_id, is_id_or_none),
	TEXT(mail_record, returned_to, is_address_or_none),
	TEXT(mail_record, returned_sender, is_address_or_none),
	TEXT(mail_record, auth.dmarc, mail_is_word),
	TEXT(mail_record, auth.policy, mail_is_word),
	TEXT(mail_record, auth.dmarc_domain, mail_is_word),
	TEXT(mail_record, auth.spf, mail_is_word),
	TEXT(mail_record, auth.spf_domain, mail_is_word),
	TEXT(mail_record, auth.dkim, mail_is_word),
	TEXT(mail_record, auth.dkim_domain, mail_is_word),
	PLAIN(mail_record, is_spam, FIELD_BOOL),
	TEXT(mail_record, importance, mail_is_word),
	TEXT(mail_record, severity, mail_is_line),
	TEXT(mail_record, jabber_id, mail_is_line),
	PLAIN(mail_record, has_own_loop, FIELD_BOOL),
	TEXT(mail_record, hash, is_hash),
};

static const struct field name_field[] = {
	TEXT(mail_name, address, is_address_or_none),
	TEXT(mail_name, name, mail_is_line),
};

static const struct field party_field[] = {
	TEXT(mail_party, who.address, mail_is_address),
	TEXT(mail_party, who.name, mail_is_line),
};

static const struct field dsn_field[] = {
	TEXT(mail_dsn_row, recipient, is_address_or_none),
	TEXT(mail_dsn_row, action, mail_is_word),
	TEXT(mail_dsn_row, status, mail_is_word),
	TEXT(mail_dsn_row, diagnostic, mail_is_line),
	TEXT(mail_dsn_row, remote_mta, mail_is_word),
};

static const struct field part_field[] = {
	TEXT(mail_part, name, mail_is_file),
	TEXT(mail_part, mime, mail_is_word),
	TEXT(mail_part, cid, is_id_or_none),
	PLAIN(mail_part, size, FIELD_U64),
	PLAIN(mail_part, is_inline, FIELD_BOOL),
	PLAIN(mail_part, is_carried, FIELD_BOOL),
	TEXT(mail_part, body, is_body),
};

static const struct field reference_field[] = {
	{ "reference", FIELD_STR, 0, mail_is_id },
};

static const struct field note_field[] = {
	{ "note", FIELD_STR, 0, mail_is_line },
};

#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

/* ---- writing ---------------------------------------------------------- */

static void
pack_field(const struct field *f, const char *base, struct buf *out)
{
	const void *at = base + f->at;

	switch (f->kind) {
	case FIELD_STR:
		pack_str(out, *(const struct str *)at);
		return;
	case FIELD_BOOL:
		pack_u64(out, *(const bool *)at);
		return;
	case FIELD_I64:
		pack_i64(out, *(const int64_t *)at);
		return;
	case FIELD_U64:
		pack_u64(out, *(const uint64_t *)at);
		return;
	}
}

static void
pack_one(
    const struct field *f, size_t nfield, const void *base, struct buf *out)
{
	for (size_t i = 0; i < nfield; i++)
		pack_field(&f[i], base, out);
}

static void
pack_all(const struct field *f, size_t nfield, const void *base, size_t size,
    size_t n, struct buf *out)
{
	pack_u64(out, n);
	for (size_t i = 0; i < n; i++)
		pack_one(f, nfield, (const char *)base + i * size, out);
}

static void
pack_parties(const struct mail_record *r, struct buf *out)
{
	pack_u64(out, r->nparty);
	for (size_t i = 0; i < r->nparty; i++) {
		pack_u64(out, r->party[i].kind);
		pack_one(FIELDS(party_field), &r->party[i], out);
	}
}

void
mail_record_pack(const struct mail_record *r, struct buf *out)
{
	pack_u64(out, RECORD_VERSION);
	pack_one(FIELDS(record_field), r, out);
	if (r->was_trimmed)
		pack_str(out, r->fresh);
	pack_u64(out, r->class);
	pack_u64(out, r->nreceived);
	pack_parties(r, out);
	pack_all(FIELDS(name_field), r->reply_to, sizeof(r->reply_to[0]),
	    r->nreply_to, out);
	pack_all(FIELDS(reference_field), r->reference, sizeof(r->reference[0]),
	    r->nreference, out);
	pack_all(FIELDS(dsn_field), r->dsn, sizeof(r->dsn[0]), r->ndsn, out);
	pack_all(
	    FIELDS(note_field), r->note, sizeof(r->note[0]), r->nnote, out);
	pack_all(
	    FIELDS(part_field), r->part, sizeof(r->part[0]), r->npart, out);
}

/* ---- reading ---------------------------------------------------------- */

struct reader {
	struct str rest;
	const char *wrong; /* the field that is not as it should be */
};

static bool
is_wrong(struct reader *r, const char *field)
{
	if (!r->wrong)
		r->wrong = field;
	return false;
}

static bool
read_bool(struct reader *r, bool *out)
{
	uint64_t n;

	if (!unpack_u64(&r->rest, &n) || n > 1)
		return false;
	*out = n == 1;
	return true;
}

static bool
read_str(struct reader *r, const struct field *f, struct str *out)
{
	return unpack_str(&r->rest, out) && f->is_form(*out);
}

static bool
read_field(struct reader *r, const struct field *f, char *base)
{
	void *at = base + f->at;
	bool ok = false;

	switch (f->kind) {
	case FIELD_STR:
		ok = read_str(r, f, at);
		break;
	case FIELD_BOOL:
		ok = read_bool(r, at);
		break;
	case FIELD_I64:
		ok = unpack_i64(&r->rest, at);
		break;
	case FIELD_U64:
		ok = unpack_u64(&r->rest, at);
		break;
	}
	return ok || is_wrong(r, f->name);
}

static bool
read_one(struct reader *r, const struct field *f, size_t nfield, void *base)
{
	for (size_t i = 0; i < nfield; i++)
		if (!read_field(r, &f[i], base))
			return false;
	return true;
}

static bool
read_number(struct reader *r, const char *what, uint64_t max, uint64_t *n_out)
{
	return (unpack_u64(&r->rest, n_out) && *n_out <= max) ||
	    is_wrong(r, what);
}

static bool
read_all(struct reader *r, const struct field *f, size_t nfield, void *base,
    size_t size, size_t max, size_t *n_out)
{
	uint64_t n;

	if (!read_number(r, f[0].name, max, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_one(r, f, nfield, (char *)base + i * size))
			return false;
	*n_out = n;
	return true;
}

static bool
read_fresh(struct reader *r, struct mail_record *out)
{
	out->fresh = out->text;
	if (!out->was_trimmed)
		return true;
	return (unpack_str(&r->rest, &out->fresh) && is_text(out->fresh)) ||
	    is_wrong(r, "fresh");
}

static bool
read_numbers(struct reader *r, struct mail_record *out)
{
	uint64_t class, nreceived;

	if (!read_number(r, "class", MAIL_NCLASS - 1, &class) ||
	    !read_number(r, "nreceived", UINT16_MAX, &nreceived))
		return false;
	out->class = (enum mail_class) class;
	out->nreceived = (unsigned)nreceived;
	return true;
}

static bool
read_parties(struct reader *r, struct mail_record_copy *copy)
{
	uint64_t n, kind;

	if (!read_number(r, "party", MAIL_PARTIES_MAX, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!read_number(r, "party kind", MAIL_CC, &kind) ||
		    !read_one(r, FIELDS(party_field), &copy->party[i]))
			return false;
		copy->party[i].kind = (enum mail_party_kind)kind;
	}
	copy->record.nparty = n;
	return true;
}

/* A body is there or it is not; those that are stay below the ceilings. */
static bool
parts_hold(struct reader *r, const struct mail_record *m)
{
	size_t ncarried = 0, carried = 0;

	for (size_t i = 0; i < m->npart; i++) {
		const struct mail_part *p = &m->part[i];

		if (p->is_carried ? p->size != p->body.len : p->body.len > 0)
			return is_wrong(r, "part size");
		ncarried += p->is_carried;
		carried += p->body.len;
	}
	return (ncarried <= MAIL_PARTS_CARRIED &&
	           carried <= MAIL_CARRIED_MAX) ||
	    is_wrong(r, "parts carried");
}

static bool
read_lists(struct reader *r, struct mail_record_copy *c)
{
	struct mail_record *m = &c->record;

	return read_parties(r, c) &&
	    read_all(r, FIELDS(name_field), m->reply_to, sizeof(m->reply_to[0]),
	        MAIL_REPLY_TO_MAX, &m->nreply_to) &&
	    read_all(r, FIELDS(reference_field), c->reference,
	        sizeof(c->reference[0]), MAIL_REFERENCES_MAX, &m->nreference) &&
	    read_all(r, FIELDS(dsn_field), c->dsn, sizeof(c->dsn[0]),
	        MAIL_DSN_ROWS_MAX, &m->ndsn) &&
	    read_all(r, FIELDS(note_field), m->note, sizeof(m->note[0]),
	        MAIL_NOTES_MAX, &m->nnote) &&
	    read_all(r, FIELDS(part_field), c->part, sizeof(c->part[0]),
	        MAIL_PARTS_MAX, &m->npart) &&
	    parts_hold(r, m);
}

static bool
read_record(struct reader *r, struct mail_record_copy *copy)
{
	uint64_t version;

	if (!read_number(r, "version", RECORD_VERSION, &version) ||
	    version != RECORD_VERSION)
		return is_wrong(r, "version");
	return read_one(r, FIELDS(record_field), &copy->record) &&
	    read_fresh(r, &copy->record) && read_numbers(r, &copy->record) &&
	    read_lists(r, copy) && (r->rest.len == 0 || is_wrong(r, "end"));
}

int
mail_record_read(
    struct mail_record_copy *copy, struct str bytes, struct err *err)
{
	struct reader r = { .rest = bytes };

	memset(&copy->record, 0, sizeof(copy->record));
	copy->record.party = copy->party;
	copy->record.reference = copy->reference;
	copy->record.dsn = copy->dsn;
	copy->record.part = copy->part;
	if (!read_record(&r, copy))
		return err_set(err, ERR_PROTOCOL,
		    "the record of a mail: %s is not as it should be", r.wrong);
	return 0;
}

const char *
mail_class_name(enum mail_class c)
{
	static const char *const name[MAIL_NCLASS] = { "ordinary", "auto",
		"list", "dsn", "mdn", "arf" };

	return c < MAIL_NCLASS ? name[c] : "?";
}
