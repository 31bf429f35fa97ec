/*
 * disco.h - service discovery answers and entity capabilities
 *
 * XEP-0030 2.5rc3, XEP-0115 1.6.0.  What an address is and can do is put
 * together in a struct disco and written, or hashed, from there: so the hash
 * that is announced is that of what is answered.
 */
#ifndef XMPP_DISCO_H
#define XMPP_DISCO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/str.h"

struct xmlw;

enum { DISCO_MAX = 48, DISCO_FIELDS_MAX = 48 };

struct disco_identity {
	const char *category, *type;
	struct str name; /* may be empty */
};

/* One field of a result form (XEP-0128). */
struct disco_field {
	const char *var;
	struct str value;
	bool is_list; /* list-multi: those behind it of that var, too */
};

struct disco {
	struct disco_identity identity[4];
	size_t nidentity;
	const char *feature[DISCO_MAX];
	size_t nfeature;
	const char *form_type; /* NULL: no form */
	struct disco_field field[DISCO_FIELDS_MAX];
	size_t nfield;
};

/* Over the ceilings: an assertion; all of them are our own constants. */
void disco_add_identity(
    struct disco *d, const char *category, const char *type, struct str name);
void disco_add_feature(struct disco *d, const char *feature);
void disco_add_field(struct disco *d, const char *var, struct str value);

/* One more value of a list; those of one var follow each other. */
void disco_add_value(struct disco *d, const char *var, struct str value);

/* <query/> of disco#info; node may be empty. */
void disco_write_info(struct xmlw *w, const struct disco *d, struct str node);

/* The verification string, base64 of SHA-1 (XEP-0115 5.1). */
enum { DISCO_VER = 29 };
void disco_ver(const struct disco *d, char out[DISCO_VER]);

/* <c/>; node is the URI of this program. */
void disco_write_caps(struct xmlw *w, const char *node, const char *ver);

/* One item of disco#items; node and name may be empty. */
void disco_write_item(
    struct xmlw *w, struct str jid, struct str node, struct str name);

#endif
