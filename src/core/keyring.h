/*
 * keyring.h - the keys that stored secrets are sealed with
 *
 * The key file has one key per line, 64 hex digits; lines that are empty or
 * begin with '#' are skipped.  The first key seals, all of them open: to
 * rotate, put a new line above the others.  A sealed value begins with the id
 * of its key, the first bytes of the key's SHA-256.
 *
 * Thread     A keyring does not change once it is loaded: any may use it.
 */
#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/str.h"

enum {
	KEYRING_MAX = 16, /* keys */
	KEYRING_ID_BYTES = 4,
	KEYRING_SEAL_EXTRA = KEYRING_ID_BYTES + CRYPTO_SEAL_EXTRA,
};

struct keyring {
	size_t n;
	struct keyring_key {
		uint8_t id[KEYRING_ID_BYTES];
		uint8_t key[CRYPTO_KEY_BYTES];
	} v[KEYRING_MAX];
};

/*
 * A missing file is made with one random key, mode 0600, if may_create.  A
 * file that others than owner and group can read, or that the group can
 * write, is refused.
 */
int keyring_load(
    struct keyring *k, const char *path, bool may_create, struct err *err);
void keyring_release(struct keyring *k); /* wiped */

bool keyring_has(const struct keyring *k, struct str id);

/* Appends id and sealed value; bound as for crypto_seal(). */
int keyring_seal(const struct keyring *k, struct str bound, struct str plain,
    struct buf *out);
bool keyring_open(const struct keyring *k, struct str bound, struct str sealed,
    struct buf *out);

#endif
