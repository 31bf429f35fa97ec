/*
 * TLS, by OpenSSL directly on the descriptor.
 *
 * RFC 5246, RFC 8446	TLS 1.2, 1.3; nothing older, no renegotiation
 * RFC 6066 section 3	server_name, never for an address in digits
 * RFC 6125		host name against the certificate
 *
 * There is no session resumption: it would cost an idle connection memory to
 * save a handshake that happens once a day.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/xalloc.h"

#include "net/identity.h"
#include "net/tls.h"

/*
 * A ticket that arrives makes OpenSSL allocate a buffer to write into, which
 * stays until the next write; it is as large as a record.  Our output is
 * lines, so small records cost nothing.
 */
enum { SEND_RECORD_BYTES = 4096 };

struct tls_context {
	struct tls_context *next;
	char *ca_file; /* NULL: the system's */
	SSL_CTX *ssl;
};

/* Needed until the handshake is over; not kept by ten thousand links. */
struct expected {
	bool verify, has_pin;
	uint8_t pin[TLS_PIN_BYTES];
};

struct tls {
	SSL *ssl;
	char *name; /* "host:port" */
	struct expected *expected;
};

bool
tls_parse_pin(struct str hex, uint8_t out[TLS_PIN_BYTES])
{
	size_t ndigit = 0;

	for (size_t i = 0; i < hex.len; i++) {
		int value = str_hex_digit(hex.p[i]);

		if (hex.p[i] == ':')
			continue;
		if (value < 0 || ndigit == 2 * TLS_PIN_BYTES)
			return false;
		if (ndigit % 2 == 0)
			out[ndigit / 2] = (uint8_t)(value << 4);
		else
			out[ndigit / 2] |= (uint8_t)value;
		ndigit++;
	}
	return ndigit == 2 * TLS_PIN_BYTES;
}

/* The oldest error OpenSSL has noted: later ones are its consequences. */
static const char *
openssl_reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	if (e && ERR_SYSTEM_ERROR(e))
		return strerror(ERR_GET_REASON(e));
	return text ? text : "unknown error";
}

static SSL_CTX *
new_ssl_ctx(const SSL_METHOD *side)
{
	SSL_CTX *ctx = SSL_CTX_new(side);

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		abort();
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	        SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_send_fragment(ctx, SEND_RECORD_BYTES);
	/* One recv() per record instead of one for its head and one more. */
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

static int
load_authorities(SSL_CTX *ctx, const char *ca_file, struct err *err)
{
	int rc;

	ERR_clear_error();
	rc = ca_file ? SSL_CTX_load_verify_file(ctx, ca_file)
	             : SSL_CTX_set_default_verify_paths(ctx);
	if (rc == 1)
		return 0;
	return err_set(err, ERR_INTERNAL,
	    "TLS: cannot read authorities from "
	    "%s: %s",
	    ca_file ? ca_file : "the system", openssl_reason());
}

static bool
is_context_for(const struct tls_context *c, const char *ca_file)
{
	if (!c->ca_file || !ca_file)
		return c->ca_file == ca_file;
	return strcmp(c->ca_file, ca_file) == 0;
}

struct tls_context *
tls_context(struct tls_context **list, const char *ca_file, struct err *err)
{
	struct tls_context *c;
	SSL_CTX *ctx;

	for (c = *list; c; c = c->next)
		if (is_context_for(c, ca_file))
			return c;
	ctx = new_ssl_ctx(TLS_client_method());
	if (load_authorities(ctx, ca_file, err) < 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->ssl = ctx;
	c->ca_file = ca_file ? xstrdup(ca_file) : NULL;
	c->next = *list;
	*list = c;
	return c;
}

void
tls_context_free(struct tls_context **list)
{
	struct tls_context *c, *next;

	for (c = *list; c; c = next) {
		next = c->next;
		SSL_CTX_free(c->ssl);
		free(c->ca_file);
		free(c);
	}
	*list = NULL;
}

static bool
is_ip_literal(const char *host)
{
	unsigned char any[16];

	return inet_pton(AF_INET, host, any) == 1 ||
	    inet_pton(AF_INET6, host, any) == 1;
}

/* A trailing dot ends a DNS name, but is part of no certificate. */
static char *
host_dup(struct str host)
{
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	return str_dup(host);
}

static bool
expect_host(SSL *ssl, struct str host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char *name = host_dup(host);
	bool ok;

	if (is_ip_literal(name)) {
		ok = X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	} else {
		X509_VERIFY_PARAM_set_hostflags(
		    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = SSL_set_tlsext_host_name(ssl, name) == 1 &&
		    X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
	}
	free(name);
	return ok;
}

struct tls *
tls_new(struct tls_context *c, const struct tls_peer *peer, int fd)
{
	struct tls *t = xcalloc(1, sizeof(*t));
	size_t size = peer->host.len + sizeof(":65535");

	t->ssl = SSL_new(c->ssl);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 ||
	    !expect_host(t->ssl, peer->host))
		abort();
	if (peer->identity.len && !identity_use(t->ssl, peer->identity)) {
		SSL_free(t->ssl);
		free(t);
		return NULL;
	}
	SSL_set_verify(t->ssl,
	    peer->verify && !peer->has_pin ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
	    NULL);
	SSL_set_connect_state(t->ssl);
	t->name = xmalloc(size);
	snprintf(t->name, size, STR_FMT ":%u", STR_ARG(peer->host), peer->port);
	t->expected = xcalloc(1, sizeof(*t->expected));
	t->expected->verify = peer->verify;
	t->expected->has_pin = peer->has_pin;
	memcpy(t->expected->pin, peer->pin, TLS_PIN_BYTES);
	return t;
}

/* ---- the server's side ---------------------------------------------------- */

struct tls_server {
	SSL_CTX *ssl;
};

static int
load_certificate(
    SSL_CTX *ctx, const char *cert_file, const char *key_file, struct err *err)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		return err_set(err, ERR_INTERNAL,
		    "TLS: no certificate can be read from %.100s: %s",
		    cert_file, openssl_reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, ERR_INTERNAL,
		    "TLS: %.100s has no key for the certificate in %.100s: %s",
		    key_file, cert_file, openssl_reason());
	return 0;
}

struct tls_server *
tls_server_new(const char *cert_file, const char *key_file, struct err *err)
{
	SSL_CTX *ctx = new_ssl_ctx(TLS_server_method());
	struct tls_server *s;

	if (load_certificate(ctx, cert_file, key_file, err) < 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	/* No session is resumed, whatever the version. */
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	s = xcalloc(1, sizeof(*s));
	s->ssl = ctx;
	return s;
}

void
tls_server_free(struct tls_server **sp)
{
	struct tls_server *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	SSL_CTX_free(s->ssl);
	free(s);
}

struct tls *
tls_accept(struct tls_server *s, const char *name, int fd)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	t->ssl = SSL_new(s->ssl);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1)
		abort();
	SSL_set_accept_state(t->ssl);
	t->name = xstrdup(name);
	return t;
}

