/*
 * address.h - Internet addresses: how they read, whom they may reach; pure
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/str.h"

struct sockaddr;
struct sockaddr_storage;

enum { ADDRESS_TEXT_MAX = 45 }; /* the longest IPv6 notation */

/*
 * Loopback, private, link-local, unspecified, multicast and other addresses
 * that a user of ours has no business to name; IPv4-mapped, NAT64 and 6to4
 * addresses are looked at for the IPv4 address inside.  Other families than
 * IPv4 and IPv6 are private.
 */
bool address_is_private(const struct sockaddr *sa);

/* Without the port; terminated; empty for another family. */
void address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX + 1]);

/* "192.0.2.0/24", "2001:db8::/64": addresses that begin with the same bits. */
struct address_prefix {
	uint8_t at[16];
	uint8_t bits;   /* of at that count; the rest is zero */
	uint8_t family; /* AF_INET, AF_INET6; 0: there is none */
};

/* ERR_BAD_INPUT: no such notation, bits behind the prefix, no room in it. */
int address_prefix_parse(
    struct address_prefix *p, struct str text, struct err *err);

/*
 * The address in p that seed stands for: the same seed, the same address.
 * In IPv4 neither the first nor the last of the prefix.  Port 0.
 */
enum { ADDRESS_SEED = 16 };
void address_in_prefix(const struct address_prefix *p,
    const uint8_t seed[ADDRESS_SEED], struct sockaddr_storage *out);

/* Does it read as an address? */
bool address_is_digits(struct str text);

/* With port 0; false: it does not read as one. */
bool address_parse(struct str text, struct sockaddr_storage *out);

/*
 * An address alone is a range of one; else as address_prefix_parse(), of any
 * number of bits.
 */
int address_range_parse(
    struct address_prefix *p, struct str text, struct err *err);

/* An IPv4-mapped address is in the ranges of the IPv4 address inside. */
bool address_in_range(
    const struct address_prefix *p, const struct sockaddr *sa);

/* The bytes of one of IPv4 or IPv6. */
size_t address_len(const struct sockaddr *sa);

/* With the port; an IPv4-mapped one is the IPv4 address inside. */
bool address_eq(const struct sockaddr *a, const struct sockaddr *b);

uint16_t address_port(const struct sockaddr *sa);
void address_set_port(struct sockaddr *sa, uint16_t port);

#endif
