#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/http_server.h"
#include "sms/sms_gateway.h"
#include "sms/sms_group.h"
#include "sms/sms_in.h"
#include "sms/sms_line.h"
#include "sms/sms_out.h"
#include "sms/sms_poller.h"
#include "sms/sms_profile.h"
#include "sms/sms_token.h"
#include "sms/sms_users.h"

enum {
	VALUE_MAX = 16 * 1024, /* bytes of a variable: a private key fits */
	TOKEN_BYTES = 16,
	TOKEN_MIN = 12, /* characters of one that the operator chose */
};

_Static_assert((int)SMS_PEOPLE_MAX <= (int)GW_ARRIVALS_MAX,
    "some would get nothing of what comes");

const struct gw_option sms_line_options[] = {
	{ "profile", GW_OPT_STR, NULL, 0, 0 },
	{ "number", GW_OPT_STR, "", 0, 0 },
	{ "users", GW_OPT_LIST, "{}", 0, 0 },
	{ "pool", GW_OPT_BOOL, "no", 0, 0 },
	{ "hook_token", GW_OPT_STR, "", 0, 0 },
	{ "stop_languages", GW_OPT_LIST, "{}", 0, 0 },
	{ "fallback_line", GW_OPT_STR, "", 0, 0 },
	{ "parallel", GW_OPT_INT, "4", 1, 1000 },
	{ "burst", GW_OPT_INT, "1", 1, 10000 },
	{ "interval_ms", GW_OPT_INT, "-1", -1, 86400000 },
	{ "expire_minutes", GW_OPT_INT, "240", 1, 10080 },
	{ "receipt", GW_OPT_STR, "delivered", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

/* ---- variables of the profile ----------------------------------------- */

static bool
is_declared(const char *name)
{
	for (const struct gw_option *o = sms_line_options; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return true;
	return false;
}

/* Where the values of a line are: a block of the file, or what a user gave. */
struct source {
	const struct conf *c; /* NULL: own */
	const struct sms_own *own;
};

/* What is empty was not given. */
static int
read_given(
    const struct sms_own *own, const char *name, struct buf *out, bool *found)
{
	*found = false;
	for (size_t i = 0; i < own->n; i++)
		if (str_is(own->given[i].name, name) &&
		    own->given[i].value.len) {
			*found = true;
			return buf_add_str(out, own->given[i].value);
		}
	return 0;
}

/* NAME, or what is in the file that NAME_file names. */
static int
read_option(const struct conf *c, const char *name, struct buf *out,
    bool *found, struct err *err)
{
	char in_file[128];
	size_t i;
	struct str other;

	*found = false;
	(void)snprintf(in_file, sizeof(in_file), "%s_file", name);
	for (i = 0; (other = conf_other(c, i)).len; i++) {
		if (str_is(other, name)) {
			*found = true;
			return buf_add_str(out, conf_str(c, name));
		}
		if (str_is(other, in_file)) {
			*found = true;
			return conf_file(c, in_file, out, err);
		}
	}
	return 0;
}

/* Users do not set what decides where requests go. */
static int
read_value(const struct source *from, const struct sms_profile_var *var,
    struct buf *out, bool *found, struct err *err)
{
	if (from->c)
		return read_option(from->c, var->name, out, found, err);
	*found = false;
	return var->operator_only
	    ? 0
	    : read_given(from->own, var->name, out, found);
}

static int
lacks(const struct sms_line *l, const struct source *from,
    const struct sms_profile_var *var, struct err *err)
{
	if (!from->c)
		return err_set(
		    err, ERR_BAD_INPUT, "%s: must be filled in", var->label);
	return conf_err(from->c, NULL, err,
	    "line \"%s\" has no %s; profile %s needs it (%s)", l->name,
	    var->name, sms_profile_name(l->profile), var->label);
}

/* What is not set is made of what is: all others have been read. */
static int
take_default(struct sms_line *l, size_t i, struct buf *value, struct err *err)
{
	struct sms_pairs set = sms_pairs_of(l->pair, l->npair, NULL);

	return sms_profile_default(l->profile, i, &set.vars, value, err);
}

/* In two rounds: first what is set, then the rest. */
static int
take_value(struct sms_line *l, const struct source *from, size_t i,
    bool defaults, struct err *err)
{
	const struct sms_profile_var *var = sms_profile_var(l->profile, i);
	struct sms_pair *p = &l->pair[l->npair];
	struct buf value;
	bool found;
	int rc;

	buf_init(&value, VALUE_MAX);
	rc = read_value(from, var, &value, &found, err);
	if (rc == 0 && found == defaults) {
		if (value.p)
			secret_wipe(value.p, value.len);
		buf_release(&value);
		return 0;
	}
	if (rc == 0 && defaults && var->def)
		rc = take_default(l, i, &value, err);
	if (rc == 0 && var->required && value.len == 0)
		rc = lacks(l, from, var, err);
	if (rc == 0) {
		p->name = str_c(var->name);
		p->value = str_trim(buf_str(&value));
		p->value = str_c(str_dup(p->value));
		l->npair++;
	}
	if (value.p)
		secret_wipe(value.p, value.len);
	buf_release(&value);
	return rc;
}

static void
value_free(struct str value)
{
	char *p = (char *)(uintptr_t)value.p;

	secret_wipe(p, value.len);
	free(p);
}

/* Is it a variable of the profile, or the file of one? */
static bool
is_variable(const struct sms_profile *p, struct str option)
{
	const struct sms_profile_var *var;
	size_t i;

	for (i = 0; (var = sms_profile_var(p, i)); i++)
		if (str_is(option, var->name) ||
		    (str_starts(option, str_c(var->name)) &&
		        str_is(str_skip(option, strlen(var->name)), "_file")))
			return true;
	return false;
}

static int
check_others(const struct sms_line *l, const struct conf *c, struct err *err)
{
	struct str other;
	size_t i;

	for (i = 0; (other = conf_other(c, i)).len; i++)
		if (!is_variable(l->profile, other))
			return conf_err(c, other.p, err,
			    "there is no '" STR_FMT
			    "' in a line of profile %s; its variables are in "
			    "that file",
			    STR_ARG(other), sms_profile_name(l->profile));
	return 0;
}

static int
take_variables(struct sms_line *l, const struct source *from, struct err *err)
{
	size_t n = 0;

	while (sms_profile_var(l->profile, n))
		n++;
	l->pair = xcalloc(n + 1, sizeof(*l->pair));
	for (size_t i = 0; i < 2 * n; i++)
		if (take_value(l, from, i % n, i >= n, err) < 0)
			return -1;
	l->vars = sms_pairs_of(l->pair, l->npair, NULL);
	return 0;
}

static int
read_variables(struct sms_line *l, const struct conf *c, struct err *err)
{
	const struct source from = { .c = c };
	const struct sms_profile_var *var;

	for (size_t i = 0; (var = sms_profile_var(l->profile, i)); i++)
		if (is_declared(var->name))
			return conf_err(c, NULL, err,
			    "profile %s has a variable '%s', which is an "
			    "option of every line; rename it there",
			    sms_profile_name(l->profile), var->name);
	if (take_variables(l, &from, err) < 0)
		return -1;
	return check_others(l, c, err);
}

/* ---- the block -------------------------------------------------------- */

static int
read_profile(struct sms_line *l, const struct conf *c, struct err *err)
{
	struct err why = ERR_INIT;

	l->profile =
	    sms_profiles_get(&l->sms->profiles, conf_str(c, "profile"), &why);
	return l->profile ? 0 : conf_err(c, "profile", err, "%s", why.text);
}

static int
read_number(struct sms_line *l, const struct conf *c, struct err *err)
{
	struct str number = conf_str(c, "number");
	struct err why = ERR_INIT;

	if (number.len == 0)
		return sms_profile_needs_number(l->profile)
		    ? conf_err(c, NULL, err,
		          "line \"%s\" has no number; add number = \"+...\"",
		          l->name)
		    : 0;
	if (sms_number_read(number, l->sms->home, &l->number, &why) < 0)
		return conf_err(c, "number", err, "%s", why.text);
	return 0;
}

static int
read_users(struct sms_line *l, const struct conf *c, struct err *err)
{
	size_t n = conf_list_len(c, "users");
	struct err why = ERR_INIT;

	l->is_pool = conf_bool(c, "pool");
	if (l->is_pool && (n > 0 || l->number.text[0] == '\0'))
		return conf_err(c, "pool", err,
		    "line \"%s\": a line of the pool has a number and no "
		    "users: "
		    "it is given to who registers",
		    l->name);
	if (l->is_pool)
		return 0;
	if (n == 0 || n > SMS_LINE_USERS_MAX)
		return conf_err(c, "users", err,
		    "line \"%s\": %s; users = { \"romeo@example.org\", "
		    "\"example.org\" } are those who may send by it",
		    l->name, n ? "too many users" : "nobody may use it");
	l->user = xcalloc(n, sizeof(*l->user));
	for (size_t i = 0; i < n; i++)
		if (sms_users_add(l->user, &l->nuser,
		        conf_list_at(c, "users", i), &why) < 0)
			return conf_err(c, "users", err, "line \"%s\": %s",
			    l->name, why.text);
	return 0;
}

static int
read_stops(struct sms_line *l, const struct conf *c, struct err *err)
{
	size_t n = conf_list_len(c, "stop_languages");

	l->stop = xcalloc(n + 1, sizeof(*l->stop));
	for (size_t i = 0; i < n; i++) {
		struct str word = conf_list_at(c, "stop_languages", i);

		if (!sms_word_has_language(word))
			return conf_err(c, "stop_languages", err,
			    "stop_languages: no words of '" STR_FMT
			    "' are known",
			    STR_ARG(word));
		l->stop[l->nstop++] = str_c(str_dup(word));
	}
	return 0;
}

static const char *const stages[] = {
	[GW_STAGE_DELIVERED] = "delivered",
	[GW_STAGE_SENT] = "sent",
	[GW_STAGE_ACCEPTED] = "accepted",
};

static int
read_stage(struct sms_line *l, const struct conf *c, struct err *err)
{
	struct str word = conf_str(c, "receipt");

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (str_is(word, stages[i])) {
			l->stage = (enum gw_stage)i;
			return 0;
		}
	return conf_err(c, "receipt", err,
	    "receipt = " STR_FMT ": write delivered, sent or accepted",
	    STR_ARG(word));
}

/* Of one that cannot be guessed, and is the same after each start. */
static void
derive_token(struct sms_line *l)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	struct buf purpose;

	buf_init(&purpose, 512);
	buf_addf(&purpose, "sms hook %s", l->name);
	gateway_derive(l->sms->gw, buf_str(&purpose), key);
	buf_release(&purpose);
	for (size_t i = 0; i < TOKEN_BYTES; i++)
		(void)snprintf(l->token + 2 * i, 3, "%02x", key[i]);
}

static int
read_token(struct sms_line *l, const struct conf *c, struct err *err)
{
	struct str token = conf_str(c, "hook_token");

	if (token.len == 0) {
		derive_token(l);
		return 0;
	}
	for (size_t i = 0; i < token.len; i++) {
		char ch = token.p[i];

		if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') &&
		    !(ch >= '0' && ch <= '9'))
			token.len = 0;
	}
	if (token.len < TOKEN_MIN || token.len > SMS_TOKEN_MAX)
		return conf_err(c, "hook_token", err,
		    "hook_token: %d to %d letters and digits that nobody "
		    "guesses",
		    TOKEN_MIN, SMS_TOKEN_MAX);
	memcpy(l->token, token.p, token.len);
	return 0;
}

static void
read_flow(struct sms_line *l, const struct conf *c)
{
	const struct sms_limits *lim = sms_profile_limits(l->profile);
	int64_t interval_ms = conf_int(c, "interval_ms");

	l->fallback = str_dup(conf_str(c, "fallback_line"));
	l->flow = (struct gw_line){
		.name = str_c(l->name),
		.fallback = str_c(l->fallback),
		.parallel = (unsigned)conf_int(c, "parallel"),
		.burst = (unsigned)conf_int(c, "burst"),
		.interval_ms = interval_ms < 0 ? lim->interval_ms : interval_ms,
		.expire_ms = conf_int(c, "expire_minutes") * 60000,
		.stage = l->stage,
		.reports = lim->dlr != SMS_DLR_NONE,
		.dedups = lim->dedups,
	};
}

/* A title becomes a part of a path. */
static int
check_name(struct str name, const struct conf *c, struct err *err)
{
	bool bad = name.len == 0 || name.len > GW_LINE_MAX;

	for (size_t i = 0; i < name.len; i++)
		bad |= !(name.p[i] >= 'a' && name.p[i] <= 'z') &&
		    !(name.p[i] >= '0' && name.p[i] <= '9') &&
		    name.p[i] != '-' && name.p[i] != '_';
	return bad ? conf_err(c, NULL, err,
	                 "line \"" STR_FMT "\": a name has small letters, "
	                 "digits, - and _, %d at most",
	                 STR_ARG(name), GW_LINE_MAX)
	           : 0;
}

static struct sms_line *
line_new(struct sms_gateway *sms, struct str name)
{
	struct sms_line *l = xcalloc(1, sizeof(*l));

	list_init(&l->node);
	l->sms = sms;
	l->name = str_dup(name);
	l->auth = sms_auth_state_new();
	return l;
}

int
sms_line_publish(struct sms_line *l, struct err *err)
{
	struct sms_gateway *sms = l->sms;

	if (sms->lines.n >= SMS_LINES_MAX)
		return err_set(
		    err, ERR_BUSY, "more than %d lines", SMS_LINES_MAX);
	if (sms_in_open(l, err) < 0)
		return -1;
	l->poller = sms_poller_new(l);
	if (l->poller && sms->is_ready)
		sms_poller_start(l->poller);
	map_put(&sms->lines, str_c(l->name), l);
	list_add(&sms->order, &l->node);
	sms->has_groups |= sms_group_takes(l, 0);
	gateway_line_put(sms->gw, &l->flow);
	return 0;
}

struct sms_line *
sms_line_new(struct sms_gateway *sms, const struct conf *c, struct err *err)
{
	struct sms_line *l;

	if (check_name(conf_title(c), c, err) < 0)
		return NULL;
	l = line_new(sms, conf_title(c));
	if (read_profile(l, c, err) < 0 || read_number(l, c, err) < 0 ||
	    read_variables(l, c, err) < 0 || read_users(l, c, err) < 0 ||
	    read_stops(l, c, err) < 0 || read_stage(l, c, err) < 0 ||
	    read_token(l, c, err) < 0) {
		sms_line_free(&l);
		return NULL;
	}
	read_flow(l, c);
	if (sms_line_publish(l, err) < 0)
		sms_line_free(&l);
	return l;
}

static int
take_number(struct sms_line *l, struct str number, struct err *err)
{
	if (number.len == 0)
		return sms_profile_needs_number(l->profile)
		    ? err_set(
		          err, ERR_BAD_INPUT, "the number must be filled in")
		    : 0;
	if (sms_number_typed(number, l->sms->home, &l->number, err) < 0)
		return -1;
	return l->number.kind == SMS_KIND_NAME
	    ? err_set(err, ERR_BAD_INPUT, "that is a name, not a number")
	    : 0;
}

struct sms_line *
sms_line_new_own(
    struct sms_gateway *sms, const struct sms_own *own, struct err *err)
{
	const struct source from = { .own = own };
	struct sms_line *l = line_new(sms, own->name);
	const struct sms_limits *lim;

	l->owner = str_dup(own->user);
	sms_line_give(l, own->user);
	derive_token(l);
	l->profile = sms_profiles_get(&sms->profiles, own->profile, err);
	if (!l->profile || take_number(l, own->number, err) < 0 ||
	    take_variables(l, &from, err) < 0) {
		sms_line_free(&l);
		return NULL;
	}
	lim = sms_profile_limits(l->profile);
	l->stage = GW_STAGE_DELIVERED;
	l->flow = (struct gw_line){ .name = str_c(l->name),
		.interval_ms = lim->interval_ms,
		.burst = 1,
		.stage = l->stage,
		.reports = lim->dlr != SMS_DLR_NONE,
		.dedups = lim->dedups };
	return l;
}

void
sms_line_free(struct sms_line **lp)
{
	struct sms_line *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	sms_out_drop(l);
	sms_poller_free(&l->poller);
	sms_in_close(l);
	sms_token_close(l);
	sms_auth_state_free(&l->auth);
	list_del(&l->node);
	map_del_value(&l->sms->lines, str_c(l->name), l);
	for (size_t i = 0; i < l->npair; i++)
		value_free(l->pair[i].value);
	free(l->pair);
	for (size_t i = 0; i < l->nuser; i++)
		free(l->user[i]);
	free(l->user);
	for (size_t i = 0; i < l->nstop; i++)
		value_free(l->stop[i]);
	free(l->stop);
	free(l->fallback);
	free(l->owner);
	secret_wipe(l->token, sizeof(l->token));
	free(l->name);
	free(l);
}

/* ---- who has which ---------------------------------------------------- */

struct sms_line *
sms_line_find(struct sms_gateway *sms, struct str name)
{
	return map_get(&sms->lines, name);
}

static struct str
domain_of(struct str bare)
{
	struct str node, rest = bare;

	return str_has(bare, '@') && str_cut(&rest, '@', &node) ? rest : bare;
}

const struct sms_region *
sms_line_home(const struct sms_line *l)
{
	const struct sms_region *its = NULL;

	if (l->number.kind == SMS_KIND_E164)
		its = sms_region_of(str_skip(sms_number_str(&l->number), 1));
	return its ? its : l->sms->home;
}

bool
sms_line_is_of(const struct sms_line *l, struct str user)
{
	for (size_t i = 0; i < l->nuser; i++)
		if (str_is(user, l->user[i]) ||
		    str_is(domain_of(user), l->user[i]))
			return true;
	return false;
}

void
sms_line_give(struct sms_line *l, struct str user)
{
	while (l->nuser > 0)
		free(l->user[--l->nuser]);
	free(l->user);
	l->user = NULL;
	if (user.len == 0)
		return;
	l->user = xcalloc(1, sizeof(*l->user));
	l->user[l->nuser++] = str_dup(user);
}

struct sms_line *
sms_line_of_user(struct sms_gateway *sms, struct str user, size_t i)
{
	LIST_EACH(&sms->order, n)
	{
		struct sms_line *l = LIST_ENTRY(n, struct sms_line, node);

		if (sms_line_is_of(l, user) && i-- == 0)
			return l;
	}
	return NULL;
}
