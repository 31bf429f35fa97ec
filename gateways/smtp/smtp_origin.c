#include "smtp/smtp_origin.h"

#include "smtp/smtp_path.h"

enum { PORT_MAX = 65535 };

static bool
is_unknown(struct str value)
{
	return str_eq_nocase(value, STR("[UNAVAILABLE]")) ||
	    str_eq_nocase(value, STR("[TEMPUNAVAIL]"));
}

/* Terminated; an unknown one is empty. */
static bool
read_text(struct str value, char *out, size_t size)
{
	int n = 0;

	if (!is_unknown(value))
		n = smtp_xtext(value, out, size - 1);
	if (n < 0)
		return false;
	out[n] = '\0';
	return true;
}

/* An address in digits; IPv6 has a tag in front, as in a literal. */
static bool
read_address(struct smtp_origin *o, struct str value)
{
	if (str_eq_nocase(str_head(value, 5), STR("IPv6:")))
		value = str_skip(value, 5);
	if (!read_text(value, o->address, sizeof(o->address)))
		return false;
	return o->address[strspn(o->address, "0123456789abcdefABCDEF.:")] ==
	    '\0';
}

static bool
read_port(struct smtp_origin *o, struct str value)
{
	uint64_t n = 0;

	if (!is_unknown(value) && !str_to_uint(value, PORT_MAX, &n))
		return false;
	o->port = (uint16_t)n;
	return true;
}

static bool
read_name(struct smtp_origin *o, struct str value)
{
	return read_text(value, o->name, sizeof(o->name));
}

static bool
read_helo(struct smtp_origin *o, struct str value)
{
	return read_text(value, o->helo, sizeof(o->helo));
}

static bool
read_login(struct smtp_origin *o, struct str value)
{
	return read_text(value, o->login, sizeof(o->login));
}

static bool
read_nothing(struct smtp_origin *o, struct str value)
{
	(void)o;
	(void)value;
	return true;
}

static const struct attribute {
	const char *name;
	bool xforward, xclient;
	bool (*read)(struct smtp_origin *o, struct str value);
} attributes[] = {
	{ "NAME", true, true, read_name },
	{ "ADDR", true, true, read_address },
	{ "PORT", true, true, read_port },
	{ "PROTO", true, true, read_nothing },
	{ "HELO", true, true, read_helo },
	{ "IDENT", true, false, read_nothing },
	{ "SOURCE", true, false, read_nothing },
	{ "LOGIN", false, true, read_login },
	{ "REVERSE_NAME", false, true, read_nothing },
	{ "DESTADDR", false, true, read_nothing },
	{ "DESTPORT", false, true, read_nothing },
};

static const struct attribute *
find(struct str name, bool is_xclient)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		const struct attribute *a = &attributes[i];

		if (str_eq_nocase(name, str_c(a->name)))
			return (is_xclient ? a->xclient : a->xforward) ? a
			                                               : NULL;
	}
	return NULL;
}

bool
smtp_origin_read(struct smtp_origin *o, struct str words, bool is_xclient)
{
	struct smtp_origin as = *o;
	struct str word, name;
	size_t n = 0;

	while (str_cut(&words, ' ', &word)) {
		const struct attribute *a;

		if (word.len == 0)
			continue;
		if (!str_has(word, '='))
			return false;
		(void)str_cut(&word, '=', &name);
		a = find(name, is_xclient);
		if (!a || !a->read(&as, word))
			return false;
		n++;
	}
	if (n > 0)
		*o = as;
	return n > 0;
}
