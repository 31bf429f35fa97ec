/*
 * Which addresses a user of ours may not make us dial.
 *
 * From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890):
 * what lies inside somebody's network.  A translator hides an IPv4 address in
 * an IPv6 one (RFC 6052, RFC 3056); that one is looked at then.  Teredo and
 * local translators hide it where we cannot see it and are refused whole.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net/address.h"

enum { ANYWHERE = -1 };

/* An address begins with the first `bits` bits of `at`. */
struct prefix {
	uint8_t at[16];
	int bits;
	int v4_at; /* refused only for the IPv4 address at this byte */
};

static const struct prefix private4[] = {
	{ { 0 }, 8, ANYWHERE },          /* this network */
	{ { 10 }, 8, ANYWHERE },         /* private, RFC 1918 */
	{ { 100, 64 }, 10, ANYWHERE },   /* carrier NAT, RFC 6598 */
	{ { 127 }, 8, ANYWHERE },        /* loopback */
	{ { 169, 254 }, 16, ANYWHERE },  /* link-local, cloud metadata */
	{ { 172, 16 }, 12, ANYWHERE },   /* private, RFC 1918 */
	{ { 192, 0, 0 }, 24, ANYWHERE }, /* protocol assignments */
	{ { 192, 168 }, 16, ANYWHERE },  /* private, RFC 1918 */
	{ { 198, 18 }, 15, ANYWHERE },   /* benchmarking */
	{ { 224 }, 4, ANYWHERE },        /* multicast */
	{ { 240 }, 4, ANYWHERE },        /* reserved, broadcast */
};

static const struct prefix private6[] = {
	{ { 0 }, 128, ANYWHERE },                           /* :: */
	{ { [15] = 1 }, 128, ANYWHERE },                    /* ::1 */
	{ { [10] = 0xff, 0xff }, 96, 12 },                  /* ::ffff:v4 */
	{ { 0 }, 96, 12 },                                  /* ::v4, obsolete */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },             /* NAT64 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, ANYWHERE }, /* local NAT64 */
	{ { 0x01 }, 64, ANYWHERE },                         /* discard only */
	{ { 0x20, 0x01, 0, 0 }, 32, ANYWHERE },             /* Teredo */
	{ { 0x20, 0x02 }, 16, 2 },                          /* 6to4 */
	{ { 0xfc }, 7, ANYWHERE },                          /* unique local */
	{ { 0xfe, 0x80 }, 10, ANYWHERE },                   /* link-local */
	{ { 0xfe, 0xc0 }, 10, ANYWHERE },                   /* site-local */
	{ { 0xff }, 8, ANYWHERE },                          /* multicast */
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static bool
has_prefix(const uint8_t *addr, const struct prefix *p)
{
	int whole = p->bits / 8, rest = p->bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (memcmp(addr, p->at, (size_t)whole) != 0)
		return false;
	return rest == 0 || (addr[whole] & mask) == p->at[whole];
}

static bool
is_private4(const uint8_t *addr)
{
	for (size_t i = 0; i < NELEM(private4); i++)
		if (has_prefix(addr, &private4[i]))
			return true;
	return false;
}

static bool
is_private6(const uint8_t *addr)
{
	for (size_t i = 0; i < NELEM(private6); i++) {
		const struct prefix *p = &private6[i];

		if (!has_prefix(addr, p))
			continue;
		if (p->v4_at == ANYWHERE || is_private4(addr + p->v4_at))
			return true;
	}
	return false;
}

bool
address_is_private(const struct sockaddr *sa)
{
	const void *any = sa;
	const struct sockaddr_in *v4 = any;
	const struct sockaddr_in6 *v6 = any;

	if (sa->sa_family == AF_INET)
		return is_private4((const uint8_t *)&v4->sin_addr);
	if (sa->sa_family == AF_INET6)
		return is_private6(v6->sin6_addr.s6_addr);
	return true;
}

