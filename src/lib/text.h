/*
 * text.h - stringprep profiles (libidn) and legacy charsets (iconv)
 *
 * ASCII takes a fast path of its own; only other text costs a library call.
 * The profiles follow RFC 6122: nodeprep, nameprep, resourceprep with
 * unassigned code points refused (ejabberd refuses them in addresses);
 * RFC 4013: saslprep, for passwords.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/str.h"

enum { TEXT_PREP_MAX = 1023 }; /* bytes of one part of an address */

enum text_profile {
	TEXT_NODEPREP,
	TEXT_NAMEPREP,
	TEXT_RESOURCEPREP,
	TEXT_SASLPREP
};

/*
 * Appends the prepared form of in, at most TEXT_PREP_MAX bytes.  False,
 * nothing appended: not valid UTF-8, refused by the profile, or too long.
 * An empty input gives an empty output.
 */
bool text_prep(enum text_profile profile, struct str in, struct buf *out);

/*
 * The same into out, which has TEXT_PREP_MAX bytes: how many were written, or
 * -1.  Not terminated.
 */
int text_prep_into(enum text_profile profile, struct str in, char *out);

/*
 * The same for what a server has let pass: code points that Unicode 3.2 had
 * not assigned, emoji among them, stay as they are (RFC 3454 7, "queries").
 * Prosody knows a newer Unicode and accepts them.
 */
int text_prep_received(enum text_profile profile, struct str in, char *out);

/*
 * Appends in, which is in charset ("windows-1252", "iso-8859-15", ...), as
 * UTF-8.  Bytes without a meaning there become U+FFFD.  False: no such
 * charset, or no room.
 */
bool text_to_utf8(const char *charset, struct str in, struct buf *out);

/*
 * The other way round.  False, nothing appended: a character of it is not in
 * that charset, there is no such charset, or no room.
 */
bool text_from_utf8(const char *charset, struct str in, struct buf *out);

/*
 * Appends the name of a domain with the letters that DNS has (RFC 3490 4.1).
 * False, nothing appended: it cannot be one, or no room.
 */
bool text_domain_ascii(struct str in, struct buf *out);

/*
 * Appends in with letters and the accents behind them made one where Unicode
 * has such a letter (NFC, as far as libidn knows it).  False, nothing
 * appended: not valid UTF-8, or no room.
 */
bool text_compose(struct str in, struct buf *out);

/*
 * Appends in with the accents of Latin letters dropped where Unicode (NFKD)
 * has them; what is no accented letter stays as it is.  False, nothing
 * appended: not valid UTF-8, or no room.
 */
bool text_to_ascii(struct str in, struct buf *out);

#endif
