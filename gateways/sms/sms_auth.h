/*
 * sms_auth.h - "auth" of a profile: how requests show from whom they are
 *
 *	{"kind": "none"}
 *	{"kind": "basic", "user": T, "password": T}
 *	{"kind": "bearer", "token": T}
 *	{"kind": "header", "name": text, "value": T}
 *	{"kind": "ovh", "app_key": T, "app_secret": T, "consumer_key": T}
 *	{"kind": "jwt-rs256", "private_key": T, "ttl_s": number,
 *	 "claims": {"NAME": T or number}}
 *	{"kind": "oauth2-cc", "token_url": T, "client_id": T,
 *	 "client_secret": T, "scope": T, "client_in": "header" or "body"}
 *
 * T is a template.  jwt-rs256 adds the claims iat, exp and jti; a token is
 * used for half of its time.  oauth2-cc fetches a token first (RFC 6749 4.4):
 *
 *	if (sms_auth_wants_token(a, state, now_utc)) {
 *		sms_auth_token_render(a, &line.vars, &request, &err);
 *		... send it, hold what is to go out; then, once ...
 *		sms_auth_token_answer(state, status, body, now_utc, &err);
 *	}
 *	sms_auth_add(a, state, &m.vars, now_utc, &request, &err);
 *
 * Nothing here does I/O.  A state is of one line, and ends when a setting of
 * the line changes.
 */
#ifndef SMS_AUTH_H
#define SMS_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "sms/sms_call.h"
#include "sms/sms_json.h"

struct sms_auth;
struct sms_auth_state;

/* NULL: err says what is wrong with it. */
struct sms_auth *sms_auth_read(const struct sms_json *obj, struct err *err);
void sms_auth_free(struct sms_auth **ap);

struct sms_auth_state *sms_auth_state_new(void);
void sms_auth_state_free(struct sms_auth_state **sp); /* wiped */

/*
 * Can the settings of a line be used?  -1: ERR_BAD_INPUT, such as a private
 * key that is none.
 */
int sms_auth_try(
    const struct sms_auth *a, const struct sms_vars *line, struct err *err);

/*
 * Adds the headers to a request that is otherwise complete.  vars: of the
 * message, or of the line.
 */
int sms_auth_add(const struct sms_auth *a, struct sms_auth_state *s,
    const struct sms_vars *vars, int64_t now_utc, struct sms_request *r,
    struct err *err);

/* No token, or one that is about to expire. */
bool sms_auth_wants_token(
    const struct sms_auth *a, const struct sms_auth_state *s, int64_t now_utc);

int sms_auth_token_render(const struct sms_auth *a, const struct sms_vars *line,
    struct sms_request *out, struct err *err);

/*
 * What came back.  -1: ERR_AUTH: the line's credentials are refused;
 * ERR_UNREACHABLE, ERR_PROTOCOL: later perhaps.
 */
int sms_auth_token_answer(struct sms_auth_state *s, int status, struct str body,
    int64_t now_utc, struct err *err);

/*
 * The provider did not take the token of that state.  True: it was not a new
 * one: fetch another and try again once.
 */
bool sms_auth_token_refused(struct sms_auth_state *s, int64_t now_utc);

/* The provider's clock, as an answer tells it; ovh signs by that one. */
void sms_auth_clock(
    struct sms_auth_state *s, int64_t theirs_utc, int64_t now_utc);

#endif
