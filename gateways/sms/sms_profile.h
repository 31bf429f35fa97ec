/*
 * sms_profile.h - one provider, described by a file
 *
 *	profile     1
 *	name        as lines name it; the file is NAME.json
 *	title, docs, setup, unverified   for people
 *	vars        {NAME: {"required", "secret", "operator", "default",
 *	            "label"}}: what an account with the provider consists of
 *	numbers     {"from", "to", "in"}: "e164", "digits", "00", "nat:1"
 *	limits, price   sms_limits.h
 *	maps        {NAME: {WORD: WORD}}
 *	let         {NAME: TEMPLATE}: more variables
 *	send        {"sms", "mms", "group"}: sms_call.h, "accept"
 *	errors      sms_answer.h
 *	hooks       {"inbound", "status"}: sms_event.h
 *	poll        sms_poll.h
 *	check       a call that costs nothing, "accept": are credentials good?
 *	idempotent  true: what is sent twice with one {id} goes out once
 *	loopback    true: is no provider; the gateway answers itself
 *	opt_out     "provider" (default), "gateway": who obeys STOP
 *	auth, verify   sms_auth.h, sms_verify.h
 *
 * docs/sms-profiles.md is the same for who writes one.
 *
 * Pure: no socket, no clock, no random numbers.
 */
#ifndef SMS_PROFILE_H
#define SMS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_answer.h"
#include "sms/sms_call.h"
#include "sms/sms_event.h"
#include "sms/sms_filter.h"
#include "sms/sms_limits.h"
#include "sms/sms_poll.h"
#include "sms/sms_vars.h"

struct sms_auth;
struct sms_verify;

enum {
	SMS_PROFILE_VARS_MAX = 40,
	SMS_PROFILE_MAPS_MAX = 20,
	SMS_PROFILE_LETS_MAX = 20,
};

enum sms_send_kind { SMS_SEND_SMS, SMS_SEND_MMS, SMS_SEND_GROUP, SMS_NSEND };

struct sms_profile_var {
	const char *name, *label;
	const char *def; /* NULL: none; see sms_profile_default() */
	bool required, secret;
	bool operator_only; /* users who bring a line of their own do not set
	                       it: it decides where requests go */
};

struct sms_profile;

/*
 * file: its name, for errors.  NULL: err names the file, where in it, and
 * what is wrong.
 */
struct sms_profile *sms_profile_read(
    const char *file, struct str text, struct err *err);
void sms_profile_free(struct sms_profile **pp);

const char *sms_profile_name(const struct sms_profile *p);
const char *sms_profile_title(const struct sms_profile *p);
const char *sms_profile_docs(const struct sms_profile *p); /* or "" */

/* What has to be set up there, what nobody has seen; NULL behind the last. */
const char *sms_profile_setup(const struct sms_profile *p, size_t i);
const char *sms_profile_unverified(const struct sms_profile *p, size_t i);

/* NULL behind the last. */
const struct sms_profile_var *sms_profile_var(
    const struct sms_profile *p, size_t i);

/*
 * Appends what the i-th variable is where it is not set: the default, with
 * the other variables in it filled in from vars.
 */
int sms_profile_default(const struct sms_profile *p, size_t i,
    const struct sms_vars *vars, struct buf *out, struct err *err);

const struct sms_limits *sms_profile_limits(const struct sms_profile *p);
const struct sms_price *sms_profile_price(const struct sms_profile *p);
const struct sms_number_format *sms_profile_in(const struct sms_profile *p);

bool sms_profile_can(const struct sms_profile *p, enum sms_send_kind kind);
bool sms_profile_needs_number(const struct sms_profile *p);
bool sms_profile_is_loopback(const struct sms_profile *p);

/* Does nobody behind us?  Then the words of no language always count. */
bool sms_profile_obeys_stop(const struct sms_profile *p);

/* NULL: it has none. */
const struct sms_hook *sms_profile_hook(
    const struct sms_profile *p, enum sms_event_kind kind);
const struct sms_poll *sms_profile_poll(const struct sms_profile *p);

/* Never NULL: without a word about it, none and path-token. */
const struct sms_auth *sms_profile_auth(const struct sms_profile *p);
const struct sms_verify *sms_profile_verify(const struct sms_profile *p);

/* Can it be asked whether the settings of a line are right? */
bool sms_profile_has_check(const struct sms_profile *p);

/* ---- using it --------------------------------------------------------- */

/*
 * The request for one message, without what auth adds.  vars: a message
 * (struct sms_message_vars) over the settings of the line.  -1: err says why
 * there cannot be one.
 */
int sms_request_render(const struct sms_profile *p, enum sms_send_kind kind,
    const struct sms_vars *vars, struct sms_request *out, struct err *err);

/* One of polling, likewise. */
int sms_profile_poll_render(const struct sms_profile *p,
    enum sms_poll_step step, struct str item, const struct sms_vars *vars,
    struct sms_request *out, struct err *err);

/* The call that tries the settings of a line, likewise; vars: these. */
int sms_profile_check_render(const struct sms_profile *p,
    const struct sms_vars *vars, struct sms_request *out, struct err *err);

/* *out is to be released. */
void sms_answer_judge(const struct sms_profile *p, enum sms_send_kind kind,
    const struct sms_answer *answer, struct sms_verdict *out);

/* The same for polling: 2xx is well, else the rules say what it is. */
void sms_profile_judge_poll(const struct sms_profile *p,
    const struct sms_answer *answer, struct sms_verdict *out);
void sms_profile_judge_check(const struct sms_profile *p,
    const struct sms_answer *answer, struct sms_verdict *out);

/*
 * The events in a webhook.  What comes to one hook and is, by its "when", of
 * the other, is told as that.  How many; -1: the body cannot be read.
 */
int sms_event_parse(const struct sms_profile *p, enum sms_event_kind kind,
    const struct sms_doc_source *source, sms_event_fn *fn, void *arg,
    struct err *err);

/*
 * The same, where the document is there (sms_hook_doc()).  *nlost_out as of
 * sms_hook_events().
 */
int sms_event_parse_doc(const struct sms_profile *p, enum sms_event_kind kind,
    const struct sms_doc *doc, sms_event_fn *fn, void *arg, size_t *nlost_out);

#endif
