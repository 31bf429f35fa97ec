#include "sms/sms_addressee.h"

#include "lib/list.h"
#include "sms/sms_event.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_number.h"
#include "sms/sms_profile.h"
#include "sms/sms_ref.h"

static bool
is_same_account(const struct sms_line *a, const struct sms_line *b)
{
	const struct sms_profile_var *var;

	for (size_t i = 0; (var = sms_profile_var(a->profile, i)); i++) {
		struct str name = str_c(var->name);

		if (var->required &&
		    !str_eq(sms_vars_get(&a->vars.vars, name).text,
		        sms_vars_get(&b->vars.vars, name).text))
			return false;
	}
	return true;
}

/* A user's own account tells nothing about lines of others. */
static bool
is_sibling(const struct sms_line *a, const struct sms_line *b)
{
	if (a->profile != b->profile || !a->owner != !b->owner ||
	    (a->owner && !str_is(str_c(a->owner), b->owner)))
		return false;
	return is_same_account(a, b);
}

/* ---- numbers ---------------------------------------------------------- */

/* False: it is none, it does not say where it came. */
static bool
read_number(const struct sms_line *l, struct str text, struct sms_number *out)
{
	static const struct sms_form form = { .kind = SMS_FORM_E164 };

	if (text.len == 0)
		return false;
	sms_number_received(text, &form, sms_line_home(l), out);
	return out->kind == SMS_KIND_E164 || out->kind == SMS_KIND_SHORT;
}

static bool
has_number(const struct sms_line *l, struct str text)
{
	struct sms_number n;

	return read_number(l, text, &n) &&
	    str_eq(sms_number_str(&n), sms_number_str(&l->number));
}

/* Of a group any member may stand first. */
static bool
is_to(const struct sms_line *l, const struct sms_event *ev)
{
	if (has_number(l, ev->to))
		return true;
	for (size_t i = 0; i < ev->ngroup; i++)
		if (has_number(l, ev->group[i]))
			return true;
	return false;
}

static bool
can_have_number(const struct sms_line *l)
{
	return l->number.kind != SMS_KIND_NAME && l->number.text[0] != '\0';
}

struct sms_line *
sms_addressee(struct sms_line *l, const struct sms_event *ev)
{
	struct sms_number n;

	if (!read_number(l, ev->to, &n) || is_to(l, ev))
		return l;
	LIST_EACH(&l->sms->order, node)
	{
		struct sms_line *other =
		    LIST_ENTRY(node, struct sms_line, node);

		if (other != l && is_to(other, ev) && is_sibling(l, other))
			return other;
	}
	return can_have_number(l) ? NULL : l;
}

/* ---- references ------------------------------------------------------- */

static bool
reads(const struct sms_line *l, struct str ref, uint64_t *ticket_out)
{
	return sms_ref_read(l->sms->ref_key, str_c(l->name), ref, ticket_out);
}

struct sms_line *
sms_addressee_of_ref(struct sms_line *l, struct str ref, uint64_t *ticket_out)
{
	if (reads(l, ref, ticket_out))
		return l;
	LIST_EACH(&l->sms->order, node)
	{
		struct sms_line *other =
		    LIST_ENTRY(node, struct sms_line, node);

		if (other != l && is_sibling(l, other) &&
		    reads(other, ref, ticket_out))
			return other;
	}
	return NULL;
}
