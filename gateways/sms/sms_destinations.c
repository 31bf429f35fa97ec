/*
 * Premium, shared cost and personal numbers, and satellites, as the digits
 * behind "+".  Not complete, and cannot be: the list of countries is the
 * lock, this one is the second.
 */
#include "sms/sms_destinations.h"

static const char *const premium[] = { "1900", "1976", "20900", "2786", "3090",
	"31900", "31906", "31909", "3270", "3290", "3381", "3382", "3389",
	"34803", "34806", "34807", "34905", "34907", "35160", "351646",
	"351707", "351760", "352900", "352901", "352905", "35315", "35490",
	"358600", "358700", "35990", "3690", "3691", "37090", "37190", "372900",
	"380900", "38190", "38560", "38690", "39144", "39166", "39178", "39199",
	"3989", "4090", "41900", "41901", "41906", "42090", "421900", "43900",
	"43901", "43930", "43931", "43939", "4470", "4484", "4487", "449",
	"4590", "46900", "46939", "46944", "4699", "47820", "47829", "4870",
	"49137", "49138", "49180", "49190", "49900", "52900", "54600", "55300",
	"55900", "6119", "64900", "7803", "7809", "808", "81990", "8260", "870",
	"878", "881", "882", "883", "888", "90900", "972190", "979" };

enum {
	CODE_MIN = 3, /* digits of a short code: "33" is a forgotten plus */
	CODE_MAX = 8,
	NAMED = 100, /* itself, not what it is one of */
};

void
sms_destinations_init(struct sms_destinations *d, bool let_premium)
{
	d->n = 0;
	d->premium = let_premium;
}

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* With its country beside it, or alone. */
static bool
read_code(struct str word, char out[SMS_SHORT_MAX + 1])
{
	struct sms_number n;
	bool is_alone =
	    word.len >= CODE_MIN && word.len <= CODE_MAX && is_digits(word);

	if (!is_alone) {
		if (sms_number_read(word, NULL, &n, NULL) < 0 ||
		    n.kind != SMS_KIND_SHORT)
			return false;
		word = sms_number_str(&n);
	}
	if (word.len > SMS_SHORT_MAX)
		return false;
	memcpy(out, word.p, word.len);
	return true;
}

int
sms_destinations_add(
    struct sms_destinations *d, struct str word, struct err *err)
{
	struct sms_destination *at = &d->v[d->n];
	struct str digits =
	    str_starts(word, STR("+")) ? str_skip(word, 1) : STR_EMPTY;
	bool is_prefix = digits.len > 0 && digits.len < sizeof(at->prefix) &&
	    is_digits(digits);

	if (d->n == SMS_DESTINATIONS_MAX)
		return err_set(err, ERR_TOO_BIG, "more than %d destinations",
		    SMS_DESTINATIONS_MAX);
	*at = (struct sms_destination){ .region = sms_region_find(word) };
	if (is_prefix)
		memcpy(at->prefix, digits.p, digits.len);
	if (!is_prefix && !at->region && !str_is(word, "*") &&
	    !read_code(word, at->code))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is no destination: write + and the first "
		    "digits (\"+33\"), a country (\"FR\"), a short code "
		    "(\"36180\"), or \"*\"",
		    STR_ARG(word));
	d->n++;
	return 0;
}

size_t
sms_premium(struct str digits)
{
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(premium) / sizeof(premium[0]); i++) {
		struct str prefix = str_c(premium[i]);

		if (str_starts(digits, prefix) && prefix.len > longest)
			longest = prefix.len;
	}
	return longest;
}

static bool
is_north_america(const struct sms_region *r)
{
	return strcmp(r->code, "US") == 0 || strcmp(r->code, "CA") == 0;
}

static bool
is_one_country(const struct sms_region *a, const struct sms_region *b)
{
	if (a == b || (is_north_america(a) && is_north_america(b)))
		return true;
	return strcmp(a->cc, b->cc) == 0 && strcmp(a->cc, "1") != 0 &&
	    strcmp(a->cc, "7") != 0;
}

/* Its digits, and for a short code the calling code beside it. */
static struct str
digits_of(const struct sms_number *n)
{
	struct str text = sms_number_str(n);
	ptrdiff_t plus = str_find(text, '+');

	return str_skip(text, (size_t)plus + 1);
}

static bool
is_of(const struct sms_region *r, const struct sms_number *n)
{
	const struct sms_region *its = sms_region_of(digits_of(n));

	if (n->kind == SMS_KIND_SHORT)
		return str_is(digits_of(n), r->cc);
	return its && is_one_country(r, its);
}

static bool
is_code(const char *code, const struct sms_number *n)
{
	struct str text = sms_number_str(n), whole = str_c(code);

	return n->kind == SMS_KIND_SHORT && str_starts(text, whole) &&
	    (text.len == whole.len || text.p[whole.len] == ';');
}

/* 0: not of it; else how exactly it was named, from 1. */
static size_t
match(const struct sms_destination *to, const struct sms_number *n)
{
	struct str digits = digits_of(n), prefix = str_c(to->prefix);

	if (to->code[0])
		return is_code(to->code, n) ? NAMED : 0;
	if (to->region)
		return is_of(to->region, n);
	/* A short code has no digits behind its country's. */
	if (n->kind == SMS_KIND_SHORT)
		return str_starts(prefix, digits) || prefix.len == 0;
	return str_starts(digits, prefix) ? 1 + prefix.len : 0;
}

static int
check_one(const struct sms_destinations *d, const struct sms_region *home,
    const struct sms_number *n, struct err *err)
{
	size_t costly = sms_premium(digits_of(n)), best = 0;

	if (d->n == 0 && home)
		best = is_of(home, n);
	for (size_t i = 0; i < d->n; i++) {
		size_t exact = match(&d->v[i], n);

		if (exact > best)
			best = exact;
	}
	if (best == 0)
		return err_set(err, ERR_NOT_ALLOWED,
		    "messages to %s are not let through: its country is none "
		    "of those that the operator of this gateway has allowed",
		    n->text);
	if (n->kind == SMS_KIND_SHORT && !d->premium && best < NAMED)
		return err_set(err, ERR_NOT_ALLOWED,
		    "messages to %s are not let through: a short code may "
		    "cost extra, and the operator of this gateway has not "
		    "named this one",
		    n->text);
	if (costly > 0 && n->kind == SMS_KIND_E164 && !d->premium &&
	    best < 1 + costly)
		return err_set(err, ERR_NOT_ALLOWED,
		    "messages to %s are not let through: numbers that begin "
		    "with +" STR_FMT " cost extra",
		    n->text, STR_ARG(str_head(digits_of(n), costly)));
	return 0;
}

int
sms_destinations_check(const struct sms_destinations *d,
    const struct sms_region *home, const struct sms_number *n, struct err *err)
{
	struct sms_number one;

	if (!sms_number_is_answerable(n))
		return err_set(err, ERR_NOT_ALLOWED,
		    "%s is the name of a sender, not a number: nobody can "
		    "answer it",
		    n->text);
	for (size_t i = 0; i < sms_number_count(n); i++) {
		sms_number_member(n, i, &one);
		if (check_one(d, home, &one, err) < 0)
			return -1;
	}
	return 0;
}
