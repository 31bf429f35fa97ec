#include "smtp/mail_hash.h"

/* What is added, or changes, from one attempt to the next. */
static const char *const delivery_header[] = { "Received", "Return-Path",
	"Delivered-To", "X-Original-To", "Envelope-To", "Delivery-Date",
	"Authentication-Results", "Received-SPF", "X-Envelope-From",
	"X-Envelope-To" };

static struct str
name_of(struct str header)
{
	ptrdiff_t colon = str_find(header, ':');

	return colon < 0 ? STR_EMPTY
	                 : str_trim(str_head(header, (size_t)colon));
}

static bool
is_delivery_header(struct str name)
{
	for (size_t i = 0;
	     i < sizeof(delivery_header) / sizeof(delivery_header[0]); i++)
		if (str_eq_nocase(name, str_c(delivery_header[i])))
			return true;
	return false;
}

/* One header with the lines that it goes on in; empty: there is no more. */
static struct str
next_header(struct str *rest)
{
	const char *end = rest->p;
	struct str header = *rest, line;

	while (rest->len > 0) {
		ptrdiff_t lf = str_find(*rest, '\n');

		line = str_head(*rest, lf < 0 ? rest->len : (size_t)lf + 1);
		if (line.p[0] == '\n' || line.p[0] == '\r' ||
		    (line.p != header.p && line.p[0] != ' ' &&
		        line.p[0] != '\t'))
			break;
		*rest = str_skip(*rest, line.len);
		end = line.p + line.len;
	}
	header.len = (size_t)(end - header.p);
	return header;
}

/*
 * Two mails that say the same are told apart by when they were written.  If
 * that is not said, and a printer says it seldom, by when the first server had
 * them: its Received stays as it is from one attempt to the next.
 */
static bool
names_itself(struct str mail)
{
	struct str header;

	while (header = next_header(&mail), header.len > 0)
		if (str_eq_nocase(name_of(header), STR("Message-ID")) ||
		    str_eq_nocase(name_of(header), STR("Date")))
			return true;
	return false;
}

/* Each piece is hashed by itself, so that none need be put together. */
struct chain {
	uint8_t so_far[CRYPTO_SHA256_BYTES], piece[CRYPTO_SHA256_BYTES];
};

static void
chain_add(struct chain *c, struct str piece)
{
	crypto_sha256(piece, c->piece);
	crypto_sha256(str_of((const char *)c, sizeof(*c)), c->so_far);
}

void
mail_hash(struct str mail, uint8_t out[CRYPTO_SHA256_BYTES])
{
	struct chain c = { { 0 }, { 0 } };
	bool is_named = names_itself(mail);
	struct str header;

	while (header = next_header(&mail), header.len > 0)
		if (!is_delivery_header(name_of(header)) ||
		    (!is_named &&
		        str_eq_nocase(name_of(header), STR("Received"))))
			chain_add(&c, header);
	chain_add(&c, mail);
	memcpy(out, c.so_far, sizeof(c.so_far));
}
