/*
 * RFC 6120 8.3.3	conditions and the types that go with them
 * XEP-0045 7.2		what clients read into the answers to a join
 * RFC 5122 2.2		addresses as URIs
 */
#include <assert.h>

#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

struct row {
	const char *type, *condition;
};

static const struct row by_kind[] = {
	[ERR_NONE] = { "cancel", "undefined-condition" },
	[ERR_BAD_INPUT] = { "modify", "bad-request" },
	[ERR_TOO_BIG] = { "modify", "policy-violation" },
	[ERR_NOT_FOUND] = { "cancel", "item-not-found" },
	[ERR_DENIED] = { "auth", "forbidden" },
	[ERR_NOT_ALLOWED] = { "cancel", "not-allowed" },
	[ERR_CONFLICT] = { "cancel", "conflict" },
	[ERR_AUTH] = { "auth", "not-authorized" },
	[ERR_STRANGER] = { "auth", "registration-required" },
	[ERR_UNSUPPORTED] = { "cancel", "feature-not-implemented" },
	[ERR_NOT_INSIDE] = { "modify", "not-acceptable" },
	[ERR_UNREACHABLE] = { "wait", "remote-server-not-found" },
	[ERR_TIMEOUT] = { "wait", "remote-server-timeout" },
	[ERR_BUSY] = { "wait", "resource-constraint" },
	[ERR_ABSENT] = { "wait", "recipient-unavailable" },
	[ERR_POLICY] = { "cancel", "policy-violation" },
	[ERR_UNSUITABLE] = { "modify", "not-acceptable" },
	[ERR_GONE] = { "cancel", "gone" },
	[ERR_PROTOCOL] = { "cancel", "internal-server-error" },
	[ERR_INTERNAL] = { "wait", "internal-server-error" },
};

static const struct row by_join[] = {
	[STANZA_JOIN_OTHER] = { "cancel", "undefined-condition" },
	[STANZA_JOIN_PASSWORD] = { "auth", "not-authorized" },
	[STANZA_JOIN_BANNED] = { "auth", "forbidden" },
	[STANZA_JOIN_MEMBERS_ONLY] = { "auth", "registration-required" },
	[STANZA_JOIN_FULL] = { "wait", "service-unavailable" },
	[STANZA_JOIN_NICK_IN_USE] = { "cancel", "conflict" },
	[STANZA_JOIN_BAD_NICK] = { "modify", "not-acceptable" },
	[STANZA_JOIN_NO_SUCH_ROOM] = { "cancel", "item-not-found" },
	[STANZA_JOIN_TOO_MANY] = { "wait", "resource-constraint" },
	[STANZA_JOIN_POLICY] = { "cancel", "policy-violation" },
	[STANZA_JOIN_FORWARD] = { "cancel", "gone" },
	[STANZA_JOIN_TIMEOUT] = { "wait", "remote-server-timeout" },
	[STANZA_JOIN_UNREACHABLE] = { "wait", "remote-server-not-found" },
};

_Static_assert(
    sizeof(by_kind) / sizeof(by_kind[0]) == ERR_NKIND, "a row for each kind");
_Static_assert(sizeof(by_join) / sizeof(by_join[0]) == STANZA_NJOIN,
    "a row for each reason");

/* ---- writing ---------------------------------------------------------- */

/* What RFC 5122 lets stand in a part of an address. */
static bool
is_uri_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return true;
	return c && strchr("-._~!$()*+,;=[]:", c);
}

static void
write_uri_part(struct xmlw *w, struct str s)
{
	static const char digit[] = "0123456789ABCDEF";

	while (s.len > 0) {
		unsigned char c = (unsigned char)s.p[0];
		char pct[3] = { '%', digit[c >> 4], digit[c & 15] };
		size_t n = 0;

		while (n < s.len && is_uri_char(s.p[n]))
			n++;
		if (n > 0)
			xmlw_text(w, str_head(s, n));
		else
			xmlw_text(w, str_of(pct, sizeof(pct)));
		s = str_skip(s, n > 0 ? n : 1);
	}
}

/* "#chan%net@host/a b" is xmpp:%23chan%25net@host/a%20b */
static void
write_uri(struct xmlw *w, struct str jid)
{
	struct str resource = jid, bare, domain, node;

	(void)str_cut(&resource, '/', &bare);
	domain = bare;
	(void)str_cut(&domain, '@', &node);
	xmlw_text(w, STR("xmpp:"));
	write_uri_part(w, node);
	if (domain.p) {
		xmlw_text(w, STR("@"));
		write_uri_part(w, domain);
	}
	if (resource.p) {
		xmlw_text(w, STR("/"));
		write_uri_part(w, resource);
	}
}

