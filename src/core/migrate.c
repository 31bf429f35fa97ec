/*
 * The tables.  A name that a user or a network chose is TEXT, compared
 * bytewise; what may be sealed is BLOB.  "" rather than NULL where a scope
 * has no network or no room, so that primary keys compare.
 */
#include <sqlite3.h>

#include "lib/str.h"

#include "core/migrate.h"

static const char *const versions[MIGRATE_VERSION] = {
	/* 1: what users set */
	"CREATE TABLE meta ("
	"  name TEXT PRIMARY KEY, value TEXT NOT NULL"
	") WITHOUT ROWID;"
	"CREATE TABLE setting ("
	"  user TEXT NOT NULL, gateway TEXT NOT NULL, network TEXT NOT NULL,"
	"  room TEXT NOT NULL, name TEXT NOT NULL,"
	"  value BLOB NOT NULL, sealed INTEGER NOT NULL,"
	"  PRIMARY KEY (user, gateway, network, room, name)"
	") WITHOUT ROWID;",

	/* 2: who is inside which room */
	"CREATE TABLE occupant ("
	"  gateway TEXT NOT NULL, jid TEXT NOT NULL, room TEXT NOT NULL,"
	"  nick TEXT NOT NULL, password BLOB NOT NULL,"
	"  PRIMARY KEY (gateway, jid, room)"
	") WITHOUT ROWID;",

	/* 3: what networks told us */
	"CREATE TABLE fact ("
	"  gateway TEXT NOT NULL, network TEXT NOT NULL, name TEXT NOT NULL,"
	"  value TEXT NOT NULL,"
	"  PRIMARY KEY (gateway, network, name)"
	") WITHOUT ROWID;",

	/* 4: what was said; at_us in microseconds, seq tells apart what has the same */
	"CREATE TABLE talk ("
	"  id INTEGER PRIMARY KEY,"
	"  gateway TEXT NOT NULL, user TEXT NOT NULL, network TEXT NOT NULL,"
	"  is_room INTEGER NOT NULL, name TEXT NOT NULL,"
	"  UNIQUE (gateway, user, network, is_room, name)"
	");"
	"CREATE TABLE line ("
	"  seq INTEGER PRIMARY KEY,"
	"  talk INTEGER NOT NULL, at_us INTEGER NOT NULL, id TEXT NOT NULL,"
	"  kind INTEGER NOT NULL, flags INTEGER NOT NULL,"
	"  nick TEXT NOT NULL, own_id TEXT NOT NULL, reply_to TEXT NOT NULL,"
	"  reply_nick TEXT NOT NULL, corrects TEXT NOT NULL,"
	"  body TEXT NOT NULL"
	");"
	"CREATE INDEX line_by_time ON line (talk, at_us);"
	"CREATE UNIQUE INDEX line_by_id ON line (talk, id);",

	/* 5: what users have in their rosters */
	"CREATE TABLE contact ("
	"  gateway TEXT NOT NULL, user TEXT NOT NULL, address TEXT NOT NULL,"
	"  PRIMARY KEY (gateway, user, address)"
	") WITHOUT ROWID;",

	/* 6: and who it was that said it */
	"ALTER TABLE line ADD COLUMN identity TEXT NOT NULL DEFAULT '';",

	/* 7: what a network made several of has several ids there */
	("ALTER TABLE line ADD COLUMN parts TEXT NOT NULL DEFAULT '';"
	 "CREATE INDEX line_of_parts ON line (talk) WHERE parts <> '';"),

	/* 8: what came in, and by what it is known when it comes again */
	("CREATE TABLE arrival ("
	 "  gateway TEXT NOT NULL, id INTEGER NOT NULL,"
	 "  user TEXT NOT NULL, line TEXT NOT NULL,"
	 "  contact TEXT NOT NULL, state INTEGER NOT NULL,"
	 "  at_utc INTEGER NOT NULL, changed_utc INTEGER NOT NULL,"
	 "  tries INTEGER NOT NULL, deaths INTEGER NOT NULL,"
	 "  why TEXT NOT NULL, letter BLOB NOT NULL,"
	 "  UNIQUE (gateway, id)"
	 ");"
	 "CREATE TABLE arrival_key ("
	 "  gateway TEXT NOT NULL, line TEXT NOT NULL, key TEXT NOT NULL,"
	 "  user TEXT NOT NULL, batch INTEGER NOT NULL,"
	 "  at_utc INTEGER NOT NULL,"
	 "  PRIMARY KEY (gateway, line, key, user)"
	 ") WITHOUT ROWID;"
	 "CREATE INDEX arrival_key_by_time ON arrival_key (gateway, at_utc);"),

	/* 9: what is to go out; the numbers in fate are those of fate.h */
	("CREATE TABLE outbox ("
	 "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	 "  gateway TEXT NOT NULL, user TEXT NOT NULL, key BLOB,"
	 "  line TEXT NOT NULL, units INTEGER NOT NULL,"
	 "  price INTEGER NOT NULL, accepted_utc INTEGER NOT NULL,"
	 "  is_open INTEGER NOT NULL, fate INTEGER NOT NULL,"
	 "  told INTEGER NOT NULL, flags INTEGER NOT NULL,"
	 "  expire_utc INTEGER NOT NULL, changed_utc INTEGER NOT NULL,"
	 "  head BLOB NOT NULL, body BLOB NOT NULL"
	 ");"
	 "CREATE UNIQUE INDEX outbox_key ON outbox (gateway, key)"
	 "  WHERE key IS NOT NULL;"
	 "CREATE INDEX outbox_open ON outbox (gateway, id) WHERE is_open = 1;"
	 "CREATE INDEX outbox_ended ON outbox (gateway, changed_utc)"
	 "  WHERE is_open = 0;"
	 "CREATE INDEX outbox_dead ON outbox (gateway, id)"
	 "  WHERE fate IN (5, 7, 8);"
	 "CREATE INDEX outbox_by_user ON outbox (gateway, user);"
	 "CREATE TABLE piece ("
	 "  message INTEGER NOT NULL, no INTEGER NOT NULL,"
	 "  fate INTEGER NOT NULL, tries INTEGER NOT NULL,"
	 "  line TEXT NOT NULL, network_id TEXT NOT NULL,"
	 "  at_utc INTEGER NOT NULL, err INTEGER NOT NULL,"
	 "  err_text TEXT NOT NULL,"
	 "  PRIMARY KEY (message, no)"
	 ") WITHOUT ROWID;"
	 "CREATE INDEX piece_by_name ON piece (line, network_id)"
	 "  WHERE network_id <> '';"
	 "CREATE TABLE report ("
	 "  gateway TEXT NOT NULL, line TEXT NOT NULL,"
	 "  network_id TEXT NOT NULL, fate INTEGER NOT NULL,"
	 "  at_utc INTEGER NOT NULL, err INTEGER NOT NULL,"
	 "  err_text TEXT NOT NULL,"
	 "  PRIMARY KEY (gateway, line, network_id)"
	 ") WITHOUT ROWID;"
	 "CREATE TABLE pause ("
	 "  gateway TEXT NOT NULL, line TEXT NOT NULL,"
	 "  is_broken INTEGER NOT NULL, why TEXT NOT NULL,"
	 "  PRIMARY KEY (gateway, line)"
	 ") WITHOUT ROWID;"),

	/* 10: how many messages of the network it is */
	"ALTER TABLE outbox ADD COLUMN pieces INTEGER NOT NULL DEFAULT 1;",

	/* 11: which words are to be erased */
	"CREATE INDEX outbox_worded ON outbox (gateway, changed_utc)"
	"  WHERE is_open = 0 AND body <> x'';",
};

