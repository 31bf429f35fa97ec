/*
 * When the rest does not fit, the last `*` takes one byte more; an earlier one
 * never has to, since what it has taken so far was enough.
 */
#include "smtp/mail_glob.h"

static bool
fits(char pattern, char c)
{
	return pattern == '?' ||
	    str_eq_nocase(str_of(&pattern, 1), str_of(&c, 1));
}

bool
mail_glob(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = 0, taken = 0;
	bool has_star = false;

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			has_star = true;
			star = ++p;
			taken = t;
		} else if (p < pattern.len && fits(pattern.p[p], text.p[t])) {
			p++;
			t++;
		} else if (has_star) {
			p = star;
			t = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}
