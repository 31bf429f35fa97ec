#include "xmpp/payload.h"
#include "lib/utf8.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

enum { BODY_MAX = 1024 * 1024 }; /* the guard of the stream has less */

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
add_range(struct payload *p, const struct stanza *body)
{
	struct payload_range v = { 0, UINT64_MAX };

	if (body) {
		(void)str_to_uint(
		    stanza_attr(body, "start"), UINT32_MAX, &v.start);
		(void)str_to_uint(stanza_attr(body, "end"), UINT32_MAX, &v.end);
	}
	if (p->ntaken < PAYLOAD_RANGES)
		p->taken[p->ntaken++] = v;
}

/* One <fallback/>: no children means all of the message. */
static void
add_fallback(struct payload *p, const struct stanza *fallback)
{
	const struct stanza *body = stanza_child(fallback, "body", NULL);

	if (!stanza_child(fallback, NULL, NULL))
		add_range(p, NULL);
	for (; body; body = stanza_next(body, "body", NULL))
		add_range(p, body);
}

static void
find_ranges(const struct stanza *s, struct payload *p)
{
	const struct stanza *f = stanza_child(s, "fallback", NS_FALLBACK);

	for (; f; f = stanza_next(f, "fallback", NS_FALLBACK))
		if (!is_all_there_is(s, stanza_attr(f, "for")))
			add_fallback(p, f);
}

static bool
is_taken(const struct payload *p, uint64_t at)
{
	size_t i;

	for (i = 0; i < p->ntaken; i++)
		if (at >= p->taken[i].start && at < p->taken[i].end)
			return true;
	return false;
}

/* Appends the characters that were taken out, or those that were not. */
static void
copy(const struct payload *p, struct str body, bool taken, struct buf *out)
{
	struct str rest = body;
	uint64_t at;

	for (at = 0; rest.len; at++) {
		const char *c = rest.p;

		(void)utf8_next(&rest);
		if (is_taken(p, at) == taken)
			buf_add(out, c, (size_t)(rest.p - c));
	}
}

static void
read_body(const struct stanza *s, struct payload *p)
{
	struct buf whole;

	p->has_body = stanza_child(s, "body", NULL) != NULL;
	find_ranges(s, p);
	if (p->ntaken == 0) {
		p->body = stanza_child_text(s, "body", NULL, &p->text);
		return;
	}
	buf_init(&whole, BODY_MAX);
	copy(p, stanza_child_text(s, "body", NULL, &whole), false, &p->text);
	p->body = buf_str(&p->text);
	buf_release(&whole);
}

void
payload_fallback(
    const struct stanza *s, const struct payload *p, struct buf *out)
{
	struct buf whole;

	if (p->ntaken == 0)
		return;
	buf_init(&whole, BODY_MAX);
	copy(p, stanza_child_text(s, "body", NULL, &whole), true, out);
	buf_release(&whole);
}

size_t
payload_offset(const struct payload *p, uint64_t at)
{
	struct str rest = p->body;
	uint64_t i;

	for (i = 0; i < at && rest.len; i++)
		if (!is_taken(p, i))
			(void)utf8_next(&rest);
	return p->body.len - rest.len;
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
