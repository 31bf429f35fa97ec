/*
 * sms_media.h - pictures and other files: what they are, and links to them
 *
 * What a stranger sent is judged by its own bytes, never by what he says it
 * is: a page or a script would otherwise run in our name.
 *
 * A link of ours holds all there is to know, sealed: the line, the provider's
 * URL (which may have a user's account in it) and until when it is good.  No
 * table, nothing to lose at a restart.
 *
 *	PREFIX/TOKEN/picture.jpg
 */
#ifndef SMS_MEDIA_H
#define SMS_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "lib/err.h"
#include "lib/str.h"

/* ---- what it is ----------------------------------------------------------- */

struct sms_media_type {
	const char *type, *name; /* "image/jpeg", "picture.jpg" */
};

/* By its first bytes; never NULL: application/octet-stream, "file.bin". */
const struct sms_media_type *sms_media_sniff(struct str body);

/*
 * By what it is said to be ("image/jpeg; x=y"), for a name before anybody has
 * seen it; NULL: not one that we would recognise.
 */
const struct sms_media_type *sms_media_said(struct str type);

/* The layout of an MMS (SMIL), which is of no use to anybody. */
bool sms_media_is_layout(struct str type, struct str url);

/* ---- where it is ------------------------------------------------------------ */

/*
 * The same scheme, host and port: only then the credentials for the one may
 * be shown to the other.
 */
bool sms_media_same_origin(struct str a, struct str b);

/* ---- links -------------------------------------------------------------------- */

enum {
	SMS_MEDIA_URL_MAX = 2048,  /* of the provider */
	SMS_MEDIA_LINK_MAX = 4096, /* bytes that sms_media_link_make() adds */
};

struct sms_media_link {
	struct str line;
	struct str url;
	int64_t until_utc;
};

/*
 * Appends "TOKEN/NAME"; the same link has another token each time.  -1:
 * ERR_TOO_BIG.
 */
int sms_media_link_make(const uint8_t key[CRYPTO_KEY_BYTES],
    const struct sms_media_link *l, const char *name, struct buf *out,
    struct err *err);

/*
 * What stands behind the prefix, with the slash in front of it.  *out borrows
 * from room.  -1: ERR_NOT_FOUND: not made by us; ERR_GONE: it was good once.
 */
int sms_media_link_open(const uint8_t key[CRYPTO_KEY_BYTES], struct str rest,
    int64_t now_utc, struct buf *room, struct sms_media_link *out,
    struct err *err);

#endif
