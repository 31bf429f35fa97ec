/*
 * Filters: one row each, found by name when the template is read.
 */
#include "sms/sms_filter.h"

#include <stdlib.h>
#include <time.h>

#include "lib/crypto.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "sms/sms_template.h"

enum {
	CUT_MAX = 100000,
	COUNTRY_MAX = 999,
	SHORT_CODE_DIGITS = 6, /* at most; longer ones are numbers */
};

enum argument { NOTHING, SOME_TEXT, SOME_NUMBER, A_TABLE };

typedef int text_fn(const struct sms_filter *f, struct sms_pool *pool,
    struct str in, struct sms_value *out, struct err *err);

typedef void value_fn(
    const struct sms_filter *f, struct sms_pool *pool, struct sms_value *v);

struct sms_filter_row {
	enum argument takes;
	int64_t max;     /* SOME_NUMBER */
	text_fn *text;   /* of one text; or */
	value_fn *value; /* of the whole value */
};

/* ---- numbers ---------------------------------------------------------- */

static bool
is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len > 0;
}

static bool
is_e164(struct str s)
{
	return s.len > 1 && s.p[0] == '+' && is_digits(str_skip(s, 1));
}

bool
sms_number_format_read(struct str text, struct sms_number_format *out)
{
	static const char *const words[] = { "e164", "digits", "00" };
	uint64_t country;

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(text, words[i])) {
			*out =
			    (struct sms_number_format){ (enum sms_number_form)i,
				    0 };
			return true;
		}
	if (!str_starts(text, STR("nat:")) ||
	    !str_to_uint(str_skip(text, 4), COUNTRY_MAX, &country) ||
	    country == 0)
		return false;
	*out = (struct sms_number_format){ SMS_NUMBER_NAT, (unsigned)country };
	return true;
}

/* digits without the country in front, or empty: of another country. */
static struct str
national(struct str digits, unsigned country)
{
	char code[16];
	int n = snprintf(code, sizeof(code), "%u", country);

	return str_starts(digits, str_of(code, (size_t)n))
	    ? str_skip(digits, (size_t)n)
	    : STR_EMPTY;
}

static struct str
joined(struct sms_pool *pool, struct str a, struct str b)
{
	char *out = sms_pool_alloc(pool, a.len + b.len + 1);

	if (!out)
		return STR_EMPTY;
	memcpy(out, a.p, a.len);
	memcpy(out + a.len, b.p, b.len);
	return str_of(out, a.len + b.len);
}

struct str
sms_number_write(
    const struct sms_number_format *f, struct str number, struct sms_pool *pool)
{
	ptrdiff_t semicolon = str_find(number, ';');
	struct str digits, local;

	if (semicolon >= 0)
		number = str_head(number, (size_t)semicolon);
	if (!is_e164(number))
		return number;
	digits = str_skip(number, 1);
	switch (f->form) {
	case SMS_NUMBER_E164:
		return number;
	case SMS_NUMBER_00:
		return joined(pool, STR("00"), digits);
	case SMS_NUMBER_NAT:
		local = national(digits, f->country);
		return local.len ? local : digits;
	case SMS_NUMBER_DIGITS:
		break;
	}
	return digits;
}

/* 2125550001, or 12125550001 all the same. */
static struct str
tell_national(
    const struct sms_number_format *f, struct str digits, struct sms_pool *pool)
{
	enum { NANP_DIGITS = 10 };
	char code[16];
	int n = snprintf(code, sizeof(code), "+%u", f->country);

	if (f->country == 1 ? digits.len > NANP_DIGITS
	                    : national(digits, f->country).len > 0)
		return joined(pool, STR("+"), digits);
	if (digits.p[0] == '0')
		digits = str_skip(digits, 1);
	return joined(pool, str_of(code, (size_t)n), digits);
}

