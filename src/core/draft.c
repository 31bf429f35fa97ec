#include "core/draft.h"
#include "core/announce.h"
#include "core/correction.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/quote.h"
#include "core/reaction.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "core/slash.h"
#include "core/talk.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

enum { CORRECTION_TEXT_MAX = 64 * 1024 };

static void
refuse(const struct draft *d, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	inlet_error(d->in, &err);
}

/* ---- what is in it ---------------------------------------------------- */

/* Elements that make the body, if any, a stand-in for what we cannot read. */
static const struct {
	const char *name, *ns, *what;
} opaque[] = {
	{ "encrypted", "eu.siacs.conversations.axolotl",
	    "encrypted messages (OMEMO) cannot be read on the other side; "
	    "switch encryption off for this conversation" },
	{ "encrypted", "urn:xmpp:omemo:2",
	    "encrypted messages (OMEMO) cannot be read on the other side; "
	    "switch encryption off for this conversation" },
	{ "encrypted", "urn:xmpp:omemo:1",
	    "encrypted messages (OMEMO) cannot be read on the other side; "
	    "switch encryption off for this conversation" },
	{ "openpgp", "urn:xmpp:openpgp:0",
	    "encrypted messages (OpenPGP) cannot be read on the other side" },
	{ "x", "jabber:x:encrypted",
	    "encrypted messages (OpenPGP) cannot be read on the other side" },
	{ "propose", "urn:xmpp:jingle-message:0",
	    "calls cannot be made to the other side" },
	{ "propose", "urn:xmpp:jingle-message:1",
	    "calls cannot be made to the other side" },
	{ "file-sharing", NS_SFS, NULL },
};

/* Why it cannot be carried, or NULL. */
static const char *
unreadable(const struct stanza *s, bool has_body)
{
	size_t i;

	for (i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
		if (!stanza_child(s, opaque[i].name, opaque[i].ns))
			continue;
		if (opaque[i].what)
			return opaque[i].what;
		if (!has_body)
			return "files cannot be offered to the other side; "
			       "send a link";
	}
	return NULL;
}

/* False: it has been answered, or asks for no answer. */
static bool
has_words(const struct draft *d)
{
	const struct payload *p = &d->payload;
	const char *why = unreadable(d->in->stanza, p->has_body);

	if (why)
		refuse(d, ERR_UNSUPPORTED, why);
	else if (p->body.len || p->reactions || p->retracts.len)
		return p->reactions == NULL && p->retracts.len == 0;
	else if (p->has_body &&
	    stanza_child(d->in->stanza, "fallback", NS_FALLBACK))
		refuse(d, ERR_UNSUPPORTED,
		    "this kind of message cannot be carried to the other side");
	return false;
}

bool
draft_read(struct draft *d, struct inlet *in)
{
	d->in = in;
	d->p = (struct outgoing_params){ .from = STR_EMPTY };
	payload_read(in->stanza, &d->payload);
	buf_init(&d->text, CORRECTION_TEXT_MAX);
	buf_init(&d->names, JID_MAX);
	return has_words(d);
}

bool
draft_reacts(const struct draft *d)
{
	return !d->in->gw->ops->live && d->payload.reactions &&
	    d->payload.retracts.len == 0;
}

void
draft_release(struct draft *d)
{
	payload_release(&d->payload);
	buf_release(&d->text);
	buf_release(&d->names);
}

/* "/me waves"; "//me" says "/me" where a slash makes a command. */
static enum gw_msg_kind
kind_of(const struct gateway *gw, struct str *body)
{
	struct str me = STR("/me ");

	if (slash_has(gw) && str_starts(*body, STR("//"))) {
		*body = str_skip(*body, 1);
		return GW_MSG_NORMAL;
	}
	if (!str_starts(*body, me))
		return GW_MSG_NORMAL;
	*body = str_skip(*body, me.len);
	return GW_MSG_ACTION;
}

/* ---- corrections -------------------------------------------------------- */

/* On unless the user has switched it off; not every network has the setting. */
static bool
may_correct(struct session *s, const struct room *r)
{
	return !str_is(
	    session_setting(s, r ? str_c(r->name) : STR_EMPTY, "corrections"),
	    "0");
}

/* Nobody else would see a difference; but this client waits for its line. */
static void
say_to_self(const struct draft *d, struct room *r)
{
	const struct announce_own own = { d->p.id, d->p.origin };

	if (r)
		talk_line(r,
		    &(struct backlog_word){ .kind = d->p.kind,
		        .own = true,
		        .own_id = d->p.id,
		        .from = str_c(r->s->nick),
		        .body = d->p.body,
		        .corrects = d->p.corrects },
		    &own);
}

