/*
 * Addresses and reversible names.  Whatever the bytes:
 *
 *	a parsed address parses to itself
 *	a name that can be escaped can be part of an address and comes back
 *	unescaping rubbish does no harm
 */
#include <stdlib.h>

#include "xmpp/jid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_parse(struct str in)
{
	static struct jid once, twice;

	if (jid_parse(&once, in, NULL) < 0)
		return;
	if (jid_parse(&twice, jid_full(&once), NULL) < 0)
		abort();
	if (!jid_eq(&once, &twice) || !jid_eq_bare(&once, &twice))
		abort();
	if (!str_eq(jid_resource(&once), jid_resource(&twice)))
		abort();
}

static void
check_node(struct str name, struct buf *escaped, struct buf *back)
{
	static struct jid j;

	buf_clear(escaped);
	if (jid_escape_node(name, escaped) < 0)
		return;
	if (jid_make(&j, buf_str(escaped), STR("x"), STR_EMPTY, NULL) < 0)
		abort();
	buf_clear(back);
	if (jid_unescape_node(buf_str(escaped), back) < 0 ||
	    !str_eq(buf_str(back), name))
		abort();
	buf_clear(back);
	if (jid_unescape_node(jid_node(&j), back) < 0 ||
	    !str_eq_nocase(buf_str(back), name))
		abort();
}

static void
check_resource(struct str name, struct buf *escaped, struct buf *back)
{
	static struct jid j;

	buf_clear(escaped);
	if (jid_escape_resource(name, escaped) < 0)
		return;
	if (jid_make(&j, STR_EMPTY, STR("x"), buf_str(escaped), NULL) < 0)
		abort();
	buf_clear(back);
	if (jid_unescape_resource(jid_resource(&j), back) < 0 ||
	    !str_eq(buf_str(back), name))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	struct buf escaped, back;

	buf_init(&escaped, JID_PART_MAX);
	buf_init(&back, 64 * 1024);
	check_parse(in);
	check_node(in, &escaped, &back);
	check_resource(in, &escaped, &back);
	buf_clear(&back);
	(void)jid_unescape_node(in, &back); /* only that it does not crash */
	buf_release(&escaped);
	buf_release(&back);
	return 0;
}