void
address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX + 1])
{
	const void *any = sa;
	const struct sockaddr_in *v4 = any;
	const struct sockaddr_in6 *v6 = any;

	out[0] = '\0';
	if (sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, out, ADDRESS_TEXT_MAX + 1);
	else if (sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDRESS_TEXT_MAX + 1);
}

/* AF_INET, AF_INET6 and the bytes, or 0. */
static uint8_t
read_digits(struct str text, uint8_t at[16])
{
	char z[ADDRESS_TEXT_MAX + 1] = "";

	if (text.len == 0 || text.len > ADDRESS_TEXT_MAX || str_has(text, '\0'))
		return 0;
	memcpy(z, text.p, text.len);
	if (inet_pton(AF_INET, z, at) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, z, at) == 1 ? AF_INET6 : 0;
}

bool
address_is_digits(struct str text)
{
	uint8_t at[16];

	return read_digits(text, at) != 0;
}

/* Port 0. */
static void
fill(struct sockaddr_storage *out, uint8_t family, const uint8_t *at)
{
	void *any = out;
	struct sockaddr_in *v4 = any;
	struct sockaddr_in6 *v6 = any;

	memset(out, 0, sizeof(*out));
	out->ss_family = family;
	if (family == AF_INET)
		memcpy(&v4->sin_addr, at, 4);
	else
		memcpy(&v6->sin6_addr, at, 16);
}

bool
address_parse(struct str text, struct sockaddr_storage *out)
{
	uint8_t at[16], family = read_digits(text, at);

	if (family == 0)
		return false;
	fill(out, family, at);
	return true;
}

size_t
address_len(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                 : sizeof(struct sockaddr_in);
}

/* 16 bytes, IPv4 as IPv4-mapped; NULL: another family. */
static const uint8_t *
mapped(const struct sockaddr *sa, uint8_t at[16])
{
	const void *any = sa;
	const struct sockaddr_in *v4 = any;
	const struct sockaddr_in6 *v6 = any;

	if (sa->sa_family == AF_INET6)
		return v6->sin6_addr.s6_addr;
	if (sa->sa_family != AF_INET)
		return NULL;
	memset(at, 0, 10);
	memset(at + 10, 0xff, 2);
	memcpy(at + 12, &v4->sin_addr, 4);
	return at;
}

bool
address_eq(const struct sockaddr *a, const struct sockaddr *b)
{
	uint8_t a_at[16], b_at[16];
	const uint8_t *x = mapped(a, a_at), *y = mapped(b, b_at);

	return x && y && memcmp(x, y, 16) == 0 &&
	    address_port(a) == address_port(b);
}

