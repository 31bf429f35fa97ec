/*
 * One message that came in for a user, and what is written of it.
 *
 * XEP-0172 1.1		who it is from, where the address says little
 * XEP-0033 1.2		who else it went to
 * XEP-0066 1.5		3.1 attachments
 * XEP-0131 1.2		how urgent it is
 * XEP-0203 2.0		when it came
 * XEP-0461 0.2		what it answers
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/announce.h"
#include "core/archive.h"
#include "core/arrival.h"
#include "core/backlog.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/markup.h"
#include "core/occupant.h"
#include "core/post.h"
#include "core/room.h"
#include "core/session.h"
#include "core/talk.h"
#include "lib/buf.h"
#include "lib/pack.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

#define OCCUPANT(n) LIST_ENTRY(n, struct occupant, node)

/* ---- life ------------------------------------------------------------- */

struct arrival *
arrival_new(uint64_t id, struct str contact, struct str letter)
{
	struct arrival *a = xcalloc(1, sizeof(*a));

	a->id = id;
	snprintf(a->sid, sizeof(a->sid), "in-%" PRIx64, id);
	a->contact = str_dup(contact);
	arrival_set_letter(a, letter);
	list_init(&a->node);
	list_init(&a->expiry);
	list_init(&a->fresh);
	return a;
}

void
arrival_set_letter(struct arrival *a, struct str letter)
{
	free(a->letter);
	a->letter = NULL;
	a->nletter = letter.len;
	if (letter.len == 0)
		return;
	a->letter = xmalloc(letter.len);
	memcpy(a->letter, letter.p, letter.len);
}

void
arrival_free(struct arrival *a)
{
	confirm_drop(&a->mark);
	list_del(&a->node);
	list_del(&a->expiry);
	list_del(&a->fresh);
	free(a->contact);
	free(a->why);
	free(a->letter);
	free(a);
}

void
arrival_write_id(
    const struct arrival *a, const struct gw_message *m, struct buf *out)
{
	buf_add_str(out, str_c(a->sid));
	if (m->id.len)
		buf_addf(out, "." STR_FMT, STR_ARG(m->id));
}

struct str
arrival_name_of(struct str id)
{
	struct str rest = id, part;

	if (arrival_id_of(id) && str_cut(&rest, '.', &part) &&
	    str_cut(&rest, '.', &part) && part.len &&
	    !(part.p[0] >= '0' && part.p[0] <= '9'))
		return part;
	return id;
}

uint64_t
arrival_id_of(struct str id)
{
	uint64_t n = 0;
	struct str hex;

	if (!str_starts(id, STR("in-")) || !str_cut(&id, '.', &hex) ||
	    hex.len < 4 || hex.len > 3 + 16)
		return 0;
	for (size_t i = 3; i < hex.len; i++) {
		int digit = str_hex_digit(hex.p[i]);

		if (digit < 0)
			return 0;
		n = n << 4 | (uint64_t)digit;
	}
	return n;
}

void
arrival_pack(const struct gw_message *m, struct buf *out)
{
	pack_i64(out, m->sent_utc);
	letter_pack(m, out);
}

int
arrival_read(const struct arrival *a, struct letter *l, struct err *err)
{
	struct str rest = str_of(a->letter, a->nletter);
	int64_t sent_utc;
	int rc;

	if (!unpack_i64(&rest, &sent_utc))
		rest = STR_EMPTY, sent_utc = 0;
	rc = letter_read(l, rest, err);
	l->m.sent_utc = sent_utc;
	return rc;
}

/* ---- writing ---------------------------------------------------------- */

/* One message on its way out, in one or several stanzas. */
struct letters {
	struct gateway *gw;
	struct arrival *a;
	const struct gw_message *m;
	struct str from, to;
	int64_t stamp_utc; /* 0: it is of now */
};

