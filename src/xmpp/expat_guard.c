/*
 * Expat's functions, as libstrophe finds them.
 *
 * The executable comes first when the dynamic linker looks for a symbol, so
 * libstrophe's calls land here (it must be linked with -rdynamic).  RTLD_NEXT
 * is expat itself.  Only its public interface is used.
 *
 *	expat --on_start/on_end/on_text--> struct guard --> libstrophe
 *
 * Parsers that libstrophe did not create are passed through; it is the only
 * one that brings a memory suite.  What it holds as its parser is our guard.
 *
 * Expat keeps every element and attribute name it ever saw.  A peer who sends
 * new names for ever must not fill the memory, nor end the stream, so the
 * parser is exchanged now and then: between two stanzas a new one that has
 * read the stream header is as good as the old one.
 */
#include <dlfcn.h>

#include <expat.h>

#include "lib/buf.h"
#include "lib/xalloc.h"

#include "xmpp/expat_guard.h"

/* Expat writes a name in a namespace as URI, this byte, local name. */
#define LANG_URI "http://www.w3.org/XML/1998/namespace"

enum {
	KEEP_BYTES = 16 * 1024, /* of memory for text, between stanzas */
	HEAD_MAX = 16 * 1024,   /* stream header; a longer one: no exchange */
};

struct guard {
	struct guard *next;
	XML_Parser parser; /* expat's own */
	uint64_t id;
	XML_Char sep[2];    /* between namespace and name */
	int64_t fed;        /* bytes, to this parser */
	int64_t whole;      /* so many of them end between two stanzas */
	struct buf head;    /* up to the end of the stream's start tag */
	bool is_re_reading; /* it, into a new parser */

	/* libstrophe's */
	void *user;
	XML_StartElementHandler start;
	XML_EndElementHandler end;
	XML_CharacterDataHandler chars;

	/* of the stanza being read */
	unsigned depth;      /* elements open, the stream among them */
	unsigned skip_depth; /* depth of the dropped element we are in, or 0 */
	unsigned nelements;
	unsigned nchildren[GUARD_DEPTH_MAX + 1]; /* of each open element */
	size_t nbytes; /* counted against GUARD_TEXT_MAX */
	bool truncated;
	struct buf text; /* not yet passed on */

	size_t memory;
	const char *error;
};

/* What each block of expat's memory begins with. */
union head {
	struct {
		struct guard *owner;
		size_t size;
	} of;
	max_align_t align;
};

static struct {
	XML_Parser (*create)(const XML_Char *,
	    const XML_Memory_Handling_Suite *, const XML_Char *);
	XML_Bool (*reset)(XML_Parser, const XML_Char *);
	void (*free)(XML_Parser);
	enum XML_Status (*parse)(XML_Parser, const char *, int, int);
	void (*set_user)(XML_Parser, void *);
	void (*set_element)(
	    XML_Parser, XML_StartElementHandler, XML_EndElementHandler);
	void (*set_text)(XML_Parser, XML_CharacterDataHandler);
	XML_Bool (*set_deferral)(XML_Parser, XML_Bool); /* may be NULL */
} real;

static struct guard *guards; /* a handful: one per component */
static struct guard *current;
static uint64_t newest;
static bool delivering;
static struct expat_guard_stats stats;

/* ---- expat itself ----------------------------------------------------- */

/* ISO C has no cast from an object pointer to a function pointer. */
static void
find(const char *name, void *fn_out)
{
	void *p = dlsym(RTLD_NEXT, name);

	memcpy(fn_out, &p, sizeof(p));
}

static void
find_all(void)
{
	if (real.create)
		return;
	find("XML_ParserReset", &real.reset);
	find("XML_ParserFree", &real.free);
	find("XML_Parse", &real.parse);
	find("XML_SetUserData", &real.set_user);
	find("XML_SetElementHandler", &real.set_element);
	find("XML_SetCharacterDataHandler", &real.set_text);
	find("XML_SetReparseDeferralEnabled", &real.set_deferral);
	find("XML_ParserCreate_MM", &real.create);
}

static struct guard *
guard_of(XML_Parser p)
{
	struct guard *g = guards;

	find_all();
	while (g && (void *)g != (void *)p)
		g = g->next;
	return g;
}

static void
stop(struct guard *g, const char *why)
{
	if (g->error)
		return;
	g->error = why;
	stats.nfailed++;
	if (g->parser)
		(void)XML_StopParser(g->parser, XML_FALSE); /* or has stopped */
}

