#include "irc/irc_mask.h"

#include <stdio.h>

#include "lib/buf.h"
#include "lib/crypto.h"

static void
set_user(struct irc_mask *m, struct str bare)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];

	crypto_sha256(bare, hash);
	m->user[0] = 'x';
	for (size_t i = 0; i < IRC_MASK_USER / 2; i++)
		snprintf(m->user + 1 + 2 * i, 3, "%02x", hash[i]);
}

/* A parameter that began with a colon would be the last one. */
static void
set_address(struct irc_mask *m, struct str bare, const struct address_prefix *p)
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	const void *any = &m->address;
	char text[ADDRESS_TEXT_MAX + 1];
	struct buf seed;

	if (!p->family)
		return;
	buf_init(&seed, 4096);
	buf_addf(&seed, "source " STR_FMT, STR_ARG(bare));
	crypto_sha256(buf_str(&seed), hash);
	buf_release(&seed);
	address_in_prefix(p, hash, &m->address);
	address_format(any, text);
	snprintf(m->digits, sizeof(m->digits), "%s%s",
	    text[0] == ':' ? "0" : "", text);
}

static bool
is_in_hosts(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool
is_host(struct str domain)
{
	for (size_t i = 0; i < domain.len; i++)
		if (!is_in_hosts(domain.p[i]))
			return false;
	return domain.len && *domain.p != '.' && *domain.p != '-';
}

static void
set_host(struct irc_mask *m, struct str bare)
{
	struct str domain = str_skip(bare, (size_t)(str_find(bare, '@') + 1));
	const char *hash = m->user + 1;

	if (is_host(domain) && strlen(hash) + 1 + domain.len <= IRC_MASK_HOST)
		snprintf(m->host, sizeof(m->host), "%s." STR_FMT, hash,
		    STR_ARG(domain));
	else
		snprintf(m->host, sizeof(m->host), "%s", m->digits);
}

void
irc_mask_of(
    struct irc_mask *m, struct str bare, const struct address_prefix *prefix)
{
	memset(m, 0, sizeof(*m));
	set_user(m, bare);
	set_address(m, bare, prefix);
	set_host(m, bare);
}