static struct xmlw *
begin(const struct letters *l, unsigned part)
{
	static const char *const type[] = { [GW_TYPE_CHAT] = "chat",
		[GW_TYPE_NORMAL] = NULL,
		[GW_TYPE_HEADLINE] = "headline" };
	struct buf id;
	struct xmlw *w;

	buf_init(&id, ARRIVAL_ID + GW_ID_MAX + 16);
	arrival_write_id(l->a, l->m, &id);
	if (part)
		buf_addf(&id, ".%u", part);
	w = component_begin(l->gw->component, "message", l->from, l->to,
	    type[l->m->type], buf_str(&id));
	buf_release(&id);
	return w;
}

/* A name that no address can carry is not said; the words still are. */
static void
write_party(struct letters const *l, struct xmlw *w, const struct gw_party *p)
{
	static const char *const type[] = { [GW_PARTY_TO] = "to",
		[GW_PARTY_CC] = "cc",
		[GW_PARTY_REPLY_TO] = "replyto",
		[GW_PARTY_NO_REPLY] = "noreply" };
	struct gw_address a = {
		.kind = GW_ADDR_PERSON, .network = STR_EMPTY, .name = p->name
	};
	struct buf jid;

	buf_init(&jid, JID_MAX);
	if (p->name.len == 0 || instance_jid(l->gw, &a, STR_EMPTY, &jid) == 0) {
		xmlw_open(w, "address", NULL);
		xmlw_attr(w, "type", str_c(type[p->kind]));
		if (jid.len)
			xmlw_attr(w, "jid", buf_str(&jid));
		if (p->title.len)
			xmlw_attr(w, "desc", p->title);
		if (p->kind != GW_PARTY_NO_REPLY)
			xmlw_attr(w, "delivered", STR("true"));
		xmlw_close(w);
	}
	buf_release(&jid);
}

static void
write_parties(const struct letters *l, struct xmlw *w)
{
	if (l->m->nparty == 0)
		return;
	xmlw_open(w, "addresses", NS_ADDRESS);
	for (size_t i = 0; i < l->m->nparty; i++)
		write_party(l, w, &l->m->party[i]);
	xmlw_close(w);
}

static void
write_urgency(const struct letters *l, struct xmlw *w)
{
	if (l->m->urgency.len == 0)
		return;
	xmlw_open(w, "headers", NS_SHIM);
	xmlw_open(w, "header", NULL);
	xmlw_attr(w, "name", STR("Urgency"));
	xmlw_text(w, l->m->urgency);
	xmlw_close(w);
	xmlw_close(w);
}

static int
end(const struct letters *l, struct xmlw *w, struct err *err)
{
	if (l->m->title.len)
		xmlw_textel(w, "nick", NS_NICK, l->m->title);
	if (l->m->thread.len)
		xmlw_textel(w, "thread", NULL, l->m->thread);
	if (l->stamp_utc)
		muc_write_delay(w, gateway_domain(l->gw), l->stamp_utc);
	return component_end(l->gw->component, err);
}

/* In a group the address is that of the group. */
static void
write_body(struct xmlw *w, const struct gw_message *m)
{
	bool is_group = m->room.len && m->from.len;

	xmlw_open(w, "body", NULL);
	if (m->kind == GW_MSG_ACTION)
		xmlw_text(w, STR("/me "));
	if (is_group) {
		xmlw_text(w, STR("<"));
		xmlw_text(w, m->title.len ? m->title : m->from);
		xmlw_text(w, STR("> "));
	}
	xmlw_text(w, m->body);
	xmlw_close(w);
	if (!is_group)
		markup_write(w,
		    m->kind == GW_MSG_ACTION ? GW_MSG_ACTION : GW_MSG_NORMAL,
		    m->body, m->span, m->nspan);
}

/* What their clients know as `name`: by its whole id, if it came from us. */
static const struct backlog_line *
find_answered(const struct session *s, struct str name)
{
	const struct backlog_line *line = s ? backlog_last(&s->words) : NULL;

	for (; line; line = backlog_before(&s->words, line))
		if (line->own ? str_eq(line->own_id, name)
		              : str_eq(arrival_name_of(str_c(line->id)), name))
			return line;
	return NULL;
}

