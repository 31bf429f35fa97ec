/*
 * RFC 6122	nodeprep, resourceprep; RFC 3491: nameprep
 * RFC 3454 5	what stringprep profiles prohibit
 *
 * Every byte below 0x80 is judged by a table here, also when the rest of the
 * text goes through libidn, so both ways agree.  In the table nameprep is
 * stricter than RFC 3491: nothing that could end a domain inside a JID, a
 * URL or an XML attribute.
 */
#include <errno.h>
#include <stdlib.h>

#include <iconv.h>
#include <idna.h>
#include <stringprep.h>

#include "lib/text.h"
#include "lib/utf8.h"

#define BIT(c)   (UINT64_C(1) << ((c)&63))
#define CONTROLS (BIT(' ') - 1)

static const uint64_t refused[][2] = {
	[TEXT_NODEPREP] = { CONTROLS | BIT(' ') | BIT('"') | BIT('&') |
	        BIT('\'') | BIT('/') | BIT(':') | BIT('<') | BIT('>'),
	    BIT('@') | BIT(0x7f) },
	[TEXT_NAMEPREP] = { CONTROLS | BIT(' ') | BIT('"') | BIT('&') |
	        BIT('\'') | BIT('/') | BIT('<') | BIT('>'),
	    BIT('@') | BIT('\\') | BIT(0x7f) },
	[TEXT_RESOURCEPREP] = { CONTROLS, BIT(0x7f) },
	[TEXT_SASLPREP] = { CONTROLS, BIT(0x7f) },
};

static const Stringprep_profile *const profile_table[] = {
	[TEXT_NODEPREP] = stringprep_xmpp_nodeprep,
	[TEXT_NAMEPREP] = stringprep_nameprep,
	[TEXT_RESOURCEPREP] = stringprep_xmpp_resourceprep,
	[TEXT_SASLPREP] = stringprep_saslprep,
};

enum ascii { ASCII_ONLY, ASCII_AND_MORE, ASCII_REFUSED };

static enum ascii
ascii_check(enum text_profile profile, struct str s)
{
	const uint64_t *no = refused[profile];
	enum ascii found = ASCII_ONLY;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80)
			found = ASCII_AND_MORE;
		else if (no[c >> 6] & BIT(c))
			return ASCII_REFUSED;
	}
	return found;
}

static void
copy_lower(struct str in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
}

static int
prep_ascii(enum text_profile profile, struct str in, char *out)
{
	if (profile == TEXT_NODEPREP || profile == TEXT_NAMEPREP)
		copy_lower(in, out);
	else if (in.len > 0)
		memcpy(out, in.p, in.len);
	return (int)in.len;
}

/* In place; false: refused, or longer than TEXT_PREP_MAX. */
static bool
prepare(enum text_profile profile, char *z, Stringprep_profile_flags flags)
{
	/* The size is that of every buffer given here. */
	return stringprep(z, TEXT_PREP_MAX + 1, flags,
	           profile_table[profile]) == STRINGPREP_OK;
}

static int
prep_unicode(enum text_profile profile, struct str in, char *out,
    Stringprep_profile_flags flags)
{
	char once[TEXT_PREP_MAX + 1], twice[TEXT_PREP_MAX + 1];
	struct str s;

	memcpy(once, in.p, in.len);
	once[in.len] = '\0';
	if (!utf8_is_valid(in) || !prepare(profile, once, flags))
		return -1;
	s = str_c(once);
	/* NFKC makes ASCII out of U+2100 and others: "a/c". */
	if (ascii_check(profile, s) == ASCII_REFUSED)
		return -1;
	/*
	 * Some text only settles on the second round.  An address must not
	 * change each time somebody normalises it.
	 */
	memcpy(twice, once, s.len + 1);
	if (!prepare(profile, twice, flags) || !str_is(s, twice))
		return -1;
	memcpy(out, s.p, s.len);
	return (int)s.len;
}

static int
prep(enum text_profile profile, struct str in, char *out,
    Stringprep_profile_flags flags)
{
	if (in.len > TEXT_PREP_MAX)
		return -1;
	switch (ascii_check(profile, in)) {
	case ASCII_ONLY:
		return prep_ascii(profile, in, out);
	case ASCII_AND_MORE:
		return prep_unicode(profile, in, out, flags);
	case ASCII_REFUSED:
		break;
	}
	return -1;
}

int
text_prep_into(enum text_profile profile, struct str in, char *out)
{
	return prep(profile, in, out, STRINGPREP_NO_UNASSIGNED);
}

int
text_prep_received(enum text_profile profile, struct str in, char *out)
{
	return prep(profile, in, out, (Stringprep_profile_flags)0);
}

