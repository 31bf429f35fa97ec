/*
 * mail_result.h - what became of a mail that was handed in
 *
 * Said by the worker, read by the daemon, which believes nothing.  Pure.
 */
#ifndef MAIL_RESULT_H
#define MAIL_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h" /* enum gw_fate */
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum {
	MAIL_ENHANCED_MAX = 11,       /* "5.123.123" */
	MAIL_RESULT_TEXT_MAX = 500,   /* of what the server said */
	MAIL_RESULT_PACKED_MAX = 2048 /* all of it */
};

struct mail_result {
	enum gw_fate fate; /* SENT, RETRY, REFUSED, UNSURE */
	struct err err;    /* of the last three: a sentence for people */
	int code;          /* of the server, 200 to 599; 0: it said nothing */
	char enhanced[MAIL_ENHANCED_MAX + 1]; /* "5.1.1" (RFC 3463); or "" */
	int64_t retry_after_ms;               /* 0: as usual */
	bool is_broken;  /* RETRY: the login or TLS does not work; nothing will
	                    go there before an operator has looked */
	struct str text; /* what the server said, one line */
};

void mail_result_pack(const struct mail_result *r, struct buf *out);

/* False: these bytes are none.  text borrows from them. */
bool mail_result_read(struct mail_result *r, struct str bytes);

/* Sets enhanced if s is one of that code's class. */
void mail_result_enhance(struct mail_result *r, struct str s);

#endif
