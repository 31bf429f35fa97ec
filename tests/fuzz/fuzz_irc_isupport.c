/*
 * Tokens of 005, one a line.  Whatever they say, questions have answers and
 * taking all back leaves what we began with.
 */
#include <stdlib.h>

#include "irc/irc_isupport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct irc_isupport *is)
{
	int c;

	if (strlen(is->prefix_letter) != strlen(is->prefix_symbol))
		abort();
	for (c = -128; c < 128; c++) {
		if (irc_isupport_mode(is, (char)c) > IRC_MODE_MEMBER)
			abort();
		(void)irc_isupport_prefix_letter(is, (char)c);
	}
}

/* "-NAME" for "NAME=value" and "-NAME" alike. */
static void
take_back(struct irc_isupport *is, struct str token)
{
	char neg[512];
	struct str name;

	if (token.len && *token.p == '-')
		token = str_skip(token, 1);
	str_cut(&token, '=', &name);
	if (name.len + 1 > sizeof(neg))
		return;
	neg[0] = '-';
	if (name.len)
		memcpy(neg + 1, name.p, name.len);
	irc_isupport_token(is, str_of(neg, name.len + 1));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_of((const char *)data, size), rest, token;
	struct irc_isupport is, fresh;
	char folded[512];

	irc_isupport_init(&is);
	irc_isupport_init(&fresh);
	for (rest = all; rest.len && str_cut(&rest, '\n', &token);) {
		irc_isupport_token(&is, token);
		ask(&is);
		(void)irc_isupport_is_channel(&is, token);
	}
	for (rest = all; rest.len && str_cut(&rest, '\n', &token);)
		take_back(&is, token);
	if (memcmp(&is, &fresh, sizeof(is)) != 0)
		abort();
	all = str_head(all, sizeof(folded));
	irc_fold(IRC_FOLD_RFC1459, all, folded);
	if (!irc_fold_eq(IRC_FOLD_RFC1459, all, str_of(folded, all.len)))
		abort();
	return 0;
}
