#include "core/retraction.h"

#include <stdlib.h>

#include "core/announce.h"
#include "core/archive.h"
#include "core/arrears.h"
#include "core/backlog.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/payload.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* One that the network has been asked for. */
struct asked {
	char *from, *to, *id; /* of the stanza */
	char *room, *nick;    /* one of them is "" */
	char *line;
};

/* ---- it has happened --------------------------------------------------------- */

/* by empty: our user. */
static void
in_room(struct room *r, struct backlog_line *line, struct str by,
    struct str reason, struct str id)
{
	bool is_author = by.len == 0 ||
	    str_eq_nocase(by, line->from); /* else the network let him */

	arrears_settle_nick(r, by);
	if (is_author)
		announce_retraction(r, line, id);
	else
		announce_moderation(r, line, by, reason);
}

static void
forget(struct session *s, bool is_room, struct str name, struct backlog *said,
    struct str id)
{
	archive_forget(s, is_room, name, id);
	backlog_forget(said, id);
}

void
retraction_in(struct session *s, const struct gw_message *m)
{
	struct room *r = m->room.len ? room_find(s, m->room) : NULL;
	struct backlog *said = r ? &r->backlog : &s->words;
	struct backlog_line *line = backlog_find(said, m->redacts);

	if ((m->room.len && (!r || r->state != ROOM_JOINED)) ||
	    m->redacts.len >= BACKLOG_ID || m->from.len > GW_NAME_MAX)
		return;
	if (line && r)
		in_room(r, line, m->from, m->body, STR_EMPTY);
	else if (line && !line->own)
		inbound_retraction(s, m->from, line);
	forget(s, r != NULL, r ? str_c(r->name) : m->from, said,
	    line ? str_c(line->id) : m->redacts);
}

/* ---- our user wants it ------------------------------------------------------- */

static void
asked_free(struct asked *a)
{
	free(a->from);
	free(a->to);
	free(a->id);
	free(a->room);
	free(a->nick);
	free(a->line);
	free(a);
}

static void
fail(struct session *s, const struct asked *a, const struct err *err)
{
	struct xmlw *w = component_begin(s->gw->component, "message",
	    str_c(a->to), str_c(a->from), "error", str_c(a->id));

	stanza_error_write(w, err);
	(void)component_end(s->gw->component, NULL);
}

static void
succeed(struct session *s, const struct asked *a)
{
	bool is_room = a->room[0] != '\0';
	struct room *r = is_room ? room_find(s, str_c(a->room)) : NULL;
	struct backlog *said = r ? &r->backlog : &s->words;
	struct backlog_line *line = backlog_find(said, str_c(a->line));

	if (is_room && !r)
		return;
	if (r && line)
		in_room(r, line, STR_EMPTY, STR_EMPTY, str_c(a->id));
	forget(s, is_room, str_c(is_room ? a->room : a->nick), said,
	    str_c(a->line));
}

static void
on_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct asked *a = to->obj;

	if (done->err.kind != ERR_NONE)
		fail(s, a, &done->err);
	else
		succeed(s, a);
	asked_free(a);
}

/* Why not, or NULL. */
static const char *
obstacle(const struct session *s, const struct backlog_line *line)
{
	if (s && !s->gw->ops->request[GW_REQ_REDACT])
		return "the others have read it; this network cannot take it "
		       "back";
	if (!line)
		return "that message is not known here any more; it cannot be "
		       "taken back";
	if (!line->own)
		return "somebody else has said that";
	if (!line->is_network_id)
		return "the others have read it; this network cannot take it "
		       "back";
	return NULL;
}

static void
ask(struct inlet *in, struct session *s, struct room *r, struct str nick,
    const struct backlog_line *line)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	struct request_to to = { .done = on_done, .obj = a };
	struct gw_req req = { .kind = GW_REQ_REDACT,
		.room = r ? str_c(r->name) : STR_EMPTY,
		.nick = r ? STR_EMPTY : nick,
		.id = str_c(line->id),
		.parts = line->parts };

	a->from = str_dup(jid_full(&in->from));
	a->to = str_dup(jid_full(&in->to));
	a->id = str_dup(in->id);
	a->room = str_dup(req.room);
	a->nick = str_dup(req.nick);
	a->line = str_dup(req.id);
	request_start(s, &req, REQUEST_MS, &to);
}

void
retraction_out(struct inlet *in, struct session *s, struct room *r,
    struct str nick, const struct payload *p)
{
	const struct backlog_line *line =
	    s ? backlog_find(r ? &r->backlog : &s->words, p->retracts) : NULL;
	const char *why = obstacle(s, line);
	struct err err = ERR_INIT;

	if (why)
		err_set(&err, ERR_UNSUPPORTED, "%s", why);
	else if (s->state != SESSION_ONLINE)
		err_set(&err, ERR_UNREACHABLE,
		    "not taken back: there is no connection");
	if (err.kind != ERR_NONE)
		inlet_error(in, &err);
	else
		ask(in, s, r, nick, line);
}
