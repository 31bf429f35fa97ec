/*
 * RFC 3966	tel: URIs, phone-context
 * RFC 5724	sms: URIs, which may name several recipients
 * ITU-T E.164	a calling code of 1 to 3 digits, 15 digits in all
 *
 *	written    = [ scheme ] one *( "," one ) [ "?" ... ]
 *	one        = number *( ";" parameter )
 *
 * An address holds what came out of here before, and gives it again; what
 * could be taken for something else when it is read again has "_" in front of
 * it (a sender that calls itself "---").
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "sms/sms_digits.h"
#include "sms/sms_number.h"

enum {
	E164_MIN = 7,
	E164_MAX = 15,
	SHORT_TYPED_MIN = 3, /* what people type without a country: less is */
	SHORT_TYPED_MAX = 6, /* a slip, more a national number */
	SHORT_MAX = 8,
};

static const char context_name[] = "phone-context";

/* What is known where a number stands. */
struct place {
	const struct sms_region *home; /* or NULL */
	enum sms_letters letters;
};

static void
set_text(struct sms_number *n, enum sms_kind kind, const char *before,
    struct str digits, const char *after, const char *cc)
{
	*n = (struct sms_number){ .kind = kind };
	snprintf(n->text, sizeof(n->text), "%s" STR_FMT "%s%s", before,
	    STR_ARG(digits), after, cc);
}

static void
set_e164(struct sms_number *n, struct str cc, struct str national)
{
	*n = (struct sms_number){ .kind = SMS_KIND_E164 };
	snprintf(n->text, sizeof(n->text), "+" STR_FMT STR_FMT, STR_ARG(cc),
	    STR_ARG(national));
}

static void
set_short(struct sms_number *n, struct str digits, const char *cc)
{
	set_text(n, SMS_KIND_SHORT, "", digits, ";phone-context=+", cc);
}

/* ---- numbers ---------------------------------------------------------- */

static bool
is_length_of(const struct sms_region *r, size_t len)
{
	return len >= r->min && len <= r->max;
}

/*
 * Where a zero is dialled in front of national numbers none begins with it:
 * behind a calling code it was written by habit.
 */
static struct str
without_zeros(const struct sms_region *r, struct str national)
{
	while (
	    r && str_is(str_c(r->trunk), "0") && str_starts(national, STR("0")))
		national = str_skip(national, 1);
	return national;
}

/* digits begin with a calling code. */
static int
set_international(struct sms_number *n, struct str digits, struct err *err)
{
	const struct sms_region *r = sms_region_of(digits);
	size_t cc_len = sms_calling_code(digits);
	struct str cc = str_head(digits, cc_len);
	struct str national = without_zeros(r, str_skip(digits, cc_len));

	if (cc_len == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "+" STR_FMT " begins with no country's calling code",
		    STR_ARG(digits));
	if (cc.len + national.len < E164_MIN ||
	    cc.len + national.len > E164_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "+" STR_FMT " has %zu digits; a number has %d to %d",
		    STR_ARG(digits), digits.len, E164_MIN, E164_MAX);
	set_e164(n, cc, national);
	return 0;
}

/* digits without prefix, begins the number there; false: not in front. */
static bool
skip_prefix(struct str *digits, const char *prefix)
{
	struct str s = str_c(prefix);

	if (s.len == 0 || !str_starts(*digits, s))
		return false;
	*digits = str_skip(*digits, s.len);
	return true;
}

static bool
skip_idd_of(struct str *digits, const char *idd)
{
	struct str rest = *digits;

	if (!skip_prefix(&rest, idd) || sms_calling_code(rest) == 0 ||
	    rest.len < E164_MIN)
		return false;
	*digits = rest;
	return true;
}

/* Is it dialled as from there to another country?  "00" is known anywhere. */
static bool
skip_idd(struct str *digits, const struct sms_region *home)
{
	return (home && skip_idd_of(digits, home->idd)) ||
	    skip_idd_of(digits, "00");
}

/* Was the calling code typed, and only the plus forgotten? */
static bool
is_own_international(const struct sms_region *home, struct str digits)
{
	struct str cc = str_c(home->cc);

	return str_starts(digits, cc) &&
	    is_length_of(home, digits.len - cc.len);
}

static int
set_national(struct sms_number *n, const struct sms_region *home,
    struct str digits, struct err *err)
{
	struct str rest = digits, cc = str_c(home->cc);
	bool has_trunk = skip_prefix(&rest, home->trunk);
	bool zero = str_is(str_c(home->trunk), "0");

