#include "xmpp/payload.h"
#include "lib/utf8.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

enum { BODY_MAX = 1024 * 1024 }; /* the guard of the stream has less */

/* Characters of the body; end is behind the last. */
struct range {
	uint64_t start, end;
};

struct ranges {
	struct range v[PAYLOAD_RANGES];
	size_t n;
};

/* ---- what stands in for an element --------------------------------------- */

/* Here the body says all that the element says: a link, the whole new text. */
static bool
is_all_there_is(const struct stanza *s, struct str of)
{
	static const char *const linked[] = { NS_SFS, NS_OOB, NS_REFERENCE,
		NS_CORRECT };
	size_t i;

	for (i = 0; i < sizeof(linked) / sizeof(linked[0]); i++)
		if (of.len ? str_is(of, linked[i])
		           : stanza_child(s, NULL, linked[i]) != NULL)
			return true;
	return false;
}

static void
add_range(struct ranges *r, const struct stanza *body)
{
	struct range v = { 0, UINT64_MAX };

	if (body) {
		(void)str_to_uint(
		    stanza_attr(body, "start"), UINT32_MAX, &v.start);
		(void)str_to_uint(stanza_attr(body, "end"), UINT32_MAX, &v.end);
	}
	if (r->n < PAYLOAD_RANGES)
		r->v[r->n++] = v;
}

/* One <fallback/>: no children means all of the message. */
static void
add_fallback(struct ranges *r, const struct stanza *fallback)
{
	const struct stanza *body = stanza_child(fallback, "body", NULL);

	if (!stanza_child(fallback, NULL, NULL))
		add_range(r, NULL);
	for (; body; body = stanza_next(body, "body", NULL))
		add_range(r, body);
}

static void
find_ranges(const struct stanza *s, struct ranges *r)
{
	const struct stanza *f = stanza_child(s, "fallback", NS_FALLBACK);

	r->n = 0;
	for (; f; f = stanza_next(f, "fallback", NS_FALLBACK))
		if (!is_all_there_is(s, stanza_attr(f, "for")))
			add_fallback(r, f);
}

static bool
is_within(const struct ranges *r, uint64_t at)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (at >= r->v[i].start && at < r->v[i].end)
			return true;
	return false;
}

static void
take_out(struct str body, const struct ranges *r, struct buf *out)
{
	struct str rest = body;
	uint64_t at;

	for (at = 0; rest.len; at++) {
		const char *c = rest.p;

		(void)utf8_next(&rest);
		if (!is_within(r, at))
			buf_add(out, c, (size_t)(rest.p - c));
	}
}

static void
read_body(const struct stanza *s, struct payload *p)
{
	struct ranges r;
	struct buf whole;

	p->has_body = stanza_child(s, "body", NULL) != NULL;
	find_ranges(s, &r);
	if (r.n == 0) {
		p->body = stanza_child_text(s, "body", NULL, &p->text);
		return;
	}
	buf_init(&whole, BODY_MAX);
	take_out(stanza_child_text(s, "body", NULL, &whole), &r, &p->text);
	p->body = buf_str(&p->text);
	buf_release(&whole);
}

/* ---- what it speaks of ---------------------------------------------------- */

static struct str
id_of(const struct stanza *e, const char *attr)
{
	struct str id = e ? stanza_attr(e, attr) : STR_EMPTY;

	return id.len <= PAYLOAD_ID_MAX ? id : STR_EMPTY;
}

static struct str
retracted(const struct stanza *s)
{
	const struct stanza *e = stanza_child(s, "retract", NS_RETRACT);

	if (!e)
		e = stanza_child(s, "apply-to", NS_FASTEN);
	if (e && stanza_is(e, "apply-to", NS_FASTEN) &&
	    !stanza_child(e, "retract", NS_RETRACT_0))
		return STR_EMPTY;
	return id_of(e, "id");
}

static const char *
state_of(const struct stanza *s)
{
	static const char *const states[] = { "composing", "paused", "active",
		"inactive", "gone" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (stanza_child(s, states[i], NS_CHATSTATES))
			return states[i];
	return NULL;
}

void
payload_read(const struct stanza *s, struct payload *p)
{
	const struct stanza *reply = stanza_child(s, "reply", NS_REPLY);

	*p = (struct payload){ .reply_to = id_of(reply, "id"),
		.corrects = id_of(stanza_child(s, "replace", NS_CORRECT), "id"),
		.retracts = retracted(s),
		.reactions = stanza_child(s, "reactions", NS_REACTIONS),
		.state = state_of(s) };
	if (reply)
		p->reply_jid = stanza_attr(reply, "to");
	buf_init(&p->text, BODY_MAX);
	read_body(s, p);
}

void
payload_release(struct payload *p)
{
	buf_release(&p->text);
}
