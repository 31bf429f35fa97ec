/*
 * What is written of a message that goes into a room.
 */
#include "core/post.h"
#include "core/arrival.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/markup.h"
#include "core/seat.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

_Static_assert(LETTER_ATTACHMENTS_MAX < 64, "a bit for each part");

#define BIT(part) ((uint64_t)1 << (part))

uint64_t
post_parts(const struct gw_message *m)
{
	bool has_words = m->body.len || m->subject.len || m->nattachment == 0;

	return (BIT(m->nattachment) - 1) << 1 | has_words;
}

/* ID, ID.NAME, ID.1 or ID.NAME.1: names begin with a letter. */
int
post_part_of(struct str id)
{
	struct str part;
	uint64_t n;

	if (!arrival_id_of(id))
		return -1;
	while (str_cut(&id, '.', &part))
		;
	return str_to_uint(part, LETTER_ATTACHMENTS_MAX, &n) ? (int)n : 0;
}

/* One without words has its subject in their place. */
static struct str
words_of(const struct gw_message *m)
{
	return m->body.len ? m->body : m->subject;
}

int
post_part_saying(const struct gw_message *m, struct str body)
{
	if (str_eq(words_of(m), body))
		return 0;
	for (size_t i = 0; i < m->nattachment; i++)
		if (str_eq(m->attachment[i].url, body))
			return (int)i + 1;
	return -1;
}

/* ---- writing ---------------------------------------------------------- */

struct posting {
	struct gateway *gw;
	const struct seat *seat;
	const struct arrival *a;
	const struct gw_message *m;
};

static void
write_words(const struct posting *p, struct xmlw *w)
{
	const struct gw_message *m = p->m;
	bool is_action = m->kind == GW_MSG_ACTION;

	xmlw_open(w, "body", NULL);
	if (is_action)
		xmlw_text(w, STR("/me "));
	xmlw_text(w, words_of(m));
	xmlw_close(w);
	if (m->body.len)
		markup_write(w, is_action ? GW_MSG_ACTION : GW_MSG_NORMAL,
		    m->body, m->span, m->nspan);
}

static void
write_attachment(const struct gw_attachment *at, struct xmlw *w)
{
	xmlw_textel(w, "body", NULL, at->url);
	xmlw_open(w, "x", NS_OOB);
	xmlw_textel(w, "url", NULL, at->url);
	if (at->name.len)
		xmlw_textel(w, "desc", NULL, at->name);
	xmlw_close(w);
}

static int
write_part(const struct posting *p, unsigned part, struct err *err)
{
	struct component *c = p->gw->component;
	struct xmlw *w;
	struct buf id;

	buf_init(&id, ARRIVAL_ID + GW_ID_MAX + 16);
	arrival_write_id(p->a, p->m, &id);
	if (part)
		buf_addf(&id, ".%u", part);
	w = component_begin(c, "message", seat_address(p->seat),
	    seat_room(p->seat), "groupchat", buf_str(&id));
	if (part)
		write_attachment(&p->m->attachment[part - 1], w);
	else
		write_words(p, w);
	if (p->m->thread.len)
		xmlw_textel(w, "thread", NULL, p->m->thread);
	xmlw_open(w, "origin-id", NS_SID);
	xmlw_attr(w, "id", buf_str(&id));
	xmlw_close(w);
	buf_release(&id);
	return component_end(c, err);
}

int
post_write(struct gateway *gw, struct str key, const struct arrival *a,
    const struct gw_message *m, struct err *err)
{
	struct posting p = {
		.gw = gw, .seat = seats_get(gw->seats, key), .a = a, .m = m
	};
	uint64_t left = post_parts(m) & ~a->shown;

	if (!p.seat || !seat_is_settled(p.seat))
		return err_set(err, ERR_UNREACHABLE, "we are not in the room");
	for (unsigned part = 0; part <= m->nattachment; part++)
		if (left & BIT(part) && write_part(&p, part, err) < 0)
			return -1;
	return 0;
}