struct str
sms_number_tell(
    const struct sms_number_format *f, struct str number, struct sms_pool *pool)
{
	number = str_trim(number);
	if (!is_digits(number) || number.len <= SHORT_CODE_DIGITS)
		return number;
	if (str_starts(number, STR("00")))
		return joined(pool, STR("+"), str_skip(number, 2));
	if (f->form == SMS_NUMBER_NAT)
		return tell_national(f, number, pool);
	return joined(pool, STR("+"), number);
}

static int
put_number(enum sms_number_form form, unsigned country, struct sms_pool *pool,
    struct str in, struct sms_value *out)
{
	struct sms_number_format format = { form, country };

	*out = sms_value_text(sms_number_write(&format, in, pool));
	return 0;
}

static int
to_e164(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	return put_number(SMS_NUMBER_E164, 0, pool, in, out);
}

static int
to_digits(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	return put_number(SMS_NUMBER_DIGITS, 0, pool, in, out);
}

static int
to_00(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	return put_number(SMS_NUMBER_00, 0, pool, in, out);
}

static int
to_national(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)err;
	return put_number(SMS_NUMBER_NAT, (unsigned)f->n, pool, in, out);
}

/* ---- types ------------------------------------------------------------ */

static int
to_int(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	bool negative = in.len > 1 && in.p[0] == '-';
	uint64_t n;

	(void)f;
	(void)pool;
	if (in.len == 0) {
		*out = sms_value_text(in);
		return 0;
	}
	if (!str_to_uint(str_skip(in, negative), INT64_MAX, &n))
		return err_set(err, ERR_BAD_INPUT, "int: not a whole number");
	*out = sms_value_int(negative ? -(int64_t)n : (int64_t)n);
	return 0;
}

static bool
is_yes(struct str s)
{
	static const char *const no[] = { "", "0", "no", "false", "off" };

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (str_eq_nocase(s, str_c(no[i])))
			return false;
	return true;
}

static int
to_bool(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)pool;
	(void)err;
	*out = (struct sms_value){ .kind = SMS_VALUE_BOOL, .n = is_yes(in) };
	return 0;
}

/* ---- letters ---------------------------------------------------------- */

static int
change_case(struct sms_pool *pool, struct str in, char from, char by,
    struct sms_value *out)
{
	struct str copy = sms_pool_copy(pool, in);
	char *p = sms_pool_alloc(pool, in.len + 1);

	for (size_t i = 0; p && i < copy.len; i++) {
		unsigned letter = (unsigned)(copy.p[i] - from);

		p[i] = letter < 26 ? (char)(copy.p[i] + by) : copy.p[i];
	}
	*out = sms_value_text(p ? str_of(p, copy.len) : STR_EMPTY);
	return 0;
}

static int
to_lower(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	return change_case(pool, in, 'A', 'a' - 'A', out);
}

static int
to_upper(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	return change_case(pool, in, 'a', 'A' - 'a', out);
}

static int
cut(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	struct str rest = in;

	(void)pool;
	(void)err;
	for (int64_t i = 0; i < f->n && rest.len; i++)
		(void)utf8_next(&rest);
	*out = sms_value_text(str_head(in, in.len - rest.len));
	return 0;
}

static int
look_up(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)pool;
	(void)err;
	*out = sms_value_text(str_c(sms_table_get(f->table, in)));
	return 0;
}

static int
to_iso(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	const uint64_t year_9999 = 253402300799;
	char text[32];
	uint64_t seconds;
	struct tm tm;
	time_t t;

	(void)f;
	if (!str_to_uint(in, year_9999, &seconds))
		return err_set(
		    err, ERR_BAD_INPUT, "iso: not seconds since the Epoch");
	t = (time_t)seconds;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	*out = sms_value_text(sms_pool_copy(pool, str_c(text)));
	return 0;
}

/* ---- bytes ------------------------------------------------------------ */

static struct str
hex_of(struct sms_pool *pool, const void *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	char *out = sms_pool_alloc(pool, 2 * n + 1);

	if (!out)
		return STR_EMPTY;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	return str_of(out, 2 * n);
}

