/*
 * What the names in a template stand for.
 */
#include "sms/sms_vars.h"

struct sms_value
sms_vars_get(const struct sms_vars *v, struct str name)
{
	struct sms_value out = { 0 };

	for (; v; v = v->up)
		if (v->get(v, name, &out))
			return out;
	return (struct sms_value){ 0 };
}

bool
sms_value_is_empty(const struct sms_value *v)
{
	switch (v->kind) {
	case SMS_VALUE_TEXT:
		return v->text.len == 0;
	case SMS_VALUE_LIST:
		return v->nitem == 0;
	case SMS_VALUE_INT:
	case SMS_VALUE_BOOL:
		return false;
	case SMS_VALUE_NONE:
		break;
	}
	return true;
}

struct sms_value
sms_value_text(struct str s)
{
	return (struct sms_value){ .kind = SMS_VALUE_TEXT, .text = s };
}

struct sms_value
sms_value_int(int64_t n)
{
	return (struct sms_value){ .kind = SMS_VALUE_INT, .n = n };
}

struct sms_value
sms_value_list(const struct str *item, size_t n)
{
	return (struct sms_value){
		.kind = SMS_VALUE_LIST, .item = item, .nitem = n
	};
}

/* ---- names and texts -------------------------------------------------- */

static bool
get_pair(const struct sms_vars *v, struct str name, struct sms_value *out)
{
	const struct sms_pairs *p = (const struct sms_pairs *)v;

	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->pair[i].name, name)) {
			*out = sms_value_text(p->pair[i].value);
			return true;
		}
	return false;
}

struct sms_pairs
sms_pairs_of(const struct sms_pair *pair, size_t n, const struct sms_vars *up)
{
	return (struct sms_pairs){ { get_pair, up }, pair, n };
}

/* ---- a message -------------------------------------------------------- */

enum { SECOND = 1000 };

/* How a variable is had from the message. */
enum source {
	AS_TEXT,
	AS_COUNT,   /* unsigned */
	AS_SECONDS, /* of int64_t milliseconds */
	AS_TO_LIST,
	AS_MEDIA,
	AS_MEDIA0,
	AS_MEDIA_TYPE,
	AS_MEDIA0_TYPE,
	AS_MEDIA0_KIND,
};

#define OFF(field) offsetof(struct sms_message_vars, field)

static const struct source_row {
	enum source how;
	size_t offset;
} sources[] = {
	{ AS_TEXT, OFF(to) },
	{ AS_TEXT, OFF(from) },
	{ AS_TEXT, OFF(text) },
	{ AS_TEXT, OFF(text_hex) },
	{ AS_TEXT, OFF(coding) },
	{ AS_COUNT, OFF(segments) },
	{ AS_TEXT, OFF(id) },
	{ AS_TEXT, OFF(subject) },
	{ AS_TEXT, OFF(status_url) },
	{ AS_TEXT, OFF(inbound_url) },
	{ AS_TEXT, OFF(uuid) },
	{ AS_SECONDS, OFF(now_utc) },
	{ AS_SECONDS, OFF(ttl_ms) },
	{ AS_SECONDS, OFF(since_utc) },
	{ AS_TO_LIST, 0 },
	{ AS_MEDIA, 0 },
	{ AS_MEDIA0, 0 },
	{ AS_MEDIA_TYPE, 0 },
	{ AS_MEDIA0_TYPE, 0 },
	{ AS_MEDIA0_KIND, 0 },
};

enum { NSOURCE = sizeof(sources) / sizeof(sources[0]) };

/* In the same order. */
const char *const sms_message_names[NSOURCE + 1] = { "to", "from", "text",
	"text_hex", "coding", "segments", "id", "subject", "status_url",
	"inbound_url", "uuid", "now", "ttl", "since", "to_list", "media",
	"media0", "media_type", "media0_type", "media0_kind", NULL };

static struct sms_value
first(const struct str *item, size_t n)
{
	return sms_value_text(n && item ? item[0] : STR_EMPTY);
}

/* "image" of "image/png". */
static struct sms_value
first_kind(const struct str *type, size_t n)
{
	struct str rest = n && type ? type[0] : STR_EMPTY, kind = STR_EMPTY;

	(void)str_cut(&rest, '/', &kind);
	return sms_value_text(kind);
}

static struct sms_value
from_field(const void *field, enum source how)
{
	if (how == AS_COUNT)
		return sms_value_int(*(const unsigned *)field);
	if (how == AS_SECONDS)
		return sms_value_int(*(const int64_t *)field / SECOND);
	return sms_value_text(*(const struct str *)field);
}

static struct sms_value
from_message(const struct sms_message_vars *m, const struct source_row *row)
{
	size_t ntype = m->media_type ? m->nmedia : 0;

	switch (row->how) {
	case AS_TO_LIST:
		return sms_value_list(m->to_list, m->nto);
	case AS_MEDIA:
		return sms_value_list(m->media, m->nmedia);
	case AS_MEDIA0:
		return first(m->media, m->nmedia);
	case AS_MEDIA_TYPE:
		return sms_value_list(m->media_type, ntype);
	case AS_MEDIA0_TYPE:
		return first(m->media_type, ntype);
	case AS_MEDIA0_KIND:
		return first_kind(m->media_type, ntype);
	case AS_TEXT:
	case AS_COUNT:
	case AS_SECONDS:
		break;
	}
	return from_field((const char *)m + row->offset, row->how);
}

static bool
get_message(const struct sms_vars *v, struct str name, struct sms_value *out)
{
	for (size_t i = 0; i < NSOURCE; i++)
		if (str_is(name, sms_message_names[i])) {
			*out = from_message(
			    (const struct sms_message_vars *)v, &sources[i]);
			return true;
		}
	return false;
}

void
sms_message_vars_init(struct sms_message_vars *m, const struct sms_vars *up)
{
	m->vars = (struct sms_vars){ get_message, up };
}
