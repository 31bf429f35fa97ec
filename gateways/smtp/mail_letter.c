/*
 * A letter is checked, written and read by the same table of fields, so that
 * nothing is forgotten in one of them.
 */
#include "smtp/mail_letter.h"
#include "lib/pack.h"
#include "lib/utf8.h"

enum { LETTER_VERSION = 1 };

/* ---- forms ------------------------------------------------------------ */

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > '~')
			return false;
	return true;
}

/* As it stands in an envelope without SMTPUTF8 (RFC 5321 4.1.2). */
static bool
is_mailbox(struct str s)
{
	return mail_is_address(s) && is_ascii(s) && str_has(s, '@');
}

static bool
is_mailbox_or_none(struct str s)
{
	return s.len == 0 || is_mailbox(s);
}

static bool
is_id_or_none(struct str s)
{
	return s.len == 0 || mail_is_id(s);
}

static bool
is_cc(struct str s)
{
	struct str part;

	for (struct str rest = s; str_cut(&rest, ',', &part);)
		if (!mail_is_line(part))
			return false;
	return s.len <= MAIL_LETTER_CC_MAX;
}

static bool
is_body(struct str s)
{
	if (!utf8_is_xml(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' &&
		        s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return false;
	return true;
}

/* ---- fields ----------------------------------------------------------- */

struct field {
	const char *name; /* for people */
	size_t at;
	bool (*is_form)(struct str s);
};

static const struct field fields[] = {
#define FIELD(text, member, form)                                              \
	{                                                                      \
		text, offsetof(struct mail_letter, member), form               \
	}
	FIELD("the sender of the envelope", env_from, is_mailbox_or_none),
	FIELD("the recipient", env_to, is_mailbox),
	FIELD("the address of the sender", from, is_mailbox),
	FIELD("the name of the sender", from_name, mail_is_line),
	FIELD("the address of the recipient", to, is_mailbox),
	FIELD("the name of the recipient", to_name, mail_is_line),
	FIELD("the address for replies", reply_to, is_mailbox_or_none),
	FIELD("Cc", cc, is_cc),
	FIELD("the subject", subject, mail_is_line),
	FIELD("the Message-ID", message_id, mail_is_id),
	FIELD("In-Reply-To", in_reply_to, is_id_or_none),
	FIELD("the body", body, is_body),
	FIELD("the JID", jabber_id, mail_is_line),
#undef FIELD
};
enum { NFIELD = sizeof(fields) / sizeof(fields[0]) };

static struct str *
slot(struct mail_letter *l, size_t i)
{
	return (struct str *)(void *)((char *)l + fields[i].at);
}

static struct str
value(const struct mail_letter *l, size_t i)
{
	return *(
	    const struct str *)(const void *)((const char *)l + fields[i].at);
}

/* ---- checking --------------------------------------------------------- */

static int
check_references(const struct mail_letter *l, struct err *err)
{
	if (l->nreference > MAIL_REFERENCES_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a mail refers to %d others at most", MAIL_REFERENCES_MAX);
	for (size_t i = 0; i < l->nreference; i++)
		if (!mail_is_id(l->reference[i]))
			return err_set(err, ERR_BAD_INPUT,
			    "References: that is not the name of a mail");
	return 0;
}

static int
check_files(const struct mail_letter *l, struct err *err)
{
	size_t all = 0;

	if (l->nfile > MAIL_LETTER_FILES_MAX)
		return err_set(err, ERR_TOO_BIG, "a mail has %d files at most",
		    MAIL_LETTER_FILES_MAX);
	for (size_t i = 0; i < l->nfile; i++) {
		const struct mail_file *f = &l->file[i];

		if (!mail_is_line(f->name) || !mail_is_line(f->mime))
			return err_set(err, ERR_BAD_INPUT,
			    "the name or the type of a file cannot stand in a "
			    "mail");
		if (f->body.len > MAIL_LETTER_FILES_BYTES - all)
			return err_set(err, ERR_TOO_BIG,
			    "the files of a mail have %d bytes at most",
			    MAIL_LETTER_FILES_BYTES);
		all += f->body.len;
	}
	return 0;
}

int
mail_letter_check(const struct mail_letter *l, struct err *err)
{
	for (size_t i = 0; i < NFIELD; i++)
		if (!fields[i].is_form(value(l, i)))
			return err_set(err, ERR_BAD_INPUT,
			    "%s cannot stand in a mail", fields[i].name);
	if (l->body.len > MAIL_LETTER_BODY_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "the text of a mail has %d bytes at most",
		    MAIL_LETTER_BODY_MAX);
	if (check_references(l, err) < 0)
		return -1;
	return check_files(l, err);
}

/* ---- packing ---------------------------------------------------------- */

void
mail_letter_pack(const struct mail_letter *l, struct buf *out)
{
	pack_u64(out, LETTER_VERSION);
	for (size_t i = 0; i < NFIELD; i++)
		pack_str(out, value(l, i));
	pack_i64(out, l->date_utc);
	pack_u64(out, l->is_automatic);
	pack_u64(out, l->wants_dsn);
	pack_u64(out, l->nreference);
	for (size_t i = 0; i < l->nreference; i++)
		pack_str(out, l->reference[i]);
	pack_u64(out, l->nfile);
	for (size_t i = 0; i < l->nfile; i++) {
		pack_str(out, l->file[i].name);
		pack_str(out, l->file[i].mime);
		pack_str(out, l->file[i].body);
	}
}

static bool
unpack_bool(struct str *rest, bool *out)
{
	uint64_t n;

	if (!unpack_u64(rest, &n) || n > 1)
		return false;
	*out = n == 1;
	return true;
}

static bool
unpack_count(struct str *rest, size_t max, size_t *out)
{
	uint64_t n;

	if (!unpack_u64(rest, &n) || n > max)
		return false;
	*out = n;
	return true;
}

static bool
unpack_lists(struct mail_letter_copy *copy, struct str *rest)
{
	struct mail_letter *l = &copy->letter;

	l->reference = copy->reference;
	l->file = copy->file;
	if (!unpack_count(rest, MAIL_REFERENCES_MAX, &l->nreference))
		return false;
	for (size_t i = 0; i < l->nreference; i++)
		if (!unpack_str(rest, &copy->reference[i]))
			return false;
	if (!unpack_count(rest, MAIL_LETTER_FILES_MAX, &l->nfile))
		return false;
	for (size_t i = 0; i < l->nfile; i++)
		if (!unpack_str(rest, &copy->file[i].name) ||
		    !unpack_str(rest, &copy->file[i].mime) ||
		    !unpack_str(rest, &copy->file[i].body))
			return false;
	return true;
}

static bool
unpack_letter(struct mail_letter_copy *copy, struct str *rest)
{
	struct mail_letter *l = &copy->letter;
	uint64_t version;

	if (!unpack_u64(rest, &version) || version != LETTER_VERSION)
		return false;
	for (size_t i = 0; i < NFIELD; i++)
		if (!unpack_str(rest, slot(l, i)))
			return false;
	return unpack_i64(rest, &l->date_utc) &&
	    unpack_bool(rest, &l->is_automatic) &&
	    unpack_bool(rest, &l->wants_dsn) && unpack_lists(copy, rest) &&
	    rest->len == 0;
}

int
mail_letter_read(
    struct mail_letter_copy *copy, struct str bytes, struct err *err)
{
	*copy = (struct mail_letter_copy){ 0 };
	if (!unpack_letter(copy, &bytes))
		return err_set(err, ERR_PROTOCOL, "these bytes are no letter");
	return mail_letter_check(&copy->letter, err);
}
