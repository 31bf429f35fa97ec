/*
 * migrate.h - the schema of the store, version by version, forward only
 *
 * A version is one row of a table in migrate.c; a row that has been released
 * is never changed, the next change is the next row.  All that are missing
 * are applied in one transaction.  The file says which it has in
 * PRAGMA user_version, and that it is ours in PRAGMA application_id.
 */
#ifndef CORE_MIGRATE_H
#define CORE_MIGRATE_H

#include "lib/err.h"

typedef struct sqlite3 sqlite3;

enum {
	MIGRATE_VERSION = 11,             /* what this program writes */
	MIGRATE_APPLICATION = 0x50617373, /* "Pass" */
};

enum migrate_result {
	MIGRATE_OK,
	MIGRATE_TOO_NEW, /* of a later version of this program */
	MIGRATE_FOREIGN, /* another program's database */
	MIGRATE_FAILED,  /* see err */
};

/* err is not set for MIGRATE_OK.  The file is unchanged unless MIGRATE_OK. */
enum migrate_result migrate_run(sqlite3 *db, struct err *err);

#endif