bool
text_prep(enum text_profile profile, struct str in, struct buf *out)
{
	char prepared[TEXT_PREP_MAX];
	int len = text_prep_into(profile, in, prepared);

	return len >= 0 && buf_add(out, prepared, (size_t)len) == 0;
}

/* ---- charsets --------------------------------------------------------- */

enum { CHARSET_MAX = 32 };

/*
 * Opening a converter costs a thousand times more than a line of text, and
 * nearly always the next line has the same charset.
 */
struct converter {
	char charset[CHARSET_MAX];
	iconv_t cd;
};

static _Thread_local struct converter last_in, last_out;

/* (iconv_t)-1: no such charset.  Borrowed until the next call. */
static iconv_t
converter(struct converter *last, const char *charset)
{
	const iconv_t none = (iconv_t)-1;
	iconv_t cd;

	if (strcmp(charset, last->charset) == 0 && charset[0])
		return last->cd;
	/* "" is the locale's charset, "//" begins glibc's own options. */
	if (!charset[0] || strlen(charset) >= CHARSET_MAX ||
	    strchr(charset, '/'))
		return none;
	cd = last == &last_in ? iconv_open("UTF-8", charset)
	                      : iconv_open(charset, "UTF-8");
	if (cd == none)
		return none;
	if (last->charset[0])
		(void)iconv_close(last->cd); /* only fails on bad cd */
	memcpy(last->charset, charset, strlen(charset) + 1);
	last->cd = cd;
	return cd;
}

/*
 * Where an accent may follow its letter (windows-1255, windows-1258) the last
 * letter is held back until the text is said to have ended.
 */
static bool
put_held_back(iconv_t cd, struct buf *out)
{
	char part[32], *q = part;
	size_t room = sizeof(part);

	return iconv(cd, NULL, NULL, &q, &room) != (size_t)-1 &&
	    buf_add(out, part, sizeof(part) - room) == 0;
}

bool
text_to_utf8(const char *charset, struct str in, struct buf *out)
{
	iconv_t cd = converter(&last_in, charset);
	/* iconv() takes char ** but does not write (POSIX rationale). */
	char *p = (char *)(uintptr_t)in.p;
	size_t left = in.len;

	if (cd == (iconv_t)-1)
		return false;
	(void)iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0) {
		char part[512], *q = part;
		size_t room = sizeof(part);
		bool bad = iconv(cd, &p, &left, &q, &room) == (size_t)-1 &&
		    errno != E2BIG;

		if (buf_add(out, part, sizeof(part) - room) < 0)
			return false;
		if (!bad)
			continue;
		if (utf8_put(out, 0xfffd) < 0)
			return false;
		p++;
		left--;
	}
	return put_held_back(cd, out);
}

bool
text_from_utf8(const char *charset, struct str in, struct buf *out)
{
	iconv_t cd = converter(&last_out, charset);
	char *p = (char *)(uintptr_t)in.p; /* as above */
	size_t left = in.len, was = out->len;
	bool ended = false;

	if (cd == (iconv_t)-1)
		return false;
	(void)iconv(cd, NULL, NULL, NULL, NULL);
	while (!ended) {
		char part[512], *q = part;
		size_t room = sizeof(part), n;

		/* The end of the text goes back to where a text begins. */
		ended = left == 0;
		n = iconv(cd, ended ? NULL : &p, &left, &q, &room);
		/* More than 0: something was replaced by a look-alike. */
		if ((n > 0 && (n != (size_t)-1 || errno != E2BIG)) ||
		    buf_add(out, part, sizeof(part) - room) < 0) {
			buf_truncate(out, was);
			return false;
		}
	}
	return true;
}

/* ---- accents ---------------------------------------------------------- */

/* Base letters by NFKD; '.': it has none. */
static const char base_latin[] = /* U+00C0 .. U+024F */
    "AAAAAA.CEEEEIIII.NOOOOO..UUUUY..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
    "AaAaAaCcCcCcCcDd..EeEeEeEeEeGgGgGgGgHh..IiIiIiIiI...JjKk.LlLlLl."
    "...NnNnNn...OoOoOo..RrRrRrSsSsSsSsTtTt..UuUuUuUuUuUuWwYyYZzZzZzs"
    "................................Oo.............Uu..............."
    ".............AaIiOoUuUuUuUuUu.AaAa....GgKkOoOo..j...Gg..NnAa...."
    "AaAaEeEeIiIiOoOoRrRrUuUuSsTt..Hh......AaEeOoOoOoOoYy............"
    "................";
