/*
 * What rooms call what our seats have posted: who answers names the id that
 * the room gave it (XEP-0461 3.1), and the network knows it by its own.
 */
#include <stdlib.h>

#include "core/arrival.h"
#include "core/seat_base.h"
#include "lib/xalloc.h"

enum { STANZA_ID_MAX = 63, NAMES_MAX = 100 };

struct seat_name {
	char stanza_id[STANZA_ID_MAX + 1];
	char id[GW_ID_MAX + 1];
};

/* The last ones, the oldest makes room. */
struct seat_names {
	struct seat_name v[NAMES_MAX];
	size_t next;
};

/* Of an id that we gave: empty if the network gave none. */
static struct str
name_in(struct str id)
{
	struct str name = arrival_name_of(id);

	return name.p == id.p ? STR_EMPTY : name;
}

void
seat_names_put(struct seat *s, struct str stanza_id, struct str id)
{
	struct str name = name_in(id);
	struct seat_name *to;

	if (stanza_id.len == 0 || stanza_id.len > STANZA_ID_MAX ||
	    name.len == 0 || name.len > GW_ID_MAX)
		return;
	if (!s->names)
		s->names = xcalloc(1, sizeof(*s->names));
	to = &s->names->v[s->names->next++ % NAMES_MAX];
	snprintf(
	    to->stanza_id, sizeof(to->stanza_id), STR_FMT, STR_ARG(stanza_id));
	snprintf(to->id, sizeof(to->id), STR_FMT, STR_ARG(name));
}

struct str
seat_names_get(const struct seat *s, struct str stanza_id)
{
	struct str name = name_in(stanza_id);

	if (name.len || stanza_id.len == 0 || !s->names)
		return name;
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (str_is(stanza_id, s->names->v[i].stanza_id))
			return str_c(s->names->v[i].id);
	return STR_EMPTY;
}

void
seat_names_free(struct seat *s)
{
	free(s->names);
	s->names = NULL;
}
