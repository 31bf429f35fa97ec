/*
 * The first byte is what the server allows, the second the number of an
 * alternate; then what people call themselves, and behind a newline what
 * stands in for it.  Whatever the bytes:
 *
 *	there is a nick, every server takes it, and it is not too long
 *	the same wish gives the same nick, and a nick is its own
 *	each alternate is a nick that fits, and most are new ones, so that who
 *	is turned away comes in at the end
 */
#include <stdlib.h>

#include "irc/irc_nick.h"
#include "irc/irc_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_fits(const char *nick, size_t len, size_t max)
{
	check(len == strlen(nick) && irc_nick_is_valid(str_c(nick)));
	check(len < IRC_NICK_BYTES && len <= (max ? max : IRC_NICK_MAX));
}

static bool
is_new(char nick[][IRC_NICK_BYTES], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(nick[i], nick[n]) == 0)
			return false;
	return true;
}

/* Where there is room for a letter and all that is added. */
static void
check_alternates(struct str base, size_t max)
{
	char nick[IRC_NICK_TRIES + 1][IRC_NICK_BYTES];
	unsigned n, nnew = 0;

	if (max && max < 3)
		return;
	memcpy(nick[0], base.p, base.len);
	nick[0][base.len] = '\0';
	for (n = 1; n <= IRC_NICK_TRIES; n++) {
		size_t len = irc_nick_alternate(base, n, max, nick[n]);

		check_fits(nick[n], len, max);
		nnew += is_new(nick, n);
	}
	check(nnew >= IRC_NICK_TRIES - 3);
}

/* With a letter or digit, as all that people would take for a name have. */
static bool
has_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.p[i] >= '0' && s.p[i] <= '9') ||
		    (s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return true;
	return false;
}

static void
check_own(struct str wish, size_t max, const char *nick)
{
	if (irc_nick_is_valid(wish) && has_word(wish) &&
	    wish.len <= (max ? max : IRC_NICK_MAX))
		check(str_is(wish, nick));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char nick[IRC_NICK_BYTES], again[IRC_NICK_BYTES];
	struct str rest, wish;
	size_t max, len;
	unsigned nth;

	if (size < 2)
		return 0;
	max = data[0] < IRC_NICK_BYTES ? data[0] : IRC_NICK_BYTES - 1;
	nth = data[1];
	rest = str_of((const char *)data + 2, size - 2);
	str_cut(&rest, '\n', &wish);
	len = irc_nick_map(wish, rest.p ? rest : STR_EMPTY, max, nick);
	check_fits(nick, len, max);
	check(irc_nick_map(wish, rest.p ? rest : STR_EMPTY, max, again) == len);
	check(strcmp(nick, again) == 0);
	check_own(wish, max, nick);
	check_alternates(str_of(nick, len), max);
	len = irc_nick_alternate(str_of(nick, len), nth, max, again);
	check(len == strlen(again) && len < IRC_NICK_BYTES);
	return 0;
}