static int
to_digest(enum crypto_digest alg, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	size_t n = crypto_digest(alg, in, digest);

	if (n == 0)
		return err_set(err, ERR_UNSUPPORTED,
		    "a digest that this machine's libcrypto is not allowed");
	*out = sms_value_text(hex_of(pool, digest, n));
	return 0;
}

static int
to_md5(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	return to_digest(CRYPTO_MD5, pool, in, out, err);
}

static int
to_sha1(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	return to_digest(CRYPTO_SHA1, pool, in, out, err);
}

static int
to_sha256(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	return to_digest(CRYPTO_SHA256, pool, in, out, err);
}

static int
to_hex(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	(void)f;
	(void)err;
	*out = sms_value_text(hex_of(pool, in.p, in.len));
	return 0;
}

static int
to_base64(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	struct buf b;

	(void)f;
	(void)err;
	buf_init(&b, pool->max);
	crypto_base64(in, &b);
	*out = sms_value_text(sms_pool_take(pool, &b));
	return 0;
}

static int
to_urlenc(const struct sms_filter *f, struct sms_pool *pool, struct str in,
    struct sms_value *out, struct err *err)
{
	struct buf b;

	(void)f;
	(void)err;
	buf_init(&b, pool->max);
	sms_escape_add(in, SMS_ESCAPE_QUERY, &b);
	*out = sms_value_text(sms_pool_take(pool, &b));
	return 0;
}

/* ---- the whole value -------------------------------------------------- */

struct str
sms_value_as_text(
    const struct sms_value *v, struct str sep, struct sms_pool *pool)
{
	struct buf b;

	buf_init(&b, pool->max);
	switch (v->kind) {
	case SMS_VALUE_TEXT:
		return v->text;
	case SMS_VALUE_INT:
		buf_addf(&b, "%lld", (long long)v->n);
		break;
	case SMS_VALUE_BOOL:
		return v->n ? STR("true") : STR("false");
	case SMS_VALUE_LIST:
		for (size_t i = 0; i < v->nitem; i++) {
			if (i)
				buf_add_str(&b, sep);
			buf_add_str(&b, v->item[i]);
		}
		break;
	case SMS_VALUE_NONE:
		return STR_EMPTY;
	}
	return sms_pool_take(pool, &b);
}

static void
join(const struct sms_filter *f, struct sms_pool *pool, struct sms_value *v)
{
	*v = sms_value_text(sms_value_as_text(v, str_c(f->text), pool));
}

static void
take_first(
    const struct sms_filter *f, struct sms_pool *pool, struct sms_value *v)
{
	(void)f;
	(void)pool;
	if (v->kind == SMS_VALUE_LIST)
		*v = sms_value_text(v->nitem ? v->item[0] : STR_EMPTY);
}

static void
or_else(const struct sms_filter *f, struct sms_pool *pool, struct sms_value *v)
{
	(void)pool;
	if (sms_value_is_empty(v))
		*v = sms_value_text(str_c(f->text));
}

/* ---- the table -------------------------------------------------------- */

/* In the same order. */
const char *const sms_filter_names[] = { "e164", "digits", "00", "nat", "int",
	"bool", "lower", "upper", "map", "join", "first", "default", "cut",
	"iso", "md5", "sha1", "sha256", "b64", "hex", "urlenc", NULL };

static const struct sms_filter_row rows[] = {
	{ NOTHING, 0, to_e164, NULL },
	{ NOTHING, 0, to_digits, NULL },
	{ NOTHING, 0, to_00, NULL },
	{ SOME_NUMBER, COUNTRY_MAX, to_national, NULL },
	{ NOTHING, 0, to_int, NULL },
	{ NOTHING, 0, to_bool, NULL },
	{ NOTHING, 0, to_lower, NULL },
	{ NOTHING, 0, to_upper, NULL },
	{ A_TABLE, 0, look_up, NULL },
	{ SOME_TEXT, 0, NULL, join },
	{ NOTHING, 0, NULL, take_first },
	{ SOME_TEXT, 0, NULL, or_else },
	{ SOME_NUMBER, CUT_MAX, cut, NULL },
	{ NOTHING, 0, to_iso, NULL },
	{ NOTHING, 0, to_md5, NULL },
	{ NOTHING, 0, to_sha1, NULL },
	{ NOTHING, 0, to_sha256, NULL },
	{ NOTHING, 0, to_base64, NULL },
	{ NOTHING, 0, to_hex, NULL },
	{ NOTHING, 0, to_urlenc, NULL },
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) + 1 ==
        sizeof(sms_filter_names) / sizeof(sms_filter_names[0]),
    "one row for each name");

