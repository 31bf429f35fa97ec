#include "core/moderation.h"

#include <stdlib.h>

#include "core/admin.h"
#include "core/announce.h"
#include "core/archive.h"
#include "core/backlog.h"
#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

/* One that the network has been asked for. */
struct asked {
	uint64_t token; /* of the question */
	char *room, *line, *reason;
};

static void
asked_free(struct asked *a)
{
	free(a->room);
	free(a->line);
	free(a->reason);
	free(a);
}

static void
take_back(struct session *s, const struct asked *a)
{
	struct room *r = room_find(s, str_c(a->room));
	const struct backlog_line *line =
	    r ? backlog_find(&r->backlog, str_c(a->line)) : NULL;

	if (line)
		announce_moderation(r, line, str_c(s->nick), str_c(a->reason));
	archive_forget(s, true, str_c(a->room), str_c(a->line));
	if (r)
		backlog_forget(&r->backlog, str_c(a->line));
}

static void
on_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct asked *a = to->obj;
	struct iq_ask *ask = iq_kept(services_iqs(s->gw), a->token);

	if (ask && done->err.kind != ERR_NONE)
		iq_fail(ask, &done->err);
	else if (ask)
		iq_ok(ask);
	if (done->err.kind == ERR_NONE)
		take_back(s, a);
	asked_free(a);
}

/* Why not; ERR_NONE: nothing is in the way. */
static void
obstacle(struct room *r, const struct stanza *moderate,
    const struct backlog_line *line, struct err *err)
{
	const struct member *self = room_self(r);

	if (!stanza_child(moderate, "retract", NS_RETRACT))
		err_set(err, ERR_UNSUPPORTED,
		    "a message can be taken back, nothing else");
	else if (!(r->flags & GW_ROOM_REDACTS))
		err_set(err, ERR_UNSUPPORTED,
		    "%s: the others have read it; this network cannot take it "
		    "back",
		    r->name);
	else if (!self || member_role(self) != GW_ROLE_MODERATOR)
		err_set(err, ERR_DENIED,
		    "%s: only its moderators take back what others say",
		    r->name);
	else if (!line)
		err_set(err, ERR_NOT_FOUND,
		    "that message is not known here any more; it cannot be "
		    "taken back");
	else if (!line->is_network_id)
		err_set(err, ERR_UNSUPPORTED,
		    "that message has no name on the network; it cannot be "
		    "taken back");
}

static void
ask_network(struct iq_ask *ask, struct room *r, const struct backlog_line *line,
    struct str reason)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	struct request_to to = { .done = on_done, .obj = a };
	struct gw_req req = { .kind = GW_REQ_REDACT, .parts = line->parts };

	a->token = iq_keep(ask, REQUEST_MS + 5000);
	if (!a->token) {
		asked_free(a);
		return;
	}
	a->room = str_dup(str_c(r->name));
	a->line = str_dup(str_c(line->id));
	a->reason = str_dup(reason);
	req.room = str_c(a->room);
	req.id = str_c(a->line);
	req.text = str_c(a->reason);
	request_start(r->s, &req, REQUEST_MS, &to);
}

void
moderation_on_set(struct iq_ask *ask, const struct stanza *moderate)
{
	struct inlet *in = services_inlet(ask);
	struct room *r = admin_room(ask, in);
	const struct backlog_line *line;
	struct err err = ERR_INIT;

	if (!r)
		return;
	line = backlog_find(&r->backlog, stanza_attr(moderate, "id"));
	obstacle(r, moderate, line, &err);
	if (err.kind != ERR_NONE)
		iq_fail(ask, &err);
	else
		ask_network(ask, r, line,
		    stanza_child_text(moderate, "reason", NULL, &in->scratch));
}
