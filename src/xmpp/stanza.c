/*
 * A struct stanza is libstrophe's, behind a cast: it is never defined.
 *
 * libstrophe's readers take pointers that are not const and change nothing.
 */
#include <strophe.h>

#include "xmpp/expat_guard.h"
#include "xmpp/stanza.h"
#include "xmpp/strophe.h"

enum { PARSE_MAX_BYTES = 16 * 1024 * 1024 };

static xmpp_stanza_t *
of(const struct stanza *s)
{
	union {
		const struct stanza *in;
		xmpp_stanza_t *out;
	} u = { .in = s };

	return u.out;
}

static const struct stanza *
to(xmpp_stanza_t *s)
{
	return (const struct stanza *)(const void *)s;
}

struct str
stanza_name(const struct stanza *s)
{
	return str_c(xmpp_stanza_get_name(of(s)));
}

struct str
stanza_ns(const struct stanza *s)
{
	return str_c(xmpp_stanza_get_ns(of(s)));
}

struct str
stanza_attr(const struct stanza *s, const char *name)
{
	return str_c(xmpp_stanza_get_attribute(of(s), name));
}

bool
stanza_has_attr(const struct stanza *s, const char *name)
{
	return xmpp_stanza_get_attribute(of(s), name) != NULL;
}

bool
stanza_is(const struct stanza *s, const char *name, const char *ns)
{
	if (!xmpp_stanza_is_tag(of(s)))
		return false;
	if (name && !str_is(stanza_name(s), name))
		return false;
	return !ns || str_is(stanza_ns(s), ns);
}

/* From x on. */
static const struct stanza *
first_of(xmpp_stanza_t *x, const char *name, const char *ns)
{
	while (x && !stanza_is(to(x), name, ns))
		x = xmpp_stanza_get_next(x);
	return to(x);
}

const struct stanza *
stanza_child(const struct stanza *s, const char *name, const char *ns)
{
	if (!s)
		return NULL;
	return first_of(xmpp_stanza_get_children(of(s)), name, ns);
}

const struct stanza *
stanza_next(const struct stanza *s, const char *name, const char *ns)
{
	return first_of(xmpp_stanza_get_next(of(s)), name, ns);
}

static xmpp_stanza_t *
next_text(xmpp_stanza_t *x)
{
	while (x && !xmpp_stanza_is_text(x))
		x = xmpp_stanza_get_next(x);
	return x;
}

/* The guard joins runs, so there are pieces only around child elements. */
struct str
stanza_text(const struct stanza *s, struct buf *scratch)
{
	xmpp_stanza_t *x = next_text(xmpp_stanza_get_children(of(s)));
	xmpp_stanza_t *more;
	size_t start = scratch->len;

	if (!x)
		return STR_EMPTY;
	more = next_text(xmpp_stanza_get_next(x));
	if (!more)
		return str_c(xmpp_stanza_get_text_ptr(x));
	for (; x; x = next_text(xmpp_stanza_get_next(x)))
		(void)buf_add_str(scratch, str_c(xmpp_stanza_get_text_ptr(x)));
	return str_skip(buf_str(scratch), start);
}

struct str
stanza_child_text(const struct stanza *s, const char *name, const char *ns,
    struct buf *scratch)
{
	const struct stanza *child = stanza_child(s, name, ns);

	return child ? stanza_text(child, scratch) : STR_EMPTY;
}

bool
stanza_is_truncated(const struct stanza *s)
{
	return stanza_child(s, "truncated", GUARD_NS) != NULL;
}

/* ---- from text -------------------------------------------------------- */

/* End of the name of the first tag. */
static size_t
name_end(struct str xml)
{
	size_t i = 0;

	while (i < xml.len && !strchr(" \t\r\n/>", xml.p[i]))
		i++;
	return i;
}

/* Does the first tag say which namespace it is in? */
static bool
has_xmlns(struct str xml)
{
	char quote = '\0';

	for (size_t i = 0; i < xml.len && (quote || xml.p[i] != '>'); i++) {
		if (quote) {
			if (xml.p[i] == quote)
				quote = '\0';
		} else if (xml.p[i] == '"' || xml.p[i] == '\'') {
			quote = xml.p[i];
		} else if (str_starts(str_skip(xml, i), STR("xmlns="))) {
			return true;
		}
	}
	return false;
}

struct stanza *
stanza_parse(struct str xml)
{
	struct buf b;
	xmpp_stanza_t *s = NULL;
	size_t cut;

	xml = str_trim(xml);
	if (xml.len == 0 || xml.p[0] != '<' || str_has(xml, '\0'))
		return NULL;
	buf_init(&b, PARSE_MAX_BYTES);
	cut = has_xmlns(xml) ? 0 : name_end(xml);
	(void)buf_add(&b, xml.p, cut);
	if (cut)
		(void)buf_addf(&b, " xmlns='%s'", XMPP_NS_COMPONENT);
	(void)buf_add_str(&b, str_skip(xml, cut));
	if (!buf_is_full(&b))
		s = xmpp_stanza_new_from_string(strophe_ctx(), b.p);
	buf_release(&b);
	return (struct stanza *)(void *)s;
}

void
stanza_free(struct stanza **sp)
{
	if (*sp)
		(void)xmpp_stanza_release(of(*sp)); /* 1: it is gone */
	*sp = NULL;
}
