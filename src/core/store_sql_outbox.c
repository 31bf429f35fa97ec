/*
 * store_sql_outbox.c - the statements about what is to go out
 */
#include "core/store_sql.h"

/* A row of a message, and one of a piece, in the same columns. */
#define MESSAGE                                                                \
	"'m', id, user, line, units, price, accepted_utc, is_open, fate, "     \
	"told, flags, expire_utc, changed_utc, head, body"
#define PIECE                                                                  \
	"'p', message, no, fate, tries, line, network_id, at_utc, err, "       \
	"err_text, '', '', '', '', ''"
#define BOTH(which)                                                            \
	{                                                                      \
		"SELECT " MESSAGE " FROM outbox WHERE " which,                 \
		    "SELECT " PIECE " FROM piece WHERE message IN"             \
		    " (SELECT id FROM outbox WHERE " which ")"                 \
		    " ORDER BY message, no"                                    \
	}

/* How a message stands, and what became of one of its pieces. */
#define STEP                                                                   \
	"UPDATE outbox SET is_open = CAST(?2 AS INTEGER),"                     \
	" fate = CAST(?3 AS INTEGER),"                                         \
	" told = CAST(?4 AS INTEGER),"                                         \
	" flags = CAST(?5 AS INTEGER),"                                        \
	" expire_utc = CAST(?6 AS INTEGER),"                                   \
	" changed_utc = CAST(?7 AS INTEGER)"                                   \
	" WHERE id = CAST(?1 AS INTEGER)",                                     \
	    "INSERT INTO piece (message, no, fate, tries, line,"               \
	    " network_id, at_utc, err, err_text)"                              \
	    " SELECT id, CAST(?8 AS INTEGER),"                                 \
	    " CAST(?9 AS INTEGER), CAST(?10 AS INTEGER), ?11,"                 \
	    " ?12, CAST(?13 AS INTEGER), CAST(?14 AS INTEGER),"                \
	    " ?15 FROM outbox WHERE id = CAST(?1 AS INTEGER)"                  \
	    " ON CONFLICT DO UPDATE SET fate = excluded.fate,"                 \
	    " tries = excluded.tries, line = excluded.line,"                   \
	    " network_id = excluded.network_id,"                               \
	    " at_utc = excluded.at_utc, err = excluded.err,"                   \
	    " err_text = excluded.err_text"

enum { BOTH_COLUMNS = 15 };

#define ROW(kind) [(kind)-DB_OUTBOX]

