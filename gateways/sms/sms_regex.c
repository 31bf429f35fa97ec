/*
 * A regular expression out of a profile, by the C library.
 */
#include "sms/sms_regex.h"

#include <regex.h>
#include <stdlib.h>

#include "lib/xalloc.h"

enum { COUNTS_MAX = 2, GROUPS_MAX = 20 };

struct sms_regex {
	regex_t re;
};

/* "{2,20}" at s: the larger number; -1: not a count. */
static int
count_at(struct str s)
{
	uint64_t n = 0, most = 0;
	struct str inside, part;
	ptrdiff_t end = str_find(s, '}');

	if (end < 2)
		return -1;
	inside = str_of(s.p + 1, (size_t)end - 1);
	while (inside.p && str_cut(&inside, ',', &part)) {
		if (part.len && !str_to_uint(part, INT32_MAX, &n))
			return -1;
		most = n > most ? n : most;
	}
	return (int)most;
}

/* What makes matching slow, or takes much memory. */
static const char *
trouble(struct str s)
{
	unsigned counts = 0, groups = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len) {
			if (s.p[i + 1] >= '1' && s.p[i + 1] <= '9')
				return "refers back to a group";
			i++;
			continue;
		}
		if (s.p[i] == '(' && ++groups > GROUPS_MAX)
			return "has too many groups";
		if (s.p[i] != '{')
			continue;
		if (++counts > COUNTS_MAX)
			return "has more than two counts ({n,m})";
		if (count_at(str_skip(s, i)) > SMS_REGEX_COUNT_MAX)
			return "counts higher than 20";
	}
	return NULL;
}

struct sms_regex *
sms_regex_read(const struct sms_json *v, struct err *err)
{
	struct sms_regex *r;
	const char *text = NULL, *why;
	char said[100];
	int rc;

	if (sms_json_text(v, &text, err) < 0)
		return NULL;
	why =
	    strlen(text) > SMS_REGEX_MAX ? "is too long" : trouble(str_c(text));
	if (why) {
		sms_json_bad(v, err, "a regular expression that %s", why);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	rc = regcomp(&r->re, text, REG_EXTENDED);
	if (rc == 0)
		return r;
	regerror(rc, &r->re, said, sizeof(said));
	free(r);
	sms_json_bad(v, err, "not a regular expression: %s", said);
	return NULL;
}

void
sms_regex_free(struct sms_regex **rp)
{
	if (!*rp)
		return;
	regfree(&(*rp)->re);
	free(*rp);
	*rp = NULL;
}

bool
sms_regex_match(const struct sms_regex *r, struct str text, struct str *out)
{
	char copy[SMS_REGEX_TEXT_MAX + 1]; /* some want it terminated */
	regmatch_t m[2];
	const regmatch_t *got;

	text = str_head(text, SMS_REGEX_TEXT_MAX);
	if (text.len)
		memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	m[0].rm_so = 0;
	m[0].rm_eo = (regoff_t)text.len;
	if (regexec(&r->re, copy, 2, m, REG_STARTEND) != 0)
		return false;
	got = r->re.re_nsub > 0 ? &m[1] : &m[0];
	*out = got->rm_so < 0
	    ? STR_EMPTY
	    : str_of(text.p + got->rm_so, (size_t)(got->rm_eo - got->rm_so));
	return true;
}
