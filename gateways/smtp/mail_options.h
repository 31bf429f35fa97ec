/*
 * mail_options.h - what the file says about a mail gateway itself
 *
 * Everything is copied: it outlives the configuration it was read from.
 */
#ifndef MAIL_OPTIONS_H
#define MAIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "lib/str.h"
#include "smtp/mail_verdict.h"

/* A list of words, each terminated. */
struct mail_words {
	char **v;
	size_t n;
};

struct mail_options {
	char *domain;              /* of our addresses, in lower case */
	struct mail_words home;    /* whose users' names are theirs here */
	char *authserv_id;         /* whose Authentication-Results count; "" */
	struct mail_words uploads; /* hosts that files are fetched from */
	struct mail_words postmasters; /* bare JIDs; none: the administrators */
	struct mail_words reserved;    /* names that nobody gets */
	bool computed;                 /* alice=40jabber.example is alice's */
	unsigned per_hour, per_day, new_per_day, per_recipient_hour;
	unsigned in_per_minute;     /* mails to one user; 0: as they come */
	unsigned source_per_minute; /* from one IP that is not trusted */
	enum mail_spam spam;
	uint64_t size_max; /* bytes of one mail, either way */
	int64_t hold_ms, hold_max_ms;
};

extern const struct gw_option mail_options[];

/* *o is to be released, whatever is returned. */
int mail_options_read(struct mail_options *o, struct gateway *gw,
    const struct conf *conf, struct err *err);
void mail_options_release(struct mail_options *o);

/* A list of the file; -1: it is too long. */
int mail_words_read(struct mail_words *w, const struct conf *conf,
    const char *option, struct err *err);
void mail_words_release(struct mail_words *w); /* may be used again */

/* Is it among them, whatever its case? */
bool mail_words_have(const struct mail_words *w, struct str word);

/* Is it one of our domains, in any case? */
bool mail_options_is_own(const struct mail_options *o, struct str domain);

#endif
