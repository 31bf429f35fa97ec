#include <inttypes.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_sets.h"

#define PREFIX "set "

enum { DAY_MS = 24 * 3600 * 1000, VALUE_MAX = 24 * (GW_BUNDLED_MAX + 1) };

struct set {
	struct list node;
	gw_ticket first;
	int64_t day;
	size_t n;
	gw_ticket ticket[];
};

struct mail_sets {
	struct map map;   /* by the bytes of the first */
	struct list list; /* oldest first */
};

#define SET(n) LIST_ENTRY(n, struct set, node)

static struct str
key_of(const gw_ticket *t)
{
	return str_of((const char *)t, sizeof(*t));
}

static int64_t
today(const struct mail_gateway *mail)
{
	return gateway_clock(mail->gw)->utc / DAY_MS;
}

static void
fact_put(struct mail_gateway *mail, gw_ticket first, struct str value)
{
	char name[40];

	(void)snprintf(name, sizeof(name), PREFIX "%" PRIu64, first);
	gateway_fact_put(mail->gw, STR_EMPTY, str_c(name), value);
}

static void
set_free(struct mail_sets *all, struct set *s)
{
	map_del_value(&all->map, key_of(&s->first), s);
	list_del(&s->node);
	free(s);
}

/* Too old, or too many. */
static void
make_room(struct mail_gateway *mail)
{
	struct list *n;

	while ((n = list_first(&mail->sets->list)) &&
	    (mail->sets->map.n >= MAIL_SETS_MAX ||
	        SET(n)->day + MAIL_SETS_DAYS < today(mail))) {
		fact_put(mail, SET(n)->first, STR_EMPTY);
		set_free(mail->sets, SET(n));
	}
}

static bool
is_of(const struct set *s, const gw_ticket *t, size_t n)
{
	return s->n == n && memcmp(s->ticket, t, n * sizeof(*t)) == 0;
}

/* NULL: it is there.  What is tried again may go with more than before. */
static struct set *
add(struct mail_gateway *mail, int64_t day, const gw_ticket *t, size_t n)
{
	struct mail_sets *all = mail->sets;
	struct set *s = map_get(&all->map, key_of(t));

	if (s && is_of(s, t, n))
		return NULL;
	if (s)
		set_free(all, s);
	make_room(mail);
	s = xcalloc(1, sizeof(*s) + n * sizeof(*t));
	s->first = t[0];
	s->day = day;
	s->n = n;
	memcpy(s->ticket, t, n * sizeof(*t));
	map_put(&all->map, key_of(&s->first), s);
	list_add(&all->list, &s->node);
	return s;
}

void
mail_sets_put(struct mail_gateway *mail, const gw_ticket *t, size_t n)
{
	struct set *was = map_get(&mail->sets->map, key_of(t));
	const struct set *s =
	    n > 1 && n <= GW_BUNDLED_MAX ? add(mail, today(mail), t, n) : NULL;
	struct buf value;

	if (n == 1 && was) {
		fact_put(mail, was->first, STR_EMPTY);
		set_free(mail->sets, was);
	}
	if (!s)
		return;
	buf_init(&value, VALUE_MAX);
	buf_addf(&value, "%" PRId64, s->day);
	for (size_t i = 1; i < n; i++)
		buf_addf(&value, " %" PRIu64, t[i]);
	fact_put(mail, s->first, buf_str(&value));
	buf_release(&value);
}

size_t
mail_sets_get(
    const struct mail_gateway *mail, gw_ticket t, gw_ticket out[GW_BUNDLED_MAX])
{
	const struct set *s = map_get(&mail->sets->map, key_of(&t));

	out[0] = t;
	if (!s)
		return 1;
	memcpy(out, s->ticket, s->n * sizeof(*out));
	return s->n;
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_sets(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->sets = xcalloc(1, sizeof(*mail->sets));
	map_init(&mail->sets->map);
	list_init(&mail->sets->list);
	return 0;
}

static void
close_sets(struct mail_gateway *mail)
{
	LIST_EACH(&mail->sets->list, n)
	{
		set_free(mail->sets, SET(n));
	}
	map_release(&mail->sets->map);
	free(mail->sets);
	mail->sets = NULL;
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	gw_ticket t[GW_BUNDLED_MAX];
	struct str word = STR_EMPTY;
	uint64_t day;
	size_t n = 1;

	if (!str_to_uint(name, UINT64_MAX, &t[0]) ||
	    !str_cut(&value, ' ', &word) || !str_to_uint(word, INT32_MAX, &day))
		return;
	while (n < GW_BUNDLED_MAX && str_cut(&value, ' ', &word) &&
	    str_to_uint(word, UINT64_MAX, &t[n]))
		n++;
	if (n > 1)
		(void)add(mail, (int64_t)day, t, n);
}

const struct mail_noun mail_sets_noun = {
	.open = open_sets,
	.close = close_sets,
	.prefix = PREFIX,
	.on_fact = on_fact,
};
