#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/pack.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "sms/sms_auth.h"
#include "sms/sms_gateway.h"
#include "sms/sms_http.h"
#include "sms/sms_line.h"
#include "sms/sms_own.h"
#include "sms/sms_profile.h"
#include "sms/sms_token.h"

enum {
	KEPT_MAX = 32 * 1024, /* bytes of a line, packed */
	TOKEN_TRIES = 30,     /* SMS_TOKEN_WAIT_MS each */
	TEXT_MAX = 1024,
	NAME_BYTES = 8,
	GIVEN_MAX = GW_FORM_FIELDS_MAX + 1,
};

/* One that the provider is asked about; in sms->trials. */
struct trial {
	struct list node;
	struct sms_gateway *sms;
	struct sms_line *line; /* not used by anybody yet */
	struct buf kept;       /* as it will be kept; wiped */
	uint64_t token;        /* of the core */
	struct timer timer;
	struct http_call *call;
	unsigned tries;
};

#define TRIAL(n) LIST_ENTRY(n, struct trial, node)

static void
wipe(struct buf *b)
{
	if (b->p)
		secret_wipe(b->p, b->len);
	buf_release(b);
}

static void
trial_free(struct trial *t)
{
	list_del(&t->node);
	timer_cancel(&t->timer);
	http_call_cancel(&t->call);
	sms_line_free(&t->line);
	wipe(&t->kept);
	free(t);
}

/* ---- profiles --------------------------------------------------------- */

int
sms_own_open(struct sms_gateway *sms, const struct conf *conf, struct err *err)
{
	size_t n = conf_list_len(conf, "own_profiles");
	struct err why = ERR_INIT;

	if (n > SMS_OWN_PROFILES_MAX)
		return conf_err(conf, "own_profiles", err, "more than %d",
		    SMS_OWN_PROFILES_MAX);
	for (size_t i = 0; i < n; i++) {
		sms->own[i] = sms_profiles_get(&sms->profiles,
		    conf_list_at(conf, "own_profiles", i), &why);
		if (!sms->own[i])
			return conf_err(
			    conf, "own_profiles", err, "%s", why.text);
		sms->nown++;
	}
	return 0;
}

void
sms_own_close(struct sms_gateway *sms)
{
	LIST_EACH(&sms->trials, n)
	{
		trial_free(TRIAL(n));
	}
}

const struct sms_profile *
sms_own_profile(const struct sms_gateway *sms, size_t i)
{
	return i < sms->nown ? sms->own[i] : NULL;
}

static bool
is_allowed(const struct sms_gateway *sms, struct str profile)
{
	for (size_t i = 0; i < sms->nown; i++)
		if (str_is(profile, sms_profile_name(sms->own[i])))
			return true;
	return false;
}

/* ---- keeping ---------------------------------------------------------- */

/* The same for the same: who brings it again changes it. */
static void
name_it(const struct sms_own *o, char out[GW_LINE_MAX])
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct buf b;

	buf_init(&b, KEPT_MAX);
	pack_str(&b, o->user);
	pack_str(&b, o->profile);
	pack_str(&b, o->number);
	crypto_sha256(buf_str(&b), sum);
	buf_release(&b);
	(void)snprintf(out, GW_LINE_MAX, "own-");
	for (size_t i = 0; i < NAME_BYTES; i++)
		(void)snprintf(out + 4 + 2 * i, 3, "%02x", sum[i]);
}

static void
pack(const struct sms_own *o, struct buf *out)
{
	pack_str(out, o->user);
	pack_str(out, o->profile);
	pack_str(out, o->number);
	pack_u64(out, o->n);
	for (size_t i = 0; i < o->n; i++) {
		pack_str(out, o->given[i].name);
		pack_str(out, o->given[i].value);
	}
}

