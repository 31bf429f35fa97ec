/*
 * Whatever the list says: the result reads as an address; it is the peer
 * itself unless that is trusted; and what stands left of the first address
 * that nobody trusts changes nothing.
 *
 * The first byte says whether the peer is trusted, the rest is the list.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/buf.h"
#include "net/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool holds)
{
	if (!holds)
		abort();
}

static void
find(struct str list, bool is_trusted, char out[ADDRESS_TEXT_MAX + 1])
{
	struct address_prefix trusted[2];
	struct sockaddr_storage peer;
	void *any = &peer;

	need(address_range_parse(&trusted[0], STR("10.0.0.0/8"), NULL) == 0);
	need(address_range_parse(&trusted[1], STR("fd00::/8"), NULL) == 0);
	need(address_parse(
	    is_trusted ? STR("10.1.1.1") : STR("192.0.2.9"), &peer));
	forwarded_peer(any, trusted, 2, list, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[ADDRESS_TEXT_MAX + 1], again[ADDRESS_TEXT_MAX + 1];
	struct str list;
	struct buf longer;

	if (size == 0)
		return 0;
	list = str_of((const char *)data + 1, size - 1);
	find(list, data[0] & 1, out);
	need(address_is_digits(str_c(out)));
	if (!(data[0] & 1))
		need(str_is(str_c(out), "192.0.2.9"));
	if (str_starts(str_c(out), STR("10.")) ||
	    str_starts(str_c(out), STR("fd")))
		return 0;
	buf_init(&longer, 1 << 20);
	(void)buf_add_str(&longer, STR("203.0.113.1, "));
	(void)buf_add_str(&longer, list);
	find(buf_str(&longer), data[0] & 1, again);
	need(str_eq(str_c(out), str_c(again)));
	buf_release(&longer);
	return 0;
}