static const char base_latin_more[] = /* U+1E00 .. U+1EFF */
    "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm"
    "MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv"
    "WwWwWwWwWwXxXxYyZzZzZzhtwy.s....AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe"
    "EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy......";

static int32_t
without_accent(int32_t c)
{
	char base = '.';

	if (c >= 0xc0 && c <= 0x24f)
		base = base_latin[c - 0xc0];
	else if (c >= 0x1e00 && c <= 0x1eff)
		base = base_latin_more[c - 0x1e00];
	return base == '.' ? c : base;
}

bool
text_to_ascii(struct str in, struct buf *out)
{
	size_t before = out->len;

	while (in.len > 0) {
		int32_t c = utf8_next(&in);

		if (c >= 0x300 && c <= 0x36f) /* combining accents */
			continue;
		if (c == UTF8_BAD || utf8_put(out, without_accent(c)) < 0) {
			buf_truncate(out, before);
			return false;
		}
	}
	return true;
}

/* ---- composition ------------------------------------------------------ */

/*
 * libidn has NFKC only, which also changes what merely looks alike (superior
 * digits, ligatures).  A run of characters that NFKC leaves alone, each by
 * itself, has nothing of that kind: its NFKC is its NFC.
 */
enum { COMBINING_FIRST = 0x300 };

/* Characters that are another one, whatever stands beside them. */
static int32_t
singleton(int32_t c)
{
	static const struct {
		int32_t c, is;
	} same[] = {
		{ 0x0340, 0x0300 },
		{ 0x0341, 0x0301 },
		{ 0x037e, ';' },
		{ 0x0387, 0x00b7 },
		{ 0x1fef, '`' },
		{ 0x2126, 0x03a9 },
		{ 0x212a, 'K' },
		{ 0x212b, 0x00c5 },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (same[i].c == c)
			return same[i].is;
	return c;
}

static bool
add_nfkc(struct str s, struct buf *out)
{
	char *z = stringprep_utf8_nfkc_normalize(s.p, (ssize_t)s.len);
	bool ok = z && buf_add_str(out, str_c(z)) == 0;

	free(z);
	return ok;
}

static bool
is_left_alone(int32_t c)
{
	struct buf one, is;
	bool same;

	if (c < COMBINING_FIRST && c > 0 && c < 0xa0)
		return true;
	buf_init(&one, 8);
	buf_init(&is, 256);
	same = c > 0 && utf8_put(&one, c) == 0 &&
	    add_nfkc(buf_str(&one), &is) && str_eq(buf_str(&one), buf_str(&is));
	buf_release(&one);
	buf_release(&is);
	return same;
}

/* What is in run is composed; run is empty then. */
static bool
flush_run(struct buf *run, struct buf *out)
{
	bool ok = run->len == 0 || add_nfkc(buf_str(run), out);

	buf_clear(run);
	return ok;
}

static bool
compose(struct str in, struct buf *run, struct buf *out)
{
	while (in.len > 0) {
		int32_t c = singleton(utf8_next(&in));
		bool joins = is_left_alone(c);

		if (!joins && !flush_run(run, out))
			return false;
		if (utf8_put(joins ? run : out, c) < 0)
			return false;
	}
	return flush_run(run, out);
}

/* Nothing in it can become one with what is before it. */
static bool
is_composed(struct str s)
{
	while (s.len > 0)
		if (utf8_next(&s) >= COMBINING_FIRST)
			return false;
	return true;
}

bool
text_compose(struct str in, struct buf *out)
{
	size_t was = out->len;
	struct buf run;
	bool ok;

	if (!utf8_is_valid(in))
		return false;
	if (is_composed(in))
		return buf_add_str(out, in) == 0;
	buf_init(&run, out->max);
	ok = compose(in, &run, out);
	buf_release(&run);
	if (!ok)
		buf_truncate(out, was);
	return ok;
}

bool
text_domain_ascii(struct str in, struct buf *out)
{
	char *z, *ascii = NULL, lower[TEXT_PREP_MAX];
	struct str name;
	bool ok;

	if (in.len > TEXT_PREP_MAX || !utf8_is_valid(in) || str_has(in, '\0'))
		return false;
	z = str_dup(in);
	ok = idna_to_ascii_8z(z, &ascii, IDNA_USE_STD3_ASCII_RULES) ==
	    IDNA_SUCCESS;
	name = str_c(ascii);
	ok = ok && name.len <= sizeof(lower);
	if (ok) {
		/* Labels that are ASCII already come back as they are. */
		copy_lower(name, lower);
		ok = buf_add(out, lower, name.len) == 0;
	}
	free(ascii);
	free(z);
	return ok;
}
