/*
 * One line of IRC.  Whatever the bytes:
 *
 *	a parsed message has no NUL, CR or LF in any part
 *	its text, cleaned, is clean and UTF-8, and clean text stays as it is
 *	a line we build of its parts is one line of at most 512 bytes that
 *	parses to the same parts
 */
#include <stdlib.h>

#include "irc/irc_msg.h"
#include "irc/irc_nick.h"
#include "irc/irc_text.h"
#include "lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_parts(const struct irc_msg *m)
{
	size_t i;

	check(m->nparam <= IRC_PARAM_MAX);
	for (i = 0; i < m->nparam; i++) {
		check(!str_has(m->param[i], '\0'));
		check(!str_has(m->param[i], '\r'));
	}
	for (; i < IRC_PARAM_MAX; i++)
		check(m->param[i].len == 0);
	check(!str_has(m->nick, ' ') && !str_has(m->cmd, ' '));
	(void)irc_msg_numeric(m);
}

static void
check_text(struct str raw, size_t line_len)
{
	struct buf once, twice;
	struct irc_ctcp c;
	struct str clean;

	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	clean = irc_text_clean(raw, line_len, "windows-1252", &once);
	check(irc_text_is_clean(clean) && utf8_is_xml(clean));
	check(irc_text_clean(clean, line_len, "latin1", &twice).p == clean.p);
	if (irc_ctcp_parse(raw, &c))
		check(c.command.len > 0 && !str_has(c.command, ' '));
	buf_release(&once);
	buf_release(&twice);
}

static void
check_built(const struct irc_msg *m)
{
	struct irc_out o;
	struct irc_msg again;
	struct str line;
	size_t i;

	irc_out_init(&o, "X");
	for (i = 0; i + 1 < m->nparam; i++)
		irc_out_middle(&o, m->param[i]);
	irc_out_trailing(&o, m->nparam ? m->param[i] : STR_EMPTY);
	if (irc_out_end(&o, &line, NULL) < 0)
		return;
	check(line.len <= IRC_OUT_MAX && str_ends(line, STR("\r\n")));
	check(str_find(line, '\n') == (ptrdiff_t)line.len - 1);
	check(irc_msg_parse(&again, str_head(line, line.len - 2)) == 0);
	for (i = 0; i < m->nparam; i++)
		check(str_eq(again.param[i], m->param[i]));
}

static void
check_tags(const struct irc_msg *m)
{
	struct str rest = m->tags, key, raw;
	struct buf out;

	buf_init(&out, 1 << 20);
	while (irc_tag_next(&rest, &key, &raw)) {
		check(!str_has(key, ';') && !str_has(key, '='));
		check(!str_has(raw, ';'));
		buf_clear(&out);
		irc_tag_unescape(raw, &out);
		check(out.len <= raw.len);
		check(irc_time_parse(raw) < 0 || raw.len >= 20);
	}
	buf_release(&out);
}

static void
check_nick(struct str wish)
{
	char nick[IRC_NICK_BYTES];
	size_t max;

	for (max = 1; max < 40; max += 4) {
		check(irc_nick_map(wish, STR("x"), max, nick) <= max);
		check(irc_nick_is_valid(str_c(nick)));
		check(irc_nick_alternate(str_c(nick), 12, max, nick) <= max);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line = str_of((const char *)data, size);
	struct irc_msg m;

	(void)irc_line_is_secret(line);
	check_text(line, size);
	check_nick(line);
	if (irc_msg_parse(&m, line) < 0) {
		check(m.cmd.len == 0 && m.nparam == 0);
		return 0;
	}
	check_parts(&m);
	check_tags(&m);
	check_built(&m);
	return 0;
}
