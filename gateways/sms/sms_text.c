/*
 * What stands for what, sorted by character.
 */
#include "sms/sms_text.h"
#include "lib/text.h"
#include "lib/utf8.h"
#include "sms/sms_gsm.h"

static const struct {
	int32_t c;
	const char *is;
} plain[] = {
	{ '\t', " " },
	{ '`', "'" },
	{ 0x00a0, " " },
	{ 0x00ab, "\"" },
	{ 0x00ad, "" },
	{ 0x00b4, "'" },
	{ 0x00b7, "-" },
	{ 0x00bb, "\"" },
	{ 0x2000, " " },
	{ 0x2001, " " },
	{ 0x2002, " " },
	{ 0x2003, " " },
	{ 0x2004, " " },
	{ 0x2005, " " },
	{ 0x2006, " " },
	{ 0x2007, " " },
	{ 0x2008, " " },
	{ 0x2009, " " },
	{ 0x200a, " " },
	{ 0x200b, "" },
	{ 0x200e, "" },
	{ 0x200f, "" },
	{ 0x2010, "-" },
	{ 0x2011, "-" },
	{ 0x2012, "-" },
	{ 0x2013, "-" },
	{ 0x2014, "-" },
	{ 0x2015, "-" },
	{ 0x2018, "'" },
	{ 0x2019, "'" },
	{ 0x201a, "'" },
	{ 0x201b, "'" },
	{ 0x201c, "\"" },
	{ 0x201d, "\"" },
	{ 0x201e, "\"" },
	{ 0x201f, "\"" },
	{ 0x2022, "-" },
	{ 0x2026, "..." },
	{ 0x2028, "\n" },
	{ 0x2029, "\n" },
	{ 0x202a, "" },
	{ 0x202c, "" },
	{ 0x202f, " " },
	{ 0x2032, "'" },
	{ 0x2033, "\"" },
	{ 0x2039, "'" },
	{ 0x203a, "'" },
	{ 0x2044, "/" },
	{ 0x205f, " " },
	{ 0x2060, "" },
	{ 0x2212, "-" },
	{ 0x3000, " " },
	{ 0xfeff, "" },
};

static const char *
plain_of(int32_t c)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].c == c)
			return plain[i].is;
	return NULL;
}

/* OTR version 3: the tag, then eight blanks and tabs for each version. */
static const char otr_tag[] = " \t  \t\t\t\t \t \t \t  ";
enum { OTR_VERSION = 8 };

static bool
is_otr_version(struct str s)
{
	if (s.len < OTR_VERSION)
		return false;
	for (size_t i = 0; i < OTR_VERSION; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t')
			return false;
	return true;
}

static int
add_without_tag(struct str text, struct buf *out)
{
	const char *at = memmem(text.p, text.len, otr_tag, strlen(otr_tag));
	size_t before = at ? (size_t)(at - text.p) : text.len;
	struct str after = str_skip(text, before);

	if (at)
		after = str_skip(after, strlen(otr_tag));
	while (at && is_otr_version(after))
		after = str_skip(after, OTR_VERSION);
	if (buf_add_str(out, str_head(text, before)) < 0)
		return -1;
	return buf_add_str(out, after);
}

static int
add_plain(struct str text, struct buf *out)
{
	while (text.len > 0) {
		struct str one = text;
		const char *is = plain_of(utf8_next(&text));

		one.len -= text.len;
		if (buf_add_str(out, is ? str_c(is) : one) < 0)
			return -1;
	}
	return 0;
}

/* The text behind at, if the tables hold it after that. */
static void
make_plain(size_t at, struct buf *out)
{
	struct str text = str_skip(buf_str(out), at);
	struct buf as_plain;

	if (sms_gsm_holds(text))
		return;
	buf_init(&as_plain, out->max);
	if (add_plain(text, &as_plain) == 0 &&
	    sms_gsm_holds(buf_str(&as_plain))) {
		buf_truncate(out, at);
		(void)buf_add_str(out, buf_str(&as_plain));
	}
	buf_release(&as_plain);
}

int
sms_text_write(struct str text, bool smart, struct buf *out)
{
	size_t was = out->len;
	struct buf bare;
	bool ok;

	buf_init(&bare, out->max);
	ok = text.len == 0 ||
	    (add_without_tag(text, &bare) == 0 &&
	        text_compose(buf_str(&bare), out));
	buf_release(&bare);
	if (!ok) {
		buf_truncate(out, was);
		return -1;
	}
	if (smart)
		make_plain(was, out);
	return 0;
}
