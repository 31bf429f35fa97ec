/*
 * store_sql.h - every statement there is, a table for each noun
 *
 * Arguments are ?1, ?2 ... in every statement of a row.  What is sealed is
 * bound to label, the arguments and (in a load) columns before it: the same
 * sequence in the put and in the load.  The column behind a sealed column
 * says whether it is.
 */
#ifndef CORE_STORE_SQL_H
#define CORE_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/store_db.h"

enum { STORE_SQL_MAX = 10, STORE_SQL_NO_SEAL = -1 };

struct op_row {
	const char *sql[STORE_SQL_MAX];
	const char *label;
	size_t nargs;
	size_t nvalues; /* so many of the last may be long; 0: the very last */
	int seal;       /* argument; or column, in a load */
	size_t ncols;   /* of a load; 0: it is none */
	bool erases;
	bool writes;       /* a load that changes something, too */
	bool moves_talk;   /* numbers that we remember are of others now */
	bool numbers_talk; /* ?5 is the number of the conversation */
};

/* Of the first DB_SET kinds, the next, ... */
extern const struct op_row store_sql_users[DB_SET];
extern const struct op_row store_sql_inbox[DB_SET];
extern const struct op_row store_sql_outbox[DB_SET];

const struct op_row *store_sql(enum db_op kind);

#endif
