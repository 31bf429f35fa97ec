/*
 * sms_line.h - one number at one provider
 *
 * Made of a `line` block: a profile, the values of its variables, the number
 * and who may use it.  A line that several people use is shared: what comes in
 * goes to who last wrote to that number, else to all of them.
 *
 * Webhooks   Of a line: PUBLIC_URL/sms/LINE/TOKEN/inbound and /status.  TOKEN
 *            is the operator's hook_token, else derived from the key of the
 *            store, so it stays over restarts.
 */
#ifndef SMS_LINE_H
#define SMS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/gateway.h"
#include "sms/sms_auth.h"
#include "sms/sms_number.h"
#include "sms/sms_vars.h"
#include "sms/sms_verify.h"

struct sms_gateway;
struct sms_profile;

enum {
	SMS_LINES_MAX = 1000,
	SMS_TOKEN_MAX = 64,
	SMS_LINE_USERS_MAX = 1000,
};

struct sms_line {
	struct list node; /* in sms->order */
	struct sms_gateway *sms;
	char *name;
	bool is_pool; /* given to who registers: sms_tenant.h */
	char *owner;  /* whose own it is; NULL: the operator's */
	const struct sms_profile *profile;
	struct sms_number number;
	char **user; /* bare JIDs and domains */
	size_t nuser;
	struct sms_pair *pair; /* variables of the profile; wiped */
	size_t npair;
	struct sms_pairs vars;
	char token[SMS_TOKEN_MAX + 1];
	char *hook;       /* path of its webhooks */
	struct str *stop; /* languages whose words like STOP we obey */
	size_t nstop;
	enum gw_stage stage;
	struct gw_line flow; /* name and fallback are ours */
	char *fallback;
	struct sms_auth_state *auth;
	struct http_call *token_call; /* sms_token.c */
	struct err token_err;
	struct sms_poller *poller;     /* or NULL */
	struct sms_replay *replay;     /* webhooks that were taken already */
	struct sms_reported *reported; /* sms_in.c: parts that arrived */
	uint64_t strange; /* sms_in.c: the last that told nothing */
};

extern const struct gw_option sms_line_options[];

/* Of a block; declares it to the core and takes its webhooks, if it has any. */
struct sms_line *sms_line_new(
    struct sms_gateway *sms, const struct conf *conf, struct err *err);
void sms_line_free(struct sms_line **lp);

/* What a user brings: values of the profile's variables, by their names. */
struct sms_own {
	struct str user, name, profile, number;
	const struct gw_field *given;
	size_t n;
};

/*
 * Of that: nobody sees it before it is published, which is what
 * sms_line_new() does, too.
 */
struct sms_line *sms_line_new_own(
    struct sms_gateway *sms, const struct sms_own *own, struct err *err);
int sms_line_publish(struct sms_line *l, struct err *err);

/* NULL: there is none of that name. */
struct sms_line *sms_line_find(struct sms_gateway *sms, struct str name);

/* May he send by it, and does he get what comes in? */
bool sms_line_is_of(const struct sms_line *l, struct str user);

/* It is his alone from now on; empty: nobody's. */
void sms_line_give(struct sms_line *l, struct str user);

/*
 * In which country what comes to it is written: that of its number, else of
 * the gateway; NULL: that is not known.
 */
const struct sms_region *sms_line_home(const struct sms_line *l);

/* The i-th of a user's lines, in the order of the file; NULL behind the last. */
struct sms_line *sms_line_of_user(
    struct sms_gateway *sms, struct str user, size_t i);

#endif
