#include <stdio.h>
#include <stdlib.h>

#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_target.h"
#include "smtp/mail_where.h"
#include "smtp/mail_words.h"

enum { FACT_MAX = 4096 };

#define PREFIX "alias "

struct mail_aliases {
	struct map by_name, by_user; /* of struct mail_alias */
};

/* ---- the table -------------------------------------------------------- */

static void
alias_free(struct mail_aliases *all, struct mail_alias *a)
{
	map_del_value(&all->by_name, str_c(a->name), a);
	map_del_value(&all->by_user, str_c(a->user), a);
	free(a->user);
	free(a->name);
	free(a->title);
	free(a);
}

static struct mail_alias *
find(const struct map *map, struct str key)
{
	return map_get(map, key);
}

/* Each of both is let go that one of the two had. */
static void
alias_set(struct mail_aliases *all, struct str user, struct str name,
    struct str title)
{
	struct mail_alias *a = xcalloc(1, sizeof(*a)), *was;

	a->user = str_dup(user);
	a->name = str_dup(name);
	a->title = str_dup(title);
	if ((was = find(&all->by_user, user)))
		alias_free(all, was);
	if ((was = find(&all->by_name, name)))
		alias_free(all, was);
	map_put(&all->by_name, str_c(a->name), a);
	map_put(&all->by_user, str_c(a->user), a);
}

const struct mail_alias *
mail_alias_of_name(const struct mail_gateway *mail, struct str name)
{
	struct buf folded;
	const struct mail_alias *a;

	if (name.len > MAIL_ALIAS_NAME_MAX)
		return NULL;
	buf_init(&folded, MAIL_ALIAS_NAME_MAX);
	mail_address_fold(name, &folded);
	a = find(&mail->aliases->by_name, buf_str(&folded));
	buf_release(&folded);
	return a;
}

const struct mail_alias *
mail_alias_of_user(const struct mail_gateway *mail, struct str user)
{
	return find(&mail->aliases->by_user, user);
}

/* ---- who may have what ------------------------------------------------ */

/* The node, and behind the @ the domain. */
static struct str
node_of(struct str user, struct str *domain)
{
	struct str node;

	(void)str_cut(&user, '@', &node);
	*domain = user;
	return node;
}

bool
mail_alias_is_fixed(
    const struct mail_gateway *mail, struct str user, struct buf *name)
{
	struct str domain, node = node_of(user, &domain);

	if (!mail_where_is_name(node, MAIL_ALIAS_NAME_MAX))
		return false;
	buf_add_str(name, node);
	return mail_words_have(&mail->opt.home, domain);
}

static int
check_fixed(const struct mail_gateway *mail, struct str user, struct str name,
    struct err *err)
{
	struct buf own;
	int rc = 0;

	buf_init(&own, MAIL_ALIAS_NAME_MAX);
	if (mail_alias_is_fixed(mail, user, &own) &&
	    !mail_address_same(buf_str(&own), name))
		rc = err_set(err, ERR_DENIED,
		    "your mailbox here can only be called " STR_FMT,
		    STR_ARG(buf_str(&own)));
	buf_release(&own);
	return rc;
}

static int
check_form(const struct mail_gateway *mail, struct str name, struct err *err)
{
	char folded[MAIL_ALIAS_NAME_MAX + 1];
	struct buf b;
	bool ok;

	buf_init(&b, sizeof(folded) - 1);
	if (name.len < sizeof(folded))
		mail_address_fold(name, &b);
	ok = mail_where_is_name(buf_str(&b), MAIL_ALIAS_NAME_MAX);
	buf_release(&b);
	if (!ok)
		return err_set(err, ERR_UNSUITABLE,
		    "no mailbox can be called " STR_FMT
		    ": letters from a to z, digits, and . - _ between them, %d "
		    "at most; some names stand for something else",
		    STR_ARG(str_head(name, MAIL_ALIAS_NAME_MAX)),
		    MAIL_ALIAS_NAME_MAX);
	if (mail_words_have(&mail->opt.reserved, name) ||
	    mail_target_is(mail, name))
		return err_set(err, ERR_CONFLICT,
		    "nobody can have a mailbox called " STR_FMT, STR_ARG(name));
	return 0;
}

int
mail_alias_check(const struct mail_gateway *mail, struct str user,
    struct str name, struct err *err)
{
	const struct mail_alias *a;

