/*
 * Does a stanza say what the scenario expects?
 *
 * The XML here is ours on both sides, so the parser knows elements,
 * attributes, text and the usual references, and nothing else.
 */
#include <stdlib.h>

#include "flow_match.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"

enum { KIDS_MAX = 64, ATTRS_MAX = 16, TEXT_MAX = 1024 * 1024 };

struct attr {
	char *name, *value;
};

struct node {
	char *name, *ns, *text;
	struct attr attr[ATTRS_MAX];
	size_t nattr;
	struct node *kid[KIDS_MAX];
	size_t nkid;
	bool taken; /* by an expected child */
};

static void
node_free(struct node *n)
{
	size_t i;

	if (!n)
		return;
	for (i = 0; i < n->nattr; i++) {
		free(n->attr[i].name);
		free(n->attr[i].value);
	}
	for (i = 0; i < n->nkid; i++)
		node_free(n->kid[i]);
	free(n->name);
	free(n->ns);
	free(n->text);
	free(n);
}

/* ---- parsing ---------------------------------------------------------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
skip_space(struct str *s)
{
	while (s->len && is_space(s->p[0]))
		*s = str_skip(*s, 1);
}

static bool
take(struct str *s, const char *z)
{
	if (!str_starts(*s, str_c(z)))
		return false;
	*s = str_skip(*s, strlen(z));
	return true;
}

static char *
word(struct str *s)
{
	size_t n = 0;

	while (n < s->len && !is_space(s->p[n]) && !strchr("=/>", s->p[n]))
		n++;
	*s = str_skip(*s, n);
	return str_dup(str_of(s->p - n, n));
}

/* Decoded text up to one of two bytes. */
static char *
text_until(struct str *s, char end)
{
	static const struct {
		const char *ref;
		char c;
	} refs[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' },
		{ "&apos;", '\'' }, { "&quot;", '"' } };
	struct buf b;
	char *z;
	size_t i;

	buf_init(&b, TEXT_MAX);
	while (s->len && s->p[0] != end) {
		struct str num;

		for (i = 0; i < 5 && !take(s, refs[i].ref); i++)
			;
		if (i < 5) {
			buf_addc(&b, refs[i].c);
		} else if (take(s, "&#") && str_cut(s, ';', &num)) {
			long c = num.len && num.p[0] == 'x'
			    ? strtol(num.p + 1, NULL, 16)
			    : strtol(num.p, NULL, 10);

			utf8_put(&b, (int32_t)c);
		} else {
			buf_addc(&b, s->p[0]);
			*s = str_skip(*s, 1);
		}
	}
	z = str_dup(buf_str(&b));
	buf_release(&b);
	return z;
}

static bool
attrs(struct str *s, struct node *n)
{
	for (skip_space(s); s->len && s->p[0] != '/' && s->p[0] != '>';
	     skip_space(s)) {
		char *name = word(s);
		char quote;

		if (!take(s, "=") || s->len == 0 || n->nattr == ATTRS_MAX) {
			free(name);
			return false;
		}
		quote = s->p[0];
		*s = str_skip(*s, 1);
		n->attr[n->nattr].name = name;
		n->attr[n->nattr++].value = text_until(s, quote);
		*s = str_skip(*s, 1);
	}
	return true;
}

/* xmlns is not an attribute but what the element is. */
static void
settle_ns(struct node *n, const char *inherited)
{
	size_t i;

	for (i = 0; i < n->nattr; i++) {
		if (strcmp(n->attr[i].name, "xmlns") != 0)
			continue;
		n->ns = n->attr[i].value;
		free(n->attr[i].name);
		n->attr[i] = n->attr[--n->nattr];
		return;
	}
	n->ns = xstrdup(inherited);
}

static struct node *
element(struct str *s, const char *ns, unsigned depth)
{
	struct node *n, *kid;
	char *text;

	skip_space(s);
	if (depth > 60 || !take(s, "<"))
		return NULL;
	n = xcalloc(1, sizeof(*n));
	n->name = word(s);
	n->text = xstrdup("");
	if (!attrs(s, n))
		goto bad;
	settle_ns(n, ns);
	if (take(s, "/>"))
		return n;
	if (!take(s, ">"))
		goto bad;
	while (!str_starts(*s, STR("</"))) {
		if (s->len && s->p[0] == '<') {
			kid = element(s, n->ns, depth + 1);
			if (!kid || n->nkid == KIDS_MAX) {
				node_free(kid);
				goto bad;
			}
			n->kid[n->nkid++] = kid;
			continue;
		}
		if (s->len == 0)
			goto bad;
		text = text_until(s, '<');
		/* What an element says stands in one piece. */
		if (text[strspn(text, " \n\t\r")]) {
			free(n->text);
			n->text = text;
		} else {
			free(text);
		}
	}
	if (take(s, "</") && take(s, n->name) && take(s, ">"))
		return n;
bad:
	if (!n->ns)
		n->ns = xstrdup("");
	node_free(n);
	return NULL;
}

/* ---- remembering ------------------------------------------------------ */

enum { MEMORY_MAX = 32, MEMORY_BYTES = 128 };

static struct {
	char name[32], value[MEMORY_BYTES];
} memory[MEMORY_MAX];

const char *
flow_recall(struct str name)
{
	size_t i;

	for (i = 0; i < MEMORY_MAX && memory[i].name[0]; i++)
		if (str_is(name, memory[i].name))
			return memory[i].value;
	return NULL;
}