/* Short words of what has changed go out; our clients see all of it. */
static bool
correct(struct draft *d, struct session *s, struct room *r)
{
	const struct backlog_line *was =
	    backlog_newest(r ? &r->backlog : &s->words, d->payload.corrects);

	if (!may_correct(s, r)) {
		refuse(d, ERR_DENIED,
		    "corrections are not sent, as you have set; the others "
		    "keep what they have read");
		return false;
	}
	d->p.corrects = d->payload.corrects;
	d->p.shown = d->p.body;
	d->p.nspan = 0; /* of another text */
	if (d->p.kind == GW_MSG_NORMAL)
		buf_add_str(&d->text, STR("* "));
	correction_write(was ? was->body : STR_EMPTY, d->p.body, &d->text);
	d->p.body = buf_str(&d->text);
	if (d->text.len > 2)
		return true;
	d->p.body = d->p.shown;
	say_to_self(d, r);
	return false;
}

/* ---- replies -------------------------------------------------------------- */

/* Who said it, if that is not remembered: the client has named him. */
static struct str
named(struct draft *d, struct room *r)
{
	struct member *m;
	struct err err = ERR_INIT;
	struct jid jid;

	if (jid_parse(&jid, d->payload.reply_jid, &err) < 0)
		return STR_EMPTY;
	buf_clear(&d->names);
	(void)jid_unescape_resource(jid_resource(&jid), &d->names);
	m = room_member(r, buf_str(&d->names));
	return m ? str_c(m->person->nick) : STR_EMPTY;
}

static void
answer(struct draft *d, struct session *s, struct room *r)
{
	const struct backlog_line *said =
	    backlog_find(r ? &r->backlog : &s->words, d->payload.reply_to);

	d->p.reply_to = d->payload.reply_to;
	if (said)
		d->p.answers = backlog_network_id(said);
	if (!r)
		return;
	d->p.reply_nick = said ? said->from : named(d, r);
	if (session_is_self(s, d->p.reply_nick))
		d->p.reply_nick = STR_EMPTY;
}

/*
 * Where a network has words only, people can be told what is answered, if the
 * user wants that (setting "replies"): what he has read of it, else what his
 * client says it was.
 */
static void
quote(struct draft *d, struct session *s, struct room *r)
{
	struct str room = r ? str_c(r->name) : STR_EMPTY;
	const struct backlog_line *said =
	    backlog_find(r ? &r->backlog : &s->words, d->payload.reply_to);
	struct buf was;

	if (s->gw->ops->live ||
	    !str_is(session_setting(s, room, "replies"), "1"))
		return;
	buf_init(&was, CORRECTION_TEXT_MAX);
	if (said && said->body.len > 0)
		buf_add_str(&was, said->body);
	else
		payload_fallback(d->in->stanza, &d->payload, &was);
	if (str_trim(buf_str(&was)).len > 0) {
		buf_add_str(&d->text, STR("> "));
		quote_write(buf_str(&was), &d->text);
		buf_addf(&d->text, "\n" STR_FMT, STR_ARG(d->p.body));
		d->p.shown = d->p.body;
		d->p.body = buf_str(&d->text);
		d->p.nspan = 0; /* of another text */
	}
	buf_release(&was);
}

/* ---- styles --------------------------------------------------------------- */

static void
style(struct draft *d, struct session *s, struct room *r)
{
	struct outgoing_params *p = &d->p;
	struct str room = r ? str_c(r->name) : STR_EMPTY;

	p->span = d->span;
	p->nspan = markup_read(
	    d->in->stanza, &d->payload, p->body, d->span, &p->typed);
	if (p->nspan && str_is(session_setting(s, room, "formatting"), "0"))
		p->nspan = 0;
}

bool
draft_link(struct draft *d, struct session *s, struct room *r)
{
	const struct inlet *in = d->in;
	const struct stanza *origin =
	    stanza_child(in->stanza, "origin-id", NS_SID);

	if (draft_reacts(d)) {
		if (!reaction_words(s, r, &d->payload, &d->text))
			return false;
		d->payload.body = buf_str(&d->text);
	}
	d->p = (struct outgoing_params){ .from = jid_full(&in->from),
		.to = jid_full(&in->to),
		.id = in->id,
		.origin = origin ? stanza_attr(origin, "id") : STR_EMPTY,
		.body = d->payload.body };
	d->p.kind = kind_of(in->gw, &d->p.body);
	style(d, s, r);
	if (d->payload.reply_to.len)
		answer(d, s, r);
	if (d->payload.corrects.len)
		return correct(d, s, r);
	if (d->payload.reply_to.len)
		quote(d, s, r);
	return true;
}
