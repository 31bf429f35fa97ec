/*
 * sms_token.h - the token that a line's provider wants first (OAuth 2)
 *
 * Fetched when it is needed, one request at a time for each line; what was to
 * be sent meanwhile is tried again a moment later.
 */
#ifndef SMS_TOKEN_H
#define SMS_TOKEN_H

#include <stdbool.h>

#include "lib/err.h"

struct gw_outcome;
struct sms_line;

enum { SMS_TOKEN_WAIT_MS = 500 };

/*
 * False: there is none yet; *o says RETRY, with what is wrong if it could not
 * be had.
 */
bool sms_token_has(struct sms_line *l, struct gw_outcome *o);

void sms_token_close(struct sms_line *l);

#endif
