/*
 * The first line holds what goes into values of tags of ours, one behind each
 * ';', the second what a server may put in front of a line.  Whatever the
 * bytes:
 *
 *	a line that takes our tags has them back, byte for byte, once their
 *	escapes are gone, and is one line
 *	what a server says has keys and values with nothing of the grammar left
 *	in them, and comes to an end; the last of a key counts
 *	a time, if it is one, says when it is by its own digits
 */
#include <stdlib.h>

#include "irc/irc_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES_MAX = 8, TEXT_MAX = 1 << 20 };

static const char *const keys[VALUES_MAX] = { "label", "+reply", "+draft/reply",
	"+draft/react", "+draft/unreact", "+typing", "a", "b" };

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static size_t
take_values(struct str first, struct str value[VALUES_MAX])
{
	size_t n = 0;

	while (n < VALUES_MAX && str_cut(&first, ';', &value[n]))
		n++;
	return n;
}

/* In the order in which they went in, and nothing else. */
static void
check_back(struct str tags, const struct str *value, size_t n)
{
	struct str key, raw;
	struct buf plain;
	size_t i;

	buf_init(&plain, TEXT_MAX);
	for (i = 0; irc_tag_next(&tags, &key, &raw); i++) {
		check(i < n && str_is(key, keys[i]));
		buf_clear(&plain);
		irc_tag_unescape(raw, &plain);
		check(str_eq(buf_str(&plain), value[i]));
	}
	check(i == n);
	buf_release(&plain);
}

static void
build(struct str first)
{
	struct str value[VALUES_MAX], line;
	size_t n = take_values(first, value), i;
	struct irc_msg m;
	struct irc_out o;

	irc_out_init(&o, "TAGMSG");
	irc_out_middle(&o, STR("#c"));
	for (i = 0; i < n; i++)
		irc_out_tag(&o, keys[i], value[i]);
	if (irc_out_end(&o, &line, NULL) < 0)
		return;
	check(str_ends(line, STR("\r\n")) && !str_has(line, '\0'));
	line = str_head(line, line.len - 2);
	check(!str_has(line, '\r') && !str_has(line, '\n'));
	check(irc_msg_parse(&m, line) == 0 && str_is(m.cmd, "TAGMSG"));
	check(str_is(m.param[0], "#c") && m.nparam == 1);
	check_back(m.tags, value, n);
}

/* Midnight of its day, and the rest of it, by the digits that stand there. */
static void
check_time(struct str raw)
{
	int64_t ms = irc_time_parse(raw);
	uint64_t hour, min, sec;

	if (ms == -1)
		return;
	check(raw.len >= 20 && raw.p[10] == 'T');
	check(str_to_uint(str_head(str_skip(raw, 11), 2), 23, &hour));
	check(str_to_uint(str_head(str_skip(raw, 14), 2), 59, &min));
	check(str_to_uint(str_head(str_skip(raw, 17), 2), 60, &sec));
	ms -= (int64_t)((hour * 60 + min) * 60 + sec) * 1000;
	ms %= 24 * 60 * 60 * 1000;
	check((ms < 0 ? ms + 24 * 60 * 60 * 1000 : ms) < 1000);
}

static void
read_back(struct str rest)
{
	struct str key, raw;
	size_t n = 0, size = rest.len;
	struct buf plain;

	buf_init(&plain, TEXT_MAX);
	for (; irc_tag_next(&rest, &key, &raw); n++) {
		check(!str_has(key, ';') && !str_has(key, '='));
		check(!str_has(raw, ';'));
		buf_clear(&plain);
		irc_tag_unescape(raw, &plain);
		check(plain.len <= raw.len);
		check_time(raw);
	}
	check(n <= size + 1);
	buf_release(&plain);
}

static void
read_line(struct str tags)
{
	struct buf line;
	struct irc_msg m;

	buf_init(&line, TEXT_MAX);
	buf_addc(&line, '@');
	buf_add_str(&line, tags);
	buf_add_str(&line, STR(" :n!u@h TAGMSG #c"));
	if (irc_msg_parse(&m, buf_str(&line)) == 0) {
		check(!str_has(m.tags, ' ') && m.tags.len <= tags.len);
		read_back(m.tags);
	}
	buf_release(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), first;

	str_cut(&rest, '\n', &first);
	build(first);
	if (rest.p)
		read_line(rest);
	read_back(first);
	return 0;
}
