#include "sms/sms_reach.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"

/* The calling code of a number, or of the country of a short code. */
static struct str
calling_code(const struct sms_number *n)
{
	struct str text = sms_number_str(n);
	ptrdiff_t plus = str_find(text, '+');
	struct str digits = str_skip(text, (size_t)plus + 1);

	return str_head(digits, sms_calling_code(digits));
}

static bool
is_in(const struct sms_list *list, struct str s)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_is(s, list->text[i]))
			return true;
	return false;
}

/* Where the line is; empty: that is not known. */
static struct str
country_of(const struct sms_line *l)
{
	const struct sms_region *home = sms_line_home(l);

	if (l->number.kind == SMS_KIND_SHORT)
		return calling_code(&l->number);
	return home ? str_c(home->cc) : STR_EMPTY;
}

/*
 * The provider is given its digits alone, and sends to whose they are where
 * the line is.
 */
static int
check_short(
    const struct sms_line *l, const struct sms_number *n, struct err *err)
{
	struct str here = country_of(l);

	if (n->kind != SMS_KIND_SHORT || str_eq(calling_code(n), here))
		return 0;
	return err_set(err, ERR_NOT_ALLOWED,
	    "%s is a short code of another country than line %s, which is of "
	    "+" STR_FMT ": by it the text would go to somebody else",
	    n->text, l->name, STR_ARG(here.len ? here : STR("?")));
}

static int
check_one(const struct sms_line *l, const struct sms_number *n, struct err *err)
{
	const struct sms_limits *lim = sms_profile_limits(l->profile);

	if (lim->self && !str_eq(sms_number_str(n), sms_number_str(&l->number)))
		return err_set(err, ERR_NOT_ALLOWED,
		    "%s sends to its own customer only: by line %s nothing "
		    "but %s can be written to",
		    sms_profile_title(l->profile), l->name, l->number.text);
	if (lim->countries.n && !is_in(&lim->countries, calling_code(n)))
		return err_set(err, ERR_NOT_ALLOWED,
		    "%s does not send to %s: by line %s only to numbers that "
		    "begin with +%s",
		    sms_profile_title(l->profile), n->text, l->name,
		    lim->countries.text[0]);
	if (check_short(l, n, err) < 0)
		return -1;
	return sms_stops_check(
	    &l->sms->stops, str_c(l->name), sms_number_str(n), err);
}

int
sms_reach_check(
    const struct sms_line *l, const struct sms_number *to, struct err *err)
{
	struct sms_number one;

	for (size_t i = 0; i < sms_number_count(to); i++) {
		sms_number_member(to, i, &one);
		if (check_one(l, &one, err) < 0)
			return -1;
	}
	return 0;
}
