/*
 * A rule as a fact of the gateway:
 *
 *	list USER KIND NAME = block / allow / asked UTC
 *
 * KIND is a, d or l: an address, a domain, a List-Id.
 */
#include "smtp/mail_blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"

enum {
	WHAT_MAX = 256, /* bytes of what a rule is about, and its kind */
	NAME_MAX_BYTES = 4096,
};
#define DAY_MS   ((int64_t)24 * 3600 * 1000)
#define ASKED_MS (MAIL_BLOCKS_ASK_DAYS * DAY_MS)

struct rule {
	struct list node; /* in chooser.rules, the oldest first */
	char *what;       /* "a bob@example.net": the key */
	enum mail_rule rule;
	int64_t utc; /* asked when */
};

/* A user who has rules. */
struct chooser {
	char *user;
	struct map map;
	struct list rules;
	size_t nrule, nasked;
	int64_t day; /* of which */
	unsigned nday;
};

struct mail_blocks {
	struct gateway *gw;
	struct map choosers;
	size_t n;
};

#define RULE(n) LIST_ENTRY(n, struct rule, node)

static const char *const words[] = {
	[MAIL_RULE_NONE] = "",
	[MAIL_RULE_BLOCK] = "block",
	[MAIL_RULE_ALLOW] = "allow",
	[MAIL_RULE_ASKED] = "asked",
};

/* ---- what a rule is about ---------------------------------------------- */

/* -1: longer than any name. */
static int
write_what(char kind, struct str name, struct buf *out)
{
	buf_clear(out);
	buf_addf(out, "%c ", kind);
	for (size_t i = 0; i < name.len; i++)
		buf_addc(out,
		    name.p[i] >= 'A' && name.p[i] <= 'Z'
		        ? (char)(name.p[i] + 'a' - 'A')
		        : name.p[i]);
	return buf_is_full(out) || name.len == 0 ? -1 : 0;
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' ||
		    strchr("<>,;\"\177", s.p[i]))
			return false;
	return s.len > 0;
}

/* As a user writes it. */
static int
read_what(struct str typed, struct buf *out, struct err *err)
{
	struct str s = str_trim(typed);
	char kind = 'd';

	if (s.len > 2 && s.p[0] == '<' && s.p[s.len - 1] == '>') {
		s = str_of(s.p + 1, s.len - 2);
		kind = str_has(s, '@') ? 'a' : 'l';
	} else if (str_starts(s, STR("@"))) {
		s = str_skip(s, 1);
	} else if (str_has(s, '@')) {
		kind = 'a';
	}
	if (is_name(s) && (kind == 'a' || !str_has(s, '@')) &&
	    write_what(kind, s, out) == 0)
		return 0;
	return err_set(err, ERR_BAD_INPUT,
	    "\"" STR_FMT "\" is no address (bob@example.net), no domain "
	    "(@example.net) and no mailing list (<dev.example.net>)",
	    STR_ARG(str_head(typed, 80)));
}

static void
show_what(const char *what, struct buf *out)
{
	if (what[0] == 'd')
		buf_addf(out, "@%s", what + 2);
	else
		buf_addf(out, what[0] == 'l' ? "<%s>" : "%s", what + 2);
}

/* ---- rules ------------------------------------------------------------ */

static struct chooser *
chooser_get(struct mail_blocks *all, struct str user)
{
	struct chooser *c = map_get(&all->choosers, user);

	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	c->user = str_dup(user);
	map_init(&c->map);
	list_init(&c->rules);
	map_put(&all->choosers, str_c(c->user), c);
	return c;
}

static void
chooser_free(struct mail_blocks *all, struct chooser *c)
{
	map_del(&all->choosers, str_c(c->user));
	map_release(&c->map);
	free(c->user);
	free(c);
}

static void
count(struct mail_blocks *all, struct chooser *c, const struct rule *r, int by)
{
	size_t *n = r->rule == MAIL_RULE_ASKED ? &c->nasked : &c->nrule;

	*n = by > 0 ? *n + 1 : *n - 1;
	all->n = by > 0 ? all->n + 1 : all->n - 1;
}

static void
rule_free(struct mail_blocks *all, struct chooser *c, struct rule *r)
{
	count(all, c, r, -1);
	map_del(&c->map, str_c(r->what));
	list_del(&r->node);
	free(r->what);
	free(r);
}

static void
keep(struct mail_blocks *all, const struct chooser *c, const char *what,
    const struct rule *r)
{
	struct buf name;
	char value[40] = "";

	buf_init(&name, NAME_MAX_BYTES);
	buf_addf(&name, MAIL_BLOCKS_PREFIX "%s %s", c->user, what);
	if (r && r->rule == MAIL_RULE_ASKED)
		(void)snprintf(value, sizeof(value), "%s %" PRId64,
		    words[r->rule], r->utc);
	else if (r)
		(void)snprintf(value, sizeof(value), "%s", words[r->rule]);
	if (!buf_is_full(&name))
		gateway_fact_put(
		    all->gw, STR_EMPTY, buf_str(&name), str_c(value));
	buf_release(&name);
}

