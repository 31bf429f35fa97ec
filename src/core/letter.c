#include <stdlib.h>

#include "core/letter.h"
#include "lib/pack.h"
#include "lib/xalloc.h"

/* 1 had no parties, no type, and STRS_1 strings. */
enum { LETTER_VERSION = 2, STRS_1 = 16 };

/* The strings of a message, in the order they are written. */
static struct str *
field(struct gw_message *m, size_t i)
{
	struct str *const all[] = { &m->room, &m->to, &m->from, &m->body,
		&m->subject, &m->thread, &m->context, &m->reply_to,
		&m->reply_nick, &m->reaction, &m->redacts, &m->network_id,
		&m->parts, &m->account, &m->host, &m->title, &m->id,
		&m->urgency };

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

bool
letter_fits(const struct gw_message *m)
{
	return m->nspan <= LETTER_SPANS_MAX &&
	    m->nattachment <= LETTER_ATTACHMENTS_MAX &&
	    m->nrecipient <= LETTER_RECIPIENTS_MAX &&
	    m->nparty <= GW_PARTIES_MAX;
}

/* ---- writing ---------------------------------------------------------- */

static void
pack_spans(const struct gw_message *m, struct buf *out)
{
	pack_u64(out, m->nspan);
	for (size_t i = 0; i < m->nspan; i++) {
		pack_u64(out, m->span[i].kind);
		pack_u64(out, m->span[i].start);
		pack_u64(out, m->span[i].end);
	}
}

static void
pack_attachments(const struct gw_message *m, struct buf *out)
{
	pack_u64(out, m->nattachment);
	for (size_t i = 0; i < m->nattachment; i++) {
		pack_str(out, m->attachment[i].url);
		pack_str(out, m->attachment[i].name);
		pack_str(out, m->attachment[i].mime);
		pack_u64(out, m->attachment[i].size_bytes);
	}
}

static void
pack_parties(const struct gw_message *m, struct buf *out)
{
	pack_u64(out, m->nparty);
	for (size_t i = 0; i < m->nparty; i++) {
		pack_u64(out, m->party[i].kind);
		pack_str(out, m->party[i].name);
		pack_str(out, m->party[i].title);
	}
}

void
letter_pack(const struct gw_message *m, struct buf *out)
{
	struct gw_message copy = *m;
	const struct str *s;

	pack_u64(out, LETTER_VERSION);
	pack_u64(out, m->kind);
	pack_u64(out, m->taken_back);
	for (size_t i = 0; s = field(&copy, i), s; i++)
		pack_str(out, *s);
	pack_spans(m, out);
	pack_attachments(m, out);
	pack_u64(out, m->nrecipient);
	for (size_t i = 0; i < m->nrecipient; i++)
		pack_str(out, m->recipient[i]);
	pack_u64(out, m->type);
	pack_parties(m, out);
}

/* ---- reading ---------------------------------------------------------- */

static bool
unpack_count(struct str *rest, size_t max, size_t *out)
{
	uint64_t n;

	if (!unpack_u64(rest, &n) || n > max)
		return false;
	*out = n;
	return true;
}

static bool
unpack_spans(struct str *rest, struct letter *l)
{
	size_t n;

	if (!unpack_count(rest, LETTER_SPANS_MAX, &n))
		return false;
	l->span = xcalloc(n + 1, sizeof(*l->span));
	for (size_t i = 0; i < n; i++) {
		struct gw_span *s = &l->span[i];
		size_t kind;

		if (!unpack_count(rest, GW_SPAN_DELETED, &kind) ||
		    !unpack_count(rest, l->m.body.len, &s->end))
			return false;
		s->start = s->end;
		if (!unpack_count(rest, l->m.body.len, &s->end) ||
		    s->end < s->start)
			return false;
		s->kind = (enum gw_span_kind)kind;
	}
	l->m.span = l->span;
	l->m.nspan = n;
	return true;
}

static bool
unpack_attachments(struct str *rest, struct letter *l)
{
	size_t n;

	if (!unpack_count(rest, LETTER_ATTACHMENTS_MAX, &n))
		return false;
	l->attachment = xcalloc(n + 1, sizeof(*l->attachment));
	for (size_t i = 0; i < n; i++) {
		struct gw_attachment *a = &l->attachment[i];

		if (!unpack_str(rest, &a->url) || !unpack_str(rest, &a->name) ||
		    !unpack_str(rest, &a->mime) ||
		    !unpack_u64(rest, &a->size_bytes))
			return false;
	}
	l->m.attachment = l->attachment;
	l->m.nattachment = n;
	return true;
}

static bool
unpack_recipients(struct str *rest, struct letter *l)
{
	size_t n;

	if (!unpack_count(rest, LETTER_RECIPIENTS_MAX, &n))
		return false;
	l->recipient = xcalloc(n + 1, sizeof(*l->recipient));
	for (size_t i = 0; i < n; i++)
		if (!unpack_str(rest, &l->recipient[i]))
			return false;
	l->m.recipient = l->recipient;
	l->m.nrecipient = n;
	return true;
}

static bool
unpack_parties(struct str *rest, struct letter *l)
{
	size_t n, kind;

	if (!unpack_count(rest, GW_PARTIES_MAX, &n))
		return false;
	l->party = xcalloc(n + 1, sizeof(*l->party));
	for (size_t i = 0; i < n; i++) {
		if (!unpack_count(rest, GW_PARTY_NO_REPLY, &kind) ||
		    !unpack_str(rest, &l->party[i].name) ||
		    !unpack_str(rest, &l->party[i].title))
			return false;
		l->party[i].kind = (enum gw_party_kind)kind;
	}
	l->m.party = l->party;
	l->m.nparty = n;
	return true;
}

/* What version 1 did not have. */
static bool
unpack_newer(struct str *rest, struct letter *l)
{
	size_t type;

	if (!unpack_count(rest, GW_TYPE_HEADLINE, &type))
		return false;
	l->m.type = (enum gw_msg_type)type;
	return unpack_parties(rest, l);
}

static bool
unpack(struct str rest, struct letter *l)
{
	size_t version, kind, taken_back;
	struct str *s;

	if (!unpack_count(&rest, LETTER_VERSION, &version) ||
	    !unpack_count(&rest, GW_MSG_SYSTEM, &kind) ||
	    !unpack_count(&rest, 1, &taken_back))
		return false;
	l->m.kind = (enum gw_msg_kind)kind;
	l->m.taken_back = taken_back;
	for (size_t i = 0; s = field(&l->m, i), s; i++) {
		if (version == 1 && i == STRS_1)
			break;
		if (!unpack_str(&rest, s))
			return false;
	}
	return unpack_spans(&rest, l) && unpack_attachments(&rest, l) &&
	    unpack_recipients(&rest, l) &&
	    (version == 1 || unpack_newer(&rest, l)) && rest.len == 0;
}

int
letter_read(struct letter *l, struct str bytes, struct err *err)
{
	*l = (struct letter){ .span = NULL };
	if (unpack(bytes, l))
		return 0;
	return err_set(err, ERR_INTERNAL,
	    "a kept message of %zu bytes cannot be read", bytes.len);
}

void
letter_release(struct letter *l)
{
	free(l->span);
	free(l->attachment);
	free(l->recipient);
	free(l->party);
	*l = (struct letter){ .span = NULL };
}
