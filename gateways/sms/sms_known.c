#include "sms/sms_known.h"

#include <inttypes.h>

#include "lib/crypto.h"

enum { HASH_DIGITS = 16, SECOND = 1000 };

uint64_t
sms_known_hash(struct str id)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	uint64_t n = 0;

	crypto_sha256(id, sum);
	for (size_t i = 0; i < sizeof(n); i++)
		n = n << 8 | sum[i];
	return n;
}

static bool
is_among(uint64_t id, const uint64_t *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (all[i] == id)
			return true;
	return false;
}

bool
sms_known_has(const struct sms_known *k, uint64_t id)
{
	return is_among(id, k->id, k->n);
}

void
sms_known_add(struct sms_known *k, uint64_t id)
{
	if (sms_known_has(k, id))
		return;
	if (k->n == SMS_KNOWN_MAX) {
		k->n--;
		memmove(k->id, k->id + 1, k->n * sizeof(k->id[0]));
	}
	k->id[k->n++] = id;
}

void
sms_known_keep(struct sms_known *k, const uint64_t *id, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->n; i++)
		if (is_among(k->id[i], id, n))
			k->id[kept++] = k->id[i];
	k->n = kept;
}

static bool
read_hash(struct str word, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < word.len; i++) {
		int digit = str_hex_digit(word.p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint64_t)digit;
	}
	return word.len == HASH_DIGITS;
}

bool
sms_known_read(struct sms_known *k, struct str text)
{
	struct str word;
	uint64_t n;

	k->n = 0;
	k->since_utc = 0;
	if (!str_cut(&text, ' ', &word) ||
	    !str_to_uint(word, INT64_MAX / SECOND, &n))
		return false;
	while (text.p && str_cut(&text, ' ', &word)) {
		uint64_t id;

		if (!read_hash(word, &id)) {
			k->n = 0;
			return false;
		}
		sms_known_add(k, id);
	}
	k->since_utc = (int64_t)n * SECOND;
	return true;
}

void
sms_known_write(const struct sms_known *k, struct buf *out)
{
	buf_addf(out, "%" PRId64, k->since_utc / SECOND);
	for (size_t i = 0; i < k->n; i++)
		buf_addf(out, " %016" PRIx64, k->id[i]);
}
