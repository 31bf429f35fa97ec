/*
 * One XMPP user on one gateway: settings and sessions.
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/inbox.h"
#include "core/instance.h"
#include "core/outbox.h"
#include "core/roster.h"
#include "core/session.h"
#include "lib/secret.h"
#include "lib/xalloc.h"

struct setting {
	struct list node;
	char *network, *room, *name;
	struct secret value;
};

/* Who waits for the settings. */
struct waiter {
	struct list node;
	account_ready_fn *fn;
	void *arg;
};

#define SETTING(n) LIST_ENTRY(n, struct setting, node)
#define WAITER(n)  LIST_ENTRY(n, struct waiter, node)

static void
setting_free(struct setting *st)
{
	list_del(&st->node);
	secret_release(&st->value);
	free(st->network);
	free(st->room);
	free(st->name);
	free(st);
}

static struct setting *
setting_find(const struct account *a, struct str network, struct str room,
    struct str name)
{
	LIST_EACH(&a->settings, n)
	{
		struct setting *st = SETTING(n);

		if (str_is(name, st->name) && str_is(network, st->network) &&
		    str_is(room, st->room))
			return st;
	}
	return NULL;
}

static void
setting_forget(struct account *a, struct setting *st)
{
	if (!st)
		return;
	setting_free(st);
	a->nsetting--;
}

/* -1: too many, or the value is too long. */
static int
setting_keep(struct account *a, struct str network, struct str room,
    struct str name, struct str value)
{
	struct setting *st = setting_find(a, network, room, name);

	if (st)
		return secret_set(&st->value, value);
	if (a->nsetting >= ACCOUNT_SETTINGS_MAX)
		return -1;
	st = xcalloc(1, sizeof(*st));
	if (secret_set(&st->value, value) < 0) {
		free(st);
		return -1;
	}
	st->network = str_dup(network);
	st->room = str_dup(room);
	st->name = str_dup(name);
	list_add(&a->settings, &st->node);
	a->nsetting++;
	return 0;
}

struct account *
account_find(struct gateway *gw, struct str user)
{
	return map_get(&gw->accounts, user);
}

struct account *
account_get(struct gateway *gw, struct str user, struct err *err)
{
	struct account *a = account_find(gw, user);

	if (a)
		return a;
	if (gw->accounts.n >= gw->conf->limits.users) {
		err_set(err, ERR_BUSY,
		    "%s serves as many users as it may (%zu); try later",
		    gw->domain, gw->accounts.n);
		return NULL;
	}
	a = xcalloc(1, sizeof(*a));
	a->gw = gw;
	a->user = str_dup(user);
	list_init(&a->settings);
	list_init(&a->waiters);
	map_init(&a->sessions);
	log_ctx_init(&a->log, &gw->log, "user=%s", a->user);
	map_put(&gw->accounts, str_c(a->user), a);
	return a;
}

void
account_check(struct account *a)
{
	if (a->sessions.n == 0 && a->keep == 0)
		account_free(&a);
}

static bool
is_on(const struct session *s, struct str network)
{
	return network.len == 0 || str_eq_nocase(network, str_c(s->network)) ||
	    (s->spelling && str_is(network, s->spelling));
}

size_t
account_end_sessions(
    struct account *a, struct str network, enum gw_bye why, struct str text)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&a->sessions, &it)) {
		if (!is_on(it.value, network))
			continue;
		n++;
		session_end(it.value, why, text);
	}
	return n;
}

void
account_free(struct account **ap)
{
	struct account *a = *ap;
	struct list *n;

	*ap = NULL;
	if (!a)
		return;
	store_cancel(core_store(a->gw->core), a->load);
	for (n = list_first(&a->settings); n; n = list_first(&a->settings))
		setting_free(SETTING(n));
	for (n = list_first(&a->waiters); n; n = list_first(&a->waiters)) {
		list_del(n);
		free(WAITER(n));
	}
	map_del(&a->gw->accounts, str_c(a->user));
	map_release(&a->sessions);
	free(a->user);
	free(a);
}

static void
tell_waiters(struct account *a)
{
	struct list *n;

	/* Each holds the account; the last may let it go. */
	for (n = list_first(&a->waiters); n; n = list_first(&a->waiters)) {
		struct waiter w = *WAITER(n);

		list_del(n);
		free(WAITER(n));
		w.fn(a, w.arg);
		a->keep--;
	}
	account_check(a);
}

