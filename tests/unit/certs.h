/*
 * certs.h - certificates for servers of a test
 *
 * Included once; make_certs and drop_certs are the group's setup and
 * teardown.  All but the expired one are good for an hour, for irc.test,
 * api.test and 127.0.0.1; nobody vouches for the one that is alone.
 */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

static struct cert {
	EVP_PKEY *key;
	X509 *x509;
	char pin[65];
} ca, good, expired, alone;

static char ca_file[] = "/tmp/passerelle-ca-XXXXXX";

static void
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static void
note_pin(struct cert *c)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len;

	X509_digest(c->x509, EVP_sha256(), md, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(c->pin + 2 * i, 3, "%02X", md[i]);
}

static void
make_cert(struct cert *c, const char *cn, const char *alt,
    const struct cert *issuer, long valid_s)
{
	X509_NAME *subject;

	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	X509_set_version(c->x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c->x509), random());
	X509_gmtime_adj(X509_getm_notBefore(c->x509), -7200);
	X509_gmtime_adj(X509_getm_notAfter(c->x509), valid_s);
	X509_set_pubkey(c->x509, c->key);
	subject = X509_get_subject_name(c->x509);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(
	    c->x509, issuer ? X509_get_subject_name(issuer->x509) : subject);
	if (alt)
		add_extension(c->x509, NID_subject_alt_name, alt);
	else
		add_extension(c->x509, NID_basic_constraints, "CA:TRUE");
	X509_sign(c->x509, issuer ? issuer->key : c->key, EVP_sha256());
	note_pin(c);
}

static int
make_certs(void **state)
{
	const char *alt = "DNS:irc.test,DNS:api.test,IP:127.0.0.1";
	FILE *f;

	(void)state;
	make_cert(&ca, "Test CA", NULL, NULL, 3600);
	make_cert(&good, "irc.test", alt, &ca, 3600);
	make_cert(&expired, "irc.test", alt, &ca, -3600);
	make_cert(&alone, "irc.test", alt, NULL, 3600);
	f = fdopen(mkstemp(ca_file), "w");
	assert_non_null(f);
	PEM_write_X509(f, ca.x509);
	fclose(f);
	return 0;
}

static int
drop_certs(void **state)
{
	struct cert *all[] = { &ca, &good, &expired, &alone };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		X509_free(all[i]->x509);
		EVP_PKEY_free(all[i]->key);
	}
	unlink(ca_file);
	return 0;
}

#endif
