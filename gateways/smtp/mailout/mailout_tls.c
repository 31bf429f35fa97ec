/*
 * The context that libesmtp does STARTTLS with.
 *
 * Not SSL_MODE_ENABLE_PARTIAL_WRITE: libesmtp would repeat the beginning of
 * what was written in part.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "smtp/mailout/mailout_tls.h"

/* What was found wrong with a certificate; one connection at a time. */
static struct {
	const struct mail_submit *to;
	long verdict; /* X509_V_OK: nothing */
	bool is_other_pin;
} seen;

/* ---- who answers ------------------------------------------------------ */

static int
on_verified(int ok, X509_STORE_CTX *store)
{
	if (!ok && seen.verdict == X509_V_OK)
		seen.verdict = X509_STORE_CTX_get_error(store);
	return ok;
}

/* Instead of all else: is it the one certificate? */
static int
on_pinned(X509_STORE_CTX *store, void *arg)
{
	const struct mail_submit *to = arg;
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (cert && X509_digest(cert, EVP_sha256(), digest, &len) == 1 &&
	    len == MAIL_PIN_BYTES &&
	    memcmp(digest, to->pin, MAIL_PIN_BYTES) == 0) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	seen.is_other_pin = true;
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

/* A trailing dot ends a DNS name, but is part of no certificate. */
static void
host_name(const struct mail_submit *s, char out[256])
{
	struct str host = s->host;

	if (str_ends(host, STR(".")))
		host.len--;
	snprintf(out, 256, STR_FMT, STR_ARG(host));
}

static bool
is_in_digits(const char *host)
{
	unsigned char any[16];

	return inet_pton(AF_INET, host, any) == 1 ||
	    inet_pton(AF_INET6, host, any) == 1;
}

/* libesmtp makes the SSL object itself; this is the first we see of it. */
static void
on_info(const SSL *ssl, int where, int ret)
{
	char host[256];

	(void)ret;
	if (!(where & SSL_CB_HANDSHAKE_START) || !seen.to)
		return;
	host_name(seen.to, host);
	if (!is_in_digits(host))
		(void)SSL_set_tlsext_host_name(
		    (SSL *)(uintptr_t)ssl, host); /* without it, it may fail */
}

static bool
expect_host(SSL_CTX *ctx, const struct mail_submit *s)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	char host[256];

	host_name(s, host);
	if (is_in_digits(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

static int
trust(SSL_CTX *ctx, const struct mail_submit *s, struct err *err)
{
	char file[1025];
	int rc;

	if (s->ca_file.len == 0) {
		rc = SSL_CTX_set_default_verify_paths(ctx);
	} else {
		snprintf(file, sizeof(file), STR_FMT, STR_ARG(s->ca_file));
		rc = SSL_CTX_load_verify_file(ctx, file);
	}
	if (rc == 1 && expect_host(ctx, s))
		return 0;
	return err_set(err, ERR_INTERNAL,
	    "TLS: cannot read authorities from " STR_FMT ": %s",
	    STR_ARG(s->ca_file.len ? s->ca_file : STR("the system")),
	    ERR_reason_error_string(ERR_peek_error()));
}

/* ---- the context ------------------------------------------------------ */

SSL_CTX *
mailout_tls_new(const struct mail_submit *s, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	seen.to = s;
	seen.verdict = X509_V_OK;
	seen.is_other_pin = false;
	ERR_clear_error();
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		abort();
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_info_callback(ctx, on_info);
	if (s->has_pin) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(
		    ctx, on_pinned, (void *)(uintptr_t)s);
	} else if (s->verify) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verified);
		if (trust(ctx, s, err) < 0) {
			SSL_CTX_free(ctx);
			return NULL;
		}
	}
	return ctx;
}

void
mailout_tls_why(const struct mail_submit *s, struct err *err, bool *is_broken)
{
	unsigned long e = ERR_peek_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	*is_broken = true;
	if (seen.is_other_pin) {
		err_set(err, ERR_DENIED,
		    "TLS: the certificate of " STR_FMT " is not the pinned one",
		    STR_ARG(s->host));
	} else if (seen.verdict != X509_V_OK) {
		err_set(err, ERR_DENIED,
		    "TLS: the certificate of " STR_FMT " is not valid: %s",
		    STR_ARG(s->host),
		    X509_verify_cert_error_string(seen.verdict));
	} else {
		*is_broken = false;
		err_set(err, ERR_PROTOCOL,
		    "TLS: handshake with " STR_FMT " failed: %s",
		    STR_ARG(s->host), reason ? reason : "it hung up");
	}
}
