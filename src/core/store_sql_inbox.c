/*
 * store_sql_inbox.c - the statements about what came in
 */
#include "core/store_sql.h"

#define ROW(kind) [(kind)-DB_INBOX]

const struct op_row store_sql_inbox[DB_SET] = {
	/*
	 * A key that was here in another batch keeps the message out; so does
	 * the same key for the same user a second time.
	 */
	ROW(DB_ARRIVAL_PUT) = {
		.sql = { "INSERT INTO arrival_key (gateway, line, key, user,"
			 " batch, at_utc) SELECT ?1, ?3, ?4, ?2,"
			 " CAST(?8 AS INTEGER), CAST(?7 AS INTEGER)"
			 " WHERE ?4 <> '' AND NOT EXISTS (SELECT 1 FROM"
			 " arrival_key WHERE gateway = ?1 AND line = ?3"
			 " AND key = ?4 AND batch <> CAST(?8 AS INTEGER))"
			 " ON CONFLICT DO NOTHING",
			 "INSERT INTO arrival (id, gateway, user, line,"
			 " contact, state, at_utc, changed_utc, tries, deaths,"
			 " why, letter) SELECT CAST(?6 AS INTEGER), ?1, ?2,"
			 " ?3, ?5, 0, CAST(?7 AS INTEGER),"
			 " CAST(?7 AS INTEGER), 0, 0, '', CAST(?9 AS BLOB)"
			 " WHERE ?4 = '' OR changes() = 1",
			 "SELECT count(*) FROM arrival"
			 " WHERE gateway = ?1 AND id = CAST(?6 AS INTEGER)" },
		.nargs = 9,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 1,
		.writes = true,
	},
	ROW(DB_ARRIVALS_LOAD) = {
		.sql = { "SELECT id, user, line, contact, state, at_utc,"
			 " changed_utc, tries, deaths, why, CASE WHEN state < 2"
			 " THEN letter ELSE '' END FROM arrival"
			 " WHERE gateway = ?1 ORDER BY id" },
		.nargs = 1,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 11,
	},
	ROW(DB_ARRIVAL_LOAD) = {
		.sql = { "SELECT id, user, line, contact, state, at_utc,"
			 " changed_utc, tries, deaths, why, letter FROM arrival"
			 " WHERE gateway = ?1 AND id = CAST(?2 AS INTEGER)" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
		.ncols = 11,
	},
	ROW(DB_ARRIVAL_SET) = {
		.sql = { "UPDATE arrival SET state = CAST(?3 AS INTEGER),"
			 " changed_utc = CAST(?4 AS INTEGER),"
			 " tries = CAST(?5 AS INTEGER),"
			 " deaths = CAST(?6 AS INTEGER), why = ?7"
			 " WHERE gateway = ?1 AND id = CAST(?2 AS INTEGER)" },
		.nargs = 7,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_ARRIVAL_DEL) = {
		.sql = { "DELETE FROM arrival"
			 " WHERE gateway = ?1 AND id = CAST(?2 AS INTEGER)" },
		.nargs = 2,
		.seal = STORE_SQL_NO_SEAL,
	},
	ROW(DB_ARRIVALS_PRUNE) = {
		.sql = { "DELETE FROM arrival WHERE gateway = ?1"
			 " AND state >= 2"
			 " AND changed_utc < CAST(?2 AS INTEGER)",
			 "DELETE FROM arrival_key WHERE gateway = ?1"
			 " AND at_utc < CAST(?3 AS INTEGER)" },
		.nargs = 3,
		.seal = STORE_SQL_NO_SEAL,
	},
};
