#include <stdlib.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_group.h"

#define PREFIX "grp "
#define NAME   "t."

enum { VALUE_MAX = 4096 + MAIL_GROUP_PEOPLE * (MAIL_ADDRESS_MAX + 1) };

struct group {
	struct list node;
	char *conv;
	char *value; /* "USER ADDRESS ADDRESS ...", as it is kept */
};

struct mail_groups {
	struct map map;
	struct list list; /* oldest first */
};

#define GROUP(n) LIST_ENTRY(n, struct group, node)

static void
fact_put(struct mail_gateway *mail, const char *conv, struct str value)
{
	char name[MAIL_REF_ID_MAX + sizeof(PREFIX)];

	(void)snprintf(name, sizeof(name), PREFIX "%s", conv);
	gateway_fact_put(mail->gw, STR_EMPTY, str_c(name), value);
}

static void
group_free(struct mail_groups *all, struct group *g)
{
	map_del_value(&all->map, str_c(g->conv), g);
	list_del(&g->node);
	free(g->conv);
	free(g->value);
	free(g);
}

static void
erase(struct mail_gateway *mail, struct group *g)
{
	fact_put(mail, g->conv, STR_EMPTY);
	group_free(mail->groups, g);
}

/* NULL: it is as it was. */
static struct group *
group_set(struct mail_gateway *mail, struct str conv, struct str value)
{
	struct mail_groups *all = mail->groups;
	struct group *g = map_get(&all->map, conv);

	if (g && str_is(value, g->value))
		return NULL;
	if (g)
		group_free(all, g);
	if (all->map.n == MAIL_GROUPS_MAX)
		erase(mail, GROUP(list_first(&all->list)));
	g = xcalloc(1, sizeof(*g));
	g->conv = str_dup(conv);
	g->value = str_dup(value);
	map_put(&all->map, str_c(g->conv), g);
	list_add(&all->list, &g->node);
	return g;
}

/* ---- who is in one ---------------------------------------------------- */

static bool
is_among(const struct str *address, size_t n, struct str one)
{
	for (size_t i = 0; i < n; i++)
		if (mail_address_same(address[i], one))
			return true;
	return false;
}

/* Nobody twice, and not ourselves. */
static bool
write_people(const struct mail_gateway *mail, const struct str *address,
    size_t n, struct buf *out)
{
	struct mail_address a;
	size_t people = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_among(address, i, address[i]) ||
		    mail_address_parse(address[i], &a, NULL) < 0 ||
		    mail_options_is_own(&mail->opt, a.domain))
			continue;
		buf_addc(out, ' ');
		if (++people > MAIL_GROUP_PEOPLE ||
		    mail_address_canonical(&a, out, NULL) < 0)
			return false;
	}
	return people > 1 && !buf_is_full(out);
}

bool
mail_group_note(struct mail_gateway *mail, struct str user, struct str conv,
    const struct str *address, size_t n, struct buf *name)
{
	struct group *g = NULL;
	struct buf value;
	bool ok =
	    conv.len > 0 && conv.len <= MAIL_REF_ID_MAX && !str_has(user, ' ');

	buf_init(&value, VALUE_MAX);
	buf_add_str(&value, user);
	if (ok && write_people(mail, address, n, &value))
		g = group_set(mail, conv, buf_str(&value));
	if (g) {
		fact_put(mail, g->conv, buf_str(&value));
		buf_addf(name, NAME "%s", g->conv);
	}
	buf_release(&value);
	return g != NULL;
}

bool
mail_group_find(const struct mail_gateway *mail, struct str user,
    struct str name, struct mail_group *out)
{
	const struct group *g = str_starts(name, STR(NAME))
	    ? map_get(&mail->groups->map, str_skip(name, sizeof(NAME) - 1))
	    : NULL;
	struct str rest = str_c(g ? g->value : ""), whose = STR_EMPTY;

	*out = (struct mail_group){ .n = 0 };
	(void)str_cut(&rest, ' ', &whose);
	if (!g || !str_eq(whose, user))
		return false;
	while (out->n < MAIL_GROUP_PEOPLE &&
	    str_cut(&rest, ' ', &out->address[out->n]))
		out->n++;
	return out->n > 0;
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_groups(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->groups = xcalloc(1, sizeof(*mail->groups));
	map_init(&mail->groups->map);
	list_init(&mail->groups->list);
	return 0;
}

static void
close_groups(struct mail_gateway *mail)
{
	LIST_EACH(&mail->groups->list, n)
	{
		group_free(mail->groups, GROUP(n));
	}
	map_release(&mail->groups->map);
	free(mail->groups);
	mail->groups = NULL;
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	if (name.len > 0 && name.len <= MAIL_REF_ID_MAX &&
	    value.len <= VALUE_MAX)
		(void)group_set(mail, name, value);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	LIST_EACH(&mail->groups->list, n)
	{
		struct str rest = str_c(GROUP(n)->value), whose;

		(void)str_cut(&rest, ' ', &whose);
		if (str_eq(whose, user))
			erase(mail, GROUP(n));
	}
}

const struct mail_noun mail_group_noun = {
	.open = open_groups,
	.close = close_groups,
	.prefix = PREFIX,
	.on_fact = on_fact,
	.forget = forget,
};
