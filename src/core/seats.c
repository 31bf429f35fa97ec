/*
 * Which of our addresses sit in rooms, and the stream they sit there by.
 */
#include <stdlib.h>

#include "core/posts.h"
#include "core/router.h"
#include "core/seat_base.h"
#include "lib/xalloc.h"
#include "xmpp/stanza.h"

enum { KEY_MAX = 2 * JID_MAX };

/* Of all clients that one of our addresses could have, this is the one. */
#define RESOURCE "seat"

/* ---- which there are -------------------------------------------------- */

static void
write_key(struct str room, struct str node, struct buf *out)
{
	buf_add_str(out, room);
	buf_addc(out, '/');
	buf_add_str(out, node);
}

/* Nothing: no address can carry that name, or room is none. */
static int
key_of(const struct seats *all, struct str room, struct str name,
    struct jid *own, struct buf *out, struct err *err)
{
	struct gw_address a = {
		.kind = GW_ADDR_PERSON, .network = STR_EMPTY, .name = name
	};
	struct buf text;
	struct jid at;
	int rc = -1;

	buf_init(&text, JID_MAX);
	if (jid_parse(&at, room, err) < 0 || jid_node(&at).len == 0 ||
	    jid_resource(&at).len > 0)
		err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is not the address of a room",
		    STR_ARG(str_head(room, 100)));
	else if (instance_jid(all->gw, &a, STR(RESOURCE), &text) < 0 ||
	    jid_parse(own, buf_str(&text), err) < 0)
		err_set(err, ERR_BAD_INPUT,
		    "no address can carry the name \"" STR_FMT "\"",
		    STR_ARG(str_head(name, 100)));
	else
		rc = 0;
	if (rc == 0)
		write_key(jid_bare(&at), jid_node(own), out);
	buf_release(&text);
	return rc;
}

struct seat *
seats_get(const struct seats *all, struct str key)
{
	return map_get(&all->by_key, key);
}

struct seat *
seats_find(const struct seats *all, struct str room, struct str name)
{
	struct seat *s = NULL;
	struct jid own;
	struct buf key;

	if (all->by_key.n == 0)
		return NULL;
	buf_init(&key, KEY_MAX);
	if (key_of(all, room, name, &own, &key, NULL) == 0)
		s = seats_get(all, buf_str(&key));
	buf_release(&key);
	return s;
}

/* The seat that is meant by a stanza of its room. */
static struct seat *
addressed(const struct seats *all, const struct inlet *in)
{
	struct seat *s;
	struct buf key;

	if (all->by_key.n == 0)
		return NULL;
	buf_init(&key, KEY_MAX);
	write_key(jid_bare(&in->from), jid_node(&in->to), &key);
	s = seats_get(all, buf_str(&key));
	buf_release(&key);
	return s;
}

static void
seat_free(struct seat *s)
{
	struct seats *all = s->all;

	seat_release(s);
	seat_people_clear(s);
	seat_names_free(s);
	seat_lookups_drop(s);
	map_del(&all->by_key, str_c(s->key));
	secret_release(&s->password);
	free(s->key);
	free(s->room);
	free(s->own);
	free(s->name);
	free(s->wish);
	free(s->nick);
	free(s);
}

static struct seat *
seat_new(struct seats *all, struct str key, const struct jid *own,
    const struct gw_seat *as)
{
	struct seat *s = xcalloc(1, sizeof(*s));

	s->all = all;
	s->key = str_dup(key);
	s->room = str_dup(str_head(key, (size_t)str_find(key, '/')));
	s->own = str_dup(jid_full(own));
	s->name = str_dup(as->name);
	s->wish = str_dup(STR_EMPTY);
	s->nick = str_dup(STR_EMPTY);
	seat_init(s);
	map_put(&all->by_key, str_c(s->key), s);
	return s;
}

/* ---- what networks ask ------------------------------------------------ */

/* Can it be a nick in a room? */
static int
check(struct str key, const struct gw_seat *as, struct err *err)
{
	struct str room = str_head(key, (size_t)str_find(key, '/'));
	struct jid at, inside;

	if (as->nick.len == 0 || as->nick.len > SEAT_NICK_BYTES ||
	    jid_parse(&at, room, err) < 0 ||
	    jid_make(&inside, jid_node(&at), jid_domain(&at), as->nick, err) <
	        0)
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" cannot be a nick",
		    STR_ARG(str_head(as->nick, 100)));
	if (as->password.len > SECRET_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a room password of more than %d bytes", SECRET_MAX);
	return 0;
}