static const struct sms_filter_row *
find_row(struct str name)
{
	for (size_t i = 0; sms_filter_names[i]; i++)
		if (str_is(name, sms_filter_names[i]))
			return &rows[i];
	return NULL;
}

static int
no_filter(struct str name, struct err *err)
{
	char *word = str_dup(name);
	const char *near = sms_json_nearest(word, sms_filter_names);

	err_set(err, ERR_BAD_INPUT, "there is no filter \"%.30s\"%s%s%s", word,
	    near ? "; \"" : "", near ? near : "", near ? "\"?" : "");
	free(word);
	return -1;
}

static int
read_argument(struct sms_filter *f, struct str name, struct str arg, bool given,
    const struct sms_scope *scope, struct err *err)
{
	uint64_t n;

	if (given != (f->row->takes != NOTHING))
		return err_set(err, ERR_BAD_INPUT, "filter \"" STR_FMT "\" %s",
		    STR_ARG(name),
		    given ? "takes no argument" : "needs an argument (:...)");
	if (f->row->takes == SOME_NUMBER) {
		if (!str_to_uint(arg, (uint64_t)f->row->max, &n) || n == 0)
			return err_set(err, ERR_BAD_INPUT,
			    "filter \"" STR_FMT "\": not a number up to %lld",
			    STR_ARG(name), (long long)f->row->max);
		f->n = (int64_t)n;
	} else if (f->row->takes == A_TABLE) {
		f->table = sms_scope_table(scope, arg);
		if (!f->table)
			return err_set(err, ERR_BAD_INPUT,
			    "there is no table \"%.*s\" in maps",
			    arg.len > 40 ? 40 : (int)arg.len, arg.p);
	}
	if (given)
		f->text = str_dup(arg);
	return 0;
}

int
sms_filter_read(struct sms_filter *f, struct str text,
    const struct sms_scope *scope, struct err *err)
{
	ptrdiff_t colon = str_find(text, ':');
	struct str name = colon < 0 ? text : str_head(text, (size_t)colon);
	struct str arg =
	    colon < 0 ? STR_EMPTY : str_skip(text, (size_t)colon + 1);

	*f = (struct sms_filter){ .row = find_row(name) };
	if (!f->row)
		return no_filter(name, err);
	return read_argument(f, name, arg, colon >= 0, scope, err);
}

void
sms_filter_release(struct sms_filter *f)
{
	free(f->text);
	f->text = NULL;
}

static int
apply_to_list(const struct sms_filter *f, struct sms_pool *pool,
    struct sms_value *v, struct err *err)
{
	struct str *item = sms_pool_array(pool, v->nitem, sizeof(struct str));
	struct sms_value one;

	for (size_t i = 0; item && i < v->nitem; i++) {
		if (f->row->text(f, pool, v->item[i], &one, err) < 0)
			return -1;
		item[i] = sms_value_as_text(&one, STR_EMPTY, pool);
	}
	*v = sms_value_list(item, item ? v->nitem : 0);
	return 0;
}

int
sms_filter_apply(const struct sms_filter *f, struct sms_pool *pool,
    struct sms_value *v, struct err *err)
{
	if (f->row->value) {
		f->row->value(f, pool, v);
		return 0;
	}
	if (v->kind == SMS_VALUE_LIST)
		return apply_to_list(f, pool, v, err);
	return f->row->text(
	    f, pool, sms_value_as_text(v, STR(","), pool), v, err);
}
