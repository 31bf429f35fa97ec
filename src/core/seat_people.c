/*
 * Who else is in the rooms of our seats: what is needed to say who it was that
 * answered a post.
 */
#include <stdlib.h>

#include "core/seat_base.h"
#include "lib/xalloc.h"
#include "xmpp/stanza.h"

static void
person_free(struct seat *s, struct seat_person *p)
{
	map_del(&s->people, str_c(p->nick));
	s->all->npeople--;
	free(p->nick);
	free(p->jid);
	free(p);
}

static enum gw_standing
standing_of(struct str affiliation)
{
	static const char *const name[] = { [GW_STANDING_NONE] = "none",
		[GW_STANDING_OUTCAST] = "outcast",
		[GW_STANDING_MEMBER] = "member",
		[GW_STANDING_ADMIN] = "admin",
		[GW_STANDING_OWNER] = "owner" };

	for (enum gw_standing i = GW_STANDING_NONE; i <= GW_STANDING_OWNER; i++)
		if (str_is(affiliation, name[i]))
			return i;
	return GW_STANDING_NONE;
}

/* Over the ceiling he is a stranger. */
static struct seat_person *
person_get(struct seat *s, struct str nick)
{
	struct seat_person *p = map_get(&s->people, nick);

	if (p || s->all->npeople >= SEATS_PEOPLE_MAX)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->nick = str_dup(nick);
	p->jid = str_dup(STR_EMPTY);
	map_put(&s->people, str_c(p->nick), p);
	s->all->npeople++;
	return p;
}

void
seat_people_put(struct seat *s, struct str nick, const struct stanza *item)
{
	struct seat_person *p;
	struct jid jid;

	if (!s->all->gw->ops->seat_heard || nick.len == 0)
		return;
	p = person_get(s, nick);
	if (!p || !item)
		return;
	p->standing = standing_of(stanza_attr(item, "affiliation"));
	if (jid_parse(&jid, stanza_attr(item, "jid"), NULL) == 0)
		str_store(&p->jid, jid_bare(&jid));
}

void
seat_people_del(struct seat *s, struct str nick)
{
	struct seat_person *p = map_get(&s->people, nick);

	if (p)
		person_free(s, p);
}

void
seat_people_clear(struct seat *s)
{
	struct map_iter it = { 0 };

	while (map_next(&s->people, &it))
		person_free(s, it.value);
	map_release(&s->people);
	map_init(&s->people);
}

const struct seat_person *
seat_people_get(const struct seat *s, struct str nick)
{
	return map_get(&s->people, nick);
}