void
flow_remember(struct str name, struct str value)
{
	size_t i;

	for (i = 0; i + 1 < MEMORY_MAX && memory[i].name[0]; i++)
		if (str_is(name, memory[i].name))
			break;
	snprintf(
	    memory[i].name, sizeof(memory[i].name), STR_FMT, STR_ARG(name));
	snprintf(
	    memory[i].value, sizeof(memory[i].value), STR_FMT, STR_ARG(value));
}

/* "{x}": remember value as x. */
static bool
remember(const char *pattern, const char *value)
{
	struct str name = str_c(pattern);

	if (name.len < 3 || name.p[0] != '{' || name.p[name.len - 1] != '}')
		return false;
	flow_remember(str_of(name.p + 1, name.len - 2), str_c(value));
	return true;
}

/* ---- comparing -------------------------------------------------------- */

static const char *
attr_of(const struct node *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->nattr; i++)
		if (strcmp(n->attr[i].name, name) == 0)
			return n->attr[i].value;
	return NULL;
}

static bool
is_any(const char *z)
{
	return strcmp(z, "*") == 0;
}

static bool fits(
    const struct node *want, struct node *got, bool top, struct buf *why);

static bool
attrs_fit(
    const struct node *want, const struct node *got, bool top, struct buf *why)
{
	size_t i;

	for (i = 0; i < want->nattr; i++) {
		const char *v = attr_of(got, want->attr[i].name);

		if (v &&
		    (is_any(want->attr[i].value) ||
		        remember(want->attr[i].value, v) ||
		        strcmp(v, want->attr[i].value) == 0))
			continue;
		buf_addf(why, "<%s %s='%s'> expected, got '%s'", want->name,
		    want->attr[i].name, want->attr[i].value, v ? v : "(none)");
		return false;
	}
	for (i = 0; i < got->nattr; i++) {
		const char *name = got->attr[i].name;

		if (attr_of(want, name) ||
		    (top &&
		        (strcmp(name, "to") == 0 || strcmp(name, "id") == 0 ||
		            strcmp(name, "xml:lang") == 0)) ||
		    (strcmp(want->name, "text") == 0 &&
		        strcmp(name, "xml:lang") == 0))
			continue;
		buf_addf(why, "<%s> has %s='%s', which is not expected",
		    got->name, name, got->attr[i].value);
		return false;
	}
	return true;
}

static bool
kid_fits(const struct node *want, struct node *got, struct buf *why)
{
	struct buf own, hint; /* why the first of that name does not fit */
	bool found = false;
	size_t i;

	buf_init(&own, TEXT_MAX);
	buf_init(&hint, TEXT_MAX);
	for (i = 0; i < got->nkid && !found; i++) {
		buf_clear(&own);
		found =
		    !got->kid[i]->taken && fits(want, got->kid[i], false, &own);
		got->kid[i]->taken |= found;
		if (strcmp(want->name, got->kid[i]->name) == 0 && !hint.len)
			buf_add_str(&hint, buf_str(&own));
	}
	if (!found && hint.len)
		buf_add_str(why, buf_str(&hint));
	else if (!found)
		buf_addf(why, "<%s xmlns='%s'> is missing in <%s>", want->name,
		    want->ns, got->name);
	buf_release(&own);
	buf_release(&hint);
	return found;
}

static bool
kids_fit(const struct node *want, struct node *got, struct buf *why)
{
	bool others = false;
	size_t i;

	for (i = 0; i < got->nkid; i++)
		got->kid[i]->taken = false;
	for (i = 0; i < want->nkid; i++) {
		if (strcmp(want->kid[i]->name, "any") == 0)
			others = true;
		else if (!kid_fits(want->kid[i], got, why))
			return false;
	}
	for (i = 0; i < got->nkid && !others; i++)
		if (!got->kid[i]->taken &&
		    strcmp(got->kid[i]->name, "occupant-id") != 0) {
			buf_addf(why, "<%s> in <%s> is not expected",
			    got->kid[i]->name, got->name);
			return false;
		}
	return true;
}

static bool
fits(const struct node *want, struct node *got, bool top, struct buf *why)
{
	if (strcmp(want->name, got->name) != 0 ||
	    strcmp(want->ns, got->ns) != 0) {
		buf_addf(why, "<%s xmlns='%s'> expected, got <%s xmlns='%s'>",
		    want->name, want->ns, got->name, got->ns);
		return false;
	}
	if (!attrs_fit(want, got, top, why))
		return false;
	if (!remember(want->text, got->text) &&
	    !flow_match_line(str_c(want->text), str_c(got->text))) {
		buf_addf(why, "<%s> expected to say '%s', says '%s'",
		    want->name, want->text, got->text);
		return false;
	}
	return kids_fit(want, got, why);
}

bool
flow_match(struct str pattern, struct str got, struct buf *why)
{
	struct node *w = element(&pattern, "", 0);
	struct node *g = element(&got, "", 0);
	bool ok = false;

	if (!w)
		buf_addf(why, "the expected stanza is ill-formed");
	else if (!g)
		buf_addf(why, "the stanza that came is ill-formed");
	else
		ok = fits(w, g, true, why);
	node_free(w);
	node_free(g);
	return ok;
}

bool
flow_match_line(struct str pattern, struct str got)
{
	ptrdiff_t star = str_find(pattern, '*');
	struct str head, rest;
	size_t i;

	if (star < 0)
		return str_eq(pattern, got);
	head = str_head(pattern, (size_t)star);
	rest = str_skip(pattern, (size_t)star + 1);
	if (!str_starts(got, head))
		return false;
	got = str_skip(got, head.len);
	for (i = 0; i <= got.len; i++)
		if (flow_match_line(rest, str_skip(got, i)))
			return true;
	return false;
}
