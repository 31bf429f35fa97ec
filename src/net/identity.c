/*
 * RFC 5280 4.1.2.5	99991231235959Z: no well-defined end
 */
#include <limits.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "lib/crypto.h"
#include "net/identity.h"

enum { SERIAL_BYTES = 16 };

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static void
must(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "passerelle: libcrypto cannot make a certificate\n");
	abort();
}

static void
release(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
	*id = (struct identity){ 0 };
}

/* ---- making ----------------------------------------------------------- */

static void
set_serial(X509 *cert)
{
	unsigned char serial[SERIAL_BYTES];
	BIGNUM *n;

	crypto_random(serial, sizeof(serial));
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 1);
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	must(n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)));
	BN_free(n);
}

/* It says nothing about its owner. */
static void
set_names(X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);

	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	         (const unsigned char *)"Passerelle", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(cert, name) == 1);
}

static void
make(struct identity *id)
{
	id->key = EVP_EC_gen("P-256");
	id->cert = X509_new();
	must(id->key && id->cert && X509_set_version(id->cert, 2) == 1);
	set_serial(id->cert);
	set_names(id->cert);
	must(ASN1_TIME_set_string(
	         X509_getm_notBefore(id->cert), "20000101000000Z") == 1 &&
	    ASN1_TIME_set_string(
	        X509_getm_notAfter(id->cert), "99991231235959Z") == 1 &&
	    X509_set_pubkey(id->cert, id->key) == 1 &&
	    X509_sign(id->cert, id->key, EVP_sha256()) > 0);
}

void
identity_new(struct buf *pem)
{
	struct identity id;
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long len;

	make(&id);
	must(b &&
	    PEM_write_bio_PKCS8PrivateKey(
	        b, id.key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    PEM_write_bio_X509(b, id.cert) == 1);
	len = BIO_get_mem_data(b, &text);
	must(len > 0 && len < IDENTITY_MAX);
	buf_add(pem, text, (size_t)len);
	OPENSSL_cleanse(text, (size_t)len);
	BIO_free(b);
	release(&id);
}

/* ---- reading ---------------------------------------------------------- */

static bool
parse(struct str pem, struct identity *id)
{
	char none[] = ""; /* instead of asking for a pass phrase */
	BIO *b;

	*id = (struct identity){ 0 };
	if (pem.len == 0 || pem.len > INT_MAX)
		return false;
	b = BIO_new_mem_buf(pem.p, (int)pem.len);
	must(b != NULL);
	id->key = PEM_read_bio_PrivateKey(b, NULL, NULL, none);
	id->cert = id->key ? PEM_read_bio_X509(b, NULL, NULL, none) : NULL;
	BIO_free(b);
	ERR_clear_error();
	if (id->cert)
		return true;
	release(id);
	return false;
}

static bool
digest(X509 *cert, const EVP_MD *md, char *hex)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (X509_digest(cert, md, raw, &len) != 1)
		return false;
	for (unsigned i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return true;
}

bool
identity_fingerprints(struct str pem, char sha256[IDENTITY_SHA256_HEX],
    char sha512[IDENTITY_SHA512_HEX])
{
	struct identity id;
	bool ok;

	if (!parse(pem, &id))
		return false;
	ok = digest(id.cert, EVP_sha256(), sha256) &&
	    digest(id.cert, EVP_sha512(), sha512);
	release(&id);
	return ok;
}

bool
identity_use(struct ssl_st *ssl, struct str pem)
{
	struct identity id;
	bool ok;

	if (!parse(pem, &id))
		return false;
	ok = SSL_use_certificate(ssl, id.cert) == 1 &&
	    SSL_use_PrivateKey(ssl, id.key) == 1;
	ERR_clear_error();
	release(&id);
	return ok;
}