const struct op_row store_sql_outbox[DB_SET] = {
	/* A key counts for a day: an older one gives way. */
	ROW(DB_OUT_PUT) = {
		.sql = { "UPDATE outbox SET key = NULL WHERE gateway = ?2"
			 " AND key = CAST(?4 AS BLOB)"
			 " AND accepted_utc < CAST(?8 AS INTEGER)",
			 "INSERT INTO outbox (id, gateway, user, key, units,"
			 " price, accepted_utc, line, is_open, fate, told,"
			 " flags, expire_utc, changed_utc, head, body, pieces)"
			 " VALUES"
			 " (CAST(?1 AS INTEGER), ?2, ?3,"
			 " nullif(CAST(?4 AS BLOB), x''),"
			 " CAST(?5 AS INTEGER), CAST(?6 AS INTEGER),"
			 " CAST(?7 AS INTEGER), ?9, 1, CAST(?10 AS INTEGER),"
			 " 0, CAST(?11 AS INTEGER), CAST(?12 AS INTEGER),"
			 " CAST(?7 AS INTEGER), CAST(?13 AS BLOB),"
			 " CAST(?14 AS BLOB), CAST(?15 AS INTEGER))"
			 " ON CONFLICT DO NOTHING",
			 "SELECT id FROM outbox WHERE gateway = ?2"
			 " AND (id = CAST(?1 AS INTEGER) AND user = ?3"
			 " AND accepted_utc = CAST(?7 AS INTEGER)"
			 " OR key = nullif(CAST(?4 AS BLOB), x''))" },
		.nargs = 15,
		.nvalues = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
		.writes = true,
	},
	ROW(DB_OUT_MARK) = {
		.sql = { "UPDATE outbox SET is_open = CAST(?2 AS INTEGER),"
			 " fate = CAST(?3 AS INTEGER),"
			 " told = CAST(?4 AS INTEGER),"
			 " flags = CAST(?5 AS INTEGER),"
			 " expire_utc = CAST(?6 AS INTEGER),"
			 " changed_utc = CAST(?7 AS INTEGER)"
			 " WHERE id = CAST(?1 AS INTEGER)" },
		.nargs = 7,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_OUT_STEP) = {
		.sql = { STEP },
		.nargs = 15,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_OUT_TRY) = {
		.sql = { STEP,
			 "SELECT count(*) FROM outbox"
			 " WHERE id = CAST(?1 AS INTEGER)" },
		.nargs = 15,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
		.writes = true,
	},
	ROW(DB_OUT_BODY) = {
		.sql = { "UPDATE outbox SET body = CAST(?2 AS BLOB)"
			 " WHERE id = CAST(?1 AS INTEGER)" },
		.nargs = 2,
		.nvalues = 1,
		.seal = STORE_SQL_NO_SEAL,
	},
	/* AUTOINCREMENT remembers those that are gone, too. */
	ROW(DB_OUT_LAST) = {
		.sql = { "SELECT coalesce(max(seq), 0) FROM sqlite_sequence"
			 " WHERE name = 'outbox'" },
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
	},
	ROW(DB_OUT_SKIP) = {
		.sql = { "UPDATE sqlite_sequence SET seq ="
			 " max(seq, CAST(?1 AS INTEGER))"
			 " WHERE name = 'outbox'" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_OUTS_LOAD) = {
		.sql = BOTH("gateway = ?1 AND is_open = 1 AND id >"
			    " CAST(?2 AS INTEGER) ORDER BY id LIMIT 500"),
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = BOTH_COLUMNS,
	},
	ROW(DB_OUT_FIND) = {
		.sql = BOTH("gateway = ?1 AND id = CAST(?2 AS INTEGER)"),
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = BOTH_COLUMNS,
	},
	ROW(DB_OUT_FIND_NAMED) = {
		.sql = BOTH("gateway = ?1 AND id = (SELECT max(message)"
			    " FROM piece JOIN outbox AS o ON o.id = message"
			    " WHERE o.gateway = ?1 AND piece.line = ?2"
			    " AND piece.network_id = ?3"
			    " AND piece.network_id <> '')"),
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = BOTH_COLUMNS,
	},
	ROW(DB_OUT_FIND_KEYED) = {
		.sql = BOTH("gateway = ?1 AND key = CAST(?2 AS BLOB)"
			    " AND accepted_utc >= CAST(?3 AS INTEGER)"),
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = BOTH_COLUMNS,
	},
	/* Unsure, expired, failed. */
	ROW(DB_OUTS_DEAD) = {
		.sql = BOTH("gateway = ?1"
			    " AND fate IN (5, 7, 8)"
			    " ORDER BY id DESC LIMIT CAST(?2 AS INTEGER)"),
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = BOTH_COLUMNS,
	},
	/* A part at a time: others wait behind it. */
	ROW(DB_OUTS_PRUNE) = {
		.sql = { "UPDATE outbox SET body = x'' WHERE id IN (SELECT id"
			 " FROM outbox WHERE gateway = ?1 AND is_open = 0"
			 " AND changed_utc < CAST(?2 AS INTEGER)"
			 " AND body <> x'' LIMIT 5000)",
			 "DELETE FROM piece WHERE message IN (SELECT id"
			 " FROM outbox WHERE gateway = ?1 AND is_open = 0"
			 " AND changed_utc < CAST(?3 AS INTEGER) LIMIT 5000)",
			 "DELETE FROM outbox WHERE id IN (SELECT id"
			 " FROM outbox WHERE gateway = ?1 AND is_open = 0"
			 " AND changed_utc < CAST(?3 AS INTEGER) LIMIT 5000)",
			 "SELECT EXISTS (SELECT 1 FROM outbox"
			 " WHERE gateway = ?1 AND is_open = 0"
			 " AND changed_utc < CAST(?2 AS INTEGER)"
			 " AND body <> x'') OR EXISTS (SELECT 1 FROM outbox"
			 " WHERE gateway = ?1 AND is_open = 0"
			 " AND changed_utc < CAST(?3 AS INTEGER))" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
		.writes = true,
		.erases = true,
	},
	/* What never went out costs nothing, and what was sent again counts
	   again: enum owed_flag, OWED_GIVEN_BACK and OWED_BEFORE_SHIFT. */
	ROW(DB_TALLIES_LOAD) = {
		.sql = { "SELECT user, line, accepted_utc / 86400000 AS day,"
			 " sum(pieces * times), sum(units * times),"
			 " sum(price * times)"
			 " FROM (SELECT user, line, accepted_utc, pieces,"
			 " units, price, (flags >> 8) + (flags & 16 = 0) AS times FROM outbox"
			 " WHERE gateway = ?1"
			 " AND accepted_utc >= CAST(?2 AS INTEGER))"
			 " WHERE times > 0 GROUP BY user, line, day" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 6,
	},
	ROW(DB_REPORT_PUT) = {
		.sql = { "INSERT INTO report (gateway, line, network_id, fate,"
			 " at_utc, err, err_text) VALUES (?1, ?2, ?3,"
			 " CAST(?4 AS INTEGER), CAST(?5 AS INTEGER),"
			 " CAST(?6 AS INTEGER), ?7)"
			 " ON CONFLICT DO UPDATE SET fate = excluded.fate,"
			 " at_utc = excluded.at_utc, err = excluded.err,"
			 " err_text = excluded.err_text" },
		.nargs = 7,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_REPORT_DEL) = {
		.sql = { "DELETE FROM report WHERE gateway = ?1 AND line = ?2"
			 " AND network_id = ?3" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_REPORTS_PRUNE) = {
		.sql = { "DELETE FROM report WHERE gateway = ?1"
			 " AND at_utc < CAST(?2 AS INTEGER)" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_REPORTS_LOAD) = {
		.sql = { "SELECT line, network_id, fate, at_utc, err, err_text"
			 " FROM report WHERE gateway = ?1 ORDER BY at_utc" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 6,
	},
	ROW(DB_PAUSE_PUT) = {
		.sql = { "INSERT INTO pause (gateway, line, is_broken, why)"
			 " VALUES (?1, ?2, CAST(?3 AS INTEGER), ?4)"
			 " ON CONFLICT DO UPDATE SET"
			 " is_broken = excluded.is_broken,"
			 " why = excluded.why" },
		.nargs = 4,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_PAUSE_DEL) = {
		.sql = { "DELETE FROM pause WHERE gateway = ?1"
			 " AND line = ?2" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_META_PUT) = {
		.sql = { "INSERT INTO meta (name, value) VALUES (?1, ?2)"
			 " ON CONFLICT DO UPDATE SET value = excluded.value" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_META_LOAD) = {
		.sql = { "SELECT value FROM meta WHERE name = ?1" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
	},
	ROW(DB_PAUSES_LOAD) = {
		.sql = { "SELECT line, is_broken, why FROM pause"
			 " WHERE gateway = ?1" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 3,
	},
};
