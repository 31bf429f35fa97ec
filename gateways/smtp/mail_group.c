#include <stdint.h>
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_group.h"

#define PREFIX "grp "
#define NAME   "t."

enum {
	KEY_MAX = 4096,
	VALUE_MAX = MAIL_GROUP_PEOPLE * (MAIL_ADDRESS_MAX + 1),
	SUM_BYTES = 8 /* of the id of a message */
};

/*
 * Of a conversation, or as it was when a message was said there: a pin.  What
 * is tried again goes to the same people, in the same order.
 */
struct group {
	struct list node;
	bool is_pin;
	char *key;   /* "USER CONV", of a pin "USER CONV SUM" */
	char *value; /* "ADDRESS ADDRESS ...", as it is kept */
};

struct mail_groups {
	struct map map;
	struct list list, pins; /* oldest first */
	size_t npins;
};

#define GROUP(n) LIST_ENTRY(n, struct group, node)

/* id: of a message, or empty. */
static void
write_key(struct str user, struct str conv, struct str id, struct buf *out)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];

	buf_addf(out, STR_FMT " " STR_FMT, STR_ARG(user), STR_ARG(conv));
	if (id.len == 0)
		return;
	crypto_sha256(id, sum);
	buf_addc(out, ' ');
	for (size_t i = 0; i < SUM_BYTES; i++)
		buf_addf(out, "%02x", (unsigned)sum[i]);
}

static void
fact_put(struct mail_gateway *mail, const char *key, struct str value)
{
	struct buf name;

	buf_init(&name, KEY_MAX + sizeof(PREFIX));
	buf_addf(&name, PREFIX "%s", key);
	gateway_fact_put(mail->gw, STR_EMPTY, buf_str(&name), value);
	buf_release(&name);
}

static void
group_free(struct mail_groups *all, struct group *g)
{
	map_del_value(&all->map, str_c(g->key), g);
	list_del(&g->node);
	all->npins -= g->is_pin;
	free(g->key);
	free(g->value);
	free(g);
}

static void
erase(struct mail_gateway *mail, struct group *g)
{
	fact_put(mail, g->key, STR_EMPTY);
	group_free(mail->groups, g);
}

static void
make_room(struct mail_gateway *mail, bool for_pin)
{
	struct mail_groups *all = mail->groups;

	if (for_pin && all->npins == MAIL_GROUP_PINS)
		erase(mail, GROUP(list_first(&all->pins)));
	if (!for_pin && all->map.n - all->npins == MAIL_GROUPS_MAX)
		erase(mail, GROUP(list_first(&all->list)));
}

/* NULL: it is as it was. */
static struct group *
group_set(struct mail_gateway *mail, struct str key, struct str value)
{
	struct mail_groups *all = mail->groups;
	struct group *g = map_get(&all->map, key);
	struct str rest = key, word;
	size_t nwords = 0;

	if (g && str_is(value, g->value))
		return NULL;
	if (g)
		group_free(all, g);
	while (str_cut(&rest, ' ', &word))
		nwords++;
	make_room(mail, nwords > 2);
	g = xcalloc(1, sizeof(*g));
	g->is_pin = nwords > 2;
	all->npins += g->is_pin;
	g->key = str_dup(key);
	g->value = str_dup(value);
	map_put(&all->map, str_c(g->key), g);
	list_add(g->is_pin ? &all->pins : &all->list, &g->node);
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
		if (people)
			buf_addc(out, ' ');
		if (++people > MAIL_GROUP_PEOPLE ||
		    mail_address_canonical(&a, out, NULL) < 0)
			return false;
	}
	return people > 1 && !buf_is_full(out);
}

static bool
may_be_key(struct str user, struct str conv)
{
	return user.len > 0 && !str_has(user, ' ') && conv.len > 0 &&
	    conv.len <= MAIL_REF_ID_MAX && !str_has(conv, ' ');
}

bool
mail_group_note(struct mail_gateway *mail, struct str user, struct str conv,
    const struct str *address, size_t n, struct buf *name)
{
	struct group *g = NULL;
	struct buf key, value;

	buf_init(&key, KEY_MAX);
	buf_init(&value, VALUE_MAX);
	write_key(user, conv, STR_EMPTY, &key);
	if (may_be_key(user, conv) && !buf_is_full(&key) &&
	    write_people(mail, address, n, &value))
		g = group_set(mail, buf_str(&key), buf_str(&value));
	if (g) {
		fact_put(mail, g->key, buf_str(&value));
		buf_addf(name, NAME STR_FMT, STR_ARG(conv));
	}
	buf_release(&key);
	buf_release(&value);
	return g != NULL;
}

static const struct group *
find(const struct mail_gateway *mail, struct str user, struct str name,
    struct str id)
{
	struct str conv = str_skip(name, sizeof(NAME) - 1);
	const struct group *g = NULL;
	struct buf key;

	if (!str_starts(name, STR(NAME)) || !may_be_key(user, conv))
		return NULL;
	buf_init(&key, KEY_MAX);
	write_key(user, conv, id, &key);
	if (!buf_is_full(&key))
		g = map_get(&mail->groups->map, buf_str(&key));
	buf_release(&key);
	return g;
}

bool
mail_group_find(const struct mail_gateway *mail, struct str user,
    struct str name, struct str id, struct mail_group *out)
{
	const struct group *g = id.len ? find(mail, user, name, id) : NULL;
	struct str rest;

	if (!g)
		g = find(mail, user, name, STR_EMPTY);
	rest = str_c(g ? g->value : "");
	*out = (struct mail_group){ .n = 0 };
	while (g && out->n < MAIL_GROUP_PEOPLE &&
	    str_cut(&rest, ' ', &out->address[out->n]))
		out->n++;
	return out->n > 0;
}

void
mail_group_pin(
    struct mail_gateway *mail, struct str user, struct str name, struct str id)
{
	const struct group *g = find(mail, user, name, STR_EMPTY);
	struct buf key;

	if (!g || id.len == 0)
		return;
	buf_init(&key, KEY_MAX);
	write_key(user, str_skip(name, sizeof(NAME) - 1), id, &key);
	if (!buf_is_full(&key)) {
		g = group_set(mail, buf_str(&key), str_c(g->value));
		if (g)
			fact_put(mail, g->key, str_c(g->value));
	}
	buf_release(&key);
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
	list_init(&mail->groups->pins);
	return 0;
}

static void
free_all(struct mail_groups *all, struct list *list)
{
	LIST_EACH(list, n)
	{
		group_free(all, GROUP(n));
	}
}

static void
close_groups(struct mail_gateway *mail)
{
	free_all(mail->groups, &mail->groups->list);
	free_all(mail->groups, &mail->groups->pins);
	map_release(&mail->groups->map);
	free(mail->groups);
	mail->groups = NULL;
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	if (str_has(name, ' ') && name.len <= KEY_MAX && value.len <= VALUE_MAX)
		(void)group_set(mail, name, value);
}

static void
forget_in(struct mail_gateway *mail, struct list *list, struct str user)
{
	LIST_EACH(list, n)
	{
		struct str rest = str_c(GROUP(n)->key), whose;

		(void)str_cut(&rest, ' ', &whose);
		if (str_eq(whose, user))
			erase(mail, GROUP(n));
	}
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	forget_in(mail, &mail->groups->list, user);
	forget_in(mail, &mail->groups->pins, user);
}

const struct mail_noun mail_group_noun = {
	.open = open_groups,
	.close = close_groups,
	.prefix = PREFIX,
	.on_fact = on_fact,
	.forget = forget,
};
