/*
 * mail_severity.h - how bad it is what a notification says; pure
 *
 * The address says it (disk.TOKEN.crit@), else the subject by the patterns of
 * the target, else the mail's own headers.
 */
#ifndef MAIL_SEVERITY_H
#define MAIL_SEVERITY_H

#include <stdbool.h>

#include "lib/str.h"

enum mail_severity {
	MAIL_SEVERITY_NONE, /* nobody says */
	MAIL_SEVERITY_INFO,
	MAIL_SEVERITY_WARN,
	MAIL_SEVERITY_CRIT,
	MAIL_NSEVERITY
};

/* "crit", "2", "emerg", "warning", ...; NONE: nothing that we know. */
enum mail_severity mail_severity_read(struct str word);

/* Of Importance, X-Priority and Priority, as a record has it. */
enum mail_severity mail_severity_of_importance(struct str importance);

const char *mail_severity_name(enum mail_severity s); /* "crit"; "" */
const char *mail_severity_mark(enum mail_severity s); /* "[CRIT] "; "" */

/* XEP-0131: "high", ...; empty for NONE. */
struct str mail_severity_urgency(enum mail_severity s);

#endif
