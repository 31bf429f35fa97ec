/*
 * store_sql.c - the statements about what users set, where they are and what
 * was said
 */
#include "core/store_sql.h"

/* The conversation that the first five arguments name. */
#define TALK_IS                                                                \
	" gateway = ?1 AND user = ?2 AND network = ?3"                         \
	" AND is_room = CAST(?4 AS INTEGER) AND name = ?5"
#define THE_TALK "(SELECT id FROM talk WHERE" TALK_IS ")"

/*
 * Lines between two places, both exclusive.  A place is a moment with a
 * number: the end of the moments asked for, or that of a line named by its
 * id; the narrowest counts.  ?12 is the nick of the sender, or empty.
 */
#define FAR "9223372036854775807"
#define PLACE(ids, from, order)                                                \
	"(SELECT at_us, seq FROM (SELECT at_us, seq FROM line WHERE"           \
	" talk = " THE_TALK " AND id IN (" ids ")"                             \
	" UNION ALL SELECT " from ", " FAR ")"                                 \
	" ORDER BY at_us " order ", seq " order " LIMIT 1)"
#define BETWEEN(after, before)                                                 \
	" FROM line WHERE talk = " THE_TALK                                    \
	" AND (at_us, seq) > " PLACE(after, "CAST(?6 AS INTEGER) - 1",         \
	    "DESC") " AND (at_us, seq) < " PLACE(before,                       \
	    "CAST(?7 AS INTEGER)", "ASC") " AND (?12 = '' OR nick = ?12)"

#define COLUMNS                                                                \
	"id, at_us, kind, flags, nick, own_id, reply_to, reply_nick, "         \
	"corrects, identity, parts, body"

/* How many of the ids are there, and how many lines in all; up to a ceiling. */
#define LINES_HEAD                                                             \
	"SELECT (SELECT count(*) FROM line WHERE talk = " THE_TALK             \
	" AND id IN (?8, ?9, ?10, ?11)),"                                      \
	" (SELECT count(*) FROM (SELECT 1" BETWEEN(                            \
	    "?8", "?9") " LIMIT 10001)),"                                      \
	                " '', '', '', '', '', '', '', '', '', ''"
#define LINES_PAGE(order)                                                      \
	"SELECT " COLUMNS BETWEEN(                                             \
	    "?8, ?10", "?9, ?11") " ORDER BY at_us " order ", seq " order      \
	                          " LIMIT CAST(?13 AS INTEGER)"

#define BY_ID                                                                  \
	" FROM line WHERE talk = " THE_TALK                                    \
	" AND id IN (SELECT value FROM json_each(?6))"