/* ---- counted memory --------------------------------------------------- */

static void
count(struct guard *g, size_t less, size_t more)
{
	g->memory += more - less;
	stats.memory += more - less;
	if (stats.memory > stats.memory_peak)
		stats.memory_peak = stats.memory;
}

static void *
mem_realloc(void *p, size_t size)
{
	union head *h = p ? (union head *)p - 1 : NULL;
	struct guard *g = h ? h->of.owner : current;
	size_t was = h ? h->of.size : 0;

	if (size > GUARD_MEMORY_MAX ||
	    g->memory - was > GUARD_MEMORY_MAX - size)
		return NULL; /* expat stops with XML_ERROR_NO_MEMORY */
	h = xrealloc(h, sizeof(*h) + size);
	h->of.owner = g;
	h->of.size = size;
	count(g, was, size);
	return h + 1;
}

static void *
mem_malloc(size_t size)
{
	return mem_realloc(NULL, size);
}

static void
mem_free(void *p)
{
	union head *h = p;

	if (!h)
		return;
	h--;
	count(h->of.owner, h->of.size, 0);
	free(h);
}

static const XML_Memory_Handling_Suite suite = {
	.malloc_fcn = mem_malloc,
	.realloc_fcn = mem_realloc,
	.free_fcn = mem_free,
};

/* ---- between expat and libstrophe ------------------------------------- */

static bool
is_over(struct guard *g, size_t nbytes)
{
	if (nbytes <= GUARD_TEXT_MAX - g->nbytes) {
		g->nbytes += nbytes;
		return false;
	}
	g->truncated = true;
	return true;
}

/* Libstrophe appends to a list by walking it. */
static bool
is_crowded(struct guard *g, unsigned parent)
{
	if (g->nchildren[parent] < GUARD_CHILDREN_MAX) {
		g->nchildren[parent]++;
		return false;
	}
	g->truncated = true;
	return true;
}

/* One call per run of text: it appends in quadratic time there, too. */
static void
flush_text(struct guard *g, unsigned parent)
{
	if (g->text.len == 0)
		return;
	if (!is_crowded(g, parent)) {
		stats.ntexts++;
		g->chars(g->user, g->text.p, (int)g->text.len);
	}
	buf_clear(&g->text);
}

/* The name to pass on, or NULL to drop the attribute. */
static const XML_Char *
attr_name(const struct guard *g, const XML_Char *name)
{
	static const XML_Char lang[] = "xml:lang";
	const XML_Char *sep = strchr(name, g->sep[0]);
	size_t len;

	if (!sep)
		return name;
	len = (size_t)(sep - name);
	if (len == strlen(LANG_URI) && memcmp(name, LANG_URI, len) == 0 &&
	    strcmp(sep + 1, "lang") == 0)
		return lang;
	return NULL;
}

/* out has room for GUARD_ATTRS_MAX pairs and the end. */
static void
pass_attrs(struct guard *g, const XML_Char **in, const XML_Char **out)
{
	size_t n = 0;

	for (; *in; in += 2) {
		const XML_Char *name = attr_name(g, in[0]);

		if (!name)
			continue;
		if (n == GUARD_ATTRS_MAX) {
			g->truncated = true;
			break;
		}
		if (is_over(g, strlen(in[0]) + strlen(in[1])))
			break;
		out[2 * n] = name;
		out[2 * n + 1] = in[1];
		n++;
	}
	out[2 * n] = NULL;
}

static void
pass_start(struct guard *g, const XML_Char *name, const XML_Char **attrs,
    unsigned depth)
{
	const XML_Char *passed[2 * GUARD_ATTRS_MAX + 1];

	if (depth >= 2)
		flush_text(g, depth - 1);
	pass_attrs(g, attrs, passed);
	stats.npassed++;
	g->start(g->user, name, passed);
}

static void
begin_stanza(struct guard *g)
{
	g->nelements = 0;
	g->nbytes = 0;
	g->truncated = false;
	g->skip_depth = 0;
	buf_clear(&g->text);
}

static void
mark_truncated(struct guard *g)
{
	static const XML_Char *no_attrs[] = { NULL };
	XML_Char name[sizeof(GUARD_NS "?truncated")];

	memcpy(name, GUARD_NS "?truncated", sizeof(name));
	name[sizeof(GUARD_NS) - 1] = g->sep[0];
	stats.ntruncated++;
	g->start(g->user, name, no_attrs);
	g->end(g->user, name);
}