static int
failed(sqlite3 *db, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "%s", sqlite3_errmsg(db));
}

static int
run(sqlite3 *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, err);
	return 0;
}

/* The one number that a statement gives. */
static int
ask(sqlite3 *db, const char *sql, int *out, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		*out = sqlite3_column_int(st, 0);
		rc = 0;
	}
	sqlite3_finalize(st);
	return rc < 0 ? failed(db, err) : 0;
}

static int
apply(sqlite3 *db, int from, struct err *err)
{
	char mark[96];

	for (int v = from; v < MIGRATE_VERSION; v++)
		if (run(db, versions[v], err) < 0)
			return err_prefix(err, "schema version %d", v + 1);
	snprintf(mark, sizeof(mark),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d;",
	    MIGRATE_APPLICATION, MIGRATE_VERSION);
	return run(db, mark, err);
}

static enum migrate_result
judge(int application, int version, int ntables, struct err *err)
{
	bool is_empty = application == 0 && version == 0 && ntables == 0;

	if (!is_empty && application != MIGRATE_APPLICATION) {
		err_set(err, ERR_BAD_INPUT, "another program's database");
		return MIGRATE_FOREIGN;
	}
	if (version > MIGRATE_VERSION) {
		err_set(err, ERR_UNSUPPORTED,
		    "schema version %d, this program knows up to %d", version,
		    MIGRATE_VERSION);
		return MIGRATE_TOO_NEW;
	}
	return MIGRATE_OK;
}

static enum migrate_result
migrate(sqlite3 *db, struct err *err)
{
	int application = 0, version = 0, ntables = 0;
	enum migrate_result result;

	if (ask(db, "PRAGMA application_id", &application, err) < 0 ||
	    ask(db, "PRAGMA user_version", &version, err) < 0 ||
	    ask(db, "SELECT count(*) FROM sqlite_schema", &ntables, err) < 0)
		return MIGRATE_FAILED;
	result = judge(application, version, ntables, err);
	if (result != MIGRATE_OK || version == MIGRATE_VERSION)
		return result;
	return apply(db, version, err) < 0 ? MIGRATE_FAILED : MIGRATE_OK;
}

enum migrate_result
migrate_run(sqlite3 *db, struct err *err)
{
	enum migrate_result result;

	if (run(db, "BEGIN IMMEDIATE", err) < 0)
		return MIGRATE_FAILED;
	result = migrate(db, err);
	if (result == MIGRATE_OK && run(db, "COMMIT", err) < 0)
		result = MIGRATE_FAILED;
	if (result != MIGRATE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* err
		    holds the reason; there is nothing better to say */
	return result;
}
