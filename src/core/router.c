/*
 * A stanza that came in, brought to whom it concerns.
 */
#include "core/router.h"
#include "core/access.h"
#include "core/idle.h"
#include "core/inbox.h"
#include "core/instance.h"
#include "core/message.h"
#include "core/occupant.h"
#include "core/outbox_gone.h"
#include "core/presence.h"
#include "core/room.h"
#include "core/seat.h"
#include "core/services.h"
#include "core/session.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

enum { SCRATCH_MAX = 512 * 1024 };

int
inlet_init(struct inlet *in, struct gateway *gw, const struct stanza *s,
    struct err *err)
{
	in->gw = gw;
	in->stanza = s;
	in->type = stanza_attr(s, "type");
	in->id = stanza_attr(s, "id");
	in->from.text[0] = in->to.text[0] = '\0';
	in->from.domain_len = in->to.domain_len = 0;
	in->resource = STR_EMPTY;
	buf_init(&in->names, JID_MAX);
	buf_init(&in->nick, JID_MAX);
	buf_init(&in->scratch, SCRATCH_MAX);
	if (jid_parse(&in->from, stanza_attr(s, "from"), err) < 0)
		return -1;
	if (jid_parse(&in->to, stanza_attr(s, "to"), err) < 0)
		return -1;
	if (jid_resource(&in->to).len) {
		if (jid_unescape_resource(jid_resource(&in->to), &in->nick) < 0)
			return err_set(err, ERR_BAD_INPUT, "malformed nick");
		in->resource = buf_str(&in->nick);
	}
	if (stanza_is_truncated(s))
		return err_set(err, ERR_TOO_BIG,
		    "the stanza has more in it than is taken; send less");
	return instance_address(gw, &in->to, &in->names, &in->at, err);
}

void
inlet_release(struct inlet *in)
{
	buf_release(&in->names);
	buf_release(&in->nick);
	buf_release(&in->scratch);
}

void
inlet_error(struct inlet *in, const struct err *err)
{
	bool presence = str_is(stanza_name(in->stanza), "presence");
	struct xmlw *w;

	if (str_is(in->type, "error") || in->from.domain_len == 0 ||
	    in->to.domain_len == 0)
		return;
	w = component_begin(in->gw->component,
	    presence ? "presence" : "message", jid_full(&in->to),
	    jid_full(&in->from), "error", in->id);
	/* To a room, "forbidden" would say that he is banned there. */
	if (presence)
		stanza_error_write_join(w, STANZA_JOIN_OTHER, err, STR_EMPTY);
	else
		stanza_error_write(w, err);
	(void)component_end(in->gw->component, NULL);
}

struct session *
inlet_session(struct inlet *in)
{
	return session_find(in->gw, jid_bare(&in->from), in->at.network);
}

struct room *
inlet_room(struct inlet *in)
{
	struct session *s = inlet_session(in);

	return s ? room_find(s, in->at.name) : NULL;
}

/* An alias of the network is another address, which he has not joined. */
struct occupant *
inlet_occupant(struct inlet *in)
{
	struct room *r = in->at.kind == GW_ADDR_ROOM ? inlet_room(in) : NULL;
	struct occupant *o = r ? occupant_find(r, jid_full(&in->from)) : NULL;

	return o && str_is(jid_bare(&in->to), o->room_jid) ? o : NULL;
}

/* The same place under the address that it has. */
static void
answer_gone(struct inlet *in)
{
	struct err err;
	struct xmlw *w;
	struct buf jid;

	if (str_is(in->type, "error"))
		return;
	buf_init(&jid, JID_MAX);
	jid_escape_node(in->at.canonical, &jid);
	buf_addc(&jid, '@');
	buf_add_str(&jid, gateway_domain(in->gw));
	err_set(&err, ERR_GONE, "the address of that is " STR_FMT,
	    STR_ARG(buf_str(&jid)));
	w = component_begin(in->gw->component,
	    str_is(stanza_name(in->stanza), "presence") ? "presence"
	                                                : "message",
	    jid_full(&in->to), jid_full(&in->from), "error", in->id);
	stanza_error_write_gone(w, buf_str(&jid), &err);
	(void)component_end(in->gw->component, NULL);
	buf_release(&jid);
}

/*
 * -1: may not use it, or it is nonsense; answered, unless it asks nothing.  Or
 * it is from a room that one of us is in, and has been acted on.
 */
static int
admit(struct inlet *in, struct gateway *gw, const struct stanza *s)
{
	struct err err = ERR_INIT;
	int rc = inlet_init(in, gw, s, &err);

	if (rc == 0 && seats_stanza(gw->seats, in))
		return -1;
	if (in->from.domain_len && access_check(gw, &in->from, &err) < 0) {
		rc = -1;
		log_debug(&gw->log, "stanza refused", "from=%s", in->from.text);
	}
	if (rc < 0)
		inlet_error(in, &err);
	return rc;
}

/* A client of his is there, and takes messages. */
static bool
is_sign_of_life(const struct inlet *in)
{
	bool presence = str_is(stanza_name(in->stanza), "presence");

	return presence ? in->type.len == 0 : !str_is(in->type, "error");
}

static void
note_client(struct inlet *in)
{
	struct outbox *b = in->gw->outbox;

	if (!b || jid_resource(&in->from).len == 0 ||
	    !str_is(stanza_name(in->stanza), "presence"))
		return;
	if (str_is(in->type, "unavailable"))
		outbox_client_gone(b, jid_full(&in->from));
	else if (in->type.len == 0)
		outbox_client_here(b, jid_full(&in->from));
}

void
router_stanza(struct gateway *gw, const struct stanza *s)
{
	struct str name = stanza_name(s);
	struct inlet in;

	if (str_is(name, "iq")) {
		services_stanza(gw, s);
		return;
	}
	if (admit(&in, gw, s) == 0) {
		note_client(&in);
		if (in.at.canonical.len)
			answer_gone(&in);
		else if (str_is(name, "message"))
			message_in(&in);
		else if (str_is(name, "presence"))
			presence_in(&in);
		if (!str_is(in.type, "error"))
			idle_touch(inlet_session(&in));
		if (is_sign_of_life(&in))
			inbox_user_here(gw->inbox, jid_bare(&in.from));
	}
	inlet_release(&in);
}
