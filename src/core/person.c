/*
 * Somebody on the network, as one session sees them.
 */
#include <stdlib.h>

#include "core/person.h"
#include "core/room.h"
#include "core/session.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"

#define MEMBER(n) LIST_ENTRY(n, struct member, in_person)

struct person *
person_find(struct session *s, struct str nick)
{
	return map_get(&s->persons, session_key(s, nick));
}

/* Most nicks are their own resource; only others cost a copy. */
static void
set_nick(struct person *p, struct str nick)
{
	struct buf res;

	str_store(&p->nick, nick);
	free(p->resource);
	buf_init(&res, 4 * GW_NAME_MAX);
	jid_escape_resource(nick, &res);
	p->resource =
	    str_eq(buf_str(&res), nick) ? NULL : str_dup(buf_str(&res));
	buf_release(&res);
}

struct person *
person_get(struct session *s, struct str nick)
{
	struct str key = session_key(s, nick);
	struct person *p = map_get(&s->persons, key);

	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->s = s;
	p->key = str_dup(key);
	list_init(&p->members);
	set_nick(p, nick);
	map_put(&s->persons, str_c(p->key), p);
	return p;
}

/* True when the slot got another value. */
static bool
learn(char **slot, struct str value)
{
	value = str_head(value, utf8_cut(value, PERSON_TEXT_MAX));
	if (value.len == 0 || (*slot && str_eq(str_c(*slot), value)))
		return false;
	str_store(slot, value);
	return true;
}

bool
person_learn(struct person *p, const struct gw_person *what)
{
	bool changed = learn(&p->user, what->user);

	changed |= learn(&p->host, what->host);
	changed |= learn(&p->account, what->account);
	changed |= learn(&p->realname, what->realname);
	return changed;
}

/* Out of every map under the old key, into them under the new one. */
static void
rekey(struct person *p, char *key)
{
	LIST_EACH(&p->members, n)
	{
		map_del_value(
		    &MEMBER(n)->room->members, str_c(p->key), MEMBER(n));
	}
	map_del_value(&p->s->persons, str_c(p->key), p);
	free(p->key);
	p->key = key;
	map_put(&p->s->persons, str_c(p->key), p);
	LIST_EACH(&p->members, n)
	{
		map_put(&MEMBER(n)->room->members, str_c(p->key), MEMBER(n));
	}
}

void
person_rename(struct person *p, struct str nick)
{
	char *key = str_dup(session_key(p->s, nick));
	struct person *other = map_get(&p->s->persons, str_c(key));

	/* A nick has one owner: what we still believed of another is wrong. */
	if (other && other != p)
		person_free(&other);
	rekey(p, key);
	set_nick(p, nick);
}

void
person_check(struct person *p)
{
	if (list_is_empty(&p->members))
		person_free(&p);
}

void
person_free(struct person **pp)
{
	struct person *p = *pp;
	struct list *n;

	*pp = NULL;
	if (!p)
		return;
	for (n = list_first(&p->members); n; n = list_first(&p->members)) {
		struct member *m = MEMBER(n);

		list_del(&m->in_person);
		m->person = NULL;
		map_del_value(&m->room->members, str_c(p->key), m);
		member_free(&m);
	}
	map_del_value(&p->s->persons, str_c(p->key), p);
	free(p->key);
	free(p->nick);
	free(p->resource);
	free(p->user);
	free(p->host);
	free(p->account);
	free(p->realname);
	free(p->away);
	free(p);
}

bool
person_is_self(const struct person *p)
{
	return !p->is_gone && strcmp(p->key, p->s->nick_key) == 0;
}

struct str
person_resource(const struct person *p)
{
	return str_c(p->resource ? p->resource : p->nick);
}

static void
refold_rooms(struct session *s)
{
	struct map old = s->rooms;
	struct map_iter it = { 0 };
	struct room *r, *twin;

	map_init(&s->rooms);
	while (map_next(&old, &it)) {
		r = it.value;
		free(r->key);
		r->key = str_dup(session_key(s, str_c(r->name)));
		twin = map_get(&s->rooms, str_c(r->key));
		/* Two rooms that are one: the second spelling goes. */
		if (twin) {
			room_expel(r, 0, STR_EMPTY,
			    STR("this room has another address"));
			continue;
		}
		map_put(&s->rooms, str_c(r->key), r);
	}
	map_release(&old);
}

void
person_refold_all(struct session *s)
{
	struct map old = s->persons;
	struct map_iter it = { 0 };
	struct person *p;
	char *key;

	session_refold(s);
	refold_rooms(s);
	map_init(&s->persons);
	while (map_next(&old, &it)) {
		p = it.value;
		key = str_dup(session_key(s, str_c(p->nick)));
		if (map_get(&s->persons, str_c(key))) {
			free(key);
			person_free(&p);
			continue;
		}
		rekey(p, key);
	}
	map_release(&old);
}