static bool
unpack(struct str s, struct sms_own *o, struct gw_field given[GIVEN_MAX])
{
	uint64_t n;

	if (!unpack_str(&s, &o->user) || !unpack_str(&s, &o->profile) ||
	    !unpack_str(&s, &o->number) || !unpack_u64(&s, &n) || n > GIVEN_MAX)
		return false;
	o->given = given;
	for (o->n = 0; o->n < n; o->n++)
		if (!unpack_str(&s, &given[o->n].name) ||
		    !unpack_str(&s, &given[o->n].value))
			return false;
	return true;
}

void
sms_own_secret(struct gateway *gw, struct str name, struct str value)
{
	struct gw_field given[GIVEN_MAX];
	struct sms_own o = { .name = name };
	struct sms_line *l = NULL;
	struct err err = ERR_INIT;

	if (!unpack(value, &o, given))
		err_set(&err, ERR_INTERNAL, "it cannot be read");
	else if (!is_allowed(sms_of(gw), o.profile))
		err_set(&err, ERR_NOT_ALLOWED, "own_profiles has no " STR_FMT,
		    STR_ARG(o.profile));
	else
		l = sms_line_new_own(sms_of(gw), &o, &err);
	if (l && sms_line_publish(l, &err) < 0)
		sms_line_free(&l);
	if (!l)
		log_warn(gateway_log(gw), "line of a user not used",
		    "line=" STR_FMT " err=\"%s\"", STR_ARG(name), err.text);
}

void
sms_own_forget(struct sms_gateway *sms, struct str user)
{
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (!l->owner || !str_is(user, l->owner))
			continue;
		gateway_secret_put(sms->gw, str_c(l->name), STR_EMPTY);
		gateway_line_del(sms->gw, str_c(l->name));
		sms_line_free(&l);
	}
}

/* ---- may he have it --------------------------------------------------- */

/* Of another name: his own is changed. */
static int
check_number(const struct sms_line *l, struct err *err)
{
	struct str number = sms_number_str(&l->number);
	size_t nown = 0;

	LIST_EACH(&l->sms->order, n)
	{
		const struct sms_line *other =
		    LIST_ENTRY(n, struct sms_line, node);

		if (strcmp(other->name, l->name) == 0)
			continue;
		if (number.len &&
		    str_eq(number, sms_number_str(&other->number)))
			return err_set(err, ERR_CONFLICT,
			    "number " STR_FMT " has a line here already",
			    STR_ARG(number));
		nown += other->owner && strcmp(other->owner, l->owner) == 0;
	}
	if (nown >= SMS_OWN_MAX)
		return err_set(err, ERR_BUSY,
		    "you have brought %d lines already", SMS_OWN_MAX);
	return 0;
}

/* ---- the end ---------------------------------------------------------- */

static void
fail(struct trial *t, const struct err *err)
{
	gateway_registered(t->sms->gw, t->token, STR_EMPTY, err);
	trial_free(t);
}

static void
write_words(const struct sms_line *l, struct buf *out)
{
	buf_addf(out, "Your line %s at %s works from now on.", l->name,
	    sms_profile_title(l->profile));
	if (!sms_profile_has_check(l->profile))
		buf_addf(out, " Its account could not be tried beforehand.");
	if (l->hook)
		buf_addf(out,
		    " What comes in it is to send to " STR_FMT "%s/inbound",
		    STR_ARG(gateway_public_url(l->sms->gw)), l->hook);
}

static void
accept(struct trial *t)
{
	struct sms_gateway *sms = t->sms;
	struct sms_line *was = sms_line_find(sms, str_c(t->line->name));
	struct sms_line *l = t->line;
	struct err err = ERR_INIT;
	struct buf text;

	if (check_number(l, &err) < 0) {
		fail(t, &err);
		return;
	}
	sms_line_free(&was);
	if (sms_line_publish(l, &err) < 0) {
		fail(t, &err);
		return;
	}
	t->line = NULL;
	gateway_secret_put(sms->gw, str_c(l->name), buf_str(&t->kept));
	buf_init(&text, TEXT_MAX);
	write_words(l, &text);
	gateway_registered(sms->gw, t->token, buf_str(&text), NULL);
	buf_release(&text);
	trial_free(t);
}