	if (has_trunk && (zero || is_length_of(home, rest.len)))
		digits = rest;
	else if (is_own_international(home, digits) &&
	    (zero || !is_length_of(home, digits.len)))
		digits = str_skip(digits, cc.len);
	digits = without_zeros(home, digits);
	if (!is_length_of(home, digits.len))
		return err_set(err, ERR_BAD_INPUT,
		    "a number in %s has %d to %d digits, not %zu; write + and "
		    "the country's code in front of one of another country",
		    home->code, home->min, home->max, digits.len);
	set_e164(n, cc, digits);
	return 0;
}

static int
set_without_plus(struct sms_number *n, const struct sms_region *home,
    struct str digits, struct err *err)
{
	if (skip_idd(&digits, home))
		return set_international(n, digits, err);
	if (!home)
		return err_set(err, ERR_BAD_INPUT,
		    "write + and the country's code in front of it");
	if (digits.len < SHORT_TYPED_MIN)
		return err_set(err, ERR_BAD_INPUT,
		    STR_FMT " is too short for a number", STR_ARG(digits));
	if (digits.len <= SHORT_TYPED_MAX) {
		set_short(n, digits, home->cc);
		return 0;
	}
	return set_national(n, home, digits, err);
}

/* ---- names ------------------------------------------------------------ */

static bool
is_shown(int32_t c)
{
	return c != UTF8_BAD && c >= ' ' && utf8_is_xml_char(c) &&
	    !(c >= 0x7f && c < 0xa0);
}

static void
trim_in_place(char *p, size_t len)
{
	struct str s = str_trim(str_of(p, len));

	memmove(p, s.p, s.len);
	p[s.len] = '\0';
}

static void
show_name(struct str in, char out[SMS_NAME_MAX + 1])
{
	size_t n = 0;

	while (in.len > 0) {
		struct str one = in;
		int32_t c = utf8_next(&in);

		one.len -= in.len;
		if (!is_shown(c))
			continue;
		if (n + one.len > SMS_NAME_MAX)
			break;
		memcpy(out + n, one.p, one.len);
		n += one.len;
	}
	trim_in_place(out, n);
}

static char
fold_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	return c == ',' || c == ';' ? '.' : c;
}

static void
set_name(struct sms_number *n, const char *before, struct str name)
{
	char text[1 + SMS_NAME_MAX + 1];

	*n = (struct sms_number){ .kind = SMS_KIND_NAME };
	show_name(name, n->shown);
	snprintf(text, sizeof(text), "%s%s", before, n->shown);
	for (char *p = text; *p; p++)
		*p = fold_char(*p);
	show_name(str_c(text), n->text);
}

/* ---- reading ---------------------------------------------------------- */

/* Takes parameters off; what phone-context says, or empty. */
static struct str
cut_parameters(struct str *one)
{
	struct str rest = *one, part, name, context = STR_EMPTY;

	if (!str_cut(&rest, ';', one))
		return context;
	while (str_cut(&rest, ';', &part)) {
		if (!str_cut(&part, '=', &name) || !part.p)
			continue;
		if (str_eq_nocase(str_trim(name), str_c(context_name)))
			context = str_trim(part);
	}
	return context;
}

/*
 * A short code says in its context whose it is.  A domain as context is what
 * other gateways wrote: then it is ours at home.
 */
static int
read_in_context(struct str digits, struct str context,
    const struct sms_region *home, struct sms_number *out, struct err *err)
{
	char cc[4] = "";

	if (!str_starts(context, STR("+")))
		return digits.len > SHORT_MAX || !home
		    ? set_without_plus(out, home, digits, err)
		    : (set_short(out, digits, home->cc), 0);
	context = str_skip(context, 1);
	if (context.len == 0 || sms_calling_code(context) != context.len)
		return err_set(err, ERR_BAD_INPUT,
		    "%s=+" STR_FMT " is no country's calling code",
		    context_name, STR_ARG(context));
	memcpy(cc, context.p, context.len);
	if (digits.len > SHORT_MAX)
		return set_without_plus(
		    out, sms_region_of(context), digits, err);
	set_short(out, digits, cc);
	return 0;
}

static int
read_digits(const struct sms_digits *d, struct str context,
    const struct place *at, struct sms_number *out, struct err *err)
{
	struct str digits = sms_digits_str(d);

	if (d->too_long || d->n == 0)
		return err_set(err, ERR_BAD_INPUT,
		    d->n ? "too many digits for a number" : "no number");
	if (d->has_mark && (d->has_plus || d->n > SHORT_MAX))
		return err_set(err, ERR_BAD_INPUT,
		    "there is no * or # in a telephone number");
	if (d->has_plus)
		return set_international(out, digits, err);
	if (context.len > 0)
		return read_in_context(digits, context, at->home, out, err);
	if (d->has_mark && at->home) {
		set_short(out, digits, at->home->cc);
		return 0;
	}
	return set_without_plus(out, at->home, digits, err);
}

