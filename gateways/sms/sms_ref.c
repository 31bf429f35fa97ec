/*
 * ref = ticket "-" mac
 * ticket = 1*16( DIGIT / "a" - "f" ), no zero in front
 * mac = 16( DIGIT / "a" - "f" )
 *
 * 64 bits of MAC: who guesses needs 2^63 requests on average, each of them to
 * a path that cannot be guessed either.
 */
#include <inttypes.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/secret.h"
#include "sms/sms_ref.h"

enum { TICKET_DIGITS = 16, MAC_BYTES = 8, LINE_MAX_BYTES = 1024 };

/* The lengths stand in front, so that no two pairs are the same bytes. */
static void
add_mac(const uint8_t *key, struct str line, uint64_t ticket, char *to)
{
	uint8_t mac[CRYPTO_SHA256_BYTES];
	struct buf in;

	buf_init(&in, LINE_MAX_BYTES + 64);
	buf_addf(&in, "sms ref %zu ", line.len);
	buf_add_str(&in, str_head(line, LINE_MAX_BYTES));
	buf_addf(&in, " %" PRIx64, ticket);
	crypto_hmac_sha256(
	    str_of((const char *)key, SMS_REF_KEY_BYTES), buf_str(&in), mac);
	buf_release(&in);
	for (int i = 0; i < MAC_BYTES; i++)
		snprintf(to + 2 * i, 3, "%02x", mac[i]);
}

void
sms_ref_make(const uint8_t key[SMS_REF_KEY_BYTES], struct str line,
    uint64_t ticket, char out[SMS_REF_MAX + 1])
{
	int n = snprintf(out, SMS_REF_MAX + 1, "%" PRIx64 "-", ticket);

	add_mac(key, line, ticket, out + n);
}

static bool
read_ticket(struct str digits, uint64_t *out)
{
	*out = 0;
	if (digits.len == 0 || digits.len > TICKET_DIGITS || digits.p[0] == '0')
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		int d = str_hex_digit(digits.p[i]);

		if (d < 0)
			return false;
		*out = *out << 4 | (uint64_t)d;
	}
	return true;
}

bool
sms_ref_read(const uint8_t key[SMS_REF_KEY_BYTES], struct str line,
    struct str ref, uint64_t *ticket_out)
{
	char made[SMS_REF_MAX + 1];
	struct str rest = ref, digits;
	uint64_t ticket;

	if (ref.len > SMS_REF_MAX || !str_cut(&rest, '-', &digits) ||
	    !read_ticket(digits, &ticket))
		return false;
	/* The whole of it, so that there is one spelling only. */
	sms_ref_make(key, line, ticket, made);
	if (!secret_eq(ref, str_c(made)))
		return false;
	*ticket_out = ticket;
	return true;
}
