/*
 * Words out of a mail, as they may be shown.
 *
 * Text after text goes through one reader, which knows what bytes mean; what
 * a place allows is said by a small function that turns a character into
 * itself, a blank or nothing.
 */
#include "smtp/mail_words.h"

#include "lib/utf8.h"

enum { REPLACEMENT = 0xfffd, BLANK = ' ', NOTHING = 0, ESC = 0x1b };

/* 0x80 to 0x9f of windows-1252; five bytes have no meaning there. */
static const int32_t cp1252[32] = { 0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e,
	0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd,
	0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
	0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e,
	0x0178 };

int32_t
mail_words_meant(int32_t c)
{
	return c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c;
}

struct reader {
	struct str rest;
	bool is_old; /* no character of it is UTF-8 */
};

/* Is there a character of several bytes anywhere? */
static bool
has_utf8(struct str s)
{
	while (s.len)
		if (utf8_next(&s) >= 0x80)
			return true;
	return false;
}

static void
reader_init(struct reader *r, struct str raw)
{
	r->rest = raw;
	r->is_old = !utf8_is_valid(raw) && !has_utf8(raw);
}

static int32_t
reader_next(struct reader *r)
{
	unsigned char byte = (unsigned char)*r->rest.p;
	int32_t c = utf8_next(&r->rest);

	if (c != UTF8_BAD)
		return utf8_is_xml_char(c) || c < 0x20 ? c : NOTHING;
	if (!r->is_old)
		return REPLACEMENT;
	return mail_words_meant(byte);
}

static bool
is_control(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	    c == 0x2029;
}

/* Embeddings, overrides, isolates: they turn around what stands behind. */
static bool
is_turn(int32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* What has no width: names that only differ by it look alike. */
static bool
is_invisible(int32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e ||
	    (c >= 0x200b && c <= 0x200f && c != 0x200d) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || is_turn(c);
}

static bool
is_space(int32_t c)
{
	return c == BLANK || c == 0xa0 || c == 0x1680 || c == 0x202f ||
	    c == 0x205f || c == 0x3000 || (c >= 0x2000 && c <= 0x200a);
}

typedef int32_t rule_fn(int32_t c);

static int32_t
rule_line(int32_t c)
{
	if (is_turn(c) || c == 0xfeff)
		return NOTHING;
	return is_control(c) ? BLANK : c;
}

static int32_t
rule_name(int32_t c)
{
	if (is_invisible(c))
		return NOTHING;
	return is_control(c) || is_space(c) ? BLANK : c;
}

/* What FAT, shells or URLs have a meaning for. */
static int32_t
rule_file(int32_t c)
{
	if (c > 0 && c < 0x80 && strchr("<>:\"|?*&;`$'%#\\/", c))
		return '_';
	return rule_name(c);
}

/*
 * One line of at most max bytes of what the rule leaves, blanks made one and
 * none at the ends.
 */
static void
write_line(struct str raw, size_t max, rule_fn *rule, struct buf *out)
{
	bool is_apart = false;
	struct reader r;
	struct buf b;
	size_t cut;

	/* One character past the end shows where it may be cut. */
	buf_init(&b, max + 8);
	reader_init(&r, raw);
	while (r.rest.len && b.len <= max) {
		int32_t c = reader_next(&r);

		if (c != NOTHING)
			c = rule(c);
		if (c == NOTHING)
			continue;
		if (c == BLANK) {
			is_apart = b.len > 0;
			continue;
		}
		if (is_apart)
			buf_addc(&b, BLANK);
		is_apart = false;
		utf8_put(&b, c);
	}
	cut = b.len <= max
	    ? b.len
	    : utf8_cut_whole(buf_str(&b), utf8_cut(buf_str(&b), max));
	buf_add_str(out, str_trim(str_head(buf_str(&b), cut)));
	buf_release(&b);
}

void
mail_words_line(struct str raw, size_t max_bytes, struct buf *out)
{
	write_line(raw, max_bytes, rule_line, out);
}

/*
 * Behind an ESC: what ECMA-48 calls a control sequence, or a string for the
 * terminal, as its window's title.
 */
static void
skip_sequence(struct str *rest)
{
	char first = rest->len ? rest->p[0] : '\0';
	size_t i = 1;

	if (first == '[')
		while (i < rest->len && i < 32 && rest->p[i] >= 0x20 &&
		    rest->p[i] < 0x40)
			i++;
	else if (first == ']')
		while (i < rest->len && i < 256 &&
		    (unsigned char)rest->p[i] >= 0x20)
			i++;
	else if (first >= '(' && first <= '/')
		i = 1; /* names a character set */
	else
		return;
	if (i < rest->len && rest->p[i] != '\n' && rest->p[i] != ESC &&
	    (unsigned char)rest->p[i] < 0x80)
		i++;
	*rest = str_skip(*rest, i);
}

/* What stands for c among lines. */
static int32_t
of_text(int32_t c, struct reader *r)
{
	if (c == '\r')
		return r->rest.len && *r->rest.p == '\n' ? NOTHING : '\n';
	if (c == '\n' || c == '\t')
		return c;
	if (c == ESC)
		skip_sequence(&r->rest);
	if (c == 0x2028 || c == 0x2029)
		return '\n';
	return is_control(c) || c == 0xfeff ? NOTHING : c;
}

void
mail_words_text(struct str raw, size_t max_bytes, struct buf *out)
{
	size_t start = out->len, len;
	struct reader r;

	reader_init(&r, raw);
	while (r.rest.len && out->len - start <= max_bytes) {
		int32_t c = of_text(reader_next(&r), &r);

		if (c != NOTHING && utf8_put(out, c) < 0)
			return;
	}
	len = out->len - start;
	if (len > max_bytes) {
		struct str all = str_skip(buf_str(out), start);

		len = utf8_cut_whole(all, utf8_cut(all, max_bytes));
		buf_truncate(out, start + len);
	}
}

static bool
has_text(struct str s, struct str what)
{
	for (; s.len >= what.len; s = str_skip(s, 1))
		if (str_eq_nocase(str_head(s, what.len), what))
			return true;
	return false;
}

bool
mail_words_is_address_like(struct str s)
{
	/* Also wide, small and spelled out, as (at). */
	static const char *const at[] = { "@", "\xef\xbc\xa0", "\xef\xb9\xab",
		"(at)", "[at]", "{at}", "<at>", " at ",
		"mailto:", "xmpp:", "://" };
	bool is_found = false;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		bool here = has_text(s, str_c(at[i]));

		/* "Bob at Example" is a person, "bob at example.org" none. */
		if (here && str_is(str_c(at[i]), " at "))
			here = str_has(s, '.') || has_text(s, STR(" dot "));
		is_found = is_found || here;
	}
	return is_found;
}

