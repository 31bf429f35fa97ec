/*
 * account.h - one XMPP user on one gateway: settings and sessions
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"
#include "core/store.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"

enum account_state { ACCOUNT_NEW, ACCOUNT_LOADING, ACCOUNT_READY };

struct account {
	struct gateway *gw;
	char *user; /* bare JID, normalised */
	struct log_ctx log;
	enum account_state state;
	uint64_t load;        /* the store's answer we wait for */
	struct list settings; /* of struct setting, in account.c */
	size_t nsetting;
	struct map sessions; /* by network */
	struct list waiters; /* of struct waiter, in account.c */
	unsigned keep;       /* somebody holds it although it has no session */
};

enum { ACCOUNT_SETTINGS_MAX = 500 };

struct account *account_find(struct gateway *gw, struct str user);

/* Found or made.  NULL: the gateway has all the users it may have. */
struct account *account_get(
    struct gateway *gw, struct str user, struct err *err);

/* Frees it if nobody needs it. */
void account_check(struct account *a);
void account_free(struct account **ap);

/*
 * Settings are there, or will be: then every session of the account is told
 * with session_account_ready().
 */
void account_load(struct account *a);

/* fn is called once the settings are there: now, or later; or never, if the
 * gateway ends before.  The account stays until then. */
typedef void account_ready_fn(struct account *a, void *arg);
void account_wait(struct account *a, account_ready_fn *fn, void *arg);

/*
 * Ends his sessions, or those on one network (empty: all); how many.  They are
 * freed when the turn ends.
 */
size_t account_end_sessions(
    struct account *a, struct str network, enum gw_bye why, struct str text);

/* Forgets all settings, here and in the store (with all else it keeps). */
void account_forget(struct account *a, store_done_fn *done, void *arg);

/*
 * What was set nearest to a room: there, under either of its spellings, else
 * for its network, else for the gateway; empty: nothing.
 */
struct str account_nearest(const struct account *a, struct str network,
    struct str room, struct str key, const char *name);

/* What was set exactly there; empty: nothing. */
struct str account_setting(const struct account *a, struct str network,
    struct str room, const char *name);

/* What counts where nobody has set it: the operator's word, or the network's. */
struct str account_default(
    const struct gateway *gw, const struct gw_setting *st);

/* Every setting, in the order they were set. */
typedef void account_setting_fn(void *arg, struct str network, struct str room,
    struct str name, struct str value);
void account_settings(
    const struct account *a, account_setting_fn *fn, void *arg);

/* Is it a setting of that scope, and of that network? */
bool account_can_set(struct gateway *gw, unsigned scope, struct str network,
    const struct gw_setting *st);

/* Empty value: forget it.  Kept at once, done when it is on disk. */
int account_set(struct account *a, struct str network, struct str room,
    const struct gw_setting *what, struct str value, store_done_fn *done,
    void *arg, struct err *err);

#endif