void
tls_free(struct tls **tp)
{
	struct tls *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	SSL_free(t->ssl);
	free(t->name);
	free(t->expected);
	free(t);
}

/* Why the peer and we could not agree, in words an operator can act on. */
static int
handshake_err(const struct tls *t, struct err *err, bool *permanent_out)
{
	long verdict = SSL_get_verify_result(t->ssl);
	int reason = ERR_GET_REASON(ERR_peek_error());

	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		*permanent_out = true;
		return err_set(err, ERR_DENIED,
		    "TLS: certificate of %s is not valid: %s", t->name,
		    X509_verify_cert_error_string(verdict));
	}
	if (reason == SSL_R_WRONG_VERSION_NUMBER)
		return err_set(err, ERR_PROTOCOL,
		    "TLS: %s does not speak TLS on this port", t->name);
	return err_set(err, ERR_PROTOCOL, "TLS: handshake with %s failed: %s",
	    t->name, openssl_reason());
}

static int
pin_err(
    const struct tls *t, const uint8_t digest[TLS_PIN_BYTES], struct err *err)
{
	char hex[2 * TLS_PIN_BYTES + 1];

	for (int i = 0; i < TLS_PIN_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return err_set(err, ERR_DENIED,
	    "TLS: certificate of %s is not the pinned one: it is %s", t->name,
	    hex);
}

static int
check_pin(const struct tls *t, struct err *err)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!cert || X509_digest(cert, EVP_sha256(), digest, &len) != 1)
		return err_set(err, ERR_PROTOCOL,
		    "TLS: %s has shown no certificate", t->name);
	if (len == TLS_PIN_BYTES &&
	    memcmp(digest, t->expected->pin, TLS_PIN_BYTES) == 0)
		return 0;
	return pin_err(t, digest, err);
}

/* Everything that went wrong after bytes could flow. */
static enum tls_result
stream_err(const struct tls *t, int ssl_error, int errnum, struct err *err)
{
	if (ssl_error == SSL_ERROR_SYSCALL && errnum != 0)
		err_set(
		    err, ERR_UNREACHABLE, "%s: %s", t->name, strerror(errnum));
	else if (ssl_error == SSL_ERROR_SYSCALL)
		return TLS_CLOSED;
	else
		err_set(err, ERR_PROTOCOL, "TLS: %s: %s", t->name,
		    openssl_reason());
	return TLS_FAILED;
}

/* After a call that returned rc <= 0; errno is still its own. */
static enum tls_result
result_of(const struct tls *t, int rc, struct err *err)
{
	int errnum = errno;
	int ssl_error = SSL_get_error(t->ssl, rc);

	switch (ssl_error) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		return stream_err(t, ssl_error, errnum, err);
	}
}

static enum tls_result
finish_handshake(struct tls *t, struct err *err, bool *permanent_out)
{
	if (t->expected && t->expected->has_pin && check_pin(t, err) < 0) {
		*permanent_out = true;
		return TLS_FAILED;
	}
	free(t->expected);
	t->expected = NULL;
	return TLS_DONE;
}

enum tls_result
tls_handshake(struct tls *t, struct err *err, bool *permanent_out)
{
	enum tls_result r;
	int rc;

	*permanent_out = false;
	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc == 1)
		return finish_handshake(t, err, permanent_out);
	r = result_of(t, rc, err);
	if (r == TLS_CLOSED)
		err_set(err, ERR_UNREACHABLE,
		    "TLS: %s hung up during the handshake", t->name);
	else if (r == TLS_FAILED && ERR_peek_error() != 0)
		handshake_err(t, err, permanent_out);
	return r == TLS_CLOSED ? TLS_FAILED : r;
}

const char *
tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

enum tls_result
tls_read(struct tls *t, char *to, size_t size, size_t *n_out, struct err *err)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(t->ssl, to, size, n_out);
	return rc == 1 ? TLS_DONE : result_of(t, rc, err);
}

enum tls_result
tls_write(
    struct tls *t, const char *from, size_t len, size_t *n_out, struct err *err)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, from, len, n_out);
	return rc == 1 ? TLS_DONE : result_of(t, rc, err);
}

bool
tls_has_pending(const struct tls *t)
{
	return SSL_has_pending(t->ssl) == 1;
}

void
tls_finish(struct tls *t)
{
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl); /* the peer sees the end anyway */
}
