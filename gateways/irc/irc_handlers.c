/*
 * Every command and numeric we act on, with the parameters it must have.
 * Numerics without a row are judged by irc_on_numeric(): refusals by its own
 * table, the others are shown to people or passed over.
 */
#include <stdlib.h>

#include "irc/irc_handler.h"

/* Sorted by cmd; tests/unit/test_irc_proto.c checks that it is. */
static const struct irc_row rows[] = {
	{ "001", 1, irc_on_welcome, true },
	{ "005", 2, irc_on_isupport, false },
	{ "301", 3, irc_on_away_told, false },
	{ "305", 1, irc_on_away_self, false },
	{ "306", 1, irc_on_away_self, false },
	{ "324", 3, irc_on_mode_is, false },
	{ "331", 2, irc_on_topic_none, false },
	{ "332", 3, irc_on_topic_is, false },
	{ "333", 3, irc_on_topic_who, false },
	{ "341", 3, irc_on_invited, false },
	{ "353", 3, irc_on_names, false },
	{ "366", 2, irc_on_names_end, false },
	{ "372", 2, irc_on_motd, false },
	{ "375", 1, irc_on_motd_start, false },
	{ "376", 1, irc_on_motd_end, false },
	{ "396", 2, irc_on_own_host, false },
	{ "422", 1, irc_on_motd_end, false },
	{ "432", 1, irc_on_nick_refused, true },
	{ "433", 1, irc_on_nick_refused, true },
	{ "436", 1, irc_on_nick_refused, true },
	{ "437", 1, irc_on_nick_refused, true },
	{ "464", 1, irc_on_password, true },
	{ "465", 1, irc_on_banned, true },
	{ "470", 3, irc_on_forward, false },
	{ "900", 1, irc_on_logged_in, true },
	{ "902", 1, irc_on_sasl, true },
	{ "903", 1, irc_on_sasl, true },
	{ "904", 1, irc_on_sasl, true },
	{ "905", 1, irc_on_sasl, true },
	{ "906", 1, irc_on_sasl, true },
	{ "907", 1, irc_on_sasl, true },
	{ "908", 1, irc_on_sasl, true },
	{ "ACCOUNT", 1, irc_on_account, false },
	{ "AUTHENTICATE", 1, irc_on_authenticate, true },
	{ "AWAY", 0, irc_on_away, false },
	{ "CAP", 2, irc_on_cap, true },
	{ "CHGHOST", 2, irc_on_chghost, false },
	{ "ERROR", 0, irc_on_error, true },
	{ "FAIL", 2, irc_on_fail, true },
	{ "INVITE", 2, irc_on_invite, false },
	{ "JOIN", 1, irc_on_join, false },
	{ "KICK", 2, irc_on_kick, false },
	{ "KILL", 1, irc_on_kill, true },
	{ "MODE", 2, irc_on_mode, false },
	{ "NICK", 1, irc_on_nick, false },
	{ "NOTE", 2, irc_on_note, true },
	{ "NOTICE", 2, irc_on_notice, true },
	{ "PART", 1, irc_on_part, false },
	{ "PING", 0, irc_on_ping, true },
	{ "PONG", 0, irc_on_pong, true },
	{ "PRIVMSG", 2, irc_on_privmsg, false },
	{ "QUIT", 0, irc_on_quit, false },
	{ "SETNAME", 1, irc_on_setname, false },
	{ "TOPIC", 1, irc_on_topic, false },
	{ "WARN", 2, irc_on_note, true },
};

enum { NROW = sizeof(rows) / sizeof(rows[0]) };

static int
row_cmp(const void *key, const void *row)
{
	const struct str *cmd = key;

	return str_cmp(*cmd, str_c(((const struct irc_row *)row)->cmd));
}

const struct irc_row *
irc_row_find(struct str cmd)
{
	return bsearch(&cmd, rows, NROW, sizeof(rows[0]), row_cmp);
}

const struct irc_row *
irc_row_at(size_t i)
{
	return i < NROW ? &rows[i] : NULL;
}
