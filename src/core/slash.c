#include <stdlib.h>

#include "core/announce.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/occupant.h"
#include "core/person.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "core/slash.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* A command that runs, and where its message came from. */
struct running {
	char *from, *to, *id;
	char *room; /* NULL: not typed in a room */
	char *word; /* with its slash */
};

/* ---- is it one? ---------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The length of "/word" in front of a space or an end; 0: no command. */
static size_t
word_len(struct str body)
{
	size_t n = 1;

	if (body.len < 2 || body.p[0] != '/')
		return 0;
	while (n < body.len && is_letter(body.p[n]))
		n++;
	if (n < body.len && body.p[n] != ' ' && body.p[n] != '\n')
		return 0;
	return n == 1 ? 0 : n;
}

/* ---- the answer ----------------------------------------------------------- */

static void
running_free(struct running *r)
{
	free(r->from);
	free(r->to);
	free(r->id);
	free(r->room);
	free(r->word);
	free(r);
}

static void
fail(struct session *s, const struct running *r, const struct err *err)
{
	struct xmlw *w = component_begin(s->gw->component, "message",
	    str_c(r->to), str_c(r->from), "error", str_c(r->id));

	stanza_error_write(w, err);
	(void)component_end(s->gw->component, NULL);
}

/* So that the client knows what became of it; what was typed stays here. */
static void
reflect(struct session *s, const struct running *r, struct occupant *o)
{
	struct member *self = room_self(o->room);
	struct buf from;
	struct xmlw *w;

	if (!self)
		return;
	buf_init(&from, JID_MAX);
	announce_nick_jid(o, person_resource(self->person), &from);
	w = component_begin(s->gw->component, "message", buf_str(&from),
	    str_c(r->from), "groupchat", str_c(r->id));
	xmlw_textel(w, "body", NULL, str_c(r->word));
	(void)component_end(s->gw->component, NULL);
	buf_release(&from);
}

static void
succeed(struct session *s, const struct running *r, struct str text)
{
	struct room *room = r->room ? room_find(s, str_c(r->room)) : NULL;
	struct occupant *o = room ? occupant_find(room, str_c(r->from)) : NULL;

	if (o && o->state == OCCUPANT_INSIDE) {
		reflect(s, r, o);
		announce_notice(room, o,
		    text.len ? text
		             : STR("Done as a command; nobody else saw it."));
	} else if (text.len) {
		inbound_notice(s, STR_EMPTY, text);
	}
}

static void
on_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct running *r = to->obj;

	if (done->err.kind != ERR_NONE)
		fail(s, r, &done->err);
	else
		succeed(s, r, done->text);
	running_free(r);
}

/* ---- doing it -------------------------------------------------------------- */

static void
start(struct inlet *in, struct session *s, struct room *room, struct str nick,
    struct str body, size_t len)
{
	struct running *r = xcalloc(1, sizeof(*r));
	struct request_to to = { .done = on_done, .obj = r };
	struct gw_req req = { .kind = GW_REQ_SLASH,
		.room = room ? str_c(room->name) : STR_EMPTY,
		.nick = nick,
		.text = str_skip(body, 1) };

	r->from = str_dup(jid_full(&in->from));
	r->to = str_dup(jid_full(&in->to));
	r->id = str_dup(in->id);
	r->room = room ? str_dup(str_c(room->name)) : NULL;
	r->word = str_dup(str_head(body, len));
	request_start(s, &req, REQUEST_MS, &to);
}

bool
slash_has(const struct gateway *gw)
{
	return gw->ops->request[GW_REQ_SLASH] != NULL;
}

bool
slash_run(struct inlet *in, struct session *s, struct occupant *o,
    struct str nick, struct str body)
{
	size_t len = word_len(body);
	struct err err = ERR_INIT;

	if (!slash_has(in->gw))
		return false;
	if (len == 0 || str_eq_nocase(str_head(body, len), STR("/me")))
		return false;
	if (str_has(str_trim(body), '\n'))
		err_set(&err, ERR_BAD_INPUT,
		    "not sent: a command is one line; with two slashes in "
		    "front the text is said");
	else if (s->state != SESSION_ONLINE)
		err_set(
		    &err, ERR_UNREACHABLE, "not done: there is no connection");
	if (err.kind != ERR_NONE)
		inlet_error(in, &err);
	else
		start(in, s, o ? o->room : NULL, nick, str_trim(body), len);
	return true;
}
