/*
 * sms_proof.h - does a webhook come from whom it says?
 *
 * One scheme with its values filled in, and one request.  Pure: no socket, no
 * clock, no memory; sms_verify.h reads schemes from a profile and remembers.
 *
 *	if (sms_proof_check(&proof, &ask, now_utc, &once, &err) < 0)
 *		403, err says why, for the log
 *
 * Whatever is compared is compared in constant time.  A signature that stands
 * there twice is none, and so is one of another length, without a key, or
 * over a body that it does not cover.
 *
 * Errors     ERR_AUTH; ERR_INTERNAL: what is configured cannot be used.  The
 *            text holds neither a secret nor a signature.
 * Limits     SMS_PROOF_FIELDS_MAX fields, SMS_PROOF_TEXT_MAX bytes signed.
 */
#ifndef SMS_PROOF_H
#define SMS_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/str.h"
#include "sms/sms_vars.h"

enum {
	SMS_PROOF_PARTS_MAX = 16,
	SMS_PROOF_FIELDS_MAX = 2000,
	SMS_PROOF_TEXT_MAX = 8 * 1024 * 1024,
	SMS_PROOF_SKEW_S = 300,
	SMS_PROOF_SKEW_MAX_S = 24 * 60 * 60,
};

/* A request as it came in; all borrowed. */
struct sms_hook_ask {
	struct str method;
	struct str url;  /* as the provider has it: public, with the query */
	struct str body; /* raw */
	struct str peer; /* address it comes from */
	const struct sms_pair *header; /* each one, also those of one name */
	size_t nheader;
	const struct sms_pair *query; /* decoded */
	size_t nquery;
	const struct sms_pair *field; /* decoded fields of a form, or the top
	                                 level texts and numbers of JSON */
	size_t nfield;
	bool is_form;
};

enum sms_scheme {
	SMS_SCHEME_PATH_TOKEN, /* the path was the secret: nothing more */
	SMS_SCHEME_HMAC,
	SMS_SCHEME_ED25519,
	SMS_SCHEME_JWT_HS,
	SMS_SCHEME_VONAGE_SIG,
	SMS_SCHEME_PLIVO_V3,
	SMS_SCHEME_BASIC,
	SMS_SCHEME_BEARER_EQ,
	SMS_SCHEME_PARAM_EQ,
	SMS_SCHEME_IP_ALLOW,
	SMS_NSCHEME
};

/* What is signed is some of these, one behind the other. */
enum sms_signed_kind {
	SMS_SIGNED_LITERAL, /* text */
	SMS_SIGNED_HEADER,  /* value of the header text */
	SMS_SIGNED_METHOD,
	SMS_SIGNED_URL,
	SMS_SIGNED_BODY,
	SMS_SIGNED_BODY_SHA256, /* its 32 bytes */
	SMS_SIGNED_BODY_SHA256_HEX,
	SMS_SIGNED_SORTED_FORM, /* name and value of each field, by name */
};

struct sms_signed_part {
	enum sms_signed_kind kind;
	struct str text;
};

struct sms_proof {
	enum sms_scheme scheme;
	struct str secret; /* ip-allow: addresses and ranges, by commas */
	struct str user;   /* basic */
	struct str header; /* that holds the proof */
	struct str prefix; /* in front of it there */
	struct str param;  /* param-eq: field of the query or the form */

	/* hmac, ed25519, vonage-sig */
	enum crypto_digest alg;
	bool is_hex;        /* else base64 */
	bool is_plain_hash; /* vonage-sig: no HMAC, the secret at the end */
	bool any_port;      /* the URL also with, and without, its port */
	struct sms_signed_part part[SMS_PROOF_PARTS_MAX];
	size_t npart;
	struct str hash_param;  /* field of the query with the body's SHA-256:
	                           then the form is not signed */
	struct str skew_header; /* seconds since the Epoch; or empty */
	bool once;              /* remembered, although there is no time */

	/* jwt-hs */
	unsigned algs;                            /* 1 << enum crypto_digest */
	struct str issuer, body_claim, url_claim; /* or empty */
	int64_t leeway_s;

	int64_t skew_s; /* that a time may differ from ours */
};

/* By what the request is known again, and how long it is good. */
struct sms_once {
	int64_t until_utc; /* 0: it would be good for ever */
	uint8_t id[CRYPTO_SHA256_BYTES];
};

int sms_proof_check(const struct sms_proof *p, const struct sms_hook_ask *ask,
    int64_t now_utc, struct sms_once *once_out, struct err *err);

/*
 * Is what is filled in of use: a key of the right length, addresses that
 * read as such?  ERR_BAD_INPUT.
 */
int sms_proof_try(const struct sms_proof *p, struct err *err);

/* "hmac", "ed25519", ...: as profiles have it; NULL-terminated. */
extern const char *const sms_scheme_names[];

/* ---- for the schemes -------------------------------------------------- */

/*
 * The value of the one header of that name, behind the prefix; -1, err: there
 * is none, or more than one, or it begins otherwise.
 */
int sms_proof_header(const struct sms_hook_ask *ask, struct str name,
    struct str prefix, struct str *out, struct err *err);

/* How many there are; *out is the first. */
size_t sms_proof_find(
    const struct sms_pair *pair, size_t n, struct str name, struct str *out);

/* A time in seconds, or in milliseconds; -1, err: not near enough. */
int sms_proof_time(struct str text, int64_t skew_s, int64_t now_utc,
    int64_t *utc_out, struct err *err);

/* The request is known by that signature, its body and its URL. */
void sms_proof_once(const struct sms_hook_ask *ask, struct str signature,
    int64_t until_utc, struct sms_once *out);

#endif