static void
end_stanza(struct guard *g, const XML_Char *name)
{
	bool outer = delivering;

	if (g->truncated)
		mark_truncated(g);
	stats.nstanzas++;
	delivering = true;
	g->end(g->user, name);
	delivering = outer;
	if (g->nbytes > KEEP_BYTES)
		buf_trim(&g->text);
}

/* Bytes fed up to the end of what is being told. */
static int64_t
end_of_event(const struct guard *g)
{
	return (int64_t)XML_GetCurrentByteIndex(g->parser) +
	    XML_GetCurrentByteCount(g->parser);
}

/* The start tag of the stream ends here; stanzas may be right behind it. */
static void
end_head(struct guard *g)
{
	g->whole = end_of_event(g);
	if (!buf_is_full(&g->head))
		buf_truncate(&g->head, (size_t)g->whole);
}

static void
on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	struct guard *g = arg;
	unsigned depth = g->depth++;

	if (g->is_re_reading)
		return;
	if (depth == 0)
		end_head(g);
	if (depth >= GUARD_DEPTH_STOP) {
		stop(g, "elements nested too deep");
		return;
	}
	if (depth <= 1)
		begin_stanza(g);
	if (g->skip_depth) {
		stats.ndropped++;
		return;
	}
	if (depth > GUARD_DEPTH_MAX || g->nelements >= GUARD_ELEMENTS_MAX ||
	    is_over(g, strlen(name)) ||
	    (depth >= 2 && is_crowded(g, depth - 1))) {
		g->skip_depth = depth;
		g->truncated = true;
		stats.ndropped++;
		return;
	}
	g->nelements++;
	g->nchildren[depth] = 0;
	pass_start(g, name, attrs, depth);
}

static void
on_end(void *arg, const XML_Char *name)
{
	struct guard *g = arg;
	unsigned depth = --g->depth;

	if (depth == 1)
		g->whole = end_of_event(g);
	if (g->skip_depth) {
		if (g->skip_depth == depth)
			g->skip_depth = 0;
		return;
	}
	flush_text(g, depth);
	if (depth == 1)
		end_stanza(g, name);
	else
		g->end(g->user, name);
}

/* Text right inside the stream is the server's keepalive: not passed on. */
static void
on_text(void *arg, const XML_Char *s, int len)
{
	struct guard *g = arg;

	if (g->depth == 1)
		g->whole = end_of_event(g);
	if (g->depth < 2 || g->skip_depth || is_over(g, (size_t)len))
		return;
	(void)buf_add(&g->text, s, (size_t)len); /* is_over() has the ceiling */
}

/* RFC 6120 11.1; without a DTD no entity can be declared either. */
static void
on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_subset)
{
	(void)name, (void)system_id, (void)public_id, (void)has_subset;
	stop(arg, "document type declaration");
}

/* ---- what libstrophe calls -------------------------------------------- */

/* Everything a new or reset parser lacks. */
static void
set_up(struct guard *g)
{
	g->depth = 0;
	g->fed = 0;
	g->whole = 0;
	real.set_user(g->parser, g);
	XML_SetStartDoctypeDeclHandler(g->parser, on_doctype);
	if (real.set_deferral)
		(void)real.set_deferral(g->parser, XML_FALSE); /* only speed */
}

static void
start_over(struct guard *g)
{
	g->error = NULL;
	g->start = NULL;
	g->end = NULL;
	g->chars = NULL;
	buf_clear(&g->head);
	begin_stanza(g);
	set_up(g);
}

static void
guard_free(struct guard *g)
{
	buf_release(&g->text);
	buf_release(&g->head);
	free(g);
}

XML_Parser
XML_ParserCreate_MM(const XML_Char *encoding,
    const XML_Memory_Handling_Suite *mem, const XML_Char *sep)
{
	struct guard *g;

	find_all();
	if (!mem || !sep)
		return real.create(encoding, mem, sep);
	g = xcalloc(1, sizeof(*g));
	g->sep[0] = *sep;
	buf_init(&g->text, GUARD_TEXT_MAX);
	buf_init(&g->head, HEAD_MAX);
	current = g;
	g->parser = real.create(encoding, &suite, g->sep);
	if (!g->parser) {
		guard_free(g);
		return NULL;
	}
	g->id = ++newest;
	g->next = guards;
	guards = g;
	stats.nparsers++;
	start_over(g);
	return (XML_Parser)(void *)g;
}

