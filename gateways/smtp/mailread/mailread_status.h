/*
 * mailread_status.h - enhanced status codes (RFC 3463); pure
 */
#ifndef MAILREAD_STATUS_H
#define MAILREAD_STATUS_H

#include "lib/str.h"

/* "5.1.1" at the beginning of a value, borrowed; or empty. */
struct str mailread_status(struct str value);

/*
 * What is to be believed of a status and a text: one in the text, where there
 * is no status or one that says nothing (5.0.0), and they agree about how
 * final it is.
 */
struct str mailread_status_better(struct str status, struct str text);

#endif
