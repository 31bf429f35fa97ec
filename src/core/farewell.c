/*
 * "You are out of that room", also when nobody could be told.
 */
#include <stdlib.h>

#include "core/farewell.h"
#include "core/instance.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/muc.h"
#include "xmpp/xmlw.h"

/* The item's slices point to actor, reason and venue; jid is that of `to`. */
struct farewell {
	struct list node;
	char *from, *to, *actor, *reason, *venue;
	struct muc_item item;
};

#define FAREWELL(n) LIST_ENTRY(n, struct farewell, node)

static void
farewell_free(struct gateway *gw, struct farewell *f)
{
	list_del(&f->node);
	gw->nfarewell--;
	free(f->from);
	free(f->to);
	free(f->actor);
	free(f->reason);
	free(f->venue);
	free(f);
}

static void
keep(struct gateway *gw, struct str from, struct str to,
    const struct muc_item *item)
{
	struct farewell *f;

	if (gw->nfarewell == FAREWELL_MAX) {
		log_warn(&gw->log, "client not told",
		    "jid=" STR_FMT " reason=\"XMPP stream down, %d are "
		    "waiting\"",
		    STR_ARG(to), FAREWELL_MAX);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->from = str_dup(from);
	f->to = str_dup(to);
	f->actor = str_dup(item->actor);
	f->reason = str_dup(item->reason);
	f->venue = str_dup(item->venue);
	f->item = *item;
	f->item.jid = str_c(f->to);
	f->item.actor = str_c(f->actor);
	f->item.reason = str_c(f->reason);
	f->item.venue = str_c(f->venue);
	list_add(&gw->farewells, &f->node);
	gw->nfarewell++;
}

static void
say(struct gateway *gw, struct str from, struct str to,
    const struct muc_item *item)
{
	struct xmlw *w = component_begin(
	    gw->component, "presence", from, to, "unavailable", STR_EMPTY);

	muc_write_item(w, item);
	(void)component_end(gw->component, NULL);
}

void
farewell_say(struct gateway *gw, struct str from, struct str to,
    const struct muc_item *item)
{
	if (component_is_up(gw->component))
		say(gw, from, to, item);
	else
		keep(gw, from, to, item);
}

void
farewell_release(struct gateway *gw)
{
	LIST_EACH(&gw->farewells, n)
	{
		struct farewell *f = FAREWELL(n);

		say(gw, str_c(f->from), str_c(f->to), &f->item);
		farewell_free(gw, f);
	}
}

void
farewell_drop(struct gateway *gw)
{
	LIST_EACH(&gw->farewells, n)
	{
		farewell_free(gw, FAREWELL(n));
	}
}
