/*
 * mail_alert.h - what is said of a mail that came for a target; pure
 *
 * A title and the beginning of the text; the whole of it is a file if it does
 * not fit.  Own addresses are masked: they hold tokens.
 *
 * Limits     MAIL_ALERT_MAX of the body; lines and bytes as the target has it.
 */
#ifndef MAIL_ALERT_H
#define MAIL_ALERT_H

#include <stdbool.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/str.h"
#include "smtp/mail_seen.h"
#include "smtp/mail_severity.h"

struct mail_record;

enum {
	MAIL_ALERT_LINES = 40,
	MAIL_ALERT_BYTES = 4096,
	MAIL_ALERT_MAX = 32 * 1024,
	MAIL_ALERT_TITLE_MAX = 300,
	MAIL_ALERT_FILES = 10,
};

/* How a target wants it. */
struct mail_alert_style {
	struct str title, body; /* templates: {subject} {from} {name} {address}
	                           {severity} {mark} {slug} {title} {text} */
	struct str mention;     /* behind the title of what is critical */
	size_t lines, bytes;    /* of {text} */
	bool shows_sender;      /* a line in front of {text} */
	bool files;             /* the mail's own go along */
};

struct mail_alert {
	struct gw_arrival arrival; /* its message is the one below */
	struct gw_message message; /* the caller adds attachments */
	struct gw_span strong;     /* the title */
	struct gw_file rest; /* the whole text, to be uploaded before the mail's
	                        own files; an empty body: nothing */
	bool wants_files;    /* those of the mail, too */
	enum mail_severity severity;
	uint8_t seen[MAIL_SEEN_BYTES];
	struct buf title, body, whole; /* what the above point into */
	char *slug, *to;
	char key[2 * MAIL_SEEN_BYTES + 1];
	char id[GW_ID_MAX + 1];
};

struct mail_alert_facts {
	struct str slug;   /* of the target */
	struct str token;  /* that it was addressed with; or empty */
	struct str domain; /* our own */
	enum mail_severity severity;
};

/* message.subject, .body, .span, .urgency and rest are set. */
struct mail_alert *mail_alert_new(const struct mail_alert_style *style,
    const struct mail_alert_facts *facts, const struct mail_record *r);
void mail_alert_free(struct mail_alert **ap);

/* The rest is somewhere else, or nobody wants it: texts are long, and many
   recipients of one mail wait for its files. */
void mail_alert_drop_rest(struct mail_alert *a);

/* A line about a file of the mail that people do not get. */
void mail_alert_note(struct mail_alert *a, struct str name, struct str mime,
    uint64_t size, const char *why);

/* One line of what was counted rather than said. */
void mail_alert_digest(
    uint64_t n, struct str last, int64_t span_ms, struct buf *out);

/* "Cron <root@nas> cd / && x" -> "cron root@nas: x"; else s. */
void mail_alert_subject(struct str s, struct buf *out);

/* Appends text with what could be used to write to us made unusable. */
void mail_alert_mask(
    struct str text, struct str token, struct str domain, struct buf *out);

#endif