static bool
has_vanity(const struct sms_digits *plain)
{
	return plain->has_plus || plain->n >= 3;
}

static int
read_one(struct str one, const struct place *at, struct sms_number *out,
    struct err *err)
{
	struct sms_digits d, spelt;
	struct str whole = str_trim(one), context = cut_parameters(&one);

	sms_digits_read(one, SMS_LETTERS_OTHER, &d);
	if (!d.has_other)
		return read_digits(&d, context, at, out, err);
	sms_digits_read(one, at->letters, &spelt);
	if (at->letters == SMS_LETTERS_DIGITS && !spelt.has_other &&
	    has_vanity(&d))
		return read_digits(&spelt, context, at, out, err);
	set_name(out, "", whole);
	/* Whatever would not be shown as it is would not be read again. */
	if (!str_is(whole, out->shown) || str_has(whole, ';'))
		return err_set(err, ERR_BAD_INPUT, "not a telephone number");
	return 0;
}

static int
read_list(struct str in, const struct place *at, struct sms_number *out,
    struct err *err)
{
	struct sms_number member[SMS_GROUP_MAX + 1] = { { .text = "" } };
	struct str one;
	size_t n = 0;

	while (n <= SMS_GROUP_MAX && str_cut(&in, ',', &one)) {
		if (str_trim(one).len == 0)
			continue;
		if (read_one(one, at, &member[n++], err) < 0)
			return -1;
	}
	return sms_number_join(member, n, STR_EMPTY, out, err);
}

static void
percent_decode(struct str *s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++, n++) {
		struct str hex = str_head(str_skip(*s, i + 1), 2);

		out[n] = s->p[i];
		if (s->p[i] != '%' || hex.len < 2 ||
		    str_hex_digit(hex.p[0]) < 0 || str_hex_digit(hex.p[1]) < 0)
			continue;
		out[n] = (char)(str_hex_digit(hex.p[0]) << 4 |
		    str_hex_digit(hex.p[1]));
		i += 2;
	}
	*s = str_of(out, n);
}

/* What is behind the scheme, or NULL in p: there is none. */
static struct str
behind_scheme(struct str s)
{
	static const char *const scheme[] = {
		"tel:", "sms:", "smsto:", "mms:"
	};

	for (size_t i = 0; i < sizeof(scheme) / sizeof(scheme[0]); i++) {
		size_t len = strlen(scheme[i]);

		if (!str_eq_nocase(str_head(s, len), str_c(scheme[i])))
			continue;
		s = str_skip(s, len);
		return str_starts(s, STR("//")) ? str_skip(s, 2) : s;
	}
	return (struct str){ NULL, 0 };
}

/* scratch has room for all of s.  Some people write "sms:tel:". */
static struct str
without_scheme(struct str s, char *scratch)
{
	struct str rest = str_trim(s), bare;

	for (;;) {
		bare = behind_scheme(rest);
		if (!bare.p)
			return rest;
		(void)str_cut(&bare, '?', &rest);
		percent_decode(&rest, scratch);
		rest = str_trim(rest);
	}
}

enum { WRITTEN_MAX = 2048 };

static int
read_written(struct str in, const struct place *at, struct sms_number *out,
    struct err *err)
{
	char scratch[WRITTEN_MAX];

	if (in.len > WRITTEN_MAX)
		return err_set(err, ERR_BAD_INPUT, "too long for a number");
	in = without_scheme(in, scratch);
	if (str_has(in, ','))
		return read_list(in, at, out, err);
	return read_one(in, at, out, err);
}

int
sms_number_read(struct str in, const struct sms_region *home,
    struct sms_number *out, struct err *err)
{
	const struct place at = { home, SMS_LETTERS_OTHER };

	return read_written(in, &at, out, err);
}

int
sms_number_typed(struct str in, const struct sms_region *home,
    struct sms_number *out, struct err *err)
{
	const struct place at = { home, SMS_LETTERS_DIGITS };

	return read_written(in, &at, out, err);
}

/* ---- what a provider says --------------------------------------------- */

/* Begins with a calling code, and has the length of a number there? */
static bool
is_plausible(struct str digits)
{
	const struct sms_region *r = sms_region_of(digits);

	return r && is_length_of(r, digits.len - strlen(r->cc));
}