static void
change(struct seat *s, const struct gw_seat *as)
{
	bool is_other = !str_is(as->nick, s->wish) ||
	    !str_eq(as->password, secret_str(&s->password));

	str_store(&s->wish, as->nick);
	(void)secret_set(&s->password, as->password); /* it was measured */
	if (is_other && s->state != SEAT_OUT)
		seat_leave(s);
	seat_enter(s);
}

int
gateway_seat_put(
    struct gateway *gw, const struct gw_seat *seat, struct err *err)
{
	struct seats *all = gw->seats;
	struct seat *s;
	struct buf key;
	struct jid own;
	int rc;

	buf_init(&key, KEY_MAX);
	rc = key_of(all, seat->room, seat->name, &own, &key, err);
	if (rc == 0)
		rc = check(buf_str(&key), seat, err);
	s = rc == 0 ? seats_get(all, buf_str(&key)) : NULL;
	if (rc == 0 && !s && all->by_key.n >= GW_SEATS_MAX)
		rc = err_set(
		    err, ERR_BUSY, "there are %d seats already", GW_SEATS_MAX);
	if (rc == 0) {
		if (!s)
			s = seat_new(all, buf_str(&key), &own, seat);
		change(s, seat);
	}
	buf_release(&key);
	return rc;
}

void
gateway_seat_del(struct gateway *gw, struct str room, struct str name)
{
	struct seat *s = seats_find(gw->seats, room, name);

	if (!s)
		return;
	seat_leave(s);
	posts_give_up(gw, seat_key(s));
	seat_free(s);
}

bool
gateway_seat_state(struct gateway *gw, struct str room, struct str name,
    struct gw_seat_state *out)
{
	const struct seat *s = seats_find(gw->seats, room, name);

	if (!s)
		return false;
	*out = (struct gw_seat_state){ .is_inside = s->state == SEAT_INSIDE,
		.since_at = s->since_at };
	if (!out->is_inside)
		out->err = s->err;
	return true;
}

/* ---- the stream ------------------------------------------------------- */

void
seats_up(struct seats *all)
{
	struct map_iter it = { 0 };

	all->is_up = true;
	while (map_next(&all->by_key, &it))
		seat_enter(it.value);
}

void
seats_down(struct seats *all)
{
	struct map_iter it = { 0 };
	struct err err;

	all->is_up = false;
	err_set(&err, ERR_UNREACHABLE, "the XMPP server is not there");
	while (map_next(&all->by_key, &it))
		seat_goes_out(it.value, SEAT_AGAIN_NEVER, &err);
}

void
seats_leave(struct seats *all)
{
	struct map_iter it = { 0 };

	while (map_next(&all->by_key, &it))
		seat_leave(it.value);
	all->is_up = false;
}

bool
seats_stanza(struct seats *all, struct inlet *in)
{
	struct seat *s = addressed(all, in);

	if (!s)
		return false;
	s->heard_at = seat_clock(s)->at;
	s->nsilent = 0;
	if (str_is(stanza_name(in->stanza), "presence"))
		seat_presence(s, in);
	else
		seat_message(s, in);
	return true;
}

bool
seats_is_asked(const struct seats *all, const struct inlet *in)
{
	return addressed(all, in) != NULL;
}

/* ---- life ------------------------------------------------------------- */

struct seats *
seats_new(struct gateway *gw)
{
	struct seats *all = xcalloc(1, sizeof(*all));

	all->gw = gw;
	map_init(&all->by_key);
	return all;
}

void
seats_free(struct seats **sp)
{
	struct seats *all = *sp;
	struct map_iter it = { 0 };

	*sp = NULL;
	if (!all)
		return;
	while (map_next(&all->by_key, &it))
		seat_free(it.value);
	map_release(&all->by_key);
	free(all);
}

struct str
seat_key(const struct seat *s)
{
	return str_c(s->key);
}

struct str
seat_room(const struct seat *s)
{
	return str_c(s->room);
}

struct str
seat_address(const struct seat *s)
{
	return str_c(s->own);
}

bool
seat_is_settled(const struct seat *s)
{
	return s->state == SEAT_INSIDE && s->is_settled;
}

bool
seat_has_archive(const struct seat *s)
{
	return s->has_archive;
}