static void
on_loaded(bool ok, const struct store_setting *v, size_t n, void *arg)
{
	struct account *a = arg;
	struct map_iter it = { 0 };
	size_t i;

	a->load = 0;
	if (!ok)
		log_error(&a->log, "settings not read",
		    "action=\"going on without them\"");
	for (i = 0; i < n; i++)
		(void)setting_keep(
		    a, v[i].network, v[i].room, v[i].name, v[i].value);
	a->state = ok ? ACCOUNT_READY : ACCOUNT_NEW;
	while (map_next(&a->sessions, &it))
		session_account_ready(it.value);
	tell_waiters(a);
}

void
account_load(struct account *a)
{
	if (a->state != ACCOUNT_NEW)
		return;
	a->state = ACCOUNT_LOADING;
	a->load = store_settings_load(core_store(a->gw->core), str_c(a->user),
	    gateway_domain(a->gw), on_loaded, a);
}

void
account_wait(struct account *a, account_ready_fn *fn, void *arg)
{
	struct waiter *w;

	if (a->state == ACCOUNT_READY) {
		fn(a, arg);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->fn = fn;
	w->arg = arg;
	list_add(&a->waiters, &w->node);
	a->keep++;
	account_load(a);
}

void
account_forget(struct account *a, store_done_fn *done, void *arg)
{
	struct list *n;

	for (n = list_first(&a->settings); n; n = list_first(&a->settings))
		setting_forget(a, SETTING(n));
	rosters_forget(a->gw->rosters, str_c(a->user));
	if (a->gw->outbox)
		outbox_forget(a->gw->outbox, str_c(a->user));
	inbox_forget(a->gw->inbox, str_c(a->user));
	store_forget(core_store(a->gw->core), str_c(a->user),
	    gateway_domain(a->gw), done, arg);
}

struct str
account_setting(const struct account *a, struct str network, struct str room,
    const char *name)
{
	const struct setting *st = setting_find(a, network, room, str_c(name));

	return st ? secret_str(&st->value) : STR_EMPTY;
}

/* 0: it is of somewhere else. */
static int
nearness(const struct setting *st, struct str network, struct str room,
    struct str key)
{
	bool is_there = str_is(network, st->network);

	if (st->room[0] && is_there && str_is(room, st->room))
		return 4;
	if (st->room[0])
		return is_there && str_is(key, st->room) ? 3 : 0;
	if (is_there)
		return 2;
	return st->network[0] == '\0';
}

struct str
account_nearest(const struct account *a, struct str network, struct str room,
    struct str key, const char *name)
{
	struct str value = STR_EMPTY;
	int best = 0, near;

	LIST_EACH(&a->settings, n)
	{
		const struct setting *st = SETTING(n);

		if (strcmp(name, st->name) != 0 || st->value.len == 0)
			continue;
		near = nearness(st, network, room, key);
		if (near > best) {
			best = near;
			value = secret_str(&st->value);
		}
	}
	return value;
}

struct str
account_default(const struct gateway *gw, const struct gw_setting *st)
{
	if (gw->conf->stay_connected && strcmp(st->name, "stay_connected") == 0)
		return STR("1");
	return str_c(st->def);
}

void
account_settings(const struct account *a, account_setting_fn *fn, void *arg)
{
	LIST_EACH(&a->settings, n)
	{
		struct setting *st = SETTING(n);

		fn(arg, str_c(st->network), str_c(st->room), str_c(st->name),
		    secret_str(&st->value));
	}
}

bool
account_can_set(struct gateway *gw, unsigned scope, struct str network,
    const struct gw_setting *st)
{
	return st->scopes & scope &&
	    (scope == GW_SCOPE_GATEWAY || !gw->ops->setting_applies ||
	        gw->ops->setting_applies(gw, network, st));
}

int
account_set(struct account *a, struct str network, struct str room,
    const struct gw_setting *what, struct str value, store_done_fn *done,
    void *arg, struct err *err)
{
	struct str name = str_c(what->name);

	if (value.len && what->check && what->check(a->gw, value, err) < 0)
		return -1;
	if (value.len == 0)
		setting_forget(a, setting_find(a, network, room, name));
	else if (setting_keep(a, network, room, name, value) < 0)
		return err_set(err, ERR_TOO_BIG,
		    "%s: longer than %d bytes, or too many settings",
		    what->name, SECRET_MAX);
	store_setting_put(core_store(a->gw->core), str_c(a->user),
	    gateway_domain(a->gw), network, room, name, value,
	    gw_setting_is_sealed(what->type), done, arg);
	return 0;
}
