#include "sms/sms_users.h"
#include "lib/buf.h"
#include "lib/text.h"
#include "lib/xalloc.h"

static bool
is_domain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !strchr(".-:[]", c) && (unsigned char)c < 0x80)
			return false;
	}
	return s.len > 0;
}

static bool
add_domain(struct str domain, struct buf *out)
{
	size_t at = out->len;

	if (!text_prep(TEXT_NAMEPREP, domain, out))
		return false;
	if (out->len > at && out->p[out->len - 1] == '.')
		buf_truncate(out, out->len - 1);
	return is_domain(str_skip(buf_str(out), at));
}

static bool
fold(struct str word, struct buf *out)
{
	struct str domain = word, node;

	if (!str_has(word, '@'))
		return add_domain(domain, out);
	(void)str_cut(&domain, '@', &node);
	return node.len > 0 && text_prep(TEXT_NODEPREP, node, out) &&
	    buf_addc(out, '@') == 0 && add_domain(domain, out);
}

static size_t
count_people(char *const *v, size_t n)
{
	size_t people = 0;

	for (size_t i = 0; i < n; i++)
		people += strchr(v[i], '@') != NULL;
	return people;
}

static int
add(char **v, size_t *n, struct str user, struct err *err)
{
	for (size_t i = 0; i < *n; i++)
		if (str_is(user, v[i]))
			return 0;
	if (str_has(user, '@') && count_people(v, *n) == SMS_PEOPLE_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "more than %d people: the others would get nothing of what "
		    "comes in; divide them among several lines",
		    SMS_PEOPLE_MAX);
	v[(*n)++] = str_dup(user);
	return 0;
}

int
sms_users_add(char **v, size_t *n, struct str word, struct err *err)
{
	struct buf user;
	int rc;

	buf_init(&user, 2 * TEXT_PREP_MAX + 1);
	rc = fold(word, &user)
	    ? add(v, n, buf_str(&user), err)
	    : err_set(err, ERR_BAD_INPUT,
	          "\"" STR_FMT "\" is neither somebody's address without a "
	          "resource (\"romeo@example.org\") nor a domain "
	          "(\"example.org\")",
	          STR_ARG(str_head(word, 100)));
	buf_release(&user);
	return rc;
}
