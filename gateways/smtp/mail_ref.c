/*
 * ref = "b." number "." mac / "t." id "." number "." mac / "r." id "." mac
 * number = 1*13( a-z / 2-7 ), no zero ("a") in front
 * mac = 16( a-z / 2-7 )	80 bits
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "smtp/mail_ref.h"

enum {
	MAC_LEN = 16,
	MAC_BYTES = 10,
	NUMBER_MAX = 13, /* digits of 2^64 in base 32 */
	GENERATIONS = 2,
};

#define WEEK_MS INT64_C(604800000)

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* ---- base 32 (RFC 4648 6, in lower case, unpadded) -------------------- */

/* n is a multiple of 5 bytes. */
static void
base32(const uint8_t *in, size_t n, char *out)
{
	uint64_t bits;

	for (; n >= 5; n -= 5, in += 5, out += 8) {
		bits = 0;
		for (int i = 0; i < 5; i++)
			bits = bits << 8 | in[i];
		for (int i = 0; i < 8; i++)
			out[i] = digits[bits >> (35 - 5 * i) & 31];
	}
	*out = '\0';
}

static void
write_number(uint64_t n, char out[NUMBER_MAX + 1])
{
	char back[NUMBER_MAX];
	size_t len = 0, i = 0;

	do
		back[len++] = digits[n & 31];
	while (n >>= 5);
	while (len)
		out[i++] = back[--len];
	out[i] = '\0';
}

static bool
read_number(struct str s, uint64_t *out)
{
	const char *at;

	*out = 0;
	if (s.len == 0 || s.len > NUMBER_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		at = s.p[i] ? strchr(digits, s.p[i]) : NULL;
		if (!at || *out >> 59)
			return false;
		*out = *out << 5 | (uint64_t)(at - digits);
	}
	return true;
}

static bool
is_id(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		        (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.len > 0 && s.len <= MAIL_REF_ID_MAX;
}

/* ---- MACs ------------------------------------------------------------- */

/* Puts a dot and the MAC of what is in out, and of the week, behind it. */
static void
seal(const struct mail_refs *refs, int64_t week, mail_ref_text out)
{
	size_t len = strlen(out);
	uint8_t mac[CRYPTO_SHA256_BYTES];
	char in[sizeof(mail_ref_text) + 32];
	int n = snprintf(in, sizeof(in), "%s %" PRId64, out, week);

	crypto_hmac_sha256(str_of((const char *)refs->key, sizeof(refs->key)),
	    str_of(in, (size_t)n), mac);
	out[len] = '.';
	base32(mac, MAC_BYTES, out + len + 1);
}

/* What is before the last dot, if what is behind it is its MAC. */
static bool
unseal(const struct mail_refs *refs, int64_t week, struct str whole,
    struct str *out)
{
	mail_ref_text made;

	if (whole.len < MAC_LEN + 2 || whole.len > MAIL_LOCAL_MAX)
		return false;
	*out = str_head(whole, whole.len - MAC_LEN - 1);
	(void)snprintf(made, sizeof(made), STR_FMT, STR_ARG(*out));
	seal(refs, week, made);
	return secret_eq(whole, str_c(made));
}

/* In lower case; empty: too long to be one of ours. */
static struct str
fold(struct str s, mail_ref_text out)
{
	struct buf folded;

	out[0] = '\0';
	if (s.len > MAIL_LOCAL_MAX)
		return STR_EMPTY;
	buf_init(&folded, MAIL_LOCAL_MAX);
	mail_address_fold(s, &folded);
	memcpy(out, folded.p, folded.len + 1);
	buf_release(&folded);
	return str_c(out);
}

static bool
take_prefix(struct str *s, const char *prefix)
{
	if (!str_starts(*s, str_c(prefix)))
		return false;
	*s = str_skip(*s, 2);
	return true;
}

/* ---- bounces ---------------------------------------------------------- */

void
mail_ref_bounce(const struct mail_refs *refs, uint64_t ticket, int64_t now_utc,
    mail_ref_text out)
{
	char number[NUMBER_MAX + 1];

	write_number(ticket, number);
	(void)snprintf(out, sizeof(mail_ref_text), "b.%s", number);
	seal(refs, now_utc / WEEK_MS, out);
}

bool
mail_ref_bounce_read(const struct mail_refs *refs, struct str local,
    int64_t now_utc, uint64_t *ticket_out)
{
	mail_ref_text folded;
	struct str whole = fold(local, folded), s = STR_EMPTY;
	bool ok = false;

	for (int i = 0; i < GENERATIONS && !ok; i++)
		ok = unseal(refs, now_utc / WEEK_MS - i, whole, &s);
	return ok && take_prefix(&s, "b.") && read_number(s, ticket_out);
}

/* ---- Message-IDs ------------------------------------------------------ */

void
mail_ref_message(const struct mail_refs *refs, struct str thread,
    uint64_t ticket, mail_ref_text out)
{
	char number[NUMBER_MAX + 1];

	write_number(ticket, number);
	(void)snprintf(out, sizeof(mail_ref_text), "t." STR_FMT ".%s",
	    STR_ARG(str_head(thread, MAIL_REF_ID_MAX)), number);
	seal(refs, 0, out);
}

static bool
take_id(struct str s, char out[MAIL_REF_ID_MAX + 1])
{
	if (!is_id(s))
		return false;
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return true;
}

bool
mail_ref_message_read(const struct mail_refs *refs, struct str id,
    char thread_out[MAIL_REF_ID_MAX + 1], uint64_t *ticket_out)
{
	mail_ref_text folded;
	struct str local, s, thread;

	if (!str_cut(&id, '@', &local))
		return false;
	return unseal(refs, 0, fold(local, folded), &s) &&
	    take_prefix(&s, "t.") && str_cut(&s, '.', &thread) &&
	    take_id(thread, thread_out) && read_number(s, ticket_out);
}

/* ---- answers ---------------------------------------------------------- */

void
mail_ref_reply(const struct mail_refs *refs, struct str conv, mail_ref_text out)
{
	(void)snprintf(out, sizeof(mail_ref_text), "r." STR_FMT,
	    STR_ARG(str_head(conv, MAIL_REF_ID_MAX)));
	seal(refs, 0, out);
}

bool
mail_ref_reply_read(const struct mail_refs *refs, struct str local,
    char conv_out[MAIL_REF_ID_MAX + 1])
{
	mail_ref_text folded;
	struct str s;

	return unseal(refs, 0, fold(local, folded), &s) &&
	    take_prefix(&s, "r.") && take_id(s, conv_out);
}

/* ---- tokens ----------------------------------------------------------- */

void
mail_token_new(char out[MAIL_TOKEN_LEN + 1])
{
	uint8_t random[20];
	char text[33];

	crypto_random(random, sizeof(random));
	base32(random, sizeof(random), text);
	memcpy(out, text, MAIL_TOKEN_LEN);
	out[MAIL_TOKEN_LEN] = '\0';
	secret_wipe(random, sizeof(random));
	secret_wipe(text, sizeof(text));
}

void
mail_token_hash(struct str token, char out[MAIL_TOKEN_HASH_LEN + 1])
{
	uint8_t hash[CRYPTO_SHA256_BYTES];
	mail_ref_text folded;

	crypto_sha256(fold(token, folded), hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
	secret_wipe(folded, sizeof(folded));
}

bool
mail_token_is(struct str token, struct str hash)
{
	char made[MAIL_TOKEN_HASH_LEN + 1];

	mail_token_hash(token, made);
	return token.len == MAIL_TOKEN_LEN && secret_eq(str_c(made), hash);
}
