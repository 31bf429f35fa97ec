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
