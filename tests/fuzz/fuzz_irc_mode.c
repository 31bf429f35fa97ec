/*
 * The first line holds tokens of 005, one behind each blank; each further
 * line is what comes behind "MODE ", or what a 324 says, or somebody who goes
 * or is called otherwise, by its first byte.  Whatever the bytes:
 *
 *	every letter of a line is one event, in order, with the argument that
 *	the server's own CHANMODES and PREFIX give it, and the last one says so
 *	who has which sign is what a plain list of all changes says
 *	what a channel has set is what was set last
 */
#include <stdlib.h>

#include "irc/irc_modes.h"
#include "irc/irc_proto.h"
#include "irc/irc_ranks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEOPLE_MAX = 64, LINE_MAX_BYTES = 400 };

/* A sign that somebody has. */
struct sign {
	char nick[64];
	size_t len;
	char letter;
};

static struct irc_proto p;
static struct irc_ranks ranks;
static struct irc_channel *channel;
static struct irc_modes modes;
static struct sign sign[PEOPLE_MAX];
static size_t nsign;
static bool full; /* too many people for our list */

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

/* ---- the plain list -------------------------------------------------------- */

static bool
is_nick(const struct sign *s, struct str nick)
{
	return irc_fold_eq(p.is.casemap, str_of(s->nick, s->len), nick);
}

static void
take_sign(struct str nick, char letter)
{
	size_t i, n = 0;

	for (i = 0; i < nsign; i++)
		if (!is_nick(&sign[i], nick) ||
		    (letter && sign[i].letter != letter))
			sign[n++] = sign[i];
	nsign = n;
}

static void
give_sign(struct str nick, char letter)
{
	take_sign(nick, letter);
	if (nsign == PEOPLE_MAX || nick.len > sizeof(sign[0].nick)) {
		full = true;
		return;
	}
	memcpy(sign[nsign].nick, nick.p, nick.len);
	sign[nsign].len = nick.len;
	sign[nsign++].letter = letter;
}

static irc_rank_mask
mask_of(struct str nick)
{
	irc_rank_mask mask = 0;
	size_t i;

	for (i = 0; i < nsign; i++)
		if (is_nick(&sign[i], nick))
			mask |= irc_ranks_bit(&ranks, sign[i].letter);
	return mask;
}

static void
compare(void)
{
	size_t i;

	for (i = 0; !full && i < nsign; i++) {
		struct str nick = str_of(sign[i].nick, sign[i].len);

		check(irc_ranks_get(&ranks, channel, nick) == mask_of(nick));
		check(irc_ranks_highest(&ranks, mask_of(nick)) != 0);
	}
	if (nsign == 0)
		check(full || channel->ranks.n == 0);
	check(ranks.nrank == channel->ranks.n);
}

/* ---- what is told ------------------------------------------------------------ */

static void
on_mode(const struct irc_event *ev)
{
	check(ev->mode == irc_isupport_mode(&p.is, ev->letter));
	check(ev->letter != '+' && ev->letter != '-');
	if (ev->mode == IRC_MODE_MEMBER) {
		check(ev->nick.len > 0 && ev->text.len == 0);
		(void)irc_ranks_change(
		    &ranks, channel, ev->nick, ev->letter, ev->on);
		if (ev->on)
			give_sign(ev->nick, ev->letter);
		else
			take_sign(ev->nick, ev->letter);
		return;
	}
	check(ev->mode != IRC_MODE_FLAG || ev->text.len == 0);
	check(ev->mode != IRC_MODE_SET || ev->on || ev->text.len == 0);
	if (ev->mode == IRC_MODE_LIST)
		return;
	irc_modes_set(&modes, ev->letter, ev->on, ev->text);
	check(strlen(modes.key) <= IRC_KEY_MAX);
}

/* Letters of the line, but for those of PREFIX that name nobody. */
static void
check_count(struct str letters, size_t nmodes, size_t nmember)
{
	size_t i, most = 0, least = 0;

	for (i = 0; i < letters.len; i++) {
		if (letters.p[i] == '+' || letters.p[i] == '-')
			continue;
		most++;
		if (irc_isupport_mode(&p.is, letters.p[i]) != IRC_MODE_MEMBER)
			least++;
	}
	check(nmodes + nmember <= most && nmodes == least);
}

