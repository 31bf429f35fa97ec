/*
 * The wishes of a user as a fact of the gateway:
 *
 *	opt USER = welcome:ask subjects:no
 *
 * Only what is not as usual stands there.
 */
#include "smtp/mail_wishes.h"

#include <stdlib.h>

#include "core/gateway.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"

enum { NAME_MAX_BYTES = 4096, VALUE_MAX = 200 };

struct wisher {
	char *user;
	struct mail_wish wish;
};

struct mail_wishes {
	struct gateway *gw;
	struct map map;
};

/* ---- what can be wished -------------------------------------------------- */

static unsigned
get_welcome(const struct mail_wish *w)
{
	return w->welcome;
}

static void
set_welcome(struct mail_wish *w, unsigned v)
{
	w->welcome = (enum mail_welcome)v;
}

static unsigned
get_subjects(const struct mail_wish *w)
{
	return w->no_subjects;
}

static void
set_subjects(struct mail_wish *w, unsigned v)
{
	w->no_subjects = v;
}

static unsigned
get_quotes(const struct mail_wish *w)
{
	return w->quotes;
}

static void
set_quotes(struct mail_wish *w, unsigned v)
{
	w->quotes = v;
}

static unsigned
get_files(const struct mail_wish *w)
{
	return w->no_files;
}

static void
set_files(struct mail_wish *w, unsigned v)
{
	w->no_files = v;
}

/* The usual first. */
static const struct {
	const char *name;
	const char *value[4];
	unsigned (*get)(const struct mail_wish *w);
	void (*set)(struct mail_wish *w, unsigned v);
} kinds[] = {
	{ "welcome", { "all", "contacts", "ask" }, get_welcome, set_welcome },
	{ "subjects", { "yes", "no" }, get_subjects, set_subjects },
	{ "quotes", { "no", "yes" }, get_quotes, set_quotes },
	{ "files", { "yes", "no" }, get_files, set_files },
};
enum { NKIND = sizeof(kinds) / sizeof(kinds[0]) };

static int
wish_set(
    struct mail_wish *w, struct str name, struct str value, struct err *err)
{
	for (size_t k = 0; k < NKIND; k++) {
		if (!str_is(name, kinds[k].name))
			continue;
		for (unsigned v = 0; kinds[k].value[v]; v++)
			if (str_eq_nocase(value, str_c(kinds[k].value[v]))) {
				kinds[k].set(w, v);
				return 0;
			}
		return err_set(err, ERR_BAD_INPUT,
		    "%s is %s, %s%s%s, and not \"" STR_FMT "\"", kinds[k].name,
		    kinds[k].value[0], kinds[k].value[1],
		    kinds[k].value[2] ? ", " : "",
		    kinds[k].value[2] ? kinds[k].value[2] : "",
		    STR_ARG(str_head(value, 40)));
	}
	return err_set(err, ERR_NOT_FOUND, "there is nothing called " STR_FMT,
	    STR_ARG(str_head(name, 40)));
}

/* ---- whose ------------------------------------------------------------- */

static struct wisher *
wisher_get(struct mail_wishes *all, struct str user)
{
	struct wisher *w = map_get(&all->map, user);

	if (w)
		return w;
	if (all->map.n >= MAIL_WISHES_MAX)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->user = str_dup(user);
	map_put(&all->map, str_c(w->user), w);
	return w;
}

static void
wisher_free(struct mail_wishes *all, struct wisher *w)
{
	map_del(&all->map, str_c(w->user));
	free(w->user);
	free(w);
}

static void
keep(struct mail_wishes *all, struct str user, const struct mail_wish *w)
{
	struct buf name, value;

	buf_init(&name, NAME_MAX_BYTES);
	buf_init(&value, VALUE_MAX);
	buf_addf(&name, MAIL_WISHES_PREFIX STR_FMT, STR_ARG(user));
	for (size_t k = 0; k < NKIND; k++)
		if (kinds[k].get(w))
			buf_addf(&value, "%s%s:%s", value.len ? " " : "",
			    kinds[k].name, kinds[k].value[kinds[k].get(w)]);
	gateway_fact_put(all->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
}

/* ---- what callers see --------------------------------------------------- */

struct mail_wish
mail_wishes_of(const struct mail_wishes *all, struct str user)
{
	const struct wisher *w = map_get(&all->map, user);

	return w ? w->wish : (struct mail_wish){ 0 };
}

int
mail_wishes_put(struct mail_wishes *all, struct str user, struct str name,
    struct str value, struct err *err)
{
	struct mail_wish wish = mail_wishes_of(all, user);
	struct wisher *w;

	if (wish_set(&wish, name, value, err) < 0)
		return -1;
	w = wisher_get(all, user);
	if (!w)
		return err_set(
		    err, ERR_BUSY, "too many users want their mail otherwise");
	w->wish = wish;
	keep(all, user, &wish);
	return 0;
}

void
mail_wishes_write(
    const struct mail_wishes *all, struct str user, struct buf *out)
{
	struct mail_wish w = mail_wishes_of(all, user);

	for (size_t k = 0; k < NKIND; k++)
		buf_addf(out, "%s: %s\n", kinds[k].name,
		    kinds[k].value[kinds[k].get(&w)]);
}

/* ---- life ------------------------------------------------------------- */

struct mail_wishes *
mail_wishes_new(struct gateway *gw)
{
	struct mail_wishes *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->map);
	return all;
}

void
mail_wishes_free(struct mail_wishes **wp)
{
	struct mail_wishes *all = *wp;
	struct map_iter it = { 0 };

	*wp = NULL;
	if (!all)
		return;
	while (map_next(&all->map, &it))
		wisher_free(all, it.value);
	map_release(&all->map);
	free(all);
}

void
mail_wishes_forget(struct mail_wishes *all, struct str user)
{
	struct wisher *w = map_get(&all->map, user);

	if (!w)
		return;
	keep(all, user, &(struct mail_wish){ 0 });
	wisher_free(all, w);
}

void
mail_wishes_fact(struct mail_wishes *all, struct str name, struct str value)
{
	struct wisher *w = name.len ? wisher_get(all, name) : NULL;
	struct str word, key;

	while (w && str_cut(&value, ' ', &word))
		if (str_cut(&word, ':', &key))
			(void)wish_set(&w->wish, key, word, NULL);
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_all(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->wishes = mail_wishes_new(mail->gw);
	return 0;
}

static void
close_all(struct mail_gateway *mail)
{
	mail_wishes_free(&mail->wishes);
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	mail_wishes_fact(mail->wishes, name, value);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	mail_wishes_forget(mail->wishes, user);
}

static void
describe(struct mail_gateway *mail, struct str user, struct buf *out)
{
	mail_wishes_write(mail->wishes, user, out);
}

const struct mail_noun mail_wishes_noun = {
	.open = open_all,
	.close = close_all,
	.prefix = MAIL_WISHES_PREFIX,
	.on_fact = on_fact,
	.forget = forget,
	.describe = describe,
};
