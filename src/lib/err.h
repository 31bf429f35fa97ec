/*
 * err.h - what went wrong: a kind for code, a text for people
 *
 * The kind says what a caller can do about it; xmpp/stanza_error.c maps it
 * to a stanza error.  The text says what was tried, on which object and what
 * came back; it holds no secret, no message body, no control character.
 *
 *	return err_set(err, ERR_AUTH, "SASL: " STR_FMT, STR_ARG(why));
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdarg.h>

enum err_kind {
	ERR_NONE,
	ERR_BAD_INPUT,   /* fix the input */
	ERR_TOO_BIG,     /* send less */
	ERR_NOT_FOUND,   /* there is no such thing */
	ERR_DENIED,      /* you may not */
	ERR_NOT_ALLOWED, /* nobody may: not this action on this object */
	ERR_CONFLICT,    /* somebody else has that name */
	ERR_AUTH,        /* log in, or log in again */
	ERR_STRANGER,    /* register first */
	ERR_UNSUPPORTED, /* we or the network cannot do that */
	ERR_NOT_INSIDE,  /* join first */
	ERR_UNREACHABLE, /* the network cannot be reached; wait */
	ERR_TIMEOUT,     /* no answer in time; wait */
	ERR_BUSY,        /* a ceiling is reached; wait */
	ERR_ABSENT,      /* whom it was for is not to be reached now; wait */
	ERR_POLICY,      /* what it says is not let through */
	ERR_UNSUITABLE,  /* not like this: say it otherwise */
	ERR_GONE,        /* it has another address now; see text */
	ERR_PROTOCOL,    /* the peer broke its protocol */
	ERR_INTERNAL,    /* our own fault */
	ERR_NKIND
};

struct err {
	enum err_kind kind;
	char text[256];
};

#define ERR_INIT ((struct err){ .kind = ERR_NONE })

/* Always -1.  err may be NULL.  Control characters become '?'. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text that is there.  Always -1. */
int err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "bad-input", "too-big", ...: for logs. */
const char *err_kind_name(enum err_kind kind);

#endif