/* reply: the letters of a 324, which has no last one but an end. */
static void
hear(struct str line, bool reply, struct str letters)
{
	size_t nmodes = 0, nmember = 0, nlast = 0, nend = 0;
	struct irc_event ev;

	irc_proto_feed(&p, line.p, line.len, 1000);
	while (irc_proto_next(&p, &ev)) {
		if (ev.type == IRC_EV_MODES_END)
			nend++;
		if (ev.type != IRC_EV_MODE)
			continue;
		check(nlast == 0 && ev.is_reply == reply);
		nlast += ev.last;
		nmodes += ev.mode != IRC_MODE_MEMBER;
		nmember += ev.mode == IRC_MODE_MEMBER;
		on_mode(&ev);
	}
	check_count(letters, nmodes, nmember);
	check(nend == reply);
	check(nlast == (!reply && nmodes + nmember > 0));
}

static void
say(const char *front, struct str line, bool reply)
{
	struct str rest = line, letters = STR_EMPTY;
	struct buf all;

	(void)str_cut(&rest, ' ', &letters);
	if (letters.len == 0 || *letters.p == ':')
		return;
	buf_init(&all, 2 * LINE_MAX_BYTES);
	buf_addf(&all, "%s" STR_FMT "\r\n", front, STR_ARG(line));
	hear(buf_str(&all), reply, letters);
	buf_release(&all);
}

/* ---- what else happens ------------------------------------------------------- */

static void
rename_one(struct str line)
{
	struct str rest = line, was;
	char held[PEOPLE_MAX];
	size_t n = 0, i;

	(void)str_cut(&rest, ' ', &was);
	if (was.len == 0 || !rest.p || rest.len == 0)
		return;
	for (i = 0; i < nsign; i++)
		if (is_nick(&sign[i], was))
			held[n++] = sign[i].letter;
	irc_ranks_rename(&ranks, was, rest);
	if (n == 0)
		return;
	take_sign(was, 0);
	take_sign(rest, 0);
	for (i = 0; i < n; i++)
		give_sign(rest, held[i]);
}

static void
step(struct str line)
{
	struct str rest = str_skip(line, 1);

	if (line.len < 2 || line.len > LINE_MAX_BYTES ||
	    memchr(line.p, '\0', line.len) || str_has(line, '\r'))
		return;
	switch (*line.p) {
	case '=':
		say(":srv 324 bob #c ", rest, true);
		break;
	case '>':
		rename_one(rest);
		break;
	case '<':
		irc_ranks_quit(&ranks, rest);
		take_sign(rest, 0);
		break;
	default:
		say(":a!b@c MODE #c ", line, false);
	}
	compare();
}

static void
begin(struct str tokens)
{
	static const struct irc_params params = {
		.nick = { "bob", 3 },
		.nick_fallback = { "romeo", 5 },
		.user = { "u", 1 },
		.realname = { "r", 1 },
		.burst = 5,
	};
	struct str welcome = STR(":srv 001 bob :Hi\r\n:srv 422 bob :No\r\n");
	struct str token;
	struct irc_event ev;

	nsign = 0;
	full = false;
	modes = (struct irc_modes){ .limit = 0 };
	irc_proto_init(&p, &params);
	check(irc_proto_start(&p, 1000, NULL) == 0);
	irc_proto_feed(&p, welcome.p, welcome.len, 1000);
	while (irc_proto_next(&p, &ev))
		continue;
	while (tokens.len && str_cut(&tokens, ' ', &token))
		if (!str_starts(token, STR("CHANTYPES")) &&
		    !str_starts(token, STR("-CHANTYPES")))
			(void)irc_isupport_token(&p.is, token);
	irc_ranks_init(&ranks, &p.is);
	channel = irc_ranks_enter(&ranks, STR("#c"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), line;

	str_cut(&rest, '\n', &line);
	begin(line);
	while (rest.len && str_cut(&rest, '\n', &line))
		step(line);
	irc_ranks_release(&ranks);
	check(ranks.nrank == 0);
	irc_proto_eof(&p, STR("end"));
	irc_proto_release(&p);
	return 0;
}
