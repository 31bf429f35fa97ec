/*
 * The first byte chooses a scheme; behind it stand, by lines, the header with
 * the proof, its second header, the URL, the peer, and the body, which is
 * also read as fields `name=value` by "&".  Whatever the bytes:
 *
 *	nothing of it is a proof, since the key is not in it
 *	what is signed with the key holds, and holds no more once a byte of the
 *	body is another
 */
#include <stdlib.h>

#include "sms/sms_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS_MAX = 64, LINES = 5, TEXT_MAX = 1 << 20 };

static const int64_t now_utc = 1700000000LL * 1000;

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static const struct sms_proof like = {
	.alg = CRYPTO_SHA256,
	.algs = 1 << CRYPTO_SHA256,
	.header = { "X-Proof", 7 },
	.prefix = { "v1=", 3 },
	.param = { "key", 3 },
	.hash_param = { "sha", 3 },
	.any_port = true,
	.skew_s = 300,
	.leeway_s = 1,
	.user = { "nobody knows", 12 },
	.secret = { "nobody knows either", 19 },
	.part = { { SMS_SIGNED_METHOD, { "", 0 } },
	    { SMS_SIGNED_URL, { "", 0 } },
	    { SMS_SIGNED_SORTED_FORM, { "", 0 } },
	    { SMS_SIGNED_BODY_SHA256_HEX, { "", 0 } },
	    { SMS_SIGNED_HEADER, { "X-Other", 7 } } },
	.npart = 5,
};

static size_t
take_fields(struct str text, struct sms_pair *field)
{
	size_t n = 0;

	while (n < FIELDS_MAX && str_cut(&text, '&', &field[n].value)) {
		str_cut(&field[n].value, '=', &field[n].name);
		if (!field[n].value.p)
			field[n].value = STR_EMPTY;
		n++;
	}
	return n;
}

/* Signed by our own hand: no part but URL and body. */
static void
sign(struct sms_hook_ask a)
{
	struct sms_proof p = { .scheme = SMS_SCHEME_HMAC,
		.alg = CRYPTO_SHA256,
		.is_hex = true,
		.secret = like.secret,
		.header = like.header,
		.part = { { SMS_SIGNED_URL, STR_EMPTY },
		    { SMS_SIGNED_BODY, STR_EMPTY } },
		.npart = 2 };
	struct sms_pair header = { like.header, STR_EMPTY };
	uint8_t mac[CRYPTO_DIGEST_MAX];
	struct buf text, hex;
	struct sms_once once;
	size_t n;

	buf_init(&text, TEXT_MAX);
	buf_init(&hex, 256);
	buf_add_str(&text, a.url);
	buf_add_str(&text, a.body);
	n = crypto_hmac(p.alg, p.secret, buf_str(&text), mac);
	crypto_hex(str_of((const char *)mac, n), &hex);
	header.value = buf_str(&hex);
	a.header = &header;
	a.nheader = 1;
	if (a.url.len < 4096) {
		check(sms_proof_check(&p, &a, now_utc, &once, NULL) == 0);
		buf_addc(&text, 'x');
		a.body = str_skip(buf_str(&text), a.url.len);
		check(sms_proof_check(&p, &a, now_utc, &once, NULL) < 0);
	}
	buf_release(&text);
	buf_release(&hex);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), line[LINES];
	struct sms_pair header[2] = { { like.header, STR_EMPTY },
		{ STR("X-Other"), STR_EMPTY } };
	struct sms_pair field[FIELDS_MAX];
	struct sms_hook_ask a = { .method = STR("POST"),
		.header = header,
		.nheader = 2,
		.field = field,
		.query = field };
	struct sms_proof p = like;
	struct sms_once once;
	int i = 0;

	if (size < 1 || size > TEXT_MAX / 2)
		return 0;
	p.scheme = (enum sms_scheme)(1 + data[0] % (SMS_NSCHEME - 1));
	p.is_hex = data[0] & 0x80;
	rest = str_skip(rest, 1);
	while (i < LINES - 1 && str_cut(&rest, '\n', &line[i]))
		i++;
	line[i++] = rest.p ? rest : STR_EMPTY;
	while (i < LINES)
		line[i++] = STR_EMPTY;
	if (p.scheme == SMS_SCHEME_BASIC)
		header[0].name = STR("Authorization");
	if (p.scheme == SMS_SCHEME_PLIVO_V3) {
		header[0].name = STR("X-Plivo-Signature-V3");
		header[1].name = STR("X-Plivo-Signature-V3-Nonce");
	}
	header[0].value = line[0];
	header[1].value = line[1];
	a.url = line[2];
	a.peer = line[3];
	a.body = line[4];
	a.nfield = a.nquery = take_fields(a.body, field);
	a.is_form = data[0] & 0x40;
	check(sms_proof_check(&p, &a, now_utc, &once, NULL) < 0);
	sign(a);
	return 0;
}