static void
rule_erase(struct mail_blocks *all, struct chooser *c, struct rule *r)
{
	keep(all, c, r->what, NULL);
	rule_free(all, c, r);
}

static struct rule *
rule_set(struct mail_blocks *all, struct chooser *c, struct str what,
    enum mail_rule rule, int64_t utc)
{
	struct rule *r = map_get(&c->map, what);

	if (r) {
		count(all, c, r, -1);
		list_del(&r->node);
	} else {
		r = xcalloc(1, sizeof(*r));
		r->what = str_dup(what);
		map_put(&c->map, str_c(r->what), r);
	}
	r->rule = rule;
	r->utc = utc;
	list_add(&c->rules, &r->node);
	count(all, c, r, 1);
	return r;
}

/* ---- looking for one --------------------------------------------------- */

static enum mail_rule
rule_of(struct mail_blocks *all, struct chooser *c, char kind, struct str name)
{
	int64_t now_utc = gateway_clock(all->gw)->utc;
	struct buf what;
	struct rule *r = NULL;

	buf_init(&what, WHAT_MAX + 2);
	if (write_what(kind, name, &what) == 0)
		r = map_get(&c->map, buf_str(&what));
	buf_release(&what);
	if (r && r->rule == MAIL_RULE_ASKED && now_utc - r->utc > ASKED_MS) {
		rule_erase(all, c, r);
		r = NULL;
	}
	return r ? r->rule : MAIL_RULE_NONE;
}

static struct str
domain_of(struct str address)
{
	for (size_t i = address.len; i-- > 0;)
		if (address.p[i] == '@')
			return str_skip(address, i + 1);
	return STR_EMPTY;
}

static enum mail_rule
rule_of_domain(struct mail_blocks *all, struct chooser *c, struct str domain)
{
	enum mail_rule rule = MAIL_RULE_NONE;
	struct str label;

	for (struct str rest = domain; rest.len && rule == MAIL_RULE_NONE;
	     (void)str_cut(&rest, '.', &label))
		rule = rule_of(all, c, 'd', rest);
	return rule;
}

enum mail_rule
mail_blocks_find(struct mail_blocks *all, struct str user, struct str address,
    struct str list_id)
{
	struct chooser *c = map_get(&all->choosers, user);
	enum mail_rule rule =
	    c ? rule_of(all, c, 'a', address) : MAIL_RULE_NONE;

	if (c && rule == MAIL_RULE_NONE && list_id.len)
		rule = rule_of(all, c, 'l', list_id);
	if (c && (rule == MAIL_RULE_NONE || rule == MAIL_RULE_ASKED)) {
		enum mail_rule wide =
		    rule_of_domain(all, c, domain_of(address));

		rule = wide == MAIL_RULE_NONE ? rule : wide;
	}
	return rule;
}

/* ---- changing them ----------------------------------------------------- */

static int
put(struct mail_blocks *all, struct str user, struct str what,
    enum mail_rule rule, struct err *err)
{
	struct chooser *c = chooser_get(all, user);
	struct rule *r = map_get(&c->map, what);

	if (rule == MAIL_RULE_NONE && !r)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no rule about " STR_FMT,
		    STR_ARG(str_skip(what, 2)));
	if (rule == MAIL_RULE_NONE) {
		rule_erase(all, c, r);
		return 0;
	}
	if ((!r || r->rule == MAIL_RULE_ASKED) &&
	    (c->nrule >= MAIL_BLOCKS_USER_MAX || all->n >= MAIL_BLOCKS_MAX))
		return err_set(err, ERR_BUSY,
		    "you have %d rules about senders already: take some away",
		    MAIL_BLOCKS_USER_MAX);
	r = rule_set(all, c, what, rule, 0);
	keep(all, c, r->what, r);
	return 0;
}

int
mail_blocks_put(struct mail_blocks *all, struct str user, struct str what,
    enum mail_rule rule, struct err *err)
{
	struct buf key;
	int rc;

	buf_init(&key, WHAT_MAX + 2);
	rc = read_what(what, &key, err);
	if (rc == 0)
		rc = put(all, user, buf_str(&key), rule, err);
	buf_release(&key);
	return rc;
}

static bool
has_had_enough(struct mail_blocks *all, struct chooser *c)
{
	int64_t day = gateway_clock(all->gw)->utc / DAY_MS;

	if (c->day != day)
		c->nday = 0;
	c->day = day;
	return c->nday >= MAIL_BLOCKS_ASK_DAY || all->n >= MAIL_BLOCKS_MAX;
}

static struct rule *
oldest_asked(struct chooser *c)
{
	struct rule *oldest = NULL;

	LIST_EACH(&c->rules, n)
	{
		if (RULE(n)->rule == MAIL_RULE_ASKED &&
		    (!oldest || RULE(n)->utc < oldest->utc))
			oldest = RULE(n);
	}
	return oldest;
}

