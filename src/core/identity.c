/*
 * Who somebody in a room is, whatever they are called.
 *
 * XEP-0421 1.0
 */
#include <stdlib.h>

#include "core/account.h"
#include "core/identity.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/room.h"
#include "core/session.h"
#include "core/store.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

enum {
	HASH_BYTES = 15, /* 20 characters of base64, no padding */
	SEED_MAX = 4096, /* what is hashed */
};

/* Joining a large room makes one for each inside: nothing is allocated. */
struct identities {
	struct crypto_mac *mac;
	uint8_t nonce[CRYPTO_KEY_BYTES]; /* of this run, for who has none */
	struct buf seed, text;
};

#define MEMBER(n) LIST_ENTRY(n, struct member, in_person)

/* What we knew before is still true of them while we see them elsewhere. */
static bool
is_seen_elsewhere(const struct member *m)
{
	LIST_EACH(&m->person->members, n)
	{
		if (MEMBER(n) != m && MEMBER(n)->fresh)
			return true;
	}
	return false;
}

static struct str
known(struct str told, const char *before)
{
	return told.len || !before ? told : str_c(before);
}

static void
add(struct buf *seed, struct str s)
{
	buf_add_str(seed, s);
	buf_addc(seed, '\0');
}

/* False: nothing is known that somebody else could not be called, too. */
static bool
add_person(
    const struct member *m, const struct gw_person *told, struct buf *seed)
{
	const struct person *p = m->person;
	bool keep = is_seen_elsewhere(m);
	struct str account = known(told->account, keep ? p->account : NULL);
	struct str user = known(told->user, keep ? p->user : NULL);
	struct str host = known(told->host, keep ? p->host : NULL);

	if (person_is_self(p)) {
		add(seed, STR("self"));
		add(seed, str_c(p->s->account->user));
	} else if (account.len) {
		add(seed, STR("account"));
		add(seed, account);
	} else if (host.len) {
		add(seed, STR("host"));
		add(seed, user);
		add(seed, host);
	} else {
		return false;
	}
	return true;
}

/* Nobody can guess it, and it does not come back. */
static void
add_nobody(struct identities *all, struct core *c)
{
	uint64_t n = core_next_id(c);

	add(&all->seed, STR("nobody"));
	buf_add(&all->seed, all->nonce, sizeof(all->nonce));
	buf_add(&all->seed, &n, sizeof(n));
}

void
identity_fix(struct member *m, const struct gw_person *told)
{
	const struct session *s = m->room->s;
	struct identities *all = s->gw->identities;
	uint8_t hash[CRYPTO_SHA256_BYTES];

	buf_clear(&all->seed);
	buf_clear(&all->text);
	add(&all->seed, str_c(s->network));
	add(&all->seed, str_c(m->room->key));
	if (!add_person(m, told, &all->seed))
		add_nobody(all, s->gw->core);
	crypto_mac(all->mac, buf_str(&all->seed), hash);
	crypto_base64(str_of((const char *)hash, HASH_BYTES), &all->text);
	memcpy(m->identity, all->text.p, IDENTITY_BYTES - 1);
}

struct identities *
identities_new(struct gateway *gw)
{
	struct identities *all = xcalloc(1, sizeof(*all));
	uint8_t key[CRYPTO_KEY_BYTES] = { 0 };

	crypto_random(all->nonce, sizeof(all->nonce));
	/* Without a store it is only looked whether the file is good. */
	if (core_store(gw->core))
		store_derive(core_store(gw->core), STR("occupant-id"), key);
	all->mac = crypto_mac_new(str_of((const char *)key, sizeof(key)));
	buf_init(&all->seed, SEED_MAX);
	buf_init(&all->text, 2 * IDENTITY_BYTES);
	return all;
}

void
identities_free(struct identities **ip)
{
	if (!*ip)
		return;
	crypto_mac_free(&(*ip)->mac);
	buf_release(&(*ip)->seed);
	buf_release(&(*ip)->text);
	free(*ip);
	*ip = NULL;
}

void
identity_write(struct xmlw *w, struct str identity)
{
	if (identity.len == 0)
		return;
	xmlw_open(w, "occupant-id", NS_OCCUPANT_ID);
	xmlw_attr(w, "id", identity);
	xmlw_close(w);
}
