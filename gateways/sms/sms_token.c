#include "sms/sms_token.h"
#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/http_client.h"
#include "sms/sms_auth.h"
#include "sms/sms_gateway.h"
#include "sms/sms_http.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"

static int64_t
now_utc(const struct sms_line *l)
{
	return gateway_clock(l->sms->gw)->utc;
}

static void
on_answer(const struct http_response *r, void *arg)
{
	struct sms_line *l = arg;

	l->token_call = NULL;
	l->token_err = r->err;
	if (r->result == HTTP_ANSWERED)
		(void)sms_auth_token_answer(
		    l->auth, r->status, r->body, now_utc(l), &l->token_err);
	if (l->token_err.kind != ERR_NONE)
		log_warn(gateway_log(l->sms->gw), "no token",
		    "line=%s err=\"%s\"", l->name, l->token_err.text);
}

static void
fetch(struct sms_line *l)
{
	const struct sms_auth *a = sms_profile_auth(l->profile);
	struct sms_request r;

	l->token_err = ERR_INIT;
	if (sms_auth_token_render(a, &l->vars.vars, &r, &l->token_err) < 0)
		return;
	l->token_call = sms_http_call(l, &r, false, on_answer, l);
	sms_request_release(&r);
}

bool
sms_token_has(struct sms_line *l, struct gw_outcome *o)
{
	const struct sms_auth *a = sms_profile_auth(l->profile);

	if (!a || !sms_auth_wants_token(a, l->auth, now_utc(l)))
		return true;
	o->fate = GW_RETRY;
	o->retry_after_ms = SMS_TOKEN_WAIT_MS;
	if (l->token_err.kind != ERR_NONE) {
		o->err = l->token_err;
		o->is_line_broken = l->token_err.kind == ERR_AUTH;
		o->retry_after_ms = 0;
	} else {
		err_set(&o->err, ERR_BUSY, "a token is being fetched");
	}
	if (!l->token_call)
		fetch(l);
	return false;
}

void
sms_token_close(struct sms_line *l)
{
	http_call_cancel(&l->token_call);
}
