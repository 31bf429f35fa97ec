#include "irc/irc_ignore.h"

enum { WHO_MAX = 512 };

static struct str
next_mask(struct str *rest)
{
	struct str line;

	while (str_cut(rest, '\n', &line)) {
		line = str_trim(line);
		if (line.len)
			return line;
	}
	return STR_EMPTY;
}

int
irc_ignore_check(struct gateway *gw, struct str masks, struct err *err)
{
	struct str rest = masks, mask;
	size_t n = 0;

	(void)gw;
	for (mask = next_mask(&rest); mask.len; mask = next_mask(&rest)) {
		if (++n > IRC_IGNORE_LINES_MAX)
			return err_set(err, ERR_TOO_BIG, "more than %d lines",
			    IRC_IGNORE_LINES_MAX);
		if (mask.len > IRC_IGNORE_MASK_MAX)
			return err_set(err, ERR_TOO_BIG,
			    "line %zu is longer than %d bytes", n,
			    IRC_IGNORE_MASK_MAX);
		if (str_has(mask, ' ') || str_has(mask, '\0'))
			return err_set(err, ERR_BAD_INPUT,
			    "line %zu: a mask has no spaces; one a line, as "
			    "nick!user@host",
			    n);
	}
	return 0;
}

/*
 * Goes back to the last star only, which is enough: so it takes as many steps
 * as the lengths multiplied at most, whatever the mask is.
 */
static bool
fits(struct str mask, struct str text)
{
	size_t m = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.len) {
		if (m < mask.len && mask.p[m] == '*') {
			star = ++m;
			from = t;
		} else if (m < mask.len &&
		    (mask.p[m] == '?' || mask.p[m] == text.p[t])) {
			m++;
			t++;
		} else if (star != SIZE_MAX) {
			m = star;
			t = ++from;
		} else {
			return false;
		}
	}
	while (m < mask.len && mask.p[m] == '*')
		m++;
	return m == mask.len;
}

/* The part of nick!user@host that such a mask speaks of. */
static struct str
part_of(struct str who, size_t nick_len, struct str mask)
{
	if (str_has(mask, '!'))
		return who;
	if (str_has(mask, '@'))
		return str_skip(who, nick_len + 1);
	return str_head(who, nick_len);
}

bool
irc_ignore_matches(
    struct str masks, enum irc_casemap map, const struct irc_who *who)
{
	char folded[IRC_IGNORE_MASK_MAX], bytes[WHO_MAX + 1];
	struct str text, mask, rest = masks;
	size_t nick_len = who->nick.len;

	if (masks.len == 0 ||
	    nick_len + who->user.len + who->host.len + 2 > WHO_MAX)
		return false;
	snprintf(bytes, sizeof(bytes), STR_FMT "!" STR_FMT "@" STR_FMT,
	    STR_ARG(who->nick), STR_ARG(who->user), STR_ARG(who->host));
	text = str_of(bytes, nick_len + who->user.len + who->host.len + 2);
	irc_fold(map, text, bytes);
	for (mask = next_mask(&rest); mask.len; mask = next_mask(&rest)) {
		if (mask.len > sizeof(folded))
			continue;
		irc_fold(map, mask, folded);
		if (fits(str_of(folded, mask.len),
		        part_of(text, nick_len, mask)))
			return true;
	}
	return false;
}
