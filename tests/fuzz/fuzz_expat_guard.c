/*
 * The expat guard under arbitrary bytes.
 *
 * The first byte seeds the sizes of the chunks; the rest goes through a
 * parser made the way libstrophe makes one.  Whatever comes, elements are
 * balanced, no two pieces of text follow each other, and the limits hold.
 */
#include <assert.h>

#include <expat.h>

#include "xmpp/expat_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned depth, nelements;
	size_t nbytes;
	bool was_text;
};

static void
on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
	struct seen *s = arg;
	unsigned n = 0;

	s->was_text = false;
	if (s->depth++ == 1) {
		s->nelements = 0;
		s->nbytes = 0;
	}
	if (!strstr(name, GUARD_NS)) { /* the mark comes on top */
		s->nelements++;
		s->nbytes += strlen(name);
	}
	for (; attrs[n]; n++)
		s->nbytes += strlen(attrs[n]);
	assert(n / 2 <= GUARD_ATTRS_MAX);
	assert(s->depth <= GUARD_DEPTH_MAX + 1);
	assert(s->nelements <= GUARD_ELEMENTS_MAX + 1);
	assert(s->nbytes <= GUARD_TEXT_MAX);
}

static void
on_end(void *arg, const XML_Char *name)
{
	struct seen *s = arg;

	(void)name;
	assert(s->depth > 0);
	s->depth--;
	s->was_text = false;
}

static void
on_text(void *arg, const XML_Char *text, int len)
{
	struct seen *s = arg;

	assert(text && len > 0 && !s->was_text && s->depth >= 2);
	s->was_text = true;
	s->nbytes += (size_t)len;
	assert(s->nbytes <= GUARD_TEXT_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const XML_Memory_Handling_Suite suite = { malloc, realloc,
		free };
	struct expat_guard_stats stats;
	struct seen seen = { 0 };
	uint32_t seed = size ? data[0] : 0;
	XML_Parser p = XML_ParserCreate_MM(NULL, &suite, "\x1f");

	XML_SetUserData(p, &seen);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	for (size_t at = 1; at < size;) {
		size_t n = 1 + (seed >> 8) % 37;

		seed = seed * 1103515245 + 12345;
		if (n > size - at)
			n = size - at;
		if (XML_Parse(p, (const char *)data + at, (int)n, 0) !=
		    XML_STATUS_OK)
			break;
		at += n;
	}
	XML_ParserFree(p);
	expat_guard_stats(&stats);
	assert(stats.memory == 0);
	return 0;
}