XML_Bool
XML_ParserReset(XML_Parser p, const XML_Char *encoding)
{
	struct guard *g = guard_of(p);
	XML_Bool ok;

	if (!g)
		return real.reset(p, encoding);
	current = g;
	ok = real.reset(g->parser, encoding);
	if (ok)
		start_over(g);
	return ok;
}

void
XML_ParserFree(XML_Parser p)
{
	struct guard *g = guard_of(p);
	struct guard **at = &guards;

	real.free(g ? g->parser : p);
	if (!g)
		return;
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	guard_free(g);
}

void
XML_SetUserData(XML_Parser p, void *user)
{
	struct guard *g = guard_of(p);

	if (g)
		g->user = user;
	else
		real.set_user(p, user);
}

void
XML_SetElementHandler(
    XML_Parser p, XML_StartElementHandler start, XML_EndElementHandler end)
{
	struct guard *g = guard_of(p);

	if (g) {
		g->start = start;
		g->end = end;
		real.set_element(g->parser, on_start, on_end);
	} else {
		real.set_element(p, start, end);
	}
}

void
XML_SetCharacterDataHandler(XML_Parser p, XML_CharacterDataHandler chars)
{
	struct guard *g = guard_of(p);

	if (g) {
		g->chars = chars;
		real.set_text(g->parser, on_text);
	} else {
		real.set_text(p, chars);
	}
}

/*
 * An unfinished tag is kept by expat until its end has come.  What was fed
 * minus where the last token began is how much of it there is.
 */
static bool
token_is_too_long(const struct guard *g)
{
	int64_t at = XML_GetCurrentByteIndex(g->parser);

	return at >= 0 && g->fed - at > GUARD_TOKEN_MAX;
}

/* Between two stanzas, and only there, the parser is like a new one. */
static bool
is_to_be_exchanged(const struct guard *g)
{
	return g->memory > GUARD_MEMORY_EXCHANGE && g->depth == 1 &&
	    g->whole == g->fed && !buf_is_full(&g->head);
}

static void
exchange(struct guard *g)
{
	XML_Parser old = g->parser;
	XML_Parser p = real.create(NULL, &suite, g->sep);

	if (!p)
		return; /* GUARD_MEMORY_MAX; the old one goes on meanwhile */
	real.free(old);
	g->parser = p;
	set_up(g);
	real.set_element(p, on_start, on_end);
	real.set_text(p, on_text);
	g->is_re_reading = true;
	if (real.parse(p, g->head.p, (int)g->head.len, 0) != XML_STATUS_OK ||
	    g->depth != 1)
		stop(g, "cannot read the stream header again");
	g->is_re_reading = false;
	g->fed = g->whole = (int64_t)g->head.len;
	stats.nexchanged++;
}

/* Until the stream has begun, all that comes is the header. */
static void
keep_head(struct guard *g, const char *s, int len)
{
	if (g->whole == 0 && !buf_is_full(&g->head))
		(void)buf_add(&g->head, s, (size_t)len); /* is_full() tells */
}

static enum XML_Status
parse_guarded(struct guard *g, const char *s, int len, int is_final)
{
	enum XML_Status st;

	keep_head(g, s, len);
	st = real.parse(g->parser, s, len, is_final);

	g->fed += len;
	stats.nbytes += (uint64_t)len;
	if (st == XML_STATUS_ERROR)
		stop(g, XML_ErrorString(XML_GetErrorCode(g->parser)));
	else if (token_is_too_long(g))
		stop(g, "one tag is too long");
	else if (is_to_be_exchanged(g))
		exchange(g);
	return g->error ? XML_STATUS_ERROR : st;
}

enum XML_Status
XML_Parse(XML_Parser p, const char *s, int len, int is_final)
{
	struct guard *g = guard_of(p);
	struct guard *outer = current;
	enum XML_Status st;

	if (!g)
		return real.parse(p, s, len, is_final);
	if (g->error)
		return XML_STATUS_ERROR;
	current = g;
	st = parse_guarded(g, s, len, is_final);
	current = outer;
	return st;
}

/* ---- for the component and for tests ---------------------------------- */

void
expat_guard_stats(struct expat_guard_stats *out)
{
	*out = stats;
}

void
expat_guard_reset_peak(void)
{
	stats.memory_peak = stats.memory;
}

uint64_t
expat_guard_newest(void)
{
	return newest;
}

const char *
expat_guard_error(uint64_t id)
{
	const struct guard *g = guards;

	while (g && g->id != id)
		g = g->next;
	return g ? g->error : NULL;
}

bool
expat_guard_is_delivering(void)
{
	return delivering;
}
