/*
 * What a gateway itself has to say to somebody: it goes the way of what came
 * in, so that it is there when he comes back.
 */
#include <stdlib.h>

#include "core/inbox_base.h"
#include "lib/xalloc.h"

enum { EARLY_MAX = 100 };

/* From before the store was read. */
struct notice {
	struct list node;
	char *user, *text;
};

#define NOTICE(n) LIST_ENTRY(n, struct notice, node)

static void
notice_free(struct inbox *in, struct notice *e)
{
	list_del(&e->node);
	in->nearly--;
	free(e->user);
	free(e->text);
	free(e);
}

/* False: there are too many. */
static bool
wait_for_load(struct inbox *in, struct str user, struct str text)
{
	struct notice *e;

	if (in->nearly == EARLY_MAX)
		return false;
	e = xcalloc(1, sizeof(*e));
	e->user = str_dup(user);
	e->text = str_dup(text);
	list_add(&in->early, &e->node);
	in->nearly++;
	return true;
}

static bool
take(struct inbox *in, struct str user, struct str text)
{
	struct gw_message m = { .kind = GW_MSG_SYSTEM, .body = text };
	struct gw_arrival v = { .user = user, .message = &m };

	if (!in->is_loaded)
		return wait_for_load(in, user, text);
	return gateway_arrive(in->gw, &v, 1, NULL, NULL) == 0;
}

static void
say(struct gateway *gw, struct str user, struct str text)
{
	if (!take(gw->inbox, user, text))
		log_warn(&gw->log, "notice dropped",
		    "user=" STR_FMT " text=\"" STR_FMT
		    "\" reason=\"too much waits\"",
		    STR_ARG(user), STR_ARG(text));
}

void
gateway_tell(struct gateway *gw, struct str user, struct str text)
{
	say(gw, user, text);
}

void
gateway_tell_admins(struct gateway *gw, struct str text)
{
	const struct config_access *access = &gw->conf->access;

	log_warn(&gw->log, "administrators told", "text=\"" STR_FMT "\"",
	    STR_ARG(text));
	for (size_t i = 0; i < access->nadmins; i++)
		say(gw, access->admins[i], text);
}

struct str
gateway_admin(struct gateway *gw, size_t i)
{
	const struct config_access *access = &gw->conf->access;

	return i < access->nadmins ? access->admins[i] : STR_EMPTY;
}

void
notice_release(struct inbox *in)
{
	LIST_EACH(&in->early, n)
	{
		struct notice *e = NOTICE(n);

		say(in->gw, str_c(e->user), str_c(e->text));
		notice_free(in, e);
	}
}

void
notice_drop(struct inbox *in)
{
	LIST_EACH(&in->early, n)
	{
		notice_free(in, NOTICE(n));
	}
}