const struct op_row store_sql_users[DB_SET] = {
	[DB_SETTING_PUT] = {
		.sql = { "INSERT INTO setting (user, gateway, network, room,"
			 " name, value, sealed)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS BLOB), 0)"
			 " ON CONFLICT DO UPDATE SET"
			 " value = excluded.value, sealed = 0" },
		.nargs = 6,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_SECRET_PUT] = {
		.sql = { "INSERT INTO setting (user, gateway, network, room,"
			 " name, value, sealed)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)"
			 " ON CONFLICT DO UPDATE SET"
			 " value = excluded.value, sealed = 1" },
		.label = "setting",
		.nargs = 6,
		.seal = 5,
	},
	[DB_SETTING_DEL] = {
		.sql = { "DELETE FROM setting WHERE user = ?1 AND gateway = ?2"
			 " AND network = ?3 AND room = ?4 AND name = ?5" },
		.nargs = 5,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_SETTINGS_LOAD] = {
		.sql = { "SELECT network, room, name, value, sealed"
			 " FROM setting WHERE user = ?1 AND gateway = ?2" },
		.label = "setting",
		.nargs = 2,
		.seal = 3,
		.ncols = 5,
	},
	/* '0' is the character after '/': every full JID of that bare one. */
	[DB_FORGET] = {
		.sql = { "DELETE FROM setting WHERE user = ?1"
			 " AND gateway = ?2",
			 "DELETE FROM occupant WHERE gateway = ?2 AND"
			 " (jid = ?1 OR (jid >= ?1 || '/' AND"
			 " jid < ?1 || '0'))",
			 "DELETE FROM line WHERE talk IN (SELECT id FROM talk"
			 " WHERE gateway = ?2 AND user = ?1)",
			 "DELETE FROM talk WHERE gateway = ?2"
			 " AND user = ?1",
			 "DELETE FROM contact WHERE gateway = ?2"
			 " AND user = ?1",
			 "DELETE FROM arrival WHERE gateway = ?2"
			 " AND user = ?1",
			 "DELETE FROM arrival_key WHERE gateway = ?2"
			 " AND user = ?1",
			 "DELETE FROM piece WHERE message IN (SELECT id FROM"
			 " outbox WHERE gateway = ?2 AND user = ?1)",
			 "DELETE FROM outbox WHERE gateway = ?2"
			 " AND user = ?1" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.erases = true,
	},
	[DB_OCCUPANT_PUT] = {
		.sql = { "INSERT INTO occupant (gateway, jid, room, password,"
			 " nick) VALUES (?1, ?2, ?3, ?4, ?5)"
			 " ON CONFLICT DO UPDATE SET"
			 " password = excluded.password, nick = excluded.nick" },
		.label = "occupant",
		.nargs = 5,
		.seal = 3,
	},
	[DB_OCCUPANT_DEL] = {
		.sql = { "DELETE FROM occupant WHERE gateway = ?1"
			 " AND jid = ?2 AND room = ?3" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_OCCUPANTS_DEL_JID] = {
		.sql = { "DELETE FROM occupant WHERE gateway = ?1"
			 " AND jid = ?2" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_OCCUPANTS_LOAD] = {
		.sql = { "SELECT jid, room, password, length(password) > 0,"
			 " nick FROM occupant WHERE gateway = ?1"
			 " ORDER BY jid, room" },
		.label = "occupant",
		.nargs = 1,
		.seal = 2,
		.ncols = 5,
	},
	[DB_CONTACT_PUT] = {
		.sql = { "INSERT INTO contact (gateway, user, address)"
			 " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_CONTACT_DEL] = {
		.sql = { "DELETE FROM contact WHERE gateway = ?1"
			 " AND user = ?2 AND address = ?3" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_CONTACTS_LOAD] = {
		.sql = { "SELECT user, address FROM contact"
			 " WHERE gateway = ?1 ORDER BY user, address" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 2,
	},
	[DB_FACT_PUT] = {
		.sql = { "INSERT INTO fact (gateway, network, name, value)"
			 " VALUES (?1, ?2, ?3, ?4)"
			 " ON CONFLICT DO UPDATE SET value = excluded.value" },
		.nargs = 4,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_FACT_DEL] = {
		.sql = { "DELETE FROM fact WHERE gateway = ?1"
			 " AND network = ?2 AND name = ?3" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_FACTS_LOAD] = {
		.sql = { "SELECT network, name, value FROM fact"
			 " WHERE gateway = ?1" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 3,
	},
	/* An id that is there already is the same line, told again. */
	[DB_LINE_PUT] = {
		.sql = { "INSERT OR IGNORE INTO line (talk, " COLUMNS ") VALUES"
			 " (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
			 " ?16, ?17)" },
		.nargs = 17,
		.seal = STORE_SQL_NO_SEAL,
		.numbers_talk = true,
	},
	[DB_TALK] = {
		.sql = { "INSERT INTO talk (gateway, user, network, is_room,"
			 " name) VALUES (?1, ?2, ?3, ?4, ?5)"
			 " ON CONFLICT DO NOTHING",
			 "SELECT id FROM talk WHERE" TALK_IS },
		.nargs = 5,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
	},
	[DB_LINE_DEL] = {
		.sql = { "DELETE FROM line WHERE talk = " THE_TALK
			 " AND id = ?6",
			 "DELETE FROM line WHERE talk = " THE_TALK
			 " AND parts <> '' AND instr(char(10) || parts,"
			 " char(10) || ?6 || char(10))" },
		.nargs = 6,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_TALK_MOVE] = {
		.sql = { "UPDATE OR IGNORE talk SET name = ?6 WHERE" TALK_IS },
		.nargs = 6,
		.seal = STORE_SQL_NO_SEAL,
		.moves_talk = true,
	},
	[DB_LINES_FIRST] = {
		.sql = { LINES_HEAD, LINES_PAGE("ASC") },
		.nargs = 13,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 12,
	},
	[DB_LINES_LAST] = {
		.sql = { LINES_HEAD, LINES_PAGE("DESC") },
		.nargs = 13,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 12,
	},
	[DB_LINES_ENDS] = {
		.sql = { LINES_HEAD, LINES_PAGE("ASC"), LINES_PAGE("DESC") },
		.nargs = 13,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 12,
	},
	[DB_LINES_BY_ID] = {
		.sql = { "SELECT count(*), count(*), (SELECT"
			 " count(DISTINCT value) FROM json_each(?6)),"
			 " '', '', '', '', '', '', '', '', ''" BY_ID,
			 "SELECT " COLUMNS BY_ID
			 " ORDER BY at_us, seq" },
		.nargs = 6,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 12,
	},
	/* A part at a time: others wait behind it. */
	[DB_LINES_PRUNE] = {
		.sql = { "DELETE FROM line WHERE seq IN (SELECT seq FROM talk"
			 " JOIN line ON line.talk = talk.id WHERE gateway = ?1"
			 " AND at_us < CAST(?2 AS INTEGER) LIMIT 20000)",
			 "DELETE FROM line WHERE seq IN (SELECT seq FROM talk"
			 " JOIN line ON line.talk = talk.id WHERE gateway = ?1"
			 " AND (at_us, seq) <= (SELECT at_us, seq FROM line"
			 " AS newest WHERE newest.talk = talk.id"
			 " ORDER BY at_us DESC, seq DESC"
			 " LIMIT 1 OFFSET CAST(?3 AS INTEGER)) LIMIT 20000)" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	[DB_TALKS_LOAD] = {
		.sql = { "SELECT network, is_room, name, (SELECT count(*)"
			 " FROM line WHERE line.talk = talk.id) FROM talk"
			 " WHERE gateway = ?1 AND user = ?2"
			 " ORDER BY network, is_room DESC, name LIMIT 500" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 4,
	},
	[DB_PROBE] = {
		.sql = { "INSERT INTO meta (name, value) VALUES ('probe', 1)"
			 " ON CONFLICT DO UPDATE SET value = value + 1" },
		.seal = STORE_SQL_NO_SEAL,
	},
};

const struct op_row *
store_sql(enum db_op kind)
{
	static const struct op_row *const tables[] = { store_sql_users,
		store_sql_outbox, store_sql_inbox };

	return &tables[kind / DB_SET][kind % DB_SET];
}