/* Without quotation marks around all of it. */
static struct str
unquoted(struct str s)
{
	s = str_trim(s);
	while (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.len - 1] == s.p[0])
		s = str_trim(str_of(s.p + 1, s.len - 2));
	return s;
}

void
mail_words_name(struct str raw, struct buf *out)
{
	struct buf b;
	struct str name;

	buf_init(&b, MAIL_WORDS_NAME_MAX);
	write_line(raw, MAIL_WORDS_NAME_MAX, rule_name, &b);
	name = unquoted(buf_str(&b));
	if (!mail_words_is_address_like(name))
		buf_add_str(out, name);
	buf_release(&b);
}

/* How files are called that have no name; the first that fits. */
static const struct {
	const char *mime, *name, *ending;
} kinds[] = {
	{ "image/jpeg", "image", ".jpg" },
	{ "image/jpg", "image", ".jpg" },
	{ "image/pjpeg", "image", ".jpg" },
	{ "image/png", "image", ".png" },
	{ "image/gif", "image", ".gif" },
	{ "image/webp", "image", ".webp" },
	{ "image/heic", "image", ".heic" },
	{ "image/heif", "image", ".heif" },
	{ "image/avif", "image", ".avif" },
	{ "image/bmp", "image", ".bmp" },
	{ "image/tiff", "image", ".tif" },
	{ "image/svg+xml", "image", ".svg" },
	{ "image/", "image", "" },
	{ "audio/mpeg", "audio", ".mp3" },
	{ "audio/mp4", "audio", ".m4a" },
	{ "audio/x-m4a", "audio", ".m4a" },
	{ "audio/ogg", "audio", ".ogg" },
	{ "audio/opus", "audio", ".opus" },
	{ "audio/wav", "audio", ".wav" },
	{ "audio/x-wav", "audio", ".wav" },
	{ "audio/amr", "audio", ".amr" },
	{ "audio/", "audio", "" },
	{ "video/mp4", "video", ".mp4" },
	{ "video/quicktime", "video", ".mov" },
	{ "video/webm", "video", ".webm" },
	{ "video/3gpp", "video", ".3gp" },
	{ "video/", "video", "" },
	{ "application/pdf", "document", ".pdf" },
	{ "application/zip", "archive", ".zip" },
	{ "application/x-zip-compressed", "archive", ".zip" },
	{ "application/gzip", "archive", ".gz" },
	{ "application/msword", "document", ".doc" },
	{ "application/rtf", "document", ".rtf" },
	{ "application/vnd.ms-excel", "table", ".xls" },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml",
	    "document", ".docx" },
	{ "application/vnd.openxmlformats-officedocument.spreadsheetml",
	    "table", ".xlsx" },
	{ "application/vnd.openxmlformats-officedocument.presentationml",
	    "slides", ".pptx" },
	{ "application/vnd.oasis.opendocument.text", "document", ".odt" },
	{ "application/vnd.oasis.opendocument.spreadsheet", "table", ".ods" },
	{ "application/json", "data", ".json" },
	{ "application/xml", "data", ".xml" },
	{ "application/pgp-signature", "signature", ".asc" },
	{ "application/pgp-encrypted", "encrypted", ".asc" },
	{ "application/pgp-keys", "key", ".asc" },
	{ "application/pkcs7-mime", "smime", ".p7m" },
	{ "application/x-pkcs7-mime", "smime", ".p7m" },
	{ "application/pkcs7-signature", "smime", ".p7s" },
	{ "application/x-pkcs7-signature", "smime", ".p7s" },
	{ "application/ics", "invitation", ".ics" },
	{ "application/ms-tnef", "winmail", ".dat" },
	{ "text/calendar", "invitation", ".ics" },
	{ "text/vcard", "contact", ".vcf" },
	{ "text/x-vcard", "contact", ".vcf" },
	{ "text/directory", "contact", ".vcf" },
	{ "text/csv", "table", ".csv" },
	{ "text/html", "page", ".html" },
	{ "text/x-patch", "change", ".patch" },
	{ "text/x-diff", "change", ".diff" },
	{ "message/rfc822", "message", ".eml" },
	{ "message/global", "message", ".eml" },
	{ "message/delivery-status", "report", ".txt" },
	{ "text/rfc822-headers", "headers", ".txt" },
	{ "text/", "text", ".txt" },
	{ "", "file", "" },
};

