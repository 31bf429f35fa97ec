/*
 * address.h - Internet addresses: how they read, whom they may reach; pure
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

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

uint16_t address_port(const struct sockaddr *sa);
void address_set_port(struct sockaddr *sa, uint16_t port);

#endif