static bool
received_national(struct str digits, const char *cc, struct sms_number *out)
{
	const struct sms_region *r = sms_region_of(str_c(cc));

	return r && digits.len > SHORT_TYPED_MAX &&
	    set_national(out, r, digits, NULL) == 0;
}

/* Of nowhere: what needs a country is a name then. */
static const char *
cc_of(const struct sms_region *home)
{
	return home ? home->cc : "";
}

static bool
received_digits(struct str digits, const struct sms_form *form,
    const struct sms_region *home, struct sms_number *out)
{
	if (form->kind == SMS_FORM_NATIONAL &&
	    received_national(digits, form->cc, out))
		return true;
	if (form->kind == SMS_FORM_ZEROS && skip_idd(&digits, NULL))
		return set_international(out, digits, NULL) == 0;
	if (is_plausible(digits))
		return set_international(out, digits, NULL) == 0;
	if (received_national(digits, cc_of(home), out))
		return true;
	if (digits.len > SHORT_MAX)
		return set_without_plus(out, NULL, digits, NULL) == 0 ||
		    set_international(out, digits, NULL) == 0;
	set_short(out, digits, cc_of(home));
	return true;
}

static bool
received_number(const struct sms_digits *d, const struct sms_form *form,
    const struct sms_region *home, struct sms_number *out)
{
	struct str digits = sms_digits_str(d);

	if (d->has_other || d->too_long || d->n == 0)
		return false;
	if (d->has_mark) {
		set_short(out, digits, cc_of(home));
		return d->n <= SHORT_MAX && !d->has_plus;
	}
	if (d->has_plus && set_international(out, digits, NULL) == 0)
		return true;
	return received_digits(digits, form, home, out);
}

/* Would its address be read as what it is? */
static bool
is_stable(const struct sms_number *n, const struct sms_region *home)
{
	struct sms_number again;

	return sms_number_read(sms_number_str(n), home, &again, NULL) == 0 &&
	    again.kind == n->kind && strcmp(again.text, n->text) == 0;
}

void
sms_number_received(struct str in, const struct sms_form *form,
    const struct sms_region *home, struct sms_number *out)
{
	char scratch[WRITTEN_MAX];
	struct sms_digits d;
	struct str bare = without_scheme(str_head(in, WRITTEN_MAX), scratch);

	sms_digits_read(bare, SMS_LETTERS_OTHER, &d);
	if (received_number(&d, form, home, out) && is_stable(out, home))
		return;
	set_name(out, "", in);
	if (!out->text[0])
		set_name(out, "", STR("unknown"));
	if (!is_stable(out, home))
		set_name(out, "_", in);
}

/* ---- groups ----------------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
join_texts(const char *const *text, size_t n, struct sms_number *out)
{
	size_t len = 0;

	*out = (struct sms_number){ .kind = n > 1 ? SMS_KIND_GROUP
		                                  : SMS_KIND_E164 };
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(out->text + len,
		    sizeof(out->text) - len, "%s%s", i ? "," : "", text[i]);
}

int
sms_number_join(const struct sms_number *member, size_t n, struct str own,
    struct sms_number *out, struct err *err)
{
	const char *text[SMS_GROUP_MAX + 1] = { NULL };
	size_t kept = 0;

	for (size_t i = 0; i < n && kept <= SMS_GROUP_MAX; i++) {
		if (member[i].kind != SMS_KIND_E164)
			return err_set(err, ERR_BAD_INPUT,
			    "%s cannot be in a group: only telephone numbers",
			    member[i].text);
		if (!str_is(own, member[i].text))
			text[kept++] = member[i].text;
	}
	qsort(text, kept, sizeof(text[0]), by_text);
	n = 0;
	for (size_t i = 0; i < kept; i++)
		if (n == 0 || strcmp(text[n - 1], text[i]) != 0)
			text[n++] = text[i];
	if (n == 0)
		return err_set(err, ERR_BAD_INPUT, "a group of nobody");
	if (n > SMS_GROUP_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a group has at most %d members", SMS_GROUP_MAX);
	join_texts(text, n, out);
	return 0;
}

size_t
sms_number_count(const struct sms_number *n)
{
	size_t count = 1;

	if (n->kind == SMS_KIND_GROUP)
		for (const char *p = n->text; *p; p++)
			count += *p == ',';
	return count;
}

void
sms_number_member(const struct sms_number *n, size_t i, struct sms_number *out)
{
	struct str rest = sms_number_str(n), one = rest;

	if (n->kind != SMS_KIND_GROUP) {
		*out = *n;
		return;
	}
	while (str_cut(&rest, ',', &one) && i > 0)
		i--;
	set_text(out, SMS_KIND_E164, "", one, "", "");
}
