#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "sms/sms_last.h"

enum { KEY_MAX = 1024, FRESH_MS = 12 * 3600 * 1000 };

static const char prefix[] = "last ";

struct last {
	struct list node;
	char *key; /* the fact: "last LINE NUMBER" */
	char *user;
	int64_t utc, kept_utc; /* when; and as the store has it */
};

#define LAST(n) LIST_ENTRY(n, struct last, node)

void
sms_lasts_init(struct sms_lasts *all, struct gateway *gw)
{
	all->gw = gw;
	map_init(&all->map);
	list_init(&all->list);
}

static void
last_free(struct sms_lasts *all, struct last *l)
{
	map_del_value(&all->map, str_c(l->key), l);
	list_del(&l->node);
	free(l->key);
	free(l->user);
	free(l);
}

void
sms_lasts_release(struct sms_lasts *all)
{
	LIST_EACH(&all->list, n)
	{
		last_free(all, LAST(n));
	}
	map_release(&all->map);
}

static void
last_erase(struct sms_lasts *all, struct last *l)
{
	gateway_fact_put(all->gw, STR_EMPTY, str_c(l->key), STR_EMPTY);
	last_free(all, l);
}

/* Found or made, now the newest. */
static struct last *
last_get(struct sms_lasts *all, struct str key)
{
	struct last *l = map_get(&all->map, key);

	if (l) {
		list_del(&l->node);
	} else {
		if (all->map.n == SMS_LAST_MAX)
			last_erase(all, LAST(list_first(&all->list)));
		l = xcalloc(1, sizeof(*l));
		l->key = str_dup(key);
		map_put(&all->map, str_c(l->key), l);
	}
	list_add(&all->list, &l->node);
	return l;
}

static void
last_set(struct last *l, struct str user, int64_t utc)
{
	free(l->user);
	l->user = str_dup(user);
	l->utc = utc;
}

static void
last_keep(struct sms_lasts *all, struct last *l)
{
	struct buf value;

	l->kept_utc = l->utc;
	buf_init(&value, KEY_MAX * 4);
	buf_addf(&value, "%" PRId64 " %s", l->utc, l->user);
	gateway_fact_put(all->gw, STR_EMPTY, str_c(l->key), buf_str(&value));
	buf_release(&value);
}

static struct str
key_of(struct str line, struct str number, char out[KEY_MAX])
{
	(void)snprintf(out, KEY_MAX, "%s" STR_FMT " " STR_FMT, prefix,
	    STR_ARG(line), STR_ARG(number));
	return str_c(out);
}

void
sms_last_note(
    struct sms_lasts *all, struct str line, struct str number, struct str user)
{
	int64_t now_utc = gateway_clock(all->gw)->utc;
	char key[KEY_MAX];
	struct last *l = last_get(all, key_of(line, number, key));
	bool same = l->user && str_is(user, l->user);

	last_set(l, user, now_utc);
	if (!same || now_utc - l->kept_utc >= FRESH_MS)
		last_keep(all, l);
}

struct str
sms_last_user(
    struct sms_lasts *all, struct str line, struct str number, int64_t *utc_out)
{
	char key[KEY_MAX];
	struct last *l = map_get(&all->map, key_of(line, number, key));

	if (!l)
		return STR_EMPTY;
	if (gateway_clock(all->gw)->utc - l->utc > SMS_LAST_MS) {
		last_erase(all, l);
		return STR_EMPTY;
	}
	if (utc_out)
		*utc_out = l->utc;
	return str_c(l->user);
}

bool
sms_last_fact(struct sms_lasts *all, struct str name, struct str value)
{
	struct str rest = value, utc;
	char number[24];
	struct last *l;

	if (!str_starts(name, str_c(prefix)))
		return false;
	if (name.len >= KEY_MAX || !str_cut(&rest, ' ', &utc) ||
	    utc.len >= sizeof(number) || rest.len == 0)
		return true;
	memcpy(number, utc.p, utc.len);
	number[utc.len] = '\0';
	l = last_get(all, name);
	last_set(l, rest, strtoll(number, NULL, 10));
	l->kept_utc = l->utc;
	return true;
}

void
sms_last_forget(struct sms_lasts *all, struct str user)
{
	LIST_EACH(&all->list, n)
	{
		if (str_is(user, LAST(n)->user))
			last_erase(all, LAST(n));
	}
}
