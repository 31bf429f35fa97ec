/*
 * mailout_tls.h - TLS as libesmtp is to do it, behind STARTTLS
 *
 * Its own context is freed once too often, names no server (SNI) and compares
 * the certificate with whatever DNS calls the host.  So it is given this one:
 * TLS 1.2 or later, the certificate proved by OpenSSL while hands are shaken,
 * for the name that was configured or by its fingerprint.
 */
#ifndef MAILOUT_TLS_H
#define MAILOUT_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "lib/err.h"
#include "smtp/mail_submit.h"

/* s must outlive it.  NULL: err says what cannot be read. */
SSL_CTX *mailout_tls_new(const struct mail_submit *s, struct err *err);

/*
 * Why hands could not be shaken, since mailout_tls_new(); *is_broken: the
 * certificate is not to be trusted.
 */
void mailout_tls_why(
    const struct mail_submit *s, struct err *err, bool *is_broken);

#endif
