/*
 * Who somebody in a room is, whatever they are called.
 *
 * XEP-0421 1.0
 */
#include "core/identity.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/person.h"
#include "core/room.h"
#include "core/session.h"
#include "lib/crypto.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

enum {
	HASH_BYTES = 15, /* 20 characters of base64, no padding */
	SEED_MAX = 4096, /* what is hashed */
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

void
identity_fix(struct member *m, const struct gw_person *told)
{
	const struct session *s = m->room->s;
	uint8_t hash[CRYPTO_SHA256_BYTES];
	struct buf seed, text;

	buf_init(&seed, SEED_MAX);
	buf_init(&text, 2 * IDENTITY_BYTES);
	add(&seed, str_c(s->network));
	add(&seed, str_c(m->room->key));
	if (add_person(m, told, &seed))
		crypto_hmac_sha256(
		    str_of((const char *)s->gw->identity_key, CRYPTO_KEY_BYTES),
		    buf_str(&seed), hash);
	else
		crypto_random(hash, HASH_BYTES);
	crypto_base64(str_of((const char *)hash, HASH_BYTES), &text);
	memcpy(m->identity, text.p, IDENTITY_BYTES - 1);
	buf_release(&seed);
	buf_release(&text);
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
