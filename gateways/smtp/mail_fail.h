/*
 * mail_fail.h - why a mail was not delivered, as an error for its sender
 *
 * From the codes of SMTP (RFC 5321 4.2, RFC 3463), whether a server answers
 * with them or a report brings them later.  Pure.
 */
#ifndef MAIL_FAIL_H
#define MAIL_FAIL_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/str.h"

/* code: 0 if there is none; enhanced: "5.1.1", or empty. */
enum err_kind mail_fail_kind(int code, struct str enhanced);

/* There is no such mailbox, or no such domain. */
bool mail_fail_is_nobody(int code, struct str enhanced);

/*
 * A sentence: what it means, and what the server said, which is shown as it
 * is but for what is not text.
 */
void mail_fail_set(
    struct err *err, int code, struct str enhanced, struct str said);

#endif
