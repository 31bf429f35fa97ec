/*
 * What the XML writer makes of any bytes is well-formed for expat and means
 * the same bytes again, but for U+FFFD where XML allows nothing else.
 */
#include <stdlib.h>

#include <expat.h>

#include "lib/utf8.h"

#include "xmpp/xmlw.h"

enum { STANZA_MAX = 64 * 1024, OUT_MAX = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf out, want, attr, text;

static void
on_start(void *arg, const XML_Char *name, const XML_Char **atts)
{
	(void)arg, (void)name;
	for (; *atts; atts += 2)
		if (strcmp(atts[0], "id") == 0)
			buf_add_str(&attr, str_c(atts[1]));
}

static void
on_text(void *arg, const XML_Char *s, int len)
{
	(void)arg;
	buf_add(&text, s, (size_t)len);
}

static void
parse_back(struct str xml)
{
	XML_Parser p = XML_ParserCreate("UTF-8");

	buf_clear(&attr);
	buf_clear(&text);
	XML_SetStartElementHandler(p, on_start);
	XML_SetCharacterDataHandler(p, on_text);
	if (XML_Parse(p, xml.p, (int)xml.len, 1) != XML_STATUS_OK)
		abort();
	XML_ParserFree(p);
}

/* Slow and simple on purpose. */
static void
filter(struct str in)
{
	buf_clear(&want);
	while (in.len > 0) {
		int32_t c = utf8_next(&in);

		utf8_put(&want, utf8_is_xml_char(c) ? c : 0xfffd);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct xmlw w;
	int rc;

	buf_init(&out, OUT_MAX);
	buf_init(&want, OUT_MAX);
	buf_init(&attr, OUT_MAX);
	buf_init(&text, OUT_MAX);

	xmlw_init(&w, &out, STANZA_MAX);
	xmlw_stanza(&w, "message", STR("a@b"), STR("c@d"), NULL, in);
	xmlw_textel(&w, "body", "urn:x", in);
	rc = xmlw_end(&w, NULL);
	if (rc < 0 && (out.len > 0 || size < STANZA_MAX / 16))
		abort();
	if (rc == 0) {
		parse_back(buf_str(&out));
		filter(in);
		if (!str_eq(buf_str(&text), buf_str(&want)) ||
		    !str_eq(buf_str(&attr), buf_str(&want)))
			abort();
	}
	buf_release(&out);
	buf_release(&want);
	buf_release(&attr);
	buf_release(&text);
	return 0;
}
