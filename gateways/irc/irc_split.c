#include "irc/irc_split.h"
#include "irc/irc_format.h"
#include "lib/utf8.h"

/* ":" nick "!" user "@" host " " command " " target " :" text CR LF */
size_t
irc_split_budget(const struct irc_split_cost *c)
{
	size_t user = c->user ? c->user : IRC_SPLIT_USER_MAX;
	size_t host = c->host ? c->host : IRC_SPLIT_HOST_MAX;
	size_t cost = 1 + c->nick + 1 + user + 1 + host + 1 + c->command + 1 +
	    c->target + 2 + 2 + IRC_SPLIT_RESERVE;

	if (c->action)
		cost += sizeof("\001ACTION \001") - 1;
	if (cost + IRC_SPLIT_MIN > c->line_max)
		return IRC_SPLIT_MIN;
	return c->line_max - cost;
}

/* Where to cut a line that is longer than the budget. */
static size_t
cut_at(struct str line, size_t budget)
{
	size_t cut = utf8_cut(line, budget), at;

	if (cut == 0) /* not UTF-8 */
		return budget;
	for (at = cut; at > cut / 2; at--)
		if (line.p[at - 1] == ' ')
			return at;
	return utf8_cut_whole(line, cut);
}

void
irc_split_init(struct irc_split *s, struct str text, size_t budget)
{
	*s = (struct irc_split){ .rest = text,
		.budget = budget < IRC_SPLIT_MIN ? IRC_SPLIT_MIN : budget };
}

static bool
is_newline(char c)
{
	return c == '\r' || c == '\n';
}

bool
irc_split_next(struct irc_split *s, struct str *piece)
{
	char codes[IRC_NSTYLE];
	size_t len = 0, budget;

	while (s->rest.len && is_newline(*s->rest.p))
		s->rest = str_skip(s->rest, 1);
	if (s->rest.len == 0)
		return false;
	while (len < s->rest.len && !is_newline(s->rest.p[len]))
		len++;
	*piece = str_head(s->rest, len);
	s->lead = s->on;
	budget = s->budget - irc_split_lead(s, codes);
	if (len > budget)
		piece->len = cut_at(*piece, budget);
	s->on = irc_styles_after(s->on, *piece);
	s->rest = str_skip(s->rest, piece->len);
	return true;
}

size_t
irc_split_lead(const struct irc_split *s, char out[IRC_NSTYLE])
{
	return irc_styles_lead(s->lead, out);
}

size_t
irc_split_count(struct str text, size_t budget, size_t max)
{
	struct irc_split s;
	struct str piece;
	size_t n = 0;

	irc_split_init(&s, text, budget);
	while (n <= max && irc_split_next(&s, &piece))
		n++;
	return n;
}