static size_t
kind_of(struct str mime)
{
	size_t i = 0;

	/* The last one is the beginning of everything. */
	while (!str_eq_nocase(
	    str_head(mime, strlen(kinds[i].mime)), str_c(kinds[i].mime)))
		i++;
	return i;
}

/* ".jpg", ".tar" of what ends so; empty: it has no ending. */
static struct str
ending_of(struct str name)
{
	bool has_letter = false;
	size_t i = name.len;

	while (i > 0 && name.len - i < 10 && name.p[i - 1] != '.') {
		char c = name.p[--i];

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			has_letter = true;
		else if ((c < '0' || c > '9') && c != '-' && c != '_')
			return STR_EMPTY;
	}
	if (i < 2 || name.p[i - 1] != '.' || !has_letter)
		return STR_EMPTY;
	return str_skip(name, i - 1);
}

static struct str
without_folders(struct str s)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\')
			return str_skip(s, i);
	return s;
}

/* No dots and blanks at the ends; no dash in front, it would be an option. */
static struct str
bare(struct str s)
{
	while (s.len && strchr(". -~", s.p[0]) && s.p[0])
		s = str_skip(s, 1);
	while (s.len && (s.p[s.len - 1] == '.' || s.p[s.len - 1] == ' '))
		s.len--;
	return s;
}

/* Names that are devices under Windows, whatever their ending. */
static bool
is_device(struct str name)
{
	static const char *const devices[] = { "con", "prn", "aux", "nul",
		"com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3" };
	struct str stem;

	str_cut(&name, '.', &stem);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (str_eq_nocase(str_trim(stem), str_c(devices[i])))
			return true;
	return false;
}

/* Does a file of that kind get an ending where it has none? */
static struct str
ending_for(struct str name, size_t kind)
{
	struct str has = ending_of(name);

	if (has.len || str_is(str_c(kinds[kind].mime), "text/"))
		return has;
	return str_c(kinds[kind].ending);
}

void
mail_words_file(struct str raw, struct str mime, struct buf *out)
{
	size_t kind = kind_of(mime), room, stem_len;
	struct str name, stem, ending;
	struct buf b;

	/* Enough to see an ending that stands behind a long name. */
	buf_init(&b, 2048);
	write_line(without_folders(raw), 2000, rule_file, &b);
	name = bare(buf_str(&b));
	if (name.len == 0) {
		buf_addf(out, "%s%s", kinds[kind].name, kinds[kind].ending);
		buf_release(&b);
		return;
	}
	ending = ending_for(name, kind);
	stem = str_ends(name, ending) ? str_head(name, name.len - ending.len)
	                              : name;
	if (is_device(stem))
		buf_addc(out, '_');
	room = MAIL_WORDS_FILE_MAX - ending.len - 1;
	stem_len = stem.len <= room
	    ? stem.len
	    : utf8_cut_whole(stem, utf8_cut(stem, room));
	buf_add_str(out, bare(str_head(stem, stem_len)));
	buf_add_str(out, ending);
	buf_release(&b);
}