bool
mail_blocks_ask(struct mail_blocks *all, struct str user, struct str address,
    struct str list_id)
{
	struct chooser *c = chooser_get(all, user);
	struct buf what;
	bool is_asked = false;

	buf_init(&what, WHAT_MAX + 2);
	if (write_what(list_id.len ? 'l' : 'a', list_id.len ? list_id : address,
	        &what) == 0 &&
	    !map_get(&c->map, buf_str(&what)) && !has_had_enough(all, c)) {
		if (c->nasked >= MAIL_BLOCKS_ASKED_MAX)
			rule_erase(all, c, oldest_asked(c));
		c->nday++;
		keep(all, c, what.p,
		    rule_set(all, c, buf_str(&what), MAIL_RULE_ASKED,
		        gateway_clock(all->gw)->utc));
		is_asked = true;
	}
	buf_release(&what);
	return is_asked;
}

/* ---- showing them ------------------------------------------------------ */

static int
by_what(const void *a, const void *b)
{
	const struct rule *x = *(struct rule *const *)a;
	const struct rule *y = *(struct rule *const *)b;

	return x->rule != y->rule ? (int)x->rule - (int)y->rule
	                          : strcmp(x->what, y->what);
}

static void
write_rule(const struct rule *r, struct buf *out)
{
	static const char *const said[] = {
		[MAIL_RULE_NONE] = "",
		[MAIL_RULE_BLOCK] = "blocked: ",
		[MAIL_RULE_ALLOW] = "allowed: ",
		[MAIL_RULE_ASKED] = "waits for your word: ",
	};

	buf_add_str(out, str_c(said[r->rule]));
	show_what(r->what, out);
	buf_addc(out, '\n');
}

void
mail_blocks_write(
    const struct mail_blocks *all, struct str user, struct buf *out)
{
	struct chooser *c = map_get(&all->choosers, user);
	struct rule **v;
	size_t n = 0;

	if (!c)
		return;
	v = xcalloc(c->map.n + 1, sizeof(struct rule *));
	LIST_EACH(&c->rules, node)
	{
		v[n++] = RULE(node);
	}
	qsort(v, n, sizeof(struct rule *), by_what);
	for (size_t i = 0; i < n; i++)
		write_rule(v[i], out);
	free(v);
}

/* ---- life ------------------------------------------------------------- */

struct mail_blocks *
mail_blocks_new(struct gateway *gw)
{
	struct mail_blocks *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->choosers);
	return all;
}

void
mail_blocks_free(struct mail_blocks **bp)
{
	struct mail_blocks *all = *bp;
	struct map_iter it = { 0 };

	*bp = NULL;
	if (!all)
		return;
	while (map_next(&all->choosers, &it)) {
		struct chooser *c = it.value;

		LIST_EACH(&c->rules, n)
		{
			rule_free(all, c, RULE(n));
		}
		chooser_free(all, c);
	}
	map_release(&all->choosers);
	free(all);
}

void
mail_blocks_forget(struct mail_blocks *all, struct str user)
{
	struct chooser *c = map_get(&all->choosers, user);

	if (!c)
		return;
	LIST_EACH(&c->rules, n)
	{
		rule_erase(all, c, RULE(n));
	}
	chooser_free(all, c);
}

static bool
is_what(struct str what)
{
	return what.len > 2 && what.len <= WHAT_MAX + 2 &&
	    strchr("adl", what.p[0]) && what.p[1] == ' ' &&
	    is_name(str_skip(what, 2));
}

void
mail_blocks_fact(struct mail_blocks *all, struct str name, struct str value)
{
	struct str rest = name, user, word;
	uint64_t utc = 0;

	if (!str_cut(&rest, ' ', &user) || user.len == 0 || !is_what(rest) ||
	    all->n >= MAIL_BLOCKS_MAX)
		return;
	(void)str_cut(&value, ' ', &word);
	(void)str_to_uint(value, INT64_MAX, &utc);
	for (int r = MAIL_RULE_BLOCK; r <= MAIL_RULE_ASKED; r++)
		if (str_is(word, words[r]))
			(void)rule_set(all, chooser_get(all, user), rest,
			    (enum mail_rule)r, (int64_t)utc);
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_all(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->blocks = mail_blocks_new(mail->gw);
	return 0;
}

static void
close_all(struct mail_gateway *mail)
{
	mail_blocks_free(&mail->blocks);
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	mail_blocks_fact(mail->blocks, name, value);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	mail_blocks_forget(mail->blocks, user);
}

static void
describe(struct mail_gateway *mail, struct str user, struct buf *out)
{
	mail_blocks_write(mail->blocks, user, out);
}

const struct mail_noun mail_blocks_noun = {
	.open = open_all,
	.close = close_all,
	.prefix = MAIL_BLOCKS_PREFIX,
	.on_fact = on_fact,
	.forget = forget,
	.describe = describe,
};