/* ---- asking the provider ---------------------------------------------- */

static void
on_checked(const struct http_response *r, void *arg)
{
	struct trial *t = arg;
	struct err err = r->err;
	struct sms_answer answer = sms_http_answer(r);
	struct sms_verdict v;

	t->call = NULL;
	if (r->result != HTTP_ANSWERED) {
		err_prefix(&err, "%s", sms_profile_title(t->line->profile));
		fail(t, &err);
		return;
	}
	sms_profile_judge_check(t->line->profile, &answer, &v);
	if (v.cls != SMS_CLASS_ACCEPTED)
		err_set(&err, ERR_BAD_INPUT,
		    "%s does not take that account (it answered %d)",
		    sms_profile_title(t->line->profile), r->status);
	if (v.cls == SMS_CLASS_ACCEPTED)
		accept(t);
	else
		fail(t, &err);
	sms_verdict_release(&v);
}

static int
ask(struct trial *t, struct err *err)
{
	struct sms_line *l = t->line;
	int64_t now_utc = gateway_clock(t->sms->gw)->utc;
	struct sms_message_vars m = { .from = sms_number_str(&l->number),
		.now_utc = now_utc };
	struct sms_request r;
	int rc;

	sms_message_vars_init(&m, &l->vars.vars);
	if (sms_profile_check_render(l->profile, &m.vars, &r, err) < 0)
		return -1;
	rc = sms_auth_add(
	    sms_profile_auth(l->profile), l->auth, &m.vars, now_utc, &r, err);
	if (rc == 0)
		t->call = sms_http_call(l, &r, false, on_checked, t);
	sms_request_release(&r);
	return rc;
}

static void
go_on(struct trial *t)
{
	struct clock *c = gateway_clock(t->sms->gw);
	struct gw_outcome o = { .ticket = 0 };
	struct err err = ERR_INIT;

	if (!sms_profile_has_check(t->line->profile)) {
		accept(t);
	} else if (sms_token_has(t->line, &o)) {
		if (ask(t, &err) < 0)
			fail(t, &err);
	} else if (o.err.kind != ERR_BUSY || ++t->tries > TOKEN_TRIES) {
		o.err.kind = ERR_BAD_INPUT;
		fail(t, &o.err);
	} else {
		timer_set(&t->timer, c, c->at + SMS_TOKEN_WAIT_MS);
	}
}

static void
on_time(struct timer *timer)
{
	go_on(TIMER_OWNER(timer, struct trial, timer));
}

/* ---- what was given --------------------------------------------------- */

static struct str
given_as(const struct gw_field *given, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(given[i].name, name))
			return given[i].value;
	return STR_EMPTY;
}

void
sms_own_try(struct sms_gateway *sms, struct str user,
    const struct gw_field *given, size_t n, uint64_t token)
{
	char name[GW_LINE_MAX];
	struct sms_own o = { .user = user,
		.profile = given_as(given, n, "line"),
		.number = given_as(given, n, "number"),
		.given = given,
		.n = n };
	struct err err = ERR_INIT;
	struct sms_line *l = NULL;
	struct sms_number number;
	struct trial *t;

	/* However it is written, it is the same one. */
	if (o.number.len == 0 ||
	    sms_number_typed(o.number, sms->home, &number, &err) == 0) {
		if (o.number.len)
			o.number = sms_number_str(&number);
		name_it(&o, name);
		o.name = str_c(name);
		l = sms_line_new_own(sms, &o, &err);
	}
	if (!l || check_number(l, &err) < 0) {
		sms_line_free(&l);
		gateway_registered(sms->gw, token, STR_EMPTY, &err);
		return;
	}
	t = xcalloc(1, sizeof(*t));
	t->sms = sms;
	t->line = l;
	t->token = token;
	timer_init(&t->timer, on_time);
	buf_init(&t->kept, KEPT_MAX);
	pack(&o, &t->kept);
	list_add(&sms->trials, &t->node);
	go_on(t);
}