uint16_t
address_port(const struct sockaddr *sa)
{
	const void *any = sa;
	const struct sockaddr_in *v4 = any;
	const struct sockaddr_in6 *v6 = any;

	return ntohs(sa->sa_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

void
address_set_port(struct sockaddr *sa, uint16_t port)
{
	void *any = sa;
	struct sockaddr_in *v4 = any;
	struct sockaddr_in6 *v6 = any;

	if (sa->sa_family == AF_INET6)
		v6->sin6_port = htons(port);
	else
		v4->sin_port = htons(port);
}

/* ---- prefixes ------------------------------------------------------------ */

static bool
is_zero_behind(const uint8_t *at, size_t bits, size_t nbytes)
{
	for (size_t i = bits; i < 8 * nbytes; i++)
		if (at[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

int
address_prefix_parse(struct address_prefix *p, struct str text, struct err *err)
{
	char name[ADDRESS_TEXT_MAX + 1];
	struct str rest = text, host;
	uint64_t bits = 0;
	size_t max;

	*p = (struct address_prefix){ .family = 0 };
	if (!str_cut(&rest, '/', &host) || host.len >= sizeof(name) ||
	    !str_to_uint(rest, 128, &bits))
		return err_set(err, ERR_BAD_INPUT,
		    "a prefix is an address, '/' and a number of bits");
	snprintf(name, sizeof(name), STR_FMT, STR_ARG(host));
	p->family = inet_pton(AF_INET, name, p->at) == 1 ? AF_INET
	    : inet_pton(AF_INET6, name, p->at) == 1      ? AF_INET6
	                                                 : 0;
	if (p->family == 0)
		return err_set(
		    err, ERR_BAD_INPUT, "\"%s\" is no address", name);
	max = p->family == AF_INET ? 32 : 128;
	/* Two addresses of IPv4 are for nobody. */
	if (bits > max - 2)
		return err_set(err, ERR_BAD_INPUT,
		    "a prefix of more than %zu bits has no room for users",
		    max - 2);
	if (!is_zero_behind(p->at, (size_t)bits, max / 8))
		return err_set(err, ERR_BAD_INPUT,
		    "the address has bits behind the first %d", (int)bits);
	p->bits = (uint8_t)bits;
	return 0;
}

/* All bits behind the prefix the same: the network, or everybody in it. */
static bool
is_reserved(const struct address_prefix *p, const uint8_t *addr)
{
	uint8_t turned[4];

	for (size_t i = 0; i < sizeof(turned); i++)
		turned[i] = (uint8_t)~addr[i];
	return p->family == AF_INET &&
	    (is_zero_behind(addr, p->bits, 4) ||
	        is_zero_behind(turned, p->bits, 4));
}

void
address_in_prefix(const struct address_prefix *p,
    const uint8_t seed[ADDRESS_SEED], struct sockaddr_storage *out)
{
	size_t nbytes = p->family == AF_INET ? 4 : 16;
	uint8_t addr[16];

	memcpy(addr, p->at, sizeof(addr));
	for (size_t i = p->bits; i < 8 * nbytes; i++)
		if (seed[i / 8] >> (7 - i % 8) & 1)
			addr[i / 8] |= (uint8_t)(1 << (7 - i % 8));
	if (is_reserved(p, addr))
		addr[nbytes - 1] ^= 1;
	fill(out, p->family, addr);
}

int
address_range_parse(struct address_prefix *p, struct str text, struct err *err)
{
	struct str bits = text, host = STR_EMPTY;
	uint64_t n = 0, max;

	*p = (struct address_prefix){ .family = 0 };
	(void)str_cut(&bits, '/', &host);
	p->family = read_digits(host, p->at);
	if (p->family == 0)
		return err_set(err, ERR_BAD_INPUT,
		    "'" STR_FMT "' is no address", STR_ARG(host));
	max = p->family == AF_INET ? 32 : 128;
	if (!bits.p)
		n = max;
	else if (!str_to_uint(bits, max, &n))
		return err_set(err, ERR_BAD_INPUT,
		    "'" STR_FMT "' does not end with a number of bits, 0 to %d",
		    STR_ARG(text), (int)max);
	if (!is_zero_behind(p->at, (size_t)n, max / 8))
		return err_set(err, ERR_BAD_INPUT,
		    "'" STR_FMT "' has bits behind the first %d", STR_ARG(text),
		    (int)n);
	p->bits = (uint8_t)n;
	return 0;
}

bool
address_in_range(const struct address_prefix *p, const struct sockaddr *sa)
{
	static const uint8_t v4_in_v6[12] = { [10] = 0xff, 0xff };
	struct prefix bits = { .bits = p->bits };
	uint8_t both[16];
	const uint8_t *at = mapped(sa, both);

	memcpy(bits.at, p->at, sizeof(bits.at));
	if (!at)
		return false;
	if (p->family == AF_INET6)
		return sa->sa_family == AF_INET6 && has_prefix(at, &bits);
	return p->family == AF_INET && memcmp(at, v4_in_v6, 12) == 0 &&
	    has_prefix(at + 12, &bits);
}