	if (check_form(mail, name, err) < 0 ||
	    check_fixed(mail, user, name, err) < 0)
		return -1;
	a = mail_alias_of_name(mail, name);
	if (a && !str_is(user, a->user))
		return err_set(err, ERR_CONFLICT,
		    "somebody else has the mailbox " STR_FMT, STR_ARG(name));
	if (!a && mail->aliases->by_name.n >= MAIL_ALIASES_MAX)
		return err_set(err, ERR_BUSY,
		    "there are too many mailboxes here; ask the operator");
	return 0;
}

/* ---- what is kept ----------------------------------------------------- */

static void
keep(struct mail_gateway *mail, const struct mail_alias *a, bool on)
{
	struct buf name, value;

	buf_init(&name, FACT_MAX);
	buf_init(&value, FACT_MAX);
	buf_addf(&name, PREFIX "%s", a->user);
	if (on)
		buf_addf(&value, "%s %s", a->name, a->title);
	gateway_fact_put(mail->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
}

static void
on_fact(struct mail_gateway *mail, struct str user, struct str value)
{
	struct str name;

	if (user.len && str_cut(&value, ' ', &name) && name.len &&
	    mail->aliases->by_name.n < MAIL_ALIASES_MAX)
		alias_set(mail->aliases, user, name, value);
}

void
mail_alias_put(struct mail_gateway *mail, struct str user, struct str name,
    struct str title)
{
	struct buf folded, shown;

	buf_init(&folded, MAIL_ALIAS_NAME_MAX);
	buf_init(&shown, MAIL_ALIAS_TITLE_MAX);
	mail_address_fold(name, &folded);
	mail_words_name(title, &shown);
	alias_set(mail->aliases, user, buf_str(&folded), buf_str(&shown));
	keep(mail, mail_alias_of_user(mail, user), true);
	buf_release(&folded);
	buf_release(&shown);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	struct mail_alias *a = find(&mail->aliases->by_user, user);

	if (!a)
		return;
	keep(mail, a, false);
	alias_free(mail->aliases, a);
}

/* ---- addresses -------------------------------------------------------- */

int
mail_alias_address(
    const struct mail_gateway *mail, struct str user, struct buf *out)
{
	const struct mail_alias *a = mail_alias_of_user(mail, user);

	if (a)
		buf_add_str(out, str_c(a->name));
	else if (!mail->opt.computed || mail_where_computed(user, out) < 0)
		return -1;
	buf_addf(out, "@%s", mail->opt.domain);
	return 0;
}

struct str
mail_alias_user(const struct mail_gateway *mail, const struct mail_where *where)
{
	const struct mail_alias *a;

	if (where->kind == MAIL_WHERE_COMPUTED)
		return mail->opt.computed ? str_c(where->jid) : STR_EMPTY;
	if (where->kind != MAIL_WHERE_NAME)
		return STR_EMPTY;
	a = mail_alias_of_name(mail, str_c(where->name));
	return a ? str_c(a->user) : STR_EMPTY;
}

static void
describe(struct mail_gateway *mail, struct str user, struct buf *out)
{
	const struct mail_alias *a = mail_alias_of_user(mail, user);
	size_t was = out->len;

	buf_addf(out, "Your mailbox: ");
	if (mail_alias_address(mail, user, out) < 0) {
		buf_truncate(out, was);
		return;
	}
	if (a && a->title[0])
		buf_addf(out, " (%s)", a->title);
	buf_addf(out, "\n");
}

/* ---- opening and closing ---------------------------------------------- */

static int
open_aliases(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->aliases = xcalloc(1, sizeof(*mail->aliases));
	map_init(&mail->aliases->by_name);
	map_init(&mail->aliases->by_user);
	return 0;
}

static void
close_aliases(struct mail_gateway *mail)
{
	struct map_iter it = { 0 };

	while (map_next(&mail->aliases->by_user, &it))
		alias_free(mail->aliases, it.value);
	map_release(&mail->aliases->by_name);
	map_release(&mail->aliases->by_user);
	free(mail->aliases);
	mail->aliases = NULL;
}

const struct mail_noun mail_alias_noun = {
	.open = open_aliases,
	.close = close_aliases,
	.prefix = PREFIX,
	.on_fact = on_fact,
	.forget = forget,
	.describe = describe,
};
