/*
 * mail_submit.h - where mail is handed in, and how: a smart host
 *
 * Read from the `submit` section (mail_smarthost.h), packed for the worker
 * that goes there.  Pure.
 *
 * Ownership  The strings are borrowed; those that were read, from the bytes.
 */
#ifndef MAIL_SUBMIT_H
#define MAIL_SUBMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/str.h"

enum mail_tls {
	MAIL_TLS_NONE,
	MAIL_TLS_STARTTLS, /* or nothing is sent */
	MAIL_TLS_IMPLICIT, /* from the first byte, as on port 465 (RFC 8314) */
	MAIL_NTLS
};

enum {
	MAIL_PIN_BYTES = 32,
	MAIL_LOGIN_MAX = 200, /* bytes of user and password: what the libraries
	                         have room for */
	MAIL_SUBMIT_MAX = 8192,
};

struct mail_submit {
	struct str host; /* name, or address in digits */
	uint16_t port;
	enum mail_tls tls;
	struct str user, password; /* empty: no login */
	struct str ca_file;        /* empty: the system's */
	bool verify;
	bool has_pin; /* SHA-256 of the certificate, instead of verify */
	uint8_t pin[MAIL_PIN_BYTES];
	struct str helo;    /* how we call ourselves */
	int64_t connect_ms; /* for each address of the host */
	int64_t reply_ms;   /* for each answer, and for bytes to be taken */
	int64_t final_ms;   /* for the answer to a mail (RFC 5321 4.5.3.2.6) */
	int64_t keep_ms;    /* a connection waits for the next mail */
	unsigned per_connection; /* mails; at least 1 */
};

/* "none", "starttls", "implicit". */
bool mail_tls_parse(struct str s, enum mail_tls *out);

/* This machine itself, whatever is done with names. */
bool mail_submit_is_here(const struct mail_submit *s);

/* -1: that cannot work, or would show a password to the network. */
int mail_submit_check(const struct mail_submit *s, struct err *err);

void mail_submit_pack(const struct mail_submit *s, struct buf *out);

/* -1: these bytes are none, or mail_submit_check() is against it. */
int mail_submit_read(struct mail_submit *s, struct str bytes, struct err *err);

#endif
