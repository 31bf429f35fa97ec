/*
 * irc_sasl.h - logging in: which mechanism, and what each of them says
 *
 * One row per mechanism, best first.  What the user has (a certificate, a
 * password) and wants, and what the server offers, decide which are tried;
 * one that is refused gives way to the next.  A server that fails to prove
 * itself ends it: nothing weaker is tried then.
 *
 *	irc_sasl_init ... irc_sasl_offer("PLAIN,EXTERNAL")
 *	irc_sasl_begin -> AUTHENTICATE EXTERNAL ... 903
 *	irc_sasl_begin -> AUTHENTICATE SCRAM-SHA-256 ... state DERIVING
 *	irc_sasl_derived -> ... 903
 *
 * Limits     A challenge of IRC_SASL_IN_MAX bytes of base64.
 * Source     IRCv3 sasl-3.1, sasl-3.2; RFC 4422, 4616, 5802, 7677.
 */
#ifndef IRC_SASL_H
#define IRC_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "irc/irc_scram.h"
#include "lib/buf.h"
#include "lib/secret.h"
#include "lib/str.h"

enum { IRC_SASL_IN_MAX = 2048 };

enum irc_mechanism {
	IRC_MECH_EXTERNAL,
	IRC_MECH_SCRAM_SHA_256,
	IRC_MECH_PLAIN,
	IRC_NMECH
};

enum irc_sasl_state {
	IRC_SASL_OFF,      /* no credentials, or not begun */
	IRC_SASL_WANTED,   /* credentials; sasl is asked for */
	IRC_SASL_ASKED,    /* AUTHENTICATE and a mechanism was sent */
	IRC_SASL_SENT,     /* so was something that the server judges */
	IRC_SASL_DERIVING, /* a key is awaited from the caller */
	IRC_SASL_DONE,     /* 903 */
	IRC_SASL_REFUSED,  /* wrong credentials */
	IRC_SASL_MISSING,  /* the server cannot, now */
};

/* Borrowed for irc_sasl_init(), which copies. */
struct irc_sasl_params {
	struct str account, password;
	struct str mechanism; /* that one only; empty: the best */
	struct str nonce;     /* random, printable, without comma */
	bool has_certificate; /* the link shows one */
};

struct irc_dialogue {
	struct irc_scram scram;
	struct buf in; /* the challenge so far */
};

struct irc_sasl {
	enum irc_sasl_state state;
	enum irc_mechanism mech; /* from ASKED on */
	uint8_t usable;          /* bits: what we can do */
	uint8_t offered, tried;  /* bits: 1 << enum irc_mechanism */
	bool wished; /* by an account or a mechanism, not only possible */
	bool judged; /* credentials were refused */
	bool proved; /* the server knows the password */
	const char *broken; /* why nothing more is tried, or NULL */
	struct secret account, password;
	struct secret nonce;
	struct irc_dialogue *talk; /* from the first AUTHENTICATE to 001 */
};

/* "PLAIN"; false: we know no such mechanism. */
bool irc_sasl_knows(struct str mechanism);

/* -1: one of the secrets is too long. */
int irc_sasl_init(struct irc_sasl *s, const struct irc_sasl_params *p);
void irc_sasl_release(struct irc_sasl *s);

/* The server has none for us. */
void irc_sasl_missing(struct irc_sasl *s);

/*
 * The registration is over.  Only where the server could not, the secrets are
 * kept: it may later, see irc_sasl_again().
 */
void irc_sasl_end(struct irc_sasl *s);

/* Nothing more is tried: only this state is kept, no secret. */
void irc_sasl_forget(struct irc_sasl *s, enum irc_sasl_state state);

/* It is offered now; WANTED, if that can be of use. */
void irc_sasl_again(struct irc_sasl *s);

/* It is offered no longer, or has not answered: for now that is the end. */
void irc_sasl_lost(struct irc_sasl *s);

/* The value of the capability, or of 908. */
void irc_sasl_offer(struct irc_sasl *s, struct str mechanisms);

/* WANTED, and there is one to try. */
bool irc_sasl_can(const struct irc_sasl *s);

bool irc_sasl_is_busy(const struct irc_sasl *s);

/* All of these append lines to send.  irc_sasl_can() was true. */
void irc_sasl_begin(struct irc_sasl *s, struct buf *out);
void irc_sasl_challenge(struct irc_sasl *s, struct str chunk, struct buf *out);

/* 903 done, 907 before; 902, 904 ... 906 refused; 908 lists: mechanisms. */
void irc_sasl_numeric(
    struct irc_sasl *s, unsigned code, struct str mechanisms, struct buf *out);

/* In state DERIVING: PBKDF2 of password, and of talk->scram's
   salt and iterations. */
void irc_sasl_derived(struct irc_sasl *s,
    const uint8_t key[CRYPTO_SHA256_BYTES], struct buf *out);

#endif