/*
 * What it answers in this chat, by the id that clients know: of a contact's
 * message that is not in memory any more, nobody can say that.  s may be NULL.
 */
static struct str
answered(const struct session *s, const struct gw_message *m, bool *own)
{
	const struct backlog_line *line =
	    m->reply_to.len ? find_answered(s, m->reply_to) : NULL;

	*own = line ? line->own : m->reply_nick.len == 0;
	if (*own)
		return m->reply_to;
	return line && str_eq_nocase(line->from, m->from) ? str_c(line->id)
	                                                  : STR_EMPTY;
}

static void
write_reply(const struct letters *l, struct xmlw *w)
{
	const struct session *s = session_find(l->gw, l->to, STR_EMPTY);
	bool own;
	struct str id = answered(s, l->m, &own);

	if (id.len == 0)
		return;
	xmlw_open(w, "reply", NS_REPLY);
	xmlw_attr(w, "to", own ? l->to : l->from);
	xmlw_attr(w, "id", id);
	xmlw_close(w);
}

static int
write_words(const struct letters *l, struct err *err)
{
	const struct gw_message *m = l->m;
	struct xmlw *w = begin(l, 0);

	if (m->subject.len)
		xmlw_textel(w, "subject", NULL, m->subject);
	write_body(w, m);
	write_reply(l, w);
	write_parties(l, w);
	write_urgency(l, w);
	return end(l, w, err);
}

static int
write_attachment(const struct letters *l, unsigned part, struct err *err)
{
	const struct gw_attachment *at = &l->m->attachment[part - 1];
	struct xmlw *w = begin(l, part);

	xmlw_textel(w, "body", NULL, at->url);
	xmlw_open(w, "x", NS_OOB);
	xmlw_textel(w, "url", NULL, at->url);
	if (at->name.len)
		xmlw_textel(w, "desc", NULL, at->name);
	xmlw_close(w);
	return end(l, w, err);
}

/* If it stops half way it is all written again: no news, then. */
static int
write_all(const struct letters *l, struct err *err)
{
	const struct gw_message *m = l->m;

	if (m->body.len || m->subject.len || m->nattachment == 0) {
		if (write_words(l, err) < 0)
			return -1;
		l->a->is_late = true;
	}
	for (unsigned i = 1; i <= m->nattachment; i++) {
		if (write_attachment(l, i, err) < 0)
			return -1;
		l->a->is_late = true;
	}
	return 0;
}

/* Who writes: a person, a group, or the gateway itself. */
static int
address_of(struct gateway *gw, const struct gw_message *m, struct buf *out,
    struct err *err)
{
	struct gw_address a = { .kind = GW_ADDR_DOMAIN, .network = STR_EMPTY };

	if (m->room.len) {
		a.kind = GW_ADDR_ROOM;
		a.name = m->room;
	} else if (m->from.len) {
		a.kind = GW_ADDR_PERSON;
		a.name = m->from;
	}
	if (instance_jid(gw, &a, STR_EMPTY, out) == 0)
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "no XMPP address can carry the name of its sender");
}

/*
 * When it was sent, if that is long ago; else when it came, if it is not
 * written at once.
 */
static int64_t
stamp_of(
    struct gateway *gw, const struct arrival *a, const struct gw_message *m)
{
	int64_t now = core_clock(gw->core)->utc;

	if (m->sent_utc && m->sent_utc < a->at_utc - ARRIVAL_LATE_MS)
		return m->sent_utc;
	return a->is_late || now - a->at_utc >= ARRIVAL_LATE_MS ? a->at_utc : 0;
}

