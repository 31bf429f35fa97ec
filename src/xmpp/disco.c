/*
 * Service discovery answers and entity capabilities.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/crypto.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

void
disco_add_identity(
    struct disco *d, const char *category, const char *type, struct str name)
{
	assert(d->nidentity < sizeof(d->identity) / sizeof(d->identity[0]));
	d->identity[d->nidentity++] =
	    (struct disco_identity){ category, type, name };
}

void
disco_add_feature(struct disco *d, const char *feature)
{
	assert(d->nfeature < DISCO_MAX);
	d->feature[d->nfeature++] = feature;
}

void
disco_add_field(struct disco *d, const char *var, struct str value)
{
	assert(d->nfield < sizeof(d->field) / sizeof(d->field[0]));
	d->field[d->nfield++] = (struct disco_field){ var, value, false };
}

void
disco_add_value(struct disco *d, const char *var, struct str value)
{
	disco_add_field(d, var, value);
	d->field[d->nfield - 1].is_list = true;
}

static void
write_field(struct xmlw *w, const char *var, const char *type, struct str value)
{
	xmlw_open(w, "field", NULL);
	xmlw_attr_c(w, "var", var);
	if (type)
		xmlw_attr_c(w, "type", type);
	xmlw_textel(w, "value", NULL, value);
	xmlw_close(w);
}

/* How many there are of its var, one after another. */
static size_t
nvalues(const struct disco *d, size_t i)
{
	size_t n = 1;

	while (i + n < d->nfield && d->field[i].is_list &&
	    strcmp(d->field[i + n].var, d->field[i].var) == 0)
		n++;
	return n;
}

static void
write_list(struct xmlw *w, const struct disco_field *f, size_t n)
{
	size_t i;

	xmlw_open(w, "field", NULL);
	xmlw_attr_c(w, "var", f->var);
	xmlw_attr_c(w, "type", "list-multi");
	for (i = 0; i < n; i++)
		xmlw_textel(w, "value", NULL, f[i].value);
	xmlw_close(w);
}

static void
write_form(struct xmlw *w, const struct disco *d)
{
	size_t i, n;

	xmlw_open(w, "x", NS_DATA);
	xmlw_attr_c(w, "type", "result");
	write_field(w, "FORM_TYPE", "hidden", str_c(d->form_type));
	for (i = 0; i < d->nfield; i += n) {
		n = nvalues(d, i);
		if (d->field[i].is_list)
			write_list(w, &d->field[i], n);
		else
			write_field(
			    w, d->field[i].var, NULL, d->field[i].value);
	}
	xmlw_close(w);
}

void
disco_write_info(struct xmlw *w, const struct disco *d, struct str node)
{
	size_t i;

	xmlw_open(w, "query", NS_DISCO_INFO);
	if (node.len)
		xmlw_attr(w, "node", node);
	for (i = 0; i < d->nidentity; i++) {
		xmlw_open(w, "identity", NULL);
		xmlw_attr_c(w, "category", d->identity[i].category);
		xmlw_attr_c(w, "type", d->identity[i].type);
		if (d->identity[i].name.len)
			xmlw_attr(w, "name", d->identity[i].name);
		xmlw_close(w);
	}
	for (i = 0; i < d->nfeature; i++) {
		xmlw_open(w, "feature", NULL);
		xmlw_attr_c(w, "var", d->feature[i]);
		xmlw_close(w);
	}
	if (d->form_type)
		write_form(w, d);
	xmlw_close(w);
}

void
disco_write_item(
    struct xmlw *w, struct str jid, struct str node, struct str name)
{
	xmlw_open(w, "item", NULL);
	xmlw_attr(w, "jid", jid);
	if (node.len)
		xmlw_attr(w, "node", node);
	if (name.len)
		xmlw_attr(w, "name", name);
	xmlw_close(w);
}

/* ---- capabilities ----------------------------------------------------- */

static int
by_identity(const void *a, const void *b)
{
	const struct disco_identity *x = a, *y = b;
	int diff = strcmp(x->category, y->category);

	return diff ? diff : strcmp(x->type, y->type);
}

static int
by_feature(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
by_var(const void *a, const void *b)
{
	const struct disco_field *x = a, *y = b;

	int diff = strcmp(x->var, y->var);

	return diff ? diff : str_cmp(x->value, y->value);
}

/* S of XEP-0115 5.1: everything sorted, everything ended by '<'. */
static void
add_all(struct buf *b, struct disco *d)
{
	size_t i;

	qsort(d->identity, d->nidentity, sizeof(d->identity[0]), by_identity);
	qsort(d->feature, d->nfeature, sizeof(d->feature[0]), by_feature);
	qsort(d->field, d->nfield, sizeof(d->field[0]), by_var);
	for (i = 0; i < d->nidentity; i++)
		buf_addf(b, "%s/%s//" STR_FMT "<", d->identity[i].category,
		    d->identity[i].type, STR_ARG(d->identity[i].name));
	for (i = 0; i < d->nfeature; i++)
		buf_addf(b, "%s<", d->feature[i]);
	if (d->form_type)
		buf_addf(b, "%s<", d->form_type);
	for (i = 0; i < d->nfield; i++) {
		if (i == 0 || strcmp(d->field[i].var, d->field[i - 1].var) != 0)
			buf_addf(b, "%s<", d->field[i].var);
		buf_addf(b, STR_FMT "<", STR_ARG(d->field[i].value));
	}
}

void
disco_ver(const struct disco *d, char out[DISCO_VER])
{
	struct disco sorted = *d;
	uint8_t hash[CRYPTO_SHA1_BYTES];
	struct buf b;

	buf_init(&b, 64 * 1024);
	add_all(&b, &sorted);
	crypto_sha1(buf_str(&b), hash);
	buf_clear(&b);
	crypto_base64(str_of((const char *)hash, sizeof(hash)), &b);
	assert(b.len == DISCO_VER - 1);
	memcpy(out, b.p, DISCO_VER);
	buf_release(&b);
}

void
disco_write_caps(struct xmlw *w, const char *node, const char *ver)
{
	xmlw_open(w, "c", NS_CAPS);
	xmlw_attr_c(w, "hash", "sha-1");
	xmlw_attr_c(w, "node", node);
	xmlw_attr_c(w, "ver", ver);
	xmlw_close(w);
}