static void
write_error(struct xmlw *w, const struct row *row, struct str jid,
    const struct err *err)
{
	xmlw_open(w, "error", NULL);
	xmlw_attr_c(w, "type", row->type);
	xmlw_open(w, row->condition, NS_STANZAS);
	if (jid.len > 0)
		write_uri(w, jid);
	xmlw_close(w);
	if (err->text[0]) {
		xmlw_open(w, "text", NS_STANZAS);
		xmlw_attr_c(w, "xml:lang", "en");
		xmlw_text(w, str_c(err->text));
		xmlw_close(w);
	}
	xmlw_close(w);
}

void
stanza_error_write(struct xmlw *w, const struct err *err)
{
	assert(err->kind < ERR_NKIND);
	write_error(w, &by_kind[err->kind], STR_EMPTY, err);
}

void
stanza_error_write_gone(struct xmlw *w, struct str jid, const struct err *err)
{
	write_error(w, &by_kind[ERR_GONE], jid, err);
}

/* What else went wrong, without the three words that joins have taken. */
static const struct row *
other_row(enum err_kind kind)
{
	if (kind == ERR_AUTH || kind == ERR_DENIED || kind == ERR_STRANGER)
		return &by_join[STANZA_JOIN_POLICY];
	return &by_kind[kind];
}

void
stanza_error_write_join(struct xmlw *w, enum stanza_join why,
    const struct err *err, struct str forward)
{
	const struct row *row = &by_join[why];

	assert(why < STANZA_NJOIN && err->kind < ERR_NKIND);
	if (why == STANZA_JOIN_OTHER)
		row = other_row(err->kind);
	if (why != STANZA_JOIN_FORWARD)
		forward = STR_EMPTY;
	write_error(w, row, forward, err);
}

/* ---- reading ---------------------------------------------------------- */

static const struct {
	const char *condition;
	enum err_kind kind;
} kinds[] = {
	{ "bad-request", ERR_BAD_INPUT },
	{ "conflict", ERR_CONFLICT },
	{ "feature-not-implemented", ERR_UNSUPPORTED },
	{ "forbidden", ERR_DENIED },
	{ "gone", ERR_GONE },
	{ "internal-server-error", ERR_PROTOCOL },
	{ "item-not-found", ERR_NOT_FOUND },
	{ "jid-malformed", ERR_BAD_INPUT },
	{ "not-acceptable", ERR_NOT_INSIDE },
	{ "not-allowed", ERR_NOT_ALLOWED },
	{ "not-authorized", ERR_AUTH },
	{ "payment-required", ERR_DENIED }, /* RFC 3920, still sent */
	{ "policy-violation", ERR_TOO_BIG },
	{ "recipient-unavailable", ERR_ABSENT },
	{ "redirect", ERR_GONE },
	{ "registration-required", ERR_STRANGER },
	{ "remote-server-not-found", ERR_UNREACHABLE },
	{ "remote-server-timeout", ERR_TIMEOUT },
	{ "resource-constraint", ERR_BUSY },
	{ "service-unavailable", ERR_UNSUPPORTED },
	{ "subscription-required", ERR_DENIED },
	{ "unexpected-request", ERR_BAD_INPUT },
};

static const struct {
	const char *type;
	enum err_kind kind;
} types[] = {
	{ "auth", ERR_AUTH },
	{ "modify", ERR_BAD_INPUT },
	{ "wait", ERR_BUSY },
};

bool
stanza_error_read(
    const struct stanza *s, struct stanza_error *out, struct buf *scratch)
{
	const struct stanza *e = stanza_child(s, "error", NULL);
	const struct stanza *c = stanza_child(e, NULL, NS_STANZAS);

	*out = (struct stanza_error){ 0 };
	if (!e)
		return false;
	out->type = stanza_attr(e, "type");
	if (c && stanza_is(c, "text", NULL))
		c = stanza_next(c, NULL, NS_STANZAS);
	if (c) {
		out->condition = stanza_name(c);
		if (str_is(out->condition, "gone") ||
		    str_is(out->condition, "redirect"))
			out->uri = stanza_text(c, scratch);
	}
	out->text = stanza_child_text(e, "text", NS_STANZAS, scratch);
	return true;
}

enum err_kind
stanza_error_kind(const struct stanza_error *e)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_is(e->condition, kinds[i].condition))
			return kinds[i].kind;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_is(e->type, types[i].type))
			return types[i].kind;
	return ERR_NOT_ALLOWED; /* cancel, and whatever else */
}