/* The room of it, if a client of his is inside; or NULL. */
static struct room *
room_of(struct gateway *gw, struct str user, const struct gw_message *m)
{
	struct session *s =
	    m->room.len ? session_find(gw, user, STR_EMPTY) : NULL;
	struct room *r = s ? room_find(s, m->room) : NULL;

	if (!r || r->state != ROOM_JOINED)
		return NULL;
	LIST_EACH(&r->occupants, n)
	{
		if (OCCUPANT(n)->state == OCCUPANT_INSIDE)
			return r;
	}
	return NULL;
}

static int
say(struct gateway *gw, struct str user, struct arrival *a,
    const struct gw_message *m, struct err *err)
{
	struct letters l = { .gw = gw, .a = a, .m = m, .to = user };
	struct buf from;
	int rc;

	buf_init(&from, JID_MAX);
	rc = address_of(gw, m, &from, err);
	l.from = buf_str(&from);
	l.stamp_utc = stamp_of(gw, a, m);
	if (rc == 0)
		rc = write_all(&l, err);
	buf_release(&from);
	return rc;
}

/* To his clients in the room, as any line there; what they missed, too. */
static void
say_in_room(struct room *r, const struct arrival *a, const struct gw_message *m)
{
	struct gw_message line = *m;

	line.network_id = str_c(a->sid);
	line.sent_utc = stamp_of(r->s->gw, a, m);
	talk_in_room(r->s, &line);
}

int
arrival_write(
    struct gateway *gw, struct str user, struct arrival *a, struct err *err)
{
	struct letter l;
	struct room *r;
	int rc;

	if (!component_is_up(gw->component))
		return err_set(err, ERR_UNREACHABLE, "the stream is down");
	rc = arrival_read(a, &l, err);
	r = rc == 0 && !a->is_post ? room_of(gw, user, &l.m) : NULL;
	if (rc == 0 && a->is_post)
		rc = post_write(gw, user, a, &l.m, err);
	else if (rc == 0 && !r)
		rc = say(gw, user, a, &l.m, err);
	else if (rc == 0)
		say_in_room(r, a, &l.m);
	letter_release(&l);
	return rc;
}

/* ---- the archive ------------------------------------------------------ */

/* Addresses of what came with it stand behind the words. */
static void
add_body(const struct gw_message *m, struct buf *out)
{
	buf_add_str(out, m->body);
	for (size_t i = 0; i < m->nattachment; i++) {
		if (out->len)
			buf_addc(out, '\n');
		buf_add_str(out, m->attachment[i].url);
	}
}

static void
archive(struct session *s, const struct arrival *a, const struct gw_message *m)
{
	struct archive_place at = { .is_room = m->room.len > 0,
		.name = m->room.len ? m->room : m->from,
		.at_us = archive_time(s->gw, a->at_utc) };
	bool own;
	struct str reply_to = at.is_room ? m->reply_to : answered(s, m, &own);
	struct backlog_word word = { .kind = m->kind,
		.from = m->from,
		.reply_to = reply_to.len < BACKLOG_ID ? reply_to : STR_EMPTY,
		.at_utc = a->at_utc };
	struct buf body, id;

	buf_init(&body, STORE_VALUE_MAX);
	buf_init(&id, BACKLOG_ID - 1);
	arrival_write_id(a, m, &id);
	word.id = buf_str(&id);
	add_body(m, &body);
	word.body = buf_str(&body);
	archive_word(s, &at, &word);
	if (!at.is_room)
		backlog_add(&s->words, &word);
	buf_release(&body);
	buf_release(&id);
}

void
arrival_archive(struct gateway *gw, struct str user, const struct arrival *a)
{
	struct gw_address at = { .kind = GW_ADDR_PERSON, .network = STR_EMPTY };
	struct err err = ERR_INIT;
	struct session *s;
	struct letter l;

	if (arrival_read(a, &l, &err) == 0 && l.m.from.len) {
		s = session_get(gw, user, &at, &err);
		if (s) {
			archive(s, a, &l.m);
			session_check(s);
		}
	}
	letter_release(&l);
}
